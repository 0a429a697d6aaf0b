//! The words of the product as types: messages, their ids, kinds, times, and what identifies a source.
//!
//! Nothing here performs I/O or reads a clock. How the wire spells these things is the dialect's business.

mod activation;
mod change;
mod id;
mod kind;
mod listed;
mod message;
mod offset;
mod popup_place;
mod runs;
mod scheme;
mod time;
mod token;
mod url;
mod user;

pub use activation::ActivationToken;
pub use change::{GapReason, ReadState};
pub use id::{Cursor, Epoch, InvalidId, MessageId, RemoteId, SourceId, UndoId};
pub use kind::MessageKind;
pub use listed::{Filter, Tab};
pub use message::{Message, NewMessage, Priority, Sender, SentAt, Via};
pub use offset::{InvalidOffset, UtcOffset};
pub use popup_place::PopupPlace;
pub use runs::{MessageRuns, Room};
pub use scheme::{InvalidScheme, LinkScheme};
pub use time::Timestamp;
pub use token::{SecretText, Token};
pub use url::{InvalidUrl, Origin, ServerUrl, SiteUrl, WebLink, is_loopback};
pub use user::ServerUser;
