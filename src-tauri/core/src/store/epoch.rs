//! Which epoch of a server's store a batch belongs to: within one, a message's id means one message.
//!
//! An epoch ends where the server says so, and nowhere else: how it spells its places means nothing, unless it has
//! said that they name the epoch. Deliberately not here: who says what; that is the engine's to know.

use rusqlite::{Connection, OptionalExtension, params};

use super::{CursorUpdate, EpochUpdate, PlaceUpdate, StoreError};
use crate::model::Epoch;

/// The epoch that a batch belongs to.
pub(super) struct Entered {
    /// The number that stands for it within the database.
    pub number: i64,
    /// Its name, the server's or the store's.
    pub name: Epoch,
    /// Whether it is another one than that of the batch before.
    pub is_other: bool,
    /// Whether it was begun, and no place in it is known with this batch.
    pub begun: bool,
}

/// The epoch that a source's server was in after the last batch.
struct Present {
    name: Epoch,
    cursor: Option<String>,
    begun: bool,
}

/// Finds out which epoch a batch belongs to, and makes it where there is none.
pub(super) fn enter(
    tx: &Connection,
    source: i64,
    update: &EpochUpdate,
    place: &PlaceUpdate,
) -> Result<Entered, StoreError> {
    let Some(present) = present(tx, source)? else {
        let (name, begun) = match update {
            EpochUpdate::Keep => (Epoch::default(), false),
            EpochUpdate::Called(name) => (name.clone(), false),
            EpochUpdate::Begun(name) => (name.clone().unwrap_or_default(), true),
        };
        let begun = begun && !matches!(place.cursor, CursorUpdate::Set(_));
        return Ok(Entered { number: number(tx, source, &name)?, name, is_other: false, begun });
    };
    let next = match update {
        EpochUpdate::Keep => Next::Same,
        EpochUpdate::Called(name) => called(tx, source, &present, name)?,
        // Until a place in it is stored, a server that is asked for the old one says the same once more.
        EpochUpdate::Begun(name) if present.begun => match name {
            Some(name) => called(tx, source, &present, name)?,
            None => Next::Same,
        },
        EpochUpdate::Begun(Some(name)) if *name != present.name => Next::Other(name.clone()),
        EpochUpdate::Begun(_) => Next::Other(unsaid(tx)?),
    };
    let is_other = matches!(next, Next::Other(_));
    let name = match next {
        Next::Same => present.name,
        Next::Renamed(name) => {
            let sql = "UPDATE epoch SET name = ?3 WHERE source = ?1 AND name = ?2";
            tx.execute(sql, params![source, present.name.0, name.0])?;
            name
        }
        Next::Other(name) => name,
    };
    let is_begun = (is_other && matches!(update, EpochUpdate::Begun(_))) || (present.begun && !is_other);
    let moves = matches!(&place.cursor, CursorUpdate::Set(to) if present.cursor.as_ref() != Some(&to.0));
    Ok(Entered { number: number(tx, source, &name)?, name, is_other, begun: is_begun && !moves })
}

/// Whether the source's server has ever said a name of an epoch.
pub(super) fn are_named(connection: &Connection, source: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM epoch WHERE source = ?1 AND name <> '' AND name NOT LIKE '+%'";
    Ok(connection.prepare_cached(sql)?.exists([source])?)
}

/// What becomes of the present epoch.
enum Next {
    Same,
    /// It is the same; the server has a name for it.
    Renamed(Epoch),
    Other(Epoch),
}

fn called(tx: &Connection, source: i64, present: &Present, name: &Epoch) -> Result<Next, StoreError> {
    if present.name == *name {
        return Ok(Next::Same);
    }
    if !present.name.is_said() {
        let taken = tx
            .prepare_cached("SELECT 1 FROM epoch WHERE source = ?1 AND name = ?2")?
            .exists(params![source, name.0])?;
        return Ok(if taken { Next::Same } else { Next::Renamed(name.clone()) });
    }
    // Who is asked for no place cannot say that it is gone.
    Ok(if present.cursor.is_none() { Next::Other(name.clone()) } else { Next::Same })
}

fn present(tx: &Connection, source: i64) -> Result<Option<Present>, StoreError> {
    let sql = "SELECT epoch, cursor, begun FROM place WHERE source = ?1 AND scope = ''";
    let present = tx
        .prepare_cached(sql)?
        .query_row([source], |row| {
            Ok(Present { name: Epoch(row.get(0)?), cursor: row.get(1)?, begun: row.get(2)? })
        })
        .optional()?;
    Ok(present)
}

/// A name that no server says.
fn unsaid(tx: &Connection) -> Result<Epoch, StoreError> {
    let next: i64 = tx.query_row("SELECT coalesce(max(id), 0) + 1 FROM epoch", [], |row| row.get(0))?;
    Ok(Epoch(format!("+{next}")))
}

