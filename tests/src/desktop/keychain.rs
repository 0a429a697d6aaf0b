//! The keychain of a session, asked by `secret-tool`, which knows nothing of Belfry's code.

use anyhow::{Context, Result};

use super::Session;

/// The Secret Service.
#[derive(Debug, Clone, Copy)]
pub struct Keychain<'a> {
    session: &'a Session,
}

impl Session {
    /// The Secret Service; the session must have been started with it unlocked.
    #[must_use]
    pub fn keychain(&self) -> Keychain<'_> {
        Keychain { session: self }
    }
}

impl Keychain<'_> {
    /// The secret that stands under `service` and `account`; `None` if there is none.
    ///
    /// # Errors
    /// If the keychain does not answer.
    pub async fn secret(&self, service: &str, account: &str) -> Result<Option<String>> {
        let mut command = self.session.command("secret-tool");
        // The attribute names are those of the keyring libraries.
        let output = command.args(["lookup", "service", service, "username", account]).output().await;
        let output = output.context("secret-tool")?;
        match output.status.success() {
            true => Ok(Some(String::from_utf8(output.stdout)?)),
            false if output.stderr.is_empty() => Ok(None),
            false => anyhow::bail!("secret-tool: {}", String::from_utf8_lossy(&output.stderr).trim_end()),
        }
    }
}
