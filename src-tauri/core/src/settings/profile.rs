//! A profile: the folder that holds everything of one user's Belfry, and the lock on it.
//!
//! `profile.toml` names the profile (its uuid separates keychain entries), `settings.toml` holds what the
//! user decided, `messages.db` the rest, so that a damaged database does not lose the sources.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file::{FileError, create};
use super::private;

/// A profile that exists on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its folder.
    pub folder: PathBuf,
    /// Its name in the keychain.
    pub id: Uuid,
}

#[derive(Serialize, Deserialize)]
struct ProfileFile {
    uuid: Uuid,
}

impl Profile {
    /// Opens the profile in `folder`; makes folder (private to the user) and identity where missing.
    ///
    /// # Errors
    /// If the folder or `profile.toml` cannot be made or read.
    pub fn open(folder: &Path) -> Result<Self, FileError> {
        private::folder(folder).map_err(|source| FileError { path: folder.to_owned(), source })?;
        let path = folder.join("profile.toml");
        let failed = |source| FileError { path: path.clone(), source };
        if !path.exists() {
            let file = ProfileFile { uuid: Uuid::new_v4() };
            let text = toml::to_string(&file).map_err(io::Error::other).map_err(failed)?;
            create(&path, text.as_bytes())?;
        }
        // Also after it was made: of two first starts at once only one has made the file.
        let text = fs::read_to_string(&path).map_err(failed)?;
        let id = toml::from_str::<ProfileFile>(&text).map_err(io::Error::other).map_err(failed)?.uuid;
        // Earlier versions left these to the folder's rights.
        private::narrow(&path);
        private::narrow(&folder.join("settings.toml"));
        Ok(Self { folder: folder.to_owned(), id })
    }

    /// Where `settings.toml` stands.
    #[must_use]
    pub fn settings_path(&self) -> PathBuf {
        self.folder.join("settings.toml")
    }

    /// Where `messages.db` stands.
    #[must_use]
    pub fn database_path(&self) -> PathBuf {
        self.folder.join("messages.db")
    }

    /// The folder of the log files.
    #[must_use]
    pub fn log_folder(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Makes the folder of the log files where it is missing, for the user alone.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make_log_folder(&self) -> io::Result<()> {
        let folder = self.log_folder();
        private::folder(&folder)?;
        private::narrow(&folder);
        Ok(())
    }

    /// Whether the profile has noted that something has happened.
    #[must_use]
    pub fn has_happened(&self, what: &str) -> bool {
        self.folder.join(what).exists()
    }

    /// Notes in the profile that something has happened.
    ///
    /// # Errors
    /// If it cannot be noted.
    pub fn note_happened(&self, what: &str) -> Result<(), FileError> {
        let path = self.folder.join(what);
        match private::options().write(true).create(true).open(&path) {
            Ok(_) => Ok(()),
            Err(source) => Err(FileError { path, source }),
        }
    }

    /// Waits for the turn to read the settings and have them changed by what was read: whoever does so in one go gets
    /// a turn first, so that no change is lost between the two. Whoever carries the change out has the profile's lock.
    ///
    /// # Errors
    /// If the file for it cannot be made or locked.
    pub fn turn_to_change(&self) -> Result<TurnToChange, FileError> {
        let path = self.folder.join("changing");
        let failed = |source| FileError { path: path.clone(), source };
        let file = lock_file(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(TurnToChange { _file: file })
    }

    /// Takes the profile for this process: one engine per profile.
    ///
    /// # Errors
    /// [`LockError::Held`] with the holder's process id where another engine runs.
    pub fn lock(&self) -> Result<ProfileLock, LockError> {
        let path = self.folder.join("lock");
        let failed = |source| LockError::File(FileError { path: path.clone(), source });
        let mut file = lock_file(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // On some systems a locked file cannot be read; then the holder stays unnamed.
                let _ = file.read_to_string(&mut holder);
                return Err(LockError::Held { pid: holder.trim().parse().ok() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(std::process::id().to_string().as_bytes())
        };
        write(&mut file).map_err(failed)?;
        Ok(ProfileLock { file })
    }
}

/// A file to be locked, for the user alone.
fn lock_file(path: &Path) -> io::Result<File> {
    private::options().create(true).truncate(false).read(true).write(true).open(path)
}

/// Held from reading the settings until what was read has been changed.
#[derive(Debug)]
pub struct TurnToChange {
    _file: File,
}

/// Held while an engine runs; the system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub struct ProfileLock {
    file: File,
}

impl Drop for ProfileLock {
    /// Gives it back by name. A child that this process is just starting holds a copy of the file until it runs its
    /// own program, and closing alone gives a lock back only with the last copy (flock(2)).
    fn drop(&mut self) {
        // An error leaves what closing does.
        let _ = self.file.unlock();
    }
}

/// The profile could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another engine runs on it.
    #[error("another Belfry is using this profile{}", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held {
        /// Its process id, if it could be read.
        pid: Option<u32>,
    },
    /// The lock file could not be used.
    #[error(transparent)]
    File(#[from] FileError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_keeps_its_identity() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = Profile::open(&path).unwrap();
        assert_eq!(Profile::open(&path).unwrap(), first);
    }

    #[test]
    fn two_first_starts_at_once_agree_on_the_identity() {
        for _ in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            let together = std::sync::Barrier::new(4);
            let open = || {
                together.wait();
                Profile::open(folder.path()).unwrap()
            };
            let opened: Vec<_> = std::thread::scope(|scope| {
                let starts: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
                starts.into_iter().map(|start| start.join().unwrap()).collect()
            });
            let kept = Profile::open(folder.path()).unwrap();
            assert!(opened.iter().all(|profile| *profile == kept), "{opened:?} instead of {kept:?}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        }
    }

    #[cfg(unix)]
    #[test]
    fn in_a_folder_that_all_may_read_the_profile_is_still_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // What an earlier version left.
        fs::create_dir(folder.path().join("log")).unwrap();
        fs::write(folder.path().join("settings.toml"), "schema = 1\n").unwrap();
        for name in ["log", "settings.toml"] {
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let profile = Profile::open(folder.path()).unwrap();
        let _lock = profile.lock().unwrap();
        profile.make_log_folder().unwrap();
        let others =
            |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o077;
        for name in ["profile.toml", "settings.toml", "lock", "log"] {
            assert_eq!(others(name), 0, "{name}");
        }
        super::super::file::save(&profile.settings_path(), &crate::settings::Settings::default()).unwrap();
        assert_eq!(others("settings.toml"), 0);
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o755, "not Belfry's");
    }

    #[cfg(unix)]
    #[test]
    fn a_profile_is_private_to_the_user() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(&folder.path().join("p")).unwrap();
        assert_eq!(fs::metadata(&profile.folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_lock_is_given_back_although_a_child_still_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(folder.path()).unwrap();
        let lock = profile.lock().unwrap();
        let _in_the_child = lock.file.try_clone().unwrap();
        drop(lock);
        profile.lock().unwrap();
    }

    #[test]
    fn a_second_engine_on_the_same_profile_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(folder.path()).unwrap();
        let lock = profile.lock().unwrap();
        match profile.lock() {
            Err(LockError::Held { pid }) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("the lock was given twice: {other:?}"),
        }
        drop(lock);
        profile.lock().unwrap();
    }
}
