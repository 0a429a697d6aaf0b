//! The JSON shapes of Belfry's native wire protocol (`docs/protocol.md`), shared by the client core and the server.
//!
//! Reading is lenient: a foreign server implements what it likes, so that a missing or wrongly typed optional field
//! is absent and never fails what stands around it; a list that never ends is read to a bound. Writing is strict: camelCase, ids as text.
//! Deliberately not here: I/O, HTTP, event-stream framing, and the interpretation of what was read
//! (zone-less times, defaults, click targets), which are the client's.

mod api;
mod control;
mod cursor;
mod lenient;
mod message;

pub use api::{
    ErrorBody, ErrorDetail, Health, HistoryPage, Login, MarkRead, Me, Publish, Published, SignedIn,
    UnreadCount,
};
pub use control::{Deleted, Gap, GapReason, MOST_EVENT_IDS, ReadMark, Ready, User, event};
pub use cursor::{BadCursor, CursorText};
pub use lenient::Kept;
pub use message::{NoMessage, Sender, WireMessage, WireTime};

/// The version of the protocol, as told in `ready` and `/health`.
pub const PROTOCOL: u32 = 1;
