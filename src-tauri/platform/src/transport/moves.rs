//! Where an origin has moved what was asked of it: the permanent redirects (301, 308) that led to a good answer.
//! Kept in memory; who wants to know them in the next run keeps them elsewhere. The place where they lead is the same
//! origin.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use url::Url;

/// The most that are remembered. The oldest makes room for the next one.
const MOST: usize = 64;

/// The permanent redirects that are remembered.
#[derive(Default)]
pub(super) struct Moves(Mutex<VecDeque<Move>>);

/// A permanent redirect, or several in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    /// What was asked for, without its query.
    from: Url,
    /// Where it is. With a query only if the redirect itself has named one.
    to: Url,
}

/// Whoever asks at such a place does not know yet whether it is still good: unless that is shown, it is forgotten.
pub(super) struct Doubt<'a>(Option<(&'a Moves, Url)>);

impl Doubt<'_> {
    /// The place is kept.
    pub fn dispel(mut self) {
        self.0 = None;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some((moves, asked)) = self.0.take() {
            moves.forget(&asked);
        }
    }
}

impl Move {
    /// What can be learned from one; nothing where it leads to another origin, or treats a query in a way that says
    /// nothing of the next query.
    pub fn new(from: &Url, to: &Url) -> Option<Self> {
        let carries_query = from.query() == to.query();
        if from.origin() != to.origin() || !(carries_query || from.query().is_none()) {
            return None;
        }
        let to = if carries_query { bare(to) } else { to.clone() };
        Some(Self { from: bare(from), to }).filter(|known| known.from != known.to)
    }

    fn leads(&self, asked: &Url) -> Option<Url> {
        let mut to = self.to.clone();
        if asked.query().is_some() {
            if to.query().is_some() {
                return None;
            }
            to.set_query(asked.query());
        }
        Some(to)
    }
}

impl Moves {
    /// Where an address has moved to, if that is known.
    pub fn of(&self, asked: &Url) -> Option<Url> {
        let from = bare(asked);
        self.with(|moves| moves.iter().find(|known| known.from == from)?.leads(asked))
    }

    /// Remembers one.
    pub fn remember(&self, learned: Move) {
        self.with(|moves| {
            moves.retain(|known| known.from != learned.from);
            if moves.len() >= MOST {
                moves.pop_front();
            }
            moves.push_back(learned);
        });
    }

    /// The place where an address has moved to is asked, and forgotten when that leads to nothing good.
    pub fn doubt(&self, asked: &Url) -> Doubt<'_> {
        Doubt(Some((self, asked.clone())))
    }

    /// Forgets where an address has moved to: what is there now is not what it was.
    pub fn forget(&self, asked: &Url) {
        let from = bare(asked);
        self.with(|moves| moves.retain(|known| known.from != from));
    }

    fn with<T>(&self, what: impl FnOnce(&mut VecDeque<Move>) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn known(from: &str, to: &str, asked: &str) -> Option<String> {
        let moves = Moves::default();
        moves.remember(Move::new(&url(from), &url(to))?);
        moves.of(&url(asked)).map(String::from)
    }

    #[test]
    fn a_query_that_was_carried_along_is_carried_along_again() {
        let (from, to) = ("https://h/a?after=1", "https://h/b?after=1");
        assert_eq!(known(from, to, "https://h/a?after=2").as_deref(), Some("https://h/b?after=2"));
        assert_eq!(known(from, to, "https://h/a").as_deref(), Some("https://h/b"));
        assert_eq!(known(from, to, "https://h/c?after=2"), None);
    }

    #[test]
    fn a_query_that_the_redirect_has_named_is_for_a_request_without_one() {
        let (from, to) = ("https://h/a", "https://h/b?v=2");
        assert_eq!(known(from, to, "https://h/a").as_deref(), Some("https://h/b?v=2"));
        assert_eq!(known(from, to, "https://h/a?after=2"), None);
    }

    #[test]
    fn nothing_is_learned_of_another_origin_or_of_a_query_that_was_changed() {
        for (from, to) in [
            ("https://h/a", "https://other/a"),
            ("https://h/a", "http://h/a"),
            ("https://h/a", "https://h:8443/a"),
            ("https://h/a?after=1", "https://h/b"),
            ("https://h/a?after=1", "https://h/b?after=0"),
            ("https://h/a?x=1", "https://h/a?x=1"),
        ] {
            assert_eq!(Move::new(&url(from), &url(to)), None, "{from} {to}");
        }
    }

    #[test]
    fn what_is_forgotten_or_too_old_leads_nowhere() {
        let moves = Moves::default();
        for number in 0..=MOST {
            let (from, to) = (url(&format!("https://h/{number}")), url("https://h/new"));
            moves.remember(Move::new(&from, &to).unwrap());
        }
        assert_eq!(moves.of(&url("https://h/0")), None);
        assert!(moves.of(&url("https://h/1")).is_some());
        moves.forget(&url("https://h/1?q=1"));
        assert_eq!(moves.of(&url("https://h/1")), None);
    }
}
