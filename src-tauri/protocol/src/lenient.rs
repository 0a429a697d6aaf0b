//! Reading of values that may be missing, null, of the wrong type or endless: each function yields nothing where the
//! standard deserialisation would fail, and keeps no more than its bound, whatever the sender writes. Deliberately not
//! here: any knowledge of a particular field's meaning.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

/// Whole numbers below this magnitude are exact in a 64-bit float (2^53).
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Most fields of a small object that are looked at.
const FIELDS: usize = 64;

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
    Ok(id_text(&Small::deserialize(from)?.0))
}

/// Deserialises an optional value without lists and nested objects; one of the wrong type is absent.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Small::deserialize(from)?.0).ok())
}

/// Deserialises a value without lists and nested objects, of which a wrong type means the default.
pub(crate) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(serde_json::from_value(Small::deserialize(from)?.0).unwrap_or_default())
}

/// What is kept of a list that may be longer than anyone asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<T> {
    /// What is kept, in the sender's order.
    pub items: Vec<T>,
    /// How many elements among them were none of what was expected.
    pub unfit: usize,
    /// How many elements stood beyond the bound; nobody has looked at them.
    pub beyond: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { items: Vec::new(), unfit: 0, beyond: 0 }
    }
}

impl<T> std::ops::Deref for Kept<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Kept<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Kept<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// Deserialises a list of which the first `MOST` elements are looked at; what is no list is an empty one.
pub(crate) fn list<'de, const MOST: usize, D, T>(from: D) -> Result<Kept<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<Value>,
{
    from.deserialize_any(ListVisitor::<T> { most: MOST, element: PhantomData })
}

/// Deserialises a list of ids with [`id_text`], each once, at most `MOST`.
pub(crate) fn ids<'de, const MOST: usize, D: Deserializer<'de>>(from: D) -> Result<Kept<String>, D::Error> {
    from.deserialize_any(IdsVisitor { most: MOST })
}

/// What a visitor of lists says to everything that is none.
macro_rules! no_list {
    () => {
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Kept::default())
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Kept::default())
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Kept::default())
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Kept::default())
        }

        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Kept::default())
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Kept::default())
        }
    };
}

struct ListVisitor<T> {
    most: usize,
    element: PhantomData<T>,
}

impl<'de, T: TryFrom<Value>> Visitor<'de> for ListVisitor<T> {
    type Value = Kept<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept<T>, A::Error> {
        let mut kept = Kept::default();
        for _ in 0..self.most {
            let Some(value) = list.next_element::<Value>()? else { return Ok(kept) };
            match T::try_from(value) {
                Ok(item) => kept.items.push(item),
                Err(_) => kept.unfit += 1,
            }
        }
        kept.beyond = drain(list)?;
        Ok(kept)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Kept<T>, A::Error> {
        drain_map(map)?;
        Ok(Kept::default())
    }

    no_list!();
}

struct IdsVisitor {
    most: usize,
}

impl<'de> Visitor<'de> for IdsVisitor {
    type Value = Kept<String>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list of ids")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept<String>, A::Error> {
        let mut kept = Kept::default();
        let mut seen = HashSet::new();
        while kept.items.len() < self.most {
            let Some(Small(value)) = list.next_element::<Small>()? else { return Ok(kept) };
            match id_text(&value) {
                Some(id) if seen.insert(id.clone()) => kept.items.push(id),
                Some(_) => {}
                None => kept.unfit += 1,
            }
        }
        kept.beyond = drain(list)?;
        Ok(kept)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Kept<String>, A::Error> {
        drain_map(map)?;
        Ok(Kept::default())
    }

    no_list!();
}

/// A value of at most one level: a list, and whatever is nested in an object, is null.
struct Small(Value);

impl<'de> Deserialize<'de> for Small {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SmallVisitor { fields: FIELDS }).map(Self)
    }
}

/// A value without anything in it.
struct Scalar(Value);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SmallVisitor { fields: 0 }).map(Self)
    }
}

struct SmallVisitor {
    fields: usize,
}

impl<'de> Visitor<'de> for SmallVisitor {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a small value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Value, A::Error> {
        drain(list)?;
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while fields.len() < self.fields {
            let Some((name, Scalar(value))) = map.next_entry::<String, Scalar>()? else {
                return Ok(fields.into());
            };
            fields.insert(name, value);
        }
        drain_map(map)?;
        Ok(if self.fields == 0 { Value::Null } else { fields.into() })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// Reads past the rest of a list; tells how many elements it had.
fn drain<'de, A: SeqAccess<'de>>(mut list: A) -> Result<usize, A::Error> {
    let mut passed = 0;
    while list.next_element::<IgnoredAny>()?.is_some() {
        passed += 1;
    }
    Ok(passed)
}

fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
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

    fn read_ids(text: &str) -> Kept<String> {
        ids::<3, _>(&mut serde_json::Deserializer::from_str(text)).unwrap()
    }

    #[test]
    fn ids_are_kept_once_each_and_up_to_the_bound() {
        let kept = read_ids(r#"[1,"1",2,{"a":[1]},2,null,"c",4,[5],"c"]"#);
        assert_eq!(kept, Kept { items: vec!["1".into(), "2".into(), "c".into()], unfit: 2, beyond: 3 });
        for none in ["7", "null", "true", "\"x\"", "1.5", "-1", r#"{"a":{"b":[]}}"#] {
            assert_eq!(read_ids(none), Kept::default(), "{none}");
        }
    }

    #[test]
    fn a_list_is_looked_at_up_to_the_bound() {
        let read = |text: &str| {
            list::<3, _, crate::WireMessage>(&mut serde_json::Deserializer::from_str(text)).unwrap()
        };
        let kept = read(r#"[{"id":1},7,{"id":2},{"id":3},8]"#);
        assert_eq!((kept.items.len(), kept.unfit, kept.beyond), (2, 1, 2));
        assert_eq!(read(r#"{"a":[1]}"#), Kept::default());
    }

    #[test]
    fn small_values_hold_one_level_and_no_lists() {
        let small = |text: &str| serde_json::from_str::<Small>(text).unwrap().0;
        assert_eq!(small(r#"{"a":1,"b":[1,[2]],"c":{"d":1}}"#), json!({"a":1,"b":null,"c":null}));
        assert_eq!(small("[1,2]"), Value::Null);
        let many: Map<String, Value> = (0..FIELDS * 2).map(|n| (n.to_string(), n.into())).collect();
        let Value::Object(kept) = small(&Value::from(many).to_string()) else { panic!() };
        assert_eq!(kept.len(), FIELDS);
    }
}
