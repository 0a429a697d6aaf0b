//! A wall clock that follows tokio's time, paused or not, and can be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::model::Timestamp;
use crate::ports::WallClock;

/// Begins at a given moment and moves as tokio's clock does.
#[derive(Debug, Clone)]
pub struct TokioClock {
    begin: Timestamp,
    started: tokio::time::Instant,
    ahead: Arc<AtomicI64>,
}

impl TokioClock {
    /// A clock that shows `begin` now.
    #[must_use]
    pub fn starting_at(begin: Timestamp) -> Self {
        Self { begin, started: tokio::time::Instant::now(), ahead: Arc::default() }
    }

    /// The same clock, so many milliseconds ahead, which may change.
    #[must_use]
    pub fn ahead_by(self, ahead: Arc<AtomicI64>) -> Self {
        Self { ahead, ..self }
    }
}

impl WallClock for TokioClock {
    fn now(&self) -> Timestamp {
        let passed: Duration = tokio::time::Instant::now().duration_since(self.started);
        Timestamp(self.begin.after(passed).0 + self.ahead.load(Ordering::Relaxed))
    }

    /// China's: 8 hours east, without summer time.
    fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::fixed(jiff::tz::offset(8))
    }
}
