//! What may be published, and the handle through which a program publishes, marks and deletes without HTTP.
//! Both the handle and the routes go through the checks here.

mod check;

use std::sync::Arc;

use belfry_protocol::{CursorText, MarkRead, Publish, Published};

use crate::access::{Access, Known};
use crate::store::{Expire, IdempotencyKey, Identity, MarkState, Op, Outcome, Placed, StoreError};
use crate::writer::{WriteError, Writer};

pub(crate) use check::{MAX_BODY, MAX_IDS, check, check_key};

/// Messages in one transaction of [`Publisher::publish_many`].
const CHUNK: usize = 1000;

/// Why a request was refused. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The request itself is wrong; the text says what is allowed.
    #[error("{0}")]
    Invalid(String),
    /// No subscriber has this name.
    #[error("there is no such user")]
    NoSuchUser,
    /// The user has no message with this id.
    #[error("there is no such message")]
    NoSuchMessage,
    /// The message is larger than 256 KiB.
    #[error("a message is at most {MAX_BODY} bytes")]
    TooLarge,
    /// The store failed, e.g. because the disk is full.
    #[error("the message could not be stored")]
    Store(#[source] StoreError),
    /// The server has ended.
    #[error("the server has ended")]
    Stopped,
}

impl From<WriteError> for Refused {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => Self::Store(error),
            WriteError::Stopped => Self::Stopped,
        }
    }
}

/// Whether a publish was the first of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    First,
    Repeated,
}

/// Publishes, marks and deletes inside the program. Cheap to clone; it outlives the server and then refuses.
#[derive(Clone)]
pub struct Publisher {
    pub(crate) writer: Writer,
    pub(crate) access: Arc<Access>,
    pub(crate) identity: Identity,
}

impl Publisher {
    /// Publishes a message. When it returns, the message is on disk.
    ///
    /// # Errors
    /// If the message is not allowed, has no receiver, or cannot be stored.
    pub async fn publish(&self, message: Publish) -> Result<Published, Refused> {
        Ok(self.publish_once(message, None).await?.0)
    }

    /// Publishes many messages, 1,000 in a transaction, and yields one answer for each in their order.
    ///
    /// # Errors
    /// At the first message that is refused; the chunks before it stay published.
    pub async fn publish_many(
        &self,
        messages: impl IntoIterator<Item = Publish>,
    ) -> Result<Vec<Published>, Refused> {
        let mut published = Vec::new();
        let mut messages = messages.into_iter().peekable();
        while messages.peek().is_some() {
            let set = self.access.now();
            let chunk = messages.by_ref().take(CHUNK).map(|message| check(message, &set));
            let messages = chunk.collect::<Result<Vec<_>, _>>()?;
            let outcome = self.writer.apply(Op::Publish { messages, key: None }).await?;
            if let Outcome::Published(placed) = outcome {
                published.extend(placed.into_iter().map(|placed| self.published(placed)));
            }
        }
        Ok(published)
    }

    pub(crate) async fn publish_once(
        &self,
        message: Publish,
        key: Option<IdempotencyKey>,
    ) -> Result<(Published, Freshness), Refused> {
        let messages = vec![check(message, &self.access.now())?];
        match self.writer.apply(Op::Publish { messages, key }).await? {
            Outcome::Published(placed) => match placed.first() {
                Some(placed) => Ok((self.published(*placed), Freshness::First)),
                None => Err(Refused::Stopped),
            },
            Outcome::Repeated(placed) => Ok((self.published(placed), Freshness::Repeated)),
            Outcome::Done | Outcome::Missing => Err(Refused::Stopped),
        }
    }

    /// Replaces `user`'s message `id` by a whole new one; its read mark stays unless the new one has `is_read`.
    /// `message.to` is ignored.
    ///
    /// # Errors
    /// If the message is not allowed, does not exist, or cannot be stored.
    pub async fn update(&self, user: &str, id: &str, mut message: Publish) -> Result<(), Refused> {
        let Some(id) = numbers(&[id.to_owned()]).first().copied() else { return Err(Refused::NoSuchMessage) };
        let read = message.is_read;
        user.clone_into(&mut message.to);
        let checked = check(message, &self.access.now())?;
        let op = Op::Update { user: user.to_owned(), id, kind: checked.kind, read, body: checked.body };
        match self.writer.apply(op).await? {
            Outcome::Missing => Err(Refused::NoSuchMessage),
            Outcome::Done | Outcome::Published(_) | Outcome::Repeated(_) => Ok(()),
        }
    }

    /// Marks messages of `user` as read or unread. Unknown ids are ignored.
    ///
    /// # Errors
    /// If there are more than 1,000 ids, `upTo` is no cursor of this store, or the marks cannot be stored.
    pub async fn mark_read(&self, user: &str, marks: MarkRead) -> Result<(), Refused> {
        let user = user.to_owned();
        let op = match marks {
            MarkRead::Ids { ids, .. } if ids.len() > MAX_IDS => {
                return Err(Refused::Invalid(format!("ids: at most {MAX_IDS} at once")));
            }
            MarkRead::Ids { ids, read } => {
                let state = if read { MarkState::Read } else { MarkState::Unread };
                Op::Mark { user, ids: numbers(&ids), state }
            }
            MarkRead::All { up_to } => Op::MarkAllRead { user, up_to: self.number_of(&up_to, "upTo")? },
        };
        self.writer.apply(op).await?;
        Ok(())
    }

    /// Deletes `user`'s message `id`, if it is there.
    ///
    /// # Errors
    /// If the deletion cannot be stored.
    pub async fn delete(&self, user: &str, id: &str) -> Result<(), Refused> {
        let (user, ids) = (user.to_owned(), numbers(&[id.to_owned()]));
        self.writer.apply(Op::Mark { user, ids, state: MarkState::Deleted }).await?;
        Ok(())
    }

    /// Drops everything at or before `cursor`, as retention does with what is old.
    ///
    /// # Errors
    /// If `cursor` is no cursor of this store, or the store fails.
    pub async fn expire_up_to(&self, cursor: &str) -> Result<(), Refused> {
        let seq = self.number_of(cursor, "cursor")?;
        self.writer.apply(Op::Expire(Expire::UpTo(seq))).await?;
        Ok(())
    }

    fn published(&self, placed: Placed) -> Published {
        Published { id: placed.id.to_string(), cursor: self.identity.cursor(placed.seq) }
    }

    fn number_of(&self, cursor: &str, field: &str) -> Result<u64, Refused> {
        match cursor.parse::<CursorText>() {
            Ok(cursor) if cursor.epoch == *self.identity.epoch => Ok(cursor.seq),
            Ok(_) | Err(_) => Err(Refused::Invalid(format!("{field}: not a cursor of this store"))),
        }
    }
}

/// The ids that can be ids here, each once; anything else names no message. SQLite's integers end at 2^63.
fn numbers(ids: &[String]) -> Vec<u64> {
    let number = |id: &String| id.parse::<i64>().ok().filter(|number| number.to_string() == *id);
    let mut numbers: Vec<u64> =
        ids.iter().filter_map(number).filter_map(|number| u64::try_from(number).ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Whom a message is for.
fn receivers(to: &str, set: &Known) -> Result<Vec<String>, Refused> {
    if to == "*" {
        return Ok(set.subscribers().cloned().collect());
    }
    if set.knows(to) { Ok(vec![to.to_owned()]) } else { Err(Refused::NoSuchUser) }
}
