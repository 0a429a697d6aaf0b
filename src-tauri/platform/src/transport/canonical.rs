//! The canonical stream: what the tokenizer found, spelled so plainly that the library has nothing to
//! guess, and read back from the library's events.
//!
//! Every event is one block with explicit `data`, `event` and `id`. Everything else that has to keep its
//! place between the events travels as a comment whose first character says what it is. A server cannot
//! forge one: no byte of its own ever stands at a line's start, its comments included, and nothing that it
//! sends can hold a line's end.

use std::fmt::Write as _;
use std::mem;
use std::time::Duration;

use belfry_core::ports::{Frame, StreamEvent};
use bytes::{Bytes, BytesMut};
use eventsource_client::SSE;

use super::tokenizer::Sink;

/// The writer is full at this size; one more event may exceed it.
const FULL_BYTES: usize = 32 * 1024;

/// Comments' first characters.
mod tag {
    pub const COMMENT: char = 'c';
    pub const ID: char = 'i';
    pub const OVERSIZED: char = 'o';
    pub const RETRY: char = 'r';
    pub const ACTIVITY: char = 'a';
}

/// Writes the canonical stream.
#[derive(Default)]
pub(super) struct Writer {
    out: BytesMut,
}

impl Writer {
    /// Whether nothing has been written since the last [`Self::take`].
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Hands over what has been written.
    pub fn take(&mut self) -> Bytes {
        mem::take(&mut self.out).freeze()
    }

    /// Bytes came that completed nothing.
    pub fn activity(&mut self) {
        self.fact(tag::ACTIVITY, "");
    }

    fn fact(&mut self, tag: char, text: &str) {
        self.line(&[":", tag.encode_utf8(&mut [0; 4]), text]);
    }

    fn line(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
        self.out.extend_from_slice(b"\n");
    }
}

impl Sink for Writer {
    fn frame(&mut self, event: &str, data: &str, id: &str) {
        self.out.reserve(data.len() + event.len() + id.len() + 32);
        for line in data.split('\n') {
            self.line(&["data: ", line]);
        }
        self.line(&["event: ", event]);
        self.line(&["id: ", id]);
        self.line(&[]);
    }

    fn id(&mut self, id: &str) {
        self.fact(tag::ID, id);
    }

    fn retry(&mut self, millis: u64) {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(text, "{millis}");
        self.fact(tag::RETRY, &text);
    }

    fn comment(&mut self, text: &str) {
        self.fact(tag::COMMENT, text);
    }

    fn oversized(&mut self, id: &str) {
        self.fact(tag::OVERSIZED, id);
    }

    fn is_full(&self) -> bool {
        self.out.len() >= FULL_BYTES
    }
}

/// Reads what the library made of the canonical stream; `None` for what is no part of it.
pub(super) fn read(sse: SSE) -> Option<StreamEvent> {
    match sse {
        SSE::Connected(_) => None,
        SSE::Event(event) => Some(StreamEvent::Frame(Frame {
            event: event.event_type,
            data: event.data,
            id: event.id.unwrap_or_default(),
        })),
        SSE::Comment(mut text) => {
            if text.is_empty() {
                return None;
            }
            match text.remove(0) {
                tag::COMMENT => Some(StreamEvent::Comment(text)),
                tag::ID => Some(StreamEvent::Id(text)),
                tag::OVERSIZED => Some(StreamEvent::Oversized { id: text }),
                tag::RETRY => {
                    text.parse().ok().map(|millis| StreamEvent::Retry(Duration::from_millis(millis)))
                }
                tag::ACTIVITY => Some(StreamEvent::Activity),
                _ => None,
            }
        }
    }
}
