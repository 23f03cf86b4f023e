//! Aggregates: the records that have rules, and the events that are all that can happen to them.
//!
//! Each declares its events as one enum ([`events!`](crate::events)), so that whoever follows events can match them
//! exhaustively: an event that nobody decided about doesn't compile. Their names are what the event log keeps and
//! callers read; they are never changed.

use crate::{
    Kind, Refusal, Time, campaign, client, comment, contract, credit, credit_note, engagement, firm, invoice, lead, portal_user, project,
    proposal, prospect, task, time_entry, undelivered, user,
};

/// A record that has rules and a history.
pub trait Aggregate: Kind {
    /// What can happen to it.
    type Event: EventType;
}

/// What a change of state gives: the record as it is after it, and what happened; or why it is refused.
pub type Transition<T> = Result<(T, <T as Aggregate>::Event), Refusal>;

/// All that can happen to records of one kind.
pub trait EventType: Copy + Eq + std::fmt::Debug + Send + Sync + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// Its name in the event log, for good: the record's kind, a full stop, a past participle (`lead.converted`).
    fn name(self) -> &'static str;

    /// What it means for the record's life.
    fn lifecycle(self) -> Lifecycle;
}

/// What an event means for the life of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// The record is there from now on.
    Creation,
    /// Fields were written; if all are as they were, nothing happened.
    Edit,
    /// Its state changed.
    Change,
    /// It is in the archive from now on.
    Archiving,
    /// It is out of the archive again.
    Restoring,
    /// Its state changed so that somebody has to look at it: it is out of the archive too, if it was in it.
    Reviving,
    /// It is gone for good, but for its events.
    Deletion,
}

impl Lifecycle {
    /// Since when a record is archived after such an event at `at`, which was archived since `before`.
    pub fn archived_at(self, before: Option<Time>, at: Time) -> Option<Time> {
        match self {
            Self::Archiving => Some(at),
            Self::Restoring | Self::Reviving => None,
            Self::Creation | Self::Edit | Self::Change | Self::Deletion => before,
        }
    }
}

/// An aggregate that can be archived.
pub trait Archive: Aggregate {
    /// Whether it can be archived as it stands: what happens, or why it is refused.
    fn archive(&self) -> Result<Self::Event, Refusal>;

    /// What happens when it is taken out of the archive.
    fn restore(&self) -> Self::Event;
}

/// Declare what happens to an aggregate: its `Event`s, their names and what each means for the record's life.
#[macro_export]
#[doc(hidden)]
macro_rules! events {
    ($aggregate:ident { $($(#[$doc:meta])+ $event:ident = $name:literal is $lifecycle:ident,)+ }) => {
        #[doc = concat!("What happens to a [`", stringify!($aggregate), "`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[$doc])+ $event,)+
        }

        impl $crate::EventType for Event {
            const ALL: &'static [Self] = &[$(Self::$event,)+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }

            fn lifecycle(self) -> $crate::Lifecycle {
                match self {
                    $(Self::$event => $crate::Lifecycle::$lifecycle,)+
                }
            }
        }

        impl $crate::Aggregate for $aggregate {
            type Event = Event;
        }
    };
}

/// Every aggregate, so that an event of the log can be known by its name.
macro_rules! every_aggregate {
    ($($module:ident: $name:ident,)+) => {
        /// Something that happened, to a record of whichever kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DomainEvent {
            $(
                #[doc = concat!("To a [`", stringify!($module), "::", stringify!($name), "`].")]
                $name($module::Event),
            )+
        }

        impl DomainEvent {
            /// The event that is called `name`; none that this version knows of, if there is none.
            pub fn parse(name: &str) -> Option<Self> {
                $(if let Some(event) = named::<$module::Event>(name) {
                    return Some(Self::$name(event));
                })+
                None
            }

            /// Its name in the event log.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name(event) => event.name(),)+
                }
            }

            /// What it means for the record's life.
            pub fn lifecycle(self) -> Lifecycle {
                match self {
                    $(Self::$name(event) => event.lifecycle(),)+
                }
            }

            /// Every event that there is.
            pub fn all() -> impl Iterator<Item = Self> {
                let all = std::iter::empty();
                $(let all = all.chain($module::Event::ALL.iter().copied().map(Self::$name));)+
                all
            }
        }
    };
}

/// Hands the list of all aggregates, each with its module, to a macro: for what has to be done for records of each kind.
#[macro_export]
macro_rules! aggregates {
    ($macro:ident) => {
        $macro! {
            campaign: Campaign,
            client: Client,
            comment: Comment,
            contract: Contract,
            credit: Credit,
            credit_note: CreditNote,
            engagement: Engagement,
            firm: Firm,
            invoice: Invoice,
            lead: Lead,
            portal_user: PortalUser,
            project: Project,
            proposal: Proposal,
            prospect: Prospect,
            task: Task,
            time_entry: TimeEntry,
            undelivered: Undelivered,
            user: User,
        }
    };
}

aggregates!(every_aggregate);

fn named<E: EventType>(name: &str) -> Option<E> {
    E::ALL.iter().copied().find(|event| event.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_known_by_its_name_and_no_two_share_one() {
        let mut names = std::collections::BTreeSet::new();
        for event in DomainEvent::all() {
            assert_eq!(DomainEvent::parse(event.name()), Some(event));
            assert!(names.insert(event.name()), "{}", event.name());
        }
        assert!(DomainEvent::parse("lead.abducted").is_none());
    }
}
