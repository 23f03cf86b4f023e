//! Changes: everything that a request writes, in one transaction. Each action carries what its failure means.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
        builders::{PutBuilder, UpdateBuilder},
    },
};
use domain::{
    Archive, Digest, EventType, Id, Lifecycle, Refusal, Time,
    event::{Actor, Details, Event, Kept, changes},
    firm::Firm,
};
use serde_json::{Map, Value};

use crate::{
    Acting, Entity, Error, IdempotentRequest, Parent, Record, Reply, Store, claim, entity, event,
    item::{Item, number, text},
    key::{Key, name},
    size,
    workday::{Added, Workdays},
};

/// How many actions DynamoDB takes in a transaction.
const MOST_ACTIONS: usize = 100;

/// Who changes something, for the event log.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Time,
    /// The request's id, or the event that is followed up.
    pub request: String,
    /// The network address that the request came from.
    pub source_address: Option<String>,
}

/// What a request writes: nothing until [`Change::commit`], and then all of it or nothing.
#[derive(Debug)]
pub struct Change {
    store: Store,
    firm: Id<Firm>,
    audit: Audit,
    idempotent: Option<IdempotentRequest>,
    actions: Vec<(TransactWriteItem, OnFailure)>,
    /// What is added to the days of people, once for each.
    pub(crate) workdays: Workdays,
    /// Who acts, if they are looked up.
    pub(crate) member: Option<Acting>,
    /// The records of which it is a condition that they aren't archived, and what looks at each: once.
    pub(crate) depended: BTreeMap<Parent, (TransactWriteItem, OnFailure)>,
    /// What happens by it.
    happenings: Vec<Happening>,
    /// The records that it writes. That they are as they were read is a condition anyway.
    written: BTreeSet<Parent>,
}

/// That something happens to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// The event's name.
    pub event: String,
    /// The record's id.
    pub record: String,
    /// Whose record it is.
    pub firm: Id<Firm>,
}

/// What it means that an action's condition doesn't hold.
#[derive(Debug, Clone)]
pub(crate) enum OnFailure {
    /// Something changed since it was read.
    Lost,
    /// A rule says no.
    Refused(Refusal),
    /// Another record holds the value.
    Taken(Refusal),
    /// Somebody's day has no room for what is added to it.
    DayIsFull(Added),
    /// The request may have been done before.
    Done,
    /// The event was applied before.
    Seen,
    /// Who acts isn't let in any more as what they come.
    Revoked,
}

impl Store {
    /// Begin a change in `firm`; `idempotent` says under which key it is to be done just once.
    pub fn change(&self, firm: Id<Firm>, audit: Audit, idempotent: Option<IdempotentRequest>) -> Change {
        Change {
            store: self.clone(),
            firm,
            audit,
            idempotent,
            actions: Vec::new(),
            workdays: Workdays::new(),
            member: None,
            depended: BTreeMap::new(),
            happenings: Vec::new(),
            written: BTreeSet::new(),
        }
    }
}

impl Change {
    /// The firm in which the change is.
    pub fn firm(&self) -> Id<Firm> {
        self.firm
    }

    /// What `write` writes, in `firm` instead: what goes together with what is done in the change's own.
    pub fn within<T>(&mut self, firm: Id<Firm>, write: impl FnOnce(&mut Self) -> T) -> T {
        let own = mem::replace(&mut self.firm, firm);
        let written = write(self);
        self.firm = own;
        written
    }

    pub(crate) fn actor(&self) -> &Actor {
        &self.audit.actor
    }

    /// What happens by it so far.
    pub fn happenings(&self) -> &[Happening] {
        &self.happenings
    }

    /// When it happens.
    pub fn now(&self) -> Time {
        self.audit.at
    }

