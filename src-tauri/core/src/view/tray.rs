//! The tray as data: what its icon, tooltip and menu say. Drawing it is the desktop program's business.

use super::{Connection, Hold, HoldReason, PauseSpan, SourceHelp, View};
use crate::model::MessageId;
use crate::plain;
use crate::words::Language;

/// What the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayView {
    /// The state, told by shape.
    pub shape: TrayShape,
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
    /// A menu of its own.
    Menu {
        /// What it says.
        label: String,
        /// Its lines, top to bottom.
        items: Vec<TrayItem>,
    },
    /// A line that only says something.
    Label(String),
    /// A line between groups.
    Separator,
}

/// What the icon tells by its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrayShape {
    /// No source is set up.
    Empty,
    /// All streams are live.
    Live,
    /// A stream is being opened.
    Connecting,
    /// A server has no stream at the moment; its history is asked instead.
    Polling,
    /// Messages come, and popups are held back.
    Paused,
    /// A server is out of reach.
    Offline,
    /// A server wants the user to sign in.
    SignIn,
}

impl TrayShape {
    /// What keeps messages from coming counts for more than what keeps popups back.
    #[must_use]
    pub fn of(connection: Connection, hold: Option<Hold>) -> Self {
        match (connection, hold) {
            (Connection::Empty, _) => Self::Empty,
            (Connection::Offline, _) => Self::Offline,
            (Connection::SignIn, _) => Self::SignIn,
            (Connection::Live | Connection::Connecting | Connection::Polling, Some(_)) => Self::Paused,
            (Connection::Live, None) => Self::Live,
            (Connection::Connecting, None) => Self::Connecting,
            (Connection::Polling, None) => Self::Polling,
        }
    }
}

/// What a menu line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrayCommand {
    /// Raise the window at the inbox.
    ShowInbox,
    /// What a click on the message's popup does.
    Open(MessageId),
    /// Mark every unread message read.
    MarkAllRead,
    /// Try every connection that is not live.
    RetryNow,
    /// Hold popups back.
    Pause(PauseSpan),
    /// Hold them back no longer.
    Resume,
    /// Raise the window at the settings.
    ShowSettings,
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
        let state = state(view.connection, view.hold, words);
        let state = state.as_str();
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
        items.push(command(TrayCommand::RetryNow, "tray.reconnect", retry_helps(view)));
        items.push(match view.hold {
            Some(Hold { why: HoldReason::Paused, .. }) => command(TrayCommand::Resume, "tray.resume", true),
            Some(Hold { why: HoldReason::QuietHours, .. }) | None => pauses(words),
        });
        items.push(TrayItem::Separator);
        items.push(command(TrayCommand::ShowSettings, "tray.settings", true));
        items.push(command(TrayCommand::Quit, "tray.quit", true));
        Self { shape: TrayShape::of(view.connection, view.hold), unread, tooltip, items }
    }

    /// What a middle click does: it pauses popups, or resumes them.
    #[must_use]
    pub fn toggle(hold: Option<Hold>) -> TrayCommand {
        match hold {
            Some(Hold { why: HoldReason::Paused, .. }) => TrayCommand::Resume,
            Some(Hold { why: HoldReason::QuietHours, .. }) | None => TrayCommand::Pause(PauseSpan::Endless),
        }
    }
}

/// Whether there is something to try at any source, whatever another one waits for: a connection that is missing, or a
/// keychain that could be unlocked.
fn retry_helps(view: &View) -> bool {
    view.sources.iter().any(|source| match (source.help, source.connection) {
        (SourceHelp::Retry | SourceHelp::UnlockKeychain, _) | (_, Connection::Connecting) => true,
        (SourceHelp::Nothing | SourceHelp::SignIn | SourceHelp::AllowPlainHttp, _) => false,
    })
}

/// The connections' state, and that popups are held back.
fn state(connection: Connection, hold: Option<Hold>, words: Language) -> String {
    let state = words.text(connection.key());
    match hold {
        None => state.to_owned(),
        Some(Hold { why: HoldReason::Paused, .. }) => words.fill("tray.paused", &[("state", state)]),
        Some(Hold { why: HoldReason::QuietHours, .. }) => words.fill("tray.quiet_hours", &[("state", state)]),
    }
}

fn pauses(words: Language) -> TrayItem {
    let spans = [
        (PauseSpan::Minutes(30), "tray.pause_half_hour"),
        (PauseSpan::Minutes(60), "tray.pause_hour"),
        (PauseSpan::Tomorrow, "tray.pause_tomorrow"),
        (PauseSpan::Endless, "tray.pause_endless"),
    ];
    let item = |(span, key)| TrayItem::Command {
        command: TrayCommand::Pause(span),
        label: words.text(key).to_owned(),
        enabled: true,
    };
    TrayItem::Menu { label: words.text("tray.pause").to_owned(), items: spans.map(item).to_vec() }
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
