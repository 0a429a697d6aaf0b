//! The demo as another run of this program, started from this one.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use belfry_core::ports::{DemoError, DemoStart};

/// Starts this program once more, with `--demo`. Its profile lies in a folder of its own, so that the two get along.
pub struct DemoProgram {
    /// The `--profile` of this run.
    pub profile: Option<PathBuf>,
}

impl DemoStart for DemoProgram {
    fn start(&self) -> Result<(), DemoError> {
        let failed = |error: std::io::Error| DemoError(error.to_string());
        let mut command = Command::new(env::current_exe().map_err(failed)?);
        if let Some(profile) = &self.profile {
            command.arg("--profile").arg(profile);
        }
        command.arg("--demo").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(failed)?;
        // Somebody has to hear of its end, or it stays in the system's list of processes.
        thread::Builder::new()
            .name("belfry-demo".to_owned())
            .spawn(move || match child.wait() {
                Ok(status) => tracing::debug!(%status, "the demo has ended"),
                Err(error) => tracing::warn!(%error, "the demo is not waited for"),
            })
            .map_err(failed)?;
        Ok(())
    }
}
