//! What people hear of: that something concerning them was done by somebody else, in the product and by mail.
//!
//! Which events concern whom is [`crate::notification_concern`]'s to say. What somebody hears of a kind of thing, at once, with the
//! rest of the day or not at all, they choose for each firm or client that they are of. Notifications are kept for [`KEPT`].

mod inbox;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    Date, Email, Money, MultiLine, SingleLine, Time,
    access::{Permission, Right, Rights},
    ids::{CommentId, InvoiceId, NotificationBatchId, PortalUserId, ProjectId, ProposalId, TaskId, UndeliveredId, UserId},
    invoice::Dispute,
    mail::Topic,
    names::names,
    session::Principal,
};

pub use inbox::{Inbox, MOST_UNREAD, Which};

/// How long a notification is kept.
pub const KEPT: TimeDelta = TimeDelta::days(90);
/// The most characters of what a notification quotes.
pub const MOST_QUOTED: usize = 280;

names! {
    /// A kind of thing that people hear of.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = NotificationKind))]
    #[serde(rename_all = "snake_case")]
    pub enum Kind {
        /// A proposal was accepted.
        Accepted = "accepted",
        /// A proposal was rejected.
        Rejected = "rejected",
        /// An invoice was paid, or some of it.
        Paid = "paid",
        /// A payment that was on its way won't come, or a bank takes one back, or took it.
        Failed = "failed",
        /// A mail didn't come to whom it is for.
        Bounced = "bounced",
        /// The other side wrote a comment.
        Commented = "commented",
        /// Somebody was given a task.
        Assigned = "assigned",
        /// A task is due, or an invoice: to the firm past its last day, to its client when it is sent.
        Due = "due",
    }
}

impl Kind {
    /// Those of which a client's people hear; the firm's hear of all.
    pub const OF_PORTAL: [Self; 2] = [Self::Commented, Self::Due];

    /// How somebody hears of it who hasn't said otherwise.
    pub fn usual(self) -> Delivery {
        match self {
            Self::Accepted | Self::Rejected | Self::Paid | Self::Failed | Self::Bounced | Self::Commented | Self::Assigned => {
                Delivery::Instant
            }
            Self::Due => Delivery::Digest,
        }
    }
}

names! {
    /// How somebody hears of a kind of thing.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = NotificationDelivery))]
    #[serde(rename_all = "snake_case")]
    pub enum Delivery {
        /// In the product, and by mail within minutes, with what else comes in these.
        Instant = "instant",
        /// In the product, and in one mail of the next morning.
        Digest = "digest",
        /// Not at all.
        Off = "off",
    }
}

/// How somebody wants to hear of what: what they didn't choose is as usual.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Choices(BTreeMap<Kind, Delivery>);

impl Choices {
    /// How they hear of `kind`.
    pub fn of(&self, kind: Kind) -> Delivery {
        self.0.get(&kind).copied().unwrap_or_else(|| kind.usual())
    }

    /// These, where `kind` is heard of by `delivery`. What is as usual is no choice.
    #[must_use]
    pub fn with(mut self, kind: Kind, delivery: Delivery) -> Self {
        if delivery == kind.usual() {
            self.0.remove(&kind);
        } else {
            self.0.insert(kind, delivery);
        }
        self
    }
}

/// Who hears of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// Somebody of the firm.
    Staff(UserId),
    /// Somebody at a client.
    Portal(PortalUserId),
}

impl Recipient {
    /// The id of the user or portal user.
    pub fn subject(self) -> String {
        match self {
            Self::Staff(user) => user.to_string(),
            Self::Portal(user) => user.to_string(),
        }
    }

    /// Whether they see a client's side of things.
    pub fn is_portal(self) -> bool {
        match self {
            Self::Staff(_) => false,
            Self::Portal(_) => true,
        }
    }
}

/// What a notification is about, and leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A task of a project.
    Task(ProjectId, TaskId),
    /// An invoice.
    Invoice(InvoiceId),
    /// A proposal.
    Proposal(ProposalId),
    /// Something undelivered.
    Undelivered(UndeliveredId),
}

impl About {
    /// The page of the web app that shows it, as names and ids of what is on it: `projects`, its id, `tasks`, its id.
    pub fn page(self, is_portal: bool) -> Vec<(&'static str, String)> {
        match self {
            // A client's project shows its tasks.
            Self::Task(project, _) if is_portal => vec![("portal/projects", project.to_string())],
            Self::Task(project, task) => vec![("projects", project.to_string()), ("tasks", task.to_string())],
            Self::Invoice(invoice) => vec![(if is_portal { "portal/invoices" } else { "invoices" }, invoice.to_string())],
            Self::Proposal(proposal) => vec![("proposals", proposal.to_string())],
            Self::Undelivered(item) => vec![("settings/undelivered", item.to_string())],
        }
    }

