//! The socket file, in a folder that only this user can enter.
//!
//! It stands in `$XDG_RUNTIME_DIR/belfry`, or where that is missing (or too long for a socket's name) in a
//! folder of the user's own below the temporary one, where anybody may have been before: so whose folder it
//! is is looked at each time, and whose process is at the other end as well. Where that folder cannot be had,
//! the socket stands in the profile, as far as its name is short enough.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use belfry_core::settings::profile::{Profile, ProfileLock};
use tokio::net::{UnixListener, UnixStream};

use super::Stream;

/// The longest name of a socket that every system takes, in bytes (`sun_path` of macOS, less its NUL).
const LONGEST: usize = 103;

/// The socket while it is served.
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
    user: u32,
}

impl Listener {
    /// Makes the socket. What an earlier holder of the lock has left in its place is replaced: holding the
    /// lock means that nobody serves it any more. Called inside a runtime.
    pub fn bind(profile: &Profile, _held: &ProfileLock) -> io::Result<Self> {
        let user = own_user();
        let mut bound: io::Result<Self> = Err(io::ErrorKind::NotFound.into());
        for path in paths(profile) {
            bound = match (bound, Self::bind_at(path, user)) {
                (_, Ok(listener)) => return Ok(listener),
                (Err(error), Err(other)) if error.kind() == io::ErrorKind::NotFound => Err(other),
                (bound, Err(_)) => bound,
            };
        }
        bound
    }

    fn bind_at(path: PathBuf, user: u32) -> io::Result<Self> {
        private_folder(parent(&path)?, user)?;
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { socket, path, user })
    }

    /// Waits for a client of the same user. Nothing is lost if the future is dropped.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        let (stream, _) = self.socket.accept().await?;
        same_user(&stream, self.user)?;
        Ok(super::stream(stream))
    }

    /// Takes the socket's file away. Called while the lock is still held: later it may be another's.
    pub fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!("the socket was not removed: {error}");
        }
    }
}

/// Goes to the socket of a profile.
pub async fn connect(profile: &Profile) -> io::Result<Stream> {
    let mut found: io::Result<Stream> = Err(io::ErrorKind::NotFound.into());
    for path in paths(profile) {
        found = match (found, connect_at(&path, own_user()).await) {
            (_, Ok(stream)) => return Ok(stream),
            (Err(error), Err(other)) if error.kind() == io::ErrorKind::NotFound => Err(other),
            (found, Err(_)) => found,
        };
    }
    found
}

async fn connect_at(path: &Path, user: u32) -> io::Result<Stream> {
    check_folder(parent(path)?, user)?;
    let stream = UnixStream::connect(path).await?;
    same_user(&stream, user)?;
    Ok(super::stream(stream))
}

/// Where the socket of a profile may stand, the best place first.
pub fn paths(profile: &Profile) -> Vec<PathBuf> {
    paths_in(profile, runtime_folder(profile).as_deref(), &std::env::temp_dir(), own_user())
}

fn paths_in(profile: &Profile, runtime: Option<&OsStr>, temporary: &Path, user: u32) -> Vec<PathBuf> {
    let own = Some(profile.folder.join("run")).filter(|folder| fits(folder));
    let folders = [Some(folder_in(runtime, temporary, user)), own];
    folders.into_iter().flatten().map(|folder| folder.join(format!("{}.sock", profile.id))).collect()
}

#[cfg(not(test))]
fn runtime_folder(_: &Profile) -> Option<OsString> {
    std::env::var_os("XDG_RUNTIME_DIR")
}

/// Tests leave nothing in the user's own folder.
#[cfg(test)]
fn runtime_folder(profile: &Profile) -> Option<OsString> {
    Some(profile.folder.clone().into())
}

/// The folder of the sockets. A relative runtime folder is to be ignored (XDG Base Directory Specification).
pub fn folder_in(runtime: Option<&OsStr>, temporary: &Path, user: u32) -> PathBuf {
    let runtime = runtime.map(|runtime| Path::new(runtime).join("belfry"));
    runtime.filter(|folder| fits(folder)).unwrap_or_else(|| temporary.join(format!("belfry-{user}")))
}

/// Whether a socket in this folder has a name that is short enough.
fn fits(folder: &Path) -> bool {
    let name = "/00000000-0000-0000-0000-000000000000.sock".len();
    folder.is_absolute() && folder.as_os_str().as_bytes().len() + name <= LONGEST
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// Makes the folder, or sees to it that the one that is there is private.
fn private_folder(folder: &Path, user: u32) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let about = fs::symlink_metadata(folder)?;
    if about.is_dir() && about.uid() == user && about.mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    check_folder(folder, user)
}

