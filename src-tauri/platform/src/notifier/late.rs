//! Popups about which the daemon has not answered in time.
//!
//! A daemon that hangs carries out later what it was asked meanwhile. So nobody takes a call back: it goes on
//! beside everything else, and its popup is known, or taken off again, when the answer comes after all.

use std::sync::Arc;

use belfry_core::ports::{BoxFuture, NotifyError, PopupKey, ShowResult, Urgency};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use notify_rust::NotificationHandle;
use tokio::sync::oneshot;

/// The most calls that go on; the library has a connection to the bus for each.
const MAX_LATE: usize = 16;

/// What the daemon says to a popup.
pub(super) type Taken = Result<Accepted, NotifyError>;

/// A call that is under way.
pub(super) type Call = BoxFuture<'static, Taken>;

/// A popup that the daemon has taken.
pub(super) struct Accepted {
    /// What the daemon calls it.
    pub id: u32,
    /// The connection that showed it, where it has one of its own.
    pub handle: Option<Arc<NotificationHandle>>,
}

/// What is remembered of a popup while the daemon has not answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub key: PopupKey,
    pub urgency: Urgency,
}

/// Where the answer goes.
pub(super) type Done = oneshot::Sender<ShowResult>;

/// The calls that go on.
#[derive(Default)]
pub(super) struct Late {
    calls: FuturesUnordered<BoxFuture<'static, (u64, Taken)>>,
    waiting: Vec<Waiting>,
    /// How many calls there have been.
    number: u64,
}

struct Waiting {
    number: u64,
    asked: Asked,
    wanted: bool,
    done: Done,
}

/// An answer that has come after all.
pub(super) struct Arrived {
    pub asked: Asked,
    /// Whether the popup was neither withdrawn nor replaced meanwhile.
    pub wanted: bool,
    pub done: Done,
    pub taken: Taken,
}

impl Late {
    /// Whether the daemon has enough to answer to.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_LATE
    }

    /// Lets a call go on.
    pub fn add(&mut self, asked: Asked, done: Done, call: Call) {
        self.number += 1;
        let number = self.number;
        self.calls.push(Box::pin(async move { (number, call.await) }));
        self.waiting.push(Waiting { number, asked, wanted: true, done });
    }

    /// Notes that a popup is not wanted any more.
    pub fn forget(&mut self, key: PopupKey) {
        let others = self.waiting.iter_mut().filter(|waiting| waiting.asked.key == key);
        others.for_each(|waiting| waiting.wanted = false);
    }

    /// Waits for the next answer; for ever where none is to come.
    pub async fn next(&mut self) -> Arrived {
        loop {
            let Some((number, taken)) = self.calls.next().await else { std::future::pending().await };
            if let Some(at) = self.waiting.iter().position(|waiting| waiting.number == number) {
                let Waiting { asked, wanted, done, .. } = self.waiting.swap_remove(at);
                return Arrived { asked, wanted, done, taken };
            }
        }
    }
}
