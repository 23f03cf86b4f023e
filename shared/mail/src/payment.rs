//! The mail that tells a client that a payment has come.

use askama::Template;
use domain::{Date, Money};

use crate::{Envelope, Link, Message, Purpose, SendError, Subject, format, sums::Sum};

/// A receipt for what a client paid.
#[derive(Clone)]
pub struct PaymentMail<'a> {
    /// To the client's contact, from the firm.
    pub envelope: Envelope,
    /// The number of the invoice that was paid, `INV-000042`.
    pub invoice: &'a str,
    /// What was paid.
    pub amount: Money,
    /// How, in words: `bank transfer`.
    pub method: &'a str,
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
        let subject = Subject::new(&format!("Receipt from {}: {} for {}", self.envelope.short_firm(), self.paid(), self.invoice));
        let sums = self.sums();
        let html = Html { mail: self, subject: &subject, sums: &sums };
        let text = Text { mail: self, sums: &sums };
        Message::written(&self.envelope, Purpose::Payment, subject.clone(), &html, &text)
    }

    fn sums(&self) -> Vec<Sum> {
        let paid = Sum::main("Paid", self.amount);
        [Some(paid), Sum::some("Credited to you", self.credit), Sum::some("Still due", self.due)].into_iter().flatten().collect()
    }

    /// What the payment did.
    fn outcome(&self) -> String {
        if self.is_beyond {
            let nothing = "Nothing was due on the invoice any more";
            return match self.credit {
                credit if credit == self.amount => format!("{nothing}, so all of it is credited to you, for another invoice."),
                credit if credit.is_zero() => format!("{nothing}, and none of it is left as your credit."),
                credit => format!("{nothing}, so {} of it is credited to you, for another invoice.", format::amount(credit)),
            };
        }
        let left = match self.due.is_zero() {
            true => "The invoice is paid in full.".to_owned(),
            false => format!("{} of the invoice is still due.", format::amount(self.due)),
        };
        match self.credit.is_zero() {
            true => left,
            false => format!("{left} {} more than was due is credited to you, for another invoice.", format::amount(self.credit)),
        }
    }

    /// What the button is for.
    fn action(&self) -> &'static str {
        if self.due.is_zero() { "View the invoice" } else { "View and pay the rest" }
    }

    fn paid(&self) -> String {
        format::amount(self.amount)
    }

    fn day(&self) -> String {
        format::day(self.date)
    }
}

#[derive(Template)]
#[template(path = "payment.html")]
struct Html<'a> {
    mail: &'a PaymentMail<'a>,
    subject: &'a Subject,
    sums: &'a [Sum],
}

#[derive(Template)]
#[template(path = "payment.txt")]
struct Text<'a> {
    mail: &'a PaymentMail<'a>,
    sums: &'a [Sum],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, day, envelope, evil_envelope, invoice_link, usd};

    fn mail() -> PaymentMail<'static> {
        PaymentMail {
            envelope: envelope(),
            invoice: "INV-000042",
            amount: usd(458_401),
            method: "bank transfer",
            date: day("2026-11-29"),
            is_beyond: false,
            due: usd(0),
            credit: usd(0),
            link: invoice_link(),
        }
    }

    #[test]
    fn a_payment_in_full() {
        check("payment", &mail().message().unwrap());
    }

    #[test]
    fn a_bare_payment_of_a_part() {
        let bare = Envelope { to_name: None, reply_to: None, ..envelope() };
        check("payment_bare", &PaymentMail { envelope: bare, amount: usd(100), due: usd(458_301), ..mail() }.message().unwrap());
    }

    #[test]
    fn what_was_too_much_is_credit() {
        check("payment_too_much", &PaymentMail { credit: usd(8_401), ..mail() }.message().unwrap());
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
            invoice: "INV-1234567",
            amount: usd(1),
            method: EVIL,
            due: most,
            credit: most,
            ..mail()
        };
        check("payment_hostile", &mail.message().unwrap());
    }
}
