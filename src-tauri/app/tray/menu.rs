//! The tray's menu as ids and texts: what has to change to get from one menu to the next.
//!
//! An id names what an entry does, so it stays the same while the entry says something else, and a
//! click on an entry that has just moved still does what the entry said.

use belfry_core::view::{PauseSpan, TrayCommand, TrayItem};

/// One entry as the desktop's menu knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A text, choosable or not.
    Text {
        /// Its id in menu events.
        id: String,
        /// What it says.
        label: String,
        /// Whether it can be chosen.
        enabled: bool,
    },
    /// A menu of its own.
    Menu {
        /// What it says.
        label: String,
        /// Its entries.
        entries: Vec<Entry>,
    },
    /// A line between groups.
    Separator,
}

/// What has to be done to a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is right as it is.
    Nothing,
    /// The entries at these places say something else, or can no longer or again be chosen.
    Relabel(Vec<usize>),
    /// Entries have come, gone or moved.
    Rebuild,
}

/// The entries for a menu, in its order.
pub fn entries(items: &[TrayItem]) -> Vec<Entry> {
    let entry = |(place, item): (usize, &TrayItem)| match item {
        TrayItem::Command { command, label, enabled } => {
            Entry::Text { id: id(*command), label: plain(label), enabled: *enabled }
        }
        TrayItem::Menu { label, items } => Entry::Menu { label: plain(label), entries: entries(items) },
        TrayItem::Label(label) => {
            Entry::Text { id: format!("label:{place}"), label: plain(label), enabled: false }
        }
        TrayItem::Separator => Entry::Separator,
    };
    items.iter().enumerate().map(entry).collect()
}

/// What has to be done to turn the menu `old` into `new`.
pub fn change(old: &[Entry], new: &[Entry]) -> Change {
    let same_shape = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same_kind(old, new));
    if !same_shape {
        return Change::Rebuild;
    }
    let places: Vec<usize> = old
        .iter()
        .zip(new)
        .enumerate()
        .filter(|(_, (old, new))| old != new)
        .map(|(place, _)| place)
        .collect();
    if places.is_empty() { Change::Nothing } else { Change::Relabel(places) }
}

/// The command behind an id, if the id is one of ours.
pub fn command(id: &str) -> Option<TrayCommand> {
    match id {
        "show-inbox" => Some(TrayCommand::ShowInbox),
        "mark-all-read" => Some(TrayCommand::MarkAllRead),
        "retry-now" => Some(TrayCommand::RetryNow),
        "pause-tomorrow" => Some(TrayCommand::Pause(PauseSpan::Tomorrow)),
        "pause" => Some(TrayCommand::Pause(PauseSpan::Endless)),
        "resume" => Some(TrayCommand::Resume),
        "show-settings" => Some(TrayCommand::ShowSettings),
        "quit" => Some(TrayCommand::Quit),
        _ => match id.split_once(':')? {
            ("open", message) => message.parse().ok().map(TrayCommand::Open),
            ("pause", minutes) => minutes.parse().ok().map(PauseSpan::Minutes).map(TrayCommand::Pause),
            _ => None,
        },
    }
}

fn id(command: TrayCommand) -> String {
    match command {
        TrayCommand::ShowInbox => "show-inbox".to_owned(),
        TrayCommand::MarkAllRead => "mark-all-read".to_owned(),
        TrayCommand::RetryNow => "retry-now".to_owned(),
        TrayCommand::Pause(PauseSpan::Minutes(minutes)) => format!("pause:{minutes}"),
        TrayCommand::Pause(PauseSpan::Tomorrow) => "pause-tomorrow".to_owned(),
        TrayCommand::Pause(PauseSpan::Endless) => "pause".to_owned(),
        TrayCommand::Resume => "resume".to_owned(),
        TrayCommand::ShowSettings => "show-settings".to_owned(),
        TrayCommand::Quit => "quit".to_owned(),
        TrayCommand::Open(message) => format!("open:{message}"),
    }
}

