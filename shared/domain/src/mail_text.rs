//! Mail texts: what a firm says in its own words where its mails begin, instead of ours.
//!
//! A text has placeholders, `{{number}}`, which each mail puts its own values in place of. Which there are depends on the kind of
//! mail, and a text with any other is refused; what a value says is never read as a text again.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Language, MultiLine, Refusal, SingleLine,
    ids::{FirmId, MailTextsId},
    names::names,
};

mod template;

pub use template::{Fault, Piece, filled, pieces};

crate::events! {
    MailTexts {
        /// The firm has its first.
        Created = "mail_texts.created" is Creation,
        /// One was written, or taken back.
        Updated = "mail_texts.updated" is Edit,
    }
}

names! {
    /// A kind of mail that a firm can begin in its own words.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = MailTextKind))]
    #[serde(rename_all = "snake_case")]
    pub enum Kind {
        /// The one that brings a proposal.
        Proposal = "proposal",
        /// The one that lets somebody at a client into its portal.
        Invitation = "invitation",
        /// The one that brings an invoice.
        Invoice = "invoice",
        /// Each that reminds of one.
        Reminder = "reminder",
        /// The one that says that a payment came.
        Receipt = "receipt",
    }
}

names! {
    /// What a mail puts its own value in place of.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = MailTextPlaceholder))]
    #[serde(rename_all = "snake_case")]
    pub enum Placeholder {
        /// The name of whom it goes to; their e-mail, where that isn't known.
        Recipient = "recipient",
        /// The firm's name.
        Firm = "firm",
        /// The company's name: the client's, or the prospect's.
        Client = "client",
        /// The number of the proposal or the invoice.
        Number = "number",
        /// What the proposal is called.
        Title = "title",
        /// What it comes to.
        Total = "total",
        /// The last day on which the proposal can be accepted.
        ValidUntil = "valid_until",
        /// Until when the link works.
        ExpiresAt = "expires_at",
        /// What is still to be paid of the invoice.
        AmountDue = "amount_due",
        /// The day on which the invoice was issued.
        IssueDate = "issue_date",
        /// The last day to pay the invoice.
        DueDate = "due_date",
        /// How late the invoice is, as what is said of it: “is 7 days overdue”, “is due in 3 days”.
        HowLate = "how_late",
        /// What was paid.
        AmountPaid = "amount_paid",
        /// The day on which it was paid.
        PaidOn = "paid_on",
        /// What the payment did, as a sentence: “The invoice is paid in full.”
        Outcome = "outcome",
    }
}

impl Kind {
    /// What the texts of such mails can have in them.
    pub fn placeholders(self) -> &'static [Placeholder] {
        use Placeholder::{
            AmountDue, AmountPaid, Client, DueDate, ExpiresAt, Firm, HowLate, IssueDate, Number, Outcome, PaidOn, Recipient, Title, Total,
            ValidUntil,
        };
        match self {
            Self::Proposal => &[Recipient, Firm, Client, Number, Title, Total, ValidUntil],
            Self::Invitation => &[Recipient, Firm, Client, ExpiresAt],
            Self::Invoice => &[Recipient, Firm, Client, Number, Total, AmountDue, IssueDate, DueDate],
            Self::Reminder => &[Recipient, Firm, Client, Number, AmountDue, DueDate, HowLate],
            Self::Receipt => &[Recipient, Firm, Client, Number, AmountPaid, PaidOn, AmountDue, Outcome],
        }
    }
}

/// How a mail begins: what isn't said is said in our words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailText {
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SingleLine<150>>,
    /// What stands after the greeting; a blank line begins another paragraph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<MultiLine<1000>>,
}

impl MailText {
    /// The same, if mails of `kind` have all that it puts values in place of.
    ///
    /// # Errors
    /// The field whose text has another placeholder, or one that doesn't end, and those that there are.
    pub fn checked(self, kind: Kind) -> Result<Self, Refusal> {
        let texts = [("subject", self.subject.as_deref()), ("opening", self.opening.as_deref())];
        for (field, text) in texts {
            pieces(kind, text.unwrap_or_default()).map_err(|fault| {
                let known: Vec<_> = kind.placeholders().iter().map(|placeholder| format!("{{{{{}}}}}", placeholder.as_str())).collect();
                Refusal::rule(field, format!("{fault} There are {}.", known.join(", ")))
            })?;
        }
        Ok(self)
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.subject.is_none() && self.opening.is_none()
    }
}

