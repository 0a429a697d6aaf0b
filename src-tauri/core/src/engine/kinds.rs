//! Which kinds of messages a source has. Each is a tab, a count and a row of the tally; a server may invent
//! a new one for every message.

use std::collections::BTreeSet;

use crate::model::{MessageKind, NewMessage};

/// How many kinds of its own a source may have, beside those that every source has.
const MOST: usize = 30;

/// The field that keeps the name of a kind which is one too many.
const FIELD: &str = "type";

/// The kinds of one source that have a name of the server's own.
#[derive(Debug, Clone, Default)]
pub(super) struct Kinds(BTreeSet<String>);

impl Kinds {
    /// What the store knows.
    pub fn of(stored: Vec<MessageKind>) -> Self {
        Self(stored.into_iter().filter_map(own_name).collect())
    }

    /// Takes a message's kind in, or, where there are enough, makes it a plain message that keeps the name
    /// among its other fields.
    pub fn fold(&mut self, message: &mut NewMessage) {
        let MessageKind::Other(name) = &message.kind else { return };
        if self.0.contains(name) {
            return;
        }
        if self.0.len() < MOST {
            self.0.insert(name.clone());
            return;
        }
        message.extra.insert(FIELD.to_owned(), name.clone().into());
        message.kind = MessageKind::Message;
    }
}

fn own_name(kind: MessageKind) -> Option<String> {
    match kind {
        MessageKind::Other(name) => Some(name),
        MessageKind::Reply | MessageKind::System | MessageKind::Notification | MessageKind::Message => None,
    }
}