    /// What it takes of the firm's people to see it.
    pub fn permission(self) -> Permission {
        match self {
            Self::Task(..) => Permission::ReadWork,
            Self::Invoice(_) | Self::Undelivered(_) => Permission::ReadBilling,
            Self::Proposal(_) => Permission::ReadSales,
        }
    }

    /// What it takes of a client's people to hear of it.
    pub fn right(self) -> Right {
        match self {
            Self::Task(..) => Right::Comment,
            Self::Invoice(_) => Right::Pay,
            Self::Proposal(_) => Right::Sign,
            Self::Undelivered(_) => Right::See,
        }
    }

    /// Whether somebody at a client who has `rights` may hear of it.
    pub fn is_for(self, rights: Rights) -> bool {
        rights.see && rights.may(self.right())
    }

    /// Whether `principal` may hear of it, as far as their role or rights say.
    pub fn concerns(self, principal: Principal) -> bool {
        match principal {
            Principal::Staff { role, .. } => role.may(self.permission()),
            Principal::Portal { rights, .. } => self.is_for(rights),
        }
    }

    /// The id of the record.
    pub fn record(self) -> String {
        match self {
            Self::Task(_, task) => task.to_string(),
            Self::Invoice(invoice) => invoice.to_string(),
            Self::Proposal(proposal) => proposal.to_string(),
            Self::Undelivered(item) => item.to_string(),
        }
    }
}

/// What happened, as it is told to somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// The kind of thing.
    pub kind: Kind,
    /// What it is about.
    pub about: About,
    /// What that is called: a task's title, an invoice's number.
    pub title: SingleLine<200>,
    /// To what it belongs: a task's project, an invoice's client.
    pub within: Option<SingleLine<200>>,
    /// Who did it, if that is anybody whose name is known.
    pub by: Option<SingleLine<200>>,
    /// Of which company they are, if they are of another.
    pub by_company: Option<SingleLine<200>>,
    /// The beginning of what was written, or why something happened.
    pub text: Option<MultiLine<MOST_QUOTED>>,
    /// The comment that `text` is the beginning of.
    pub comment: Option<CommentId>,
    /// How much.
    pub amount: Option<Money>,
    /// That a bank takes a payment back, or took it.
    #[serde(default)]
    pub dispute: Option<Dispute>,
    /// By when something is to be done, or was to be.
    pub date: Option<Date>,
    /// Where the mail didn't arrive.
    pub address: Option<Email>,
    /// What the mail was about that didn't arrive.
    #[serde(default)]
    pub topic: Option<Topic>,
    /// When it happened.
    pub at: Time,
}

/// That somebody was told of something; its id says when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// What happened.
    #[serde(flatten)]
    pub news: News,
    /// With which others it is mailed, if it is.
    pub batch: Option<NotificationBatchId>,
}

/// The beginning of `text`, as notifications quote it.
pub fn quoted(text: &str) -> Option<MultiLine<MOST_QUOTED>> {
    if text.chars().count() <= MOST_QUOTED {
        return MultiLine::new(text).ok();
    }
    let beginning: String = text.chars().take(MOST_QUOTED - 1).collect();
    // What a mark turned is turned back at the end of each text, which may be cut off.
    let beginning: String = beginning.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect();
    MultiLine::new(&format!("{}…", beginning.trim_end())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_hears_of_each_kind_as_usual_until_they_say_otherwise() {
        let chosen = Choices::default().with(Kind::Commented, Delivery::Off).with(Kind::Paid, Delivery::Digest);
        assert_eq!((chosen.of(Kind::Commented), chosen.of(Kind::Paid)), (Delivery::Off, Delivery::Digest));
        assert_eq!(chosen.clone().with(Kind::Commented, Delivery::Instant), Choices::default().with(Kind::Paid, Delivery::Digest));
        assert_eq!(serde_json::to_string(&chosen).unwrap(), r#"{"paid":"digest","commented":"off"}"#);
        assert_eq!(serde_json::from_str::<Choices>("{}").unwrap(), Choices::default());
    }

    #[test]
    fn what_is_long_is_quoted_as_far_as_it_fits() {
        assert_eq!(&*quoted("Done.").unwrap(), "Done.");
        let long = quoted(&"å".repeat(500)).unwrap();
        assert_eq!((long.chars().count(), long.ends_with('…')), (MOST_QUOTED, true));
        let turned = quoted(&format!("\u{202e}{}\u{202c}", "x".repeat(500))).unwrap();
        assert!(!turned.contains('\u{202e}'));
        assert!(quoted("").is_none());
    }
}
