//! Settings of which a part is damaged: that part is left out, and named; everything else holds.
//!
//! A source is left out as a whole, but for what it works without. One that has lost its proxy, its pin or its user by the
//! way could send a token to where it must not go.

use toml::{Table, Value};

use super::Settings;

/// What of a source has its default instead.
const SPARE: [&str; 10] = [
    "site",
    "stream_path",
    "history_path",
    "after_attempts",
    "limits",
    "templates",
    "link_schemes",
    "retention",
    "zone",
    "learned_zone",
];

/// Settings without what was damaged.
#[derive(Debug, PartialEq)]
pub(super) struct Mended {
    pub settings: Settings,
    /// What was left out, as the file calls it, e.g. `sources.Work.limits.attempts`.
    pub left_out: Vec<String>,
}

/// Leaves out what cannot be used; nothing if no usable settings are left then.
pub(super) fn mend(mut table: Table) -> Option<Mended> {
    let mut left_out = Vec::new();
    if let Some(Value::Array(sources)) = table.get_mut("sources") {
        let mut number = 0;
        sources.retain_mut(|source| {
            number += 1;
            mend_source(source, number, &mut left_out)
        });
    }
    table.retain(|key, value| keep(value, key, &|value| fits(key, value), &mut left_out));
    let settings = Settings::try_from(table).ok()?;
    Some(Mended { settings, left_out })
}

/// Whether settings that say nothing else can be read.
fn fits(key: &str, value: Value) -> bool {
    Settings::try_from(Table::from_iter([(key.to_owned(), value)])).is_ok()
}

/// Takes out of a value what does not fit; tells whether the rest does.
fn keep(value: &mut Value, name: &str, fits: &dyn Fn(Value) -> bool, left_out: &mut Vec<String>) -> bool {
    if fits(value.clone()) {
        return true;
    }
    let before = left_out.len();
    match value {
        Value::Table(inner) => inner.retain(|key, value| {
            let alone = |value| fits(Table::from_iter([(key.to_owned(), value)]).into());
            keep(value, &format!("{name}.{key}"), &alone, left_out)
        }),
        Value::Array(elements) => {
            let mut number = 0;
            elements.retain(|element| {
                number += 1;
                let good = fits(vec![element.clone()].into());
                if !good {
                    left_out.push(format!("{name}.{number}"));
                }
                good
            });
        }
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
    let some_is_left = left_out.len() > before && fits(value.clone());
    if !some_is_left {
        left_out.truncate(before);
        left_out.push(name.to_owned());
    }
    some_is_left
}

fn mend_source(source: &mut Value, number: usize, left_out: &mut Vec<String>) -> bool {
    let fits = |source: Value| fits("sources", vec![source].into());
    if fits(source.clone()) {
        return true;
    }
    let name = source.get("name").and_then(Value::as_str).map_or_else(|| number.to_string(), str::to_owned);
    let name = format!("sources.{name}");
    let spare: Vec<(&str, Value)> = match source {
        Value::Table(source) => {
            SPARE.into_iter().filter_map(|key| Some((key, source.remove(key)?))).collect()
        }
        _ => Vec::new(),
    };
    let (true, Value::Table(source)) = (fits(source.clone()), source) else {
        left_out.push(name);
        return false;
    };
    let bare = source.clone();
    for (key, mut value) in spare {
        let beside = |value| {
            let mut source = bare.clone();
            source.insert(key.to_owned(), value);
            fits(source.into())
        };
        if keep(&mut value, &format!("{name}.{key}"), &beside, left_out) {
            source.insert(key.to_owned(), value);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Burst, SourceSettings, Theme};

    fn source(name: &str, more: &str) -> String {
        let id = SourceSettings::new(name, "http://127.0.0.1:1/api".parse().unwrap()).id;
        format!("[[sources]]\nid = \"{id}\"\nname = \"{name}\"\nurl = \"http://127.0.0.1:1/api\"\n{more}\n")
    }

    /// What is left of a file: the names of the sources, and what was left out.
    fn mended(text: &str) -> (Settings, Vec<String>, Vec<String>) {
        let Mended { settings, left_out } = mend(text.parse().unwrap()).unwrap();
        let names = settings.sources.iter().map(|source| source.name.clone()).collect();
        (settings, names, left_out)
    }

    #[test]
    fn a_bad_value_costs_itself_and_not_its_neighbours() {
        let text = "[preferences]\ntheme = \"dark\"\nlanguage = \"xx\"\nfuture = 1\n[notifications]\nburst = \"off\"\nexpire_ms = \"long\"\n\
                    [notifications.kinds.reply]\nshow = 3\nsound = \"off\"\n[storage]\nretention = { days = \"x\" }\n[later]\na = 1\n";
        let (settings, _, mut left_out) = mended(text);
        left_out.sort();
        let bad = [
            "notifications.expire_ms",
            "notifications.kinds.reply.show",
            "preferences.language",
            "storage.retention",
        ];
        assert_eq!(left_out, bad);
        assert_eq!(settings.preferences.theme, Theme::Dark);
        assert_eq!(settings.preferences.notifications.burst, Burst::Off);
        assert_eq!(settings.preferences.notifications.expire_ms, 5_000);
        assert_eq!(settings.unknown["preferences"]["future"].as_integer(), Some(1));
        assert_eq!(settings.unknown["later"]["a"].as_integer(), Some(1));
    }

    #[test]
    fn a_bad_rule_costs_itself() {
        let text = "[[notifications.rules]]\nnotify = \"badge\"\n[[notifications.rules]]\nnotify = 7\n";
        let (settings, _, left_out) = mended(text);
        assert_eq!(left_out, ["notifications.rules.2"]);
        assert_eq!(settings.preferences.notifications.rules.len(), 1);
    }

    #[test]
    fn a_source_keeps_what_it_needs_or_is_left_out_alone() {
        let text = [
            source("good", ""),
            source("numbers", "[sources.limits]\nattempts = -1\npoll_every_ms = 5000"),
            source("proxy", "[sources.network]\nproxy = \"nonsense\""),
            source("pin", "[sources.network]\npin = \"x\""),
            source("address", "").replace("http://127.0.0.1:1/api\"", "nowhere\""),
            source("place", "secrets = \"drawer\""),
            source("last", "retention = \"for ever\"\n[sources.templates]\nreply = 3\nsystem = \"/n/{id}\""),
        ];
        let (settings, names, left_out) = mended(&text.concat());
        assert_eq!(names, ["good", "numbers", "last"]);
        let bad = [
            "sources.numbers.limits.attempts",
            "sources.proxy",
            "sources.pin",
            "sources.address",
            "sources.place",
            "sources.last.templates.reply",
            "sources.last.retention",
        ];
        assert_eq!(left_out, bad);
        assert_eq!(settings.sources[1].limits.poll_every.as_secs(), 5);
        assert_eq!(settings.sources[1].limits.attempts, 10);
        assert_eq!(settings.sources[2].templates["system"], "/n/{id}");
    }

    #[test]
    fn what_is_no_list_of_sources_is_left_out() {
        let (settings, names, left_out) = mended("sources = 3\n[preferences]\ntheme = \"light\"\n");
        assert_eq!((names.len(), left_out), (0, vec!["sources".to_owned()]));
        assert_eq!(settings.preferences.theme, Theme::Light);
        let (_, names, left_out) = mended("sources = [3, { name = \"x\" }]\npause = 7\n");
        assert_eq!(
            (names.len(), left_out),
            (0, vec!["sources.1".to_owned(), "sources.x".to_owned(), "pause".to_owned()])
        );
    }
}
