//! The mail that brings an invoice to the client.

use domain::{
    Currency, Date, Language, Money, Percent, Price, Units,
    mail_text::{Kind, Placeholder},
};

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, Row, Table, say},
    format,
    own::{Begun, OwnWords},
    proposal::head,
    sums::{Sum, unequal},
};

/// The most bytes that lines and memo have in the HTML: Gmail cuts off a mail of 102 kB, and with it how to pay.
const MOST: usize = 75_000;
/// About what a line takes in the HTML beside its description.
const AROUND: usize = 700;

/// An invoice for a client.
#[derive(Clone)]
pub struct InvoiceMail<'a> {
    /// To the client's contact, from who sends the invoice.
    pub envelope: Envelope,
    /// The company that it is for.
    pub client: &'a str,
    /// `INV-000042`.
    pub number: &'a str,
    /// The day that it was issued.
    pub issue_date: Date,
    /// The last day to pay it.
    pub due_date: Date,
    /// What it is for; those that would make the mail too long are left to the page.
    pub lines: &'a [InvoiceLine<'a>],
    /// The sum of the lines.
    pub subtotal: Money,
    /// What is taken off before tax; shown unless it is zero.
    pub discount: Money,
    /// The tax on all lines.
    pub tax: Money,
    /// What the invoice comes to.
    pub total: Money,
    /// What is still to be paid of it.
    pub due: Money,
    /// What the firm says to the client about it.
    pub memo: Option<&'a str>,
    /// Where it is looked at and paid: [`Link::guest_invoice`], or [`Link::portal_invoice`].
    pub link: &'a Link,
}

/// A line of an invoice.
#[derive(Clone, Copy)]
pub struct InvoiceLine<'a> {
    /// What it is.
    pub description: &'a str,
    /// How much of it; negative where something is taken back.
    pub quantity: Units,
    /// What one costs, in the invoice's currency.
    pub unit_price: Price,
    /// Its tax, if it has one.
    pub tax_rate: Option<Percent>,
    /// What it comes to, without tax.
    pub amount: Money,
}

impl InvoiceMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, number) = (self.envelope.language, self.number);
        let (firm, short) = (self.envelope.firm_name(), self.envelope.short_firm());
        let [total, due] = [self.total, self.due].map(|amount| format::amount(language, amount));
        let [issued, last_day] = [self.issue_date, self.due_date].map(|day| format::day(language, day));
        let mut facts =
            vec![say!(language, "Invoice {number}", "Rechnung {number}"), say!(language, "Issued on {issued}", "Ausgestellt am {issued}")];
        let (subject, opening) = ours(language, !self.due.is_zero(), [&short, firm, number, &total]);
        let (preheader, action) = match self.due.is_zero() {
            true => (
                say!(language, "{total}, nothing left to pay", "{total}, nichts mehr zu bezahlen"),
                say!(language, "View the invoice", "Rechnung ansehen"),
            ),
            false => {
                facts.push(say!(language, "Due on {last_day}", "Fällig am {last_day}"));
                (
                    say!(language, "{due}, due on {last_day}", "{due}, fällig am {last_day}"),
                    say!(language, "View and pay the invoice", "Rechnung ansehen und bezahlen"),
                )
            }
        };
        let own = OwnWords::of(&self.envelope, Kind::Invoice, &self.values());
        let mut body = vec![Block::Facts(facts), Block::Table(self.table(&own)?)];
        body.extend(page(&self.envelope, action, self.link));
        if let Some(memo) = self.memo {
            body.push(Block::Heading(say!(language, "Note", "Anmerkung")));
            body.push(Block::Typed(memo.to_owned()));
        }
        let content = Content {
            subject,
            preheader,
            heading: say!(language, "Invoice {number}", "Rechnung {number}"),
            opening,
            body,
            why: sent_invoices(&self.envelope),
        };
        Message::in_own_words(&self.envelope, Purpose::Invoice, &content, &own)
    }

    fn table(&self, own: &OwnWords) -> Result<Table, SendError> {
        let (language, currency) = (self.envelope.language, self.total.currency());
        let rows: Vec<_> = self.shown(own).iter().map(|line| line.row(language, currency)).collect();
        let left = self.lines.len() - rows.len();
        let more = match left {
            0 => None,
            1 => Some(say!(language, "1 more line is on its page.", "1 weitere Position steht auf der Seite der Rechnung.")),
            _ => Some(say!(language, "{left} more lines are on its page.", "{left} weitere Positionen stehen auf der Seite der Rechnung.")),
        };
        Ok(Table { head: head(language), rows, more, sums: self.sums()? })
    }

    fn sums(&self) -> Result<Vec<Sum>, SendError> {
        let language = self.envelope.language;
        let of = |label: String, amount: Money| Sum::of(label, format::amount(language, amount));
        let some = |label: String, amount: Money| (!amount.is_zero()).then(|| of(label, amount));
        let settled = self.total.minus("due", self.due).map_err(unequal)?;
        let sums = [
            Some(of(say!(language, "Subtotal", "Zwischensumme"), self.subtotal)),
            some(say!(language, "Discount", "Rabatt"), self.discount.negated()),
            Some(of(say!(language, "Tax", "Steuer"), self.tax)),
            Some(of(say!(language, "Total", "Gesamtbetrag"), self.total)),
            some(say!(language, "Paid or credited", "Bezahlt oder gutgeschrieben"), settled.negated()),
            Some(Sum::main(say!(language, "Amount due", "Offener Betrag"), format::amount(language, self.due))),
        ];
        Ok(sums.into_iter().flatten().collect())
    }

    /// The lines that the mail has room for, from the first.
    fn shown(&self, own: &OwnWords) -> &[InvoiceLine<'_>] {
        let said: usize = [self.memo, own.opening()].into_iter().flatten().map(html_length).sum();
        let mut room = MOST.saturating_sub(said);
        let mut number = 0;
        for line in self.lines {
            let Some(left) = room.checked_sub(AROUND + html_length(line.description)) else { break };
            room = left;
            number += 1;
        }
        self.lines.get(..number).unwrap_or_default()
    }
}

