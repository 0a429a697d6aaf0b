//! What a server has: its messages, and one sequence in which each of their changes has a number.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A server's messages. Each visible change takes the next number.
#[derive(Debug)]
pub struct Book {
    places: Places,
    epoch: String,
    epochs: u32,
    head: u64,
    /// What was changed up to here, and not since, is forgotten.
    floor: u64,
    last_id: u32,
    messages: BTreeMap<u32, Entry>,
}

/// How places are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// `k7-42`, and `ready` says so.
    OfTheProtocol,
    /// `x42-7`, and nothing says what that means. It looks as if each place were of an epoch of its own.
    Opaque,
}

#[derive(Debug, Clone)]
struct Entry {
    version: u32,
    read: bool,
    born: u64,
    content: u64,
    /// The number of its last read mark; 0 if it never had one.
    mark: u64,
    deleted: Option<u64>,
}

impl Entry {
    fn last_change(&self) -> u64 {
        self.deleted.unwrap_or(self.content.max(self.mark))
    }
}

/// One change, as it is told now.
#[derive(Debug, Clone)]
pub struct Change {
    pub number: u64,
    /// The event's type.
    pub event: &'static str,
    pub data: Value,
    pub id: u32,
}

/// A message that a client should have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Present {
    pub id: u32,
    pub title: String,
    pub read: bool,
}

impl Default for Book {
    fn default() -> Self {
        let places = Places::OfTheProtocol;
        Self {
            places,
            epoch: "k7".to_owned(),
            epochs: 0,
            head: 0,
            floor: 0,
            last_id: 0,
            messages: BTreeMap::new(),
        }
    }
}

impl Book {
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    pub fn name_places(&mut self, places: Places) {
        self.places = places;
    }

    pub fn cursor(&self, number: u64) -> String {
        match self.places {
            Places::OfTheProtocol => format!("{}-{number}", self.epoch),
            Places::Opaque => format!("x{number}-{}", &self.epoch[1..]),
        }
    }

