//! The named pipe. Its name is new at each start and stands in the profile's folder, which only the user can
//! read: nobody can have taken the name before, and nobody else knows where to go.
//!
//! Written from the documentation of Windows and of tokio, and type-checked; not run there yet. The pipe has
//! the default access of Windows: full for the user and administrators, and for everybody else reading, which
//! leads to nothing, for the server says nothing before it has read a hello.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use belfry_core::settings::profile::{Profile, ProfileLock};
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeServer, ServerOptions};
use uuid::Uuid;

use super::Stream;

/// All instances of the pipe are taken at the moment (`ERROR_PIPE_BUSY`).
const BUSY: i32 = 231;

/// How often a busy pipe is tried, and how long is waited between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// The pipe while it is served.
pub struct Listener {
    name: String,
    next: NamedPipeServer,
    file: PathBuf,
}

impl Listener {
    /// Makes the pipe and writes its name down. Called inside a runtime.
    pub fn bind(profile: &Profile, _held: &ProfileLock) -> io::Result<Self> {
        let name = format!("{}{}", prefix(profile), Uuid::new_v4());
        let next =
            ServerOptions::new().first_pipe_instance(true).reject_remote_clients(true).create(&name)?;
        let file = file(profile);
        fs::write(&file, &name)?;
        Ok(Self { name, next, file })
    }

    /// Waits for a client. Nothing is lost if the future is dropped.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        self.next.connect().await?;
        let next = ServerOptions::new().reject_remote_clients(true).create(&self.name)?;
        Ok(super::stream(std::mem::replace(&mut self.next, next)))
    }

    /// Takes the pipe's name away. Called while the lock is still held: later it may be another's.
    pub fn remove(self) {
        if let Err(error) = fs::remove_file(&self.file) {
            tracing::debug!("the pipe's name was not removed: {error}");
        }
    }
}

/// Goes to the pipe of a profile.
pub async fn connect(profile: &Profile) -> io::Result<Stream> {
    let name = fs::read_to_string(file(profile))?;
    if !name.starts_with(&prefix(profile)) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut tries = 0;
    loop {
        match ClientOptions::new().open(&name) {
            Ok(pipe) => return Ok(super::stream(pipe)),
            Err(error) if error.raw_os_error() == Some(BUSY) && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn prefix(profile: &Profile) -> String {
    format!(r"\\.\pipe\belfry-{}-", profile.id)
}

fn file(profile: &Profile) -> PathBuf {
    profile.folder.join("pipe")
}
