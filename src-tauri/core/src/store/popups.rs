//! Which popups may be on the screen, so that the next run can take off what this one leaves there.

use rusqlite::params;

use super::{Durability, Inbox, Store, StoreError};
use crate::model::PopupPlace;

impl Store {
    /// Notes that a popup is on the screen.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn popup_is_up(&mut self, PopupPlace { service, number }: &PopupPlace) -> Result<(), StoreError> {
        self.write(Durability::Process, |tx| {
            tx.prepare_cached("INSERT OR IGNORE INTO popup (service, number) VALUES (?1, ?2)")?
                .execute(params![service, number])?;
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// Notes that popups are on the screen no longer. Unknown ones are ignored.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub fn popups_are_gone(&mut self, places: &[PopupPlace]) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        self.write(Durability::Process, |tx| {
            let mut delete = tx.prepare_cached("DELETE FROM popup WHERE service = ?1 AND number = ?2")?;
            for PopupPlace { service, number } in places {
                delete.execute(params![service, number])?;
            }
            Ok(((), Inbox::Same))
        })?;
        Ok(())
    }

    /// The popups that may be on the screen.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn popups_up(&self) -> Result<Vec<PopupPlace>, StoreError> {
        let mut statement = self.connection.prepare("SELECT service, number FROM popup")?;
        let places =
            statement.query_map([], |row| Ok(PopupPlace { service: row.get(0)?, number: row.get(1)? }))?;
        Ok(places.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_next_run_knows_what_is_on_the_screen() {
        let mut bench = Bench::new();
        let place = |number| PopupPlace { service: "bus :1.7".to_owned(), number };
        for number in [4, u32::MAX, 5, 4] {
            bench.store.popup_is_up(&place(number)).unwrap();
        }
        bench.store.popups_are_gone(&[place(5), place(6)]).unwrap();
        let next = Store::open(&bench.path()).unwrap();
        assert_eq!(next.popups_up().unwrap(), [place(4), place(u32::MAX)]);
        bench.store.popups_are_gone(&next.popups_up().unwrap()).unwrap();
        assert_eq!(next.popups_up().unwrap(), []);
    }
}
