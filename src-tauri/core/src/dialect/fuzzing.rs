//! What has to hold of whatever a decoder makes of any input; a property test and a fuzz target (`fuzz/`) call it.

use super::{Decoded, decode_frame, decode_history, decode_login, decode_me};
use crate::model::{NewMessage, RemoteId};
use crate::settings::Dialect;

/// The most ids of one event that are kept.
const MAX_IDS: usize = 1_000;

/// The most messages and ids of one page that are kept.
const MAX_PAGE: (usize, usize) = (1_000, 10_000);

/// Decodes any bytes as everything that a server may be asked for. The first line is an event's type, the rest its data.
///
/// # Panics
/// If what comes out is not what the rest of the program takes for granted.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (event, data) = text.split_once('\n').unwrap_or(("message", &text));
    frame(event, data);
    documents(input);
}

/// Decodes an event's data.
pub(super) fn frame(event: &str, data: &str) {
    match decode_frame(Dialect::Native, event, data) {
        Decoded::Message(read) | Decoded::Updated(read) => message(&read, data.len()),
        Decoded::Read { ids, .. } | Decoded::Deleted { ids, .. } => {
            assert!(ids.len() <= MAX_IDS, "{} ids", ids.len());
            each_once(ids);
        }
        Decoded::Gap(_) | Decoded::Ready { .. } | Decoded::Ignored | Decoded::Malformed(_) => {}
    }
}

/// Decodes the body of an answer.
pub(super) fn documents(body: &[u8]) {
    if let Ok(page) = decode_history(Dialect::Native, body) {
        page.messages.iter().for_each(|read| message(read, body.len()));
        let ids = page.read.len() + page.unread.len() + page.deleted.len();
        assert!(page.messages.len() <= MAX_PAGE.0 && ids <= 3 * MAX_PAGE.1);
    }
    let _ = decode_me(Dialect::Native, body);
    if let Some(token) = decode_login(Dialect::Native, body) {
        assert!(!token.is_empty(), "an empty token");
    }
}

/// A message that was read from so many bytes.
fn message(message: &NewMessage, bytes: usize) {
    assert!(!message.title.trim().is_empty(), "an empty title");
    assert!(!message.title.chars().any(char::is_control), "{:?}", message.title);
    assert!(!message.title.contains(['\u{202e}', '\u{2066}', '\u{2028}']), "{:?}", message.title);
    assert!(message.kind.as_str().chars().count() <= 64 && !message.kind.as_str().is_empty());
    assert!(!message.kind.as_str().chars().any(char::is_control), "{:?}", message.kind);
    assert_ne!(message.remote_id.as_ref().map(|id| id.0.as_str()), Some(""));
    let large = message.title.len() + message.body.len();
    assert!(large <= 4 * bytes + 64, "{large} bytes of text out of {bytes}");
}

fn each_once(mut ids: Vec<RemoteId>) {
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id comes twice");
}
