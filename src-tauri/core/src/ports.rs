//! What the engine needs from the world: traits, and the values that pass through them.
//!
//! The real ones live in `belfry-platform`, the faked ones in `fakes`; both pass the same contract
//! suites. Futures are `Send`, so that an implementation may run on any runtime.

mod browser;
mod certificate;
mod clock;
mod demo;
mod login;
mod notifier;
mod route;
mod secret;
mod surroundings;
mod transport;

pub use browser::{Browser, BrowserError};
pub use certificate::{BadCertificate, CertificateFault};
pub use clock::WallClock;
pub use demo::{DemoError, DemoStart, NoDemo};
pub use login::{LoginItem, LoginItemError, LoginStart, NoLoginItem};
pub use notifier::{
    Notifier, NotifierEvent, NotifyError, Popup, PopupAction, PopupEvent, PopupKey, PopupSignal, PopupSound,
    ShowResult, Urgency,
};
pub use route::{ProxyLogin, Route};
pub use secret::{SecretError, SecretKey, SecretKind, SecretStore};
pub use surroundings::{NoSurroundings, Surroundings, SystemChange};
pub use transport::{
    ConnectError, FetchError, Frame, HistoryReply, HistoryRequest, PostRequest, StreamError, StreamEvent,
    StreamOpened, StreamRequest, Tell, TellRequest, Transport, TransportFault,
};

use std::future::Future;
use std::pin::Pin;

/// A boxed future that may cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
