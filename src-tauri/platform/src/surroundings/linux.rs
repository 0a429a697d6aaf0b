//! The thread that hears the kernel and logind.

use std::io;
use std::os::fd::OwnedFd;

use belfry_core::ports::SystemChange;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use super::naps::Naps;
use super::{clock, logind, network};

/// Tells of changes until nobody listens any more, or until there is nothing to hear.
pub(super) fn start(changes: mpsc::Sender<SystemChange>) {
    let watching = move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(watch(&changes)),
        Err(error) => tracing::error!(%error, "sleep and the network will not be noticed"),
    };
    let thread = std::thread::Builder::new().name("belfry-surroundings".to_owned());
    if let Err(error) = thread.spawn(watching) {
        tracing::error!(%error, "sleep and the network will not be noticed");
    }
}

/// A descriptor that can be waited for until there is something to read.
///
/// # Errors
/// If the system refuses.
#[expect(
    deprecated,
    reason = "what it warns of, a descriptor that changes, is not possible here; its successor is unsafe"
)]
pub(super) fn readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}

async fn watch(changes: &mpsc::Sender<SystemChange>) {
    let naps = Naps::new(clock::asleep);
    let clock = async {
        let Err(error) = clock::watch(&naps, changes).await else { return };
        tracing::info!(%error, "a clock that is set will not be noticed");
    };
    let network = async {
        let Err(error) = network::watch(changes).await else { return };
        tracing::info!(%error, "another network will not be noticed");
    };
    let logind = async {
        // A computer without a system bus tells of its sleep by the clock alone.
        let Err(error) = logind::watch(&naps, changes).await else { return };
        tracing::debug!(%error, "logind is not heard");
    };
    tokio::select! {
        () = changes.closed() => {}
        _ = async { tokio::join!(clock, network, logind) } => {}
    }
}
