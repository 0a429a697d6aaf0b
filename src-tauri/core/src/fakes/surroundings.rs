//! Surroundings in which a test lets things happen.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::ports::{Surroundings, SystemChange};

/// Tells what it is told to tell.
#[derive(Debug, Clone, Default)]
pub struct ScriptedSurroundings {
    listener: Arc<Mutex<Option<mpsc::Sender<SystemChange>>>>,
}

impl ScriptedSurroundings {
    /// Tells of a change; lost where nobody listens.
    pub async fn tell(&self, change: SystemChange) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            let _ = listener.send(change).await;
        }
    }
}

impl Surroundings for ScriptedSurroundings {
    fn report_to(&self, changes: mpsc::Sender<SystemChange>) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(changes);
    }
}
