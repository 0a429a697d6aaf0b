//! Schemes of links beside http and https.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What no user means to open from a message: files, programs, what a browser shows of itself, and Belfry's own links,
/// which only other programs use. http and https need no permission.
const REFUSED: [&str; 22] = [
    "about",
    "belfry",
    "blob",
    "chrome",
    "chrome-extension",
    "data",
    "desktop",
    "file",
    "filesystem",
    "http",
    "https",
    "jar",
    "mhtml",
    "mk",
    "moz-extension",
    "res",
    "resource",
    "search",
    "search-ms",
    "shell",
    "smb",
    "view-source",
];

/// Whether a scheme runs or reads something by its very nature.
fn is_refused(scheme: &str) -> bool {
    // `c:` is a drive. Windows hands `ms-…` to parts of itself, some of which run what they are told to.
    scheme.len() < 2 || scheme.starts_with("ms-") || scheme.ends_with("script") || REFUSED.contains(&scheme)
}

/// The longest scheme, in bytes.
const LONGEST: usize = 40;

/// A scheme of links that a user allows a source's messages to lead to, in lower case, e.g. `zotero`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct LinkScheme(String);

impl LinkScheme {
    /// The scheme as text, without its colon.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no scheme that can be allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scheme of links that can be allowed")]
pub struct InvalidScheme(String);

impl FromStr for LinkScheme {
    type Err = InvalidScheme;

    /// Takes the grammar of RFC 3986, 3.1; a colon with or without slashes at the end is left out.
    fn from_str(text: &str) -> Result<Self, InvalidScheme> {
        let scheme = text.trim().trim_end_matches('/').trim_end_matches(':').to_ascii_lowercase();
        let fine = scheme.len() <= LONGEST
            && scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '+' | '-' | '.'))
            && !is_refused(&scheme);
        if fine { Ok(Self(scheme)) } else { Err(InvalidScheme(text.to_owned())) }
    }
}

impl TryFrom<String> for LinkScheme {
    type Error = InvalidScheme;

    fn try_from(text: String) -> Result<Self, InvalidScheme> {
        text.parse()
    }
}

impl From<LinkScheme> for String {
    fn from(scheme: LinkScheme) -> Self {
        scheme.0
    }
}

impl fmt::Display for LinkScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_read_as_people_write_it() {
        for text in ["zotero", " Zotero:", "zotero://"] {
            assert_eq!(text.parse::<LinkScheme>().unwrap().as_str(), "zotero", "{text}");
        }
        assert_eq!("web+ap.x-2".parse::<LinkScheme>().unwrap().as_str(), "web+ap.x-2");
    }

    #[test]
    fn what_would_run_or_read_something_cannot_be_allowed() {
        let malformed = ["", "1a", "a b", "a/b", "é", "-x"];
        let own = ["belfry", "https"];
        let files = ["C:", "data", "file://", "jar", "mhtml", "mk", "res", "smb"];
        let scripts = ["JavaScript:", "livescript", "vbscript", "wscript", "applescript"];
        let programs =
            ["ms-appinstaller", "ms-its", "ms-msdt", "ms-officecmd", "search", "search-ms", "shell"];
        let browsers = ["chrome-extension", "desktop", "moz-extension", "resource"];
        let refused = [&malformed[..], &own, &files, &scripts, &programs, &browsers].concat();
        for text in refused.into_iter().map(str::to_owned).chain(["a".repeat(41)]) {
            assert_eq!(text.parse::<LinkScheme>(), Err(InvalidScheme(text.clone())));
        }
    }
}
