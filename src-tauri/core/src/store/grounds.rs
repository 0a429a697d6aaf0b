//! Why a message was announced: what let its popup through.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why something was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Grounds {
    /// The user wants popups for its kind, and no rule says anything else.
    Kind,
    /// A rule says so: its place among the rules at that time, counted from 1.
    Rule(u16),
    /// Popups were held back, or the user was looking at the inbox, and a rule let it through: its place, as above.
    LetThrough(u16),
    /// The same, and it was urgent.
    Urgent,
}

impl Grounds {
    pub(super) fn to_text(self) -> String {
        match self {
            Self::Kind => "kind".to_owned(),
            Self::Rule(number) => format!("rule:{number}"),
            Self::LetThrough(number) => format!("let_through:{number}"),
            Self::Urgent => "urgent".to_owned(),
        }
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "kind" => Some(Self::Kind),
            None if text == "urgent" => Some(Self::Urgent),
            Some(("rule", number)) => number.parse().ok().map(Self::Rule),
            Some(("let_through", number)) => number.parse().ok().map(Self::LetThrough),
            Some(_) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_are_read_as_they_were_written() {
        for grounds in [Grounds::Kind, Grounds::Rule(1), Grounds::LetThrough(65_535), Grounds::Urgent] {
            assert_eq!(Grounds::from_text(&grounds.to_text()), Some(grounds));
        }
        for unknown in ["", "rule", "rule:", "rule:x", "rule:65536", "later:1"] {
            assert_eq!(Grounds::from_text(unknown), None, "{unknown}");
        }
    }
}
