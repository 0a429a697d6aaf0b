//! Sleep, seen by two clocks of which only one goes on meanwhile.

use std::cell::Cell;
use std::time::Duration;

use belfry_core::ports::SystemChange;

/// Less sleep than this is the time between two looks at two clocks.
const NAP: Duration = Duration::from_millis(100);

/// Tells how long the computer has slept since it was last asked.
pub(super) struct Naps {
    asleep: Box<dyn Fn() -> Duration>,
    known: Cell<Duration>,
}

impl Naps {
    /// `asleep` tells how long the computer has slept since it was started.
    pub fn new(asleep: impl Fn() -> Duration + 'static) -> Self {
        let known = Cell::new(asleep());
        Self { asleep: Box::new(asleep), known }
    }

    /// That it has woken, if it has slept since the last call.
    pub fn woke(&self) -> Option<SystemChange> {
        let asleep = (self.asleep)();
        let slept = asleep.saturating_sub(self.known.replace(asleep));
        (slept >= NAP).then_some(SystemChange::Woke { slept })
    }
}
