//! Settings that were changed in two places at once: by the program, and in the file by hand.
//!
//! Each value has what was made of it where it was changed. Where both have changed it, what the program has done last
//! holds. Sources are told apart by their id.

use toml::{Table, Value};

use super::Settings;

/// What the program has made of `base`, with what somebody else has made of it; nothing where the two do not go together.
pub(super) fn merge(base: &Settings, theirs: &Settings, mine: &Settings) -> Option<Settings> {
    let [base, theirs, mine] = [base, theirs, mine].map(|settings| settings.to_table().ok());
    Settings::try_from(tables(Some(&base?), &theirs?, &mine?)).ok()
}

fn values(base: Option<&Value>, theirs: Option<&Value>, mine: Option<&Value>) -> Option<Value> {
    if theirs == base {
        return mine.cloned();
    }
    if mine == base {
        return theirs.cloned();
    }
    match (theirs, mine) {
        (Some(Value::Table(theirs)), Some(Value::Table(mine))) => {
            Some(tables(base.and_then(Value::as_table), theirs, mine).into())
        }
        (Some(Value::Array(theirs)), Some(Value::Array(mine))) if have_ids(theirs) && have_ids(mine) => {
            let base = base.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            Some(lists(base, theirs, mine).into())
        }
        (_, mine) => mine.cloned(),
    }
}

fn tables(base: Option<&Table>, theirs: &Table, mine: &Table) -> Table {
    let new = theirs.keys().filter(|key| !mine.contains_key(*key));
    let merged = |key: &String| {
        values(base.and_then(|base| base.get(key)), theirs.get(key), mine.get(key))
            .map(|value| (key.clone(), value))
    };
    mine.keys().chain(new).filter_map(merged).collect()
}

/// In the order of `mine`.
fn lists(base: &[Value], theirs: &[Value], mine: &[Value]) -> Vec<Value> {
    let find = |list: &'_ [Value], id: &str| list.iter().find(|element| id_of(element) == Some(id)).cloned();
    let ids = mine.iter().chain(theirs).filter_map(id_of);
    let mut merged: Vec<Value> = Vec::new();
    for id in ids {
        if merged.iter().all(|element| id_of(element) != Some(id)) {
            let [base, theirs, mine] = [base, theirs, mine].map(|list| find(list, id));
            merged.extend(values(base.as_ref(), theirs.as_ref(), mine.as_ref()));
        }
    }
    merged
}

fn have_ids(list: &[Value]) -> bool {
    list.iter().all(|element| id_of(element).is_some())
}

fn id_of(element: &Value) -> Option<&str> {
    element.get("id")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Pause, Retention, SourceSettings, Theme};

    fn settings() -> Settings {
        let source = |name: &str| SourceSettings::new(name, "http://127.0.0.1:1/api".parse().unwrap());
        Settings { sources: vec![source("a"), source("b"), source("c")], ..Settings::default() }
    }

    fn with(base: &Settings, change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings = base.clone();
        change(&mut settings);
        settings
    }

    #[test]
    fn each_side_keeps_what_it_has_changed() {
        let base = settings();
        let theirs = with(&base, |settings| {
            settings.preferences.notifications.expire_ms = 7_777;
            settings.preferences.theme = Theme::Light;
            settings.unknown.insert("later".to_owned(), 1.into());
            settings.sources[1].limits.attempts = 3;
        });
        let mine = with(&base, |settings| {
            settings.pause = Some(Pause { until: None });
            settings.preferences.theme = Theme::Dark;
            settings.preferences.retention = Retention::Days(3);
            settings.sources[1].name = "d".to_owned();
        });
        let merged = merge(&base, &theirs, &mine).unwrap();
        let expected = with(&mine, |settings| {
            settings.preferences.notifications.expire_ms = 7_777;
            settings.unknown.insert("later".to_owned(), 1.into());
            settings.sources[1].limits.attempts = 3;
        });
        assert_eq!(merged, expected, "the theme is what the program did");
        assert_eq!(merge(&base, &base, &mine), Some(mine));
        assert_eq!(merge(&base, &theirs, &base), Some(theirs));
    }

    #[test]
    fn sources_are_added_removed_and_moved_on_either_side() {
        let base = settings();
        let names = |settings: &Settings| {
            settings.sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>().concat()
        };
        let new = SourceSettings::new("n", "http://127.0.0.1:1/api".parse().unwrap());
        let theirs = with(&base, |settings| {
            settings.sources.remove(0);
            settings.sources.push(new);
        });
        let mine = with(&base, |settings| {
            settings.sources.swap(1, 2);
            settings.sources.push(SourceSettings::new("m", "http://127.0.0.1:1/api".parse().unwrap()));
        });
        assert_eq!(names(&merge(&base, &theirs, &mine).unwrap()), "cbmn");
        // A source that the program has changed meanwhile is not lost.
        let mine = with(&base, |settings| settings.sources[0].name = "A".to_owned());
        assert_eq!(names(&merge(&base, &theirs, &mine).unwrap()), "Abcn");
        let mine = with(&base, |settings| drop(settings.sources.remove(2)));
        assert_eq!(names(&merge(&base, &theirs, &mine).unwrap()), "bn");
    }
}
