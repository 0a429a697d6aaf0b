//! File descriptors: each connection needs one, and a shell gives its programs 1,024.

/// Descriptors that the store, the listener and the rest may take.
#[cfg(unix)]
const OTHERS: u64 = 128;

/// Raises the limit of this process as far as it may without rights, and yields how many connections fit below it.
#[cfg(unix)]
pub(crate) fn connections_that_fit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let now = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: now.maximum, maximum: now.maximum };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => now.maximum,
        Err(_) => now.current,
    };
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit.saturating_sub(OTHERS)).unwrap_or(usize::MAX).max(1)
    })
}

/// Elsewhere sockets are no files, and there is no such limit.
#[cfg(not(unix))]
pub(crate) fn connections_that_fit() -> usize {
    usize::MAX
}
