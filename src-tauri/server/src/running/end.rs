//! What ends with a server, and in which order.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::writer::Writer;

/// How long requests and streams may take to end before their connections are dropped.
const POLITE: Duration = Duration::from_secs(3);

/// What has to end with a server. Dropping it ends everything without waiting.
pub(super) struct End {
    stop: CancellationToken,
    /// The token that drops the connections accepted from now on.
    pub connections: watch::Sender<CancellationToken>,
    tasks: TaskTracker,
    writer: Writer,
    thread: Option<JoinHandle<()>>,
}

impl End {
    pub fn new(
        stop: CancellationToken,
        connections: watch::Sender<CancellationToken>,
        tasks: TaskTracker,
        writer: Writer,
        thread: JoinHandle<()>,
    ) -> Self {
        Self { stop, connections, tasks, writer, thread: Some(thread) }
    }

    /// Stops accepting, lets streams and requests end, and closes the store.
    pub async fn finish(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(POLITE, self.tasks.wait()).await.is_err() {
            tracing::info!("connections that did not end were dropped");
            self.connections.borrow().cancel();
            self.tasks.wait().await;
        }
        self.writer.stop().await;
        if let Some(thread) = self.thread.take() {
            let joined = tokio::task::spawn_blocking(|| thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writing thread did not end well");
            }
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.stop.cancel();
        self.connections.borrow().cancel();
    }
}
