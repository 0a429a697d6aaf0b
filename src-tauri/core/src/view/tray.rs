//! The tray as data: what its icon, tooltip and menu say. Drawing it is the desktop program's business.

use super::{Connection, View};
use crate::model::MessageId;
use crate::plain;

/// What the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayView {
    /// The state, told by shape.
    pub connection: Connection,
    /// The number to paint into the icon; none at zero.
    pub unread: u64,
    /// One line for hosts that show it.
    pub tooltip: String,
    /// The menu, top to bottom.
    pub items: Vec<TrayItem>,
}

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrayItem {
    /// Something to choose.
    Command {
        /// What it does.
        command: TrayCommand,
        /// What it says.
        label: String,
        /// Whether it can be chosen now.
        enabled: bool,
    },
    /// A line that only says something.
    Label(String),
    /// A line between groups.
    Separator,
}

/// What a menu line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrayCommand {
    /// Raise the window at the inbox.
    ShowInbox,
    /// What a click on the message's popup does.
    Open(MessageId),
    /// Mark every unread message read.
    MarkAllRead,
    /// Try every connection that is not live.
    RetryNow,
    /// End the program.
    Quit,
}

/// Longest label of a message in the menu, in characters.
const LABEL_CHARS: usize = 48;

impl TrayView {
    /// Builds the tray for a view.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let words = view.language;
        let unread = view.inbox.unread;
        let state = words.text(view.connection.key());
        let count = unread.to_string();
        let tooltip = match unread {
            0 => words.fill("tray.tooltip", &[("state", state)]),
            _ => words.fill("tray.tooltip_unread", &[("state", state), ("count", &count)]),
        };
        let command =
            |command, key, enabled| TrayItem::Command { command, label: words.text(key).to_owned(), enabled };

        let mut items = vec![command(TrayCommand::ShowInbox, "tray.open", true)];
        items.push(TrayItem::Label(tooltip.clone()));
        items.push(TrayItem::Separator);
        for row in &view.newest {
            let mark = if row.unread { "● " } else { "" };
            let label = format!("{mark}{}", plain::shortened(&row.title, LABEL_CHARS));
            items.push(TrayItem::Command { command: TrayCommand::Open(row.id), label, enabled: true });
        }
        if !view.newest.is_empty() {
            items.push(TrayItem::Separator);
        }
        items.push(command(TrayCommand::MarkAllRead, "tray.mark_all_read", unread > 0));
        let idle = matches!(view.connection, Connection::Live | Connection::Empty | Connection::SignIn);
        items.push(command(TrayCommand::RetryNow, "tray.reconnect", !idle));
        items.push(TrayItem::Separator);
        items.push(command(TrayCommand::Quit, "tray.quit", true));
        Self { connection: view.connection, unread, tooltip, items }
    }
}

impl Connection {
    /// The catalogue key of the words for it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Empty => "connection.empty",
            Self::Live => "connection.live",
            Self::Connecting => "connection.connecting",
            Self::Polling => "connection.polling",
            Self::Offline => "connection.offline",
            Self::SignIn => "connection.sign_in",
        }
    }
}
