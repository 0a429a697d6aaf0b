//! How many popups come at once: a token bucket lets the first through.
//!
//! Deliberately not here: what stands for the rest, see [`Flood`](super::Flood).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::settings;

/// The most popups that come at once.
const CAPACITY: u32 = 5;
/// How long it takes until one more may come.
const REFILL: Duration = Duration::from_millis(400);
/// A storm is where a whole bucketful had to stay out within this time, in which the bucket would be full again. It
/// counts for nothing then, so that a storm gets no more popups for its breaths.
const STORM: Duration = Duration::from_secs(2);

/// The token bucket.
#[derive(Debug)]
pub struct Burst {
    tokens: u32,
    refilled: Instant,
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
    /// A full bucket.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { tokens: CAPACITY, refilled: now, kept_out: VecDeque::new() }
    }

    /// Decides about one message, and takes a token if it gets a popup.
    pub fn admit(&mut self, now: Instant, setting: settings::Burst) -> Verdict {
        match setting {
            settings::Burst::Off => return Verdict::Popup,
            settings::Burst::Summarise => {}
        }
        self.refill(now);
        match self.tokens.checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                Verdict::Popup
            }
            None => {
                self.kept_out.push_back(now);
                if self.kept_out.len() > CAPACITY as usize {
                    self.kept_out.pop_front();
                }
                Verdict::Summary
            }
        }
    }

    fn refill(&mut self, now: Instant) {
        if self.is_stormy(now) {
            self.refilled = now;
            return;
        }
        let elapsed = now.saturating_duration_since(self.refilled);
        let times = u32::try_from(elapsed.as_millis() / REFILL.as_millis()).unwrap_or(u32::MAX);
        let tokens = self.tokens.saturating_add(times);
        if tokens >= CAPACITY {
            self.tokens = CAPACITY;
            self.refilled = now;
        } else {
            self.tokens = tokens;
            self.refilled += REFILL * times;
        }
    }

    fn is_stormy(&self, now: Instant) -> bool {
        let all = self.kept_out.len() == CAPACITY as usize;
        all && self.kept_out.front().is_some_and(|first| now.saturating_duration_since(*first) < STORM)
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
        let mut admit = |ms| burst.admit(start + Duration::from_millis(ms), SUMMARISE);
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
        let mut admit = |ms| burst.admit(start + Duration::from_millis(ms), SUMMARISE) == Verdict::Popup;
        assert_eq!((0..3_000).filter(|ms| admit(*ms)).count(), 5);
        assert!(!admit(3_100) && !admit(4_900), "it has been stormy until a moment ago");
        assert!(admit(5_300) && !admit(5_350));
    }

    #[test]
    fn a_storm_that_takes_breath_is_one_storm() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        let mut admit = |ms| burst.admit(start + Duration::from_millis(ms), SUMMARISE) == Verdict::Popup;
        let gusts = (0..20).flat_map(|gust| std::iter::repeat_n(gust * 1_900, 500));
        assert_eq!(gusts.filter(|ms| admit(*ms)).count(), 5);
    }

    #[test]
    fn what_comes_a_little_too_fast_gets_as_many_popups_as_there_is_time_for() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        let mut admit = |ms| burst.admit(start + Duration::from_millis(ms), SUMMARISE) == Verdict::Popup;
        let popups = (0..60).filter(|third| admit(third * 333)).count();
        assert!((48..=56).contains(&popups), "{popups} of 60 in twenty seconds");
    }

    #[test]
    fn switched_off_it_lets_everything_through() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        assert!((0..100).all(|_| burst.admit(start, settings::Burst::Off) == Verdict::Popup));
    }
}