/// Whether nobody else can have put anything into the folder.
fn check_folder(folder: &Path, user: u32) -> io::Result<()> {
    // Not through a symbolic link: it could lead to another folder the next time.
    let about = fs::symlink_metadata(folder)?;
    if about.is_dir() && about.uid() == user && about.mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a private folder of this user", folder.display()),
        ))
    }
}

/// Whether the process at the other end is this user's (`SO_PEERCRED`, `getpeereid`).
fn same_user(stream: &UnixStream, user: u32) -> io::Result<()> {
    let theirs = stream.peer_cred()?.uid();
    if theirs == user {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("the process at the other end is user {theirs}'s"),
        ))
    }
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn denied<T>(result: io::Result<T>) -> bool {
        result.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    }

    #[test]
    fn the_folder_is_the_runtime_folder_where_it_can_be() {
        let temporary = Path::new("/tmp");
        let folder = |runtime: Option<&str>| folder_in(runtime.map(OsStr::new), temporary, 1000);
        assert_eq!(folder(Some("/run/user/1000")), Path::new("/run/user/1000/belfry"));
        let own = Path::new("/tmp/belfry-1000");
        assert_eq!(folder(None), own);
        assert_eq!(folder(Some("")), own);
        assert_eq!(folder(Some("run")), own);
        assert_eq!(folder(Some(&format!("/{}", "x".repeat(80)))), own, "no socket can have such a long name");
    }

    #[test]
    fn a_folder_that_others_can_enter_is_made_private_or_refused() {
        let root = tempfile::tempdir().unwrap();
        let user = own_user();
        let folder = root.path().join("f");
        private_folder(&folder, user).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        assert!(denied(check_folder(&folder, user)), "a client does not trust it");
        private_folder(&folder, user).unwrap();
        check_folder(&folder, user).unwrap();
        assert!(denied(check_folder(&folder, user + 1)), "another user's");
        assert!(denied(private_folder(&folder, user + 1)));
        let link = root.path().join("l");
        symlink(&folder, &link).unwrap();
        assert!(denied(private_folder(&link, user)), "a symbolic link");
        let file = root.path().join("n");
        fs::write(&file, "").unwrap();
        assert!(denied(private_folder(&file, user)), "no folder");
    }

    #[tokio::test]
    async fn a_folder_that_is_another_users_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let profile = Profile::open(root.path()).unwrap();
        let lock = profile.lock().unwrap();
        // As good as another user's: it is no folder.
        let taken = paths(&profile).remove(0).parent().unwrap().to_owned();
        fs::write(&taken, "").unwrap();
        assert!(connect(&profile).await.is_err());
        let mut listener = Listener::bind(&profile, &lock).unwrap();
        assert_eq!(fs::metadata(listener.path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert_ne!(listener.path.parent(), Some(&*taken));
        let (theirs, ours) = tokio::join!(listener.accept(), connect(&profile));
        theirs.unwrap();
        ours.unwrap();
        // Also once the first place is free again.
        fs::remove_file(&taken).unwrap();
        let (theirs, ours) = tokio::join!(listener.accept(), connect(&profile));
        theirs.unwrap();
        ours.unwrap();
    }

    #[test]
    fn a_profile_whose_name_is_too_long_has_one_place_only() {
        let profile = |folder: &str| Profile { folder: folder.into(), id: uuid::Uuid::nil() };
        let paths = |folder| paths_in(&profile(folder), None, Path::new("/tmp"), 1000);
        assert_eq!(paths("/srv/me/belfry").len(), 2);
        assert_eq!(paths(&format!("/{}", "x".repeat(80))).len(), 1);
    }

    #[tokio::test]
    async fn a_process_of_another_user_is_refused_at_either_end() {
        let root = tempfile::tempdir().unwrap();
        let profile = Profile::open(root.path()).unwrap();
        let lock = profile.lock().unwrap();
        let mut listener = Listener::bind(&profile, &lock).unwrap();
        let path = paths(&profile).remove(0);
        let ours = UnixStream::connect(&path).await.unwrap();
        listener.accept().await.unwrap();
        assert!(denied(same_user(&ours, own_user() + 1)));
        same_user(&ours, own_user()).unwrap();

        listener.user += 1;
        let foreign = UnixStream::connect(&path).await.unwrap();
        assert!(denied(listener.accept().await));
        foreign.readable().await.unwrap();
        assert_eq!(foreign.try_read(&mut [0]).unwrap(), 0, "it is closed without a word");
    }
}
