//! A wall clock that follows tokio's time, paused or not.

use std::time::Duration;

use crate::model::Timestamp;
use crate::ports::WallClock;

/// Begins at a given moment and moves as tokio's clock does.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    begin: Timestamp,
    started: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that shows `begin` now.
    #[must_use]
    pub fn starting_at(begin: Timestamp) -> Self {
        Self { begin, started: tokio::time::Instant::now() }
    }
}

impl WallClock for TokioClock {
    fn now(&self) -> Timestamp {
        let passed: Duration = tokio::time::Instant::now().duration_since(self.started);
        self.begin.after(passed)
    }

    /// China's: 8 hours east, without summer time.
    fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::fixed(jiff::tz::offset(8))
    }
}
