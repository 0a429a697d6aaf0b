//! What happens to the computer itself: sleep, its clock, its way to the network.

use std::time::Duration;

use tokio::sync::mpsc;

/// Tells what happens to the computer. It asks nothing over and over: while nothing happens, it sleeps.
pub trait Surroundings: Send + Sync {
    /// Names who is told from now on, until the receiver is dropped. The state at the beginning is a network;
    /// where there is none, that is told as well. Nothing is lost: where the channel is full, the rest waits.
    fn report_to(&self, changes: mpsc::Sender<SystemChange>);
}

/// Something that has happened to the computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemChange {
    /// It has woken from sleep. Told within 2 s.
    Woke {
        /// For how long an [`std::time::Instant`] stood still meanwhile.
        slept: Duration,
    },
    /// The wall's clock has been set, by hand or by the network. Not told of a clock that is merely slewed.
    ClockSet,
    /// There is a network, and the way to it is another one: what is open is probably dead.
    NetworkChanged,
    /// There is no network, but for this computer itself.
    NetworkDown,
    /// There is a network again, or one more: what waits may succeed, what is open goes on.
    NetworkUp,
}

/// Tells nothing: for an engine that keeps no connection.
#[derive(Debug, Clone, Copy)]
pub struct NoSurroundings;

impl Surroundings for NoSurroundings {
    fn report_to(&self, _changes: mpsc::Sender<SystemChange>) {}
}
