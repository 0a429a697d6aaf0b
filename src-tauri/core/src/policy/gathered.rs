//! What one popup for several messages has to say, and what is known of whether the desktop has said it.

use std::collections::VecDeque;

use super::manner::{Manner, Manners};
use super::tally::Tally;
use crate::model::{MessageId, MessageRuns, Priority, Room};
use crate::settings::{Sound, Subject, Treatment};

/// How many titles it names.
const TITLES: usize = 3;

/// Messages that share one popup. Holds a few titles and the ids in runs: its size is bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gathered {
    count: usize,
    /// The newest urgent ones and the newest others, newest first.
    urgent: Titles,
    titles: Titles,
    /// Those of which the desktop has not taken word yet.
    open: MessageRuns,
    /// The types of those of which the desktop has taken word, and of those whose word is on its way.
    told: Tally,
    telling: Tally,
    /// The manners of those of which the desktop has not taken word yet, and of those whose word is on its way.
    manners: Manners,
    telling_manners: Manners,
    /// Whether any of those of which it has taken word stays until dismissed.
    sticky: bool,
    state: State,
}

type Titles = VecDeque<(MessageId, String)>;

/// How a message is named where several share a popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// Its title.
    pub title: String,
    /// How urgent it is.
    pub priority: Priority,
    /// How it would be announced by itself.
    pub manner: Manner,
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
    /// The titles of the newest urgent ones, newest first.
    pub urgent: Vec<String>,
    /// Those of the newest others, as far as there is room beside them, newest first.
    pub titles: Vec<String>,
    /// Those of them that it tells of for the first time.
    pub ids: MessageRuns,
    /// The sound of the newest of these.
    pub sound: Sound,
    /// Whether any message that it stands for stays until dismissed.
    pub sticky: bool,
}

impl Gathered {
    /// Adds a message. Where there is no room for its id it is counted all the same, and stays due.
    pub fn add(&mut self, id: MessageId, headline: Headline) -> Room {
        self.change();
        self.put_by(id, headline)
    }

    /// Adds a message that waits for [`Gathered::say_again`], or for others to be told with.
    pub fn put_by(&mut self, id: MessageId, Headline { title, priority, manner }: Headline) -> Room {
        self.count += 1;
        let titles = if priority == Priority::URGENT { &mut self.urgent } else { &mut self.titles };
        titles.push_front((id, title));
        titles.truncate(TITLES);
        self.manners.add(id, manner);
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
        for (titles, newer) in [(&mut self.urgent, newer.urgent), (&mut self.titles, newer.titles)] {
            *titles = newer.into_iter().chain(titles.drain(..)).take(TITLES).collect();
        }
        self.open.extend(newer.open);
        self.told += newer.told;
        self.manners.extend(newer.manners);
        self.sticky |= newer.sticky;
    }

    /// Takes messages out that need no announcement any more, as long as no popup has told of them.
    pub fn forget(&mut self, ids: &[MessageId]) {
        for id in ids {
            if self.open.contains(*id) {
                self.open.remove(*id);
                self.manners.forget(*id);
                self.count -= 1;
            }
        }
        for titles in [&mut self.urgent, &mut self.titles] {
            titles.retain(|(id, _)| !ids.contains(id));
        }
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
        let named =
            |titles: &Titles, most| titles.iter().take(most).map(|(_, title)| title.clone()).collect();
        let urgent: Vec<String> = named(&self.urgent, TITLES);
        let titles = named(&self.titles, TITLES - urgent.len());
        self.telling_manners = std::mem::take(&mut self.manners);
        Words {
            count: self.count,
            urgent,
            titles,
            ids: std::mem::take(&mut self.open),
            sound: self.telling_manners.sound(),
            sticky: self.sticky || self.telling_manners.is_sticky(),
        }
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
        self.sticky |= std::mem::take(&mut self.telling_manners).is_sticky();
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
        let newer = std::mem::replace(&mut self.manners, std::mem::take(&mut self.telling_manners));
        self.manners.extend(newer);
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
        for titles in [&mut self.urgent, &mut self.titles] {
            titles.retain(|(id, _)| self.open.contains(*id));
        }
        self.count = self.open.ids().count();
        (self.told, self.telling) = (Tally::default(), Tally::default());
        self.sticky = false;
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

impl Headline {
    /// That of a message which is announced in some way.
    #[must_use]
    pub fn new(subject: Subject<'_>, treatment: &Treatment) -> Self {
        let manner = Manner::from(treatment);
        Self { title: subject.title.to_owned(), priority: subject.priority, manner }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Headline {
        /// That of a message as most are.
        pub(in crate::policy) fn of(title: impl ToString) -> Self {
            let manner = Manner { sound: Sound::Default, sticky: false };
            Self { title: title.to_string(), priority: Priority::DEFAULT, manner }
        }
    }

    fn of(ids: std::ops::RangeInclusive<i64>) -> Gathered {
        let mut gathered = Gathered::default();
        for id in ids {
            gathered.add(MessageId(id), Headline::of(id));
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
        gathered.add(MessageId(3), Headline::of(3));
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
        gathered.add(MessageId(3), Headline::of(3));
        assert_eq!(gathered.say().ids.ids().count(), 3);
    }

    #[test]
    fn what_was_refused_is_said_again_when_asked_for_and_outlives_the_popup() {
        let mut gathered = of(1..=2);
        gathered.say();
        gathered.taken();
        gathered.say_again();
        assert!(!gathered.is_ready(), "everything is said");
        gathered.put_by(MessageId(3), Headline::of(3));
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

    #[test]
    fn it_stays_and_sounds_as_those_would_of_which_it_tells() {
        let manner = |sound, sticky| Headline { manner: Manner { sound, sticky }, ..Headline::of("a") };
        let mut gathered = Gathered::default();
        gathered.add(MessageId(1), manner(Sound::Off, true));
        let words = gathered.say();
        assert_eq!((words.sound, words.sticky), (Sound::Off, true));
        gathered.refused(words.ids);
        gathered.add(MessageId(2), manner(Sound::Default, false));
        let words = gathered.say();
        assert_eq!((words.sound, words.sticky), (Sound::Default, true), "what was refused is told, too");
        gathered.taken();
        gathered.add(MessageId(3), manner(Sound::Off, false));
        assert!(gathered.say().sticky, "it stands for the first one still");
    }

    #[test]
    fn the_urgent_ones_are_named_first_whatever_came_since() {
        let urgent = |title: &str| Headline { priority: Priority::URGENT, ..Headline::of(title) };
        let mut gathered = Gathered::default();
        gathered.add(MessageId(1), urgent("fire"));
        gathered.extend(of(2..=9));
        let named = |words: Words| (words.urgent.join(" "), words.titles.join(" "));
        assert_eq!(named(gathered.say()), ("fire".to_owned(), "9 8".to_owned()));
        for (id, title) in [(10, "a"), (11, "b"), (12, "c")] {
            gathered.add(MessageId(id), urgent(title));
        }
        assert_eq!(named(gathered.say()), ("c b a".to_owned(), String::new()));
        gathered.forget(&[MessageId(11), MessageId(12)]);
        assert_eq!(named(gathered.say()), ("a".to_owned(), "9 8".to_owned()));
    }
}
