//! The one window out: everything that tray, bell, window, dock and command line show, as one value.
//!
//! A [`View`] is rebuilt after each commit and replaced as a whole. Nobody counts, merges or patches:
//! what differs from the last one is found by comparing. Lists of messages are pages
//! ([`crate::action::Query`]), asked for again when [`InboxSummary::rev`] has moved.

mod badge;
mod record;
pub mod report;
mod tray;

pub use badge::{Raster, paint_badge, paint_number};
pub use record::{Names, Record};
pub use tray::{TrayCommand, TrayItem, TrayShape, TrayView};

pub use crate::policy::{Hold, HoldReason, PauseSpan};
pub use crate::store::{InboxSummary, KindCount, MessageRow, Tab};

use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::link::{LinkState, Reason};
use crate::model::{ActivationToken, LinkScheme, MessageId, SourceId, Timestamp, UndoId};
use crate::plain;
use crate::settings::file::Problem;
use crate::settings::{NetworkForm, Preferences, SavedView, SourceMark, Templates};
use crate::words::Language;

/// Everything that is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct View {
    /// Grows with each view of one run of the program; an older view is never taken for a newer one.
    pub rev: u64,
    /// The program's version.
    pub version: String,
    /// Whether this is the demo with its embedded server.
    pub demo: bool,
    /// The sources in the user's order.
    pub sources: Vec<SourceView>,
    /// The connections as a whole: the worst source decides.
    pub connection: Connection,
    /// Lists that are saved under a name, in the user's order.
    pub views: Vec<SavedView>,
    /// What is in the inbox.
    pub inbox: InboxSummary,
    /// The newest messages, at most five, newest first.
    pub newest: Vec<MessageRow>,
    /// The language in force, after the system's has been asked.
    pub language: Language,
    /// What the user prefers.
    pub preferences: Preferences,
    /// What the user has to know about this run until they have put it away.
    pub notices: Vec<Notice>,
    /// What the window has been asked to show and has not shown yet.
    pub reveal: Option<Reveal>,
    /// Popups are held back.
    pub hold: Option<Hold>,
    /// How the message database fares.
    pub storage: StorageView,
    /// What can be taken back, oldest first; at most 256 acts, each for ten seconds.
    pub undos: Vec<UndoView>,
}

/// An act that [`crate::action::Action::Undo`] takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UndoView {
    /// The act.
    pub undo: UndoId,
    /// What was done.
    pub kind: ActKind,
    /// With how many messages; 0 where that is not counted.
    #[ts(type = "number")]
    pub messages: u64,
    /// The first of them, where they were named one by one.
    pub first: Option<MessageId>,
}

/// What was done with messages. Each but [`ActKind::Seen`] has words in the catalogue under `undo.<kind>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// They were marked read because somebody has seen them; nobody asked for it, and no way back is offered.
    Seen,
    /// They were marked read.
    Read,
    /// They were marked unread.
    Unread,
    /// All were marked read.
    AllRead,
    /// They went into the archive.
    Archive,
    /// They came back from there.
    Unarchive,
    /// They were put off.
    Snooze,
    /// They came back before their time.
    Wake,
    /// They were pinned.
    Pin,
    /// They are pinned no longer.
    Unpin,
    /// They were deleted.
    Delete,
    /// All were deleted.
    DeleteAll,
}

/// Something that the user has to know. The catalogue has the sentence under `notice.<code>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// What it is.
    pub code: NoticeCode,
    /// The file that it speaks of: the sentence's `{file}`; empty where it has none.
    pub file: String,
    /// What of the file it speaks of, with commas between: the sentence's `{parts}`.
    pub parts: String,
}

/// The kinds of [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// The settings were damaged: the defaults are in force, the old file is kept.
    SettingsDamaged,
    /// The settings are of a newer version: the defaults are in force, the old file is kept.
    SettingsNewer,
    /// The settings file was changed by hand: what was changed holds from the next start on.
    SettingsEdited,
    /// What was made of the settings file by hand cannot be used: it is kept, and the settings stay as they were.
    SettingsUnreadable,
    /// Parts of the settings were damaged: they are left out, the old file is kept.
    SettingsMended,
}

impl Notice {
    /// What people are told about settings that were set aside.
    #[must_use]
    pub fn settings(problem: &Problem, kept_as: &Path) -> Self {
        let code = match problem {
            Problem::Newer(_) => NoticeCode::SettingsNewer,
            Problem::Damaged(_) => NoticeCode::SettingsDamaged,
        };
        Self { code, file: kept_as.display().to_string(), parts: String::new() }
    }

    /// What people are told about settings of which parts were left out.
    #[must_use]
    pub fn mended(left_out: &[String], kept_as: &Path) -> Self {
        let file = kept_as.display().to_string();
        Self { code: NoticeCode::SettingsMended, file, parts: plain::one_line(&left_out.join(", "), 300) }
    }

    /// The sentence.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let key = match self.code {
            NoticeCode::SettingsDamaged => "notice.settings_damaged",
            NoticeCode::SettingsNewer => "notice.settings_newer",
            NoticeCode::SettingsEdited => "notice.settings_edited",
            NoticeCode::SettingsUnreadable => "notice.settings_unreadable",
            NoticeCode::SettingsMended => "notice.settings_mended",
        };
        language.fill(key, &[("file", &self.file), ("parts", &self.parts)])
    }
}

