//! A disk that is full at each write in turn, at its first page, its second, and so on: nothing of the write is there,
//! everything from before is, and the same write goes through as soon as there is room.

use super::testing::{Bench, NOW, arrival_with, batch};
use super::{Announcement, Batch, Change, CursorUpdate, InboxSummary, LogEvent, PlaceUpdate, StoreError};
use crate::model::{Cursor, MessageId, NewMessage, ReadState};

/// How many writes are tried.
const WRITES: i64 = 200;

/// The most room that one write is given, in pages, before it has to go through.
const ROOM: i64 = 64;

/// Everything that a write here could change.
#[derive(Debug, PartialEq)]
struct Seen {
    inbox: InboxSummary,
    cursor: Option<Cursor>,
    unannounced: Vec<MessageId>,
    log: usize,
    indexed: MessageId,
}

impl Bench {
    fn seen(&self) -> Seen {
        Seen {
            inbox: self.summary(NOW).unwrap(),
            cursor: self.cursor(self.source).unwrap().cursor,
            unannounced: self.unannounced().unwrap().into_iter().map(|message| message.id).collect(),
            log: self.log(self.source, 10_000).unwrap().len(),
            indexed: self.indexed_through().unwrap(),
        }
    }

    /// One of the writes that an engine makes, in the order in which it makes them.
    fn write_number(&mut self, number: i64) -> Result<(), StoreError> {
        let (source, last) = (self.source, [MessageId(number / 8 + 1)]);
        match number % 8 {
            0 => {
                let text = |message: &mut NewMessage| message.body = format!("{number} ").repeat(3_000);
                let message = Change::Message(arrival_with(&number.to_string(), text));
                let cursor = CursorUpdate::Set(Cursor(format!("e-{number}")));
                let place = PlaceUpdate { cursor, ..PlaceUpdate::default() };
                self.store.deliver(source, &Batch { place, ..batch(vec![message]) }, NOW).map(drop)
            }
            1 => self.store.set_announcement(&last, Announcement::Showing, None, NOW),
            2 => self.store.set_announcement(&last, Announcement::Announced, None, NOW),
            3 => self.store.index(|| true).map(drop),
            4 => self.store.mark_read(&last, ReadState::Read, NOW).map(drop),
            5 => {
                let event = LogEvent { code: "full".into(), detail: "x".repeat(1_500) };
                self.store.record(source, &event, NOW)
            }
            6 => self.store.archive(&last, NOW).map(drop),
            _ => self.store.unarchive(&last).map(drop),
        }
    }

    fn pages(&self, pragma: &str) -> i64 {
        self.store.connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
    }
}

#[test]
fn a_disk_that_is_full_at_any_of_the_first_200_writes_loses_and_doubles_nothing() {
    let mut bench = Bench::new();
    let mut refused = 0;
    for number in 0..WRITES {
        let (before, pages) = (bench.seen(), bench.pages("page_count"));
        let went_through = (0..ROOM).any(|room| {
            bench.store.connection.pragma_update(None, "max_page_count", pages + room).unwrap();
            match bench.write_number(number) {
                Ok(()) => true,
                Err(StoreError::Full(_)) => {
                    assert_eq!(bench.seen(), before, "write {number} with room for {room} pages");
                    bench.check().unwrap();
                    refused += 1;
                    false
                }
                Err(other) => panic!("write {number} with room for {room} pages: {other:?}"),
            }
        });
        assert!(went_through, "write {number} never went through");
        bench.check().unwrap();
    }
    assert!(refused >= 50, "the disk was full {refused} times only");
    let deliveries = (WRITES + 7) / 8;
    assert_eq!(bench.summary(NOW).unwrap().total, deliveries as u64, "each once");
    assert_eq!(
        bench.cursor(bench.source).unwrap().cursor,
        Some(Cursor(format!("e-{}", 8 * (deliveries - 1))))
    );
}
