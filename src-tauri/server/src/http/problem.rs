//! Every refusal as an answer: a status, and `{"error":{"code","message"}}`.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use belfry_protocol::{ErrorBody, ErrorDetail};

use super::json::Answer;
use crate::publish::Refused;
use crate::store::StoreError;

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Problem {
    /// No token, or one that is not known.
    Unauthorized,
    /// The user name or the password is wrong.
    WrongPassword,
    /// Passwords were tried too often.
    TooManyTries {
        /// Until the next try.
        wait: Duration,
    },
    /// Too much is asked for at once.
    Busy,
    /// The token is for something else.
    Forbidden(&'static str),
    /// There is nothing at this path.
    NotFound,
    /// The path does not take this method.
    Method,
    /// The body is not declared as JSON.
    NotJson,
    /// The body is larger than 256 KiB.
    TooLarge,
    /// The body did not come in time.
    TooSlow,
    /// The request is wrong; the text says what is allowed.
    Invalid(String),
    /// The `Host` is none of the server's names.
    Misdirected,
    /// What was asked for was refused behind the route.
    Refused(Refused),
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Refused(Refused::Store(error))
    }
}

impl Problem {
    fn parts(&self) -> (StatusCode, &'static str, String) {
        let say = |status, code, text: &str| (status, code, text.to_owned());
        match self {
            Self::Unauthorized => {
                say(StatusCode::UNAUTHORIZED, "unauthorized", "The token is missing or not accepted.")
            }
            Self::WrongPassword => {
                say(StatusCode::UNAUTHORIZED, "wrong_password", "The user name or the password is not right.")
            }
            Self::TooManyTries { .. } => say(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_tries",
                "This name was tried too often; wait as long as Retry-After says.",
            ),
            Self::Busy => {
                say(StatusCode::SERVICE_UNAVAILABLE, "busy", "The server is busy; try again in a moment.")
            }
            Self::Forbidden(what) => say(StatusCode::FORBIDDEN, "forbidden", what),
            Self::NotFound => say(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address."),
            Self::Method => say(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address takes another method.",
            ),
            Self::NotJson => {
                say(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "Content-Type must be application/json.")
            }
            Self::TooLarge | Self::Refused(Refused::TooLarge) => {
                say(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "A message is at most 256 KiB.")
            }
            Self::TooSlow => say(
                StatusCode::REQUEST_TIMEOUT,
                "too_slow",
                "The body did not come in time; nothing was changed.",
            ),
            Self::Invalid(text) | Self::Refused(Refused::Invalid(text)) => {
                say(StatusCode::BAD_REQUEST, "invalid", text)
            }
            Self::Misdirected => say(
                StatusCode::MISDIRECTED_REQUEST,
                "misdirected",
                "The server is not known under this host name; start it with --public-host.",
            ),
            Self::Refused(Refused::NoSuchUser) => {
                say(StatusCode::NOT_FOUND, "no_such_user", "There is no such user.")
            }
            Self::Refused(Refused::NoSuchMessage) => {
                say(StatusCode::NOT_FOUND, "no_such_message", "There is no such message.")
            }
            Self::Refused(Refused::Store(_)) => say(
                StatusCode::INTERNAL_SERVER_ERROR,
                "store_failed",
                "The store failed; nothing was changed.",
            ),
            Self::Refused(Refused::Stopped) => {
                say(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The server is ending.")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Refused(Refused::Store(error)) = &self {
            tracing::error!(error = error as &dyn std::error::Error, "a request failed in the store");
        }
        let (status, code, message) = self.parts();
        let body = ErrorBody { error: ErrorDetail { code: code.to_owned(), message } };
        let mut response = (status, Answer(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::TooManyTries { wait } = self {
            let seconds = wait.as_millis().div_ceil(1000);
            let seconds = HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
