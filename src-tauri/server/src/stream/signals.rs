//! What may end a stream from outside: the reader's leaving, rotation, a revoked token, the end of the server.

use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::End;
use crate::access::{Holder, Known};
use crate::http::Shared;

/// Everything that may end one stream.
pub(super) struct Signals {
    holder: Arc<Holder>,
    tokens: watch::Receiver<Arc<Known>>,
    rotation: watch::Receiver<u64>,
    stop: CancellationToken,
    out: mpsc::Sender<Bytes>,
}

impl Signals {
    pub fn watch(shared: &Shared, holder: &Arc<Holder>, out: mpsc::Sender<Bytes>) -> Self {
        let mut tokens = shared.access.watch();
        // The token may have been revoked since the request was let in: the first look is due at once.
        tokens.mark_changed();
        Self {
            holder: holder.clone(),
            tokens,
            rotation: shared.rotation.subscribe(),
            stop: shared.stop.clone(),
            out,
        }
    }

    /// Resolves when the stream has to end. Dropping it and asking again loses nothing.
    pub async fn end(&mut self) -> End {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return End::Stopped,
                () = self.out.closed() => return End::Gone,
                _ = self.rotation.changed() => return End::Rotated,
                _ = self.tokens.changed() => {
                    let now = self.tokens.borrow_and_update().clone();
                    if !now.holds(&self.holder) {
                        return End::Revoked;
                    }
                }
            }
        }
    }
}

/// Counts a stream as open for as long as it lives.
pub(super) struct Seat(watch::Sender<usize>);

impl Seat {
    pub fn take(streams: &watch::Sender<usize>) -> Self {
        streams.send_modify(|open| *open += 1);
        Self(streams.clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}
