//! How large records and events may be, in bytes as DynamoDB counts them, which takes items of at most 400 kB
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
//!
//! An event holds what changed before and after. So what one change writes is bounded to less than half of an item: it
//! can be replaced by as much again, and what is accepted once can be changed, sent and archived for ever after.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::Change;
use serde_json::Value;

use crate::{Error, item::Item};

/// Whose change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Somebody's, who is told what is too long.
    People,
    /// Nobody's: what Stripe says of money has room beside whatever people wrote.
    Itself,
}

impl By {
    /// Most bytes that one change can write, as JSON; of people 150,000 letters of any alphabet, and what stands beside them.
    fn most_written(self) -> usize {
        match self {
            Self::People => 180_000,
            Self::Itself => 190_000,
        }
    }
}

/// Most bytes of a record, or of an event: what DynamoDB takes, less some kilobytes for keys.
const MOST_IN_ITEM: usize = 390_000;

/// That a change may be written, of these fields: the record that it makes, and its event.
///
/// # Errors
/// [`Error::TooLong`], which names the largest of the fields that the change writes.
pub(crate) fn check(record: &Item, event: &Item, changes: &BTreeMap<String, Change>, by: By) -> Result<(), Error> {
    let most = by.most_written();
    let (record, event) = (of_item(record), of_item(event));
    let fits = record <= MOST_IN_ITEM && event <= MOST_IN_ITEM;
    // The event holds all that is written, so that is hardly ever counted.
    if fits && event <= most {
        return Ok(());
    }
    let written = changes.iter().filter_map(|(field, change)| Some((field, of_json(change.after.as_ref()?))));
    let written: Vec<_> = written.collect();
    if fits && written.iter().map(|(_, bytes)| bytes).sum::<usize>() <= most {
        return Ok(());
    }
    let largest = written.into_iter().max_by_key(|(_, bytes)| *bytes);
    let (field, bytes) = largest.ok_or_else(|| Error::internal("a change that writes nothing is too long"))?;
    Err(Error::TooLong { field: field.clone(), bytes, most })
}

/// The bytes of `value` as JSON.
fn of_json(value: &Value) -> usize {
    value.to_string().len()
}

/// The bytes of `item`: its attributes' names and values.
pub(crate) fn of_item(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + of_value(value)).sum()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is open, and the SDK's own stand-in for the rest is private")]
fn of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits take a byte; a point and a sign are less than the other one.
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + of_value(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + of_value(value)).sum::<usize>(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len()).sum(),
        // What the SDK doesn't know yet, no record has.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MOST_WRITTEN: usize = 180_000;

    #[test]
    fn what_happens_by_itself_finds_room_beside_whatever_people_wrote() {
        let changes = BTreeMap::from([("payments".to_owned(), Change { before: None, after: Some(json!("a".repeat(185_000))) })]);
        let item = Item::from([("data".to_owned(), AttributeValue::S("a".repeat(185_000)))]);
        assert!(check(&item, &item, &changes, By::Itself).is_ok());
        assert!(matches!(check(&item, &item, &changes, By::People), Err(Error::TooLong { .. })));
    }

    /// The check of a record of so many bytes, whose field `terms` had `before` bytes and has `after`.
    fn checked(record: usize, before: usize, after: usize) -> Result<(), Error> {
        let text = |bytes: usize| (bytes > 0).then(|| json!("a".repeat(bytes)));
        let small = Change { before: None, after: Some(json!("a")) };
        let terms = Change { before: text(before), after: text(after) };
        let changes = BTreeMap::from([("small".to_owned(), small), ("terms".to_owned(), terms)]);
        let item = |bytes: usize| Item::from([("data".to_owned(), AttributeValue::S("a".repeat(bytes)))]);
        check(&item(record), &item(serde_json::to_string(&changes).unwrap().len()), &changes, By::People)
    }

    #[test]
    fn what_is_taken_can_be_replaced_by_as_much() {
        let most = MOST_WRITTEN - 10;
        assert!(checked(most, 0, most).is_ok());
        assert!(checked(most, most, most).is_ok());
        assert!(checked(most, most, 0).is_ok());
    }

    #[test]
    fn what_is_too_long_names_the_largest_field() {
        for (record, before, after) in
            [(MOST_WRITTEN + 1, 0, MOST_WRITTEN + 1), (MOST_IN_ITEM, 0, 10), (MOST_WRITTEN, MOST_IN_ITEM - MOST_WRITTEN, MOST_WRITTEN - 10)]
        {
            let Err(Error::TooLong { field, .. }) = checked(record, before, after) else { panic!("{record} {before} {after}") };
            assert_eq!(field, "terms");
        }
    }

    #[test]
    fn an_item_is_counted_as_dynamodb_counts_it() {
        let value = json!({"text": "Åäö", "list": ["a", true, null], "number": 12345, "map": {}});
        let AttributeValue::M(item) = serde_dynamo::to_attribute_value(value).unwrap() else { panic!() };
        // Text 4 + 6, list 4 + 3 + (1 + 1) + (1 + 1) + (1 + 1), number 6 + 4, map 3 + 3.
        assert_eq!(of_item(&item), 10 + 13 + 10 + 6);
    }
}
