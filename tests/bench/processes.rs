//! What the kernel says of a process and its children (proc(5)).

use std::fs;

use anyhow::{Context, Result};

/// A process and all its descendants.
pub fn tree(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // It may have ended meanwhile.
        let Ok(fields) = stat(pid) else { continue };
        parents.push((pid, fields.parent));
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    Ok(found)
}

/// The proportional set size of these processes together, in MiB.
pub fn pss_mib(pids: &[u32]) -> Result<f64> {
    let mut kib = 0;
    for pid in pids {
        kib += field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")?;
    }
    Ok(kib as f64 / 1024.0)
}

/// The highest resident set size that a process has had so far, in MiB; nothing when it is gone.
pub fn peak_rss_mib(pid: u32) -> Option<f64> {
    field(&format!("/proc/{pid}/status"), "VmHWM:").ok().map(|kib| kib as f64 / 1024.0)
}

/// The clock ticks that these processes have used.
pub fn ticks(pids: &[u32]) -> Result<u64> {
    pids.iter().map(|pid| stat(*pid).map(|fields| fields.ticks)).sum()
}

/// How often the threads of these processes have gone to sleep of their own will: each wake-up is followed
/// by one. Threads that end meanwhile are no longer counted.
pub fn naps(pids: &[u32]) -> Result<u64> {
    let mut naps = 0;
    for pid in pids {
        for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
            let status = thread?.path().join("status");
            // It may have ended meanwhile.
            naps += field(&status.to_string_lossy(), "voluntary_ctxt_switches:").unwrap_or(0);
        }
    }
    Ok(naps)
}

struct Stat {
    parent: u32,
    ticks: u64,
}

fn stat(pid: u32) -> Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold anything, spaces and brackets included.
    let (_, rest) = text.rsplit_once(')').context("no name")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number =
        |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).context("no number");
    Ok(Stat { parent: u32::try_from(number(1)?)?, ticks: number(11)? + number(12)? })
}

fn field(path: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(path)?;
    let line =
        text.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name} in {path}"))?;
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).context("no number")
}
