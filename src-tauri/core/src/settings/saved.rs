//! Lists that the user has saved under a name.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::{Filter, SourceId, Tab};

/// Most characters of a name.
const NAME: usize = 60;

/// Most characters of a text that is searched for.
const TEXT: usize = 200;

/// A list under a name of the user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SavedView {
    /// Its name, 1–60 characters; no two have the same.
    pub name: String,
    /// The list.
    pub tab: Tab,
    /// Only what came from this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub source: Option<SourceId>,
    /// What narrows it.
    #[serde(default)]
    pub filter: Filter,
    /// Only what is found with this text, at most 200 characters. Empty = any.
    #[serde(default)]
    pub text: String,
}

impl SavedView {
    /// Most of them.
    pub const MOST: usize = 50;

    /// The view with a tidy name; nothing if a name or text is too long, or there is no name.
    #[must_use]
    pub fn tidied(self) -> Option<Self> {
        let name = tidy_name(&self.name)?;
        let fits = self.text.chars().nth(TEXT).is_none();
        fits.then_some(Self { name, ..self })
    }
}

/// A name without spaces around it; nothing if it is empty or too long.
#[must_use]
pub fn tidy_name(name: &str) -> Option<String> {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().nth(NAME).is_none() && !name.contains(char::is_control);
    fits.then(|| name.to_owned())
}
