//! The way that a request takes to its server.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::model::{SecretText, Token};
use crate::settings::{Network, ProxyUrl};

/// The way that a request takes: what the source's settings say, and who the proxy lets through.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// The settings.
    pub network: Arc<Network>,
    /// For the proxy that the settings name, if it wants to know who asks.
    pub proxy_login: Option<ProxyLogin>,
    /// How long the server may take until its answer begins, where the source has a time of its own.
    pub answer_within: Option<Duration>,
}

/// Who a proxy lets through. It is for one proxy and never shown to another.
#[derive(Debug, Clone)]
pub struct ProxyLogin {
    proxy: ProxyUrl,
    user: String,
    password: SecretText,
}

/// The longest name or password, in bytes (RFC 1929).
const LONGEST: usize = 255;

impl ProxyLogin {
    /// A login for this proxy; `None` if a proxy could not be told it: the name is empty, has a colon (RFC 7617)
    /// or control characters, or one of them is too long.
    #[must_use]
    pub fn new(proxy: ProxyUrl, user: &str, password: SecretText) -> Option<Self> {
        let user = user.trim();
        let fine = !user.is_empty() && user.len() <= LONGEST && password.expose().len() <= LONGEST;
        let spoken = |text: &str| !text.contains(char::is_control);
        (fine && spoken(user) && spoken(password.expose()) && !user.contains(':')).then(|| Self {
            proxy,
            user: user.to_owned(),
            password,
        })
    }

    /// Whether it is for this proxy.
    #[must_use]
    pub fn is_for(&self, proxy: &ProxyUrl) -> bool {
        self.proxy == *proxy
    }

    /// The user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password.
    #[must_use]
    pub fn password(&self) -> &SecretText {
        &self.password
    }

    /// The form in which the keychain keeps it.
    #[must_use]
    pub fn to_secret(&self) -> Token {
        let text =
            Zeroizing::new(format!("{}\n{}:{}", self.proxy.as_str(), self.user, self.password.expose()));
        Token::new(&Zeroizing::new(STANDARD.encode(text.as_bytes())))
    }

    /// Reads what the keychain keeps; `None` if it is something else.
    #[must_use]
    pub fn from_secret(secret: &Token) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(secret.expose()).ok()?);
        let (proxy, login) = std::str::from_utf8(&bytes).ok()?.split_once('\n')?;
        let (user, password) = login.split_once(':')?;
        Self::new(proxy.parse().ok()?, user, SecretText::new(password.to_owned()))
    }
}

/// Between two logins of the same user on the same computer: no time is measured by anybody.
impl PartialEq for ProxyLogin {
    fn eq(&self, other: &Self) -> bool {
        self.proxy == other.proxy
            && self.user == other.user
            && self.password.expose() == other.password.expose()
    }
}

impl Eq for ProxyLogin {}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: &str, password: &str) -> Option<ProxyLogin> {
        let proxy = "http://proxy.example:3128".parse().unwrap();
        ProxyLogin::new(proxy, user, SecretText::new(password.to_owned()))
    }

    #[test]
    fn a_login_survives_the_keychain_and_is_never_printed() {
        let login = login("me", " pa:ss 钟 ").unwrap();
        let secret = login.to_secret();
        assert!(!secret.expose().contains("pa:ss"));
        assert_eq!(ProxyLogin::from_secret(&secret), Some(login.clone()));
        assert!(!format!("{login:?}").contains("pa:ss"));
        assert!(ProxyLogin::from_secret(&Token::new("s3cret-token")).is_none());
    }

    #[test]
    fn what_no_proxy_can_be_told_is_no_login() {
        for (user, password) in [("", "a"), ("a:b", "c"), ("a\n", "c\n"), (&"a".repeat(256), "c")] {
            assert!(login(user, password).is_none(), "{user:?}");
        }
    }

    #[test]
    fn a_login_is_for_one_proxy() {
        let login = login("me", "pw").unwrap();
        assert!(login.is_for(&"http://proxy.example:3128/".parse().unwrap()));
        assert!(!login.is_for(&"http://proxy.example:3129".parse().unwrap()));
    }
}
