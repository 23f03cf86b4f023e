//! The mail that brings a proposal to the prospect.
//!
//! Deliberately absent: a link to accept by, which the portal will bring; until then an answer accepts.

use domain::{
    Date, Language, Money,
    mail_text::{Kind, Placeholder},
    offer::LineItem,
};

use crate::{
    Envelope, Link, Message, Purpose, SendError, Subject,
    content::{Block, Content, Row, Table, say},
    format,
    own::{Begun, OwnWords},
    sums::{Sum, unequal},
};

/// A proposal for a prospect.
#[derive(Clone)]
pub struct ProposalMail<'a> {
    /// To the prospect's contact, from who sends the proposal.
    pub envelope: Envelope,
    /// The company that it is for.
    pub client: &'a str,
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
        let (language, title, label) = (self.envelope.language, self.title, self.label());
        let (firm, short) = (self.envelope.firm_name(), self.envelope.short_firm());
        let (total, last_day) = (format::amount(language, self.total), self.valid_until.map(|day| format::day(language, day)));
        let (subject, opening) = ours(language, self.version <= 1, [&short, firm, title]);
        let own = OwnWords::of(&self.envelope, Kind::Proposal, &self.values());
        let mut facts = vec![title.to_owned(), say!(language, "Proposal {label}", "Angebot {label}")];
        facts.extend(last_day.as_ref().map(|day| say!(language, "Valid until {day}", "Gültig bis {day}")));
        let rows = self.line_items.iter().map(|line| row(language, line, self.total)).collect::<Result<Vec<_>, _>>()?;
        let sums = vec![Sum::main(say!(language, "Total", "Gesamtbetrag"), total.clone())];
        let mut body = vec![Block::Facts(facts), Block::Table(Table { head: head(language), rows, more: None, sums })];
        if let Some(terms) = self.terms {
            body.push(Block::Heading(say!(language, "Terms", "Bedingungen")));
            body.push(Block::Typed(terms.to_owned()));
        }
        body.extend(self.how_to_accept());
        let content = Content {
            subject,
            preheader: match &last_day {
                Some(day) => say!(language, "{label}: {total}, valid until {day}", "{label}: {total}, gültig bis {day}"),
                None => say!(language, "{label}: {total}", "{label}: {total}"),
            },
            heading: title.to_owned(),
            opening,
            body,
            why: say!(
                language,
                "You get this mail because {firm} made a proposal to you.",
                "Sie erhalten diese E-Mail, weil {firm} Ihnen ein Angebot gemacht hat."
            ),
        };
        Message::in_own_words(&self.envelope, Purpose::Proposal, &content, &own)
    }

    fn how_to_accept(&self) -> Vec<Block> {
        let (language, label, title) = (self.envelope.language, self.label(), self.title);
        let mut blocks = vec![Block::Heading(say!(language, "How to accept", "So nehmen Sie an"))];
        let (how, answer) = match &self.envelope.reply_to {
            Some(person) => {
                let (name, email) = (&person.name, person.email.typed());
                let how = say!(
                    language,
                    "Answer this mail: your answer goes to {name} ({email}).",
                    "Antworten Sie auf diese E-Mail: Ihre Antwort geht an {name} ({email})."
                );
                let subject = Subject::new(&say!(language, "Accepted: {label}, {title}", "Angenommen: {label}, {title}"));
                let label = say!(language, "Accept by mail", "Per E-Mail annehmen");
                (how, Some(Block::Answer(label, Link::answer(&person.email, &subject))))
            }
            None => {
                let firm = self.envelope.firm_name();
                let how = say!(
                    language,
                    "Tell the person you are in touch with at {firm}.",
                    "Sagen Sie es der Person, mit der Sie bei {firm} in Kontakt sind."
                );
                (how, None)
            }
        };
        let which = say!(
            language,
            "{how} Say which of the optional lines you want.",
            "{how} Geben Sie an, welche der optionalen Positionen Sie wünschen."
        );
        blocks.push(Block::Says(if self.line_items.iter().any(|line| line.optional) { which } else { how }));
        blocks.extend(answer);
        blocks
    }

    /// `PRO-000042`, or `PRO-000042 v2`.
    fn label(&self) -> String {
        match (self.number, self.version) {
            (number, 0 | 1) => number.to_owned(),
            (number, version) => format!("{number} v{version}"),
        }
    }
}

