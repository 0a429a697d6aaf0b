//! The form of `settings.toml`, apart from what the program calls things.

use serde::{Deserialize, Serialize};

use crate::model::{LinkScheme, SourceId};

use super::{
    LanguageChoice, Notifications, Pause, Preferences, Retention, SavedView, Settings, SingleKeys,
    SourceSettings, Theme,
};

/// The file as this version knows it.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default = "first_schema")]
    schema: u32,
    #[serde(default)]
    preferences: Look,
    #[serde(default)]
    notifications: Notifications,
    #[serde(default)]
    storage: Storage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pause: Option<Pause>,
    #[serde(default)]
    sources: Vec<SourceSettings>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    views: Vec<SavedView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    leftover_tokens: Vec<SourceId>,
}

#[derive(Default, Serialize, Deserialize)]
struct Look {
    #[serde(default)]
    language: LanguageChoice,
    #[serde(default)]
    theme: Theme,
    #[serde(default)]
    single_keys: SingleKeys,
}

#[derive(Default, Serialize, Deserialize)]
struct Storage {
    #[serde(default)]
    retention: Retention,
}

/// The format of a file that names none.
fn first_schema() -> u32 {
    1
}

impl From<Form> for Settings {
    fn from(form: Form) -> Self {
        let Look { language, theme, single_keys } = form.preferences;
        let preferences = Preferences {
            language,
            theme,
            single_keys,
            start_at_login: None,
            notifications: form.notifications,
            retention: form.storage.retention,
        };
        Self {
            schema: form.schema,
            preferences,
            pause: form.pause,
            sources: form.sources,
            views: form.views,
            leftover_tokens: form.leftover_tokens,
            unknown: toml::Table::new(),
        }
    }
}

impl From<Settings> for Form {
    fn from(settings: Settings) -> Self {
        let Settings { schema, preferences, pause, sources, views, leftover_tokens, unknown: _ } = settings;
        // Whether the program starts at login is the system's to know.
        let Preferences { language, theme, single_keys, start_at_login: _, notifications, retention } =
            preferences;
        Self {
            schema,
            preferences: Look { language, theme, single_keys },
            notifications,
            storage: Storage { retention },
            pause,
            sources,
            views,
            leftover_tokens,
        }
    }
}

impl TryFrom<toml::Table> for Settings {
    type Error = toml::de::Error;

    fn try_from(mut table: toml::Table) -> Result<Self, toml::de::Error> {
        leave_out_refused_schemes(&mut table);
        let form: Form = table.clone().try_into()?;
        // What comes out again is known; the rest of the file is kept for whoever wrote it.
        let known = toml::Table::try_from(&form).unwrap_or_default();
        Ok(Self { unknown: without(table, &known), ..form.into() })
    }
}

impl Settings {
    /// The file's content: everything known, and what was found beside it.
    ///
    /// # Errors
    /// If a value has no form in TOML.
    pub fn to_table(&self) -> Result<toml::Table, toml::ser::Error> {
        let mut table = toml::Table::try_from(Form::from(self.clone()))?;
        add(&mut table, &self.unknown);
        Ok(table)
    }
}

/// Leaves out schemes of links that cannot be allowed: one of them, by hand or from an earlier version, must not cost the
/// whole file.
fn leave_out_refused_schemes(table: &mut toml::Table) {
    let sources = table.get_mut("sources").and_then(toml::Value::as_array_mut).into_iter().flatten();
    for source in sources.filter_map(toml::Value::as_table_mut) {
        let Some(schemes) = source.get_mut("link_schemes").and_then(toml::Value::as_array_mut) else {
            continue;
        };
        schemes.retain(|scheme| match scheme.as_str().map(str::parse::<LinkScheme>) {
            Some(Err(error)) => {
                tracing::warn!("{error}; it is left out of the settings");
                false
            }
            Some(Ok(_)) | None => true,
        });
    }
}

/// What of a table is not in another; of tables in both, what is not in the other's. Sources keep their own.
fn without(table: toml::Table, known: &toml::Table) -> toml::Table {
    let rest = table.into_iter().filter_map(|(key, value)| match (value, known.get(&key)) {
        (value, None) => Some((key, value)),
        (toml::Value::Table(inner), Some(toml::Value::Table(known))) => {
            let rest = without(inner, known);
            (!rest.is_empty()).then_some((key, toml::Value::Table(rest)))
        }
        (_, Some(_)) => None,
    });
    rest.collect()
}

/// Adds what is missing.
fn add(table: &mut toml::Table, unknown: &toml::Table) {
    for (key, value) in unknown {
        match (table.get_mut(key), value) {
            (None, value) => drop(table.insert(key.clone(), value.clone())),
            (Some(toml::Value::Table(inner)), toml::Value::Table(unknown)) => add(inner, unknown),
            (Some(_), _) => {}
        }
    }
}
