//! The data folder: made if it is missing, used by one server at a time, removed at the end if it is temporary.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::StartError;
use crate::config::Data;

/// A data folder in use. Its lock is held until it is dropped, across restarts in the same program.
#[derive(Debug)]
pub(super) struct Folder {
    // The lock stands before the folder, so that it is gone before a temporary folder is removed.
    lock: File,
    path: PathBuf,
    _temporary: Option<TempDir>,
}

impl Folder {
    pub fn open(data: &Data) -> Result<Self, StartError> {
        match data {
            Data::Temporary => {
                let made = tempfile::Builder::new().prefix("belfry-server-").tempdir();
                let place = std::env::temp_dir();
                let made = made.map_err(|source| StartError::Folder { path: place, source })?;
                Self::lock(made.path().to_owned(), Some(made))
            }
            Data::Folder(path) => {
                create_private(path).map_err(|source| StartError::Folder { path: path.clone(), source })?;
                Self::lock(path.clone(), None)
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(path: PathBuf, temporary: Option<TempDir>) -> Result<Self, StartError> {
        let failed = |source| StartError::Folder { path: path.clone(), source };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { lock, path, _temporary: temporary }),
            Err(TryLockError::WouldBlock) => Err(StartError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(StartError::Folder { path, source }),
        }
    }
}

impl Drop for Folder {
    /// Gives the lock back by name. A child that this process is just starting holds a copy of the file until it runs
    /// its own program, and closing alone gives a lock back only with the last copy (flock(2)).
    fn drop(&mut self) {
        // An error leaves what closing does.
        let _ = self.lock.unlock();
    }
}

/// Makes the folder for its owner only; one that is there stays as it is.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_serves_one_server_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let data = Data::Folder(place.path().join("a/b"));
        let first = Folder::open(&data).unwrap();
        assert!(matches!(Folder::open(&data), Err(StartError::InUse { .. })));
        let _in_a_child = first.lock.try_clone().unwrap();
        drop(first);
        Folder::open(&data).unwrap();
    }

    #[test]
    fn a_temporary_folder_is_gone_at_the_end() {
        let folder = Folder::open(&Data::Temporary).unwrap();
        let path = folder.path().to_owned();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
