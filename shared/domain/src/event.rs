//! The event log: what happened to a record, by whom, chained by hashes so that no event can be changed, dropped,
//! added or put elsewhere unseen.
//!
//! An event's sequence is the version of the record that it made, so a record's events are 1, 2, 3, … without gaps.
//! Chained are its name, record, actor, time, request and the digest of its details. The details themselves (what
//! changed, from which address) may be personal data: they stand beside the chain under a random salt, so they can
//! be erased, leaving their digest, without breaking the chain or letting anyone guess them from it.

mod replay;

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::{
    Digest, DomainEvent, Lifecycle, Time,
    ids::{LoginId, PortalUserId, UserId},
};

pub use replay::{Replay, replay};

/// What [`Actor::Guest`] is called.
const GUEST: &str = "guest";

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A member of the firm.
    User(UserId),
    /// Somebody at a client.
    PortalUser(PortalUserId),
    /// Whoever has the link that shows the record, without a log-in.
    Guest,
    /// Who has a login, by a link that was sent to its e-mail.
    Login(LoginId),
    /// The system itself, following up an event: the name of the function.
    System(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::PortalUser(id) => id.fmt(f),
            Self::Guest => f.write_str(GUEST),
            Self::Login(id) => id.fmt(f),
            Self::System(name) => write!(f, "system:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("system:") {
            return Ok(Self::System(name.to_owned()));
        }
        if text == GUEST {
            return Ok(Self::Guest);
        }
        let user = text.parse().map(Self::User);
        let person = user.or_else(|_| text.parse().map(Self::PortalUser)).or_else(|_| text.parse().map(Self::Login));
        person.map_err(|_| format!("{text} is nobody"))
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A field's value before and after; none where it had or has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Before the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// After it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What may have to be erased one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// Random, so that the digest tells nothing.
    pub salt: String,
    /// The network address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_address: Option<String>,
    /// The fields that changed.
    pub changes: BTreeMap<String, Change>,
}

/// The fields in which `before` and `after`, both objects, differ.
pub fn changes(before: Option<&Value>, after: Option<&Value>) -> BTreeMap<String, Change> {
    let fields = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let (mut old, new) = (fields(before), fields(after));
    let mut changed = BTreeMap::new();
    for (name, after) in new {
        let before = old.remove(&name).filter(|v| !v.is_null());
        let after = Some(after).filter(|v| !v.is_null());
        if before != after {
            changed.insert(name, Change { before, after });
        }
    }
    changed.extend(old.into_iter().filter(|(_, v)| !v.is_null()).map(|(name, v)| (name, Change { before: Some(v), after: None })));
    changed
}

/// Something that happened to a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The version of the record that it made.
    pub sequence: u64,
    /// What happened: `lead.converted`.
    pub name: String,
    /// The id of the record.
    pub record: String,
    /// Who did it.
    pub actor: Actor,
    /// When.
    pub at: Time,
    /// The request, or the event that it follows up.
    pub request: String,
    /// The details as the JSON text that was digested; or their digest alone, once erased.
    pub details: Kept,
    /// The hash of the event before it; zeros for the first.
    pub previous: Digest,
    /// The hash of this event.
    pub hash: Digest,
}

/// The details of an event, or what is left of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// The JSON text of [`Details`].
    Whole(String),
    /// Erased; their digest.
    Erased(Digest),
}

impl Kept {
    fn digest(&self) -> Digest {
        match self {
            Self::Whole(json) => Digest::of(&[json.as_bytes()]),
            Self::Erased(digest) => *digest,
        }
    }
}

impl Event {
    /// The hash that this event should have: `SHA-256(previous ‖ canonical event)`, where canonical is the JSON array
    /// of its chained parts, in the order of their declaration, without white space.
    pub fn expected_hash(&self) -> Digest {
        let Self { sequence, name, record, actor, at, request, details, previous, hash: _ } = self;
        let at = at.timestamp_millis();
        let chained = serde_json::json!([sequence, name, record, actor, at, request, details.digest()]).to_string();
        Digest::of(&[previous.as_bytes(), chained.as_bytes()])
    }

    /// Whether the record is gone since it.
    pub fn deletes(&self) -> bool {
        DomainEvent::parse(&self.name).is_some_and(|event| event.lifecycle() == Lifecycle::Deletion)
    }

    /// What stands where an event can't be read: one whose hash can't hold.
    pub fn unreadable(sequence: u64) -> Self {
        let details = Kept::Erased(Digest::default());
        let (previous, hash) = (Digest::default(), Digest::default());
        let actor = Actor::System(String::new());
        Self {
            sequence,
            name: String::new(),
            record: String::new(),
            actor,
            at: Time::default(),
            request: String::new(),
            details,
            previous,
            hash,
        }
    }

    /// This event with its hash.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.hash = self.expected_hash();
        self
    }
}

/// What is wrong with a link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its content isn't what was hashed.
    #[error("altered")]
    Altered,
    /// There is no event of this sequence.
    #[error("missing")]
    Missing,
    /// It doesn't follow the event before it.
    #[error("out of place")]
    OutOfPlace,
    /// It comes after the last event that the record knows.
    #[error("added")]
    Added,
}

