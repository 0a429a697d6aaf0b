//! Read-only connections to the store, used on blocking threads, never more than a few at once, and for very short
//! reads where they are asked for.
//! Deliberately not here: what is read (`store`).

use std::path::PathBuf;
use std::sync::Mutex;

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::store::{StoreError, open_reader};

/// At most so many reads at once: more threads than that only wait for the same disk.
const AT_ONCE: usize = 8;

/// A small pool of reading connections.
pub(crate) struct Readers {
    path: PathBuf,
    turns: Semaphore,
    // Held for a push or a pop only, never across an await.
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub fn new(path: PathBuf) -> Self {
        Self { path, turns: Semaphore::new(AT_ONCE), idle: Mutex::new(Vec::new()) }
    }

    /// Runs `read` with a connection on a blocking thread.
    pub async fn read<T, F>(self: &std::sync::Arc<Self>, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await.ok();
        let pool = self.clone();
        let work = tokio::task::spawn_blocking(move || pool.run(read));
        match work.await {
            Ok(result) => Ok(result?),
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// Runs `read` here and now, on the caller's thread: for what was written a moment ago and is read in tens of
    /// microseconds. Going to another thread and back takes an idle machine ten times as long.
    pub fn read_here<T>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        Ok(self.run(read)?)
    }

    fn run<T>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, rusqlite::Error> {
        let idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => open_reader(&self.path)?,
        };
        let result = read(&mut conn)?;
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(conn);
        Ok(result)
    }
}
