//! Which records an event source mapping sends: Lambda's event filter patterns.
//!
//! A pattern is an object of the record's shape whose leaves list what is allowed; every leaf must hold. It is read
//! once, when the template is, so that an operator that isn't known is a sentence then and not a lost record later.

use serde_json::Value;

use crate::error::{Doing, Error, OrMissing, Result};

/// A filter pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Vec<(String, Condition)>);

/// What a field must be.
#[derive(Debug, Clone, PartialEq)]
enum Condition {
    /// An object that fits.
    Object(Filter),
    /// One of these, or an array that holds one of these.
    AnyOf(Vec<Rule>),
}

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    Equals(Value),
    EqualsIgnoringCase(String),
    Prefix(String),
    Suffix(String),
    AnythingBut(Vec<Value>),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    /// Reads a pattern's JSON.
    pub fn parse(pattern: &str) -> Result<Self> {
        Self::read(&serde_json::from_str(pattern).doing(format!("the filter {pattern} isn't JSON"))?)
    }

    /// Whether `record` is sent.
    pub fn matches(&self, record: &Value) -> bool {
        self.0.iter().all(|(field, condition)| condition.holds(record.get(field)))
    }

    fn read(pattern: &Value) -> Result<Self> {
        let fields = pattern.as_object().or_missing(format!("the filter {pattern} isn't an object"))?;
        fields.iter().map(|(field, pattern)| Ok((field.clone(), Condition::read(pattern)?))).collect::<Result<_>>().map(Self)
    }
}

impl Condition {
    fn read(pattern: &Value) -> Result<Self> {
        match pattern.as_array() {
            Some(rules) => rules.iter().map(Rule::read).collect::<Result<_>>().map(Self::AnyOf),
            None => Filter::read(pattern).map(Self::Object),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Object(filter) => filter.matches(value.unwrap_or(&Value::Null)),
            Self::AnyOf(rules) => rules.iter().any(|rule| rule.holds(value)),
        }
    }
}

impl Rule {
    fn read(rule: &Value) -> Result<Self> {
        let Some(operator) = rule.as_object() else { return Ok(Self::Equals(rule.clone())) };
        let unknown = || Error::new(format!("the filter rule {rule} isn't one that the local stack knows"));
        let (Some((name, argument)), 1) = (operator.iter().next(), operator.len()) else { return Err(unknown()) };
        let text = || argument.as_str().map(str::to_owned).ok_or_else(unknown);
        match name.as_str() {
            "prefix" => Ok(Self::Prefix(text()?)),
            "suffix" => Ok(Self::Suffix(text()?)),
            "equals-ignore-case" => Ok(Self::EqualsIgnoringCase(text()?.to_lowercase())),
            "exists" => argument.as_bool().map(Self::Exists).ok_or_else(unknown),
            "anything-but" => Ok(Self::AnythingBut(argument.as_array().cloned().unwrap_or_else(|| vec![argument.clone()]))),
            "numeric" => numeric(argument).map(Self::Numeric).ok_or_else(unknown),
            _ => Err(unknown()),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else { return *self == Self::Exists(false) };
        match (self, value) {
            (Self::Exists(exists), _) => *exists,
            (_, Value::Array(items)) => items.iter().any(|item| self.holds(Some(item))),
            (Self::Equals(expected), _) => expected == value,
            (Self::AnythingBut(refused), _) => !refused.contains(value),
            (Self::Prefix(prefix), Value::String(text)) => text.starts_with(prefix),
            (Self::Suffix(suffix), Value::String(text)) => text.ends_with(suffix),
            (Self::EqualsIgnoringCase(expected), Value::String(text)) => text.to_lowercase() == *expected,
            (Self::Numeric(bounds), Value::Number(number)) => {
                number.as_f64().is_some_and(|number| bounds.iter().all(|(comparison, bound)| comparison.holds(number, *bound)))
            }
            (Self::Prefix(_) | Self::Suffix(_) | Self::EqualsIgnoringCase(_) | Self::Numeric(_), _) => false,
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Equal => number == bound,
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

/// `[">", 0, "<=", 5]` as pairs.
fn numeric(argument: &Value) -> Option<Vec<(Comparison, f64)>> {
    let read = |pair: &[Value]| {
        let [operator, bound] = pair else { return None };
        let comparison = match operator.as_str()? {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        Some((comparison, bound.as_f64()?))
    };
    argument.as_array()?.chunks(2).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_rule_keeps_what_it_says_and_nothing_else() {
        for (rule, fitting, refused) in [
            (json!(["a", "b"]), json!("b"), json!("c")),
            (json!([5, null]), json!(null), json!("5")),
            (json!([{"prefix": "EVENT#"}]), json!("EVENT#1"), json!("@EVENT#1")),
            (json!([{"suffix": ".pdf"}]), json!("a.pdf"), json!("a.pdf.exe")),
            (json!([{"equals-ignore-case": "Sent"}]), json!("sENT"), json!("sends")),
            (json!([{"anything-but": ["draft"]}]), json!("sent"), json!("draft")),
            (json!([{"anything-but": "draft"}]), json!("sent"), json!("draft")),
            (json!([{"numeric": [">", 0, "<=", 5]}]), json!(5), json!(5.5)),
            (json!([{"exists": true}]), json!(false), Value::Null),
            (json!(["x"]), json!(["y", "x"]), json!(["y"])),
        ] {
            let filter = Filter::parse(&json!({ "a": { "b": rule } }).to_string()).unwrap();
            assert!(filter.matches(&json!({ "a": { "b": fitting } })), "{rule}");
            let without = if refused.is_null() { json!({ "a": {} }) } else { json!({ "a": { "b": refused } }) };
            assert!(!filter.matches(&without), "{rule}");
        }
    }

    #[test]
    fn every_field_must_fit_and_a_missing_one_does_not() {
        let filter = Filter::parse(r#"{"a": ["1"], "b": {"c": [{"exists": false}]}}"#).unwrap();
        assert!(filter.matches(&json!({ "a": "1" })));
        assert!(!filter.matches(&json!({ "a": "1", "b": { "c": 0 } })));
        assert!(!filter.matches(&json!({ "b": {} })));
    }

    #[test]
    fn an_unknown_rule_is_refused_when_it_is_read() {
        for pattern in ["[]", r#"{"a": 1}"#, r#"{"a": [{"wildcard": "x*"}]}"#, r#"{"a": [{"numeric": ["~", 1]}]}"#] {
            assert!(Filter::parse(pattern).is_err(), "{pattern}");
        }
    }
}
