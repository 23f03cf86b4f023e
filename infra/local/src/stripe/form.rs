//! The forms that Stripe's API takes: `line_items[0][quantity]=1` is a field of a field of a field.

use serde_json::{Map, Value};

/// The fields of a form or a query; a list is an object whose fields are numbers.
pub(super) fn parse(text: &str) -> Value {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).unwrap_or_default();
    let mut form = Value::Object(Map::new());
    for (name, value) in pairs {
        let place = name.split('[').map(|part| part.trim_end_matches(']')).fold(&mut form, |place, part| {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            match place {
                Value::Object(fields) => fields.entry(part).or_insert(Value::Null),
                other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => other,
            }
        });
        *place = value.into();
    }
    form
}

/// The text at `path`: `/line_items/0/quantity`.
pub(super) fn text(form: &Value, path: &str) -> Option<String> {
    form.pointer(path).and_then(Value::as_str).map(str::to_owned)
}

/// The texts of the object at `path`.
pub(super) fn texts(form: &Value, path: &str) -> std::collections::BTreeMap<String, String> {
    let fields = form.pointer(path).and_then(Value::as_object).into_iter().flatten();
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn brackets_are_fields_of_fields() {
        let form =
            parse("mode=payment&line_items[0][price_data][currency]=usd&line_items%5B0%5D%5Bquantity%5D=1&metadata[a%20b]=c+d&expand[]=x");
        let expected = json!({
            "mode": "payment", "expand": {"": "x"}, "metadata": {"a b": "c d"},
            "line_items": {"0": {"price_data": {"currency": "usd"}, "quantity": "1"}},
        });
        assert_eq!(form, expected);
        assert_eq!(text(&form, "/line_items/0/quantity").as_deref(), Some("1"));
    }
}
