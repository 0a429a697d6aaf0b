//! What goes into the connection machine and what comes out of it.
//!
//! Everything that comes from the network names the attempt or poll that it belongs to; what names one
//! that is over changes nothing.

use std::time::{Duration, Instant};

use super::{LinkState, Reason};
use crate::model::Cursor;

/// Numbers the attempts to open a stream, over one machine's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub u64);

/// Numbers the polls of the history, over one machine's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PollNumber(pub u64);

/// The request on whose behalf something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// An attempt to open a stream, the history that is walked first included.
    Stream(Attempt),
    /// A poll of the history.
    Poll(PollNumber),
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// There is a token that has not been refused yet.
    SignedIn,
    /// There is no token.
    SignedOut(NoToken),
    /// The user does not want to wait.
    RetryNow,
    /// Good headers have come: 200, and an event stream.
    Opened {
        /// The attempt.
        attempt: Attempt,
    },
    /// Bytes have come on the open stream. At most once per poll of the stream, with the most that came.
    Heard {
        /// The attempt.
        attempt: Attempt,
        /// What they were.
        life: Life,
    },
    /// A page of the history is asked for in the course of a request, the first or a further one: its deadline
    /// starts anew.
    Progress {
        /// The request.
        by: Channel,
    },
    /// After the history, or without one, the stream itself is asked for: its headers have their full time.
    Asking {
        /// The attempt.
        attempt: Attempt,
    },
    /// Something that came was written to the store. Not from the network but from the disk: the cursor counts
    /// even if the request that brought it is over.
    Committed {
        /// The request that brought it.
        by: Channel,
        /// The cursor that was written in the same transaction; an empty text if the server cleared it; nothing
        /// if the cursor was left alone.
        cursor: Option<Cursor>,
        /// What was written beside the cursor.
        brought: Brought,
    },
    /// The server asks for this reconnection time (`retry:`).
    Retry {
        /// The attempt.
        attempt: Attempt,
        /// The time.
        span: Duration,
    },
    /// No stream was opened, or the open one has ended.
    Failed {
        /// The attempt.
        attempt: Attempt,
        /// Why.
        failure: Failure,
    },
    /// A poll is over; what it brought has been committed.
    Polled {
        /// The poll.
        number: PollNumber,
        /// What came of it.
        result: Result<(), PollFailure>,
    },
    /// A request that is neither of a stream nor a poll got 401.
    Unauthorized,
    /// The computer has woken from sleep.
    Woke {
        /// For how long the machine's clock stood still.
        slept: Duration,
    },
    /// The computer's way to the network is another one.
    NetworkChanged,
    /// The server asks to be left alone for so long, in answer to something that no attempt or poll has asked.
    Held {
        /// Counted from now.
        span: Duration,
    },
    /// The system says that there is no network. Not for a server on this computer.
    NetworkDown,
    /// The system says that there is a network again.
    NetworkUp,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoToken {
    /// The user has signed out, or has never signed in.
    SignedOut,
    /// The keychain is locked.
    KeychainLocked,
    /// There is no keychain.
    KeychainAbsent,
}

impl From<NoToken> for Reason {
    fn from(why: NoToken) -> Self {
        match why {
            NoToken::SignedOut => Self::SignedOut,
            NoToken::KeychainLocked => Self::KeychainLocked,
            NoToken::KeychainAbsent => Self::KeychainAbsent,
        }
    }
}

/// What bytes on a stream were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// A comment, an event that means nothing, or a part of something: the pause before it tells the server's beat.
    Beat,
    /// Something that happened on the server: the pause before it tells nothing.
    Message,
}

/// What a commit brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// Messages, updates, read marks or deletions: the stream is worth its name.
    Changes,
    /// Nothing but the cursor, as with `ready`, a heartbeat with an id, or an empty page.
    CursorOnly,
}

/// Why there is no stream, or no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The token would have travelled in the clear without the user's yes; nothing was sent.
    NotEncrypted,
    /// The proxy wants to know who asks, or does not take what it was told.
    ProxyLogin,
    /// The proxy let the request not through.
    Proxy,
    /// Whoever answers is not trusted; the reason says why.
    Untrusted(Reason),
    /// 401, or a 200 whose JSON says so.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 204.
    NoContent,
    /// 410.
    Gone,
    /// A redirect to another origin.
    Moved {
        /// That origin.
        to: String,
        /// By nothing but permanent redirects (301, 308).
        for_good: bool,
    },
    /// 200 with another content type.
    NotAStream,
    /// 200 with a page for people.
    WebPage,
    /// Redirects within the server that lead round, or too far.
    Circle,
    /// Any other status.
    Status {
        /// The status.
        status: u16,
        /// How long the server asks to be left alone, from now on.
        retry_after: Option<Duration>,
    },
    /// No answer at all: no name, no route, no listener.
    Unreachable,
    /// No headers in time.
    TimedOut,
    /// The end of the stream.
    Ended,
    /// The stream broke off or could not be decoded.
    Broken,
    /// What came could not be saved here; the server will repeat it.
    NotStored,
}