impl Begun for InvoiceMail<'_> {
    fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    fn values(&self) -> Vec<(Placeholder, String)> {
        let language = self.envelope.language;
        vec![
            (Placeholder::Client, self.client.to_owned()),
            (Placeholder::Number, self.number.to_owned()),
            (Placeholder::Total, format::amount(language, self.total)),
            (Placeholder::AmountDue, format::amount(language, self.due)),
            (Placeholder::IssueDate, format::day(language, self.issue_date)),
            (Placeholder::DueDate, format::day(language, self.due_date)),
        ]
    }

    fn message(&self) -> Result<Message, SendError> {
        InvoiceMail::message(self)
    }
}

/// Our subject and opening: of an invoice on which something is due, or on which nothing is.
pub(crate) fn ours(language: Language, is_due: bool, [short, firm, number, total]: [&str; 4]) -> (String, Vec<String>) {
    let subject = say!(language, "Invoice {number} from {short}: {total}", "Rechnung {number} von {short}: {total}");
    let opening = match is_due {
        true => say!(language, "{firm} sends you this invoice.", "{firm} schickt Ihnen diese Rechnung."),
        false => say!(
            language,
            "{firm} sends you this invoice. There is nothing left to pay.",
            "{firm} schickt Ihnen diese Rechnung. Es ist nichts mehr zu bezahlen."
        ),
    };
    (subject, vec![opening])
}

/// How many bytes `text` has in HTML.
fn html_length(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '<' | '>' | '&' | '"' | '\'' | '\n') { 7 } else { c.len_utf8() }).sum()
}

impl InvoiceLine<'_> {
    /// It as it is shown.
    fn row(&self, language: Language, currency: Currency) -> Row {
        let (quantity, price) = (format::units(language, self.quantity), format::price(language, self.unit_price, currency));
        let tax = self.tax_rate.map(|rate| format::percent(language, rate));
        Row {
            description: self.description.to_owned(),
            quantity: format!("{quantity} × {price}"),
            amount: format::amount(language, self.amount),
            note: tax.map(|rate| say!(language, "{rate} tax", "{rate} Steuer")),
            counted: true,
        }
    }
}

/// Where an invoice is looked at, and perhaps paid, and who can come there.
pub(crate) fn page(envelope: &Envelope, action: String, link: &Link) -> [Block; 2] {
    let (language, whom) = (envelope.language, envelope.whom());
    let who = match link.needs_login() {
        true => say!(
            language,
            "If you have no login to the client portal yet, ask {whom} for one.",
            "Falls Sie noch keinen Zugang zum Kundenportal haben, erhalten Sie ihn von {whom}."
        ),
        false => say!(
            language,
            "You need no login. Whoever has this address sees the invoice, so forward it only to those whom it concerns.",
            "Sie müssen sich nicht anmelden. Wer diese Adresse hat, sieht die Rechnung; geben Sie sie nur an die weiter, die sie betrifft."
        ),
    };
    [Block::Button(action, link.clone()), Block::Adds(who)]
}

/// Why who gets a mail about an invoice gets it.
pub(crate) fn sent_invoices(envelope: &Envelope) -> String {
    let firm = envelope.firm_name();
    say!(
        envelope.language,
        "You get this mail because {firm} sends its invoices to you.",
        "Sie erhalten diese E-Mail, weil {firm} Ihnen Rechnungen schickt."
    )
}

#[cfg(test)]
mod tests {
    use domain::{
        MultiLine,
        mail_text::{MailText, MailTexts},
    };

