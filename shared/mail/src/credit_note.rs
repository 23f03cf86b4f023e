//! The mail that brings a credit note to the client.

use domain::{Date, Money};

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, Table, say, strong},
    format,
    invoice::{page, sent_invoices},
    sums::Sum,
};

/// A credit note for a client. What it lowered, what became credit and what was paid back make its amount.
#[derive(Clone)]
pub struct CreditNoteMail<'a> {
    /// To the client's contact, from who issues the credit note.
    pub envelope: Envelope,
    /// `CRN-000007`.
    pub number: &'a str,
    /// The day that it was issued.
    pub date: Date,
    /// The number of the invoice that it is for, `INV-000042`.
    pub invoice: &'a str,
    /// Why, in the firm's words to the client.
    pub reason: Option<&'a str>,
    /// What is credited, with tax.
    pub amount: Money,
    /// The tax in it; shown unless it is zero.
    pub tax: Money,
    /// What it lowered of what was due.
    pub reduced: Money,
    /// What of it became the client's credit.
    pub credited: Money,
    /// What of it was paid back.
    pub given_back: Money,
    /// What of it is still to be paid back.
    pub goes_back: Money,
    /// What is still due of the invoice.
    pub due: Money,
    /// Where the invoice is looked at: [`Link::guest_invoice`], or [`Link::portal_invoice`].
    pub link: &'a Link,
}

impl CreditNoteMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, number, invoice) = (self.envelope.language, self.number, self.invoice);
        let (firm, short) = (self.envelope.firm_name(), self.envelope.short_firm());
        let (day, amount, outcome) = (format::day(language, self.date), format::amount(language, self.amount), self.outcome());
        let credited = strong(&amount);
        let mut body: Vec<_> = self.reason.map(|reason| Block::Typed(reason.to_owned())).into_iter().collect();
        body.push(Block::Facts(vec![
            say!(language, "Credit note {number}", "Rechnungskorrektur {number}"),
            say!(language, "Issued on {day}", "Ausgestellt am {day}"),
        ]));
        body.push(Block::Table(Table { sums: self.sums(), ..Table::default() }));
        body.extend(page(&self.envelope, say!(language, "View the invoice", "Rechnung ansehen"), self.link));
        let content = Content {
            subject: say!(language, "Credit note {number} from {short}: {amount}", "Rechnungskorrektur {number} von {short}: {amount}"),
            preheader: say!(language, "{amount}. {outcome}", "{amount}. {outcome}"),
            heading: say!(language, "Credit note {number}", "Rechnungskorrektur {number}"),
            // In Germany a „Gutschrift“ is a bill that who pays writes to who is paid (UStG § 14 (2)), so it isn't called that.
            opening: vec![say!(
                language,
                "{firm} credits you {credited} of invoice {invoice}. {outcome}",
                "{firm} korrigiert die Rechnung {invoice} zu Ihren Gunsten um {credited}. {outcome}"
            )],
            body,
            why: sent_invoices(&self.envelope),
        };
        Message::written(&self.envelope, Purpose::CreditNote, &content)
    }

    fn sums(&self) -> Vec<Sum> {
        let language = self.envelope.language;
        let of = |label: String, amount: Money| Sum::of(label, format::amount(language, amount));
        let some = |label: String, amount: Money| (!amount.is_zero()).then(|| of(label, amount));
        let total = Sum::main(say!(language, "Total", "Gesamtbetrag"), format::amount(language, self.amount));
        let sums = [
            some(say!(language, "Taken off what was due", "Vom offenen Betrag abgezogen"), self.reduced),
            some(say!(language, "Credited to you", "Ihnen gutgeschrieben"), self.credited),
            some(say!(language, "Was given back to you", "An Sie zurückgezahlt"), self.given_back),
            some(say!(language, "Goes back to you", "Wird an Sie zurückgezahlt"), self.goes_back),
            Some(total),
            some(say!(language, "Of which tax", "Darin enthaltene Steuer"), self.tax),
        ];
        sums.into_iter().flatten().collect()
    }

    /// What it leaves of the invoice.
    fn outcome(&self) -> String {
        let (language, due) = (self.envelope.language, format::amount(self.envelope.language, self.due));
        let left = match self.due.is_zero() {
            true => say!(language, "Nothing is due on it any more.", "Auf ihr ist nichts mehr offen."),
            false => say!(language, "{due} is still due on it.", "Auf ihr sind noch {due} offen."),
        };
        match self.credited.is_zero() {
            true => left,
            false => say!(
                language,
                "{left} What is credited to you is for another invoice.",
                "{left} Was Ihnen gutgeschrieben ist, gilt für eine andere Rechnung."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, day, envelope, evil_envelope, invoice_link, usd};

    fn bare() -> CreditNoteMail<'static> {
        CreditNoteMail {
            envelope: Envelope { to_name: None, reply_to: None, ..envelope() },
            number: "CRN-000001",
            date: day("2026-11-29"),
            invoice: "INV-000042",
            reason: None,
            amount: usd(10_000),
            tax: usd(0),
            reduced: usd(10_000),
            credited: usd(0),
            given_back: usd(0),
            goes_back: usd(0),
            due: usd(448_401),
            link: invoice_link(),
        }
    }

    #[test]
    fn a_realistic_credit_note() {
        let mail = CreditNoteMail {
            envelope: envelope(),
            number: "CRN-000007",
            reason: Some("The last two interviews didn't take place."),
            amount: usd(87_500),
            tax: usd(17_500),
            reduced: usd(37_500),
            credited: usd(30_000),
            given_back: usd(5_000),
            goes_back: usd(15_000),
            due: usd(0),
            ..bare()
        };
        check!("credit_note", mail);
    }

    #[test]
    fn a_bare_credit_note() {
        check!("credit_note_bare", bare());
    }

    #[test]
    fn a_hostile_credit_note() {
        let most = usd(100_000_000_000_000);
        let mail = CreditNoteMail {
            envelope: evil_envelope(),
            number: "CRN-1234567",
            invoice: "INV-1234567",
            reason: Some(EVIL),
            amount: most,
            tax: most,
            reduced: most,
            credited: most,
            given_back: most,
            goes_back: most,
            due: most,
            ..bare()
        };
        check!("credit_note_hostile", mail);
    }
}
