//! Questions that are answered beside the engine, on read-only connections.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use crate::store::{Page, PageKey, Tab};

use crate::model::{Message, MessageId, SourceId};

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Query {
    /// A stretch of a list, newest first.
    Page {
        /// Which list.
        tab: Tab,
        /// Only what came from this source; from all if empty.
        #[serde(default)]
        #[ts(optional = nullable)]
        source: Option<SourceId>,
        /// Only what stands below this place; from the top if empty.
        before: Option<PageKey>,
        /// How many rows at most, 1–500.
        limit: u16,
    },
    /// One message, complete.
    Message {
        /// The message.
        id: MessageId,
    },
}

/// The answer to the [`Query`] of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// A stretch of a list.
    Page(Page),
    /// One message.
    Message(Box<MessageDetail>),
}

/// One message and what can be done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MessageDetail {
    /// The [`crate::view::InboxSummary::rev`] that this answer saw.
    #[ts(type = "number")]
    pub rev: u64,
    /// The message.
    pub message: Message,
    /// The source's name.
    pub source_name: String,
    /// The page that it leads to: validated, http or https.
    pub page: Option<String>,
    /// Whether it carries a link that is refused.
    pub link_refused: bool,
}
