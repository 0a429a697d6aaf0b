//! `kill -9` at random points while messages are published: nothing lost, nothing twice, counted with
//! `export`.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use belfry_tests::dice::Dice;
use belfry_tests::scenario::{Ctl, message, quick_server};
use tokio::time::timeout;

const KILLS: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_at_30_random_points_loses_and_repeats_nothing() -> Result<()> {
    let seed =
        std::env::var("BELFRY_KILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122);
    let mut dice = Dice::new(seed);
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let publisher = server.publisher();
    let publishing = tokio::spawn(async move {
        let mut count = 0_usize;
        while stopped.try_recv().is_err() {
            publisher.publish(message(&count.to_string())).await?;
            count += 1;
        }
        anyhow::Ok(count)
    });

    let mut mid_stream = 0;
    for _ in 0..KILLS {
        let mut watch = ctl.watch_profile(&server.api_url(), &["--since", "beginning"])?;
        // Half of the kills fall into start and connecting, half after so many messages.
        if dice.below(2) == 0 {
            let moment = Duration::from_micros(dice.below(60_000));
            let _ = timeout(moment, watch.until("nothing", |_| false)).await;
        } else {
            let wanted = dice.below(400);
            let mut seen = 0;
            while seen <= wanted {
                watch.until("messages", |line| line["event"] == "message").await?;
                seen += 1;
            }
            mid_stream += 1;
        }
        watch.kill().await?;
    }
    let _ = stop.send(());
    let published = publishing.await??;
    ensure!(
        mid_stream >= KILLS / 4,
        "the dice were poor: {mid_stream} of {KILLS} kills fell into the stream"
    );

    let mut watch = ctl.watch_profile(&server.api_url(), &["--since", "beginning"])?;
    watch.until_state("live").await?;
    server.publish(message("last")).await?;
    watch.until_message("last").await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;

    eprintln!("seed {seed}: {published} published, {mid_stream} of {KILLS} kills among messages");
    let stored = ctl.export().await?;
    let titles: Vec<String> = stored
        .iter()
        .filter_map(|row| row["title"].as_str())
        .filter(|title| *title != "last")
        .map(str::to_owned)
        .collect();
    let unique: BTreeSet<&String> = titles.iter().collect();
    let expected: BTreeSet<String> = (0..published).map(|number| number.to_string()).collect();
    let lost = expected.iter().filter(|title| !unique.contains(title)).count();
    assert_eq!(
        (lost, titles.len() - unique.len()),
        (0, 0),
        "lost, doubled; seed {seed}, {published} published"
    );
    assert_eq!(titles.len(), published);
    Ok(())
}
