//! How long to wait before the next attempt: doubling with jitter, from a base that the server may set.
//!
//! Deliberately not here: `Retry-After`, which binds every request and not only the next attempt
//! ([`super::Link`] keeps it).

use std::time::Duration;

/// The longest base that a server's `retry:` can ask for.
const RETRY_CEILING: Duration = Duration::from_secs(60);

/// Computes waits. Deterministic for a given seed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Backoff {
    base: Duration,
    /// What the server has asked for: no wait is shorter.
    asked: Duration,
    shortest_base: Duration,
    longest: Duration,
    random: SplitMix,
}

impl Backoff {
    pub(crate) fn new(base: Duration, shortest_base: Duration, longest: Duration, seed: u64) -> Self {
        Self { base, asked: Duration::ZERO, shortest_base, longest, random: SplitMix(seed) }
    }

    /// Takes the server's `retry:` as the base, within `retry_min` and 60 s, and as the shortest wait.
    pub(super) fn set_base(&mut self, asked: Duration) {
        let floor = self.shortest_base;
        self.base = asked.clamp(floor, RETRY_CEILING.max(floor));
        self.asked = asked.min(self.base).min(self.longest);
    }

    /// The wait after the `failures`-th failure in a row, counted from 1: between half and the whole of
    /// `base · 2^(failures − 1)`, which never exceeds the longest wait; never less than the server has asked for.
    pub(crate) fn after_failure(&mut self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.base.saturating_mul(1 << doublings).min(self.longest);
        let least = self.asked.max(whole / 2);
        least + self.random.up_to(whole.max(self.asked_and_half()) - least)
    }

    /// The wait after the end of a stream that had proved life: anything up to the base, so that the clients
    /// of a server that restarts do not all come back at once. Where the server has asked for a time, that and up to
    /// half of it more.
    pub(super) fn after_life(&mut self) -> Duration {
        let most = self.base.min(self.longest).max(self.asked_and_half());
        self.asked + self.random.up_to(most - self.asked)
    }

    /// A span that is waited again and again, and up to a tenth of it more, so that clients that began together part.
    pub(super) fn spread(&mut self, span: Duration) -> Duration {
        span.saturating_add(self.random.up_to(span / 10))
    }

    fn asked_and_half(&self) -> Duration {
        self.asked.saturating_add(self.asked / 2)
    }

    /// The longest wait, for times when trying is known to be vain.
    pub(super) fn longest(&self) -> Duration {
        self.longest
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): jitter needs to be spread, not to be secret.
#[derive(Debug, Clone, PartialEq)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A span from zero to `limit` inclusive, in steps of a microsecond.
    fn up_to(&mut self, limit: Duration) -> Duration {
        let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        let drawn = self.next();
        Duration::from_micros(limit.checked_add(1).map_or(drawn, |count| drawn % count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn backoff(seed: u64) -> Backoff {
        Backoff::new(SECOND, SECOND, 60 * SECOND, seed)
    }

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_is_jittered_by_half() {
        let mut backoff = backoff(1);
        for (failures, whole) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (40, 60), (u32::MAX, 60)] {
            let whole = SECOND * whole;
            let waits: Vec<_> = (0..200).map(|_| backoff.after_failure(failures)).collect();
            assert!(waits.iter().all(|wait| (whole / 2..=whole).contains(wait)), "{failures}: {waits:?}");
            let (low, high) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(*high - *low > whole / 3, "{failures}: no spread between {low:?} and {high:?}");
        }
    }

    #[test]
    fn after_a_rotation_the_wait_is_anything_up_to_the_base() {
        let mut backoff = backoff(2);
        let waits: Vec<_> = (0..200).map(|_| backoff.after_life()).collect();
        assert!(waits.iter().all(|wait| *wait <= SECOND));
        assert!(
            waits.iter().any(|wait| *wait < SECOND / 10) && waits.iter().any(|wait| *wait > SECOND * 9 / 10)
        );
    }

    #[test]
    fn a_rhythm_is_spread_by_a_tenth_and_never_hastened() {
        let mut backoff = backoff(5);
        let spans: Vec<_> = (0..200).map(|_| backoff.spread(60 * SECOND)).collect();
        assert!(spans.iter().all(|span| (60 * SECOND..=66 * SECOND).contains(span)), "{spans:?}");
        assert!(spans.iter().any(|span| *span < 61 * SECOND) && spans.iter().any(|span| *span > 65 * SECOND));
    }

    #[test]
    fn the_same_seed_gives_the_same_waits_and_another_seed_others() {
        let waits = |seed| {
            let mut backoff = backoff(seed);
            (1..20).map(|failures| backoff.after_failure(failures)).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }

    #[test]
    fn what_the_server_asks_for_is_kept_within_sane_limits() {
        let mut backoff = backoff(3);
        for (asked, base) in [(0, 1), (5, 5), (60, 60), (86_400, 60)] {
            backoff.set_base(asked * SECOND);
            assert_eq!(backoff.base, base * SECOND);
        }
        let mut patient = Backoff::new(SECOND, 90 * SECOND, 600 * SECOND, 0);
        patient.set_base(SECOND);
        assert_eq!(patient.base, 90 * SECOND, "a shortest base above the ceiling wins");
    }

    #[test]
    fn what_the_server_asks_for_is_never_undercut() {
        let mut backoff = backoff(4);
        backoff.set_base(10 * SECOND);
        for failures in 1..8 {
            let waits: Vec<_> =
                (0..200).flat_map(|_| [backoff.after_failure(failures), backoff.after_life()]).collect();
            assert!(
                waits.iter().all(|wait| (10 * SECOND..=60 * SECOND).contains(wait)),
                "{failures}: {waits:?}"
            );
        }
        let waits: Vec<_> = (0..200).map(|_| backoff.after_life()).collect();
        assert!(waits.iter().all(|wait| *wait <= 15 * SECOND));
        assert!(waits.iter().any(|wait| *wait < 11 * SECOND) && waits.iter().any(|wait| *wait > 14 * SECOND));
        let mut hasty = Backoff::new(SECOND, SECOND, 5 * SECOND, 0);
        hasty.set_base(30 * SECOND);
        assert!(hasty.after_failure(9) <= 15 * SECOND / 2, "the user's longest wait bounds the server's");
    }

    #[test]
    fn extreme_spans_do_not_overflow() {
        let mut endless = Backoff::new(Duration::MAX, Duration::ZERO, Duration::MAX, 0);
        assert!(endless.after_failure(u32::MAX) >= Duration::MAX / 2);
        let _ = endless.after_life();
        assert_eq!(Backoff::new(Duration::ZERO, Duration::ZERO, SECOND, 0).after_failure(9), Duration::ZERO);
    }
}
