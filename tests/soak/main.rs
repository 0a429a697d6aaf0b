//! Random faults under load for as long as it takes: 1,000 of them and 20,000 messages for each seed.
//!
//! `soak [SEED…]`: the seeds; three if none is said. Prints the figures of each and ends with 1 if anything was lost,
//! came twice, was asked for too often, or if the memory has grown.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use belfry_tests::faults;

const FAULTS: usize = 1_000;
const MESSAGES: usize = 20_000;

/// How much more memory the client may have in use at the end of its life than at its beginning, in MiB: the store's
/// cache fills, and what large lines have left behind is not all given back.
const GROWTH: f64 = 8.0;

#[tokio::main]
async fn main() -> Result<()> {
    belfry_platform::install_crypto_provider();
    let seed = |word: String| word.parse::<u64>().with_context(|| format!("{word:?}: a seed is a number"));
    let mut seeds = std::env::args().skip(1).map(seed).collect::<Result<Vec<_>>>()?;
    if seeds.is_empty() {
        seeds = vec![1, 2, 3];
    }
    for seed in seeds {
        let report = faults::run(seed, FAULTS, MESSAGES).await?;
        writeln!(std::io::stdout(), "{report}\n")?;
        report.check()?;
        let looks = report.memory().with_context(|| format!("seed {seed}: too few looks at the memory"))?;
        let [begin, _, end] = looks;
        ensure!(end <= begin + GROWTH, "seed {seed}: the memory grew from {begin:.1} to {end:.1} MiB");
    }
    Ok(())
}
