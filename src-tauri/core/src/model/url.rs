//! Addresses: of a server's API, of the site that people see, and of a page to open.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::LinkScheme;

/// Why a text is not an address that Belfry can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It does not parse as an absolute URL.
    #[error("this is no absolute URL")]
    Syntax,
    /// Only `http` and `https` are spoken.
    #[error("this is no http or https address")]
    Scheme,
    /// It carries a user name, a password, a query or a fragment, where secrets would end up in logs.
    #[error("the address must not contain a user name, password, query or fragment")]
    Extra,
}

/// The base of a server's API, e.g. `https://example.org/api`; never with a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerUrl(Url);

impl ServerUrl {
    /// The address of `path` below the base. `path` starts with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{base}{path}"));
        url.set_query(query);
        url
    }

    /// The site that people see unless they say otherwise: the origin of the API.
    #[must_use]
    pub fn default_site(&self) -> SiteUrl {
        let mut url = self.0.clone();
        url.set_path("/");
        SiteUrl(url)
    }

    /// The origin of the API.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin(self.0.origin())
    }

    /// Whether the server is this computer.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }
}

/// Whether an address is on this computer.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    // Of schemes that are not the web's, such as a proxy's, the parser takes each address for a name.
    match url.host_str().and_then(|host| url::Host::parse(host).ok()) {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl FromStr for ServerUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let mut url = http_url(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidUrl::Extra);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl TryFrom<String> for ServerUrl {
    type Error = InvalidUrl;

    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// The site whose pages messages lead to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteUrl(Url);

impl SiteUrl {
    /// The origin of the site.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin(self.0.origin())
    }

    /// Resolves a message's link against the site.
    ///
    /// Returns `None` for anything but http and https, so that a hostile link (`javascript:`, `file:`,
    /// a UNC path, an unknown scheme) has no way on.
    #[must_use]
    pub fn link(&self, link: &str) -> Option<WebLink> {
        let link = link.trim();
        if link.is_empty() || link.starts_with("\\\\") || link.chars().any(char::is_control) {
            return None;
        }
        self.0.join(link).ok().and_then(WebLink::new)
    }
}

impl FromStr for SiteUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        http_url(text).map(Self)
    }
}

impl TryFrom<String> for SiteUrl {
    type Error = InvalidUrl;

    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        text.parse()
    }
}

impl From<SiteUrl> for String {
    fn from(url: SiteUrl) -> Self {
        url.0.into()
    }
}

impl fmt::Display for SiteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The origin of an address: scheme, host and port (RFC 6454), e.g. `https://example.org`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(url::Origin);

impl FromStr for Origin {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let url = http_url(text)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if bare { Ok(Self(url.origin())) } else { Err(InvalidUrl::Extra) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.ascii_serialization())
    }
}

/// An address that may be handed to the system to be opened: a page (http or https, with a host, without
/// credentials), or what a scheme leads to that the user allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebLink(Url);

impl WebLink {
    fn new(url: Url) -> Option<Self> {
        let fine = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none();
        fine.then_some(Self(url))
    }

    /// A link of a scheme that the user allows; `None` for any other, and for one with a character that stands in no
    /// URI (RFC 3986, 2) or that a shell takes for a quote: whoever is started with it could take it apart there.
    #[must_use]
    pub fn allowed(link: &str, schemes: &[LinkScheme]) -> Option<Self> {
        let link = link.trim();
        if link.chars().any(char::is_control) {
            return None;
        }
        let url = Url::parse(link).ok()?;
        let fine = url.as_str().chars().all(|each| each.is_ascii_graphic() && !"\"'`<>\\^{|}".contains(each));
        let allowed = schemes.iter().any(|allowed| allowed.as_str() == url.scheme());
        (fine && allowed).then_some(Self(url))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn http_url(text: &str) -> Result<Url, InvalidUrl> {
    let text = text.trim();
    let url = Url::parse(text).map_err(|_| InvalidUrl::Syntax)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(InvalidUrl::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidUrl::Extra);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_below_the_base() {
        let url: ServerUrl = "https://example.org/api/".parse().unwrap();
        assert_eq!(url.to_string(), "https://example.org/api");
        assert_eq!(url.join("/sse/connect").as_str(), "https://example.org/api/sse/connect");
        assert_eq!(url.join("/messages?limit=5").as_str(), "https://example.org/api/messages?limit=5");
        let bare: ServerUrl = "http://127.0.0.1:8787".parse().unwrap();
        assert_eq!(bare.join("/me").as_str(), "http://127.0.0.1:8787/me");
    }

    #[test]
    fn an_address_with_secrets_or_another_scheme_is_refused() {
        assert_eq!("https://u:p@example.org".parse::<ServerUrl>(), Err(InvalidUrl::Extra));
        assert_eq!("https://example.org/?token=x".parse::<ServerUrl>(), Err(InvalidUrl::Extra));
        assert_eq!("ftp://example.org".parse::<ServerUrl>(), Err(InvalidUrl::Scheme));
        assert_eq!("example.org".parse::<ServerUrl>(), Err(InvalidUrl::Syntax));
    }

    #[test]
    fn hostile_links_have_no_way_on() {
        let site: SiteUrl = "https://example.org/".parse().unwrap();
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "\\\\host\\share",
            "mailto:a@b",
            "http://u:p@h/",
            "",
            "a\nb",
            "data:text/html,x",
        ] {
            assert_eq!(site.link(bad), None, "{bad:?}");
        }
        assert_eq!(site.link("/post/7").unwrap().as_str(), "https://example.org/post/7");
        assert_eq!(site.link("https://other.example/x").unwrap().as_str(), "https://other.example/x");
    }

    #[test]
    fn an_allowed_link_has_nothing_that_an_opener_or_a_shell_could_take_apart() {
        let allowed = |link: &str| WebLink::allowed(link, &["zotero".parse().unwrap()]);
        for bad in [
            "zotero:x\" --inspect \"a",
            "zotero:a & calc.exe",
            "zotero:`id`",
            "zotero:a'b",
            "zotero:a<b",
            "zotero:a>b",
            "zotero:a\\b",
            "zotero:a^b",
            "zotero:{a",
            "zotero:a}",
            "zotero:a|b",
        ] {
            assert_eq!(allowed(bad), None, "{bad:?}");
        }
        for (good, opened) in [
            ("zotero://select/items/1_ABC?a=b&c=%20d#e", "zotero://select/items/1_ABC?a=b&c=%20d#e"),
            ("zotero:笔记", "zotero:%E7%AC%94%E8%AE%B0"),
        ] {
            assert_eq!(allowed(good).unwrap().as_str(), opened);
        }
    }

    #[test]
    fn loopback_is_recognised() {
        let loopback = |text: &str| text.parse::<ServerUrl>().unwrap().is_loopback();
        assert!(
            loopback("http://127.0.0.1:1/api") && loopback("http://[::1]:1") && loopback("http://localhost")
        );
        assert!(!loopback("http://127.0.0.1.example.org"));
    }
}
