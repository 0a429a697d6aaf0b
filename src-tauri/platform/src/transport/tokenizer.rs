//! The event stream's syntax (WHATWG HTML 9.2.5 and 9.2.6), byte by byte as it comes, with bounds.
//!
//! Pure: chunks go in, facts come out in the order in which a browser would act on them. What becomes of
//! the facts is the [`Sink`]'s business. What is dispatched is what a browser dispatches, for any bytes and
//! however they are cut, with two exceptions that bound the memory: an event larger than the limit and an
//! id longer than [`MAX_ID_BYTES`].

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

use std::borrow::Cow;
use std::mem;

/// The longest `id`, in bytes, that is taken; an event with a longer one counts as too large. No request
/// header could carry it, and each later event would have to repeat it.
pub(super) const MAX_ID_BYTES: usize = 8 * 1024;

/// The longest comment that is handed on, in characters.
const MAX_COMMENT_CHARS: usize = 256;

/// So many bytes hold at least [`MAX_COMMENT_CHARS`] characters.
const COMMENT_BYTES: usize = 4 * MAX_COMMENT_CHARS;

/// The longest `retry` line, in bytes, that is looked at.
const MAX_RETRY_BYTES: usize = 1024;

/// The longest field name that means anything: `event` and `retry`.
const LONGEST_NAME: usize = 5;

/// Buffers larger than this are given back after use.
const KEEP_BYTES: usize = 64 * 1024;

const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Takes what the tokenizer finds.
pub(super) trait Sink {
    /// An event is to be dispatched. `data` has its lines joined with LF; `id` is the last event id.
    fn frame(&mut self, event: &str, data: &str, id: &str);
    /// A block without data set the last event id.
    fn id(&mut self, id: &str);
    /// The reconnection time is to be so many milliseconds; saturated.
    fn retry(&mut self, millis: u64);
    /// A comment, without the space that usually follows the colon, shortened to 256 characters.
    fn comment(&mut self, text: &str);
    /// An event was too large; `id` is the last event id after it.
    fn oversized(&mut self, id: &str);
    /// Whether no more should come before what is there has been taken away.
    fn is_full(&self) -> bool;
}

/// Cuts a stream into events.
pub(super) struct Tokenizer {
    /// The largest event: the bytes of its `data` and `event` lines with one for each line's end.
    limit: usize,
    /// How many bytes of a leading BOM have come; `BOM.len()` once that is settled.
    bom: usize,
    /// The last byte was a CR, so that an LF right after it belongs to it.
    after_cr: bool,
    /// The unfinished line.
    line: Vec<u8>,
    /// What becomes of the rest of the unfinished line.
    rest_of_line: RestOfLine,
    block: Block,
    /// The last event id buffer.
    id: String,
}

/// What becomes of the rest of an unfinished line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RestOfLine {
    /// It is kept.
    Keep,
    /// It is dropped; what came of the line is enough.
    Cut,
    /// The whole line is dropped.
    Skip,
}

/// What has come of the event that is being put together.
#[derive(Default)]
struct Block {
    data: String,
    event: String,
    /// The bytes that count towards the limit.
    size: usize,
    oversized: bool,
    has_id: bool,
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    Data,
    Event,
    Id,
    Retry,
    /// A field that means nothing.
    Unknown,
}

impl Tokenizer {
    /// A tokenizer for one connection that was opened with `last_event_id` (empty if there was none).
    ///
    /// An event without `id` leaves the last event id as it was, across connections, as browsers do.
    pub fn new(limit: usize, last_event_id: &str) -> Self {
        Self {
            limit,
            bom: 0,
            after_cr: false,
            line: Vec::new(),
            rest_of_line: RestOfLine::Keep,
            block: Block::default(),
            id: last_event_id.to_owned(),
        }
    }

