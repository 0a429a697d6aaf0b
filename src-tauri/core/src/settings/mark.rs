//! How a source is told apart at a glance: a colour and a sign of the user's choice.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A source's colour and sign; the window's own where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct SourceMark {
    /// The colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub colour: Option<SourceColour>,
    /// The sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub icon: Option<SourceIcon>,
}

impl SourceMark {
    pub(super) fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// The colours on offer; each has a shade for each theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "their names say it")]
pub enum SourceColour {
    Red,
    Orange,
    Green,
    Teal,
    Blue,
    Violet,
    Grey,
}

/// The signs on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "their names say it")]
pub enum SourceIcon {
    People,
    Office,
    Code,
    Cloud,
    Chart,
    Home,
    Star,
    Heart,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_written_only_where_it_is_chosen() {
        let mark = SourceMark { colour: Some(SourceColour::Blue), icon: None };
        assert_eq!(toml::to_string(&mark).unwrap(), "colour = \"blue\"\n");
        assert_eq!(toml::from_str::<SourceMark>("").unwrap(), SourceMark::default());
        assert!(!mark.is_plain() && SourceMark::default().is_plain());
    }
}
