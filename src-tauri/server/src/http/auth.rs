//! Who is asking: `Authorization: Bearer`, and on the stream alone `?token=`.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Shared;
use super::problem::Problem;
use crate::access::Holder;
use crate::tokens::{Role, Token};

/// Whoever has a token that counts.
pub(crate) struct Caller(pub Arc<Holder>);

/// A caller who reads messages.
pub(crate) struct Subscriber(pub Arc<Holder>);

/// A caller who publishes messages.
pub(crate) struct Publishing(pub Arc<Holder>);

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        identify(shared, &parts.headers, None).map(Self)
    }
}

impl FromRequestParts<Arc<Shared>> for Subscriber {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        subscriber(identify(shared, &parts.headers, None)?).map(Self)
    }
}

impl FromRequestParts<Arc<Shared>> for Publishing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let holder = identify(shared, &parts.headers, None)?;
        match holder.role {
            Role::Publisher => Ok(Self(holder)),
            Role::Subscriber => Err(Problem::Forbidden("Publishing needs a publisher's token.")),
        }
    }
}

/// Finds whose token the request carries; a header wins over `query`, even one that is not accepted.
pub(super) fn identify(
    shared: &Shared,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Arc<Holder>, Problem> {
    let text = match headers.get(header::AUTHORIZATION) {
        Some(value) => value.to_str().ok().and_then(bearer),
        None => query,
    };
    let token = Token::new(text.ok_or(Problem::Unauthorized)?);
    shared.access.now().find(&token).cloned().ok_or(Problem::Unauthorized)
}

/// Lets subscribers through.
pub(super) fn subscriber(holder: Arc<Holder>) -> Result<Arc<Holder>, Problem> {
    match holder.role {
        Role::Subscriber => Ok(holder),
        Role::Publisher => Err(Problem::Forbidden("Reading needs a subscriber's token.")),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn only_a_bearer_token_is_taken() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for other in ["Basic abc", "abc", "Bearer", ""] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
