//! Which messages a list shows, and what narrows it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{MessageKind, Priority, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Which messages a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tab {
    /// All that are not deleted, archived or put off.
    All,
    /// Those that count as unread.
    Unread,
    /// Those of one kind.
    Kind {
        /// The kind.
        kind: MessageKind,
    },
    /// Those in the archive; no other list has them.
    Archived,
    /// Those that are put off until later; no other list has them.
    Snoozed,
}

/// Narrows a list or a search: every condition that is set has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Filter {
    /// Only messages of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub kind: Option<MessageKind>,
    /// Only messages of this priority, 1–5, or a higher one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub priority: Option<Priority>,
    /// Only messages of the last so many days of 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub days: Option<u16>,
    /// Only messages from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub since: Option<Timestamp>,
    /// Only messages from before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub until: Option<Timestamp>,
    /// Only messages with a link of their own.
    pub link: bool,
    /// Only messages that are pinned.
    pub pinned: bool,
    /// Only messages that count as unread.
    pub unread: bool,
}

impl Filter {
    /// From when on messages are wanted.
    #[must_use]
    pub fn since(&self, now: Timestamp) -> Option<Timestamp> {
        let days = self.days.map(|days| now.before(DAY * u32::from(days)));
        self.since.max(days)
    }
}
