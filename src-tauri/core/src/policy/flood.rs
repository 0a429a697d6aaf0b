//! The rest of a flood: one summary stands for what gets no popup of its own.

use std::time::{Duration, Instant};

use super::gathered::{Gathered, Headline, Words};
use super::tally::Tally;
use crate::model::{MessageId, MessageRuns, Room};

/// The shortest time between two updates of the summary.
const UPDATE: Duration = Duration::from_millis(250);
/// How long after the last message the summary is closed.
const CLOSE: Duration = Duration::from_secs(10);

/// The summary of one flood, from the first message that got no popup until ten seconds after the last.
///
/// Its size is bounded, and so is the number of updates: none is made while one is on its way.
#[derive(Debug)]
pub struct Flood {
    gathered: Gathered,
    last: Instant,
    shown: Option<Instant>,
    /// The user has put the summary away: it stays away until the flood is over.
    dismissed: bool,
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
        Self { gathered: Gathered::default(), last: now, shown: None, dismissed: false }
    }

    /// Counts a message. Where there is no room for its id it stays due.
    pub fn add(&mut self, now: Instant, id: MessageId, headline: Headline) -> Room {
        self.last = now;
        self.gathered.add(id, headline)
    }

    /// The user has put the summary away; gives back the messages of which the desktop has not taken word yet.
    pub fn dismiss(&mut self) -> MessageRuns {
        self.dismissed = true;
        let open = self.gathered.open().clone();
        self.gathered = Gathered::default();
        open
    }

    /// Whether the user has put the summary away.
    #[must_use]
    pub fn is_dismissed(&self) -> bool {
        self.dismissed
    }

    /// A message has come that is not counted in a summary.
    pub fn goes_on(&mut self, now: Instant) {
        self.last = now;
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
            _ if self.dismissed => Some(self.last + CLOSE),
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
        if self.dismissed || !self.gathered.is_ready() {
            return Some(FloodStep::Close);
        }
        self.shown = Some(now);
        Some(FloodStep::Show(self.gathered.say()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flood of messages with the ids 1, 2, … that all came at once.
    fn flood(now: Instant, messages: i64) -> Flood {
        let mut flood = Flood::new(now);
        for id in 1..=messages {
            flood.add(now, MessageId(id), Headline::of(id));
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
            flood.add(now, MessageId(1 + ms as i64), Headline::of("next"));
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
    fn a_summary_that_was_put_away_stays_away_until_the_flood_is_over() {
        let start = Instant::now();
        let mut flood = flood(start, 2);
        said(flood.step(start));
        flood.add(start, MessageId(3), Headline::of(3));
        flood.taken();
        assert_eq!(flood.dismiss().ids().collect::<Vec<_>>(), [MessageId(3)]);
        let later = start + Duration::from_secs(9);
        flood.goes_on(later);
        flood.add(later, MessageId(4), Headline::of("urgent"));
        assert_eq!(flood.step(later + Duration::from_secs(9)), None);
        assert_eq!(flood.step(later + CLOSE), Some(FloodStep::Close));
        assert_eq!(flood.unsaid().map(|unsaid| unsaid.count()), Some(1));
    }

    #[test]
    fn while_an_update_is_on_its_way_there_is_neither_another_nor_an_end() {
        let start = Instant::now();
        let mut flood = flood(start, 2);
        said(flood.step(start));
        let hour = start + Duration::from_secs(3600);
        flood.add(hour, MessageId(3), Headline::of(3));
        assert_eq!((flood.deadline(), flood.step(hour + CLOSE)), (None, None));
        flood.taken();
        let words = said(flood.step(hour));
        assert_eq!((words.count, words.ids.ids().count()), (3, 1));
    }
}
