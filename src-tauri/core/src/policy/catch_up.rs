//! What is announced of the messages that a server repeats after a reconnect.

use std::time::Duration;

use crate::model::{MessageId, Timestamp};

/// At most this many repeated messages pop up one by one.
const EACH_AT_MOST: usize = 5;
/// And only if they are younger than this.
const YOUNG: Duration = Duration::from_secs(600);

/// What to do about repeated messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// There is nothing to announce.
    Nothing,
    /// A popup for each, as if they had come live.
    Each,
    /// One popup for all.
    Together,
}

/// Decides over the repeated, unread messages of one reconnect, given with the times they were sent.
#[must_use]
pub fn catch_up(repeated: &[(MessageId, Timestamp)], now: Timestamp) -> CatchUp {
    let young = |(_, sent_at): &(MessageId, Timestamp)| now.since(*sent_at) < YOUNG;
    match repeated.len() {
        0 => CatchUp::Nothing,
        1..=EACH_AT_MOST if repeated.iter().all(young) => CatchUp::Each,
        _ => CatchUp::Together,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(ages_s: &[i64]) -> CatchUp {
        let now = Timestamp(1_000_000_000);
        let sent = |age: &i64| (MessageId(1), Timestamp(now.0 - age * 1000));
        catch_up(&ages_s.iter().map(sent).collect::<Vec<_>>(), now)
    }

    #[test]
    fn a_few_young_ones_pop_up_one_by_one() {
        assert_eq!(decide(&[]), CatchUp::Nothing);
        assert_eq!(decide(&[1, 2, 3, 4, 599]), CatchUp::Each);
    }

    #[test]
    fn many_or_old_ones_come_together() {
        assert_eq!(decide(&[1, 2, 3, 4, 5, 6]), CatchUp::Together);
        assert_eq!(decide(&[1, 600]), CatchUp::Together);
    }
}
