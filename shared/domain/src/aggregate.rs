//! Aggregates: the records that have rules, and the events that are all that can happen to them.
//!
//! Each declares its events as one enum ([`events!`](crate::events)), so that whoever follows events can match them
//! exhaustively: an event that nobody decided about doesn't compile. Their names are what the event log keeps and
//! callers read; they are never changed.

use crate::{Kind, Refusal, Time};

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
