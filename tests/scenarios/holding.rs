//! Holding popups back from the command line, and asking why a message was announced or not.

use anyhow::{Result, ensure};
use belfry_tests::scenario::{Ctl, message, quick_server};
use belfry_tests::wait::until;
use serde_json::{Value, json};

#[tokio::test]
async fn a_pause_from_the_command_line_holds_popups_back_and_resuming_tells_them() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    let run = async |args: &[&str]| -> Result<Vec<Value>> {
        let args: Vec<&str> = ["--profile", "@profile", "--json"].iter().chain(args).copied().collect();
        ctl.run(&args).await?.expect(0)?.json()
    };
    let held = run(&["pause", "90m"]).await?;
    ensure!(held[0]["hold"]["why"] == "paused" && held[0]["hold"]["until"].is_string(), "{held:?}");
    server.publish(message("held back")).await?;
    watch.until_message("held back").await?;
    // What became of it is noted beside what watchers are told.
    let why = until("the reason", || async {
        let why = run(&["why", "1"]).await?;
        ensure!(why.first().is_some_and(|why| why["why"] == "paused"), "{why:?}");
        Ok(why)
    })
    .await?;
    ensure!((&why[0]["occasion"], &why[0]["state"]) == (&json!("arrival"), &json!("due")), "{why:?}");

    ensure!(run(&["resume"]).await? == [json!({ "hold": null })]);
    let popup = watch.until("a popup", |line| line["event"] == "popup").await?;
    ensure!(popup["ids"] == json!(["1"]), "{popup}");
    until("the announcement", || async {
        let why = run(&["why", "1"]).await?;
        ensure!(why[0]["state"] == "announced" && why[0]["why"] == "paused", "{why:?}");
        Ok(())
    })
    .await?;
    let refused = ctl.run(&["--profile", "@profile", "pause", "90s"]).await?.expect(2)?;
    ensure!(refused.err.contains("90s") && refused.err.contains("168h"), "{}", refused.err);
    ctl.run(&["--profile", "@profile", "why", "7"]).await?.expect(1)?;
    Ok(())
}
