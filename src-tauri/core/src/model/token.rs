//! The secret that opens a server's stream.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A bearer token. Its text is zeroised on drop, never printed, and has no serialised form.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// Takes ownership of a token's text, without the white space around it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text.trim()))
    }

    /// The token's text, for the one place that puts it into a request header or a keychain.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

/// Between two tokens of the same user on the same computer: no time is measured by anybody.
impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Any other text that nobody may read, as it came: a password, or a body that holds one. Zeroised on drop,
/// never printed, without a serialised form.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// Takes ownership of a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        assert_eq!(format!("{:?}", Token::new("s3cret")), "Token(…)");
        assert_eq!(format!("{:?}", SecretText::new("s3cret".to_owned())), "SecretText(…)");
    }

    #[test]
    fn white_space_around_a_pasted_token_is_dropped() {
        assert_eq!(Token::new(" abc\n").expose(), "abc");
    }
}
