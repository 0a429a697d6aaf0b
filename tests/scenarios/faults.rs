//! Everything that a network can do wrong, at random, with `kill -9` among it. `./dev soak` does the same for longer,
//! with the seeds that it is given.

use anyhow::Result;
use belfry_tests::faults;

/// Runs a seed with 40 faults and 800 messages.
async fn check(seed: u64) -> Result<()> {
    let report = faults::run(seed, 40, 800).await?;
    report.check()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_lose_and_repeat_nothing_and_make_no_storm_1() -> Result<()> {
    check(1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_lose_and_repeat_nothing_and_make_no_storm_2() -> Result<()> {
    check(2).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_lose_and_repeat_nothing_and_make_no_storm_3() -> Result<()> {
    check(3).await
}
