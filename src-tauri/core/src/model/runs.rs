//! A set of message ids that is small where they came in order, as those of a flood do.

use std::ops::RangeInclusive;

use super::MessageId;

/// The most runs that one set holds: 16 KiB.
const RUNS: usize = 1024;

/// Message ids as unbroken runs. Its size is bounded, whatever is put in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRuns {
    /// Never empty ones; no two overlap.
    runs: Vec<RangeInclusive<i64>>,
}

/// Whether an id found room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It is in the set.
    Found,
    /// The set is as large as it may become.
    Full,
}

impl MessageRuns {
    /// Adds an id that is not in the set yet.
    pub fn add(&mut self, id: MessageId) -> Room {
        self.add_run(id.0..=id.0)
    }

    /// Adds the ids of another set, as far as there is room.
    pub fn extend(&mut self, other: Self) -> Room {
        let full = other.runs.into_iter().map(|run| self.add_run(run)).filter(|room| *room == Room::Full);
        if full.count() > 0 { Room::Full } else { Room::Found }
    }

    /// Takes an id out. A set that is full keeps the larger part of a run that would fall in two.
    pub fn remove(&mut self, id: MessageId) {
        let Some(at) = self.runs.iter().position(|run| run.contains(&id.0)) else { return };
        let (first, last) = self.runs.swap_remove(at).into_inner();
        let mut parts = [first..=id.0 - 1, id.0 + 1..=last];
        parts.sort_by_key(|run| std::cmp::Reverse(run.end() - run.start()));
        for part in parts.into_iter().filter(|run| !run.is_empty()).take(RUNS - self.runs.len()) {
            self.runs.push(part);
        }
    }

    /// The runs, in the order in which they began.
    pub fn runs(&self) -> impl Iterator<Item = &RangeInclusive<i64>> {
        self.runs.iter()
    }

    /// The ids.
    pub fn ids(&self) -> impl Iterator<Item = MessageId> {
        self.runs.iter().cloned().flatten().map(MessageId)
    }

    /// Whether an id is in the set.
    #[must_use]
    pub fn contains(&self, id: MessageId) -> bool {
        self.runs.iter().any(|run| run.contains(&id.0))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn add_run(&mut self, run: RangeInclusive<i64>) -> Room {
        if let Some(last) = self.runs.last_mut()
            && last.end().checked_add(1) == Some(*run.start())
        {
            *last = *last.start()..=*run.end();
            return Room::Found;
        }
        if self.runs.len() == RUNS {
            return Room::Full;
        }
        self.runs.push(run);
        Room::Found
    }
}

impl FromIterator<MessageId> for MessageRuns {
    fn from_iter<T: IntoIterator<Item = MessageId>>(ids: T) -> Self {
        let mut runs = Self::default();
        for id in ids {
            runs.add(id);
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: impl IntoIterator<Item = i64>) -> MessageRuns {
        ids.into_iter().map(MessageId).collect()
    }

    fn ids(runs: &MessageRuns) -> Vec<i64> {
        let mut ids: Vec<i64> = runs.ids().map(|id| id.0).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn what_comes_in_order_is_one_run() {
        let runs = of(6..=100_000);
        assert_eq!(runs.runs().count(), 1);
        assert_eq!(runs.ids().count(), 99_995);
    }

    #[test]
    fn the_set_is_bounded_whatever_is_put_in() {
        let mut runs = of((0..1024).map(|n| n * 2));
        assert_eq!(runs.add(MessageId(9999)), Room::Full);
        assert_eq!(runs.add(MessageId(2047)), Room::Found, "it goes on the last run");
        assert_eq!(runs.runs().count(), RUNS);
    }

    #[test]
    fn an_id_is_taken_out_of_the_middle_of_a_run() {
        let mut runs = of([1, 2, 3, 7]);
        runs.remove(MessageId(2));
        runs.remove(MessageId(7));
        runs.remove(MessageId(9));
        assert_eq!(ids(&runs), [1, 3]);
        runs.extend(of([8, 9]));
        assert_eq!(ids(&runs), [1, 3, 8, 9]);
    }

    #[test]
    fn a_full_set_loses_rather_than_grows() {
        let mut runs = of((0..1023).map(|n| n * 2).chain([5000, 5001, 5002, 5003]));
        runs.remove(MessageId(5001));
        assert_eq!(runs.runs().count(), RUNS);
        assert_eq!(ids(&runs).split_off(1023), [5002, 5003]);
    }
}
