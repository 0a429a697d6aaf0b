//! Tokens, users and roles, and the files that they stand in. A token's text leaves this module only through
//! [`Token::expose`]. Deliberately not here: who is known now (`access`).

mod file;
mod followed;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rand::Rng;
use rand::distr::Alphanumeric;

pub(crate) use file::{FIRST_PUBLISHER, create_first, read};
pub(crate) use followed::{Mark, follow};

/// The longest token, in bytes.
const MAX_TOKEN: usize = 4096;

/// A secret that stands for a user. It has no `Display`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(Arc<str>);

impl Token {
    /// Takes a token as it is.
    pub fn new(text: &str) -> Self {
        Self(Arc::from(text))
    }

    /// Makes a token of 43 random letters and digits, 256 bits.
    pub fn random() -> Self {
        let text: String = rand::rng().sample_iter(Alphanumeric).take(43).map(char::from).collect();
        Self(Arc::from(text))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Token(…)")
    }
}

/// What a token's owner may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads its own messages.
    Subscriber,
    /// Publishes to everyone, and reads nothing.
    Publisher,
}

impl Role {
    /// The word in token files and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::Publisher => "publisher",
        }
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "subscriber" => Ok(Self::Subscriber),
            "publisher" => Ok(Self::Publisher),
            _ => Err(()),
        }
    }
}

/// One line of a token file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The secret.
    pub token: Token,
    /// Whose it is.
    pub user: String,
    /// What it is good for.
    pub role: Role,
}

/// Why a list of tokens or of users cannot be used. Says which line, never what stands there.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file cannot be read or made.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A line is not of the form `token user role`.
    #[error("line {line}: expected `token user role`, where role is subscriber or publisher")]
    Malformed {
        /// Counted from 1.
        line: usize,
    },
    /// Nobody stands in it: most likely it is just being written.
    #[error("there is nobody in it")]
    Empty,
    /// A token or a user cannot be used.
    #[error("line {line}: {reason}")]
    Unusable {
        /// Counted from 1.
        line: usize,
        /// Which and why.
        reason: &'static str,
    },
}

/// Reads the text of a token file: lines `token user role`; empty lines and those that begin with `#` are skipped.
///
/// # Errors
/// If a line has another form, a token stands there twice, or there is none.
pub fn parse(text: &str) -> Result<Vec<Grant>, TokensError> {
    let mut grants: Vec<Grant> = Vec::new();
    for (place, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = place + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let [token, user, role] = words[..] else { return Err(TokensError::Malformed { line: number }) };
        let Ok(role) = role.parse() else { return Err(TokensError::Malformed { line: number }) };
        let unusable = |reason| Err(TokensError::Unusable { line: number, reason });
        if token.len() > MAX_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return unusable("a token is at most 4096 visible ASCII characters");
        }
        if user == "*" {
            return unusable("`*` means every subscriber and is no user");
        }
        if grants.iter().any(|known| known.token.expose() == token) {
            return unusable("the token stands there twice");
        }
        grants.push(Grant { token: Token::new(token), user: user.to_owned(), role });
    }
    if grants.is_empty() {
        return Err(TokensError::Empty);
    }
    Ok(grants)
}

/// Random tokens for `users` and one for a publisher.
pub(crate) fn random(users: &[String]) -> Vec<Grant> {
    let subscribers =
        users.iter().map(|user| Grant { token: Token::random(), user: user.clone(), role: Role::Subscriber });
    let publisher = Grant { token: Token::random(), user: FIRST_PUBLISHER.to_owned(), role: Role::Publisher };
    subscribers.chain([publisher]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_comments_and_blanks_are_told_apart() {
        let grants = parse("# who\n\n  abc me subscriber \r\nxyz\tsite\tpublisher\n").unwrap();
        let expected = [
            Grant { token: Token::new("abc"), user: "me".into(), role: Role::Subscriber },
            Grant { token: Token::new("xyz"), user: "site".into(), role: Role::Publisher },
        ];
        assert_eq!(grants, expected);
    }

    #[test]
    fn a_bad_line_is_named_but_never_shown() {
        for (text, line) in [
            ("ok me subscriber\nsecret me", 2),
            ("secret me admin", 1),
            ("secret me subscriber x", 1),
            ("secrét me subscriber", 1),
            ("secret * subscriber", 1),
            ("secret me subscriber\nsecret you publisher", 2),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(&format!("line {line}")) && !error.contains("secr"), "{error}");
        }
    }

    #[test]
    fn a_list_without_anybody_is_an_error() {
        for text in ["", "\n", "# nobody yet\n"] {
            assert!(matches!(parse(text), Err(TokensError::Empty)), "{text:?}");
        }
    }

    #[test]
    fn a_token_never_shows_itself() {
        let grant = Grant { token: Token::new("hush"), user: "me".into(), role: Role::Subscriber };
        assert!(!format!("{grant:?}").contains("hush"));
    }

    #[test]
    fn random_tokens_differ_and_carry_enough() {
        let (first, second) = (Token::random(), Token::random());
        assert_ne!(first, second);
        assert_eq!(first.expose().len(), 43);
    }
}
