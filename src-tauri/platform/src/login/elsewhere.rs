//! A launch agent on macOS, the registry on Windows, through `auto-launch`.

use std::{env, io};

use auto_launch::{AutoLaunch, AutoLaunchBuilder};
use belfry_core::ports::{LoginItem, LoginItemError, LoginStart};

use super::ARGUMENT;

/// The entry of the user's session.
pub struct SessionLogin {
    entry: AutoLaunch,
}

impl SessionLogin {
    /// The entry for this program.
    ///
    /// # Errors
    /// If nobody knows where the program is.
    pub fn of_this_program() -> io::Result<Self> {
        let program = env::current_exe()?;
        let entry = AutoLaunchBuilder::new()
            .set_app_name("Belfry")
            .set_app_path(&program.to_string_lossy())
            .set_args(&[ARGUMENT])
            .build()
            .map_err(io::Error::other)?;
        Ok(Self { entry })
    }
}

impl LoginItem for SessionLogin {
    fn state(&self) -> Option<LoginStart> {
        let on = self.entry.is_enabled().ok()?;
        Some(if on { LoginStart::On } else { LoginStart::Off })
    }

    fn set(&self, start: LoginStart) -> Result<(), LoginItemError> {
        let result = match start {
            LoginStart::On => self.entry.enable(),
            LoginStart::Off => self.entry.disable(),
        };
        result.map_err(|error| LoginItemError(error.to_string()))
    }
}
