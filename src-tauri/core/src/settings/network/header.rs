//! Headers that go with each request: which names and values may be.

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

/// Whether a header or query field of this name commonly holds a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "cookie", "token", "key", "secret", "password"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_or_is_belfrys_own_is_refused() {
        assert_eq!(check_header("X-Tenant", "a b"), Ok(()));
        assert_eq!(check_header("User-Agent", "probe/1"), Ok(()));
        for name in ["Authorization", "proxy-authorization", "Cookie", "X-Api-Key", "x-token", "X-SECRET"] {
            assert_eq!(check_header(name, "a"), Err(BadHeader::Secret), "{name}");
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
