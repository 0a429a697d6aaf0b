//! The text of a cursor, `<epoch>-<seq>`. Only a server takes one apart: to a client a cursor is opaque.

use std::fmt;
use std::str::FromStr;

/// A place in the server's sequence of changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CursorText {
    /// Letters and digits; changes when the store is created anew or restored.
    pub epoch: String,
    /// The number of the last change that is known; 0 before the first.
    pub seq: u64,
}

impl CursorText {
    /// The longest text of a cursor, in bytes.
    pub const MAX_LEN: usize = 128;
}

impl fmt::Display for CursorText {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}-{}", self.epoch, self.seq)
    }
}

/// A text that is no cursor of belfry-server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCursor;

impl fmt::Display for BadCursor {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a cursor is <epoch>-<number>, at most 128 visible ASCII characters")
    }
}

impl std::error::Error for BadCursor {}

impl FromStr for CursorText {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        if text.len() > Self::MAX_LEN {
            return Err(BadCursor);
        }
        let (epoch, seq) = text.split_once('-').ok_or(BadCursor)?;
        let whole = !epoch.is_empty()
            && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !seq.is_empty()
            && seq.bytes().all(|byte| byte.is_ascii_digit());
        if !whole {
            return Err(BadCursor);
        }
        Ok(Self { epoch: epoch.to_owned(), seq: seq.parse().map_err(|_| BadCursor)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_to_text_and_back() {
        let cursor = CursorText { epoch: "k7".into(), seq: 42 };
        assert_eq!(cursor.to_string(), "k7-42");
        assert_eq!("k7-42".parse(), Ok(cursor));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let long = format!("{}-1", "a".repeat(127));
        for text in
            ["", "k7", "-1", "k7-", "k7-+1", "k7--1", "k7-1x", "k 7-1", "k7-99999999999999999999", &long]
        {
            assert_eq!(text.parse::<CursorText>(), Err(BadCursor), "{text}");
        }
    }
}
