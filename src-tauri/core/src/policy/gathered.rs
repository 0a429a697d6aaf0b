//! What one popup for several messages has to say, and what is known of whether the desktop has said it.

use std::collections::VecDeque;

use super::tally::Tally;
use crate::model::{MessageId, MessageRuns, Room};

/// How many titles it names.
const TITLES: usize = 3;

/// Messages that share one popup. Holds a few titles and the ids in runs: its size is bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gathered {
    count: usize,
    /// Newest first.
    titles: VecDeque<(MessageId, String)>,
    /// Those of which the desktop has not taken word yet.
    open: MessageRuns,
    /// The types of those of which the desktop has taken word, and of those whose word is on its way.
    told: Tally,
    telling: Tally,
    state: State,
}

/// How the popup stands to what has gathered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// It says everything, or there is nothing to say.
    #[default]
    Said,
    /// Something has come since it was shown.
    Stale,
    /// The desktop has it and has not answered.
    OnItsWay,
    /// The same, and something has come since.
    OnItsWayStale,
}

/// What the popup says now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// How many messages it stands for.
    pub count: usize,
    /// Their newest titles, newest first.
    pub titles: Vec<String>,
    /// Those of them that it tells of for the first time.
    pub ids: MessageRuns,
}

impl Gathered {
    /// Adds a message. Where there is no room for its id it is counted all the same, and stays due.
    pub fn add(&mut self, id: MessageId, title: &str) -> Room {
        self.change();
        self.put_by(id, title)
    }

    /// Adds a message that waits for [`Gathered::say_again`], or for others to be told with.
    pub fn put_by(&mut self, id: MessageId, title: &str) -> Room {
        self.count += 1;
        self.titles.push_front((id, title.to_owned()));
        self.titles.truncate(TITLES);
        self.open.add(id)
    }

    /// Adds what has gathered elsewhere, as the newer.
    pub fn extend(&mut self, newer: Self) {
        self.put_by_all(newer);
        self.change();
    }

    /// Adds what has gathered elsewhere, as the newer, to wait as in [`Gathered::put_by`].
    pub fn put_by_all(&mut self, newer: Self) {
        self.count += newer.count;
        self.titles = newer.titles.into_iter().chain(self.titles.drain(..)).take(TITLES).collect();
        self.open.extend(newer.open);
        self.told += newer.told;
    }

    /// Takes messages out that need no announcement any more, as long as no popup has told of them.
    pub fn forget(&mut self, ids: &[MessageId]) {
        for id in ids {
            if self.open.contains(*id) {
                self.open.remove(*id);
                self.count -= 1;
            }
        }
        self.titles.retain(|(id, _)| !ids.contains(id));
    }

    /// How many messages have gathered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The messages of which the desktop has not taken word yet.
    #[must_use]
    pub fn open(&self) -> &MessageRuns {
        &self.open
    }

