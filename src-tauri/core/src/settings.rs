//! What the user decided: preferences and sources, as `settings.toml` keeps them.
//!
//! Parsing and printing are pure; reading and writing the file is [`file`]'s business. A key that this
//! version does not know is kept. No secret ever stands in here.

mod change;
pub mod file;
pub mod profile;
mod source;

pub use change::{BadValue, SourceChange, SourceField};
pub use source::{
    AfterAttempts, Dialect, Limits, NewSource, SecretPlace, SignedOut, SourceSettings, Templates,
};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::SourceId;
use crate::words::Language;

/// The format of the file that this version writes.
pub const SCHEMA: u32 = 1;

/// Everything in `settings.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The file's format, see [`SCHEMA`].
    pub schema: u32,
    /// What the user prefers.
    #[serde(default)]
    pub preferences: Preferences,
    /// When and how to notify.
    #[serde(default)]
    pub notifications: Notifications,
    /// The sources, in the user's order.
    #[serde(default)]
    pub sources: Vec<SourceSettings>,
    /// Sources that were removed while the keychain would not erase their tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leftover_tokens: Vec<SourceId>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub unknown: toml::Table,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            preferences: Preferences::default(),
            notifications: Notifications::default(),
            sources: Vec::new(),
            leftover_tokens: Vec::new(),
            unknown: toml::Table::new(),
        }
    }
}

/// How the program looks and speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preferences {
    /// The language.
    #[serde(default)]
    pub language: LanguageChoice,
    /// The theme.
    #[serde(default)]
    pub theme: Theme,
}

/// Which language to speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum LanguageChoice {
    /// The system's.
    #[default]
    #[serde(rename = "system")]
    System,
    /// English.
    #[serde(rename = "en")]
    English,
    /// 简体中文.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl LanguageChoice {
    /// The language in force where the system speaks `system`.
    #[must_use]
    pub fn resolve(self, system: Language) -> Language {
        match self {
            Self::System => system,
            Self::English => Language::English,
            Self::Chinese => Language::Chinese,
        }
    }
}

/// Which colours to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// The system's.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// When and how to notify.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notifications {
    /// Whether a flood of messages becomes one summary.
    #[serde(default)]
    pub burst: Burst,
    /// How long a popup stays, in milliseconds.
    #[serde(default = "Notifications::default_expire_ms")]
    pub expire_ms: u32,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub unknown: toml::Table,
}

impl Notifications {
    fn default_expire_ms() -> u32 {
        5_000
    }
}

impl Default for Notifications {
    fn default() -> Self {
        Self { burst: Burst::default(), expire_ms: Self::default_expire_ms(), unknown: toml::Table::new() }
    }
}

/// Whether a flood of messages becomes one summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Burst {
    /// Five at once, then one each 400 ms; the rest goes into one summary.
    #[default]
    Summarise,
    /// Each message gets its popup.
    Off,
}
