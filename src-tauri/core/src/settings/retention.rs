//! How long messages are kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How long messages are kept. Unread and pinned ones are kept in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    /// For ever.
    #[default]
    All,
    /// This many days, 1 to 36,500.
    Days(u32),
}

impl Retention {
    /// What a user could mean, for a developer.
    pub(crate) const RANGE: &str = "messages are kept for 1 to 36,500 days, or for ever";

    /// How long; nothing for ever. A number of days that nobody means counts as for ever.
    #[must_use]
    pub fn span(self) -> Option<Duration> {
        match self {
            Self::Days(days) if self.is_in_range() => Some(Duration::from_secs(u64::from(days) * 24 * 3600)),
            Self::Days(_) | Self::All => None,
        }
    }

    /// Whether a user could mean it.
    #[must_use]
    pub fn is_in_range(self) -> bool {
        match self {
            Self::All => true,
            Self::Days(days) => (1..=36_500).contains(&days),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_days_that_nobody_means_deletes_nothing() {
        assert_eq!(Retention::Days(0).span(), None);
        assert_eq!(Retention::Days(36_501).span(), None);
        assert_eq!(Retention::Days(2).span(), Some(Duration::from_secs(172_800)));
        assert_eq!(Retention::All.span(), None);
    }
}
