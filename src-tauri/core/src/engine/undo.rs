//! What can still be taken back, and for how long.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::action::UndoId;
use crate::model::Timestamp;
use crate::store::{Former, OutboxId};

/// How long an act can be taken back.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// How many acts can be taken back at a time.
const MOST: usize = 256;

/// The acts that can be taken back, oldest first.
pub(super) struct Undos {
    next: u64,
    open: VecDeque<Open>,
}

struct Open {
    id: UndoId,
    until: Instant,
    former: Former,
}

impl Undos {
    /// Numbers begin with the time of the start, so that a number from an earlier run means nothing in this
    /// one.
    pub fn new(start: Timestamp) -> Self {
        Self { next: u64::try_from(start.0).unwrap_or(0), open: VecDeque::new() }
    }

    /// Keeps an act for [`WINDOW`]. Returns its number, and the oldest act if there are too many.
    pub fn keep(&mut self, former: Former, now: Instant) -> (UndoId, Option<Former>) {
        let crowded_out = if self.open.len() < MOST { None } else { self.open.pop_front() };
        self.next += 1;
        let id = UndoId(self.next);
        self.open.push_back(Open { id, until: now + WINDOW, former });
        (id, crowded_out.map(|open| open.former))
    }

    /// Hands an act out to be taken back, once.
    pub fn take(&mut self, id: UndoId, now: Instant) -> Option<Former> {
        let place = self.open.iter().position(|open| open.id == id && now < open.until)?;
        self.open.remove(place).map(|open| open.former)
    }

    /// Says what an act has changed that was kept before it was at its end; gives it back where its time is over.
    pub fn fill(&mut self, id: UndoId, former: Former) -> Option<Former> {
        match self.open.iter_mut().find(|open| open.id == id) {
            Some(open) => {
                open.former = former;
                None
            }
            None => Some(former),
        }
    }

    /// Keeps an act on that could not be taken back.
    pub fn put_back(&mut self, id: UndoId, former: Former, now: Instant) {
        self.open.push_back(Open { id, until: now + WINDOW, former });
    }

    /// Hands out the acts whose time is over.
    pub fn expired(&mut self, now: Instant) -> Vec<Former> {
        let mut over = Vec::new();
        while let Some(open) = self.open.pop_front_if(|open| open.until <= now) {
            over.push(open.former);
        }
        over
    }

    /// Hands out all acts.
    pub fn into_all(self) -> impl Iterator<Item = Former> {
        self.open.into_iter().map(|open| open.former)
    }

    /// The first row of the outbox that can still be taken back.
    pub fn first_row(&self) -> Option<OutboxId> {
        self.open.iter().filter_map(|open| open.former.first_row()).min()
    }

    /// When the time of the oldest act is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.open.front().map(|open| open.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undos() -> Undos {
        Undos::new(Timestamp(1_790_000_000_000))
    }

    #[test]
    fn an_act_can_be_taken_back_once_and_for_ten_seconds() {
        let start = Instant::now();
        let mut undos = undos();
        let (first, _) = undos.keep(Former::default(), start);
        let (second, _) = undos.keep(Former::default(), start + Duration::from_secs(1));
        assert_eq!(undos.deadline(), Some(start + WINDOW));
        assert!(undos.take(second, start + Duration::from_secs(2)).is_some());
        assert!(undos.take(second, start + Duration::from_secs(2)).is_none());
        assert!(undos.take(first, start + WINDOW).is_none(), "its time is over");
        assert_eq!(undos.expired(start + WINDOW).len(), 1);
        assert_eq!(undos.deadline(), None);
    }

    #[test]
    fn a_number_of_an_earlier_run_means_nothing() {
        let start = Instant::now();
        let (old, _) = undos().keep(Former::default(), start);
        let mut later = Undos::new(Timestamp(1_790_000_000_500));
        later.keep(Former::default(), start);
        assert!(later.take(old, start).is_none());
    }

    #[test]
    fn the_oldest_makes_room() {
        let start = Instant::now();
        let mut undos = undos();
        let (oldest, _) = undos.keep(Former::default(), start);
        for _ in 1..MOST {
            assert!(undos.keep(Former::default(), start).1.is_none());
        }
        assert!(undos.keep(Former::default(), start).1.is_some());
        assert!(undos.take(oldest, start).is_none());
        assert_eq!(undos.into_all().count(), MOST);
    }
}
