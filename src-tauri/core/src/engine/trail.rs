//! Whether a walk through pages of history leads anywhere. A server may say `more` for ever, by mistake or
//! on purpose; the stream must not wait for that.

use std::fmt;
use std::time::Duration;

use crate::store::Past;

/// How many pages in a row may bring nothing that was not known.
const BARREN: u32 = 20;

/// How many pages are asked for without a pause.
const LONG: u32 = 100;

/// How many pages one walk has at most: five million messages. The next one goes on from there.
const PAGES: u32 = 10_000;

/// What one walk has come past. Every step leads to another place than before, or the walk is over.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    /// What its pages are to the user.
    pub past: Past,
    /// A place that was passed. It is moved up at steps 1, 2, 4, 8, …, so that coming by it again shows a
    /// circle of any length (Brent's way of finding one), although only one place is remembered.
    landmark: Option<String>,
    pages: u32,
    barren: u32,
}

/// What a page brought, seen from the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yield {
    /// Something that the store did not know, or marks, which it may have known.
    Something,
    /// Nothing.
    Nothing,
}

/// Why a walk ends although the server says that there is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The server does not say where to go on.
    NoPlace,
    /// The server leads back to where the walk has been.
    Circle,
    /// Page after page brings nothing new.
    Barren,
    /// It has gone on for long enough.
    Endless,
    /// The server has begun anew meanwhile.
    BegunAnew,
}

impl Trail {
    /// A walk that begins at a place; with the newest page if at none.
    pub fn from(place: Option<&str>, past: Past) -> Self {
        Self { past, landmark: place.map(str::to_owned), pages: 0, barren: 0 }
    }

    /// Whether it is the newest page that is asked for.
    pub fn asks_for_newest(&self) -> bool {
        self.landmark.is_none() && self.pages == 0
    }

    /// Whether it has gone on for so long that the stream, or the next poll, goes on in its place.
    pub fn is_long(&self) -> bool {
        self.pages >= LONG
    }

    /// How long to wait before the next page.
    pub fn pause(&self) -> Duration {
        if self.is_long() { Duration::from_millis(250) } else { Duration::ZERO }
    }

    /// Goes on to the place that a page leads to.
    ///
    /// # Errors
    /// [`Lost`] if that leads nowhere.
    pub fn lead_to(mut self, place: Option<&str>, brought: Yield) -> Result<Self, Lost> {
        let place = place.filter(|place| !place.is_empty()).ok_or(Lost::NoPlace)?;
        if self.landmark.as_deref() == Some(place) {
            return Err(Lost::Circle);
        }
        self.pages += 1;
        self.barren = match brought {
            Yield::Something => 0,
            Yield::Nothing => self.barren + 1,
        };
        if self.barren >= BARREN {
            return Err(Lost::Barren);
        }
        if self.pages >= PAGES {
            return Err(Lost::Endless);
        }
        if self.pages.is_power_of_two() {
            self.landmark = Some(place.to_owned());
        }
        Ok(self)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPlace => "the server says that there is more history and not where",
            Self::Circle => "the server's history leads back to where it began",
            Self::Barren => "the server's history goes on and brings nothing new",
            Self::Endless => "the server's history does not end",
            Self::BegunAnew => "the server has begun its history anew while the old one was read",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pages a walk takes along these places, and why it ends.
    fn walk<'a>(places: impl Iterator<Item = Option<&'a str>>, brought: Yield) -> (u32, Option<Lost>) {
        let mut trail = Trail::from(Some("begin"), Past::Missed);
        for (pages, place) in (1..).zip(places) {
            trail = match trail.lead_to(place, brought) {
                Ok(trail) => trail,
                Err(lost) => return (pages, Some(lost)),
            };
        }
        (trail.pages, None)
    }

    #[test]
    fn a_walk_to_ever_new_places_goes_on_to_its_end() {
        let places: Vec<String> = (0..2_000).map(|n| format!("k7-{n}")).collect();
        let places = places.iter().map(|place| Some(place.as_str()));
        assert_eq!(walk(places, Yield::Something), (2_000, None));
    }

    #[test]
    fn no_place_and_the_same_place_end_it_at_once() {
        assert_eq!(walk([None].into_iter(), Yield::Something), (1, Some(Lost::NoPlace)));
        assert_eq!(walk([Some("")].into_iter(), Yield::Something), (1, Some(Lost::NoPlace)));
        assert_eq!(walk([Some("begin")].into_iter(), Yield::Something), (1, Some(Lost::Circle)));
    }

    #[test]
    fn circles_of_any_length_are_noticed_within_four_rounds() {
        for length in 1..=100_usize {
            let places: Vec<String> = (0..length).map(|n| n.to_string()).collect();
            let circle = places.iter().map(|place| Some(place.as_str())).cycle();
            let (pages, lost) = walk(circle, Yield::Something);
            assert_eq!(lost, Some(Lost::Circle), "{length}");
            assert!(pages as usize <= 4 * length, "{length}: {pages} pages");
        }
    }

    #[test]
    fn new_places_without_anything_new_end_it_too() {
        let places: Vec<String> = (0..PAGES + 1).map(|n| n.to_string()).collect();
        let places = || places.iter().map(|place| Some(place.as_str()));
        assert_eq!(walk(places(), Yield::Nothing), (BARREN, Some(Lost::Barren)));
        assert_eq!(walk(places(), Yield::Something), (PAGES, Some(Lost::Endless)));
    }
}
