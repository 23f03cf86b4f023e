//! The mail that brings a credit note to the client.

use askama::Template;
use domain::{Date, Money};

use crate::{Envelope, Link, Message, Purpose, SendError, Subject, format, sums::Sum};

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
        let subject = Subject::new(&format!("Credit note {} from {}: {}", self.number, self.envelope.short_firm(), self.shown_amount()));
        let sums = self.sums();
        let html = Html { mail: self, subject: &subject, sums: &sums };
        let text = Text { mail: self, sums: &sums };
        Message::written(&self.envelope, Purpose::CreditNote, subject.clone(), &html, &text)
    }

    fn sums(&self) -> Vec<Sum> {
        let sums = [
            Sum::some("Taken off what was due", self.reduced),
            Sum::some("Credited to you", self.credited),
            Sum::some("Was given back to you", self.given_back),
            Sum::some("Goes back to you", self.goes_back),
            Some(Sum::main("Total", self.amount)),
            Sum::some("Of which tax", self.tax),
        ];
        sums.into_iter().flatten().collect()
    }

    /// What it leaves of the invoice.
    fn outcome(&self) -> String {
        let left = match self.due.is_zero() {
            true => "Nothing is due on it any more.".to_owned(),
            false => format!("{} is still due on it.", format::amount(self.due)),
        };
        match self.credited.is_zero() {
            true => left,
            false => format!("{left} What is credited to you is for another invoice."),
        }
    }

    fn day(&self) -> String {
        format::day(self.date)
    }

    fn shown_amount(&self) -> String {
        format::amount(self.amount)
    }
}

#[derive(Template)]
#[template(path = "credit_note.html")]
struct Html<'a> {
    mail: &'a CreditNoteMail<'a>,
    subject: &'a Subject,
    sums: &'a [Sum],
}

#[derive(Template)]
#[template(path = "credit_note.txt")]
struct Text<'a> {
    mail: &'a CreditNoteMail<'a>,
    sums: &'a [Sum],
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
        check("credit_note", &mail.message().unwrap());
    }

    #[test]
    fn a_bare_credit_note() {
        check("credit_note_bare", &bare().message().unwrap());
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
        check("credit_note_hostile", &mail.message().unwrap());
    }
}
