//! What another network is, whatever the system: what is open is lost with it. What a network merely gains harms
//! nothing that is open.

use belfry_core::ports::SystemChange;

/// What leads anywhere at some moment.
pub(super) trait Reach: PartialEq {
    /// Whether nothing does.
    fn is_none(&self) -> bool;

    /// Whether what was open when `last` led somewhere can still be open.
    fn keeps(&self, last: &Self) -> bool;
}

/// What is known of the network.
pub(super) struct Network<R> {
    /// The last one that led anywhere.
    last: R,
    now: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    Down,
}

impl<R: Reach> Network<R> {
    pub fn new(reach: R) -> Self {
        let now = if reach.is_none() { State::Down } else { State::Up };
        Self { last: reach, now }
    }

    pub fn is_down(&self) -> bool {
        self.now == State::Down
    }

    /// Takes the network as it is now; tells what has changed, if it matters.
    pub fn becomes(&mut self, reach: R) -> Option<SystemChange> {
        let before = self.now;
        if reach.is_none() {
            self.now = State::Down;
            return (before == State::Up).then_some(SystemChange::NetworkDown);
        }
        self.now = State::Up;
        let last = std::mem::replace(&mut self.last, reach);
        let reach = &self.last;
        if !reach.keeps(&last) {
            Some(SystemChange::NetworkChanged)
        } else if before == State::Down || *reach != last {
            Some(SystemChange::NetworkUp)
        } else {
            None
        }
    }
}
