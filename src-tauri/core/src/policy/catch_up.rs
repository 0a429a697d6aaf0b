//! What is announced of the messages that a server repeats after a reconnect.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{Message, MessageId, Timestamp};

/// At most this many repeated messages pop up one by one.
const EACH_AT_MOST: usize = 5;
/// And only if they are younger than this.
const YOUNG: Duration = Duration::from_secs(600);
/// How many titles the popup for all of them names.
const TITLES: usize = 3;

/// Unread messages that a server has repeated so far. Holds the few that may pop up one by one; of any more
/// only the id.
#[derive(Debug, Default)]
pub struct Repeated {
    ids: Vec<MessageId>,
    few: Vec<Message>,
    titles: VecDeque<String>,
}

/// What to do about repeated messages.
#[derive(Debug, PartialEq)]
pub enum CatchUp {
    /// There is nothing to announce.
    Nothing,
    /// A popup for each, as if they had come live.
    Each(Vec<Message>),
    /// One popup for all.
    Together {
        /// The messages.
        ids: Vec<MessageId>,
        /// The newest titles, newest first.
        titles: Vec<String>,
    },
}

impl Repeated {
    /// Adds one more.
    pub fn add(&mut self, message: Message) {
        self.ids.push(message.id);
        self.titles.push_front(message.title.clone());
        self.titles.truncate(TITLES);
        if self.few.len() < EACH_AT_MOST {
            self.few.push(message);
        }
    }

    /// Decides what is announced now that the server has repeated everything.
    #[must_use]
    pub fn catch_up(self, now: Timestamp) -> CatchUp {
        let young = |message: &Message| now.since(message.sent_at) < YOUNG;
        match self.ids.len() {
            0 => CatchUp::Nothing,
            1..=EACH_AT_MOST if self.few.iter().all(young) => CatchUp::Each(self.few),
            _ => self.together(),
        }
    }

    /// One popup for all, whatever their number and age.
    #[must_use]
    pub fn together(self) -> CatchUp {
        CatchUp::Together { ids: self.ids, titles: self.titles.into() }
    }
}

impl Extend<Message> for Repeated {
    fn extend<T: IntoIterator<Item = Message>>(&mut self, messages: T) {
        messages.into_iter().for_each(|message| self.add(message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageKind, Priority, SourceId, Via};

    fn decide(ages_s: &[i64]) -> CatchUp {
        let now = Timestamp(1_000_000_000);
        let mut repeated = Repeated::default();
        for (id, age) in (1..).zip(ages_s) {
            repeated.add(Message {
                id: MessageId(id),
                source: SourceId::random(),
                remote_id: None,
                kind: MessageKind::Reply,
                title: id.to_string(),
                body: String::new(),
                related_id: None,
                link: None,
                priority: Priority::DEFAULT,
                sender: None,
                sent_at: Timestamp(now.0 - age * 1000),
                received_at: now,
                via: Via::Replay,
                read_at: None,
                extra: serde_json::Map::new(),
            });
        }
        repeated.catch_up(now)
    }

    #[test]
    fn a_few_young_ones_pop_up_one_by_one() {
        assert_eq!(decide(&[]), CatchUp::Nothing);
        assert!(matches!(decide(&[1, 2, 3, 4, 599]), CatchUp::Each(each) if each.len() == 5));
    }

    #[test]
    fn many_or_old_ones_come_together_with_their_newest_titles() {
        let CatchUp::Together { ids, titles } = decide(&[6, 5, 4, 3, 2, 1]) else { panic!() };
        assert_eq!((ids.len(), titles), (6, vec!["6".to_owned(), "5".to_owned(), "4".to_owned()]));
        assert!(matches!(decide(&[1, 600]), CatchUp::Together { .. }));
    }
}
