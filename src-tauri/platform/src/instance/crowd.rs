//! Who of many clients has a place at the socket, and who has to give it up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Most clients at a time. Nobody needs as many; it bounds what they can cost.
const CLIENTS: usize = 128;

/// Places beside these, in which the window can be raised and nothing else: whoever starts the program a second time
/// does not find it out of reach.
const SPARE: usize = 4;

/// How long a client is given to make room for another one.
const ROOM: Duration = Duration::from_millis(100);

/// The places, and who needs one.
pub(super) struct Crowd {
    places: Arc<Semaphore>,
    spare: Arc<Semaphore>,
    /// Somebody has come who finds none.
    come: Notify,
}

impl Crowd {
    pub fn new() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self { places: places(CLIENTS), spare: places(SPARE), come: Notify::new() }
    }

    /// A place for a client that has come, if there is one.
    pub fn place(&self) -> Option<Place> {
        let free = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned().ok();
        free(&self.places).map(Place::Own).or_else(|| free(&self.spare).map(Place::Spare))
    }

    /// The place of the client that has been silent for the longest, if one is.
    pub async fn room(&self) -> Option<OwnedSemaphorePermit> {
        self.come.notify_one();
        timeout(ROOM, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()
    }

    /// Resolves for one of those that wait here when somebody needs its place.
    pub async fn is_full(&self) {
        self.come.notified().await;
        while self.places.available_permits() > 0 {
            self.come.notified().await;
        }
    }
}

/// Where a client is, for as long as it is served.
pub(super) enum Place {
    Own(OwnedSemaphorePermit),
    Spare(OwnedSemaphorePermit),
}
