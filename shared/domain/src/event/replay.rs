//! What a record's events add up to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{BrokenLink, Details, Event, Fault, Kept};
use crate::{DomainEvent, Time};

/// What the events of a record, from the first on, say that it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    /// What is known of its fields, by name: none where a field has no value.
    fields: BTreeMap<String, Option<Value>>,
    /// How many events no longer say what they changed.
    erased: usize,
    created_at: Option<Time>,
    updated_at: Option<Time>,
    archived_at: Option<Time>,
}

/// What `events`, which are all of a record's from the first to any other, add up to. An event whose details can't be
/// read is an altered one.
pub fn replay<'e>(events: impl IntoIterator<Item = &'e Event>) -> Result<Replay, BrokenLink> {
    events.into_iter().try_fold(Replay::default(), Replay::after)
}

impl Replay {
    /// What it is after the next event, whose erased details leave open what any field is from then on.
    pub fn after(mut self, event: &Event) -> Result<Self, BrokenLink> {
        match &event.details {
            Kept::Whole(json) => {
                let details = serde_json::from_str::<Details>(json);
                let details = details.map_err(|_| BrokenLink { sequence: event.sequence, fault: Fault::Altered })?;
                self.fields.extend(details.changes.into_iter().map(|(name, change)| (name, change.after)));
            }
            Kept::Erased(_) => {
                self.fields.clear();
                self.erased += 1;
            }
        }
        self.created_at = self.created_at.or(Some(event.at));
        self.updated_at = Some(event.at);
        if let Some(known) = DomainEvent::parse(&event.name) {
            self.archived_at = known.lifecycle().archived_at(self.archived_at, event.at);
        }
        Ok(self)
    }

    /// The fields that have a value, as far as events say so.
    pub fn fields(&self) -> Map<String, Value> {
        self.fields.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect()
    }

    /// How many events no longer say what they changed. If there are any, a field that isn't known may have a value.
    pub fn erased(&self) -> usize {
        self.erased
    }

    /// When the record was made; none before its first event.
    pub fn created_at(&self) -> Option<Time> {
        self.created_at
    }

    /// When it was changed last; none before its first event.
    pub fn updated_at(&self) -> Option<Time> {
        self.updated_at
    }

    /// When it was archived, if it is.
    pub fn archived_at(&self) -> Option<Time> {
        self.archived_at
    }

    /// The first field, by name, that is known and is another in `fields`.
    pub fn difference<'f>(&'f self, fields: &'f Map<String, Value>) -> Option<&'f str> {
        let unknown = fields.keys().filter(|name| self.erased == 0 && !self.fields.contains_key(*name));
        let known = self.fields.iter().filter(|(name, value)| fields.get(*name) != value.as_ref());
        known.map(|(name, _)| name).chain(unknown).min().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Digest,
        event::{Actor, changes},
    };
    use proptest::prelude::*;
    use serde_json::json;

    /// A record that was each of `states` in turn, by events of these names.
    fn events(states: &[(&str, Value)]) -> Vec<Event> {
        let mut before = None;
        let event = |(index, (name, state)): (usize, &(&str, Value))| {
            let changes = changes(before.as_ref(), Some(state));
            before = Some(state.clone());
            let details = Details { salt: String::new(), source_address: None, changes };
            Event {
                sequence: index as u64 + 1,
                name: (*name).to_owned(),
                record: "lead_1".to_owned(),
                actor: Actor::System("test".to_owned()),
                at: at(index as i64),
                request: String::new(),
                details: Kept::Whole(serde_json::to_string(&details).unwrap()),
                previous: Digest::default(),
                hash: Digest::default(),
            }
        };
        states.iter().enumerate().map(event).collect()
    }

    fn at(seconds: i64) -> Time {
        Time::from_timestamp_millis(1_763_800_000_000 + 1000 * seconds).unwrap()
    }

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    #[test]
    fn events_add_up_to_the_record_that_they_led_to() {
        let last = json!({"a": 1, "c": {"d": null}, "e": null});
        let log = events(&[
            ("lead.created", json!({"a": 1, "b": "x"})),
            ("lead.updated", json!({"a": 2, "b": null, "c": 0})),
            ("lead.updated", last.clone()),
        ]);
        let replay = replay(&log).unwrap();
        assert_eq!(replay.fields(), fields(&last));
        assert_eq!((replay.created_at(), replay.updated_at(), replay.archived_at()), (Some(at(0)), Some(at(2)), None));
        assert_eq!(replay.difference(&fields(&last)), None);
    }

    #[test]
    fn the_first_field_that_is_another_is_named() {
        let replay = replay(&events(&[("lead.created", json!({"a": 1, "b": 2}))])).unwrap();
        for (stored, named) in [
            (json!({"a": 1, "b": 2}), None),
            (json!({"a": 1, "b": 3}), Some("b")),
            (json!({"a": 1}), Some("b")),
            (json!({"b": 3}), Some("a")),
            (json!({"a": 1, "aa": 1, "b": 3}), Some("aa")),
            (json!({"a": "1", "b": 2}), Some("a")),
        ] {
            assert_eq!(replay.difference(&fields(&stored)), named, "{stored}");
        }
    }

    #[test]
    fn what_was_erased_is_not_compared_and_what_was_written_after_it_is() {
        let mut log = events(&[
            ("lead.created", json!({"a": 1, "b": 2})),
            ("lead.updated", json!({"a": 2, "b": 2})),
            ("lead.updated", json!({"a": 2, "b": 3})),
        ]);
        log[1].details = Kept::Erased(Digest::default());
        let replay = replay(&log).unwrap();
        assert_eq!((replay.erased(), replay.fields()), (1, fields(&json!({"b": 3}))));
        assert_eq!(replay.difference(&fields(&json!({"a": 7, "b": 3, "z": 1}))), None);
        assert_eq!(replay.difference(&fields(&json!({"a": 7, "b": 4}))), Some("b"));
    }

    #[test]
    fn a_record_is_archived_from_its_archiving_until_it_is_restored() {
        let state = json!({"a": 1});
        let names = ["lead.created", "lead.archived", "lead.restored", "lead.archived", "lead.updated"];
        let log = events(&names.map(|name| (name, state.clone())));
        let archived: Vec<_> = (0..=5).map(|length| replay(&log[..length]).unwrap().archived_at()).collect();
        assert_eq!(archived, [None, None, Some(at(1)), None, Some(at(3)), Some(at(3))]);
    }

    #[test]
    fn an_event_whose_details_can_not_be_read_is_altered() {
        let mut log = events(&[("lead.created", json!({})), ("lead.updated", json!({}))]);
        log[1].details = Kept::Whole("{}".to_owned());
        assert_eq!(replay(&log), Err(BrokenLink { sequence: 2, fault: Fault::Altered }));
    }

    proptest! {
        #[test]
        fn whatever_a_record_was_its_events_lead_to_what_it_is(
            states in prop::collection::vec(prop::collection::btree_map("[a-d]", prop::option::of(0..3), 0..4), 1..6)
        ) {
            let states: Vec<_> = states.into_iter().map(|state| ("lead.updated", json!(state))).collect();
            let last = fields(&states.last().unwrap().1);
            let replay = replay(&events(&states)).unwrap();
            prop_assert_eq!(replay.fields(), last.clone());
            prop_assert_eq!(replay.difference(&last), None);
        }
    }
}
