//! What was sent while nobody listened, and everything that interrupts: nothing lost, nothing twice.

use std::collections::BTreeSet;

use anyhow::Result;
use belfry_core::engine::{FirstContact, Observation};
use belfry_core::link::LinkState;
use belfry_core::model::{Cursor, GapReason, Via};
use belfry_tests::scenario::{ClientSetup, Ctl, Rogue, message, numbered, quick_server, rows};

#[tokio::test]
async fn what_was_sent_meanwhile_arrives_in_order_after_the_start() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    server.publish(message("before")).await?;
    let before = client.until_message("before").await?.id;
    client.stop().await;
    server.wait_for_streams(0).await;
    server.publish_many(numbered(0, 20)).await?;

    let mut client = setup.start()?;
    client.until_message("19").await?;
    assert_eq!(client.titles(), rows(0, 20));
    let vias = client.seen.iter().filter_map(|seen| match seen {
        Observation::Message { via, .. } => Some(*via),
        Observation::State { .. } | Observation::Popup { .. } | Observation::Gap { .. } => None,
    });
    assert!(vias.into_iter().all(|via| via == Via::Replay));
    // The popup that was in flight when the first engine stopped may be mentioned again.
    let told = |seen: &Observation| match seen {
        Observation::Popup { ids, .. } => ids.iter().filter(|id| **id != before).count(),
        Observation::State { .. } | Observation::Message { .. } | Observation::Gap { .. } => 0,
    };
    let all = std::cell::Cell::new(client.seen.iter().map(told).sum::<usize>());
    if all.get() < 20 {
        let adds_up = |seen: &Observation| all.replace(all.get() + told(seen)) + told(seen) >= 20;
        client.until("catch-up", adds_up).await?;
    }
    // Where the machine stands still for two seconds in the middle of it, it comes in two parts.
    let popups = client.seen.iter().filter(|seen| told(seen) > 0).count();
    assert!((1..=2).contains(&popups), "one catch-up, not {popups} popups");
    client.stop().await;
    assert_eq!(setup.stored()?.len(), 21);
    Ok(())
}

