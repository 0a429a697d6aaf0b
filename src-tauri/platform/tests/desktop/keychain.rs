//! The keychain against a real gnome-keyring on a private bus: unlocked, locked, restarted and missing.

use std::process::Child;
use std::time::{Duration, Instant};

use belfry_core::fakes::contract;
use belfry_core::model::{SourceId, Token};
use belfry_core::ports::{Notifier, SecretError, SecretKey, SecretStore};
use belfry_platform::{DesktopNotifier, Keychain};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::notifyd::{Notifyd, Signals};
use super::session::{end, start, within_a_session};
use super::stubborn::Stubborn;

const SERVICE: &str = "org.freedesktop.secrets";
const PASSWORD: &str = "throw-away";

fn key() -> SecretKey {
    SecretKey::token(Uuid::new_v4(), SourceId::random())
}

/// A keyring daemon; ended when dropped.
struct Keyring(Child);

impl Drop for Keyring {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

impl Keyring {
    /// Starts the daemon with its login collection unlocked, which it makes where there is none.
    async fn unlocked() -> Self {
        let arguments = ["--foreground", "--components=secrets", "--unlock"];
        let keyring = Self(start("gnome-keyring-daemon", &arguments, PASSWORD));
        // The default collection comes a moment after the name.
        until(async || {
            let bus = zbus::Connection::session().await.unwrap();
            let asked = ("/org/freedesktop/secrets", "org.freedesktop.Secret.Service", "ReadAlias");
            let reply = bus.call_method(Some(SERVICE), asked.0, Some(asked.1), asked.2, &"default").await;
            reply.is_ok_and(|reply| {
                let path: zbus::OwnedObjectPath = reply.body().deserialize().unwrap();
                path.as_str() != "/"
            })
        })
        .await;
        keyring
    }

    /// Starts the daemon without unlocking anything.
    async fn locked() -> Self {
        let keyring = Self(start("gnome-keyring-daemon", &["--foreground", "--components=secrets"], ""));
        until(has_service).await;
        keyring
    }

    /// Ends the daemon and waits until its name is free.
    async fn stop(self) {
        drop(self);
        until(async || !has_service().await).await;
    }
}

async fn has_service() -> bool {
    let bus = zbus::Connection::session().await.unwrap();
    let dbus = Some("org.freedesktop.DBus");
    let reply = bus.call_method(dbus, "/org/freedesktop/DBus", dbus, "NameHasOwner", &SERVICE).await.unwrap();
    reply.body().deserialize().unwrap()
}

async fn until(condition: impl AsyncFn() -> bool) {
    let wait = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while !condition().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it comes to be in time");
}

async fn stored(keychain: &Keychain, key: SecretKey) -> Result<Option<String>, SecretError> {
    Ok(keychain.get(key).await?.map(|token| token.expose().to_owned()))
}

#[test]
fn the_contract_holds_with_gnome_keyring() {
    within_a_session(async || {
        let _keyring = Keyring::unlocked().await;
        contract::secret_store(async || Keychain::new()).await;
    });
}

#[test]
fn a_token_is_there_for_the_next_program() {
    within_a_session(async || {
        let _keyring = Keyring::unlocked().await;
        let key = key();
        Keychain::new().set(key, Token::new("s3cret")).await.unwrap();
        assert_eq!(stored(&Keychain::new(), key).await.unwrap().as_deref(), Some("s3cret"));
    });
}

#[test]
fn a_restarted_daemon_is_no_obstacle() {
    within_a_session(async || {
        let keyring = Keyring::unlocked().await;
        let (keychain, key) = (Keychain::new(), key());
        keychain.set(key, Token::new("s3cret")).await.unwrap();
        keyring.stop().await;
        assert_eq!(stored(&keychain, key).await, Err(SecretError::Absent));
        let _keyring = Keyring::unlocked().await;
        assert_eq!(stored(&keychain, key).await.unwrap().as_deref(), Some("s3cret"));
        keychain.erase(key).await.unwrap();
    });
}

#[test]
fn a_locked_keychain_says_so_in_time_until_someone_unlocks_it() {
    within_a_session(async || {
        let keyring = Keyring::unlocked().await;
        let key = key();
        Keychain::new().set(key, Token::new("s3cret")).await.unwrap();
        keyring.stop().await;
        let keyring = Keyring::locked().await;

        let keychain = Keychain::new();
        let begin = Instant::now();
        assert_eq!(stored(&keychain, key).await, Err(SecretError::Locked));
        assert!(begin.elapsed() < Duration::from_millis(2500), "{:?}", begin.elapsed());
        let begin = Instant::now();
        for _ in 0..10 {
            assert_eq!(keychain.set(key, Token::new("other")).await, Err(SecretError::Locked));
            assert_eq!(keychain.erase(key).await, Err(SecretError::Locked));
        }
        println!("20 calls on a locked keychain: {:?}", begin.elapsed());
        assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());

        // The same keychain works again as soon as the collection is open, whoever opened it.
        keyring.stop().await;
        let _keyring = Keyring::unlocked().await;
        assert_eq!(stored(&keychain, key).await.unwrap().as_deref(), Some("s3cret"));
    });
}

