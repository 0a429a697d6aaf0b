//! The keys of how a source's server is reached.

use std::path::PathBuf;

use belfry_core::settings::{
    BadHeader, HttpVersion, InvalidPin, InvalidProxy, Network, Pin, Proxy, check_header,
};

/// One change of how a server is reached. What is empty restores the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkSetting {
    /// The proxy on the way.
    Proxy(Proxy),
    /// Certificates that are trusted.
    CaFile(Option<PathBuf>),
    /// The client's certificate and key.
    ClientCertificate(Option<PathBuf>),
    /// The pin of the server's key.
    Pin(Option<Pin>),
    /// The version of HTTP.
    Http(HttpVersion),
    /// Whether a token may travel in the clear.
    AllowPlainHttp(PlainHttp),
    /// A header that goes with each request.
    Header(String, Option<String>),
}

/// What the user says to a token that travels in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Yes.
    Allowed,
    /// No.
    Refused,
}

impl NetworkSetting {
    /// Puts it in the place of what the source has.
    pub fn apply(&self, network: &mut Network) {
        match self {
            Self::Proxy(proxy) => network.proxy.clone_from(proxy),
            Self::CaFile(path) => network.ca_file.clone_from(path),
            Self::ClientCertificate(path) => network.client_certificate.clone_from(path),
            Self::Pin(pin) => network.pin = *pin,
            Self::Http(version) => network.http = *version,
            Self::AllowPlainHttp(said) => network.allow_plain_http = *said == PlainHttp::Allowed,
            Self::Header(name, value) => {
                network.headers.retain(|other, _| !other.eq_ignore_ascii_case(name));
                network.headers.extend(value.clone().map(|value| (name.clone(), value)));
            }
        }
    }
}

/// Reads the value of one of these keys; `None` if it is none of them.
pub(super) fn network(key: &str, value: &str) -> Option<Result<NetworkSetting, String>> {
    let given = (!value.is_empty()).then_some(value);
    Some(match key {
        "proxy" => value.parse().map(NetworkSetting::Proxy).map_err(|error: InvalidProxy| error.to_string()),
        "ca_file" => given.map(path).transpose().map(NetworkSetting::CaFile),
        "client_certificate" => given.map(path).transpose().map(NetworkSetting::ClientCertificate),
        "pin" => given
            .map(str::parse)
            .transpose()
            .map(NetworkSetting::Pin)
            .map_err(|error: InvalidPin| error.to_string()),
        "http" => http(value).map(NetworkSetting::Http),
        "allow_plain_http" => plain_http(value).map(NetworkSetting::AllowPlainHttp),
        other => header(other.strip_prefix("header.").filter(|name| !name.is_empty())?, given),
    })
}

/// Reads the value of one of these keys where a flag has it; an empty one is none.
pub fn network_value(key: &'static str) -> impl Fn(&str) -> Result<NetworkSetting, String> + Clone {
    move |value| match network(key, value) {
        Some(setting) if !value.is_empty() => setting,
        _ => Err("a value is missing".to_owned()),
    }
}

/// A file's whole path, whatever folder it was given from.
fn path(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|_| "the path of a file is allowed".to_owned())
}

fn http(text: &str) -> Result<HttpVersion, String> {
    match text {
        "auto" | "" => Ok(HttpVersion::Auto),
        "1.1" => Ok(HttpVersion::Http1),
        "2" => Ok(HttpVersion::Http2),
        _ => Err("auto, 1.1 or 2 is allowed".to_owned()),
    }
}

fn plain_http(text: &str) -> Result<PlainHttp, String> {
    match text {
        "true" => Ok(PlainHttp::Allowed),
        "false" | "" => Ok(PlainHttp::Refused),
        _ => Err("true or false is allowed".to_owned()),
    }
}

fn header(name: &str, value: Option<&str>) -> Result<NetworkSetting, String> {
    check_header(name, value.unwrap_or("x")).map_err(|error| match error {
        BadHeader::Secret => format!(
            "{error}; the source's own token is sent in Authorization: `belfryctl source token NAME --token-stdin`"
        ),
        BadHeader::Name | BadHeader::Own | BadHeader::Value => error.to_string(),
    })?;
    Ok(NetworkSetting::Header(name.to_owned(), value.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn read(key: &str, value: &str) -> Result<NetworkSetting, String> {
        network(key, value).unwrap()
    }

    #[test]
    fn each_key_reaches_its_setting_and_an_empty_value_restores_the_default() {
        let keys = [
            ("proxy", "socks5h://127.0.0.1:1080"),
            ("ca_file", "/etc/ca.pem"),
            ("client_certificate", "/etc/me.pem"),
            ("pin", PIN),
            ("http", "1.1"),
            ("allow_plain_http", "true"),
            ("header.X-Tenant", "a b"),
        ];
        let mut changed = Network::default();
        keys.iter().for_each(|(key, value)| read(key, value).unwrap().apply(&mut changed));
        assert_eq!(changed.proxy.to_string(), "socks5h://127.0.0.1:1080");
        assert_eq!(changed.ca_file, Some(PathBuf::from("/etc/ca.pem")));
        assert_eq!(changed.client_certificate, Some(PathBuf::from("/etc/me.pem")));
        assert_eq!(changed.pin.map(String::from).as_deref(), Some(PIN));
        assert_eq!((changed.http, changed.allow_plain_http), (HttpVersion::Http1, true));
        assert_eq!(changed.headers["X-Tenant"], "a b");
        keys.iter().for_each(|(key, _)| read(key, "").unwrap().apply(&mut changed));
        assert!(changed.is_default(), "{changed:?}");
    }

    #[test]
    fn a_path_is_kept_whole() {
        let Ok(NetworkSetting::CaFile(Some(path))) = read("ca_file", "ca.pem") else { panic!() };
        assert!(path.is_absolute() && path.ends_with("ca.pem"), "{}", path.display());
    }

    #[test]
    fn what_makes_no_sense_is_told_what_is_allowed() {
        for (key, value, allowed) in [
            ("proxy", "proxy:3128", "http://proxy.example:3128"),
            ("proxy", "http://me:s3cret@proxy", "must not hold"),
            ("pin", "abc", "base64"),
            ("http", "3", "1.1"),
            ("allow_plain_http", "yes", "true or false"),
            ("header.Authorization", "Bearer s3cret", "secret"),
            ("header.Host", "a", "Belfry itself"),
            ("header.X-A", "钟", "ASCII"),
        ] {
            let words = read(key, value).unwrap_err();
            assert!(words.contains(allowed) && !words.contains("s3cret"), "{key}={value}: {words}");
        }
        assert!(network("header.", "a").is_none() && network("colour", "red").is_none());
    }
}
