//! What happens to the computer: it woke, its clock was set, its network is another one or gone.
//!
//! One thread sleeps until the system has something to say: the kernel and logind, macOS's configd, or Windows.
//! Nothing is asked over and over. A clock that is set is told on Linux alone.

#[cfg(target_os = "linux")]
mod clock;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod logind;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod network;

#[cfg(target_os = "macos")]
mod macos;

#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod naps;
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod reach;

use belfry_core::ports::{Surroundings, SystemChange};
use tokio::sync::mpsc;

/// What the system tells of itself. What it does not tell, because of a sandbox or since there is no system bus,
/// is done without.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSurroundings;

impl Surroundings for SystemSurroundings {
    #[cfg(target_os = "linux")]
    fn report_to(&self, changes: mpsc::Sender<SystemChange>) {
        linux::start(changes);
    }

    #[cfg(target_os = "macos")]
    fn report_to(&self, changes: mpsc::Sender<SystemChange>) {
        macos::start(changes);
    }

    #[cfg(windows)]
    fn report_to(&self, changes: mpsc::Sender<SystemChange>) {
        windows::start(changes);
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    fn report_to(&self, _changes: mpsc::Sender<SystemChange>) {
        tracing::debug!("this system is not asked about sleep and the network");
    }
}
