//! How much memory a process takes.

use anyhow::{Context, Result};

/// The most memory that a process has had in use since its start, in bytes (`VmHWM`, proc_pid_status(5)).
///
/// # Errors
/// If there is no such process.
pub fn peak(pid: u32) -> Result<u64> {
    field(pid, "VmHWM:")
}

/// The memory that a process has in use now, in bytes (`VmRSS`).
///
/// # Errors
/// If there is no such process.
pub fn resident(pid: u32) -> Result<u64> {
    field(pid, "VmRSS:")
}

fn field(pid: u32, name: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    let kib = line.trim().strip_suffix(" kB").context("another unit")?;
    Ok(kib.parse::<u64>()? * 1024)
}
