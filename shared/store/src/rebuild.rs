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
    key::{ADDEND, HEADER, Key, TOTALS, name},
    running_totals::{Addend, RunningTotals, Sums, known},
};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many time entries were gone through.
    pub entries: usize,
    /// How many sums, of a project or a task, were set right.
    pub corrected: usize,
}

impl Store {
    /// Add up every time entry of the table, and set right the sums that aren't what their entries come to.
    /// [`Error::Lost`] where others add at the same time all the while: do it again.
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
            if let Some(item) = self.item(&key).await? {
                stored.insert(key, item);
            }
        }
        let mut sums = Sums::new();
        for partition in self.partitions().await?.into_iter().filter(|partition| is_of::<TimeEntry>(partition)) {
            let Some(firm) = partition.split('#').nth(1).and_then(|firm| firm.parse().ok()) else { continue };
            if let Some(item) = self.item(&Key { pk: partition, sk: ADDEND.to_owned() }).await? {
                known(&item)?.1.add_to(firm, &mut sums, 1);
            }
        }
        for (key, item) in stored {
            let right = sums.remove(&key).unwrap_or_default();
            let totals = RunningTotals::of(&item);
            if [sum::MINUTES, sum::BILLABLE].into_iter().any(|name| totals.get(name) != right.get(name).copied().unwrap_or_default()) {
                self.correct(&key, &item, &right).await?;
                rebuilt.corrected += 1;
            }
        }
        Ok(rebuilt)
    }

    /// Add up the entry of `partition`, also where it was deleted.
    async fn add_up_partition(&self, partition: &str, now: Time) -> Result<(), Error> {
        let header = self.item(&Key { pk: partition.to_owned(), sk: HEADER.to_owned() }).await?;
        let addend = match header {
            Some(item) => Addend::of_item(&item)?,
            None => match self.item(&Key { pk: partition.to_owned(), sk: ADDEND.to_owned() }).await? {
                Some(item) => {
                    let mut parts = partition.split('#').skip(1);
                    let firm = parts.next().and_then(|firm| firm.parse().ok());
                    let id = parts.nth(1).and_then(|id| id.parse().ok());
                    let gone = |(firm, id)| known(&item).map(|(version, _)| Addend::gone(firm, id, version + 1));
                    firm.zip(id).map(gone).transpose()?
                }
                None => None,
            },
        };
        match addend {
            Some(addend) => self.add_up(&addend, now).await,
            None => Ok(()),
        }
    }

    /// Put what is `right` in the place of the sums that `item` is, unless something was added to them since.
    async fn correct(&self, key: &Key, item: &Item, right: &BTreeMap<&'static str, i64>) -> Result<(), Error> {
        let version = item.number(name::VERSION)?;
        let mut corrected = key.item();
        corrected.insert(name::VERSION.to_owned(), number(version + 1));
        corrected.extend(right.iter().map(|(name, sum)| ((*name).to_owned(), number(sum))));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(corrected));
        let put = put
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", name::VERSION)
            .expression_attribute_values(":version", number(version));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => Err(Error::Lost),
            Err(error) => Err(error.into()),
        }
    }

    async fn item(&self, key: &Key) -> Result<Option<Item>, Error> {
        Ok(self.client.get_item().table_name(&self.table).set_key(Some(key.item())).consistent_read(true).send().await?.item)
    }
}

fn is_of<T: Entity>(partition: &str) -> bool {
    partition.split('#').nth(2) == Some(T::TYPE)
}
