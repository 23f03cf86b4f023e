//! Making running totals anew from the records, for ops: after the stream's records were lost, or a fault was mended. It
//! goes on beside those who log time and beside `projections`.

use std::collections::BTreeMap;

use domain::{
    Time,
    project::{Project, sum},
    task::Task,
    time_entry::TimeEntry,
};

use crate::{
    Entity, Error, Store,
    item::{Attributes, Item, number},
    key::{ADDEND, HEADER, Key, TOTALS, name, of_partition},
    running_totals::{Addend, RunningTotals, Sums, known},
};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many time entries were gone through.
    pub entries: usize,
    /// How many sums, of a project or a task, were set right.
    pub corrected: usize,
    /// How many could not be looked at, because something was added to them meanwhile.
    pub moving: usize,
}

impl Store {
    /// Add up every time entry of the table, and set right the sums that aren't what their entries come to, also those that
    /// aren't there any more.
    pub async fn rebuild_totals(&self, now: Time) -> Result<Rebuilt, Error> {
        let mut rebuilt = Rebuilt::default();
        let partitions = self.partitions().await?;
        for partition in partitions.iter().filter(|partition| is_of::<TimeEntry>(partition)) {
            rebuilt.entries += 1;
            self.add_up_partition(partition, now).await?;
        }
        // First the sums, then who adds to them, then what they add: an addition that comes between moves the sum on.
        let mut stored = BTreeMap::new();
        for partition in partitions.iter().filter(|partition| is_of::<Project>(partition) || is_of::<Task>(partition)) {
            let key = Key { pk: partition.clone(), sk: TOTALS.to_owned() };
            let item = self.item(&key).await?;
            stored.insert(key, item);
        }
        let mut sums = self.sums_of_addends().await?;
        for (key, item) in stored {
            let right = sums.remove(&key).unwrap_or_default();
            let totals = item.as_ref().map(RunningTotals::of).unwrap_or_default();
            let is_right = |name| totals.get(name) == right.get(name).copied().unwrap_or_default();
            if [sum::MINUTES, sum::BILLABLE].into_iter().all(is_right) {
                continue;
            }
            if self.correct(&key, item.as_ref(), &right).await? {
                rebuilt.corrected += 1;
            } else {
                rebuilt.moving += 1;
            }
        }
        Ok(rebuilt)
    }

    /// What all entries are known to add.
    async fn sums_of_addends(&self) -> Result<Sums, Error> {
        let mut sums = Sums::new();
        for pk in self.partitions().await?.into_iter().filter(|partition| is_of::<TimeEntry>(partition)) {
            let firm = of_partition(&pk).map(|(firm, ..)| firm);
            let item = self.item(&Key { pk, sk: ADDEND.to_owned() }).await?;
            if let Some((firm, item)) = firm.zip(item) {
                known(&item)?.1.add_to(firm, &mut sums, 1);
            }
        }
        Ok(sums)
    }

    /// Add up the entry of `partition`, also where it was deleted.
    async fn add_up_partition(&self, partition: &str, now: Time) -> Result<(), Error> {
        let at = |sk: &str| Key { pk: partition.to_owned(), sk: sk.to_owned() };
        let addend = if let Some(entry) = self.item(&at(HEADER)).await? {
            Addend::of_item(&entry)?
        } else if let Some(addend) = self.item(&at(ADDEND)).await? {
            Some(Addend::gone(partition, known(&addend)?.0 + 1)?)
        } else {
            None
        };
        match addend {
            Some(addend) => self.add_up(&addend, now).await,
            None => Ok(()),
        }
    }

    /// Put what is `right` in the place of the sums that `item` is, if any; whether nothing was added to them since.
    async fn correct(&self, key: &Key, item: Option<&Item>, right: &BTreeMap<&'static str, i64>) -> Result<bool, Error> {
        let version = item.map(|item| item.number(name::VERSION)).transpose()?;
        let mut corrected = key.item();
        corrected.insert(name::VERSION.to_owned(), number(version.unwrap_or_default() + 1));
        corrected.extend(right.iter().map(|(name, sum)| ((*name).to_owned(), number(sum))));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(corrected));
        let put = match version {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", name::VERSION)
                .expression_attribute_values(":version", number(version)),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_of<T: Entity>(partition: &str) -> bool {
    of_partition(partition).is_some_and(|(_, kind, _)| kind == T::TYPE)
}
