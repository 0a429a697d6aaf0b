//! Histories that are no use: the stream is opened all the same, and the log says what was wrong.

use anyhow::Result;
use belfry_core::link::LinkState;
use belfry_tests::scenario::{ClientSetup, Ctl, Rogue, peak};

const MIB: usize = 1024 * 1024;

/// Meets a server with this history; returns what the event log says, and how many pages were asked for.
async fn meet(history: impl Into<Vec<u8>>) -> Result<(Vec<String>, usize)> {
    let rogue = Rogue::start().await?;
    rogue.history(history);
    rogue.say(": hello\n\n");
    let setup = ClientSetup::new(&rogue.api(), "token").await?;
    let mut client = setup.start()?;
    client.until_state(LinkState::Live).await?;
    rogue.event("reply", "k7-9", r#"{"id":"9","title":"live"}"#);
    client.until_message("live").await?;
    client.stop().await;
    let pages = rogue.requests().iter().filter(|head| head.contains("/messages")).count();
    Ok((setup.log()?.into_iter().map(|(code, _)| code).collect(), pages))
}

#[tokio::test]
async fn a_history_that_never_ends_is_left() -> Result<()> {
    let message = r#"{"id":"1","title":"old"}"#;
    for (page, most) in [
        (format!(r#"{{"messages":[{message}],"more":true}}"#), 1),
        (format!(r#"{{"messages":[{message}],"cursor":"k7-1","more":true}}"#), 2),
        (r#"{"more":true}"#.to_owned(), 1),
    ] {
        let (log, pages) = meet(page.clone()).await?;
        assert_eq!((log, pages), (vec!["history_stuck".to_owned()], most), "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_history_that_is_none_is_logged_and_done_without() -> Result<()> {
    for page in ["[1,2,3]", r#"{"messages":[{"id":"1","title":"cut"}"#, "{]"] {
        let (log, pages) = meet(page).await?;
        assert_eq!((log, pages), (vec!["bad_history".to_owned()], 1), "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_page_of_millions_of_nothings_costs_neither_memory_nor_the_stream() -> Result<()> {
    let rogue = Rogue::start().await?;
    rogue.say(": hello\n\n");
    let ctl = Ctl::new().await?.with_token("token");
    let mut watch = ctl.watch_profile(&rogue.api(), &[])?;
    watch.until_state("live").await?;
    watch.terminate().await?;
    let usual = {
        let pid = watch.pid().unwrap();
        let usual = peak(pid)?;
        watch.end().await?.expect(0)?;
        usual
    };

    let ctl = Ctl::new().await?.with_token("token");
    let nothings = "{},".repeat((8 * MIB - 100) / 3);
    rogue.history(format!(r#"{{"messages":[{nothings}{{}}],"cursor":"k7-1","more":false}}"#));
    let mut watch = ctl.watch_profile(&rogue.api(), &[])?;
    watch.until_state("live").await?;
    let taken = peak(watch.pid().unwrap())?.saturating_sub(usual);
    // The page itself, twice where it is put together, and no more.
    assert!(taken < 48 * MIB as u64, "{} KiB for a page of 8 MiB", taken / 1024);
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn a_page_that_is_too_large_is_not_read() -> Result<()> {
    let (log, pages) = meet(format!(r#"{{"messages":[{}]}}"#, "{},".repeat(6 * MIB))).await?;
    assert_eq!((log, pages), (vec!["bad_history".to_owned()], 1));
    Ok(())
}

#[tokio::test]
async fn a_bad_row_does_not_cost_its_neighbours() -> Result<()> {
    let rogue = Rogue::start().await?;
    rogue.history(
        r#"{"messages":[7,{"id":"1","title":"first"},{},{"id":"2","title":3},{"id":"3","title":"third"}],"cursor":"k7-3","more":false}"#,
    );
    rogue.say(": hello\n\n");
    let setup = ClientSetup::new(&rogue.api(), "token").await?;
    let client = setup.start_live().await?;
    client.until_view("both", |view| view.inbox.total == 2).await?;
    client.stop().await;
    let titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    assert_eq!(titles, ["first", "third"]);
    let log = setup.log()?;
    assert_eq!(log.len(), 1, "one line for all of them: {log:?}");
    assert!(log[0].1.contains('3'), "it says how many: {log:?}");
    assert_eq!(rogue.cursors(), [Some("k7-3".to_owned())]);
    Ok(())
}
