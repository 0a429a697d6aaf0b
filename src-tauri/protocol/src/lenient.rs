//! Reading of values that may be missing, null or of the wrong type: each function yields `None` where the standard
//! deserialisation would fail. Deliberately not here: any knowledge of a particular field's meaning.

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

/// Whole numbers below this magnitude are exact in a 64-bit float (2^53).
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Reads an id: a text that is not empty, or a number as its decimal text.
///
/// A number that cannot be told from its neighbours (beyond 64 bits) is no id: two messages must never share one.
pub(crate) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => number_text(number),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn number_text(number: &Number) -> Option<String> {
    if number.is_u64() || number.is_i64() {
        return Some(number.to_string());
    }
    let float = number.as_f64()?;
    if float.abs() >= EXACT_FLOAT {
        return None;
    }
    Some(if float.fract() == 0.0 { format!("{float:.0}") } else { number.to_string() })
}

/// Deserialises an optional id with [`id_text`].
pub(crate) fn optional_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(id_text(&Value::deserialize(from)?))
}

/// Deserialises a list of ids with [`id_text`]; what is no id is left out, what is no list is an empty one.
pub(crate) fn ids<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let Value::Array(values) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    Ok(values.iter().filter_map(id_text).collect())
}

/// Deserialises a list, leaving out the elements that do not fit.
pub(crate) fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let Value::Array(values) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

/// Deserialises an optional value; one of the wrong type is absent.
pub(crate) fn optional<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

/// Deserialises a value of which a wrong type means the default.
pub(crate) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned + Default,
{
    Ok(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_is_a_text_or_the_decimal_text_of_a_number() {
        let cases = [
            (json!("a b"), Some("a b")),
            (json!(""), None),
            (json!(7), Some("7")),
            (json!(-7), Some("-7")),
            (json!(9_223_372_036_854_775_807_i64), Some("9223372036854775807")),
            (json!(1_234_567_890_123_456_789_u64), Some("1234567890123456789")),
            (json!(1e3), Some("1000")),
            (json!(1.5), Some("1.5")),
            (json!(true), None),
            (json!(null), None),
            (json!([1]), None),
        ];
        for (value, expected) in cases {
            assert_eq!(id_text(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_number_that_lost_digits_is_no_id() {
        let value: Value = serde_json::from_str("12345678901234567890123").unwrap();
        assert_eq!(id_text(&value), None);
    }
}