/// The number that stands for an epoch of a source within the database.
fn number(tx: &Connection, source: i64, epoch: &Epoch) -> Result<i64, StoreError> {
    let known = tx
        .prepare_cached("SELECT id FROM epoch WHERE source = ?1 AND name = ?2")?
        .query_row(params![source, epoch.0], |row| row.get(0))
        .optional()?;
    match known {
        Some(number) => Ok(number),
        None => {
            tx.execute("INSERT INTO epoch (source, name) VALUES (?1, ?2)", params![source, epoch.0])?;
            Ok(tx.last_insert_rowid())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{Batch, CursorUpdate, EpochUpdate, PlaceUpdate};
    use crate::model::{Cursor, Epoch};

    const RESET: EpochUpdate = EpochUpdate::Begun(None);

    fn called(name: &str) -> EpochUpdate {
        EpochUpdate::Called(Epoch(name.to_owned()))
    }

    fn begun_as(name: &str) -> EpochUpdate {
        EpochUpdate::Begun(Some(Epoch(name.to_owned())))
    }

    /// Delivers message `a` at a place; tells whether it was new, and the epoch's name.
    fn send(bench: &mut Bench, epoch: EpochUpdate, cursor: Option<&str>) -> (bool, String) {
        let place = cursor.map(at).unwrap_or_default();
        let batch = Batch { epoch, place, changes: vec![message("a")] };
        let delivered = bench.store.deliver(bench.source, &batch, NOW).unwrap();
        bench.check().unwrap();
        (!delivered.new.is_empty(), bench.cursor(bench.source).unwrap().epoch.0)
    }

    fn forget(bench: &mut Bench) {
        let place = PlaceUpdate { cursor: CursorUpdate::Forget, ..PlaceUpdate::default() };
        bench.store.deliver(bench.source, &Batch { place, ..Batch::default() }, NOW).unwrap();
    }

    fn is(new: bool, name: &str) -> (bool, String) {
        (new, name.to_owned())
    }

    #[test]
    fn each_beginning_is_another_epoch_also_where_no_place_names_one() {
        let mut bench = Bench::new();
        assert_eq!(send(&mut bench, EpochUpdate::Keep, Some("1")), is(true, ""));
        assert_eq!(send(&mut bench, RESET, Some("1")), is(true, "+2"));
        assert_eq!(send(&mut bench, EpochUpdate::Keep, Some("2")), is(false, "+2"));
        assert_eq!(send(&mut bench, RESET, Some("3")), is(true, "+3"));
        assert!(!bench.cursor(bench.source).unwrap().names_epochs);
    }

    #[test]
    fn a_beginning_that_is_told_again_before_a_place_is_known_is_the_same() {
        let mut bench = Bench::new();
        send(&mut bench, EpochUpdate::Keep, Some("9"));
        assert_eq!(send(&mut bench, RESET, None), is(true, "+2"));
        assert_eq!(send(&mut bench, RESET, None), is(false, "+2"));
        // The place that was asked for says nothing of the new epoch.
        assert_eq!(send(&mut bench, RESET, Some("9")), is(false, "+2"));
        assert_eq!(send(&mut bench, RESET, Some("1")), is(false, "+2"));
        assert_eq!(send(&mut bench, RESET, None), is(true, "+3"));
    }

    #[test]
    fn a_name_makes_no_epoch_where_the_server_could_have_said_that_it_begins() {
        let mut bench = Bench::new();
        assert_eq!(send(&mut bench, EpochUpdate::Keep, Some("k7-1")), is(true, ""));
        assert_eq!(send(&mut bench, called("k7"), Some("k7-2")), is(false, "k7"));
        assert!(bench.cursor(bench.source).unwrap().names_epochs);
        assert_eq!(send(&mut bench, called("m2"), Some("m2-1")), is(false, "k7"));
        forget(&mut bench);
        assert_eq!(send(&mut bench, called("k7"), None), is(false, "k7"));
        assert_eq!(send(&mut bench, called("m2"), Some("m2-1")), is(true, "m2"));
    }

    #[test]
    fn a_server_that_goes_back_to_an_epoch_that_it_has_named_is_in_that_one() {
        let mut bench = Bench::new();
        send(&mut bench, called("k7"), Some("k7-1"));
        assert_eq!(send(&mut bench, begun_as("m2"), Some("m2-1")), is(true, "m2"));
        assert_eq!(send(&mut bench, begun_as("k7"), Some("k7-1")), is(false, "k7"));
        // Under the same name it has begun all the same.
        assert_eq!(send(&mut bench, begun_as("k7"), Some("k7-2")), is(true, "+3"));
        assert_eq!(send(&mut bench, called("k7"), Some("k7-3")), is(false, "+3"));
        assert_eq!(send(&mut bench, called("k9"), Some("k9-3")), is(false, "k9"));
    }

    #[test]
    fn the_way_back_through_the_past_ends_with_its_epoch() {
        let mut bench = Bench::new();
        let walk = super::super::WalkUpdate::Before(remote("7"));
        let place = PlaceUpdate { cursor: CursorUpdate::Set(Cursor("1".to_owned())), walk, ..at("1") };
        bench.store.deliver(bench.source, &Batch { place, ..Batch::default() }, NOW).unwrap();
        send(&mut bench, EpochUpdate::Keep, None);
        assert_eq!(bench.cursor(bench.source).unwrap().history_before, Some(remote("7")));
        send(&mut bench, RESET, None);
        assert_eq!(bench.cursor(bench.source).unwrap().history_before, None);
    }
}
