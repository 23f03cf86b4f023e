//! Loops in the template, unrolled as the transform `AWS::LanguageExtensions` does it before anything else reads them.
//!
//! `Fn::ForEach::Any: [Name, [A, B], {"${Name}Alarm": …}]` becomes `AAlarm: …` and `BAlarm: …`.

use serde_json::{Map, Value};

use crate::error::{Doing, Error, Result};

/// `value` without loops.
pub(super) fn unrolled(value: Value) -> Result<Value> {
    match value {
        Value::Array(items) => items.into_iter().map(unrolled).collect(),
        Value::Object(map) => {
            let mut out = Map::new();
            for (key, value) in map {
                if key.starts_with("Fn::ForEach::") {
                    out.extend(rounds(&key, &value)?);
                } else {
                    out.insert(key, unrolled(value)?);
                }
            }
            Ok(out.into())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value),
    }
}

/// What the loop `name` makes.
fn rounds(name: &str, definition: &Value) -> Result<Map<String, Value>> {
    let refused = || Error::new(format!("the local stack can't follow {name}: it takes a name, a list of words, and a map"));
    let [Value::String(variable), Value::Array(words), body @ Value::Object(_)] = definition.as_array().map_or(&[][..], Vec::as_slice)
    else {
        return Err(refused());
    };
    let body = body.to_string();
    let mut out = Map::new();
    for word in words {
        let word = word.as_str().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric())).ok_or_else(refused)?;
        let round = body.replace(&format!("${{{variable}}}"), word).replace(&format!(r#"{{"Ref":"{variable}"}}"#), &format!("{word:?}"));
        if let Value::Object(made) = unrolled(serde_json::from_str(&round).doing(format!("{name} makes no JSON"))?)? {
            out.extend(made);
        }
    }
    Ok(out)
}
