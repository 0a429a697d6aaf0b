//! The pin of a server's key: the SHA-256 of its certificate's SubjectPublicKeyInfo (RFC 7469, section 2.4).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The SHA-256 of a SubjectPublicKeyInfo; as text in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin(pub [u8; 32]);

/// Why a text is no pin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the SHA-256 of the server's public key is allowed, as 44 characters of base64")]
pub struct InvalidPin;

impl FromStr for Pin {
    type Err = InvalidPin;

    /// Takes the prefixes that other programs write before it, too: `sha256/` and `sha256//`.
    fn from_str(text: &str) -> Result<Self, InvalidPin> {
        let text = text.trim();
        let text = text.strip_prefix("sha256/").map_or(text, |rest| rest.strip_prefix('/').unwrap_or(rest));
        let bytes = STANDARD.decode(text).map_err(|_| InvalidPin)?;
        bytes.try_into().map(Self).map_err(|_| InvalidPin)
    }
}

impl TryFrom<String> for Pin {
    type Error = InvalidPin;

    fn try_from(text: String) -> Result<Self, InvalidPin> {
        text.parse()
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.to_string()
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_32_bytes_in_base64() {
        let text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        for fine in [text.to_owned(), format!("sha256/{text}"), format!(" sha256//{text}\n")] {
            assert_eq!(fine.parse::<Pin>().unwrap().to_string(), text);
        }
        for bad in ["", "abc", "47DEQpj8HBSa", "md5/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="] {
            assert_eq!(bad.parse::<Pin>(), Err(InvalidPin), "{bad}");
        }
    }
}
