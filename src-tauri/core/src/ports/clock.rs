//! The wall clock. Deadlines use the engine's monotonic time; this one only dates things.

use crate::model::Timestamp;

/// Tells the time of day.
pub trait WallClock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// The zone of the clock on the wall.
    fn zone(&self) -> jiff::tz::TimeZone;
}
