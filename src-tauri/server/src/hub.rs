//! Who has to be woken when something new is on disk. A wake carries no data: a connection is a cursor over the store,
//! and a wake only tells it to look.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tokio::sync::watch;

/// One watch channel for each user that has ever connected.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    // Held for a look-up only, never across an await.
    users: RwLock<HashMap<String, watch::Sender<()>>>,
}

impl Hub {
    /// Wakes `user`'s connections.
    pub fn wake(&self, user: &str) {
        if let Some(sender) = self.users.read().unwrap_or_else(PoisonError::into_inner).get(user) {
            sender.send_replace(());
        }
    }

    /// Subscribes a connection. What is committed after this call wakes it.
    pub fn subscribe(&self, user: &str) -> watch::Receiver<()> {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        users.entry(user.to_owned()).or_default().subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_reaches_the_user_and_nobody_else() {
        let hub = Hub::default();
        let (mine, theirs) = (hub.subscribe("me"), hub.subscribe("you"));
        hub.wake("me");
        hub.wake("nobody");
        assert!(mine.has_changed().unwrap());
        assert!(!theirs.has_changed().unwrap());
    }
}
