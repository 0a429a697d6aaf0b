//! What the computer tells: it woke, its network is another one, or there is one again.

use std::time::{Duration, Instant};

use super::machine::Link;
use super::state::{Network, Phase};
use super::{Reason, later};

/// How long after one fresh start the next one begins, where the computer reports change upon change: a network that
/// comes and goes each second.
const FRESH_STARTS: Duration = Duration::from_secs(2);

impl Link {
    /// The computer has slept for so long, while the server's time went on.
    pub(super) fn woke(&mut self, now: Instant, slept: Duration) {
        self.not_before = self.not_before.and_then(|at| at.checked_sub(slept));
        self.environment_changed(now);
    }

    /// The computer woke or has another network: what is open is probably dead, and what failed may work.
    pub(super) fn environment_changed(&mut self, now: Instant) {
        match self.phase {
            Phase::Opening | Phase::Live | Phase::Waiting { .. } | Phase::Polling { .. } => {
                self.start_afresh(now);
            }
            Phase::Stopped { .. } => {
                // A captive portal's page looks like a server without a stream, its redirect like a move; some answer
                // 204 to everything. Another network has another proxy, or none.
                if matches!(
                    self.reason,
                    Some(
                        Reason::Unsupported
                            | Reason::Moved
                            | Reason::Circle
                            | Reason::ProxyLogin
                            | Reason::Ended
                    )
                ) {
                    self.start_afresh(now);
                }
            }
        }
    }

    pub(super) fn network_up(&mut self, now: Instant) {
        self.network = Network::Up;
        match self.phase {
            Phase::Stopped { .. } | Phase::Waiting { .. } | Phase::Polling { .. } => {
                self.environment_changed(now)
            }
            Phase::Opening | Phase::Live => {}
        }
    }

    /// Closes what there is and starts over, or will do so shortly where that was only just done.
    fn start_afresh(&mut self, now: Instant) {
        let at = match self.fresh_start {
            // One change can be told in two ways.
            Some(last) if last == now => return,
            Some(planned) if planned > now => planned,
            Some(last) => now.max(later(last, FRESH_STARTS)),
            None => now,
        };
        self.fresh_start = Some(at);
        if at <= now {
            return self.begin_episode(now);
        }
        self.clear_the_way();
        let until = self.not_before.map_or(at, |not_before| not_before.max(at));
        self.enter(now, Phase::Waiting { until }, None);
    }
}