    /// A new record.
    pub fn create<T: Entity>(&mut self, id: Id<T>, content: T, event: T::Event) -> Result<Record<T>, Error> {
        let now = self.audit.at;
        let record = Record { id, version: 0, created_at: now, updated_at: now, archived_at: None, hash: Digest::default(), content };
        let (record, item) = self.log(record, None, event)?;
        self.keep_open(None, &record)?;
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)?;
        self.retime(id, &[], &record.timers())?;
        Ok(record)
    }

    /// A record as it is after a change of its state. Fields that are changed to what they were are no change.
    pub fn update<T: Entity>(&mut self, before: &Record<T>, (content, event): (T, T::Event)) -> Result<Record<T>, Error> {
        let fields = entity::fields_of(&before.content)?;
        if event.lifecycle() == Lifecycle::Edit && fields == entity::fields_of(&content)? {
            return Ok(before.clone());
        }
        self.replace(before, Record { content, ..before.clone() }, fields, event)
    }

    /// A record that goes away: into the archive, or for good where that is what the event means.
    pub fn remove<T: Entity>(&mut self, before: &Record<T>, event: T::Event) -> Result<(), Error> {
        let fields = entity::fields_of(&before.content)?;
        if event.lifecycle() != Lifecycle::Deletion {
            return self.replace(before, before.clone(), fields, event).map(|_| ());
        }
        self.log(before.clone(), Some(fields), event)?;
        self.retime(before.id, &before.timers(), &[])?;
        let delete = Delete::builder()
            .table_name(&self.store.table)
            .set_key(Some(Key::record(self.firm, before.id).item()))
            .condition_expression("#version = :version AND #hash = :hash")
            .expression_attribute_names("#version", name::VERSION)
            .expression_attribute_names("#hash", name::HASH)
            .expression_attribute_values(":version", number(before.version))
            .expression_attribute_values(":hash", text(before.hash.to_string()))
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().delete(delete).build(), OnFailure::Lost);
        Ok(())
    }

    /// A record that comes back from the archive.
    pub fn restore<T: Entity + Archive>(&mut self, archived: &Record<T>) -> Result<Record<T>, Error> {
        let fields = entity::fields_of(&archived.content)?;
        self.replace(archived, archived.clone(), fields, archived.content.restore())
    }

    /// Write all of it, and under the request's key what it is answered. See [`Error`] for what else may come of it;
    /// after [`Error::Unavailable`] it may or may not have been written, and the same key finds out.
    pub async fn commit(mut self, reply: &Reply) -> Result<(), Error> {
        if let Some(request) = &self.idempotent {
            let put = self
                .put(request.to_item(reply, self.audit.at)?)
                .condition_expression("attribute_not_exists(pk) OR #expires <= :now")
                .expression_attribute_names("#expires", name::EXPIRES)
                .expression_attribute_values(":now", number(self.audit.at.timestamp()));
            self.push_put(put, OnFailure::Done)?;
        }
        self.push_workdays()?;
        self.push_depended();
        if self.actions.is_empty() {
            return Ok(());
        }
        self.push_member()?;
        if self.actions.len() > MOST_ACTIONS {
            return Err(Refusal::of_request("That is more than can be written at once; do it in parts.").into());
        }
        let (items, meanings): (Vec<_>, Vec<_>) = self.actions.into_iter().unzip();
        let error = match self.store.client.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons = cancelled.cancellation_reasons();
                Err(meaning(reasons, &meanings, self.idempotent.as_ref(), self.audit.at).unwrap_or_else(|| error.into()))
            }
            _ => Err(error.into()),
        }
    }

    /// What it depends on. A transaction takes an item once, so what is written isn't looked at too.
    fn push_depended(&mut self) {
        let depended = mem::take(&mut self.depended).into_iter();
        self.actions.extend(depended.filter(|(of, _)| !self.written.contains(of)).map(|(_, action)| action));
    }

    /// The record with the next version and the event that makes it, and the record's item.
    fn log<T: Entity>(
        &mut self,
        record: Record<T>,
        before: Option<Map<String, Value>>,
        event: T::Event,
    ) -> Result<(Record<T>, Item), Error> {
        let (sequence, lifecycle) = (record.version + 1, event.lifecycle());
        let was_archived = record.archived_at.is_some();
        let archived_at = lifecycle.archived_at(record.archived_at, self.audit.at);
        let after = if lifecycle == Lifecycle::Deletion { None } else { Some(Value::Object(entity::fields_of(&record.content)?)) };
        let details = Details {
            salt: format!("{:032x}", rand::random::<u128>()),
            source_address: self.audit.source_address.clone(),
            changes: changes(before.map(Value::Object).as_ref(), after.as_ref()),
        };
        let logged = Event {
            sequence,
            name: event.name().to_owned(),
            record: record.id.to_string(),
            actor: self.audit.actor.clone(),
            at: self.audit.at,
            request: self.audit.request.clone(),
            details: Kept::Whole(serde_json::to_string(&details).map_err(Error::internal)?),
            previous: record.hash,
            hash: Digest::default(),
        }
        .sealed();
        let event = event::to_item(&Key::event(self.firm, record.id, sequence), &logged);
        let record = Record { version: sequence, updated_at: self.audit.at, archived_at, hash: logged.hash, ..record };
        let item = record.to_item(self.firm)?;
        let by = if matches!(self.audit.actor, Actor::System(_)) { size::By::Itself } else { size::By::People };
        size::check(&item, &event, &details.changes, by)?;
        self.happenings.push(Happening { event: logged.name, record: logged.record, firm: self.firm });
        self.set_guards(&record, was_archived, lifecycle)?;
        self.written.insert(record.id.into());
        let put = self.put(event).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)?;
        Ok((record, item))
    }

    fn replace<T: Entity>(
        &mut self,
        before: &Record<T>,
        after: Record<T>,
        fields: Map<String, Value>,
        event: T::Event,
    ) -> Result<Record<T>, Error> {
        let (record, item) = self.log(after, Some(fields), event)?;
        self.keep_open(Some(before), &record)?;
        let put = self
            .put(item)
            .condition_expression("#version = :version AND #hash = :hash")
            .expression_attribute_names("#version", name::VERSION)
            .expression_attribute_names("#hash", name::HASH)
            .expression_attribute_values(":version", number(before.version))
            .expression_attribute_values(":hash", text(before.hash.to_string()));
        self.push_put(put, OnFailure::Lost)?;
        self.retime(before.id, &before.timers(), &record.timers())?;
        Ok(record)
    }

    pub(crate) fn table(&self) -> &str {
        &self.store.table
    }

    pub(crate) fn put(&self, item: Item) -> PutBuilder {
        let returned = ReturnValuesOnConditionCheckFailure::AllOld;
        Put::builder().table_name(&self.store.table).set_item(Some(item)).return_values_on_condition_check_failure(returned)
    }

    pub(crate) fn push_put(&mut self, put: PutBuilder, on_failure: OnFailure) -> Result<(), Error> {
        let put = put.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().put(put).build(), on_failure);
        Ok(())
    }

    pub(crate) fn push_update(&mut self, update: UpdateBuilder) -> Result<(), Error> {
        let update = update.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().update(update).build(), OnFailure::Lost);
        Ok(())
    }

    pub(crate) fn delete(&mut self, key: Key) -> Result<(), Error> {
        let delete = Delete::builder().table_name(&self.store.table).set_key(Some(key.item())).build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().delete(delete).build(), OnFailure::Lost);
        Ok(())
    }

    pub(crate) fn push(&mut self, action: TransactWriteItem, on_failure: OnFailure) {
        self.actions.push((action, on_failure));
    }
}

