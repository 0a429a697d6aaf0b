//! The connection machine of one source: pure, without clock, socket or randomness of its own.
//!
//! In quinn-proto's words: [`Link::handle`] takes what has happened, [`Link::poll_output`] gives what is to be
//! done, [`Link::poll_timeout`] says when [`Link::handle_timeout`] wants to be called. One machine holds at most
//! one stream open, decides when to try again, when to give up, and when to ask the history instead.
//!
//! Deliberately not here: HTTP, what a frame means, and the words for people (catalogue keys `reason.<code>`).

mod backoff;
mod config;
mod liveness;
mod poller;
mod state;
mod vocabulary;

mod machine;
mod outcome;
mod polling;
mod surroundings;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use backoff::Backoff;
pub use config::{History, LinkConfig};
pub use machine::Link;
pub use vocabulary::{
    Attempt, Brought, Channel, CursorState, Failure, Input, Life, NoToken, Output, PollFailure, PollNumber,
    Status,
};

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where the machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Nothing happens until someone acts; the reason says why.
    Stopped,
    /// A stream is being opened.
    Opening,
    /// The stream is open and has proved life.
    Live,
    /// A pause before the next attempt.
    Waiting,
    /// There is no stream at the moment; the history is asked instead.
    Polling,
}

/// Why the machine stands where it stands. Each has a sentence in the catalogue under `reason.<code>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The user is signed out, or there is no token.
    SignedOut,
    /// The server did not accept the token.
    Rejected,
    /// The token is accepted, but not for this.
    Forbidden,
    /// The keychain is locked.
    KeychainLocked,
    /// There is no keychain, and the token of the last session is gone with it.
    KeychainAbsent,
    /// The server said that it has nothing more to say (204).
    Ended,
    /// The server sends to another origin; where that is for good, the user has to confirm it.
    Moved,
    /// There is nothing at this address any more (410).
    Gone,
    /// The server has offered neither a stream nor a history, now or before.
    Unsupported,
    /// The token would travel in the clear, and the user has not said yes to that.
    NotEncrypted,
    /// The proxy wants to know who asks, or does not take what it was told.
    ProxyLogin,
    /// The proxy let the request not through.
    Proxy,
    /// The time of the server's certificate is over.
    CertificateExpired,
    /// The time of the server's certificate has not come.
    CertificateNotYetValid,
    /// Nobody who is trusted has signed the server's certificate.
    CertificateIssuer,
    /// The server's certificate is for another name.
    CertificateName,
    /// The server's key is another one than the pinned one.
    OtherKey,
    /// The server's certificate is bad for another reason.
    NotTrusted,
    /// The certificate of the proxy on the way is not trusted.
    ProxyNotTrusted,
    /// The system says that this computer has no network, and nothing has come since.
    NoNetwork,
    /// The server could not be reached.
    Unreachable,
    /// The server did not answer in time.
    TimedOut,
    /// The server answered, but not with an event stream.
    NoStream,
    /// A page for people answered: a network that asks to sign in first, or a server that is being mended.
    WebPage,
    /// The address leads to itself, or from one to the next too often.
    Circle,
    /// The server answered with an error.
    ServerError,
    /// The server asked to be left alone for a while.
    Busy,
    /// The server closed the stream; it is opened again.
    Rotated,
    /// The stream broke off.
    Broken,
    /// Nothing was heard for too long.
    Idle,
    /// The stream is open, but nothing has been heard on it yet.
    Unheard,
    /// What came could not be saved on this computer.
    NotStored,
    /// All attempts of this episode are spent.
    AttemptsSpent,
}

impl Reason {
    /// Whether there was no connection to the server: nobody was there, or nobody who is trusted.
    #[must_use]
    pub fn is_unreached(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::CertificateExpired
                | Self::CertificateNotYetValid
                | Self::CertificateIssuer
                | Self::CertificateName
                | Self::OtherKey
                | Self::NotTrusted
                | Self::ProxyNotTrusted
        )
    }
}

/// The longest that a server's `Retry-After` is obeyed: a clock may be wrong, and a number a mistake.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The moment `span` after `now`; a span that no clock can hold becomes thirty years.
pub(crate) fn later(now: Instant, span: Duration) -> Instant {
    const THIRTY_YEARS: Duration = Duration::from_secs(30 * 365 * 86_400);
    now.checked_add(span.min(THIRTY_YEARS)).unwrap_or(now)
}
