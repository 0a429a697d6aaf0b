//! What can still be taken back, and for how long.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::model::{MessageId, Timestamp, UndoId};
use crate::store::{Former, OutboxId};
use crate::view::{ActKind, UndoView};

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
    view: UndoView,
    until: Instant,
    former: Former,
}

/// What an act was, for people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// What was done.
    pub kind: ActKind,
    /// The first of its messages, where they were named one by one.
    pub first: Option<MessageId>,
}

impl Undos {
    /// Numbers begin with the time of the start, so that a number from an earlier run means nothing in this
    /// one.
    pub fn new(start: Timestamp) -> Self {
        Self { next: u64::try_from(start.0).unwrap_or(0), open: VecDeque::new() }
    }

    /// Keeps an act for [`WINDOW`]. Returns its number, and the oldest act if there are too many.
    pub fn keep(&mut self, told: Told, former: Former, now: Instant) -> (UndoId, Option<Former>) {
        let crowded_out = if self.open.len() < MOST { None } else { self.open.pop_front() };
        self.next += 1;
        let undo = UndoId(self.next);
        let messages = former.ids().count() as u64;
        let view = UndoView { undo, kind: told.kind, messages, first: told.first };
        self.open.push_back(Open { view, until: now + WINDOW, former });
        (undo, crowded_out.map(|open| open.former))
    }

    /// Hands an act out to be taken back, once.
    pub fn take(&mut self, undo: UndoId, now: Instant) -> Option<(UndoView, Former)> {
        let place = self.open.iter().position(|open| open.view.undo == undo && now < open.until)?;
        self.open.remove(place).map(|open| (open.view, open.former))
    }

    /// The acts that can be taken back now.
    pub fn views(&self, now: Instant) -> Vec<UndoView> {
        self.open.iter().filter(|open| now < open.until).map(|open| open.view).collect()
    }

    /// Says what an act has changed that was kept before it was at its end; gives it back where its time is over.
    pub fn fill(&mut self, undo: UndoId, former: Former) -> Option<Former> {
        match self.open.iter_mut().find(|open| open.view.undo == undo) {
            Some(open) => {
                open.former = former;
                None
            }
            None => Some(former),
        }
    }

    /// Keeps an act on that could not be taken back.
    pub fn put_back(&mut self, view: UndoView, former: Former, now: Instant) {
        self.open.push_back(Open { view, until: now + WINDOW, former });
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

    const TOLD: Told = Told { kind: ActKind::Archive, first: None };

    fn undos() -> Undos {
        Undos::new(Timestamp(1_790_000_000_000))
    }

    #[test]
    fn an_act_can_be_taken_back_once_and_for_ten_seconds() {
        let start = Instant::now();
        let mut undos = undos();
        let (first, _) = undos.keep(TOLD, Former::default(), start);
        let (second, _) = undos.keep(TOLD, Former::default(), start + Duration::from_secs(1));
        assert_eq!(undos.deadline(), Some(start + WINDOW));
        let shown = |undos: &Undos, at| undos.views(at).iter().map(|view| view.undo).collect::<Vec<_>>();
        assert_eq!(shown(&undos, start), [first, second]);
        assert_eq!(shown(&undos, start + WINDOW), [second], "what is over is not shown");
        assert!(undos.take(second, start + Duration::from_secs(2)).is_some());
        assert!(undos.take(second, start + Duration::from_secs(2)).is_none());
        assert!(undos.take(first, start + WINDOW).is_none(), "its time is over");
        assert_eq!(undos.expired(start + WINDOW).len(), 1);
        assert_eq!(undos.deadline(), None);
    }

    #[test]
    fn a_number_of_an_earlier_run_means_nothing() {
        let start = Instant::now();
        let (old, _) = undos().keep(TOLD, Former::default(), start);
        let mut later = Undos::new(Timestamp(1_790_000_000_500));
        later.keep(TOLD, Former::default(), start);
        assert!(later.take(old, start).is_none());
    }

    #[test]
    fn the_oldest_makes_room() {
        let start = Instant::now();
        let mut undos = undos();
        let (oldest, _) = undos.keep(TOLD, Former::default(), start);
        for _ in 1..MOST {
            assert!(undos.keep(TOLD, Former::default(), start).1.is_none());
        }
        assert!(undos.keep(TOLD, Former::default(), start).1.is_some());
        assert!(undos.take(oldest, start).is_none());
        assert_eq!(undos.into_all().count(), MOST);
    }
}
