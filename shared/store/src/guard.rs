//! Guards: how many writes at once depend on one record without holding each other up.
//!
//! What a write depends on is a condition of its transaction, and DynamoDB cancels one of two transactions that meet on an
//! item, even if both only look at it. So where many depend on a record at once (sixteen people log time on a project), each
//! looks at one of [`GUARDS`] items beside it, by chance. They are there as long as the record is archived, and for an hour
//! after it was deleted, which is longer than a request may take that read it before: whatever archives it writes all of
//! them, and whatever restores it deletes them.
//!
//! What is open keeps what it belongs to from being archived ([`crate::OpenItem`]). So nothing comes to be open below what is
//! archived either, however that comes about: a record that comes to be open, made or changed, depends on what it belongs to.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, builders::ConditionCheckBuilder};
use chrono::TimeDelta;
use domain::{Id, Lifecycle, Refusal, event::Actor};

use crate::{
    Change, Entity, Error, Parent, Record,
    change::OnFailure,
    item::number,
    key::{Key, name},
};

/// How many guards a record has.
const GUARDS: u8 = 32;
/// How long they are kept after the record was deleted.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// A record that has guards. One of a type that has none is none, and doesn't compile: nothing would be looked at.
///
/// ```
/// fn of_a_client(id: domain::ids::ClientId) -> store::Guarded {
///     id.into()
/// }
/// let _ = of_a_client("client_01kanar9g00000000000000007".parse().unwrap());
/// ```
///
/// ```compile_fail,E0080
/// fn of_a_lead(id: domain::ids::LeadId) -> store::Guarded {
///     id.into() // see `Entity::IS_GUARDED`
/// }
/// let _ = of_a_lead("lead_01kanar9g00000000000000007".parse().unwrap());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guarded(Parent);

impl<T: Entity> From<Id<T>> for Guarded {
    fn from(id: Id<T>) -> Self {
        const { assert!(T::IS_GUARDED, "there are no guards of its type") };
        Self(id.into())
    }
}

impl Guarded {
    /// Its id, if it is a `T`.
    pub fn id<T: Entity>(&self) -> Option<Id<T>> {
        self.0.id()
    }
}

impl Change {
    /// That the record `id`, which the path or another record names, isn't archived: what is made belongs to it.
    pub fn depend_on<T: Entity>(&mut self, id: Id<T>) -> Result<(), Error> {
        self.look_at(id, archived(&id.into()))
    }

    /// That the record `id` is there and not archived, which is seen by a guard where it has any.
    pub(crate) fn look_at<T: Entity>(&mut self, id: Id<T>, on_failure: OnFailure) -> Result<(), Error> {
        if T::IS_GUARDED {
            return self.look_at_guard(id.into(), on_failure);
        }
        let check = ConditionCheck::builder()
            .set_key(Some(Key::record(self.firm(), id).item()))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(#archived)")
            .expression_attribute_names("#archived", name::ARCHIVED);
        self.look_once(id.into(), check, on_failure)
    }

    fn look_at_guard(&mut self, parent: Parent, on_failure: OnFailure) -> Result<(), Error> {
        let guard = Key::guard(self.firm(), &parent, rand::random_range(0..GUARDS));
        let check = ConditionCheck::builder().set_key(Some(guard.item())).condition_expression("attribute_not_exists(pk)");
        self.look_once(parent, check, on_failure)
    }

    /// Whatever is said of `of` twice is a condition once.
    fn look_once(&mut self, of: Parent, check: ConditionCheckBuilder, on_failure: OnFailure) -> Result<(), Error> {
        let check = check.table_name(self.table()).build().map_err(Error::internal)?;
        self.depended.entry(of).or_insert_with(|| (TransactWriteItem::builder().condition_check(check).build(), on_failure));
        Ok(())
    }

    /// Write or delete the guards of `record`, if it has any, as it is archived, deleted or restored.
    pub(crate) fn set_guards<T: Entity>(&mut self, record: &Record<T>, was_archived: bool, lifecycle: Lifecycle) -> Result<(), Error> {
        let is_closed = lifecycle == Lifecycle::Deletion || record.archived_at.is_some();
        if !T::IS_GUARDED || is_closed == was_archived {
            return Ok(());
        }
        for number_of in 0..GUARDS {
            let guard = Key::guard(self.firm(), &record.id.into(), number_of);
            if !is_closed {
                self.delete(guard)?;
                continue;
            }
            let mut item = guard.item();
            if lifecycle == Lifecycle::Deletion {
                item.insert(name::EXPIRES.to_owned(), number((self.now() + KEPT).timestamp()));
            }
            let put = self.put(item);
            self.push_put(put, OnFailure::Lost)?;
        }
        Ok(())
    }

    /// That what `after` keeps open isn't archived, as far as it didn't before. Of what happens by itself nothing depends on
    /// that: money that Stripe took is there.
    pub(crate) fn keep_open<T: Entity>(&mut self, before: Option<&Record<T>>, after: &Record<T>) -> Result<(), Error> {
        if matches!(self.actor(), Actor::System(_)) {
            return Ok(());
        }
        let before = before.map(Record::keeps_open).unwrap_or_default();
        after.keeps_open().into_iter().filter(|parent| !before.contains(parent)).try_for_each(|Guarded(parent)| {
            let refusal = archived(&parent);
            self.look_at_guard(parent, refusal)
        })
    }
}

/// What it means that `parent` isn't there, or is archived, where nothing reads it.
fn archived(parent: &Parent) -> OnFailure {
    OnFailure::Refused(Refusal::state(format!("The {} is archived; restore it first.", parent.name())))
}