/// Why a poll brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollFailure {
    /// The token would have travelled in the clear without the user's yes; nothing was sent.
    NotEncrypted,
    /// The proxy wants to know who asks, or does not take what it was told.
    ProxyLogin,
    /// The proxy let the request not through.
    Proxy,
    /// Whoever answers is not trusted; the reason says why.
    Untrusted(Reason),
    /// 401, or a 200 whose JSON says so.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404, 405, 406 or 501, or no JSON: the server has no history.
    Unsupported,
    /// Any other status.
    Status {
        /// The status.
        status: u16,
        /// How long the server asks to be left alone, from now on.
        retry_after: Option<Duration>,
    },
    /// An answer that is too large or makes no sense.
    Unusable,
    /// What came could not be saved here.
    NotStored,
    /// No answer at all.
    Unreachable,
    /// No answer in time.
    TimedOut,
}

/// Something to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a stream. Where the cursor says so ([`CursorState::walk_first`]), the history is walked before, each page
    /// reported as [`Input::Progress`] and what it brings as [`Input::Committed`]; the request then carries what
    /// [`super::Link::cursor`] says.
    Connect {
        /// The attempt.
        attempt: Attempt,
        /// From where on.
        cursor: CursorState,
    },
    /// Drop everything that belongs to this attempt.
    Close {
        /// The attempt.
        attempt: Attempt,
    },
    /// Walk the history from the cursor to its end, then report [`Input::Polled`].
    Poll {
        /// The poll.
        number: PollNumber,
        /// From where on.
        cursor: CursorState,
    },
    /// Drop this poll; the stream brings what it would have brought.
    CancelPoll {
        /// The poll.
        number: PollNumber,
    },
    /// The server no longer knows the cursor (410): forget it in the store, and say that messages may be missing.
    CursorDropped,
    /// Tell the user that the token was refused. Once per sign-in.
    Rejected,
}

/// The place in the server's history up to which everything has been committed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CursorState {
    /// Nothing is known: the newest of the history is read first, and nothing is announced.
    #[default]
    Fresh,
    /// Everything up to here.
    At(Cursor),
    /// The server has cleared the cursor with an empty id: no header is sent, and the history is walked first.
    Unknown {
        /// The last one before that.
        last: Option<Cursor>,
    },
}

impl CursorState {
    /// What the `Last-Event-ID` header carries, if anything.
    #[must_use]
    pub fn header(&self) -> Option<&Cursor> {
        match self {
            Self::At(cursor) => Some(cursor).filter(|cursor| cursor.fits_header()),
            Self::Fresh | Self::Unknown { .. } => None,
        }
    }

    /// Where a walk through the history begins; the newest page if nowhere.
    #[must_use]
    pub fn after(&self) -> Option<&Cursor> {
        match self {
            Self::Fresh => None,
            Self::At(cursor) => Some(cursor),
            Self::Unknown { last } => last.as_ref(),
        }
    }

    /// Whether the history (where there is one) has to be walked before the stream is opened, because the
    /// stream cannot be told where to begin.
    #[must_use]
    pub fn walk_first(&self) -> bool {
        self.header().is_none()
    }

    /// Follows the cursor of a commit; an empty one clears it.
    pub(super) fn committed(&mut self, cursor: Cursor) {
        if !cursor.0.is_empty() {
            *self = Self::At(cursor);
            return;
        }
        match self {
            Self::At(last) => *self = Self::Unknown { last: Some(last.clone()) },
            Self::Fresh | Self::Unknown { .. } => {}
        }
    }
}

/// What the machine has to say for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: LinkState,
    /// Why, where there is something to say.
    pub reason: Option<Reason>,
    /// When the state was entered.
    pub since: Instant,
    /// Since when a stream is wanted and missing; nothing while live or stopped.
    pub missing_since: Option<Instant>,
    /// How many attempts this episode has spent.
    pub attempt: u32,
    /// When the next attempt at a stream is made, if none is under way.
    pub retry_at: Option<Instant>,
    /// The system says that there is no network, and nothing has come since.
    pub cut_off: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> CursorState {
        CursorState::At(Cursor(text.to_owned()))
    }

    #[test]
    fn an_empty_id_clears_the_header_and_remembers_where_to_walk_from() {
        let mut state = at("k7-1");
        state.committed(Cursor(String::new()));
        assert_eq!(state, CursorState::Unknown { last: Some(Cursor("k7-1".to_owned())) });
        assert!(state.header().is_none() && state.walk_first());
        assert_eq!(state.after(), Some(&Cursor("k7-1".to_owned())));
        state.committed(Cursor("k7-2".to_owned()));
        assert_eq!(state, at("k7-2"));
    }

    #[test]
    fn an_empty_id_where_there_was_none_changes_nothing() {
        for before in [CursorState::Fresh, CursorState::Unknown { last: Some(Cursor("a".to_owned())) }] {
            let mut state = before.clone();
            state.committed(Cursor(String::new()));
            assert_eq!(state, before);
        }
    }

    #[test]
    fn a_cursor_that_no_header_can_carry_is_not_sent_but_walked_from() {
        let state = at("a\tb");
        assert_eq!(state.header(), None);
        assert!(state.walk_first());
        assert_eq!(state.after().unwrap().0, "a\tb");
        assert!(!at("k7-1").walk_first());
    }
}
