//! Waiting for a condition, with a limit. Tests have no other way of letting time pass.

use std::future::Future;
use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often a condition is looked at.
const EVERY: Duration = Duration::from_millis(20);

/// What one thing on a desktop may take on a busy machine with two cores.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Looks until `look` succeeds and returns what it found; an `Err` means "not yet".
///
/// # Errors
/// After [`PATIENCE`], with `what` and the reason of the last look.
pub async fn until<T, L, F>(what: &str, look: L) -> Result<T>
where
    L: FnMut() -> F,
    F: Future<Output = Result<T>>,
{
    until_within(PATIENCE, what, look).await
}

/// Like [`until`], with a limit of its own.
///
/// # Errors
/// After `limit`, with `what` and the reason of the last look.
pub async fn until_within<T, L, F>(limit: Duration, what: &str, mut look: L) -> Result<T>
where
    L: FnMut() -> F,
    F: Future<Output = Result<T>>,
{
    let end = Instant::now() + limit;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = anyhow!("it was never looked at in time");
    while Instant::now() <= end {
        ticks.tick().await;
        match tokio::time::timeout_at(end, look()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(reason)) => last = reason,
            Err(_) => break,
        }
    }
    Err(last.context(format!("{what}: not within {limit:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_comes_true_is_returned() {
        let mut looks = 0;
        let found = until("five looks", || {
            looks += 1;
            let now = looks;
            async move { if now == 5 { Ok(now) } else { Err(anyhow!("look {now}")) } }
        });
        assert_eq!(found.await.unwrap(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_true_ends_with_its_last_reason() {
        let never =
            until_within(Duration::from_secs(1), "a number", || async { Err::<(), _>(anyhow!("none yet")) });
        assert_eq!(format!("{:#}", never.await.unwrap_err()), "a number: not within 1s: none yet");
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_does_not_outlast_the_limit() {
        let hangs = until_within(Duration::from_secs(1), "a reply", std::future::pending::<Result<()>>);
        assert!(hangs.await.is_err());
    }
}