impl Begun for ProposalMail<'_> {
    fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    fn values(&self) -> Vec<(Placeholder, String)> {
        let language = self.envelope.language;
        let last_day = self.valid_until.map(|day| format::day(language, day));
        vec![
            (Placeholder::Client, self.client.to_owned()),
            (Placeholder::Number, self.label()),
            (Placeholder::Title, self.title.to_owned()),
            (Placeholder::Total, format::amount(language, self.total)),
            (Placeholder::ValidUntil, last_day.unwrap_or_else(|| say!(language, "further notice", "auf Weiteres"))),
        ]
    }

    fn message(&self) -> Result<Message, SendError> {
        ProposalMail::message(self)
    }
}

/// Our subject and opening: of the first version, or of one that takes another's place.
pub(crate) fn ours(language: Language, is_first: bool, [short, firm, title]: [&str; 3]) -> (String, Vec<String>) {
    let (subject, opening) = match is_first {
        true => (
            say!(language, "Proposal from {short}: {title}", "Angebot von {short}: {title}"),
            say!(language, "{firm} sends you this proposal.", "{firm} schickt Ihnen dieses Angebot."),
        ),
        false => (
            say!(language, "Revised proposal from {short}: {title}", "Überarbeitetes Angebot von {short}: {title}"),
            say!(
                language,
                "{firm} sends you a revised proposal, which takes the place of the one before it.",
                "{firm} schickt Ihnen ein überarbeitetes Angebot, das an die Stelle des vorherigen tritt."
            ),
        ),
    };
    (subject, vec![opening])
}

/// What stands over lines, and over what they come to.
pub(crate) fn head(language: Language) -> [String; 2] {
    [say!(language, "What", "Leistung"), say!(language, "Amount", "Betrag")]
}

/// A line as it is shown, in the currency of `total`.
fn row(language: Language, line: &LineItem, total: Money) -> Result<Row, SendError> {
    let (currency, counted) = (total.currency(), line.chosen || !line.optional);
    let quantity = format::grouped(language, &line.quantity.get().normalize().to_string());
    let note = match counted {
        true => say!(language, "Optional, in the total", "Optional, im Gesamtbetrag enthalten"),
        false => say!(language, "Optional, not in the total", "Optional, nicht im Gesamtbetrag enthalten"),
    };
    Ok(Row {
        description: line.description.to_string(),
        quantity: format!("{quantity} × {}", format::price(language, line.unit_price, currency)),
        amount: format::amount(language, line.amount(currency).map_err(unequal)?),
        note: line.optional.then_some(note),
        counted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, evil_envelope};
    use domain::{Currency, SingleLine};

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
            client: "Fabrikam GmbH",
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
        check!("proposal", mail);
    }

    #[test]
    fn a_hostile_proposal() {
        let terms = format!("{EVIL}\n\n{EVIL}\n.\r\nQUIT");
        let mail = ProposalMail {
            envelope: evil_envelope(),
            client: "Fabrikam GmbH",
            number: "PRO-1234567",
            version: 2,
            title: EVIL,
            line_items: &[line(EVIL, "1000000", "0.000001", true, false), line(&"W".repeat(500), "1", "1", false, true)],
            total: usd("1"),
            valid_until: Some("2026-01-01".parse().unwrap()),
            terms: Some(&terms),
        };
        check!("proposal_hostile", mail);
    }

    #[test]
    fn a_bare_proposal() {
        let bare = Envelope { to_name: None, reply_to: None, ..envelope() };
        let mail = ProposalMail {
            envelope: bare,
            client: "Fabrikam GmbH",
            number: "PRO-000001",
            version: 3,
            title: "Audit",
            line_items: &[],
            total: usd("12500"),
            valid_until: None,
            terms: None,
        };
        check!("proposal_bare", mail);
    }
}