    /// Whether there is something to say, and no word on its way.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == State::Stale
    }

    /// Whether the desktop has still to answer.
    #[must_use]
    pub fn is_on_its_way(&self) -> bool {
        matches!(self.state, State::OnItsWay | State::OnItsWayStale)
    }

    /// What to say now. The ids go along and come back with [`Gathered::refused`] if nobody took them.
    pub fn say(&mut self) -> Words {
        self.state = State::OnItsWay;
        let titles = self.titles.iter().map(|(_, title)| title.clone()).collect();
        Words { count: self.count, titles, ids: std::mem::take(&mut self.open) }
    }

    /// Notes of which types the messages are that [`Gathered::say`] has just told for the first time; gives back
    /// those of all.
    pub fn tell_kinds(&mut self, new: Tally) -> Tally {
        self.telling = new;
        self.told + new
    }

    /// The messages of which the desktop has not taken word yet, where the rest is of no interest any more.
    #[must_use]
    pub fn into_open(self) -> MessageRuns {
        self.open
    }

    /// The desktop has taken it.
    pub fn taken(&mut self) {
        self.told += std::mem::take(&mut self.telling);
        self.answered();
    }

    fn answered(&mut self) {
        self.state = match self.state {
            State::OnItsWay | State::Said => State::Said,
            State::OnItsWayStale | State::Stale => State::Stale,
        };
    }

    /// The desktop did not take it: the next word tells of these, too.
    pub fn refused(&mut self, ids: MessageRuns) {
        self.telling = Tally::default();
        self.answered();
        let newer = std::mem::replace(&mut self.open, ids);
        self.open.extend(newer);
    }

    /// The desktop takes popups again: what it has not taken word of is to be said.
    pub fn say_again(&mut self) {
        if !self.open.is_empty() && self.state == State::Said {
            self.state = State::Stale;
        }
    }

    /// What the desktop has not taken word of, if there is any, to wait as in [`Gathered::put_by`].
    #[must_use]
    pub fn unsaid(mut self) -> Option<Self> {
        self.titles.retain(|(id, _)| self.open.contains(*id));
        self.count = self.open.ids().count();
        (self.told, self.telling) = (Tally::default(), Tally::default());
        self.state = State::Said;
        (self.count > 0).then_some(self)
    }

    fn change(&mut self) {
        self.state = match self.state {
            State::Said | State::Stale => State::Stale,
            State::OnItsWay | State::OnItsWayStale => State::OnItsWayStale,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: std::ops::RangeInclusive<i64>) -> Gathered {
        let mut gathered = Gathered::default();
        for id in ids {
            gathered.add(MessageId(id), &id.to_string());
        }
        gathered
    }

    #[test]
    fn it_counts_all_and_names_the_newest() {
        let words = of(1..=5).say();
        assert_eq!((words.count, words.titles.join(" ")), (5, "5 4 3".to_owned()));
        let mut both = of(1..=2);
        both.extend(of(3..=4));
        assert_eq!(both.say().titles.join(" "), "4 3 2");
    }

    #[test]
    fn nothing_is_said_while_a_word_is_on_its_way() {
        let mut gathered = of(1..=2);
        assert!(gathered.is_ready());
        let words = gathered.say();
        gathered.add(MessageId(3), "3");
        assert!(!gathered.is_ready() && gathered.is_on_its_way());
        gathered.taken();
        assert!(gathered.is_ready());
        assert_eq!(words.ids.ids().count(), 2);
        assert_eq!(gathered.say().ids.ids().collect::<Vec<_>>(), [MessageId(3)]);
    }

    #[test]
    fn what_was_refused_is_told_with_the_next_word() {
        let mut gathered = of(1..=2);
        let words = gathered.say();
        gathered.refused(words.ids);
        assert!(!gathered.is_ready(), "there is nothing new to say");
        gathered.add(MessageId(3), "3");
        assert_eq!(gathered.say().ids.ids().count(), 3);
    }

    #[test]
    fn what_was_refused_is_said_again_when_asked_for_and_outlives_the_popup() {
        let mut gathered = of(1..=2);
        gathered.say();
        gathered.taken();
        gathered.say_again();
        assert!(!gathered.is_ready(), "everything is said");
        gathered.put_by(MessageId(3), "3");
        assert!(!gathered.is_ready(), "it waits");
        let mut unsaid = gathered.unsaid().unwrap();
        unsaid.say_again();
        assert!(unsaid.is_ready());
        let words = unsaid.say();
        assert_eq!((words.count, words.titles.join(" ")), (1, "3".to_owned()));
        assert_eq!(unsaid.unsaid(), None);
    }

    #[test]
    fn what_needs_no_announcement_any_more_is_not_counted() {
        let mut gathered = of(1..=3);
        gathered.forget(&[MessageId(3), MessageId(1), MessageId(9)]);
        let words = gathered.say();
        assert_eq!((words.count, words.titles, words.ids.ids().count()), (1, vec!["2".to_owned()], 1));
        gathered.forget(&[MessageId(2)]);
        assert_eq!(gathered.count(), 1, "it has been told");
    }
}
