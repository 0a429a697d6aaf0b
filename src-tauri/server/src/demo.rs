//! Sample messages, for a first minute without anything to configure. The desktop's demo and `belfry-server --demo`
//! publish the same ones.

mod samples;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use samples::samples;

use crate::publish::{Publisher, Refused};

/// How fast samples come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the start of the server to the first sample.
    pub first: Duration,
    /// From one sample to the next.
    pub every: Duration,
}

impl Default for Pace {
    /// The first after 400 ms, then one every four seconds.
    fn default() -> Self {
        Self { first: Duration::from_millis(400), every: Duration::from_secs(4) }
    }
}

/// Publishes samples to every subscriber until `stop`.
pub(crate) async fn run(publisher: Publisher, pace: Pace, stop: CancellationToken) {
    let mut wait = pace.first;
    for sample in samples() {
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
        wait = pace.every;
        match publisher.publish(sample).await {
            Ok(_) => {}
            Err(Refused::Stopped) => return,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a sample was not published");
            }
        }
    }
}
