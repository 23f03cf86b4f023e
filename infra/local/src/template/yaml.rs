//! YAML with CloudFormation's short tags, as JSON with the long forms.
//!
//! `!Ref X` becomes `{"Ref": "X"}`, `!GetAtt X.Arn` becomes `{"Fn::GetAtt": ["X", "Arn"]}`, any other `!Name` becomes
//! `{"Fn::Name": …}`: from here on there is one form. Nothing is evaluated here; `intrinsics` does that.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use serde_saphyr::Tagged;
use std::fmt;

use crate::error::{Doing, Result};

/// Reads a template's text.
pub(super) fn parse(text: &str) -> Result<Value> {
    let node: Node = serde_saphyr::from_str(text).doing("template.yaml can't be read")?;
    Ok(node.0)
}

/// A value in its long form.
struct Node(Value);

/// A value whose own tag is not yet applied; those inside it are.
struct Untagged(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(value), tag) = Tagged::deserialize(deserializer)?;
        Ok(Self(match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
            None => value,
            Some(name @ ("Ref" | "Condition")) => json!({ name: value }),
            Some("GetAtt") => json!({ "Fn::GetAtt": attribute(value) }),
            Some(name) => json!({ format!("Fn::{name}"): value }),
        }))
    }
}

/// `X.Arn` as the pair that the long form takes.
fn attribute(value: Value) -> Value {
    match value.as_str().and_then(|path| path.split_once('.')) {
        Some((resource, attribute)) => json!([resource, attribute]),
        None => value,
    }
}

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Untagged;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Untagged, E> {
        Ok(Untagged(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Untagged, E> {
        Ok(Untagged(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Untagged, E> {
        Ok(Untagged(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Untagged, E> {
        Ok(Untagged(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Untagged, E> {
        Ok(Untagged(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Untagged, E> {
        Ok(Untagged(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Untagged, A::Error> {
        let mut values = Vec::new();
        while let Some(Node(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Untagged(values.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Untagged, A::Error> {
        let mut map = Map::new();
        while let Some((key, Node(value))) = entries.next_entry::<String, Node>()? {
            map.insert(key, value);
        }
        Ok(Untagged(map.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_become_long_forms_at_any_depth() {
        let read =
            parse("a: !Ref X\nb: [!GetAtt Y.Arn, !Sub \"${Z}-1\"]\nc: {d: !Not [!Equals [!Ref X, '']]}\ne: 5\nf: true\ng: '5'").unwrap();
        assert_eq!(
            read,
            json!({
                "a": {"Ref": "X"},
                "b": [{"Fn::GetAtt": ["Y", "Arn"]}, {"Fn::Sub": "${Z}-1"}],
                "c": {"d": {"Fn::Not": [{"Fn::Equals": [{"Ref": "X"}, ""]}]}},
                "e": 5,
                "f": true,
                "g": "5",
            })
        );
    }
}
