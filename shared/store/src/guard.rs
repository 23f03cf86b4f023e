//! Guards: how many writes at once depend on one record without holding each other up.
//!
//! What a write depends on is a condition of its transaction, and DynamoDB cancels one of two transactions that meet on an
//! item, even if both only look at it. So where many depend on a record at once (sixteen people log time on a project), each
//! looks at one of [`GUARDS`] items beside it, by chance. None of them is there as long as the record is: whatever archives
//! or deletes it writes all of them, with the version that it has then. Who read the record before that fails, reads it again
//! and sees; who reads it later, as after it was restored, has read a later version.
//!
//! It costs nothing but where a record is archived. Guards are needed as long as a request may take, and go after an hour.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use chrono::TimeDelta;
use domain::Id;

use crate::{
    Change, Entity, Error, Record,
    change::OnFailure,
    item::number,
    key::{Key, name},
};

/// How many guards a record has.
const GUARDS: u8 = 32;
/// How long they are kept.
const KEPT: TimeDelta = TimeDelta::hours(1);

impl Change {
    /// That `record` was neither archived nor deleted since it was read.
    pub(crate) fn check_guard<T: Entity>(&mut self, record: &Record<T>) -> Result<(), Error> {
        let guard = Key::guard(self.firm(), record.id, rand::random_range(0..GUARDS));
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(guard.item()))
            .condition_expression("attribute_not_exists(pk) OR #version <= :version")
            .expression_attribute_names("#version", name::VERSION)
            .expression_attribute_values(":version", number(record.version))
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Lost);
        Ok(())
    }

    /// Have all fail who read the record `id` before it came to `version`, in which it is archived or gone.
    pub(crate) fn close_guards<T: Entity>(&mut self, id: Id<T>, version: u64) -> Result<(), Error> {
        for number_of in 0..GUARDS {
            let mut item = Key::guard(self.firm(), id, number_of).item();
            item.insert(name::VERSION.to_owned(), number(version));
            item.insert(name::EXPIRES.to_owned(), number((self.now() + KEPT).timestamp()));
            let put = self.put(item);
            self.push_put(put, OnFailure::Lost)?;
        }
        Ok(())
    }
}