/// Whether an entry can be made into another by saying something else. A menu of its own is made anew.
fn same_kind(old: &Entry, new: &Entry) -> bool {
    match (old, new) {
        (Entry::Text { id: old, .. }, Entry::Text { id: new, .. }) => old == new,
        (Entry::Separator, Entry::Separator) => true,
        (Entry::Menu { .. }, Entry::Menu { .. }) => old == new,
        (Entry::Text { .. } | Entry::Menu { .. } | Entry::Separator, _) => false,
    }
}

/// A label whose ampersands are ampersands: a single one would mark the next letter as a shortcut.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use belfry_core::model::MessageId;

    use super::*;

    fn open(message: i64, label: &str) -> TrayItem {
        let command = TrayCommand::Open(MessageId(message));
        TrayItem::Command { command, label: label.to_owned(), enabled: true }
    }

    fn menu(items: &[TrayItem]) -> Vec<Entry> {
        entries(items)
    }

    #[test]
    fn every_command_survives_its_id() {
        for sent in [
            TrayCommand::ShowInbox,
            TrayCommand::MarkAllRead,
            TrayCommand::RetryNow,
            TrayCommand::Pause(PauseSpan::Minutes(30)),
            TrayCommand::Pause(PauseSpan::Tomorrow),
            TrayCommand::Pause(PauseSpan::Endless),
            TrayCommand::Resume,
            TrayCommand::ShowSettings,
            TrayCommand::Quit,
            TrayCommand::Open(MessageId(42)),
        ] {
            assert_eq!(command(&id(sent)), Some(sent));
        }
        for foreign in ["", "label:1", "open:", "open:0", "open:x", "pause:x", "pause:", "about"] {
            assert_eq!(command(foreign), None, "{foreign:?}");
        }
    }

    #[test]
    fn a_menu_that_says_the_same_is_left_alone() {
        let items = [open(1, "a"), TrayItem::Separator, TrayItem::Label("b".to_owned())];
        assert_eq!(change(&menu(&items), &menu(&items)), Change::Nothing);
    }

    #[test]
    fn a_read_message_is_relabelled_in_its_place() {
        let old = menu(&[open(2, "● b"), TrayItem::Separator, open(1, "● a")]);
        let new = menu(&[open(2, "● b"), TrayItem::Separator, open(1, "a")]);
        assert_eq!(change(&old, &new), Change::Relabel(vec![2]));
    }

    #[test]
    fn a_new_message_rebuilds_the_menu() {
        let old = menu(&[open(2, "b"), open(1, "a")]);
        assert_eq!(change(&old, &menu(&[open(3, "c"), open(2, "b")])), Change::Rebuild);
        assert_eq!(change(&old, &menu(&[open(2, "b")])), Change::Rebuild);
        assert_eq!(change(&old, &menu(&[open(2, "b"), TrayItem::Separator])), Change::Rebuild);
    }

    #[test]
    fn a_menu_of_its_own_is_left_alone_or_made_anew() {
        let pauses = |label: &str| TrayItem::Menu { label: label.to_owned(), items: vec![open(1, "a")] };
        let menu = |item: TrayItem| entries(&[item, open(2, "b")]);
        assert_eq!(change(&menu(pauses("Pause")), &menu(pauses("Pause"))), Change::Nothing);
        assert_eq!(change(&menu(pauses("Pause")), &menu(pauses("暂停"))), Change::Rebuild);
        assert_eq!(change(&menu(pauses("Pause")), &menu(open(1, "a"))), Change::Rebuild);
    }

    #[test]
    fn an_ampersand_in_a_title_is_no_shortcut() {
        let [Entry::Text { label, .. }] = &menu(&[open(1, "Q&A")])[..] else { panic!("not one text") };
        assert_eq!(label, "Q&&A");
    }
}
