//! The mail that brings a proposal to the prospect.
//!
//! Deliberately absent: a link to accept by, which the portal will bring; until then an answer accepts.

use askama::Template;
use domain::{Currency, Date, Money, offer::LineItem};

use crate::{Envelope, Link, Message, Purpose, SendError, Subject, format};

/// A proposal for a prospect.
#[derive(Clone)]
pub struct ProposalMail<'a> {
    /// To the prospect's contact, from who sends the proposal.
    pub envelope: Envelope,
    /// `PRO-000042`.
    pub number: &'a str,
    /// 1 for the first; shown from 2 on.
    pub version: u32,
    /// What it is about.
    pub title: &'a str,
    /// What is offered; empty where only the sum is.
    pub line_items: &'a [LineItem],
    /// The sum of what is chosen.
    pub total: Money,
    /// The last day on which it can be accepted.
    pub valid_until: Option<Date>,
    /// What else is agreed by accepting.
    pub terms: Option<&'a str>,
}

impl ProposalMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (firm, title) = (self.envelope.short_firm(), self.title);
        let subject = Subject::new(&match self.version {
            0 | 1 => format!("Proposal from {firm}: {title}"),
            _ => format!("Revised proposal from {firm}: {title}"),
        });
        let rows = self.line_items.iter().map(|line| Row::of(line, self.total.currency())).collect::<Result<Vec<_>, _>>()?;
        let accept = self.envelope.reply_to.as_ref().map(|person| {
            let subject = Subject::new(&format!("Accepted: {}, {title}", self.label()));
            Link::answer(&person.email, &subject)
        });
        let html = Html { mail: self, subject: &subject, rows: &rows, accept: accept.as_ref() };
        let text = Text { mail: self, rows: &rows };
        Message::written(&self.envelope, Purpose::Proposal, subject.clone(), &html, &text)
    }

    /// `PRO-000042`, or `PRO-000042 v2`.
    fn label(&self) -> String {
        match (self.number, self.version) {
            (number, 0 | 1) => number.to_owned(),
            (number, version) => format!("{number} v{version}"),
        }
    }

    fn last_day(&self) -> Option<String> {
        self.valid_until.map(format::day)
    }

    fn shown_total(&self) -> String {
        format::amount(self.total)
    }

    fn has_options(&self) -> bool {
        self.line_items.iter().any(|line| line.optional)
    }
}

/// A line as it is shown.
struct Row<'a> {
    description: &'a str,
    quantity: String,
    unit_price: String,
    amount: String,
    optional: bool,
    counted: bool,
}

impl<'a> Row<'a> {
    fn of(line: &'a LineItem, currency: Currency) -> Result<Self, SendError> {
        let amount = line.amount(currency).map_err(|refusal| SendError::refused(refusal.to_string()))?;
        Ok(Self {
            description: &line.description,
            quantity: format::grouped(&line.quantity.get().normalize().to_string()),
            unit_price: format::price(line.unit_price, currency),
            amount: format::amount(amount),
            optional: line.optional,
            counted: line.chosen || !line.optional,
        })
    }
}

#[derive(Template)]
#[template(path = "proposal.html")]
struct Html<'a> {
    mail: &'a ProposalMail<'a>,
    subject: &'a Subject,
    rows: &'a [Row<'a>],
    accept: Option<&'a Link>,
}

#[derive(Template)]
#[template(path = "proposal.txt")]
struct Text<'a> {
    mail: &'a ProposalMail<'a>,
    rows: &'a [Row<'a>],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, evil_envelope};
    use domain::SingleLine;

    fn line(description: &str, quantity: &str, price: &str, optional: bool, chosen: bool) -> LineItem {
        LineItem {
            description: SingleLine::new(description).unwrap(),
            quantity: quantity.parse().unwrap(),
            unit_price: price.parse().unwrap(),
            optional,
            chosen,
        }
    }

    fn usd(amount: &str) -> Money {
        Money::new("total", amount.parse().unwrap(), Currency::USD).unwrap()
    }

    #[test]
    fn a_realistic_proposal() {
        let mail = ProposalMail {
            envelope: envelope(),
            number: "PRO-000042",
            version: 1,
            title: "Pricing review 2027",
            line_items: &[
                line("Interviews with the twelve regional sales leads, and a written summary of each", "12", "350", false, true),
                line("Pricing model and two workshops", "2.5", "3200", false, true),
                line("Training for the sales team", "1", "299.99", true, true),
                line("Quarterly follow-up", "4", "0.125", true, false),
            ],
            total: usd("12499.99"),
            valid_until: Some("2026-12-31".parse().unwrap()),
            terms: Some(
                "Half is due on acceptance, half on delivery.\nTravel is charged at cost.\n\nEither side may end the work with 30 days' notice; what was done until then is paid for.",
            ),
        };
        check("proposal", &mail.message().unwrap());
    }

    #[test]
    fn a_hostile_proposal() {
        let terms = format!("{EVIL}\n\n{EVIL}\n.\r\nQUIT");
        let mail = ProposalMail {
            envelope: evil_envelope(),
            number: "PRO-1234567",
            version: 2,
            title: EVIL,
            line_items: &[line(EVIL, "1000000", "0.000001", true, false), line(&"W".repeat(500), "1", "1", false, true)],
            total: usd("1"),
            valid_until: Some("2026-01-01".parse().unwrap()),
            terms: Some(&terms),
        };
        check("proposal_hostile", &mail.message().unwrap());
    }

    #[test]
    fn a_bare_proposal() {
        let bare = Envelope { to_name: None, reply_to: None, ..envelope() };
        let mail = ProposalMail {
            envelope: bare,
            number: "PRO-000001",
            version: 3,
            title: "Audit",
            line_items: &[],
            total: usd("12500"),
            valid_until: None,
            terms: None,
        };
        check("proposal_bare", &mail.message().unwrap());
    }
}
