//! reqwest's errors in the product's words, without any address in them.

use std::error::Error;
use std::io;

use belfry_core::ports::{StreamError, TransportFault};

/// Why a request got no answer.
pub(super) fn of_request(error: reqwest::Error) -> TransportFault {
    let error = error.without_url();
    let text = innermost(&error);
    if is_tls(&error) {
        TransportFault::Tls(text)
    } else if error.is_timeout() {
        TransportFault::TimedOut
    } else if error.is_dns() {
        TransportFault::Dns(text)
    } else if error.is_connect() {
        TransportFault::Connect(text)
    } else {
        TransportFault::Other(text)
    }
}

/// Why a body broke off.
pub(super) fn of_body(error: reqwest::Error) -> StreamError {
    let error = error.without_url();
    let text = innermost(&error);
    // reqwest calls every failure of a body a decoding error; the decoders' own are of this kind.
    let undecodable = causes(&error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| matches!(cause.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
    if undecodable { StreamError::Undecodable(text) } else { StreamError::Broken(text) }
}

fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>())
}

/// The text of the last cause, which is the one that says what happened; the ones around it repeat it or
/// speak of layers.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| below(cause))
}

/// The cause below this one. An I/O error names as its source not the error that it wraps but that one's
/// own source.
fn below<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}
