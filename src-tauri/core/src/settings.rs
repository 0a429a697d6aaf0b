//! What the user decided: preferences and sources, as `settings.toml` keeps them.
//!
//! Parsing and printing are pure; reading and writing the file is [`file`]'s business. A key that this
//! version does not know is kept. No secret ever stands in here.

mod change;
pub mod file;
mod form;
mod mark;
mod mend;
mod merge;
mod network;
mod notifications;
pub(crate) mod private;
pub mod profile;
mod quiet;
mod retention;
mod rule;
mod saved;
mod sound;
mod source;

pub use change::{BadValue, SourceChange, SourceField};
pub use mark::{SourceColour, SourceIcon, SourceMark};
pub use network::{
    BadHeader, Headers, HttpVersion, InvalidPin, InvalidProxy, Network, NetworkForm, Pin, Proxy, ProxyUrl,
    check_header, has_secret_query, is_secret_name,
};
pub use notifications::{Burst, Digest, InInbox, KindNotice, Notifications, OutOfRange, ReplyClick};
pub use quiet::{
    EVENING, MORNING, QuietSpan, TimeOfDay, Weekday, next_time, quiet_from, quiet_until, tomorrow,
};
pub use retention::Retention;
pub use rule::{Notify, Reach, Rule, Subject, Treatment};
pub use saved::{SavedView, tidy_name};
pub use sound::{Sound, SoundFile};
pub use source::{
    AfterAttempts, Dialect, Limits, NewSource, SecretPlace, SignedOut, SourceSettings, Templates, TokenOrigin,
};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::{SourceId, Timestamp};
use crate::words::Language;

/// The format of the file that this version writes.
pub const SCHEMA: u32 = 1;

/// Everything in `settings.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The file's format, see [`SCHEMA`].
    pub schema: u32,
    /// What the user prefers.
    pub preferences: Preferences,
    /// The user has paused popups.
    pub pause: Option<Pause>,
    /// The sources, in the user's order.
    pub sources: Vec<SourceSettings>,
    /// Lists that are saved under a name, in the user's order.
    pub views: Vec<SavedView>,
    /// Sources that were removed while the keychain would not erase their tokens.
    pub leftover_tokens: Vec<SourceId>,
    /// Keys that this version does not know, at the place where they stand in the file.
    pub unknown: toml::Table,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            preferences: Preferences::default(),
            pause: None,
            sources: Vec::new(),
            views: Vec::new(),
            leftover_tokens: Vec::new(),
            unknown: toml::Table::new(),
        }
    }
}

/// Popups are held back because the user wants it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Until when; until the user resumes them if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// How the program looks, speaks and notifies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preferences {
    /// The language.
    #[serde(default)]
    pub language: LanguageChoice,
    /// The theme.
    #[serde(default)]
    pub theme: Theme,
    /// Whether the window takes keys without Ctrl or Command.
    #[serde(default)]
    pub single_keys: SingleKeys,
    /// Whether the program starts with the user's session, hidden. What the system says, which keeps it;
    /// empty where that cannot be had (the demo, a profile of one's own). Saving `null` changes nothing.
    #[serde(default)]
    pub start_at_login: Option<bool>,
    /// When and how to notify.
    #[serde(default)]
    pub notifications: Notifications,
    /// How long messages are kept; a source may have an answer of its own.
    #[serde(default)]
    pub retention: Retention,
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

/// Whether keys by themselves (a letter, a sign) do something in the window. Who speaks to the computer, or strikes keys
/// by mistake, wants none (WCAG 2.2, 2.1.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SingleKeys {
    /// They do.
    #[default]
    On,
    /// Only together with Ctrl or Command, or inside the list.
    Off,
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