/// Of which mails a text is: of a kind, in a language. Kept as `invoice_de`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Which(pub Kind, pub Language);

impl Which {
    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        Kind::ALL.into_iter().flat_map(|kind| Language::ALL.into_iter().map(move |language| Self(kind, language)))
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.0.as_str(), self.1.as_str())
    }
}

impl PartialOrd for Which {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Which {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1.as_str()).cmp(&(other.0, other.1.as_str()))
    }
}

impl Serialize for Which {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Which {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::all().find(|which| which.to_string() == name).ok_or_else(|| de::Error::custom(format!("{name} is no mail's text")))
    }
}

/// All that a firm wrote: one record, which a mail is written with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailTexts(BTreeMap<Which, MailText>);

impl MailTextsId {
    /// Under which `firm` has its own.
    pub fn of_firm(firm: FirmId) -> Self {
        Self::from_bytes(firm.to_bytes())
    }
}

impl MailTexts {
    /// What the firm wrote for mails of `kind` in `language`.
    pub fn of(&self, kind: Kind, language: Language) -> Option<&MailText> {
        self.0.get(&Which(kind, language))
    }

    /// These, with `text` for mails of `kind` in `language`; ours again, if it says nothing.
    ///
    /// # Errors
    /// As of [`MailText::checked`].
    pub fn with(&self, kind: Kind, language: Language, text: MailText) -> Result<Self, Refusal> {
        let mut texts = self.0.clone();
        match text.checked(kind)? {
            text if text.is_empty() => texts.remove(&Which(kind, language)),
            text => texts.insert(Which(kind, language), text),
        };
        Ok(Self(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(subject: &str, opening: &str) -> MailText {
        MailText { subject: SingleLine::new(subject).ok(), opening: MultiLine::new(opening).ok() }
    }

    #[test]
    fn a_text_has_the_placeholders_of_its_kind_and_is_refused_by_its_field_with_others() {
        for kind in Kind::ALL {
            let all: String = kind.placeholders().iter().map(|placeholder| format!("{{{{ {} }}}}", placeholder.as_str())).collect();
            for placeholder in Placeholder::ALL {
                let one = format!("{{{{{}}}}}", placeholder.as_str());
                assert_eq!(text(&one, "Hi").checked(kind).is_ok(), kind.placeholders().contains(&placeholder), "{kind:?} {one}");
            }
            assert!(text("Hi", &all).checked(kind).is_ok());
        }
        let refused = |subject, opening| text(subject, opening).checked(Kind::Invitation).unwrap_err();
        let refusal = refused("{{nmber}}", "Hi");
        assert_eq!(refusal.field.as_deref(), Some("subject"));
        assert_eq!(refusal.message, "There is no {{nmber}} here. There are {{recipient}}, {{firm}}, {{client}}, {{expires_at}}.");
        assert_eq!(refused("Hi", "One {{firm").field.as_deref(), Some("opening"));
    }

    #[test]
    fn texts_are_kept_by_kind_and_language_and_ours_again_when_they_say_nothing() {
        let texts = MailTexts::default().with(Kind::Invoice, Language::De, text("Rechnung {{number}}", "")).unwrap();
        assert_eq!(serde_json::to_string(&texts).unwrap(), r#"{"invoice_de":{"subject":"Rechnung {{number}}"}}"#);
        assert_eq!(serde_json::from_str::<MailTexts>(&serde_json::to_string(&texts).unwrap()).unwrap(), texts);
        assert!(texts.of(Kind::Invoice, Language::De).is_some() && texts.of(Kind::Invoice, Language::En).is_none());
        assert_eq!(texts.with(Kind::Invoice, Language::De, MailText::default()).unwrap(), MailTexts::default());
        assert!(serde_json::from_str::<MailTexts>(r#"{"invoice_fr": {}}"#).is_err());
        assert_eq!(Which::all().count(), Kind::ALL.len() * Language::ALL.len());
    }
}
