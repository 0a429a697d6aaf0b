//! What the failures of the network mean to a source's machine.

use crate::engine::distrust::Distrust;
use crate::link::{Failure, PollFailure};
use crate::model::Cursor;
use crate::ports::{ConnectError, FetchError, TransportFault};
use crate::settings::SourceSettings;

/// What it means that no stream was opened.
pub(super) fn connect_failure(error: ConnectError, source: &SourceSettings) -> Failure {
    match error {
        ConnectError::Fault(TransportFault::TimedOut) => Failure::TimedOut,
        ConnectError::Fault(TransportFault::ProxyLogin(_)) => Failure::ProxyLogin,
        ConnectError::Fault(TransportFault::Proxy(_)) => Failure::Proxy,
        ConnectError::Fault(TransportFault::Certificate(certificate)) => {
            Failure::Untrusted(Distrust::of(&certificate, source).reason)
        }
        ConnectError::Fault(_) => Failure::Unreachable,
        ConnectError::NotEncrypted => Failure::NotEncrypted,
        ConnectError::Unauthorized => Failure::Unauthorized,
        ConnectError::Forbidden => Failure::Forbidden,
        ConnectError::NoContent => Failure::NoContent,
        ConnectError::Gone => Failure::Gone,
        // Within its origin it was followed as often as is allowed.
        ConnectError::Moved { origin, .. } if origin == source.url.origin().to_string() => Failure::Circle,
        ConnectError::Moved { origin, for_good } => Failure::Moved { to: origin, for_good },
        ConnectError::NotAStream { content_type } if is_page(&content_type) => Failure::WebPage,
        ConnectError::NotAStream { .. } => Failure::NotAStream,
        ConnectError::Status { status, retry_after } => Failure::Status { status, retry_after },
    }
}

/// What the failure of a page means to an attempt that goes on from a place, or from none.
pub(super) fn fetch_failure(error: &FetchError, place: Option<&Cursor>, source: &SourceSettings) -> Failure {
    match error {
        FetchError::Fault(TransportFault::TimedOut) => Failure::TimedOut,
        FetchError::Fault(TransportFault::ProxyLogin(_)) => Failure::ProxyLogin,
        FetchError::Fault(TransportFault::Proxy(_)) => Failure::Proxy,
        FetchError::Fault(TransportFault::Certificate(certificate)) => {
            Failure::Untrusted(Distrust::of(certificate, source).reason)
        }
        FetchError::Fault(_) => Failure::Unreachable,
        FetchError::NotEncrypted => Failure::NotEncrypted,
        FetchError::Unauthorized => Failure::Unauthorized,
        FetchError::Forbidden => Failure::Forbidden,
        // Without a place none can be gone.
        FetchError::Status { status: 410, .. } if place.is_some() => Failure::Gone,
        FetchError::Status { status, retry_after } => {
            Failure::Status { status: *status, retry_after: *retry_after }
        }
        FetchError::Unsupported
        | FetchError::Moved { .. }
        | FetchError::Redirected { .. }
        | FetchError::TooLarge => Failure::NotAStream,
    }
}

/// What it means to a poll.
pub(super) fn poll_failure(error: &FetchError, source: &SourceSettings) -> PollFailure {
    match error {
        FetchError::Fault(TransportFault::TimedOut) => PollFailure::TimedOut,
        FetchError::Fault(TransportFault::ProxyLogin(_)) => PollFailure::ProxyLogin,
        FetchError::Fault(TransportFault::Proxy(_)) => PollFailure::Proxy,
        FetchError::Fault(TransportFault::Certificate(certificate)) => {
            PollFailure::Untrusted(Distrust::of(certificate, source).reason)
        }
        FetchError::Fault(_) => PollFailure::Unreachable,
        FetchError::NotEncrypted => PollFailure::NotEncrypted,
        FetchError::Unauthorized => PollFailure::Unauthorized,
        FetchError::Forbidden => PollFailure::Forbidden,
        FetchError::Unsupported | FetchError::Moved { .. } | FetchError::Redirected { .. } => {
            PollFailure::Unsupported
        }
        FetchError::Status { status, retry_after } => {
            PollFailure::Status { status: *status, retry_after: *retry_after }
        }
        FetchError::TooLarge => PollFailure::Unusable,
    }
}

/// Whether a content type is that of pages for people (RFC 9110, section 8.3).
fn is_page(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|page| essence.eq_ignore_ascii_case(page))
}
