//! What is announced of the messages that a server repeats after a reconnect.

use std::time::Duration;

use super::gathered::{Gathered, Headline};
use crate::model::{Message, MessageId, Room, Timestamp};

/// At most this many repeated messages pop up one by one.
const EACH_AT_MOST: usize = 5;
/// And only if they are younger than this.
const YOUNG: Duration = Duration::from_secs(600);
/// Unread messages that a server has repeated so far. Holds the few that may pop up one by one; the rest is
/// only counted.
#[derive(Debug, Default)]
pub struct Repeated {
    gathered: Gathered,
    few: Vec<Message>,
}

/// What to do about repeated messages.
#[derive(Debug, PartialEq)]
pub enum CatchUp {
    /// There is nothing to announce.
    Nothing,
    /// A popup for each, as if they had come live.
    Each(Vec<Message>),
    /// One popup for all.
    Together(Gathered),
}

impl Repeated {
    /// Adds one more.
    pub fn add(&mut self, message: Message, headline: Headline) {
        // Without room it stays due in the ledger, and is mentioned at the next start.
        let _: Room = self.gathered.add(message.id, headline);
        if self.few.len() < EACH_AT_MOST {
            self.few.push(message);
        }
    }

    /// Leaves messages out that have been read or deleted meanwhile.
    pub fn forget(&mut self, ids: &[MessageId]) {
        self.gathered.forget(ids);
        self.few.retain(|message| !ids.contains(&message.id));
    }

    /// Whether a message is among them.
    #[must_use]
    pub fn has(&self, id: MessageId) -> bool {
        self.gathered.open().contains(id)
    }

    /// Decides what is announced now that the server has repeated everything.
    #[must_use]
    pub fn catch_up(self, now: Timestamp) -> CatchUp {
        let young = |message: &Message| now.since(message.sent_at) < YOUNG;
        match self.gathered.count() {
            0 => CatchUp::Nothing,
            count if count == self.few.len() && self.few.iter().all(young) => CatchUp::Each(self.few),
            _ => CatchUp::Together(self.gathered),
        }
    }
}

impl Extend<(Message, Headline)> for Repeated {
    fn extend<T: IntoIterator<Item = (Message, Headline)>>(&mut self, messages: T) {
        messages.into_iter().for_each(|(message, headline)| self.add(message, headline));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageKind, Priority, SourceId, Via};

    fn repeated(ages_s: &[i64]) -> Repeated {
        let mut repeated = Repeated::default();
        for (id, age) in (1..).zip(ages_s) {
            let message = Message {
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
                sent_at: Timestamp(NOW.0 - age * 1000),
                received_at: NOW,
                via: Via::Replay,
                read_at: None,
                archived_at: None,
                snoozed_until: None,
                pinned_at: None,
                extra: serde_json::Map::new(),
            };
            repeated.add(message, Headline::of(id));
        }
        repeated
    }

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn each(catch_up: CatchUp) -> Vec<i64> {
        match catch_up {
            CatchUp::Each(each) => each.iter().map(|message| message.id.0).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn together(catch_up: CatchUp) -> (usize, Vec<String>) {
        match catch_up {
            CatchUp::Together(mut gathered) => {
                let words = gathered.say();
                assert_eq!(words.ids.ids().count(), words.count);
                (words.count, words.titles)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_few_young_ones_pop_up_one_by_one() {
        assert_eq!(repeated(&[]).catch_up(NOW), CatchUp::Nothing);
        assert_eq!(each(repeated(&[1, 2, 3, 4, 599]).catch_up(NOW)), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn many_or_old_ones_come_together_with_their_newest_titles() {
        let six = together(repeated(&[6, 5, 4, 3, 2, 1]).catch_up(NOW));
        assert_eq!(six, (6, vec!["6".to_owned(), "5".to_owned(), "4".to_owned()]));
        assert_eq!(together(repeated(&[1, 600]).catch_up(NOW)).0, 2);
    }

    #[test]
    fn what_was_read_before_it_could_be_announced_is_left_out() {
        let without = |ages: &[i64], gone: &[i64]| {
            let mut repeated = repeated(ages);
            repeated.forget(&gone.iter().copied().map(MessageId).collect::<Vec<_>>());
            repeated.catch_up(NOW)
        };
        assert_eq!(without(&[1], &[1]), CatchUp::Nothing);
        assert_eq!(each(without(&[1, 1, 1], &[2])), [1, 3]);
        assert_eq!(each(without(&[1; 6], &[6])), [1, 2, 3, 4, 5]);
        let six_and_five = vec!["6".to_owned(), "5".to_owned()];
        assert_eq!(together(without(&[1; 7], &[7, 1])), (5, six_and_five), "the sixth was not kept whole");
    }
}
