//! A damaged database is set aside under another name, never deleted.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Store, StoreError};

/// What SQLite keeps beside the database, and the database itself.
const FILES: [&str; 3] = ["", "-wal", "-shm"];

impl Store {
    /// Opens the database; a damaged one is renamed first, with what belongs to it, to the first free name
    /// `<name>.broken-<n>`, and a new one is made. Returns where the damaged one is now.
    ///
    /// # Errors
    /// As [`Store::open`], except for damage.
    pub fn open_or_set_aside(path: &Path) -> Result<(Self, Option<PathBuf>), StoreError> {
        match Self::open(path) {
            Ok(store) => Ok((store, None)),
            Err(StoreError::Damaged(_)) => {
                let aside = set_aside(path)?;
                Ok((Self::open(path)?, Some(aside)))
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

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
