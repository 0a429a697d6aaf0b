//! Headers that go with each request: which names and values may be.

use url::form_urlencoded;

/// The most headers of one source.
pub(super) const MOST: usize = 32;
/// The longest value, in bytes.
const VALUE_BYTES: usize = 1_024;
/// What the client says itself, or the connection needs (RFC 9110, section 7.6.1).
const OWN: [&str; 16] = [
    "accept",
    "accept-encoding",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "last-event-id",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// What stands in the names of secrets.
const SECRET: [&str; 14] = [
    "auth",
    "bearer",
    "cookie",
    "credential",
    "csrf",
    "jwt",
    "key",
    "passphrase",
    "passw",
    "secret",
    "session",
    "signature",
    "ticket",
    "token",
];
/// The same, but in a longer word something else.
const SECRET_PARTS: [&str; 6] = ["otp", "pass", "pin", "pwd", "sid", "sig"];

/// Why a header cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// The name is none.
    #[error("a header's name is made of letters, digits and hyphens")]
    Name,
    /// By its name the value may be a secret, which the settings never hold.
    #[error("a header of this name may hold a secret, which the settings do not keep")]
    Secret,
    /// Belfry sends it itself.
    #[error("this header is sent by Belfry itself")]
    Own,
    /// The value is none.
    #[error("a header's value is up to 1024 visible ASCII characters and spaces")]
    Value,
}

/// Whether a header can be kept in the settings and sent.
///
/// # Errors
/// See [`BadHeader`].
pub fn check_header(name: &str, value: &str) -> Result<(), BadHeader> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(BadHeader::Name);
    }
    if is_secret_name(name) {
        return Err(BadHeader::Secret);
    }
    if OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(BadHeader::Own);
    }
    let visible = |b: u8| matches!(b, b' '..=b'~');
    let fine = value.trim() == value && !value.is_empty() && value.len() <= VALUE_BYTES;
    if fine && value.bytes().all(visible) { Ok(()) } else { Err(BadHeader::Value) }
}

/// Whether a header or query field of this name may hold a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let has_part = |part: &&str| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == *part);
    SECRET.iter().any(|word| name.contains(word)) || SECRET_PARTS.iter().any(has_part)
}

/// Whether a path has a query with a field that may hold a secret.
#[must_use]
pub fn has_secret_query(path: &str) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| is_secret_name(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_with_a_secret_is_known_by_its_names() {
        for path in ["/sse?auth=abc", "/sse?a=1&access_token=x", "/sse?a%75th=x", "/sse?sig"] {
            assert!(has_secret_query(path), "{path}");
        }
        for path in ["/sse", "/auth/sse", "/sse?channel=token", "/sse?a=1&b="] {
            assert!(!has_secret_query(path), "{path}");
        }
    }

    #[test]
    fn what_may_be_a_secret_or_is_belfrys_own_is_refused() {
        assert_eq!(check_header("X-Tenant", "a b"), Ok(()));
        assert_eq!(check_header("User-Agent", "probe/1"), Ok(()));
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "X-Api-Key",
            "x-token",
            "X-SECRET",
            "X-Auth",
            "X-Session-Id",
            "X-JWT",
            "Credentials",
            "x-csrf",
            "X-Passwd",
            "X-Pass",
            "x_sid",
            "Sig",
        ] {
            assert_eq!(check_header(name, "a"), Err(BadHeader::Secret), "{name}");
        }
        for name in ["X-Design", "X-Passenger", "X-Pinned", "X-Request-Id", "X-Trace"] {
            assert_eq!(check_header(name, "a"), Ok(()), "{name}");
        }
        for name in ["Host", "last-event-id", "Accept-Encoding", "Transfer-Encoding"] {
            assert_eq!(check_header(name, "a"), Err(BadHeader::Own), "{name}");
        }
        for name in ["", "a b", "a:b", "钟", "a\r\nb"] {
            assert_eq!(check_header(name, "a"), Err(BadHeader::Name), "{name:?}");
        }
        for value in ["", " a", "a\r\nHost: b", "钟", &"a".repeat(1_025)] {
            assert_eq!(check_header("X-A", value), Err(BadHeader::Value), "{value:?}");
        }
    }
}
