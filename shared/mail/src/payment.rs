//! The mail that tells a client that a payment has come.

use domain::{
    Date, Language, Money,
    invoice::Method,
    mail_text::{Kind, Placeholder},
};

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, Table, say, strong},
    format,
    invoice::{page, sent_invoices},
    own::{Begun, OwnWords},
    sums::Sum,
};

/// A receipt for what a client paid.
#[derive(Clone)]
pub struct PaymentMail<'a> {
    /// To the client's contact, from the firm.
    pub envelope: Envelope,
    /// The company that paid it.
    pub client: &'a str,
    /// The number of the invoice that was paid, `INV-000042`.
    pub invoice: &'a str,
    /// What was paid.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// On which day.
    pub date: Date,
    /// Whether nothing of it went to the invoice, on which nothing was due.
    pub is_beyond: bool,
    /// What is still due of the invoice.
    pub due: Money,
    /// What of it became the client's credit: more than was due, or all if nothing was; less what was refunded before that.
    pub credit: Money,
    /// Where the invoice is looked at: [`Link::guest_invoice`], or [`Link::portal_invoice`].
    pub link: &'a Link,
}

impl PaymentMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, invoice) = (self.envelope.language, self.invoice);
        let (firm, short) = (self.envelope.firm_name(), self.envelope.short_firm());
        let (amount, outcome) = (format::amount(language, self.amount), self.outcome());
        let (paid, day, method) = (strong(&amount), format::day(language, self.date), in_words(language, self.method));
        let (subject, opening) = ours(language, [&short, firm, invoice, &amount, &paid, &outcome]);
        let own = OwnWords::of(&self.envelope, Kind::Receipt, &self.values());
        let action = match self.due.is_zero() {
            true => say!(language, "View the invoice", "Rechnung ansehen"),
            false => say!(language, "View and pay the rest", "Ansehen und den Rest bezahlen"),
        };
        let mut body = vec![
            Block::Facts(vec![
                say!(language, "Invoice {invoice}", "Rechnung {invoice}"),
                say!(language, "Paid on {day}", "Bezahlt am {day}"),
                say!(language, "Method: {method}", "Zahlungsart: {method}"),
            ]),
            Block::Table(Table { sums: self.sums(), ..Table::default() }),
        ];
        body.extend(page(&self.envelope, action, self.link));
        let content = Content {
            subject,
            preheader: outcome,
            heading: say!(language, "Thank you for your payment", "Vielen Dank für Ihre Zahlung"),
            opening,
            body,
            why: sent_invoices(&self.envelope),
        };
        Message::in_own_words(&self.envelope, Purpose::Payment, &content, &own)
    }

    fn sums(&self) -> Vec<Sum> {
        let language = self.envelope.language;
        let some = |label: String, amount: Money| (!amount.is_zero()).then(|| Sum::of(label, format::amount(language, amount)));
        let paid = Sum::main(say!(language, "Paid", "Bezahlt"), format::amount(language, self.amount));
        let credited = some(say!(language, "Credited to you", "Ihnen gutgeschrieben"), self.credit);
        [Some(paid), credited, some(say!(language, "Still due", "Noch offen"), self.due)].into_iter().flatten().collect()
    }

    /// What the payment did.
    fn outcome(&self) -> String {
        let language = self.envelope.language;
        let (due, credit) = (format::amount(language, self.due), format::amount(language, self.credit));
        if self.is_beyond {
            return match self.credit {
                all if all == self.amount => say!(
                    language,
                    "Nothing was due on the invoice any more, so all of it is credited to you, for another invoice.",
                    "Auf der Rechnung war nichts mehr offen; der ganze Betrag ist Ihnen für eine andere Rechnung gutgeschrieben."
                ),
                none if none.is_zero() => say!(
                    language,
                    "Nothing was due on the invoice any more, and none of it is left as your credit.",
                    "Auf der Rechnung war nichts mehr offen, und als Ihr Guthaben ist nichts davon übrig."
                ),
                _ => say!(
                    language,
                    "Nothing was due on the invoice any more, so {credit} of it is credited to you, for another invoice.",
                    "Auf der Rechnung war nichts mehr offen; davon sind Ihnen {credit} für eine andere Rechnung gutgeschrieben."
                ),
            };
        }
        let left = match self.due.is_zero() {
            true => say!(language, "The invoice is paid in full.", "Die Rechnung ist vollständig bezahlt."),
            false => say!(language, "{due} of the invoice is still due.", "Von der Rechnung sind noch {due} offen."),
        };
        match self.credit.is_zero() {
            true => left,
            false => say!(
                language,
                "{left} {credit} more than was due is credited to you, for another invoice.",
                "{left} Sie haben {credit} mehr bezahlt, als offen war; das ist Ihnen für eine andere Rechnung gutgeschrieben."
            ),
        }
    }
}

