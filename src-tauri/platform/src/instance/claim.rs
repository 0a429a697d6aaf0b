//! The first moment of a program: the profile is taken, or the wish is handed to the one that has it.

use std::time::Duration;

use belfry_core::settings::file::FileError;
use belfry_core::settings::profile::{LockError, Profile, ProfileLock};
use tokio::time::{Instant, sleep};

use super::client::{Client, InstanceError};
use super::wire::Raise;

/// How long a holder of the profile that does not answer is given to end or to begin: it holds the lock
/// from its first moment to its last, and serves the socket in between.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often lock and socket are tried meanwhile.
const EVERY: Duration = Duration::from_millis(50);

/// Who the program is.
#[derive(Debug)]
pub enum Claim {
    /// The only one: the profile is taken.
    First(ProfileLock),
    /// A second one, whose wish has been handed over.
    Handed,
}

/// The profile is taken and nobody takes the wish.
#[derive(Debug, thiserror::Error)]
pub enum NotClaimed {
    /// Another program uses the profile.
    #[error("another Belfry is using this profile{}: {why}", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Taken {
        /// Its process, if known.
        pid: Option<u32>,
        /// Why it could not be spoken to.
        why: InstanceError,
    },
    /// The lock file could not be used.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Takes the profile, or hands a wish to the program that has it; with no wish it is enough that there is
/// one. A program that is ending, or not yet ready, is waited for.
///
/// # Errors
/// [`NotClaimed`] if neither is possible.
pub async fn claim(profile: &Profile, wish: Option<Raise>) -> Result<Claim, NotClaimed> {
    let end = Instant::now() + PATIENCE;
    loop {
        let pid = match profile.lock() {
            Ok(lock) => return Ok(Claim::First(lock)),
            Err(LockError::Held { pid }) => pid,
            Err(LockError::File(error)) => return Err(error.into()),
        };
        match hand_over(profile, wish.clone()).await {
            Ok(()) => return Ok(Claim::Handed),
            Err(InstanceError::Nobody | InstanceError::Lost(_)) if Instant::now() < end => sleep(EVERY).await,
            Err(why) => return Err(NotClaimed::Taken { pid, why }),
        }
    }
}

async fn hand_over(profile: &Profile, wish: Option<Raise>) -> Result<(), InstanceError> {
    let mut client = Client::connect_to_raise(profile).await?;
    match wish {
        Some(Raise { link, activation }) => client.raise(link, activation).await,
        None => Ok(()),
    }
}
