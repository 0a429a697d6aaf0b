//! Where addresses of a source's server have moved to for good, for the next run of the program.

use rusqlite::params;
use url::Url;

use super::{Durability, Inbox, Store, StoreError, number_source};
use crate::model::SourceId;

impl Store {
    /// Where addresses of the source's server are by now: from, and to.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn moves(&self, source: SourceId) -> Result<Vec<(Url, Url)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT from_url, to_url FROM moved WHERE source = (SELECT id FROM source WHERE uuid = ?1)
             ORDER BY from_url",
        )?;
        let rows = statement
            .query_map([source.to_string()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        // What is no address any more is asked for anew.
        Ok(rows.into_iter().filter_map(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?))).collect())
    }

    /// Remembers these, and no others.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn set_moves(&mut self, source: SourceId, moves: &[(Url, Url)]) -> Result<(), StoreError> {
        self.write(Durability::Process, |tx| {
            let number = number_source(tx, source)?;
            tx.execute("DELETE FROM moved WHERE source = ?1", [number])?;
            let mut insert = tx.prepare_cached(
                "INSERT OR REPLACE INTO moved (source, from_url, to_url) VALUES (?1, ?2, ?3)",
            )?;
            for (from, to) in moves {
                insert.execute(params![number, from.as_str(), to.as_str()])?;
            }
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_next_run_knows_where_a_server_has_moved_until_that_is_forgotten() {
        let mut bench = Bench::new();
        let url = |path: &str| Url::parse("https://example.org").unwrap().join(path).unwrap();
        let (source, moves) = (bench.source, [(url("/a"), url("/v2/a")), (url("/b"), url("/v2/b"))]);
        assert_eq!(bench.moves(source).unwrap(), []);
        bench.store.set_moves(source, &moves).unwrap();
        assert_eq!(Store::open(&bench.path()).unwrap().moves(source).unwrap(), moves);
        bench.store.set_moves(source, &moves[1..]).unwrap();
        assert_eq!(bench.moves(source).unwrap(), moves[1..]);
        bench.store.forget_source(source).unwrap();
        assert_eq!(bench.moves(source).unwrap(), []);
    }
}
