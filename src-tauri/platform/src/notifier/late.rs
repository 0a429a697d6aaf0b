//! Popups about which the daemon has not answered in time.
//!
//! A daemon that hangs carries out later what it was asked meanwhile. So nobody takes a call back: it goes on
//! beside everything else, and its popup is known, or taken off again, when the answer comes after all.

use std::future::Future;

use belfry_core::ports::{NotifyError, PopupKey};
use notify_rust::NotificationHandle;
use tokio::sync::oneshot;
use tokio::task::{Id, JoinSet};

/// The most calls that go on, each with a connection to the bus.
const MAX_LATE: usize = 16;

/// What the daemon says to a popup.
pub(super) type Taken = Result<NotificationHandle, NotifyError>;

/// Where the answer goes.
pub(super) type Done = oneshot::Sender<Result<(), NotifyError>>;

/// The calls that go on.
#[derive(Default)]
pub(super) struct Late {
    calls: JoinSet<Taken>,
    asked: Vec<Asked>,
}

struct Asked {
    call: Id,
    key: PopupKey,
    wanted: bool,
    done: Done,
}

/// An answer that has come after all.
pub(super) struct Arrived {
    pub key: PopupKey,
    /// Whether the popup was neither withdrawn nor replaced meanwhile.
    pub wanted: bool,
    pub done: Done,
    pub taken: Taken,
}

impl Late {
    /// Whether the daemon has enough to answer to.
    pub fn is_full(&self) -> bool {
        self.asked.len() >= MAX_LATE
    }

    /// Lets a call go on.
    pub fn add(&mut self, key: PopupKey, done: Done, call: impl Future<Output = Taken> + Send + 'static) {
        let call = self.calls.spawn(call).id();
        self.asked.push(Asked { call, key, wanted: true, done });
    }

    /// Notes that a popup is not wanted any more.
    pub fn forget(&mut self, key: PopupKey) {
        self.asked.iter_mut().filter(|asked| asked.key == key).for_each(|asked| asked.wanted = false);
    }

    /// Waits for the next answer; for ever where none is to come.
    pub async fn next(&mut self) -> Arrived {
        loop {
            let (call, taken) = match self.calls.join_next_with_id().await {
                Some(Ok((call, taken))) => (call, taken),
                Some(Err(error)) => (error.id(), Err(NotifyError::Failed(error.to_string()))),
                None => std::future::pending().await,
            };
            if let Some(at) = self.asked.iter().position(|asked| asked.call == call) {
                let Asked { key, wanted, done, .. } = self.asked.swap_remove(at);
                return Arrived { key, wanted, done, taken };
            }
        }
    }
}
