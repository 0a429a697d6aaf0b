//! The words that people read in tray, popups and on the command line: one catalogue with the window.
//!
//! `ui/locales/{en,zh-CN}.json` is compiled in. A key is written out literally where it is used, so that
//! the catalogue check can find it. Which language the system speaks is found out elsewhere.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// A language that everything exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl Language {
    /// Picks the language for a POSIX or BCP 47 locale name such as `zh_CN.UTF-8`: Chinese of any region
    /// gets Chinese, everything else English.
    #[must_use]
    pub fn from_locale(name: &str) -> Self {
        let language = name.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Chinese } else { Self::English }
    }

    /// The sentence for a catalogue key, e.g. `tray.open`.
    ///
    /// A key that the catalogue lacks comes back as it is; a test keeps that from happening.
    #[must_use]
    pub fn text(self, key: &'static str) -> &'static str {
        self.lookup(key).unwrap_or(key)
    }

    /// The sentence for a key that is put together at run time, if there is one.
    #[must_use]
    pub fn lookup(self, key: &str) -> Option<&'static str> {
        key.split('.').try_fold(self.catalogue(), |at, part| at.get(part)).and_then(Value::as_str)
    }

    /// The sentence with its `{name}` places filled.
    #[must_use]
    pub fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        fill(self.text(key), values)
    }

    fn catalogue(self) -> &'static Value {
        static ENGLISH: LazyLock<Value> =
            LazyLock::new(|| parse(include_str!("../../../ui/locales/en.json")));
        static CHINESE: LazyLock<Value> =
            LazyLock::new(|| parse(include_str!("../../../ui/locales/zh-CN.json")));
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }
}

/// Replaces each `{name}` in one pass, so that a value which looks like a place is left alone.
fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["{", name, "}"]),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[expect(clippy::expect_used, reason = "the catalogue is compiled in, and a test parses it")]
fn parse(json: &str) -> Value {
    serde_json::from_str(json).expect("the catalogue is valid JSON")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keys(at: &Value, path: &str, into: &mut BTreeSet<String>) {
        match at {
            Value::Object(fields) => {
                for (name, value) in fields {
                    keys(value, &format!("{path}.{name}"), into);
                }
            }
            _ => {
                into.insert(path.trim_start_matches('.').to_owned());
            }
        }
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        let [mut english, mut chinese] = [BTreeSet::new(), BTreeSet::new()];
        keys(Language::English.catalogue(), "", &mut english);
        keys(Language::Chinese.catalogue(), "", &mut chinese);
        assert_eq!(english, chinese);
    }

    #[test]
    fn chinese_of_any_region_is_chinese() {
        assert_eq!(Language::from_locale("zh_CN.UTF-8"), Language::Chinese);
        assert_eq!(Language::from_locale("zh-Hans-SG"), Language::Chinese);
        assert_eq!(Language::from_locale("de_DE"), Language::English);
        assert_eq!(Language::from_locale(""), Language::English);
    }

    #[test]
    fn values_that_look_like_places_are_left_alone() {
        assert_eq!(fill("{a} of {b}{c", &[("a", "{b}"), ("b", "2")]), "{b} of 2{c");
    }
}