#[test]
fn a_prompt_that_never_ends_holds_nobody_up() {
    within_a_session(async || {
        let service = Stubborn::start().await;
        let (keychain, key) = (Keychain::new(), key());
        let begin = Instant::now();
        assert_eq!(stored(&keychain, key).await, Err(SecretError::Locked));
        assert!(begin.elapsed() < Duration::from_millis(2500), "{:?}", begin.elapsed());
        assert_eq!(service.prompts(), 1);

        // While the user is being asked, nobody waits, and nobody is asked twice.
        let begin = Instant::now();
        for _ in 0..5 {
            assert_eq!(keychain.set(key, Token::new("s3cret")).await, Err(SecretError::Locked));
        }
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
        assert_eq!(service.prompts(), 1);

        // The prompt still stands there, but somebody has opened the collection otherwise.
        service.open();
        assert_eq!(stored(&keychain, key).await, Ok(None));
    });
}

#[test]
fn a_peek_asks_nobody_for_anything() {
    within_a_session(async || {
        let service = Stubborn::start().await;
        let (keychain, key) = (Keychain::new(), key());
        for _ in 0..3 {
            assert_eq!(keychain.peek(key).await, Err(SecretError::Locked));
        }
        assert_eq!(service.prompts(), 0);
        service.open();
        assert_eq!(keychain.peek(key).await, Ok(None));
    });
}

#[test]
fn what_changes_in_the_keychain_is_reported() {
    within_a_session(async || {
        let (keychain, key) = (Keychain::new(), key());
        let (reports, mut changes) = mpsc::channel(1);
        keychain.report_to(reports);
        assert_eq!(keychain.peek(key).await, Err(SecretError::Absent));
        let keyring = Keyring::unlocked().await;
        reported(&mut changes, async || keychain.peek(key).await == Ok(None)).await;
        keychain.set(key, Token::new("s3cret")).await.unwrap();

        set_locked(true).await;
        reported(&mut changes, async || keychain.peek(key).await == Err(SecretError::Locked)).await;
        keyring.stop().await;
        reported(&mut changes, async || keychain.peek(key).await == Err(SecretError::Absent)).await;
        let _keyring = Keyring::unlocked().await;
        reported(&mut changes, async || keychain.peek(key).await == Ok(Some(Token::new("s3cret")))).await;

        // Somebody else deletes it.
        Keychain::new().erase(key).await.unwrap();
        reported(&mut changes, async || keychain.peek(key).await == Ok(None)).await;
        // A look is no change: nobody is kept busy by looking.
        let mut quiet =
            async || tokio::time::timeout(Duration::from_millis(500), changes.recv()).await.is_err();
        while !quiet().await {}
        for _ in 0..3 {
            assert_eq!(keychain.peek(key).await, Ok(None));
        }
        assert!(quiet().await, "a look reports itself");
    });
}

/// Waits for what was reported to be true; looks only when something is reported.
async fn reported(changes: &mut mpsc::Receiver<()>, condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            changes.recv().await.expect("somebody watches");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it is reported in time");
}

/// Locks or unlocks the default collection, as another program does.
async fn set_locked(locked: bool) {
    let bus = zbus::Connection::session().await.unwrap();
    let collections = vec![zbus::ObjectPath::try_from("/org/freedesktop/secrets/aliases/default").unwrap()];
    let method = if locked { "Lock" } else { "Unlock" };
    let (path, interface) = ("/org/freedesktop/secrets", "org.freedesktop.Secret.Service");
    bus.call_method(Some(SERVICE), path, Some(interface), method, &collections).await.unwrap();
}

#[test]
fn without_a_service_there_is_no_keychain() {
    within_a_session(async || {
        let keychain = Keychain::new();
        assert_eq!(stored(&keychain, key()).await, Err(SecretError::Absent));
        // One that comes later is found.
        let _keyring = Keyring::unlocked().await;
        assert_eq!(stored(&keychain, key()).await, Ok(None));
    });
}

#[test]
fn a_service_without_a_collection_is_no_keychain() {
    within_a_session(async || {
        let _keyring = Keyring::locked().await;
        let keychain = Keychain::new();
        // Whether it has no token cannot be known: one that has just started looks the same.
        assert_eq!(stored(&keychain, key()).await, Err(SecretError::Absent));
        assert_eq!(keychain.peek(key()).await, Err(SecretError::Absent));
        assert_eq!(keychain.set(key(), Token::new("s3cret")).await, Err(SecretError::Absent));
        assert_eq!(keychain.erase(key()).await, Err(SecretError::Absent));
    });
}

#[test]
fn keychain_and_notifications_live_side_by_side() {
    // Two versions of zbus, one on tokio and one not, in one process.
    within_a_session(async || {
        let _keyring = Keyring::unlocked().await;
        let notifyd = Notifyd::start(&["body"], Signals::Broadcast).await;
        let (keychain, notifier, key) = (Keychain::new(), DesktopNotifier::new(), key());
        let popup = super::notifications::popup(1);
        let (shown, set) = tokio::join!(notifier.show(popup), keychain.set(key, Token::new("s3cret")));
        shown.unwrap();
        set.unwrap();
        assert_eq!(stored(&keychain, key).await.unwrap().as_deref(), Some("s3cret"));
        assert_eq!(notifyd.on_screen().len(), 1);
    });
}