    fn take_apart<'a>(&self, cursor: &'a str) -> Option<(Cow<'a, str>, u64)> {
        let (before, after) = cursor.rsplit_once('-')?;
        match self.places {
            Places::OfTheProtocol => Some((before.into(), after.parse().ok()?)),
            Places::Opaque => {
                let first = if after == "7" { "k" } else { "m" };
                Some((format!("{first}{after}").into(), before.strip_prefix('x')?.parse().ok()?))
            }
        }
    }

    /// The data of `ready`.
    pub fn ready(&self) -> Value {
        match self.places {
            Places::OfTheProtocol => json!({"protocol": 1, "cursor": self.head()}),
            Places::Opaque => json!({}),
        }
    }

    pub fn head(&self) -> String {
        self.cursor(self.head)
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.present().count()
    }

    /// The messages that are there, in the order of their ids.
    pub fn present(&self) -> impl Iterator<Item = Present> {
        let living = self.messages.iter().filter(|(_, entry)| entry.deleted.is_none());
        living.map(|(id, entry)| Present { id: *id, title: self.title(*id, entry), read: entry.read })
    }

    /// The ids of the messages that were deleted, where that is not forgotten.
    pub fn deleted(&self) -> impl Iterator<Item = u32> {
        self.messages.iter().filter(|(_, entry)| entry.deleted.is_some()).map(|(id, _)| *id)
    }

    pub fn publish(&mut self) -> Change {
        self.last_id += 1;
        let (id, number) = (self.last_id, self.next());
        let entry = Entry { version: 0, read: false, born: number, content: number, mark: 0, deleted: None };
        self.messages.insert(id, entry);
        self.content(id, 0)
    }

    pub fn update(&mut self, id: u32) -> Option<Change> {
        let number = self.head + 1;
        let entry = self.messages.get_mut(&id).filter(|entry| entry.deleted.is_none())?;
        entry.version += 1;
        entry.content = number;
        self.head = number;
        Some(self.content(id, number - 1))
    }

    pub fn mark(&mut self, id: u32, read: bool) -> Option<Change> {
        let number = self.head + 1;
        let entry = self.messages.get_mut(&id).filter(|entry| entry.deleted.is_none())?;
        if entry.read == read {
            return None;
        }
        entry.read = read;
        entry.mark = number;
        self.head = number;
        Some(read_mark(number, id, read))
    }

    pub fn delete(&mut self, id: u32) -> Option<Change> {
        let number = self.head + 1;
        let entry = self.messages.get_mut(&id).filter(|entry| entry.deleted.is_none())?;
        entry.deleted = Some(number);
        self.head = number;
        Some(deletion(number, id))
    }

    /// Everything is lost: another epoch begins, and ids are given anew.
    pub fn begin_anew(&mut self) {
        let epochs = self.epochs + 1;
        // The first one is k7.
        let epoch = format!("m{}", if epochs < 7 { epochs } else { epochs + 1 });
        *self = Self { places: self.places, epoch, epochs, ..Self::default() };
    }

    /// Forgets what has not changed for so many changes.
    pub fn expire(&mut self, keep: u64) {
        self.floor = self.floor.max(self.head.saturating_sub(keep));
        let floor = self.floor;
        self.messages.retain(|_, entry| entry.last_change() > floor);
    }

    /// From which number on a client that names this place is told what has changed; what it is told of a gap first.
    pub fn resume(&self, cursor: &str) -> (u64, Option<Value>) {
        let gap = |reason| Some(json!({"reason": reason, "after": cursor, "from": null, "until": null}));
        match self.take_apart(cursor) {
            None => (0, gap("unknown")),
            Some((epoch, _)) if epoch != self.epoch => (0, gap("reset")),
            Some((_, number)) if number > self.head => (0, gap("unknown")),
            Some((_, number)) if number < self.floor => (number, gap("expired")),
            Some((_, number)) => (number, None),
        }
    }

    /// What has changed since, in order, each message once and in its present form.
    pub fn since(&self, number: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, entry) in &self.messages {
            if let Some(deleted) = entry.deleted {
                changes.push(deletion(deleted, *id));
                continue;
            }
            changes.push(self.content(*id, number));
            if entry.mark > 0 {
                changes.push(read_mark(entry.mark, *id, entry.read));
            }
        }
        changes.retain(|change| change.number > number);
        changes.sort_by_key(|change| change.number);
        changes
    }

    /// The newest messages, oldest first.
    pub fn newest_page(&self, limit: usize) -> String {
        let messages: Vec<Value> = self.messages().map(|(_, message)| message).collect();
        let page = &messages[messages.len().saturating_sub(limit)..];
        json!({"messages": page, "cursor": self.head(), "more": false}).to_string()
    }

    /// The messages before one, newest first.
    pub fn older_page(&self, before: u32, limit: usize) -> String {
        let older = self.messages().filter(|(id, _)| *id < before).map(|(_, message)| message);
        let mut messages: Vec<Value> = older.collect();
        messages.reverse();
        let more = messages.len() > limit;
        messages.truncate(limit);
        json!({"messages": messages, "cursor": self.head(), "more": more}).to_string()
    }

    /// What has changed after a place.
    pub fn page_after(&self, after: &str, limit: usize) -> String {
        let (number, gap) = self.resume(after);
        let mut changes = self.since(number);
        let more = changes.len() > limit;
        changes.truncate(limit);
        let cursor = match changes.last().filter(|_| more) {
            Some(last) => self.cursor(last.number),
            None => self.head(),
        };
        let of = |events: &[&str], field: &dyn Fn(&Change) -> Value| -> Vec<Value> {
            changes.iter().filter(|change| events.contains(&change.event)).map(field).collect()
        };
        let ids_where = |read: bool| {
            let marks = changes.iter().filter(|change| change.event == "read" && change.data["read"] == read);
            marks.map(|change| change.id.to_string()).collect::<Vec<_>>()
        };
        json!({
            "messages": of(&["reply", "updated"], &|change| change.data.clone()),
            "read": ids_where(true),
            "unreadIds": ids_where(false),
            "deleted": of(&["deleted"], &|change| json!(change.id.to_string())),
            "cursor": cursor, "more": more, "gap": gap,
        })
        .to_string()
    }

    fn next(&mut self) -> u64 {
        self.head += 1;
        self.head
    }

    fn messages(&self) -> impl Iterator<Item = (u32, Value)> {
        let living = self.messages.iter().filter(|(_, entry)| entry.deleted.is_none());
        living.map(|(id, entry)| (*id, self.message(*id, entry)))
    }

    /// A message as a client is told of it that knows everything up to this number.
    fn content(&self, id: u32, known: u64) -> Change {
        let entry = &self.messages[&id];
        let event = if entry.born > known { "reply" } else { "updated" };
        Change { number: entry.content, event, data: self.message(id, entry), id }
    }

    fn message(&self, id: u32, entry: &Entry) -> Value {
        json!({"id": id.to_string(), "type": "reply", "title": self.title(id, entry), "isRead": entry.read})
    }

    fn title(&self, id: u32, entry: &Entry) -> String {
        format!("{} {id} {}", self.epoch, entry.version)
    }
}

fn read_mark(number: u64, id: u32, read: bool) -> Change {
    Change { number, event: "read", data: json!({"ids": [id.to_string()], "read": read}), id }
}

fn deletion(number: u64, id: u32) -> Change {
    Change { number, event: "deleted", data: json!({"ids": [id.to_string()]}), id }
}
