//! The demo: a message server inside the program, on loopback, with sample messages arriving live.
//!
//! It works in a profile of its own (`demo` below the usual folder, or below `--profile`) and keeps it:
//! the server's data lies in it as well, and the source is the same in every run, so that a second run
//! continues where the first one ended, with nothing lost and nothing fetched twice. What differs is
//! the port. The subscriber's token is made at the first run and lives in the keychain, like any other;
//! without a keychain each run makes a new one and keeps it in memory.

mod narrator;
mod program;

pub use narrator::narrate;
pub use program::DemoProgram;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use belfry_core::model::{InvalidUrl, ServerUrl, SourceId, Token};
use belfry_core::ports::{SecretKey, SecretStore};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{InInbox, Settings, SourceSettings};
use belfry_core::words::Language;
use belfry_server::{Config, Data, Grant, Role, RunningServer, Server, Tokens, demo};
use tokio::sync::oneshot;
use uuid::Uuid;

/// The folder of the demo's profile, below the folder of the real one.
pub const FOLDER: &str = "demo";

/// The demo's server is the same source in every run.
const SOURCE: SourceId = SourceId(Uuid::from_u128(0x5b0e_f7a1_90d4_4c1c_a1b3_6a1e_de30_0001));

/// The server's only user.
const USER: &str = "me";

/// From the moment that someone listens to the first sample.
const FIRST: Duration = Duration::from_millis(700);
/// From one sample to the next, until each has been shown once.
const LIVELY: Duration = Duration::from_secs(4);
/// From one sample to the next after that: a demo that was left running must not pile up messages.
const QUIET: Duration = Duration::from_secs(60);
/// How many samples come at the lively pace: all there are.
const TOUR: usize = 12;

/// The demo's server while it runs.
pub struct Demo {
    /// The source that is to be told the token, where the keychain did not have one yet.
    pub sign_in: Option<(SourceId, Token)>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// The demo's server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No thread or runtime for it.
    #[error("the demo's server has no thread: {0}")]
    Thread(#[from] io::Error),
    /// The server itself.
    #[error("the demo's server did not start: {0}")]
    Server(#[from] belfry_server::StartError),
    /// Its own address.
    #[error("the demo's server has no usable address: {0}")]
    Address(#[from] InvalidUrl),
    /// It ended before it had begun.
    #[error("the demo's server ended at once")]
    Gone,
}

/// What the server's thread says when it is up.
struct Up {
    url: String,
    fresh: Option<Token>,
}

impl Demo {
    /// Starts the server and puts it into the settings as a source.
    ///
    /// # Errors
    /// [`DemoError`] if the server does not start.
    pub fn start(
        profile: &Profile,
        settings: &mut Settings,
        secrets: Arc<dyn SecretStore>,
        words: Language,
    ) -> Result<Self, DemoError> {
        let key = SecretKey::token(profile.id, SOURCE);
        let data = Data::Folder(profile.folder.join("server"));
        let (say, heard) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("demo-server".to_owned()).spawn(move || {
            match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(serve(key, data, secrets, say, stopped)),
                Err(error) => drop(say.send(Err(error.into()))),
            }
        })?;
        let up = heard.blocking_recv().map_err(|_| DemoError::Gone)??;
        enter(settings, up.url.parse()?, words);
        Ok(Self { sign_in: up.fresh.map(|token| (SOURCE, token)), stop, thread })
    }

    /// Ends the server: streams are closed cleanly, the data is on disk.
    pub fn stop(self) {
        // The thread may have ended by itself; then there is nobody to tell.
        let _ = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the demo's server broke down");
        }
    }
}

/// Puts the demo's server into the settings: a new source at the first run, a new address later.
fn enter(settings: &mut Settings, url: ServerUrl, words: Language) {
    match settings.sources.iter_mut().find(|source| source.id == SOURCE) {
        Some(source) => source.url = url,
        None => {
            let source = SourceSettings::new(words.text("demo.source"), url);
            settings.sources.insert(0, SourceSettings { id: SOURCE, ..source });
            // Its window is in front, and what popups look like is what it is there to show.
            settings.preferences.notifications.in_inbox = InInbox::Popup;
        }
    }
}

/// The server's life, on its own thread.
async fn serve(
    key: SecretKey,
    data: Data,
    secrets: Arc<dyn SecretStore>,
    say: oneshot::Sender<Result<Up, DemoError>>,
    mut stopped: oneshot::Receiver<()>,
) {
    // A keychain that cannot be asked is the engine's to report; it will be asked again.
    let known = secrets.get(key).await.ok().flatten();
    let fresh = known.is_none().then(|| Token::new(belfry_server::Token::random().expose()));
    let Some(token) = known.as_ref().or(fresh.as_ref()) else { return };
    let server = match Server::start(config(data, token)).await {
        Ok(server) => server,
        Err(error) => return drop(say.send(Err(error.into()))),
    };
    drop(say.send(Ok(Up { url: server.api_url(), fresh })));
    tokio::select! {
        () = publish(&server) => {}
        _ = &mut stopped => {}
    }
    server.shutdown().await;
}

fn config(data: Data, token: &Token) -> Config {
    let subscriber = Grant {
        token: belfry_server::Token::new(token.expose()),
        user: USER.to_owned(),
        role: Role::Subscriber,
    };
    Config { data, tokens: Tokens::Given(vec![subscriber]), ..Config::default() }
}

/// Publishes samples from the moment that someone listens.
async fn publish(server: &RunningServer) {
    server.wait_for_streams(1).await;
    let mut wait = FIRST;
    for (count, sample) in demo::samples().enumerate() {
        tokio::time::sleep(wait).await;
        wait = if count < TOUR { LIVELY } else { QUIET };
        if let Err(error) = server.publish(sample).await {
            tracing::warn!("a sample message was not published: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_changes_the_address_and_nothing_else() {
        let mut settings = Settings::default();
        enter(&mut settings, "http://127.0.0.1:1111/api".parse().unwrap(), Language::English);
        settings.sources[0].name = "mine".to_owned();
        let mut expected = settings.clone();
        expected.sources[0].url = "http://127.0.0.1:2222/api".parse().unwrap();
        enter(&mut settings, "http://127.0.0.1:2222/api".parse().unwrap(), Language::Chinese);
        assert_eq!(settings, expected);
    }
}
