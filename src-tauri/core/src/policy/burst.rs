//! Floods: a token bucket lets the first popups through, one summary stands for the rest.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::gathered::{Gathered, Words};
use super::tally::Tally;
use crate::model::{MessageId, MessageRuns, Room};
use crate::settings;

/// The most popups that come at once.
const CAPACITY: u32 = 5;
/// How long it takes until one more may come.
const REFILL: Duration = Duration::from_millis(400);
/// A storm is where a whole bucketful had to stay out within this time, in which the bucket would be full again. It
/// counts for nothing then, so that a storm gets no more popups for its breaths.
const STORM: Duration = Duration::from_secs(2);
/// The shortest time between two updates of the summary.
const UPDATE: Duration = Duration::from_millis(250);
/// How long after the last message the summary is closed.
const CLOSE: Duration = Duration::from_secs(10);

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

/// The summary of one flood, from the first message that got no popup until ten seconds after the last.
///
/// Its size is bounded, and so is the number of updates: none is made while one is on its way.
#[derive(Debug)]
pub struct Flood {
    gathered: Gathered,
    last: Instant,
    shown: Option<Instant>,
}

/// What is to be done about the summary now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FloodStep {
    /// Show it, or bring it up to date; the answer goes to [`Flood::taken`] or [`Flood::refused`].
    Show(Words),
    /// Take it off the screen: the flood is over.
    Close,
}

impl Flood {
    /// A flood that begins.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { gathered: Gathered::default(), last: now, shown: None }
    }

    /// Counts a message. Where there is no room for its id it stays due.
    pub fn add(&mut self, now: Instant, id: MessageId, title: &str) -> Room {
        self.last = now;
        self.gathered.add(id, title)
    }

    /// Leaves messages out that need no announcement any more.
    pub fn forget(&mut self, ids: &[MessageId]) {
        self.gathered.forget(ids);
    }

    /// The messages of which the desktop has not taken word yet.
    #[must_use]
    pub fn open(&self) -> &MessageRuns {
        self.gathered.open()
    }

    /// Notes of which types the messages are that are told for the first time now; gives back those of all.
    pub fn tell_kinds(&mut self, new: Tally) -> Tally {
        self.gathered.tell_kinds(new)
    }

    /// What has gathered, where the flood is of no interest any more.
    #[must_use]
    pub fn into_gathered(self) -> Gathered {
        self.gathered
    }

    /// The desktop has taken what it was given.
    pub fn taken(&mut self) {
        self.gathered.taken();
    }

    /// The desktop has not taken it: the next update tells of these, too.
    pub fn refused(&mut self, ids: MessageRuns) {
        self.gathered.refused(ids);
    }

    /// The desktop takes popups again: the next update is due if it refused one.
    pub fn say_again(&mut self) {
        self.gathered.say_again();
    }

    /// What the desktop has never taken, now that the flood is over.
    #[must_use]
    pub fn unsaid(self) -> Option<Gathered> {
        self.gathered.unsaid()
    }

    /// When [`Flood::step`] has something to do; never, while an update is on its way.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.shown {
            _ if self.gathered.is_on_its_way() => None,
            Some(shown) if self.gathered.is_ready() => Some(shown + UPDATE),
            None if self.gathered.is_ready() => Some(self.last),
            Some(_) | None => Some(self.last + CLOSE),
        }
    }

    /// What is to be done now, if the deadline has come.
    pub fn step(&mut self, now: Instant) -> Option<FloodStep> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        if !self.gathered.is_ready() {
            return Some(FloodStep::Close);
        }
        self.shown = Some(now);
        Some(FloodStep::Show(self.gathered.say()))
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

    /// A flood of messages with the ids 1, 2, … that all came at once.
    fn flood(now: Instant, messages: i64) -> Flood {
        let mut flood = Flood::new(now);
        for id in 1..=messages {
            flood.add(now, MessageId(id), &id.to_string());
        }
        flood
    }

    fn said(step: Option<FloodStep>) -> Words {
        match step {
            Some(FloodStep::Show(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_summary_is_updated_at_most_four_times_a_second() {
        let start = Instant::now();
        let mut flood = Flood::new(start);
        let mut shows = 0;
        for ms in 0..1000 {
            let now = start + Duration::from_millis(ms);
            flood.add(now, MessageId(1 + ms as i64), "next");
            if flood.step(now).is_some() {
                shows += 1;
                flood.taken();
            }
        }
        assert_eq!(shows, 4);
    }

    #[test]
    fn the_summary_counts_all_and_closes() {
        let start = Instant::now();
        let mut flood = flood(start, 4);
        assert_eq!(said(flood.step(start)).count, 4);
        flood.taken();
        assert_eq!(flood.step(start + Duration::from_millis(9_999)), None);
        assert_eq!(flood.step(start + Duration::from_secs(10)), Some(FloodStep::Close));
    }

    #[test]
    fn while_an_update_is_on_its_way_there_is_neither_another_nor_an_end() {
        let start = Instant::now();
        let mut flood = flood(start, 2);
        said(flood.step(start));
        let hour = start + Duration::from_secs(3600);
        flood.add(hour, MessageId(3), "3");
        assert_eq!((flood.deadline(), flood.step(hour + CLOSE)), (None, None));
        flood.taken();
        let words = said(flood.step(hour));
        assert_eq!((words.count, words.ids.ids().count()), (3, 1));
    }
}
