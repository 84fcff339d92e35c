//! Members of JSON objects, read the way XUC's own clients do: each may be missing, numbers may come as texts and the reverse.

use model::Personal;
use serde_json::{Map, Value};

/// Longest text that is taken, in bytes; longer ones are as good as missing.
const LONGEST_TEXT: usize = 16 * 1024;
/// Most members of a list that are taken.
const LONGEST_LIST: usize = 1_000;

/// The members of an object; of anything else, none.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        Self(value.as_object())
    }

    fn value(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    /// A text, or what can be written as one.
    pub(super) fn text(self, name: &str) -> Option<String> {
        text(self.value(name)?)
    }

    /// A text only when it is one.
    pub(super) fn plain_text(self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_str().filter(|text| text.len() <= LONGEST_TEXT)
    }

    /// A text that tells who somebody is; empty when missing.
    pub(super) fn personal(self, name: &str) -> Personal {
        self.text(name).unwrap_or_default().into()
    }

    /// A whole number, or a text that is one.
    pub(super) fn number(self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A whole number that fits.
    pub(super) fn fitting<T: TryFrom<i64>>(self, name: &str) -> Option<T> {
        T::try_from(self.number(name)?).ok()
    }

    /// Yes or no, in any of the ways it is written.
    pub(super) fn flag(self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::Number(number) => Some(number.as_f64()? != 0.0),
            Value::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
            _ => None,
        }
    }

    /// The members of a member.
    pub(super) fn within(self, name: &str) -> Self {
        Self(self.value(name).and_then(Value::as_object))
    }

    /// The members of a list.
    pub(super) fn list(self, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.value(name).map(list).into_iter().flatten()
    }

    /// A list of texts, or one text by itself.
    pub(super) fn texts(self, name: &str) -> Vec<String> {
        match self.value(name) {
            Some(Value::Array(_)) => self.list(name).filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Every member that is a text or can be written as one.
    pub(super) fn all_texts(self) -> Vec<(String, String)> {
        let members = self.0.into_iter().flatten().take(LONGEST_LIST);
        members.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
    }
}

/// The members of a list; of anything else, none.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten().take(LONGEST_LIST)
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.len() <= LONGEST_TEXT => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    // Beyond 2^53 a JSON number is not exact any more (RFC 8259 section 6).
    let exact = number.abs() <= 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "its size was looked at")]
    exact.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_texts_and_texts_numbers() {
        let value: Value = serde_json::from_str(
            r#"{"a":"7","b":7,"c":7.9,"d":null,"e":"x","f":"TRUE","g":0,"h":{"i":["1",2,{}]},"j":1e300,"k":true}"#,
        )
        .expect("is JSON");
        let fields = Fields::of(&value);
        for (name, number) in [("a", Some(7)), ("b", Some(7)), ("c", Some(7)), ("d", None), ("e", None), ("j", None)] {
            assert_eq!(fields.number(name), number, "{name}");
        }
        assert_eq!(fields.text("b").as_deref(), Some("7"));
        assert_eq!(fields.plain_text("b"), None);
        assert_eq!(
            (fields.flag("f"), fields.flag("g"), fields.flag("e"), fields.flag("k")),
            (Some(true), Some(false), None, Some(true))
        );
        assert_eq!(fields.within("h").texts("i"), ["1", "2"]);
        assert_eq!((fields.text("d"), fields.within("a").text("b")), (None, None));
        assert_eq!(fields.fitting::<u8>("j"), None);
        assert!(Fields::of(&Value::Null).all_texts().is_empty());
    }

    #[test]
    fn what_is_too_long_is_missing() {
        let value = serde_json::json!({ "text": "x".repeat(LONGEST_TEXT + 1), "list": vec![0; LONGEST_LIST + 1] });
        assert_eq!(Fields::of(&value).text("text"), None);
        assert_eq!(Fields::of(&value).list("list").count(), LONGEST_LIST);
    }
}
