//! Floods: a token bucket lets the first popups through, one summary stands for the rest.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::settings;

/// The most popups that come at once.
const CAPACITY: u32 = 5;
/// How long it takes until one more may come.
const REFILL: Duration = Duration::from_millis(400);
/// The shortest time between two updates of the summary.
const UPDATE: Duration = Duration::from_millis(250);
/// How long after the last message the summary is closed.
const CLOSE: Duration = Duration::from_secs(10);
/// How many titles the summary shows.
const TITLES: usize = 3;

/// The token bucket.
#[derive(Debug)]
pub struct Burst {
    tokens: u32,
    refilled: Instant,
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
        Self { tokens: CAPACITY, refilled: now }
    }

    /// Decides about one message, and takes a token if it gets a popup.
    pub fn admit(&mut self, now: Instant, setting: settings::Burst) -> Verdict {
        match setting {
            settings::Burst::Off => return Verdict::Popup,
            settings::Burst::Summarise => {}
        }
        let elapsed = now.saturating_duration_since(self.refilled);
        let gained = u32::try_from(elapsed.as_millis() / REFILL.as_millis()).unwrap_or(CAPACITY);
        if self.tokens.saturating_add(gained) >= CAPACITY {
            self.tokens = CAPACITY;
            self.refilled = now;
        } else {
            self.tokens += gained;
            self.refilled += REFILL * gained;
        }
        match self.tokens.checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                Verdict::Popup
            }
            None => Verdict::Summary,
        }
    }
}

/// The summary of one flood, from the first message that got no popup until ten seconds after the last.
#[derive(Debug)]
pub struct Flood {
    count: usize,
    titles: VecDeque<String>,
    last: Instant,
    shown: Option<Instant>,
    stale: bool,
}

/// What is to be done about the summary now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FloodStep {
    /// Show it, or bring it up to date.
    Show {
        /// How many messages it stands for.
        count: usize,
        /// Their newest titles, newest first.
        titles: Vec<String>,
    },
    /// Take it off the screen: the flood is over.
    Close,
}

impl Flood {
    /// Begins with the first message.
    #[must_use]
    pub fn new(now: Instant, title: &str) -> Self {
        let mut flood = Self { count: 0, titles: VecDeque::new(), last: now, shown: None, stale: false };
        flood.add(now, title);
        flood
    }

    /// Counts one more message.
    pub fn add(&mut self, now: Instant, title: &str) {
        self.count += 1;
        self.last = now;
        self.stale = true;
        self.titles.push_front(title.to_owned());
        self.titles.truncate(TITLES);
    }

    /// When [`Flood::step`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        match (self.stale, self.shown) {
            (true, Some(shown)) => shown + UPDATE,
            (true, None) => self.last,
            (false, _) => self.last + CLOSE,
        }
    }

    /// What is to be done now, if the deadline has come.
    pub fn step(&mut self, now: Instant) -> Option<FloodStep> {
        if now < self.deadline() {
            return None;
        }
        if !self.stale {
            return Some(FloodStep::Close);
        }
        self.stale = false;
        self.shown = Some(now);
        Some(FloodStep::Show { count: self.count, titles: self.titles.iter().cloned().collect() })
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
    fn switched_off_it_lets_everything_through() {
        let start = Instant::now();
        let mut burst = Burst::new(start);
        assert!((0..100).all(|_| burst.admit(start, settings::Burst::Off) == Verdict::Popup));
    }

    #[test]
    fn the_summary_is_updated_at_most_four_times_a_second() {
        let start = Instant::now();
        let mut flood = Flood::new(start, "1");
        let mut shows = 0;
        for ms in 0..1000 {
            let now = start + Duration::from_millis(ms);
            flood.add(now, "next");
            shows += usize::from(matches!(flood.step(now), Some(FloodStep::Show { .. })));
        }
        assert_eq!(shows, 4);
    }

    #[test]
    fn the_summary_counts_all_names_the_newest_and_closes() {
        let start = Instant::now();
        let mut flood = Flood::new(start, "1");
        for title in ["2", "3", "4"] {
            flood.add(start, title);
        }
        let titles = vec!["4".to_owned(), "3".to_owned(), "2".to_owned()];
        assert_eq!(flood.step(start), Some(FloodStep::Show { count: 4, titles }));
        assert_eq!(flood.step(start + Duration::from_millis(9_999)), None);
        assert_eq!(flood.step(start + Duration::from_secs(10)), Some(FloodStep::Close));
    }
}
