//! A damaged database is set aside under another name, never deleted.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Store, StoreError};

/// The database itself, and what SQLite keeps beside it.
pub(super) const FILES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Stands beside a database that was found to be damaged at work.
const MARK: &str = ".damaged";

impl Store {
    /// Marks the database as damaged, although it can be opened: the next [`Store::open_or_set_aside`] sets it
    /// aside.
    ///
    /// # Errors
    /// If the mark cannot be written.
    pub fn distrust(path: &Path) -> Result<(), StoreError> {
        let mark = with_suffix(path, MARK);
        fs::write(&mark, "").map_err(|source| StoreError::File { path: mark, source })
    }

    /// Opens the database; a damaged or distrusted one is renamed first, with what belongs to it, to the first free name
    /// `<name>.broken-<n>`, and a new one is made. Returns where the damaged one is now.
    ///
    /// # Errors
    /// As [`Store::open`], except for damage.
    pub fn open_or_set_aside(path: &Path) -> Result<(Self, Option<PathBuf>), StoreError> {
        let mark = with_suffix(path, MARK);
        let opened = match mark.exists() {
            true => Err(StoreError::Damaged("it was found to be damaged at work".to_owned())),
            false => Self::open(path),
        };
        match opened {
            Ok(store) => Ok((store, None)),
            Err(StoreError::Damaged(_)) => {
                let aside = set_aside(path)?;
                let store = Self::open(path)?;
                if mark.exists() {
                    fs::remove_file(&mark).map_err(|source| StoreError::File { path: mark, source })?;
                }
                Ok((store, Some(aside)))
            }
            Err(error) => Err(error),
        }
    }
}

fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let taken = |name: &Path| FILES.iter().any(|suffix| with_suffix(name, suffix).exists());
    let name = |n: u32| with_suffix(path, &format!(".broken-{n}"));
    let mut n = 1;
    while taken(&name(n)) {
        n += 1;
    }
    let aside = name(n);
    for suffix in FILES {
        let from = with_suffix(path, suffix);
        if from.exists() {
            fs::rename(&from, with_suffix(&aside, suffix))
                .map_err(|source| StoreError::File { path: from, source })?;
        }
    }
    Ok(aside)
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_damaged_database_is_set_aside_with_what_belongs_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        for n in 1..=2 {
            for suffix in ["", "-wal", "-shm"] {
                fs::write(with_suffix(&path, suffix), format!("no database {n}{suffix}")).unwrap();
            }
            assert!(matches!(Store::open(&path), Err(StoreError::Damaged(_))));
            let (store, aside) = Store::open_or_set_aside(&path).unwrap();
            assert_eq!(store.summary(NOW).unwrap().total, 0);
            let aside = aside.unwrap();
            assert_eq!(aside, folder.path().join(format!("messages.db.broken-{n}")));
            for suffix in ["", "-wal"] {
                let kept = fs::read_to_string(with_suffix(&aside, suffix)).unwrap();
                assert_eq!(kept, format!("no database {n}{suffix}"));
            }
            // SQLite has made it anew by then: it only repeats what the journal says.
            assert!(with_suffix(&aside, "-shm").exists());
        }
    }

    #[test]
    fn a_distrusted_database_is_set_aside_once() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a")]);
        let Bench { folder, store, .. } = bench;
        drop(store);
        let path = folder.path().join("messages.db");
        Store::distrust(&path).unwrap();
        let (store, aside) = Store::open_or_set_aside(&path).unwrap();
        assert_eq!((store.summary(NOW).unwrap().total, aside.is_some()), (0, true));
        assert_eq!(Store::open(&aside.unwrap()).unwrap().summary(NOW).unwrap().total, 1);
        drop(store);
        assert_eq!(Store::open_or_set_aside(&path).unwrap().1, None);
    }

    #[test]
    fn a_sound_database_stays_where_it_is() {
        let mut bench = Bench::new();
        bench.deliver(vec![message("a")]);
        let (store, aside) = Store::open_or_set_aside(&bench.path()).unwrap();
        assert_eq!((store.summary(NOW).unwrap().total, aside), (1, None));
    }

    #[test]
    fn a_name_is_free_only_if_nothing_with_it_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        fs::write(&path, "no database").unwrap();
        fs::write(folder.path().join("messages.db.broken-1-wal"), "of another").unwrap();
        let (_, aside) = Store::open_or_set_aside(&path).unwrap();
        assert_eq!(aside.unwrap(), folder.path().join("messages.db.broken-2"));
    }

    #[test]
    fn a_database_with_a_ruined_page_is_reported_as_damaged() {
        let mut bench = Bench::new();
        bench.deliver((0..50).map(|n| message(&n.to_string())).collect());
        let Bench { folder, store, .. } = bench;
        drop(store);
        let path = folder.path().join("messages.db");
        let sound = fs::read(&path).unwrap();
        // The schema stands on the first page, after the file's header of 100 bytes.
        let mut ruined = sound.clone();
        ruined[100..4096].fill(0xa5);
        fs::write(&path, &ruined).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Damaged(_))));
        // Cut short.
        fs::write(&path, &sound[..sound.len() / 2]).unwrap();
        let opened = Store::open(&path).and_then(|store| store.check());
        assert!(matches!(opened, Err(StoreError::Damaged(_))), "{opened:?}");
    }
}
