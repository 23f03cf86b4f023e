//! The mail that brings an invoice to the client.

use askama::Template;
use domain::{Currency, Date, Money, Percent, Price, Units};

use crate::{
    Envelope, Link, Message, Purpose, SendError, Subject, format,
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
        let subject = Subject::new(&format!("Invoice {} from {}: {}", self.number, self.envelope.short_firm(), self.shown_total()));
        let currency = self.total.currency();
        let rows: Vec<_> = self.shown().iter().map(|line| Row::of(line, currency)).collect();
        let more = match self.lines.len() - rows.len() {
            0 => None,
            1 => Some("1 more line is on its page.".to_owned()),
            left => Some(format!("{left} more lines are on its page.")),
        };
        let sums = self.sums()?;
        let html = Html { mail: self, subject: &subject, rows: &rows, more: more.as_deref(), sums: &sums };
        let text = Text { mail: self, rows: &rows, more: more.as_deref(), sums: &sums };
        Message::written(&self.envelope, Purpose::Invoice, subject.clone(), &html, &text)
    }

    fn sums(&self) -> Result<Vec<Sum>, SendError> {
        let settled = self.total.minus("due", self.due).map_err(unequal)?;
        let sums = [
            Some(Sum::of("Subtotal", self.subtotal)),
            Sum::some("Discount", self.discount.negated()),
            Some(Sum::of("Tax", self.tax)),
            Some(Sum::of("Total", self.total)),
            Sum::some("Paid or credited", settled.negated()),
            Some(Sum::main("Amount due", self.due)),
        ];
        Ok(sums.into_iter().flatten().collect())
    }

    /// The lines that the mail has room for, from the first.
    fn shown(&self) -> &[InvoiceLine<'_>] {
        let mut room = MOST.saturating_sub(self.memo.map_or(0, html_length));
        let mut number = 0;
        for line in self.lines {
            let Some(left) = room.checked_sub(AROUND + html_length(line.description)) else { break };
            room = left;
            number += 1;
        }
        self.lines.get(..number).unwrap_or_default()
    }

    /// What the button is for.
    fn action(&self) -> &'static str {
        if self.due.is_zero() { "View the invoice" } else { "View and pay the invoice" }
    }

    fn issued(&self) -> String {
        format::day(self.issue_date)
    }

    fn last_day(&self) -> String {
        format::day(self.due_date)
    }

    fn shown_total(&self) -> String {
        format::amount(self.total)
    }

    fn shown_due(&self) -> String {
        format::amount(self.due)
    }
}

/// How many bytes `text` has in HTML.
fn html_length(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '<' | '>' | '&' | '"' | '\'' | '\n') { 7 } else { c.len_utf8() }).sum()
}

/// A line as it is shown.
struct Row<'a> {
    description: &'a str,
    quantity: String,
    unit_price: String,
    tax_rate: Option<String>,
    amount: String,
}

impl<'a> Row<'a> {
    fn of(line: &InvoiceLine<'a>, currency: Currency) -> Self {
        Self {
            description: line.description,
            quantity: format::units(line.quantity),
            unit_price: format::price(line.unit_price, currency),
            tax_rate: line.tax_rate.map(format::percent),
            amount: format::amount(line.amount),
        }
    }
}

#[derive(Template)]
#[template(path = "invoice.html")]
struct Html<'a> {
    mail: &'a InvoiceMail<'a>,
    subject: &'a Subject,
    rows: &'a [Row<'a>],
    more: Option<&'a str>,
    sums: &'a [Sum],
}

#[derive(Template)]
#[template(path = "invoice.txt")]
struct Text<'a> {
    mail: &'a InvoiceMail<'a>,
    rows: &'a [Row<'a>],
    more: Option<&'a str>,
    sums: &'a [Sum],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, day, envelope, evil_envelope, invoice_link, usd};

    fn line<'a>(description: &'a str, quantity: &str, price: &str, tax_rate: Option<&str>) -> InvoiceLine<'a> {
        let (quantity, unit_price) = (quantity.parse().unwrap(), price.parse().unwrap());
        let amount = Money::of_units("amount", quantity, unit_price, Currency::USD).unwrap();
        InvoiceLine { description, quantity, unit_price, tax_rate: tax_rate.map(|rate| rate.parse().unwrap()), amount }
    }

    fn bare() -> InvoiceMail<'static> {
        InvoiceMail {
            envelope: Envelope { to_name: None, reply_to: None, ..envelope() },
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
        check("invoice", &mail.message().unwrap());
    }

    #[test]
    fn a_bare_invoice() {
        let audit = [line("Audit", "1", "500", None)];
        let mail = InvoiceMail { lines: &audit, subtotal: usd(50_000), total: usd(50_000), due: usd(50_000), ..bare() };
        check("invoice_bare", &mail.message().unwrap());
    }

    #[test]
    fn an_invoice_over_nothing_asks_for_nothing() {
        let lines = [line("Workshop", "1", "500", None), line("Workshop, taken back", "-1", "500", None)];
        check("invoice_nothing_due", &InvoiceMail { lines: &lines, ..bare() }.message().unwrap());
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
        check("invoice_hostile", &mail.message().unwrap());
    }

    #[test]
    fn however_long_an_invoice_is_the_mail_is_not_cut_off() {
        for description in ["Åsa Öberg, 14 November", &"\"".repeat(500), &"🦀".repeat(500)] {
            for memo in [None, Some("&".repeat(5000)), Some("\n".repeat(5000))] {
                let lines = vec![line(description, "-123.4567", "123456.123456", Some("7.7525")); 200];
                let mail = InvoiceMail { envelope: evil_envelope(), lines: &lines, memo: memo.as_deref(), ..bare() };
                let Message { html, text, .. } = mail.message().unwrap();
                assert!(html.len() < 100_000, "{}", html.len());
                let left = lines.len() - mail.shown().len();
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
