//! The way to a server as a form has it: plain texts, an empty one for what is not asked for.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::header::{self, check_header};
use super::{Headers, HttpVersion, Network};
use crate::settings::{BadValue, SourceField};

/// How a server is reached, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkForm {
    /// `system` (or empty), `none`, or the address of a proxy.
    pub proxy: String,
    /// Values of headers that go with each request, by the header's name.
    pub headers: Headers,
    /// The absolute path of a PEM file of certificates that are trusted beside the system's.
    pub ca_file: String,
    /// The absolute path of a PEM file with a certificate for the server that asks for one, and its key.
    pub client_certificate: String,
    /// The SHA-256 of the server's public key, in base64.
    pub pin: String,
    /// The version of HTTP.
    pub http: HttpVersion,
    /// Whether a token may travel in the clear to another computer.
    pub allow_plain_http: bool,
}

impl From<&Network> for NetworkForm {
    fn from(network: &Network) -> Self {
        let path = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
        };
        Self {
            proxy: network.proxy.to_string(),
            headers: network.headers.clone(),
            ca_file: path(&network.ca_file),
            client_certificate: path(&network.client_certificate),
            pin: network.pin.map(|pin| pin.to_string()).unwrap_or_default(),
            http: network.http,
            allow_plain_http: network.allow_plain_http,
        }
    }
}

impl NetworkForm {
    /// The way as the form says, with what `network` has beside it. The files are not looked at.
    ///
    /// # Errors
    /// [`BadValue`] with the first field that cannot be taken.
    pub fn apply(&self, network: &Network) -> Result<Network, BadValue> {
        let bad = |field, why: &dyn ToString| BadValue { field, why: why.to_string() };
        let pin = match self.pin.trim() {
            "" => None,
            pin => Some(pin.parse().map_err(|error| bad(SourceField::Pin, &error))?),
        };
        let network = Network {
            proxy: self.proxy.parse().map_err(|error| bad(SourceField::Proxy, &error))?,
            ca_file: file(&self.ca_file, SourceField::CaFile)?,
            client_certificate: file(&self.client_certificate, SourceField::ClientCertificate)?,
            pin,
            http: self.http,
            allow_plain_http: self.allow_plain_http,
            headers: headers(&self.headers).map_err(|why| bad(SourceField::Headers, &why))?,
            unknown: network.unknown.clone(),
        };
        network.check()?;
        Ok(network)
    }
}

fn file(given: &str, field: SourceField) -> Result<Option<PathBuf>, BadValue> {
    let given = given.trim();
    if given.is_empty() {
        return Ok(None);
    }
    let path = Path::new(given);
    if path.is_absolute() && !given.contains(char::is_control) {
        return Ok(Some(path.to_owned()));
    }
    Err(BadValue { field, why: "the whole path of a file is allowed".to_owned() })
}

fn headers(given: &Headers) -> Result<Headers, String> {
    if given.len() > header::MOST {
        return Err(format!("up to {} headers are allowed", header::MOST));
    }
    let mut taken = Headers::new();
    for (name, value) in given {
        let (name, value) = (name.trim(), value.trim());
        check_header(name, value).map_err(|error| format!("{name}: {error}"))?;
        if taken.keys().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(format!("{name} is there twice"));
        }
        taken.insert(name.to_owned(), value.to_owned());
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: &str) -> NetworkForm {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_a_form_says_comes_out_of_it_again() {
        let said = form(
            r#"{"proxy":"socks5h://127.0.0.1:1080","headers":{"X-Tenant":"a"},"ca_file":"/etc/ca.pem",
                "client_certificate":"/etc/me.pem","pin":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                "http":"1.1","allow_plain_http":true}"#,
        );
        let mut before = Network::default();
        before.unknown.insert("later".to_owned(), toml::Value::Integer(1));
        let network = said.apply(&before).unwrap();
        assert_eq!(NetworkForm::from(&network), said);
        let text = toml::to_string(&network).unwrap();
        assert_eq!(toml::from_str::<Network>(&text).unwrap(), network, "{text}");
        assert!(text.contains("later = 1"), "{text}");
    }

    #[test]
    fn an_empty_form_asks_for_nothing() {
        assert!(form("{}").apply(&Network::default()).unwrap().is_default());
        assert_eq!(toml::to_string(&Network::default()).unwrap(), "");
    }

    #[test]
    fn a_value_that_cannot_be_taken_names_its_field() {
        for (json, field) in [
            (r#"{"proxy":"proxy:3128"}"#, SourceField::Proxy),
            (r#"{"proxy":"http://me:pw@proxy"}"#, SourceField::Proxy),
            (r#"{"headers":{"Authorization":"Bearer x"}}"#, SourceField::Headers),
            (r#"{"headers":{"X-A":"1","x-a":"2"}}"#, SourceField::Headers),
            (r#"{"ca_file":"ca.pem"}"#, SourceField::CaFile),
            (r#"{"client_certificate":"~/me.pem"}"#, SourceField::ClientCertificate),
            (r#"{"pin":"abc"}"#, SourceField::Pin),
            (
                r#"{"proxy":"https://proxy.example","client_certificate":"/me.pem"}"#,
                SourceField::ClientCertificate,
            ),
        ] {
            let error = form(json).apply(&Network::default()).unwrap_err();
            assert_eq!(error.field, field, "{json}");
            assert!(!error.why.contains("pw"), "{error}");
        }
        assert!(serde_json::from_str::<NetworkForm>(r#"{"proxi":"none"}"#).is_err());
    }
}
