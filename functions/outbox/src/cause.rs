//! The event that something follows from.

use std::{
    collections::BTreeSet,
    ops::Deref,
    sync::{Mutex, PoisonError},
};

use domain::{
    Id,
    effect::EffectName,
    event::{Change, Details, Kept},
};
use serde::de::DeserializeOwned;
use store::{Entity, Error, LoggedEvent, Record};

use crate::{Failed, Outbox};

/// Why what an event says can't be told.
pub(crate) const ERASED: &str = "What happened was erased.";

/// An event that something follows from.
#[derive(Debug)]
pub(crate) struct Cause {
    logged: LoggedEvent,
    /// Whether its mail was refused where it went before, and is tried again.
    pub(crate) refused: bool,
    /// The effects that were begun: two of one name would be taken for one.
    begun: Mutex<BTreeSet<EffectName>>,
}

impl Cause {
    /// `logged`, for the first time, or as if it were.
    pub(crate) fn new(logged: LoggedEvent) -> Self {
        Self::again(logged, false)
    }

    /// `logged` again, after its mail was refused, if it was.
    pub(crate) fn again(logged: LoggedEvent, refused: bool) -> Self {
        Self { logged, refused, begun: Mutex::default() }
    }

    /// That the effect `name` of it is begun, which no other is called.
    pub(crate) fn begin(&self, name: EffectName) -> Result<(), Failed> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.contains(&name) {
            return Err(Error::Internal(format!("{} has two effects called {name}", self.event.name)).into());
        }
        begun.insert(name);
        Ok(())
    }

    /// The id of the record that it happened to.
    pub(crate) fn id<T: Entity>(&self) -> Result<Id<T>, Failed> {
        let record = &self.event.record;
        Ok(record.parse().map_err(|_| Error::Internal(format!("{record} is no {}", T::NAME)))?)
    }

    /// What `record`, to which it happened, said then.
    pub(crate) async fn then<T: Entity>(&self, outbox: &Outbox, record: &Record<T>) -> Result<T, Failed> {
        outbox.store.as_of(self.firm, record, self.event.sequence).await?.ok_or(Failed::Never(ERASED))
    }

    /// What `record`, which has to do with it, said when it happened; none if it wasn't there yet, or that was erased.
    pub(crate) async fn at_its_time<T: Entity>(&self, outbox: &Outbox, record: &Record<T>) -> Result<Option<T>, Failed> {
        Ok(outbox.store.as_at(self.firm, record, self.event.at).await?)
    }

    /// From which network address it was done, if that is known.
    pub(crate) fn source_address(&self) -> Result<Option<String>, Failed> {
        Ok(self.details()?.source_address)
    }

    fn details(&self) -> Result<Details, Failed> {
        let Kept::Whole(details) = &self.event.details else { return Err(Failed::Never(ERASED)) };
        Ok(serde_json::from_str(details).map_err(|error| self.unreadable(error))?)
    }

    fn unreadable(&self, error: serde_json::Error) -> Error {
        Error::Internal(format!("{}/{}: {error}", self.event.record, self.event.sequence))
    }

    /// What `field` was before and after, where it had a value and the event changed it.
    pub(crate) fn changed<V: DeserializeOwned>(&self, field: &str) -> Result<[Option<V>; 2], Failed> {
        let Some(Change { before, after }) = self.details()?.changes.remove(field) else { return Ok([None, None]) };
        let value =
            |value: Option<serde_json::Value>| value.map(serde_json::from_value).transpose().map_err(|error| self.unreadable(error));
        Ok([value(before)?, value(after)?])
    }
}

impl Deref for Cause {
    type Target = LoggedEvent;

    fn deref(&self) -> &LoggedEvent {
        &self.logged
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Digest, Id, Time,
        effect::EffectKind,
        event::{Actor, Event},
    };

    use super::*;

    #[test]
    fn two_effects_of_one_event_are_not_taken_for_one() {
        let at = Time::from_timestamp_millis(1_763_800_000_000).unwrap();
        let event = Event {
            sequence: 1,
            name: "invoice.sent".to_owned(),
            record: "inv_1".to_owned(),
            actor: Actor::System("outbox".to_owned()),
            at,
            request: "request".to_owned(),
            details: Kept::Whole("{}".to_owned()),
            previous: Digest::default(),
            hash: Digest::default(),
        };
        let cause = Cause::new(LoggedEvent { firm: Id::new(at, 1), kind: "INVOICE".to_owned(), event });
        cause.begin(EffectKind::Mail.into()).unwrap();
        cause.begin(EffectKind::Mail.about("payment_1")).unwrap();
        cause.begin(EffectKind::Mail.about("payment_2")).unwrap();
        assert!(cause.begin(EffectKind::Mail.into()).is_err());
    }
}
