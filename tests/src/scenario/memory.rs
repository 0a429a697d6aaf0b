//! How much memory a process has taken.

use anyhow::{Context, Result};

/// The most memory that a process has had in use since its start, in bytes (`VmHWM`, proc_pid_status(5)).
///
/// # Errors
/// If there is no such process.
pub fn peak(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib = line.trim().strip_suffix(" kB").context("another unit")?;
    Ok(kib.parse::<u64>()? * 1024)
}