impl Begun for PaymentMail<'_> {
    fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    fn values(&self) -> Vec<(Placeholder, String)> {
        let language = self.envelope.language;
        vec![
            (Placeholder::Client, self.client.to_owned()),
            (Placeholder::Number, self.invoice.to_owned()),
            (Placeholder::AmountPaid, format::amount(language, self.amount)),
            (Placeholder::PaidOn, format::day(language, self.date)),
            (Placeholder::AmountDue, format::amount(language, self.due)),
            (Placeholder::Outcome, self.outcome()),
        ]
    }

    fn message(&self) -> Result<Message, SendError> {
        PaymentMail::message(self)
    }
}

/// Our subject and opening; `paid` is the amount as the opening shows it.
pub(crate) fn ours(language: Language, [short, firm, invoice, amount, paid, outcome]: [&str; 6]) -> (String, Vec<String>) {
    let subject = say!(language, "Receipt from {short}: {amount} for {invoice}", "Zahlungsbestätigung von {short}: {amount} für {invoice}");
    let opening =
        say!(language, "{firm} received your payment of {paid}. {outcome}", "{firm} hat Ihre Zahlung über {paid} erhalten. {outcome}");
    (subject, vec![opening])
}

fn in_words(language: Language, method: Method) -> String {
    match method {
        Method::BankTransfer => say!(language, "bank transfer", "Überweisung"),
        Method::Card => say!(language, "card", "Karte"),
        // By card or from an account, as the payer chose there.
        Method::Stripe => say!(language, "online", "online"),
        Method::Cash => say!(language, "cash", "bar"),
        Method::Check => say!(language, "check", "Scheck"),
        Method::DirectDebit => say!(language, "direct debit", "Lastschrift"),
        Method::Credit => say!(language, "your credit with us", "Ihr Guthaben bei uns"),
        Method::Other => say!(language, "another way", "auf anderem Weg"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{check, day, envelope, evil_envelope, invoice_link, usd};

    fn mail() -> PaymentMail<'static> {
        PaymentMail {
            envelope: envelope(),
            client: "Fabrikam GmbH",
            invoice: "INV-000042",
            amount: usd(458_401),
            method: Method::BankTransfer,
            date: day("2026-11-29"),
            is_beyond: false,
            due: usd(0),
            credit: usd(0),
            link: invoice_link(),
        }
    }

    #[test]
    fn a_payment_in_full() {
        check!("payment", mail());
    }

    #[test]
    fn a_bare_payment_of_a_part() {
        let bare = Envelope { to_name: None, reply_to: None, ..envelope() };
        check!("payment_bare", PaymentMail { envelope: bare, amount: usd(100), due: usd(458_301), ..mail() });
    }

    #[test]
    fn what_was_too_much_is_credit() {
        check!("payment_too_much", PaymentMail { credit: usd(8_401), ..mail() });
    }

    #[test]
    fn what_came_for_nothing_is_all_credit() {
        let mail = PaymentMail { credit: usd(458_401), is_beyond: true, ..mail() };
        let text = mail.message().unwrap().text;
        assert!(text.contains("all of it is credited") && !text.contains("in full"), "{text}");
        for (credit, told) in [(0, "none of it is left"), (3_000, "USD 30.00 of it is credited")] {
            let text = PaymentMail { credit: usd(credit), ..mail.clone() }.message().unwrap().text.replace('\n', " ");
            assert!(text.contains(told) && !text.contains("in full"), "{text}");
        }
    }

    #[test]
    fn a_hostile_payment() {
        let most = usd(100_000_000_000_000);
        let mail = PaymentMail {
            envelope: evil_envelope(),
            client: "Fabrikam GmbH",
            invoice: "INV-1234567",
            amount: usd(1),
            method: Method::Other,
            due: most,
            credit: most,
            ..mail()
        };
        check!("payment_hostile", mail);
    }
}
