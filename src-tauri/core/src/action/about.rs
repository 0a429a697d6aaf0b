//! What an action is about, kind by kind: which messages it names, and whether it touches the settings.

use super::Action;
use crate::model::MessageId;

impl Action {
    /// The most messages that one action names.
    pub const MOST_IDS: usize = 10_000;

    /// The messages that it names; none where it names a single one, or none.
    #[must_use]
    pub fn ids(&self) -> &[MessageId] {
        match self {
            Self::MarkSeen { ids }
            | Self::MarkRead { ids }
            | Self::MarkUnread { ids }
            | Self::Archive { ids }
            | Self::Unarchive { ids }
            | Self::Snooze { ids, .. }
            | Self::Wake { ids }
            | Self::Pin { ids }
            | Self::Unpin { ids }
            | Self::Delete { ids } => ids,
            Self::Open { .. }
            | Self::FollowLink { .. }
            | Self::OpenLink { .. }
            | Self::MarkAllRead
            | Self::AllOf { .. }
            | Self::Undo { .. }
            | Self::ShowInbox
            | Self::ShowSettings
            | Self::NoTray
            | Self::Show { .. }
            | Self::Revealed { .. }
            | Self::Attend { .. }
            | Self::Pause { .. }
            | Self::Resume
            | Self::RetryNow
            | Self::Export
            | Self::RebuildIndex
            | Self::AddSource { .. }
            | Self::EditSource { .. }
            | Self::MoveSource { .. }
            | Self::RemoveSource { .. }
            | Self::SignOut { .. }
            | Self::DismissGap { .. }
            | Self::DismissNotices
            | Self::SaveView { .. }
            | Self::RenameView { .. }
            | Self::MoveView { .. }
            | Self::RemoveView { .. }
            | Self::SavePreferences { .. }
            | Self::TestPopup { .. }
            | Self::StartDemo
            | Self::SaveReport { .. }
            | Self::DeleteAll => &[],
        }
    }

    /// Whether it changes what is saved in the settings, or where a token is.
    #[must_use]
    pub fn changes_settings(&self) -> bool {
        match self {
            Self::AddSource { .. }
            | Self::EditSource { .. }
            | Self::MoveSource { .. }
            | Self::RemoveSource { .. }
            | Self::SignOut { .. }
            | Self::SaveView { .. }
            | Self::RenameView { .. }
            | Self::MoveView { .. }
            | Self::RemoveView { .. }
            | Self::SavePreferences { .. } => true,
            Self::Open { .. }
            | Self::FollowLink { .. }
            | Self::OpenLink { .. }
            | Self::MarkSeen { .. }
            | Self::MarkRead { .. }
            | Self::MarkUnread { .. }
            | Self::MarkAllRead
            | Self::AllOf { .. }
            | Self::Archive { .. }
            | Self::Unarchive { .. }
            | Self::Snooze { .. }
            | Self::Wake { .. }
            | Self::Pin { .. }
            | Self::Unpin { .. }
            | Self::Delete { .. }
            | Self::Undo { .. }
            | Self::ShowInbox
            | Self::ShowSettings
            | Self::NoTray
            | Self::Show { .. }
            | Self::Revealed { .. }
            | Self::Attend { .. }
            | Self::Pause { .. }
            | Self::Resume
            | Self::TestPopup { .. }
            | Self::RetryNow
            | Self::Export
            | Self::DeleteAll
            | Self::SaveReport { .. }
            | Self::StartDemo
            | Self::RebuildIndex
            | Self::DismissGap { .. }
            | Self::DismissNotices => false,
        }
    }
}