/// The connections as a whole, in the six states that the tray tells apart by shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// No source is set up.
    Empty,
    /// All streams are live.
    Live,
    /// A stream is being opened, or was lost less than 30 s ago.
    Connecting,
    /// A server has no stream at the moment; its history is asked instead.
    Polling,
    /// A server has not been reached for 30 s or more, or has stopped serving.
    Offline,
    /// A server wants the user to sign in.
    SignIn,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SourceView {
    /// The source.
    pub id: SourceId,
    /// The user's name for it.
    pub name: String,
    /// The address of its API.
    pub url: String,
    /// Where its stream, or else its history, is by now, without a query: the server has moved it within its origin by
    /// permanent redirects. Empty where it has not. Forgotten when nothing good is there, with
    /// [`crate::action::Action::RetryNow`], and at the end of the program. Where the reason is [`Reason::Moved`], the
    /// other origin that the server points to, and that is asked nothing.
    pub moved_to: Option<String>,
    /// The site that people see, where the user has named one; else it is the API's origin.
    pub site: Option<String>,
    /// The page templates in force, by kind; kinds that are missing, or empty here, lead to no page.
    pub templates: Templates,
    /// Schemes beside http and https that links of its messages may have.
    pub link_schemes: Vec<LinkScheme>,
    /// How it is told apart at a glance.
    pub mark: SourceMark,
    /// How its server is reached.
    pub network: NetworkForm,
    /// The state of its connection.
    pub link: LinkView,
    /// The same in the words of the whole.
    pub connection: Connection,
    /// What a person can do about it.
    pub help: SourceHelp,
    /// Where its token is.
    pub secret: SecretView,
    /// How many of its messages are unread.
    #[ts(type = "number")]
    pub unread: u64,
    /// Its messages per kind, as in [`InboxSummary::kinds`].
    pub kinds: Vec<KindCount>,
    /// What its server takes none of, as it has said; it stays on this computer and is offered again now and then.
    pub untold: Vec<Untold>,
    /// What may be missing: the span of the last gap that the server reported.
    pub gap: Option<GapView>,
}

/// What a server may be told of its messages. Each has a sentence in the catalogue under `untold.<code>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Untold {
    /// That they were read, or marked unread again.
    ReadMarks,
    /// That they were deleted.
    Deletions,
}

/// What a person can do about a source that is not connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SourceHelp {
    /// Nothing, or nothing need be done.
    Nothing,
    /// Hand in a token, or another one.
    SignIn,
    /// Unlock the keychain, which [`crate::action::Action::RetryNow`] asks for; a token for this session helps, too.
    UnlockKeychain,
    /// Say yes to a token that travels in the clear ([`NetworkForm::allow_plain_http`]), or do without the server.
    AllowPlainHttp,
    /// Not to wait: [`crate::action::Action::RetryNow`].
    Retry,
}

/// How the message database fares, where there is something to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StorageView {
    /// Why messages cannot be stored at present.
    pub trouble: Option<StorageTrouble>,
    /// The name under which a damaged database was set aside when the program started. Its messages come
    /// again from the servers, as far as they still have them.
    pub set_aside: Option<String>,
}

/// Why messages cannot be stored. Each has a sentence in the catalogue under `storage.<code>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StorageTrouble {
    /// The disk is full.
    Full,
    /// Another program holds the database.
    Locked,
    /// The database or its folder may not be written.
    ReadOnly,
    /// It is damaged; the next start of the program sets it aside.
    Damaged,
    /// Reading or writing failed in another way.
    Failed,
}

/// The state of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LinkView {
    /// The machine's state.
    pub state: LinkState,
    /// Why it is in that state, where there is something to say.
    pub reason: Option<Reason>,
    /// Since when.
    pub since: Timestamp,
    /// How many attempts this episode has spent.
    pub attempt: u32,
    /// When the next attempt is made, while waiting.
    pub retry_at: Option<Timestamp>,
}

/// Where a source's token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretView {
    /// The keychain has been asked and has not answered yet.
    Checking,
    /// In the system's keychain.
    Keychain,
    /// In memory only, because the user said so or there is no keychain; lost when the program ends.
    Session,
    /// There is none: signed out.
    Missing,
    /// The keychain is locked.
    Locked,
    /// There is no keychain on this system.
    Absent,
}

/// A stretch of time whose messages the server could no longer repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GapView {
    /// Since when messages may be missing, if known.
    pub from: Option<Timestamp>,
    /// Until when, if known.
    pub until: Option<Timestamp>,
}

/// A page of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RevealPage {
    /// The inbox.
    #[default]
    Inbox,
    /// The settings.
    Settings,
}

/// Who wants the window to show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RevealOrigin {
    /// The user, by a click or a command.
    User,
    /// A link, which may come from anybody: nothing that is shown counts as seen until the user does something.
    Link,
}

/// "Show this": state with a sequence number, so that a click which starts a cold window is not lost.
///
/// It stays until [`crate::action::Action::Revealed`] names its number; a reload shows it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reveal {
    /// Grows with each request.
    pub seq: u64,
    /// Who wants it.
    pub origin: RevealOrigin,
    /// The page to show.
    pub page: RevealPage,
    /// The message to show; the inbox if there is none.
    pub message: Option<MessageId>,
    /// The list to show; the window's choice if empty.
    pub tab: Option<Tab>,
    /// The right to take the focus that the desktop gave with the click (XDG activation). It stays in the program.
    #[serde(skip)]
    #[ts(skip)]
    pub activation: Option<ActivationToken>,
}
