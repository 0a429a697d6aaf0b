//! What a server's answer means where it has not taken what it was told.

use std::time::Duration;

use crate::ports::{FetchError, TransportFault};

/// What it means that something was not taken.
pub(super) enum Meaning {
    /// The token is not good for it.
    Token,
    /// There is no such call, as it seems.
    NoCall,
    /// Not with this token: this message, or none at all.
    NotAllowed,
    /// It is too large.
    TooMuch,
    /// Something in it will never be taken.
    NotThis,
    /// The server, or the way to it, is not ready for anything.
    NotNow,
    /// It may be the moment, or something in it.
    Unclear,
}

pub(super) fn meaning(error: &FetchError) -> Meaning {
    match error {
        FetchError::Unauthorized => Meaning::Token,
        FetchError::Unsupported => Meaning::NoCall,
        FetchError::Forbidden => Meaning::NotAllowed,
        // Whatever it is, the server says that it will pass.
        FetchError::Status { status: 400..=499, retry_after: Some(_) } => Meaning::NotNow,
        FetchError::Status { status: 413, .. } => Meaning::TooMuch,
        FetchError::Status { status: 425 | 429, .. } => Meaning::NotNow,
        FetchError::Status { status: 408, .. } => Meaning::Unclear,
        FetchError::Status { status: 400..=499, .. } => Meaning::NotThis,
        FetchError::Moved { .. }
        | FetchError::Redirected { .. }
        | FetchError::Status { .. }
        | FetchError::TooLarge
        | FetchError::Fault(TransportFault::TimedOut) => Meaning::Unclear,
        FetchError::Fault(_) | FetchError::NotEncrypted => Meaning::NotNow,
    }
}

pub(super) fn retry_after(error: &FetchError) -> Option<Duration> {
    match error {
        FetchError::Status { retry_after, .. } => *retry_after,
        FetchError::NotEncrypted
        | FetchError::Unauthorized
        | FetchError::Forbidden
        | FetchError::Unsupported
        | FetchError::Moved { .. }
        | FetchError::Redirected { .. }
        | FetchError::Fault(_)
        | FetchError::TooLarge => None,
    }
}
