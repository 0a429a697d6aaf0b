//! How a source's server is reached: through which proxy, with which headers, whom to trust, in which version of HTTP.
//!
//! What makes a file of certificates usable is the transport's to know; a proxy's user and password stand in the
//! keychain.

mod form;
mod header;
mod pin;
mod proxy;

pub use form::NetworkForm;
pub use header::{BadHeader, check_header, has_secret_query, is_secret_name};
pub use pin::{InvalidPin, Pin};
pub use proxy::{InvalidProxy, Proxy, ProxyUrl};

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use url::Url;

use super::{BadValue, SourceField};
use crate::model::is_loopback;

/// How a source's server is reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// The proxy on the way.
    #[serde(skip_serializing_if = "Proxy::is_system")]
    pub proxy: Proxy,
    /// A PEM file of certificates that are trusted beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// A PEM file with the certificate that is shown to a server which asks for one, and its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<PathBuf>,
    /// The only key that the server may have, beside the normal verification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// The version of HTTP.
    #[serde(skip_serializing_if = "HttpVersion::is_auto")]
    pub http: HttpVersion,
    /// The user's yes to a token that travels in the clear to another computer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_plain_http: bool,
    /// Headers that go with each request. None of them holds a secret.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: Headers,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub unknown: toml::Table,
}

/// Values by the header's name.
pub type Headers = BTreeMap<String, String>;

impl Network {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing of a request to this address leaves the computer: the server is here, and so is the proxy
    /// where one is named. The system's is not used for a server that is here.
    #[must_use]
    pub fn stays_here(&self, url: &Url) -> bool {
        is_loopback(url) && self.proxy.url().is_none_or(ProxyUrl::is_loopback)
    }

    /// Whether the settings go together.
    ///
    /// # Errors
    /// [`BadValue`]: TLS would show the client's certificate, which is for the server alone, to the proxy as well.
    pub fn check(&self) -> Result<(), BadValue> {
        if self.client_certificate.is_some() && self.proxy.url().is_some_and(ProxyUrl::is_tls) {
            let why =
                "a client certificate cannot be used with an https proxy, to which it would be shown, too";
            return Err(BadValue { field: SourceField::ClientCertificate, why: why.to_owned() });
        }
        Ok(())
    }
}

/// The version of HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum HttpVersion {
    /// What server and client agree on (ALPN); 1.1 without TLS.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// HTTP/1.1 only.
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2 only, without TLS too.
    #[serde(rename = "2")]
    Http2,
}

impl HttpVersion {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(proxy: &str) -> Network {
        Network { proxy: proxy.parse().unwrap(), ..Network::default() }
    }

    #[test]
    fn a_request_stays_here_where_its_first_hop_is_here() {
        let stays = |proxy: &str, url: &str| through(proxy).stays_here(&url.parse().unwrap());
        for proxy in ["system", "none", "http://127.0.0.1:3128", "socks5h://localhost:1080"] {
            assert!(stays(proxy, "http://localhost:8080/api"), "{proxy}");
            assert!(!stays(proxy, "http://b.example/api"), "{proxy}");
        }
        for proxy in ["http://proxy.example:3128", "socks5://10.0.0.1:1080", "https://proxy.example"] {
            assert!(!stays(proxy, "http://127.0.0.1:8080/api"), "{proxy}");
        }
    }

    #[test]
    fn the_clients_certificate_is_not_for_a_proxy() {
        for (proxy, fine) in
            [("https://proxy.example", false), ("https://localhost", false), ("system", true)]
        {
            let network = Network { client_certificate: Some("/me.pem".into()), ..through(proxy) };
            assert_eq!(network.check().is_ok(), fine, "{proxy}");
            through(proxy).check().unwrap();
        }
    }
}