/// What a cancelled transaction means. That it was done before comes first: its other conditions fail because of that.
/// That a race was lost comes next: what else fails may look different once it is read again.
fn meaning(reasons: &[CancellationReason], meanings: &[OnFailure], idempotent: Option<&IdempotentRequest>, now: Time) -> Option<Error> {
    let failed = || reasons.iter().zip(meanings).filter(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"));
    if let Some((reason, _)) = failed().find(|(_, meaning)| matches!(meaning, OnFailure::Done)) {
        let found = reason.item().zip(idempotent).map(|(item, request)| request.found(item, now));
        return Some(found.and_then(Result::err).unwrap_or(Error::Lost));
    }
    if failed().any(|(_, meaning)| matches!(meaning, OnFailure::Seen)) {
        return Some(Error::Seen);
    }
    // What was cancelled because there is too much to do wasn't written either, and the SDK doesn't try it again.
    let cancelled = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    let code = |reason: &CancellationReason| reason.code().is_some_and(|code| cancelled.contains(&code));
    if reasons.iter().any(code) || failed().any(|(_, meaning)| matches!(meaning, OnFailure::Lost)) {
        return Some(Error::Lost);
    }
    failed().next().map(|(reason, meaning)| match meaning.clone() {
        OnFailure::Refused(refusal) => Error::Refused(refusal),
        OnFailure::DayIsFull(added) => Error::Refused(added.refusal(reason.item())),
        OnFailure::Taken(refusal) => {
            let holder = reason.item().map(claim::holder).unwrap_or_default();
            Error::Taken { refusal, holder }
        }
        OnFailure::Revoked => Error::Revoked,
        OnFailure::Lost | OnFailure::Done | OnFailure::Seen => Error::Lost,
    })
}