#[tokio::test]
async fn a_few_that_were_just_missed_pop_up_one_by_one() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    setup.start_live().await?.stop().await;
    server.publish_many(numbered(0, 3)).await?;
    let mut client = setup.start()?;
    client
        .until("popups", |seen| matches!(seen, Observation::Popup { body, .. } if body.starts_with('2')))
        .await?;
    let bodies: Vec<String> = client.screen.shown().into_iter().map(|popup| popup.body).collect();
    assert_eq!(bodies, rows(0, 3));
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_first_contact_announces_nothing_of_the_past() -> Result<()> {
    let server = quick_server().await?;
    server.publish_many(numbered(0, 10)).await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    server.publish(message("new")).await?;
    client.until_message("new").await?;
    client.until_view("all", |view| view.inbox.total == 11 && view.inbox.unread == 11).await?;
    let bodies: Vec<String> = client.screen.shown().into_iter().map(|popup| popup.body).collect();
    assert_eq!(bodies, ["new"]);
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_restart_in_mid_replay_loses_and_repeats_nothing() -> Result<()> {
    // More than the runs below ask for, and than each may have stored beyond that before it ended.
    const ALL: usize = 6_000;
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    server.publish_many(numbered(0, ALL)).await?;

    for count in ["700", "1", "1300"] {
        ctl.watch_profile(&server.api_url(), &["--count", count])?.end().await?.expect(0)?;
    }
    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    server.publish(message("last")).await?;
    watch.until_message("last").await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;

    let stored = ctl.export().await?;
    let titles: Vec<&str> = stored.iter().filter_map(|row| row["title"].as_str()).collect();
    let expected: Vec<String> = rows(0, ALL).into_iter().chain(["last".to_owned()]).collect();
    assert_eq!(titles, expected);
    Ok(())
}

#[tokio::test]
async fn the_server_restarts_in_mid_replay_and_nothing_is_lost() -> Result<()> {
    let mut server = quick_server().await?;
    let mut setup =
        ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    setup.patient();
    setup.start_live().await?.stop().await;
    server.publish_many(numbered(0, 3_000)).await?;
    let mut client = setup.start()?;
    for title in ["10", "1000", "2000"] {
        client.until_message(title).await?;
        server.cut_connections();
        server = server.restart().await?;
    }
    server.publish(message("last")).await?;
    client.until_message("last").await?;
    client.stop().await;
    let titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    let unique: BTreeSet<&String> = titles.iter().collect();
    assert_eq!((titles.len(), unique.len()), (3_001, 3_001));
    Ok(())
}

#[tokio::test]
async fn rotation_is_no_failure() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    for round in 0..5 {
        let title = format!("round {round}");
        server.publish(message(&title)).await?;
        client.until_message(&title).await?;
        server.close_streams();
        client.until_state(LinkState::Waiting).await?;
        client.until_state(LinkState::Live).await?;
    }
    for seen in &client.seen {
        if let Observation::State { link, .. } = seen {
            assert_eq!(link.attempt, 0, "{link:?}");
        }
    }
    assert_eq!(client.titles().len(), 5, "each once");
    assert_eq!(client.screen.shown().len(), 5, "each announced once");
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn since_says_how_much_of_the_past_is_fetched() -> Result<()> {
    let server = quick_server().await?;
    let published = server.publish_many(numbered(0, 1_250)).await?;
    let token = server.subscriber_token("me").unwrap();
    for (since, first) in [
        (FirstContact::Beginning, 0),
        (FirstContact::Now, 1_250),
        (FirstContact::After(Cursor(published[1_199].cursor.clone())), 1_200),
    ] {
        let mut setup = ClientSetup::new(&server.api_url(), token.expose()).await?;
        setup.first_contact = since.clone();
        let client = setup.start_live().await?;
        let expected = 1_250 - first;
        client.until_view("all of it", |view| view.inbox.total == expected as u64).await?;
        if !matches!(since, FirstContact::After(_)) {
            assert!(client.screen.shown().is_empty(), "{since:?}: nothing of the past is announced");
        }
        client.stop().await;
        let titles: BTreeSet<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
        assert_eq!(titles, rows(first, 1_250).into_iter().collect(), "{since:?}");
    }
    Ok(())
}

#[tokio::test]
async fn watch_since_beginning_brings_all_history() -> Result<()> {
    let server = quick_server().await?;
    server.publish_many(numbered(0, 1_250)).await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let args = ["--since", "beginning", "--count", "1250"];
    let done = ctl.watch_profile(&server.api_url(), &args)?.end().await?.expect(0)?;
    let vias: BTreeSet<String> =
        done.json()?.iter().filter_map(|line| line["via"].as_str().map(str::to_owned)).collect();
    assert_eq!(vias, BTreeSet::from(["backfill".to_owned()]));
    let mut titles: Vec<String> =
        ctl.export().await?.iter().filter_map(|row| row["title"].as_str().map(str::to_owned)).collect();
    titles.sort_by_key(|title| title.parse::<usize>().ok());
    assert_eq!(titles, rows(0, 1_250));
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_repeat_everything_is_believed_and_said_so() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    setup.start_live().await?.stop().await;
    let published = server.publish_many(numbered(0, 10)).await?;
    server.expire_up_to(&published[4].cursor).await?;
    let mut client = setup.start()?;
    let gap = client.until("a gap", |seen| matches!(seen, Observation::Gap { .. })).await?;
    assert!(matches!(gap, Observation::Gap { reason: GapReason::Expired, .. }), "{gap:?}");
    client.until_message("9").await?;
    client.until_view("the gap", |view| view.sources[0].gap.is_some()).await?;
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn since_on_a_server_that_is_known_is_not_ignored_silently() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    for (since, known) in [("now", false), ("beginning", true), ("k1-1", true)] {
        let mut watch = ctl.watch_profile(&server.api_url(), &["--since", since])?;
        watch.until_state("live").await?;
        watch.terminate().await?;
        let done = watch.end().await?.expect(0)?;
        assert_eq!(done.err.contains("goes on where it left off"), known, "{since}: {}", done.err);
    }
    Ok(())
}

/// The reference server after a backup was restored: another epoch, the same messages under it, and one that is new.
#[tokio::test]
async fn a_server_that_begins_another_epoch_is_followed_and_what_may_be_missing_is_said() -> Result<()> {
    let server = quick_server().await?;
    let mut setup =
        ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    setup.patient();
    let mut client = setup.start_live().await?;
    server.publish_many(numbered(0, 3)).await?;
    client.until_message("2").await?;
    let before = setup.place()?;
    let server = server.shutdown().await.restored().start().await?;
    server.publish(message("after")).await?;
    client.until_message("after").await?;
    let view = client.until_view("the gap", |view| view.sources[0].gap.is_some()).await?;
    let gap = view.sources[0].gap.as_ref().expect("it was waited for");
    assert!(gap.from.is_some() && gap.until > gap.from, "between A and B: {gap:?}");
    server.publish(message("later")).await?;
    client.until_message("later").await?;
    client.stop().await;
    let mut titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    // Copies have the same time, so their order is no matter.
    titles.sort();
    assert_eq!(titles, ["0", "0", "1", "1", "2", "2", "after", "later"], "each once in its epoch");
    assert_ne!(setup.place()?.epoch, before.epoch);
    Ok(())
}

/// Another server, which numbers its events and says that it has begun anew: its ids are other messages' by then.
#[tokio::test]
async fn a_server_whose_places_name_no_epoch_begins_anew_and_nothing_is_overwritten() -> Result<()> {
    let rogue = Rogue::start().await?;
    for n in 1..=3 {
        rogue.event("reply", &n.to_string(), &format!(r#"{{"id":"{n}","title":"old {n}"}}"#));
    }
    let setup = ClientSetup::new(&rogue.api(), "token").await?;
    let mut client = setup.start()?;
    client.until_message("old 3").await?;
    rogue.hang_up();
    rogue.say("event: gap\ndata: {\"reason\":\"reset\"}\n\n");
    for n in 1..=4 {
        rogue.event("reply", &n.to_string(), &format!(r#"{{"id":"{n}","title":"new {n}"}}"#));
    }
    client.until_message("new 4").await?;
    // The same once more is the same.
    client.stop().await;
    rogue.hang_up();
    rogue.event("reply", "4", r#"{"id":"4","title":"new 4"}"#);
    rogue.event("reply", "5", r#"{"id":"5","title":"new 5"}"#);
    let mut client = setup.start()?;
    client.until_message("new 5").await?;
    client.stop().await;
    assert_eq!(rogue.cursors().last(), Some(&Some("4".to_owned())));
    let mut titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    titles.sort();
    assert_eq!(titles, ["new 1", "new 2", "new 3", "new 4", "new 5", "old 1", "old 2", "old 3"]);
    Ok(())
}

#[tokio::test]
async fn a_place_that_the_server_has_never_reached_loses_and_doubles_nothing() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    server.publish_many(numbered(0, 3)).await?;
    client.until_message("2").await?;
    client.stop().await;
    // As if the server had lost its last changes without knowing it.
    let epoch = setup.place()?.epoch.0;
    setup.claim_place(&format!("{epoch}-999999"))?;
    server.publish(message("after")).await?;
    let mut client = setup.start()?;
    let gap = client.until("a gap", |seen| matches!(seen, Observation::Gap { .. })).await?;
    assert!(matches!(gap, Observation::Gap { reason: GapReason::Unknown, .. }), "{gap:?}");
    client.until_message("after").await?;
    client.stop().await;
    let titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    assert_eq!(titles, ["0", "1", "2", "after"]);
    Ok(())
}
