//! What the computer tells of itself: it woke, its clock was set, its network is another one or gone.

use super::run::{Engine, clock};
use crate::link::{Input, Link};
use crate::ports::SystemChange;
use crate::settings::SourceSettings;

/// What the system last said of the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Network {
    #[default]
    Up,
    Down,
}

impl Engine {
    /// Takes what has happened to the computer.
    pub(super) fn system_changed(&mut self, change: SystemChange) {
        tracing::info!(?change, "the system has changed");
        match change {
            SystemChange::Woke { slept } => {
                self.reach_links(|_| true, &Input::Woke { slept });
                let (now, wall) = (clock(), self.clock_now());
                self.sources.iter_mut().for_each(|run| run.woke(slept, now, wall));
                self.time_jumped();
            }
            SystemChange::ClockSet => {
                let (now, wall) = (clock(), self.clock_now());
                self.sources.iter_mut().for_each(|run| run.clock_set(now, wall));
                self.time_jumped();
            }
            SystemChange::NetworkChanged => {
                // Another network is one.
                if self.system_network == Network::Down {
                    self.network_is_up();
                }
                self.reach_links(minds_network, &Input::NetworkChanged);
            }
            SystemChange::NetworkDown => {
                self.system_network = Network::Down;
                self.reach_links(minds_network, &Input::NetworkDown);
            }
            SystemChange::NetworkUp => self.network_is_up(),
        }
    }

    fn network_is_up(&mut self) {
        self.system_network = Network::Up;
        self.reach_links(minds_network, &Input::NetworkUp);
    }

    /// Tells a new machine what the system last said.
    pub(super) fn tell_network(&self, settings: &SourceSettings, link: &mut Link) {
        if self.system_network == Network::Down && minds_network(settings) {
            link.handle(clock(), Input::NetworkDown);
        }
    }

    /// What compares with the wall's clock is looked at again: what was snoozed may be due, a pause may be over.
    /// Deadlines are worked out anew with every turn.
    fn time_jumped(&mut self) {
        self.inbox_changed = true;
        self.hold_step();
    }

    fn reach_links(&mut self, whom: impl Fn(&SourceSettings) -> bool, input: &Input) {
        let now = clock();
        for run in self.sources.iter_mut().filter(|run| whom(&run.settings)) {
            run.link.handle(now, input.clone());
        }
    }
}

/// Whether the network is any matter to a source: not to a server on this computer.
fn minds_network(settings: &SourceSettings) -> bool {
    !settings.stays_here()
}