    use super::*;
    use crate::Sender;
    use crate::samples::{EVIL, check, day, envelope, evil_envelope, invoice_link, usd};

    fn line<'a>(description: &'a str, quantity: &str, price: &str, tax_rate: Option<&str>) -> InvoiceLine<'a> {
        let (quantity, unit_price) = (quantity.parse().unwrap(), price.parse().unwrap());
        let amount = Money::of_units("amount", quantity, unit_price, Currency::USD).unwrap();
        InvoiceLine { description, quantity, unit_price, tax_rate: tax_rate.map(|rate| rate.parse().unwrap()), amount }
    }

    fn bare() -> InvoiceMail<'static> {
        InvoiceMail {
            envelope: Envelope { to_name: None, reply_to: None, ..envelope() },
            client: "Fabrikam GmbH",
            number: "INV-000001",
            issue_date: day("2026-11-01"),
            due_date: day("2026-12-01"),
            lines: &[],
            subtotal: usd(0),
            discount: usd(0),
            tax: usd(0),
            total: usd(0),
            due: usd(0),
            memo: None,
            link: invoice_link(),
        }
    }

    #[test]
    fn a_realistic_invoice() {
        let mail = InvoiceMail {
            envelope: envelope(),
            number: "INV-000042",
            lines: &[
                line("Interviews with the twelve regional sales leads, and a written summary of each", "12", "350", Some("25")),
                line("Pricing model: 14 November, Åsa Öberg", "2.5", "200", Some("25")),
                line("Taken back from INV-000039: Pricing model", "-1.25", "200", Some("25")),
                line("Train tickets, at cost", "1", "86.4", None),
            ],
            subtotal: usd(453_640),
            discount: usd(45_364),
            tax: usd(100_125),
            total: usd(508_401),
            due: usd(458_401),
            memo: Some("Thank you for the quick answers in November.\n\nPlease name the invoice's number if you pay by bank transfer."),
            ..bare()
        };
        check!("invoice", mail);
    }

    #[test]
    fn a_bare_invoice() {
        let audit = [line("Audit", "1", "500", None)];
        let mail = InvoiceMail { lines: &audit, subtotal: usd(50_000), total: usd(50_000), due: usd(50_000), ..bare() };
        check!("invoice_bare", mail);
    }

    #[test]
    fn an_invoice_over_nothing_asks_for_nothing() {
        let lines = [line("Workshop", "1", "500", None), line("Workshop, taken back", "-1", "500", None)];
        check!("invoice_nothing_due", InvoiceMail { lines: &lines, ..bare() });
    }

    #[test]
    fn a_hostile_invoice() {
        let wide = "W".repeat(500);
        let lines = [
            line(EVIL, "1000000", "0.000001", Some("7.7525")),
            line(&wide, "-1000000000", "999.999999", Some("0")),
            line("Whatever", "1", "1000000000000", None),
        ];
        let memo = format!("{EVIL}\n\n{EVIL}\n.\r\nQUIT");
        let most = usd(100_000_000_000_000);
        let mail = InvoiceMail {
            envelope: evil_envelope(),
            number: "INV-1234567",
            lines: &lines,
            subtotal: most,
            discount: most,
            tax: most,
            total: most,
            due: usd(1),
            memo: Some(&memo),
            ..bare()
        };
        check!("invoice_hostile", mail);
    }

    #[test]
    fn however_long_an_invoice_is_the_mail_is_not_cut_off() {
        let text = MailText { subject: None, opening: MultiLine::new(&"\"".repeat(1000)).ok() };
        let long_words = MailTexts::default().with(Kind::Invoice, Language::En, text).unwrap();
        for description in ["Åsa Öberg, 14 November", &"\"".repeat(500), &"🦀".repeat(500)] {
            for memo in [None, Some("&".repeat(5000)), Some("\n".repeat(5000))] {
                let lines = vec![line(description, "-123.4567", "123456.123456", Some("7.7525")); 200];
                let mut envelope = evil_envelope();
                let Sender::Firm(letterhead) = &mut envelope.from else { panic!() };
                letterhead.texts = long_words.clone();
                let mail = InvoiceMail { envelope, lines: &lines, memo: memo.as_deref(), ..bare() };
                let Message { html, text, .. } = mail.message().unwrap();
                assert!(html.len() < 100_000, "{}", html.len());
                let left = lines.len() - mail.shown(&OwnWords::of(&mail.envelope, Kind::Invoice, &mail.values())).len();
                assert!(left > 0 && html.contains(&format!("{left} more lines")) && text.contains(&format!("{left} more lines")));
            }
        }
    }

    #[test]
    fn amounts_in_two_currencies_are_never_sent() {
        let due = Money::zero("EUR".parse().unwrap());
        assert!(matches!(InvoiceMail { due, ..bare() }.message(), Err(SendError::Refused { .. })));
    }
}
