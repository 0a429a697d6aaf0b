//! A store for unit tests: operations in, what a reader sees out, one text a change.

use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    Change, Identity, Ledger, Limits, MarkState, NewMessage, Op, Outcome, Placed, Snapshot, open, open_reader,
};
use crate::config::Epoch;

/// Limits that nothing reaches.
pub(super) const WIDE: Limits = Limits { changes: 1_000_000, bytes: usize::MAX };

pub(super) struct Fixture {
    pub folder: TempDir,
    pub ledger: Ledger,
    pub identity: Identity,
    pub reader: Connection,
}

impl Fixture {
    pub fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap())
    }

    pub fn in_folder(folder: TempDir) -> Self {
        let (ledger, identity, path) = open(folder.path(), Epoch::Keep, 1000).unwrap();
        Self { folder, ledger, identity, reader: open_reader(&path).unwrap() }
    }

    pub fn reopened(self) -> Self {
        let Self { folder, .. } = self;
        Self::in_folder(folder)
    }

    /// Carries out one operation in a transaction of its own, at `now` in Unix milliseconds.
    pub fn apply_at(&mut self, op: &Op, now: i64) -> Outcome {
        self.ledger.begin().unwrap();
        let outcome = self.ledger.apply(op, now).unwrap();
        self.ledger.commit().unwrap();
        outcome
    }

    pub fn apply(&mut self, op: Op) -> Outcome {
        self.apply_at(&op, 2000)
    }

    pub fn publish(&mut self, to: &[&str], title: &str) -> Placed {
        let op = Op::Publish { messages: vec![message(to, title)], key: None };
        match self.apply(op) {
            Outcome::Published(placed) => placed[0],
            other => panic!("{other:?}"),
        }
    }

    pub fn mark(&mut self, user: &str, ids: &[u64], state: MarkState) {
        self.apply(Op::Mark { user: user.into(), ids: ids.into(), state });
    }

    /// What stands after `after`, one text a change.
    pub fn after(&mut self, user: &str, after: u64) -> Vec<String> {
        let mut seen = Vec::new();
        let snapshot = Snapshot::open(&mut self.reader, user).unwrap();
        snapshot.changes(after, WIDE, |change| push(&mut seen, change)).unwrap();
        seen
    }

    /// The latest number of the sequence.
    pub fn head(&mut self) -> u64 {
        Snapshot::open(&mut self.reader, "me").unwrap().head
    }

    pub fn unread(&mut self, user: &str) -> u64 {
        Snapshot::open(&mut self.reader, user).unwrap().unread().unwrap()
    }
}

pub(super) fn message(to: &[&str], title: &str) -> NewMessage {
    NewMessage {
        to: to.iter().map(|name| (*name).to_owned()).collect(),
        kind: "reply".into(),
        read: false,
        body: format!(r#"{{"title":"{title}"}}"#),
    }
}

/// Notes a change, and counts it as ten bytes.
pub(super) fn push(seen: &mut Vec<String>, change: Change<'_>) -> usize {
    seen.push(match change {
        Change::Message { seq, id, read, body, .. } => {
            let state = if read { "read" } else { "unread" };
            format!("{seq}: message {id} {state} {body}")
        }
        Change::Mark { seq, state, ids } => format!("{seq}: {state:?} {ids}"),
    });
    10
}
