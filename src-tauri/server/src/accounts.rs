//! Users with passwords: who may sign in, and whether a password is right. A password is kept as its Argon2id hash
//! (RFC 9106) and never as text. Deliberately not here: what a sign-in leads to (`access`), and the route (`http`).

mod attempts;

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::access::Key;
use crate::tokens::{Role, TokensError};

pub(crate) use attempts::Attempts;

/// The longest user name and the longest password, in bytes: more only costs time.
pub(crate) const MAX_WORD: usize = 1024;

/// One line of a users file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The user's name.
    pub user: String,
    /// What the user may do.
    pub role: Role,
    /// The password's hash as a PHC string, checked to be one.
    hash: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Account").field("user", &self.user).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Account {
    /// Whether this is the user's password. Takes tens of milliseconds and 19 MiB on purpose.
    pub fn accepts(&self, password: &str) -> bool {
        verify(password, &self.hash)
    }

    /// What tells one state of the line from another: a changed password ends the sessions of the one before.
    pub fn fingerprint(&self) -> Key {
        Key::of(&format!("{} {} {}", self.user, self.role.as_str(), self.hash))
    }
}

/// Takes as long as a look at a real account, so that time does not tell which users exist.
pub(crate) fn accept_nobody(password: &str) {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password("nobody").unwrap_or_default());
    verify(password, &NOBODY);
}

fn verify(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// The Argon2id hash of a password with a random salt, as it stands in a users file.
///
/// # Errors
/// If the system has no random numbers.
pub fn hash_password(password: &str) -> std::io::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| std::io::Error::other(error.to_string()))
}

/// Reads a users file.
pub(crate) fn read(path: &Path) -> Result<Vec<Account>, TokensError> {
    parse(&std::fs::read_to_string(path)?)
}

/// Reads the text of a users file: lines `user role hash`; empty lines and those that begin with `#` are skipped.
fn parse(text: &str) -> Result<Vec<Account>, TokensError> {
    let mut accounts: Vec<Account> = Vec::new();
    for (place, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = place + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let unusable = |reason| Err(TokensError::Unusable { line: number, reason });
        let words: Vec<&str> = line.split_whitespace().collect();
        let [user, role, hash] = words[..] else { return unusable("expected `user role hash`") };
        let Ok(role) = role.parse() else { return unusable("the role is subscriber or publisher") };
        if user == "*" {
            return unusable("`*` means every subscriber and is no user");
        }
        if !PasswordHash::new(hash)
            .is_ok_and(|hash| hash.algorithm.as_str() == "argon2id" && hash.hash.is_some())
        {
            return unusable("the hash is not one that belfry-server --hash-password prints");
        }
        if accounts.iter().any(|known| known.user == user) {
            return unusable("the user stands there twice");
        }
        accounts.push(Account { user: user.to_owned(), role, hash: hash.to_owned() });
    }
    if accounts.is_empty() {
        return Err(TokensError::Empty);
    }
    Ok(accounts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_accepted_by_its_own_hash_only() {
        let (first, second) = (hash_password("open sesame").unwrap(), hash_password("open sesame").unwrap());
        assert!(first.starts_with("$argon2id$") && first != second, "each has a salt of its own");
        let account = parse(&format!("# who\n\nme subscriber {first}\n")).unwrap().remove(0);
        assert!(account.accepts("open sesame"));
        for wrong in ["", "open sesame ", "Open sesame", &first] {
            assert!(!account.accepts(wrong), "{wrong:?}");
        }
        assert!(!format!("{account:?}").contains("argon2id"));
        let changed = parse(&format!("me subscriber {second}\n")).unwrap().remove(0);
        assert!(account.fingerprint() != changed.fingerprint());
    }

    #[test]
    fn a_bad_line_is_named_but_never_shown() {
        let hash = hash_password("x").unwrap();
        for (text, line) in [
            (format!("me subscriber {hash}\nyou subscriber"), 2),
            ("me subscriber open-sesame".to_owned(), 1),
            ("me subscriber $1$abc$def".to_owned(), 1),
            ("me subscriber $argon2id$v=19$m=19456,t=2,p=1".to_owned(), 1),
            (format!("me admin {hash}"), 1),
            (format!("* subscriber {hash}"), 1),
            (format!("me subscriber {hash}\nme publisher {hash}"), 2),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(&format!("line {line}:")), "{error}");
            assert!(!error.contains("sesame") && !error.contains("$argon2id"), "{error}");
        }
        assert!(matches!(parse("# nobody\n"), Err(TokensError::Empty)));
    }
}