/// The first link that doesn't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {sequence} is {fault}")]
pub struct BrokenLink {
    /// The event's sequence.
    pub sequence: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Check `events`, in the order in which they are stored, against each other and against the record's `head`: its
/// version and last hash, or none where the record was deleted. The error names the first link that doesn't hold.
pub fn verify(record: &str, events: &[Event], head: Option<(u64, Digest)>) -> Result<(), BrokenLink> {
    let mut last = Digest::default();
    let mut expected = 1;
    for event in events {
        let broken = |fault| Err(BrokenLink { sequence: expected, fault });
        if event.sequence > expected {
            return broken(Fault::Missing);
        }
        if event.sequence < expected || event.record != record || event.previous != last {
            // An event whose own hash holds was moved; one whose hash doesn't was changed.
            return broken(if event.hash == event.expected_hash() { Fault::OutOfPlace } else { Fault::Altered });
        }
        if event.hash != event.expected_hash() {
            return broken(Fault::Altered);
        }
        if head.is_some_and(|(version, _)| event.sequence > version) {
            return broken(Fault::Added);
        }
        last = event.hash;
        expected += 1;
    }
    match head {
        Some((version, _)) if version >= expected => Err(BrokenLink { sequence: expected, fault: Fault::Missing }),
        Some((version, hash)) if hash != last => Err(BrokenLink { sequence: version, fault: Fault::Altered }),
        Some(_) => Ok(()),
        // A deleted record's last event says so; if it doesn't, the end was cut off.
        None if events.last().is_some_and(Event::deletes) => Ok(()),
        None => Err(BrokenLink { sequence: expected, fault: Fault::Missing }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chain(length: u64) -> (Vec<Event>, (u64, Digest)) {
        let mut previous = Digest::default();
        let events: Vec<Event> = (1..=length)
            .map(|sequence| {
                let event = Event {
                    sequence,
                    name: "lead.updated".into(),
                    record: "lead_1".into(),
                    actor: Actor::System("test".into()),
                    at: Time::from_timestamp_millis(1_763_800_000_000 + sequence as i64).unwrap(),
                    request: format!("request-{sequence}"),
                    details: Kept::Whole(format!("{{\"salt\":\"{sequence}\",\"changes\":{{}}}}")),
                    previous,
                    hash: Digest::default(),
                }
                .sealed();
                previous = event.hash;
                event
            })
            .collect();
        (events, (length, previous))
    }

    fn fault(events: &[Event], head: (u64, Digest)) -> Option<(u64, Fault)> {
        verify("lead_1", events, Some(head)).err().map(|b| (b.sequence, b.fault))
    }

    #[test]
    fn a_chain_as_it_was_written_holds() {
        let (events, head) = chain(5);
        assert_eq!(fault(&events, head), None);
    }

    #[test]
    fn every_part_of_an_event_is_held_by_the_chain() {
        let changes: [fn(&mut Event); 7] = [
            |e| e.name = "lead.archived".into(),
            |e| e.record = "lead_2".into(),
            |e| e.actor = Actor::System("somebody".into()),
            |e| e.at += chrono::TimeDelta::milliseconds(1),
            |e| e.request.push('x'),
            |e| e.details = Kept::Whole("{}".into()),
            |e| e.hash = Digest::of(&[b"x"]),
        ];
        for change in changes {
            let (mut events, head) = chain(5);
            change(&mut events[2]);
            assert_eq!(fault(&events, head), Some((3, Fault::Altered)));
        }
    }

    #[test]
    fn an_event_altered_and_sealed_again_breaks_the_next_link_or_the_head() {
        let (mut events, head) = chain(3);
        events[1].name = "lead.archived".into();
        events[1] = events[1].clone().sealed();
        assert_eq!(fault(&events, head), Some((3, Fault::OutOfPlace)));
        let (mut events, head) = chain(3);
        events[2].name = "lead.archived".into();
        events[2] = events[2].clone().sealed();
        assert_eq!(fault(&events, head), Some((3, Fault::Altered)));
    }

    #[test]
    fn a_dropped_moved_or_added_event_is_named() {
        for dropped in 1..=5 {
            let (mut events, head) = chain(5);
            events.remove(dropped - 1);
            assert_eq!(fault(&events, head), Some((dropped as u64, Fault::Missing)));
        }
        let (mut events, head) = chain(5);
        events.swap(1, 2);
        assert_eq!(fault(&events, head), Some((2, Fault::Missing)));
        let (mut events, head) = chain(5);
        let (second, third) = (events[1].clone(), events[2].clone());
        events[1] = Event { sequence: 2, ..third };
        events[2] = Event { sequence: 3, ..second };
        assert_eq!(fault(&events, head), Some((2, Fault::Altered)));
        let ((longer, _), (_, head)) = (chain(6), chain(5));
        assert_eq!(fault(&longer, head), Some((6, Fault::Added)));
    }

    #[test]
    fn erased_details_leave_the_chain_whole() {
        let (mut events, head) = chain(3);
        events[1].details = Kept::Erased(events[1].details.digest());
        assert_eq!(fault(&events, head), None);
    }

    #[test]
    fn a_deleted_record_ends_with_its_deletion() {
        let (mut events, _) = chain(3);
        assert_eq!(verify("lead_1", &events, None).unwrap_err().fault, Fault::Missing);
        events[2].name = "proposal.deleted".into();
        events[2] = events[2].clone().sealed();
        assert_eq!(verify("lead_1", &events, None), Ok(()));
    }

    #[test]
    fn only_the_fields_that_differ_are_changes() {
        let before = json!({"a": 1, "b": 2, "c": null, "d": 4});
        let after = json!({"a": 1, "b": 3, "c": null, "e": [5]});
        let names: Vec<_> = changes(Some(&before), Some(&after)).into_keys().collect();
        assert_eq!(names, ["b", "d", "e"]);
        assert_eq!(changes(None, Some(&json!({"a": 1, "b": null}))).len(), 1);
    }
}
