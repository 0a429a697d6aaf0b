//! How many popups come at once: a token bucket lets the first through, and what is urgent has one of its own
//! beside it, so that a flood of other messages does not swallow it.
//!
//! Deliberately not here: what stands for the rest, see [`Flood`](super::Flood).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::model::Priority;
use crate::settings;

/// The most popups that come at once; as many more may, if they are urgent.
const CAPACITY: u32 = 5;
/// How long it takes until one more may come.
const REFILL: Duration = Duration::from_millis(400);
/// How long it takes until one more urgent one may come in a flood.
const REFILL_URGENT: Duration = Duration::from_secs(10);
/// A storm is where a whole bucketful had to stay out within this time, in which the bucket would be full again. It
/// counts for nothing then, so that a storm gets no more popups for its breaths.
const STORM: Duration = Duration::from_secs(2);

/// The token buckets.
#[derive(Debug)]
pub struct Burst {
    all: Bucket,
    urgent: Bucket,
    /// When the last ones had to stay out, as many as the bucket holds.
    kept_out: VecDeque<Instant>,
}

/// What becomes of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It gets a popup of its own.
    Popup,
    /// It is counted in the summary.
    Summary,
}

impl Burst {
    /// Full buckets.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        let (all, urgent) = (Bucket::full(now, REFILL), Bucket::full(now, REFILL_URGENT));
        Self { all, urgent, kept_out: VecDeque::new() }
    }

    /// Decides about one message, and takes tokens if it gets a popup: an urgent one takes its own, and one from the
    /// bucket of all as long as there is any, so that urgent ones alone get no more popups than others.
    pub fn admit(&mut self, now: Instant, priority: Priority, setting: settings::Burst) -> Verdict {
        match setting {
            settings::Burst::Off => return Verdict::Popup,
            settings::Burst::Summarise => {}
        }
        match self.is_stormy(now) {
            true => self.all.refilled = now,
            false => self.all.refill(now),
        }
        self.urgent.refill(now);
        let own = priority == Priority::URGENT && self.urgent.take();
        if self.all.take() || own {
            return Verdict::Popup;
        }
        self.kept_out.push_back(now);
        if self.kept_out.len() > CAPACITY as usize {
            self.kept_out.pop_front();
        }
        Verdict::Summary
    }

    fn is_stormy(&self, now: Instant) -> bool {
        let all = self.kept_out.len() == CAPACITY as usize;
        all && self.kept_out.front().is_some_and(|first| now.saturating_duration_since(*first) < STORM)
    }
}

/// Tokens that come back one by one.
#[derive(Debug)]
struct Bucket {
    tokens: u32,
    /// How long it takes until one is back.
    every: Duration,
    refilled: Instant,
}

impl Bucket {
    fn full(now: Instant, every: Duration) -> Self {
        Self { tokens: CAPACITY, every, refilled: now }
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled);
        let times = u32::try_from(elapsed.as_millis() / self.every.as_millis()).unwrap_or(u32::MAX);
        let tokens = self.tokens.saturating_add(times);
        if tokens >= CAPACITY {
            self.tokens = CAPACITY;
            self.refilled = now;
        } else {
            self.tokens = tokens;
            self.refilled += self.every * times;
        }
    }

    /// Takes a token, and tells whether there was one.
    fn take(&mut self) -> bool {
        let left = self.tokens.checked_sub(1);
        self.tokens = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARISE: settings::Burst = settings::Burst::Summarise;

    #[test]
    fn five_come_at_once_then_one_each_400_ms() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        let mut admit = |ms| burst.admit(start + Duration::from_millis(ms), Priority::DEFAULT, SUMMARISE);
        for _ in 0..5 {
            assert_eq!(admit(0), Verdict::Popup);
        }
        assert_eq!(admit(399), Verdict::Summary);
        assert_eq!(admit(400), Verdict::Popup);
        assert_eq!(admit(799), Verdict::Summary);
        assert_eq!(admit(800), Verdict::Popup);
        for _ in 0..5 {
            assert_eq!(admit(60_000), Verdict::Popup);
        }
        assert_eq!(admit(60_000), Verdict::Summary);
    }

    #[test]
    fn in_a_storm_five_come_and_no_more_until_it_is_over() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        let mut admit = |ms| {
            burst.admit(start + Duration::from_millis(ms), Priority::DEFAULT, SUMMARISE) == Verdict::Popup
        };
        assert_eq!((0..3_000).filter(|ms| admit(*ms)).count(), 5);
        assert!(!admit(3_100) && !admit(4_900), "it has been stormy until a moment ago");
        assert!(admit(5_300) && !admit(5_350));
    }

    #[test]
    fn a_storm_that_takes_breath_is_one_storm() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        let mut admit = |ms| {
            burst.admit(start + Duration::from_millis(ms), Priority::DEFAULT, SUMMARISE) == Verdict::Popup
        };
        let gusts = (0..20).flat_map(|gust| std::iter::repeat_n(gust * 1_900, 500));
        assert_eq!(gusts.filter(|ms| admit(*ms)).count(), 5);
    }

    #[test]
    fn what_comes_a_little_too_fast_gets_as_many_popups_as_there_is_time_for() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        let mut admit = |ms| {
            burst.admit(start + Duration::from_millis(ms), Priority::DEFAULT, SUMMARISE) == Verdict::Popup
        };
        let popups = (0..60).filter(|third| admit(third * 333)).count();
        assert!((48..=56).contains(&popups), "{popups} of 60 in twenty seconds");
    }

    #[test]
    fn switched_off_it_lets_everything_through() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        assert!(
            (0..100).all(|_| burst.admit(start, Priority::DEFAULT, settings::Burst::Off) == Verdict::Popup)
        );
    }

    /// Which of the popups asked for at these milliseconds come.
    fn admitted(asked: impl IntoIterator<Item = (u64, Priority)>) -> Vec<(u64, Priority)> {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        let mut admit = |(ms, priority): &(u64, Priority)| {
            burst.admit(start + Duration::from_millis(*ms), *priority, SUMMARISE) == Verdict::Popup
        };
        asked.into_iter().filter(|asked| admit(asked)).collect()
    }

    fn urgent(ms: u64) -> (u64, Priority) {
        (ms, Priority::URGENT)
    }

    #[test]
    fn in_a_flood_what_is_urgent_comes_all_the_same_within_bounds() {
        let flood = (0..40_000).map(|ms| (ms, Priority::DEFAULT));
        let asked =
            flood.flat_map(|other| [other, urgent(other.0)].into_iter().take(1 + usize::from(other.0 > 99)));
        let came = admitted(asked);
        let of = |wanted: Priority| came.iter().filter(move |(_, priority)| *priority == wanted);
        assert_eq!(of(Priority::DEFAULT).count(), 5);
        let times: Vec<u64> = of(Priority::URGENT).map(|(ms, _)| *ms).collect();
        assert_eq!(times, [100, 101, 102, 103, 104, 10_100, 20_100, 30_100]);
    }

    #[test]
    fn urgent_ones_alone_get_no_more_popups_at_once_than_others() {
        assert_eq!(admitted([urgent(0); 100]).len(), 5);
        let slowly: Vec<_> = (0..50).map(|half| urgent(half * 500)).collect();
        assert_eq!(admitted(slowly.clone()), slowly, "there is time for each");
    }
}
