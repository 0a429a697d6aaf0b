//! A certificate that a server, or a proxy on the way, showed and that is not trusted.

use std::fmt;

use crate::model::Timestamp;

/// How much of a name in a certificate is repeated to people, in characters.
const NAME_CHARS: usize = 80;
/// How many of its names are repeated.
const NAMES: usize = 3;

/// A certificate that is not trusted. What stands in it is whatever its maker has written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BadCertificate {
    /// The name or address of whoever showed it: the server, or a proxy on the way.
    pub host: String,
    /// What is wrong with it.
    pub fault: CertificateFault,
    /// Whose it is, e.g. `CN=example.org`.
    pub subject: String,
    /// Who has signed it.
    pub issuer: String,
    /// The first moment of its validity.
    pub not_before: Timestamp,
    /// The last one.
    pub not_after: Timestamp,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// Its time is over.
    Expired,
    /// Its time has not come, or this computer's clock is wrong.
    NotYetValid,
    /// Nobody who is trusted has signed it.
    UnknownIssuer,
    /// It is for other names.
    WrongName,
    /// It is trusted, but its key is another one than the pinned one; this is its own pin.
    OtherKey(String),
    /// Anything else, in the library's words.
    Other(String),
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "has expired",
            Self::NotYetValid => "is not valid yet",
            Self::UnknownIssuer => "is signed by nobody who is trusted",
            Self::WrongName => "is for another name",
            Self::OtherKey(pin) => {
                return write!(f, "has another key than the pinned one; its own pin is {pin}");
            }
            Self::Other(why) => return write!(f, "is refused: {why}"),
        })
    }
}

impl fmt::Display for BadCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, fault, subject, issuer, not_before, not_after, names } = self;
        write!(f, "the certificate of {} {fault}: ", short(host))?;
        write!(f, "subject {}; issuer {}; ", short(subject), short(issuer))?;
        write!(f, "valid from {} until {}", day(*not_before), day(*not_after))?;
        if !names.is_empty() {
            let named: Vec<String> = names.iter().take(NAMES).map(|name| short(name)).collect();
            let more = if names.len() > NAMES { ", …" } else { "" };
            write!(f, "; for {}{more}", named.join(", "))?;
        }
        Ok(())
    }
}

/// To the second: more says nothing about a certificate.
fn day(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0).map_or_else(|_| time.to_string(), |time| format!("{time:.0}"))
}

fn short(name: &str) -> String {
    let line = name.chars().map(|c| if c.is_control() { ' ' } else { c });
    let short: String = line.take(NAME_CHARS).collect();
    if short.is_empty() { "nobody".to_owned() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(subject: &str, names: &[&str]) -> BadCertificate {
        BadCertificate {
            host: "example.org".to_owned(),
            fault: CertificateFault::Expired,
            subject: subject.to_owned(),
            issuer: "CN=Some CA".to_owned(),
            not_before: "2025-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2025-04-01T00:00:00.7Z".parse().unwrap(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn it_says_whose_it_is_who_signed_it_and_when_it_is_valid() {
        assert_eq!(
            certificate("CN=example.org", &["example.org", "*.example.org"]).to_string(),
            "the certificate of example.org has expired: subject CN=example.org; issuer CN=Some CA; valid from \
             2025-01-01T00:00:00Z until 2025-04-01T00:00:00Z; for example.org, *.example.org"
        );
    }

    #[test]
    fn what_its_maker_has_written_is_bounded_and_one_line() {
        let text = certificate(&format!("CN=a\n{}", "x".repeat(5_000)), &["a", "b", "c", "d"]).to_string();
        assert!(text.chars().count() < 400 && !text.contains('\n'), "{text}");
        assert!(text.ends_with("for a, b, c, …"), "{text}");
        assert!(certificate("", &[]).to_string().contains("subject nobody;"));
    }
}
