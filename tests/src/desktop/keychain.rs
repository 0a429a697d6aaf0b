//! The keychain of a session, asked by `secret-tool`, which knows nothing of Belfry's code; and what may befall it.

use anyhow::{Context, Result};
use zbus::{ObjectPath, OwnedObjectPath, OwnedVariant, Proxy, Variant};

use super::Session;

/// Its name on the bus.
const SERVICE: &str = "org.freedesktop.secrets";

/// The default collection of a session.
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";

/// gnome-keyring's own way in.
const UNLOCKER: &str = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";

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

    /// Deletes that secret.
    ///
    /// # Errors
    /// If there is none.
    pub async fn delete(&self, service: &str, account: &str) -> Result<()> {
        self.session.run("secret-tool", ["clear", "service", service, "username", account]).await.map(drop)
    }

    /// Locks the default collection, as another program does.
    ///
    /// # Errors
    /// If the keychain does not answer.
    pub async fn lock(&self) -> Result<()> {
        let collections = vec![ObjectPath::try_from(COLLECTION)?];
        self.service()
            .await?
            .call::<_, _, (Vec<OwnedObjectPath>, OwnedObjectPath)>("Lock", &collections)
            .await?;
        Ok(())
    }

    /// Unlocks it without a prompt, by its password, as gnome-keyring allows.
    ///
    /// # Errors
    /// If the keychain does not take the password.
    pub async fn unlock(&self) -> Result<()> {
        let plain = ("plain", Variant::from(""));
        let (_, session): (OwnedVariant, OwnedObjectPath) =
            self.service().await?.call("OpenSession", &plain).await?;
        let file = self.session.folder().join("password");
        let password = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let secret = (session, Vec::<u8>::new(), password, "text/plain");
        let arguments = (ObjectPath::try_from(COLLECTION)?, secret);
        self.proxy(UNLOCKER).await?.call::<_, _, ()>("UnlockWithMasterPassword", &arguments).await?;
        Ok(())
    }

    /// Ends the daemon, as a crash would; whoever asks for it next has the bus start another one, locked.
    ///
    /// # Errors
    /// If there is none.
    pub async fn kill(&self) -> Result<()> {
        let bus = zbus::fdo::DBusProxy::new(self.session.bus()).await?;
        let pid = bus.get_connection_unix_process_id(SERVICE.try_into()?).await?;
        self.session.run("kill", ["-KILL", &pid.to_string()]).await.map(drop)
    }

    async fn service(&self) -> Result<Proxy<'_>> {
        self.proxy("org.freedesktop.Secret.Service").await
    }

    async fn proxy(&self, interface: &'static str) -> Result<Proxy<'_>> {
        Ok(Proxy::new(self.session.bus(), SERVICE, "/org/freedesktop/secrets", interface).await?)
    }
}
