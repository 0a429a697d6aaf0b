//! What speaks of stored messages.

use belfry_core::action::SnoozeSpan;
use belfry_core::model::{MessageId, Timestamp};
use clap::{Args, ValueEnum};

use super::values;

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only unread messages
    #[arg(long)]
    pub unread: bool,
    /// Only messages in the archive, which stand in no other list
    #[arg(long, conflicts_with = "unread")]
    pub archived: bool,
    /// Only messages that are put off, which stand in no other list
    #[arg(long, conflicts_with_all = ["unread", "archived"])]
    pub snoozed: bool,
    /// Only messages that are pinned
    #[arg(long)]
    pub pinned: bool,
    /// Only messages of this kind
    #[arg(long, value_name = "K", visible_alias = "type")]
    pub kind: Option<String>,
    /// Only messages of this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = values::limit, default_value = "50")]
    pub limit: u32,
    /// Only what stands below this message
    #[arg(long, value_name = "ID", value_parser = values::message_id)]
    pub before: Option<MessageId>,
}

/// `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The message's id, as `list` prints it
    #[arg(value_parser = values::message_id)]
    pub id: MessageId,
}

/// `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words; what has all of them in title, sender or text is found. A word finds words that begin with it,
    /// Chinese, Japanese and Korean are found anywhere
    #[arg(value_name = "QUERY", required = true, value_parser = values::title)]
    pub words: Vec<String>,
    /// How many at most
    #[arg(long, value_name = "N", value_parser = values::limit, default_value = "50")]
    pub limit: u32,
    /// Only messages of this kind
    #[arg(long, value_name = "K", visible_alias = "type")]
    pub kind: Option<String>,
    /// Only messages of this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
}

/// `read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// The messages' ids, as `list` prints them
    #[arg(value_name = "ID", required_unless_present = "all", value_parser = values::message_id)]
    pub ids: Vec<MessageId>,
    /// All that are unread now
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
}

/// `archive`, `wake`, `pin`, `unpin`, `delete`.
#[derive(Debug, Args)]
pub struct IdsArgs {
    /// The messages' ids, as `list` prints them
    #[arg(value_name = "ID", required = true, value_parser = values::message_id)]
    pub ids: Vec<MessageId>,
}

/// `snooze`.
#[derive(Debug, Args)]
pub struct SnoozeArgs {
    /// The messages' ids, as `list` prints them
    #[arg(value_name = "ID", required = true, value_parser = values::message_id)]
    pub ids: Vec<MessageId>,
    /// Until when they are put off
    #[arg(long, value_enum, default_value_t = SnoozeName::Hour)]
    pub until: SnoozeName,
    /// Until this moment instead, e.g. 2026-11-27T09:00+08:00
    #[arg(long, value_name = "TIME", value_parser = values::moment, conflicts_with = "until")]
    pub at: Option<Timestamp>,
}

/// Until when a message is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SnoozeName {
    /// For an hour
    Hour,
    /// The next evening at eight
    Tonight,
    /// The next morning at eight
    Tomorrow,
    /// The next Monday at eight in the morning
    NextWeek,
}

impl From<SnoozeName> for SnoozeSpan {
    fn from(name: SnoozeName) -> Self {
        match name {
            SnoozeName::Hour => Self::Hour,
            SnoozeName::Tonight => Self::Tonight,
            SnoozeName::Tomorrow => Self::Tomorrow,
            SnoozeName::NextWeek => Self::NextWeek,
        }
    }
}

/// `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// How to write them
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ExportFormat::Jsonl)]
    pub format: ExportFormat,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object per line.
    Jsonl,
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
}
