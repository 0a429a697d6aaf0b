//! What happens to the computer: it woke, its clock was set, its network is another one or gone.
//!
//! On Linux one thread sleeps until the kernel or logind has something to say; nothing is asked over and over.
//! Elsewhere nothing is told yet: there a dead connection is noticed by its silence.

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

    #[cfg(not(target_os = "linux"))]
    fn report_to(&self, _changes: mpsc::Sender<SystemChange>) {
        tracing::debug!("this system is not asked about sleep and the network");
    }
}
