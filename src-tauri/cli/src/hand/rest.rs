//! The world of an engine at rest: a network that is closed but for what was asked for, a desktop that shows nothing, and a keychain
//! that bothers nobody to unlock it for something that needs no token.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use belfry_core::model::{ActivationToken, PopupPlace, Token, WebLink};
use belfry_core::ports::{
    BoxFuture, Browser, BrowserError, ConnectError, FetchError, HistoryReply, HistoryRequest, Notifier,
    NotifierEvent, NotifyError, Popup, PopupKey, PostRequest, SecretError, SecretKey, SecretStore,
    ShowResult, StreamOpened, StreamRequest, TellRequest, Transport,
};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{BadValue, Network};
use belfry_platform::HttpTransport;
use tokio::sync::mpsc;
use url::Url;

use crate::keychain;

/// The network behind a gate, opened for a look at a server that somebody has asked for. While it is closed nothing
/// ever happens.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Behind>);

#[derive(Default)]
struct Behind {
    open: AtomicBool,
    stays_open: AtomicBool,
    network: OnceLock<HttpTransport>,
}

/// The gate is open for as long as this lives.
pub(super) struct Opened<'a>(&'a Gate);

impl Gate {
    /// Opens it for as long as the engine is there.
    pub fn stay_open(&self) {
        self.0.stays_open.store(true, Ordering::Release);
    }

    pub fn open(&self) -> Opened<'_> {
        self.0.open.store(true, Ordering::Release);
        Opened(self)
    }

    fn network(&self) -> Option<&HttpTransport> {
        let open = self.0.open.load(Ordering::Acquire) || self.0.stays_open.load(Ordering::Acquire);
        open.then(|| self.0.network.get_or_init(HttpTransport::new))
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.0.0.open.store(false, Ordering::Release);
    }
}

impl Transport for Gate {
    fn connect(&self, request: StreamRequest) -> BoxFuture<'static, Result<StreamOpened, ConnectError>> {
        match self.network() {
            Some(network) => network.connect(request),
            None => Box::pin(std::future::pending()),
        }
    }

    fn fetch(&self, request: HistoryRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        match self.network() {
            Some(network) => network.fetch(request),
            // Whose token one is, the next engine with a network asks before it uses it.
            None if request.url.path().ends_with("/me") => {
                Box::pin(std::future::ready(Err(FetchError::Forbidden)))
            }
            None => Box::pin(std::future::pending()),
        }
    }

    fn tell(&self, request: TellRequest) -> BoxFuture<'static, Result<(), FetchError>> {
        match self.network() {
            Some(network) => network.tell(request),
            None => Box::pin(std::future::pending()),
        }
    }

    fn moved(&self, url: &Url) -> Option<Url> {
        self.0.network.get()?.moved(url)
    }

    fn know_move(&self, from: &Url, to: &Url) {
        if let Some(network) = self.0.network.get() {
            network.know_move(from, to);
        }
    }

    fn forget_move(&self, url: &Url) {
        if let Some(network) = self.0.network.get() {
            network.forget_move(url);
        }
    }

    fn check(&self, network: &Network) -> Result<(), BadValue> {
        self.0.network.get_or_init(HttpTransport::new).check(network)
    }

    fn post(&self, request: PostRequest) -> BoxFuture<'static, Result<HistoryReply, FetchError>> {
        match self.network() {
            Some(network) => network.post(request),
            None => Box::pin(std::future::pending()),
        }
    }
}

/// A desktop that never says whether it has shown a popup: what is due stays due for the next start.
pub(super) struct NoDesktop;

impl Notifier for NoDesktop {
    fn show(&self, _popup: Popup) -> BoxFuture<'static, ShowResult> {
        Box::pin(std::future::pending())
    }

    fn withdraw(&self, _key: PopupKey) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    fn clear_away(&self, _left: Vec<PopupPlace>) -> BoxFuture<'static, Result<(), NotifyError>> {
        Box::pin(std::future::ready(Err(NotifyError::Absent("belfryctl has no screen".to_owned()))))
    }

    fn report_to(&self, _events: mpsc::Sender<NotifierEvent>) {}
}

impl Browser for NoDesktop {
    fn open(
        &self,
        _page: &WebLink,
        _activation: Option<ActivationToken>,
    ) -> BoxFuture<'static, Result<(), BrowserError>> {
        Box::pin(std::future::ready(Err(BrowserError("belfryctl opens no pages".to_owned()))))
    }
}

/// The system's keychain. It is only looked into, never asked to unlock, unless a token is to be kept or erased.
#[derive(Clone)]
pub(super) struct QuietKeychain {
    system: Arc<dyn SecretStore>,
    refused: Arc<Mutex<Option<SecretError>>>,
}

impl QuietKeychain {
    pub fn new(system: Arc<dyn SecretStore>) -> Self {
        Self { system, refused: Arc::default() }
    }

    /// Why it took no token last time.
    pub fn last_refusal(&self) -> SecretError {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        refused.unwrap_or(SecretError::Absent)
    }

    /// Whether there is a keychain; a locked one is one.
    pub async fn is_there(&self, profile: &Profile) -> bool {
        keychain::is_there(self.system.as_ref(), profile).await.is_ok()
    }

    /// Asks it to unlock where it is locked.
    pub async fn unlocked(&self, profile: &Profile) -> Result<(), SecretError> {
        keychain::unlocked(self.system.as_ref(), profile).await
    }
}

impl SecretStore for QuietKeychain {
    fn get(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        self.system.peek(key)
    }

    fn peek(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        self.system.peek(key)
    }

    fn set(&self, key: SecretKey, token: Token) -> BoxFuture<'static, Result<(), SecretError>> {
        let (setting, refused) = (self.system.set(key, token), Arc::clone(&self.refused));
        Box::pin(async move {
            let result = setting.await;
            *refused.lock().unwrap_or_else(PoisonError::into_inner) = result.clone().err();
            result
        })
    }

    fn erase(&self, key: SecretKey) -> BoxFuture<'static, Result<(), SecretError>> {
        self.system.erase(key)
    }

    fn report_to(&self, _changes: mpsc::Sender<()>) {}
}
