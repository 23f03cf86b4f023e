//! Items as DynamoDB has them, and reading their attributes without trusting them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Time;
use serde_json::{Map, Value};

use crate::{
    Error,
    key::{Key, name},
};

/// An item's attributes by name.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A time as records have it, milliseconds.
pub(crate) fn millis(time: Time) -> AttributeValue {
    number(time.timestamp_millis())
}

impl Key {
    /// The key's two attributes.
    pub(crate) fn item(&self) -> Item {
        HashMap::from([(name::PK.to_owned(), text(&self.pk)), (name::SK.to_owned(), text(&self.sk))])
    }
}

/// The attribute `name` of `item`, or the fault that it isn't there as it should be.
pub(crate) trait Attributes {
    fn text(&self, name: &str) -> Result<&str, Error>;
    fn number(&self, name: &str) -> Result<u64, Error>;
    fn time(&self, name: &str) -> Result<Time, Error>;
    fn fields(&self, name: &str) -> Result<Map<String, Value>, Error>;
}

impl Attributes for Item {
    fn text(&self, name: &str) -> Result<&str, Error> {
        self.get(name).and_then(|v| v.as_s().ok()).map(String::as_str).ok_or_else(|| missing(self, name))
    }

    fn number(&self, name: &str) -> Result<u64, Error> {
        self.get(name).and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok()).ok_or_else(|| missing(self, name))
    }

    fn time(&self, name: &str) -> Result<Time, Error> {
        let millis = self.get(name).and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok());
        millis.and_then(Time::from_timestamp_millis).ok_or_else(|| missing(self, name))
    }

    fn fields(&self, name: &str) -> Result<Map<String, Value>, Error> {
        let value = self.get(name).cloned().ok_or_else(|| missing(self, name))?;
        serde_dynamo::from_attribute_value(value).map_err(Error::internal)
    }
}

fn missing(item: &Item, name: &str) -> Error {
    let key = |part| item.get(part).and_then(|v| v.as_s().ok()).map_or("?", String::as_str);
    Error::Internal(format!("{} {} has no {name} that can be read", key(name::PK), key(name::SK)))
}
