//! The proxy on the way to a server. Its user and password stand in the keychain, never in an address.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::model::is_loopback;

/// The proxy on the way to a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Proxy {
    /// The system's; none to this computer.
    #[default]
    System,
    /// None.
    Direct,
    /// This one, to this computer too.
    Through(ProxyUrl),
}

/// The address of a proxy, e.g. `http://proxy.example:3128`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

/// Why a text names no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// It is something else.
    #[error(
        "system, none, or an address such as http://proxy.example:3128 or socks5://127.0.0.1:1080 is allowed"
    )]
    Syntax,
    /// It holds what belongs into the keychain.
    #[error("the proxy's address must not hold its user name or password")]
    Login,
}

impl Proxy {
    /// Whether it is the system's.
    #[must_use]
    pub fn is_system(&self) -> bool {
        *self == Self::System
    }

    /// The address, where the user has named one.
    #[must_use]
    pub fn url(&self) -> Option<&ProxyUrl> {
        match self {
            Self::System | Self::Direct => None,
            Self::Through(url) => Some(url),
        }
    }
}

impl ProxyUrl {
    /// The address as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether it is on this computer.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether it is spoken to over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for ProxyUrl {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidProxy::Syntax)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidProxy::Login);
        }
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let known = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
        let host = url.host_str().is_some_and(|host| !host.is_empty());
        if bare && known && host { Ok(Self(url)) } else { Err(InvalidProxy::Syntax) }
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        match text.trim() {
            "" | "system" => Ok(Self::System),
            "none" => Ok(Self::Direct),
            url => url.parse().map(Self::Through),
        }
    }
}

impl TryFrom<String> for Proxy {
    type Error = InvalidProxy;

    fn try_from(text: String) -> Result<Self, InvalidProxy> {
        text.parse()
    }
}

impl From<Proxy> for String {
    fn from(proxy: Proxy) -> Self {
        proxy.to_string()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "system",
            Self::Direct => "none",
            Self::Through(url) => url.as_str(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_the_systems_none_or_an_address() {
        for (text, canonical) in [
            ("", "system"),
            ("system", "system"),
            ("none", "none"),
            ("http://proxy.example:3128/", "http://proxy.example:3128"),
            ("https://proxy.example", "https://proxy.example"),
            ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
            (" socks5h://[::1]:1080 ", "socks5h://[::1]:1080"),
        ] {
            assert_eq!(text.parse::<Proxy>().unwrap().to_string(), canonical, "{text}");
        }
        for bad in
            ["proxy:3128", "ftp://proxy", "http://", "socks5://", "http://p/path", "http://p/?a", "auto"]
        {
            assert_eq!(bad.parse::<Proxy>(), Err(InvalidProxy::Syntax), "{bad}");
        }
    }

    #[test]
    fn a_proxy_is_on_this_computer_or_on_another() {
        for (text, here) in [
            ("http://127.0.0.1:3128", true),
            ("https://localhost", true),
            ("socks5://127.0.0.2:1080", true),
            ("socks5h://[::1]:1080", true),
            ("socks5h://LOCALHOST:1080", true),
            ("http://proxy.example", false),
            ("socks5://10.0.0.1:1080", false),
            ("socks5://127.0.0.1.example", false),
        ] {
            assert_eq!(text.parse::<ProxyUrl>().unwrap().is_loopback(), here, "{text}");
        }
    }

    #[test]
    fn a_login_in_an_address_is_refused_and_not_repeated() {
        for bad in ["http://me:s3cret@proxy:1", "socks5://me@proxy"] {
            let error = bad.parse::<Proxy>().unwrap_err();
            assert_eq!(error, InvalidProxy::Login);
            assert!(!error.to_string().contains("s3cret"));
        }
    }
}
