//! What a record holds that others may not, or not unawares: unique values and numbers of a series.
//!
//! A value that one record may hold is an item that names its holder. A value that several may hold on purpose, the
//! e-mail of a lead, is an item with the set of its holders, so that it is known as long as one of them lives.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use domain::{Id, Kind, Refusal};

use crate::{
    Change, Counter, Error, Found, Read, Unique,
    change::OnFailure,
    item::{Attributes, Item, number, text},
    key::{Key, name},
};

impl Read<'_> {
    /// Whether somebody holds `unique`, too.
    #[must_use]
    pub fn unique(self, unique: &Unique) -> Self {
        let key = Key::unique(self.firm(), unique);
        self.key(key)
    }
}

impl Found {
    /// Whether nobody holds `unique`, which was read.
    pub fn is_free(&self, unique: &Unique) -> bool {
        self.item(&Key::unique(self.firm(), unique)).is_none()
    }
}

impl Change {
    /// That only `holder` holds `unique` from now on; `taken` is said if another does.
    pub fn claim<K: Kind>(&mut self, unique: &Unique, holder: Id<K>, taken: Refusal) -> Result<(), Error> {
        self.hold(unique, holder, OnFailure::Taken(taken))
    }

    /// That only `holder` holds `unique` from now on, which was found free; who lost it meanwhile is to read it again.
    pub fn claim_free<K: Kind>(&mut self, unique: &Unique, holder: Id<K>) -> Result<(), Error> {
        self.hold(unique, holder, OnFailure::Lost)
    }

    fn hold<K: Kind>(&mut self, unique: &Unique, holder: Id<K>, on_failure: OnFailure) -> Result<(), Error> {
        let mut item = Key::unique(self.firm(), unique).item();
        item.insert(name::HOLDER.to_owned(), text(holder.to_string()));
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, on_failure)
    }

    /// That nobody holds `unique`; `taken` is said if somebody does.
    pub fn require_free(&mut self, unique: &Unique, taken: Refusal) -> Result<(), Error> {
        self.check_free(unique, OnFailure::Taken(taken))
    }

    /// That nobody holds `unique`, which was found free; who lost it meanwhile is to read it again.
    pub fn keep_free(&mut self, unique: &Unique) -> Result<(), Error> {
        self.check_free(unique, OnFailure::Lost)
    }

    fn check_free(&mut self, unique: &Unique, on_failure: OnFailure) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::unique(self.firm(), unique).item()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), on_failure);
        Ok(())
    }

    /// That nobody holds `unique` any more, whose holder is being changed by this.
    pub fn release(&mut self, unique: &Unique) -> Result<(), Error> {
        self.delete(Key::unique(self.firm(), unique))
    }

    /// That `number`, which was read as the next of `counter`, is given out.
    pub fn number(&mut self, counter: Counter, given: u64) -> Result<(), Error> {
        let mut item = Key::counter(self.firm(), counter).item();
        item.insert(name::LAST.to_owned(), number(given));
        let put = self.put(item);
        let put = match given {
            1 => put.condition_expression("attribute_not_exists(pk)"),
            _ => put
                .condition_expression("#last = :last")
                .expression_attribute_names("#last", name::LAST)
                .expression_attribute_values(":last", number(given - 1)),
        };
        self.push_put(put, OnFailure::Lost)
    }

    /// That `holder` is the first to hold `unique`, which others may join on purpose; `taken` is said if somebody holds it.
    pub fn claim_first<K: Kind>(&mut self, unique: &Unique, holder: Id<K>, taken: Refusal) -> Result<(), Error> {
        self.change_holders(unique, "ADD", holder, Some(taken))
    }

    /// That `holder` holds `unique` too, whoever else does.
    pub fn join<K: Kind>(&mut self, unique: &Unique, holder: Id<K>) -> Result<(), Error> {
        self.change_holders(unique, "ADD", holder, None)
    }

    /// That `holder` doesn't hold `unique` any more; whoever else does, goes on.
    pub fn leave<K: Kind>(&mut self, unique: &Unique, holder: Id<K>) -> Result<(), Error> {
        self.change_holders(unique, "DELETE", holder, None)
    }

    fn change_holders<K: Kind>(&mut self, unique: &Unique, how: &str, holder: Id<K>, taken: Option<Refusal>) -> Result<(), Error> {
        let update = Update::builder()
            .table_name(self.table())
            .set_key(Some(Key::unique(self.firm(), unique).item()))
            .update_expression(format!("{how} #holders :holder"))
            .expression_attribute_names("#holders", name::HOLDERS)
            .expression_attribute_values(":holder", AttributeValue::Ss(vec![holder.to_string()]))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        // An empty set is no attribute.
        let (update, on_failure) = match taken {
            Some(taken) => (update.condition_expression("attribute_not_exists(#holders)"), OnFailure::Taken(taken)),
            None => (update, OnFailure::Lost),
        };
        let update = update.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().update(update).build(), on_failure);
        Ok(())
    }
}

/// Who holds the value that `item` is of: of several the first.
pub(crate) fn holder(item: &Item) -> String {
    let one = item.text(name::HOLDER).ok().map(str::to_owned);
    let several = || item.get(name::HOLDERS).and_then(|holders| holders.as_ss().ok()).and_then(|holders| holders.iter().min().cloned());
    one.or_else(several).unwrap_or_default()
}