    /// Takes bytes from the front of `chunk` until it is used up or `sink` is full; returns how many.
    pub fn push(&mut self, chunk: &[u8], sink: &mut impl Sink) -> usize {
        let mut rest = self.skip_bom(chunk);
        while !rest.is_empty() && !sink.is_full() {
            if mem::take(&mut self.after_cr)
                && let [b'\n', tail @ ..] = rest
            {
                rest = tail;
                continue;
            }
            match rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                Some(at) => {
                    // A CR ends the line at once: waiting for the LF that may follow would hold an event back.
                    self.after_cr = rest[at] == b'\r';
                    self.end_line(&rest[..at], sink);
                    rest = &rest[at + 1..];
                }
                None => {
                    self.extend_line(rest);
                    rest = &[];
                }
            }
        }
        chunk.len() - rest.len()
    }

    /// Drops one leading BOM, which may come in pieces; part of one is text like any other.
    fn skip_bom<'a>(&mut self, chunk: &'a [u8]) -> &'a [u8] {
        let mut rest = chunk;
        while self.bom < BOM.len() {
            match rest {
                [] => break,
                [first, tail @ ..] if *first == BOM[self.bom] => {
                    self.bom += 1;
                    rest = tail;
                }
                [..] => {
                    self.extend_line(&BOM[..self.bom]);
                    self.bom = BOM.len();
                }
            }
        }
        rest
    }

    fn extend_line(&mut self, bytes: &[u8]) {
        if self.rest_of_line != RestOfLine::Keep || bytes.is_empty() {
            return;
        }
        let before = self.line.len();
        // Enough to tell what sort of line it is, which says how much of it is of use.
        let head = bytes.len().min((LONGEST_NAME + 1).saturating_sub(before));
        self.line.extend_from_slice(&bytes[..head]);
        let (kind, _) = split(&self.line);
        if kind == Kind::Unknown && self.line.len() <= LONGEST_NAME {
            // Its name may still be cut off in the middle; all of `bytes` is in.
            return;
        }
        let tail = &bytes[head..];
        let room = self.room(kind).saturating_sub(self.line.len());
        if tail.len() <= room {
            self.line.extend_from_slice(tail);
        } else if kind == Kind::Comment {
            self.line.extend_from_slice(&tail[..room]);
            self.rest_of_line = RestOfLine::Cut;
        } else {
            self.refuse(kind);
            self.rest_of_line = RestOfLine::Skip;
            give_back(&mut self.line);
        }
    }

    fn end_line(&mut self, end: &[u8], sink: &mut impl Sink) {
        if self.line.is_empty() && self.rest_of_line == RestOfLine::Keep {
            // The usual case: the whole line is in this chunk.
            return self.take_line(end, sink);
        }
        self.extend_line(end);
        let mut line = mem::take(&mut self.line);
        match mem::replace(&mut self.rest_of_line, RestOfLine::Keep) {
            RestOfLine::Keep | RestOfLine::Cut => self.take_line(&line, sink),
            RestOfLine::Skip => {}
        }
        give_back(&mut line);
        self.line = line;
    }

    fn take_line(&mut self, line: &[u8], sink: &mut impl Sink) {
        if line.is_empty() {
            return self.end_block(sink);
        }
        let (kind, value) = split(line);
        if kind != Kind::Comment && line.len() > self.room(kind) {
            return self.refuse(kind);
        }
        match kind {
            Kind::Comment => {
                let text = String::from_utf8_lossy(&value[..value.len().min(COMMENT_BYTES)]);
                let end = text.char_indices().nth(MAX_COMMENT_CHARS).map_or(text.len(), |(at, _)| at);
                sink.comment(&text[..end]);
            }
            Kind::Data => {
                self.block.size += line.len() + 1;
                push_lossy(&mut self.block.data, value);
                self.block.data.push('\n');
            }
            Kind::Event => {
                self.block.size += line.len() + 1;
                self.block.event.clear();
                push_lossy(&mut self.block.event, value);
            }
            Kind::Id if value.contains(&0) => {}
            Kind::Id => {
                self.id.clear();
                push_lossy(&mut self.id, value);
                self.block.has_id = true;
            }
            Kind::Retry => {
                if let Some(millis) = decimal(value) {
                    sink.retry(millis);
                }
            }
            Kind::Unknown => {}
        }
    }

    fn end_block(&mut self, sink: &mut impl Sink) {
        let block = &mut self.block;
        if block.oversized {
            sink.oversized(&self.id);
        } else if !block.data.is_empty() {
            block.data.pop();
            let event = if block.event.is_empty() { "message" } else { &block.event };
            sink.frame(event, &block.data, &self.id);
        } else if block.has_id {
            sink.id(&self.id);
        }
        block.data.clear();
        if block.data.capacity() > KEEP_BYTES {
            block.data = String::new();
        }
        block.event.clear();
        block.event.shrink_to(KEEP_BYTES);
        block.size = 0;
        block.oversized = false;
        block.has_id = false;
    }

    /// How long a line of this sort may be.
    fn room(&self, kind: Kind) -> usize {
        match kind {
            Kind::Comment => COMMENT_BYTES + ": ".len(),
            Kind::Data | Kind::Event if self.block.oversized => 0,
            Kind::Data | Kind::Event => self.limit.saturating_sub(self.block.size + 1),
            Kind::Id => MAX_ID_BYTES + "id: ".len(),
            Kind::Retry => MAX_RETRY_BYTES,
            Kind::Unknown => 0,
        }
    }

    /// A line was too long to be taken.
    fn refuse(&mut self, kind: Kind) {
        match kind {
            Kind::Data | Kind::Event | Kind::Id => {
                self.block.oversized = true;
                self.block.data = String::new();
                self.block.event = String::new();
            }
            Kind::Comment | Kind::Retry | Kind::Unknown => {}
        }
    }
}

/// Tells what a line is, and its value: what follows the first colon and one space after it.
fn split(line: &[u8]) -> (Kind, &[u8]) {
    let head = &line[..line.len().min(LONGEST_NAME + 1)];
    let (name, value) = match head.iter().position(|byte| *byte == b':') {
        Some(colon) => (&line[..colon], &line[colon + 1..]),
        None => (line, &[][..]),
    };
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let kind = match name {
        b"" => Kind::Comment,
        b"data" => Kind::Data,
        b"event" => Kind::Event,
        b"id" => Kind::Id,
        b"retry" => Kind::Retry,
        _ => Kind::Unknown,
    };
    (kind, value)
}

/// Appends text in which each invalid sequence has become U+FFFD. Lines may be decoded one by one, since
/// an invalid sequence never swallows a line's end.
fn push_lossy(text: &mut String, bytes: &[u8]) {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(valid) => text.push_str(valid),
        Cow::Owned(mended) if text.is_empty() => *text = mended,
        Cow::Owned(mended) => text.push_str(&mended),
    }
}

/// A number of ASCII digits only, saturated.
fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let append = |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(value.iter().fold(0, append))
}

fn give_back(buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.shrink_to(KEEP_BYTES);
}

#[cfg(test)]
mod tests;
