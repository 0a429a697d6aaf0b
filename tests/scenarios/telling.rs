//! What is read or deleted in Belfry is so on the server, and with it on every other device of the user.

use anyhow::{Result, ensure};
use belfry_core::action::{Action, Outcome};
use belfry_core::policy::PopupKey;
use belfry_tests::scenario::{ClientSetup, Ctl, message, numbered, quick_server};
use belfry_tests::wait::until;

async fn run(ctl: &Ctl, args: &[&str]) -> Result<()> {
    ctl.run(&["--profile", "@profile"].iter().chain(args).copied().collect::<Vec<_>>()).await?.expect(0)?;
    Ok(())
}

/// The titles of all messages, and of those that are unread.
async fn titles(ctl: &Ctl) -> Result<[Vec<String>; 2]> {
    let mut lists = [vec![], vec![]];
    for (list, args) in lists.iter_mut().zip([&["list"][..], &["list", "--unread"]]) {
        let args: Vec<&str> = ["--profile", "@profile", "--json"].iter().chain(args).copied().collect();
        let rows = ctl.run(&args).await?.expect(0)?.json()?;
        *list = rows.iter().filter_map(|row| row["title"].as_str().map(str::to_owned)).collect();
    }
    Ok(lists)
}

#[tokio::test]
async fn what_one_profile_reads_or_deletes_is_read_or_gone_in_another_of_the_same_user() -> Result<()> {
    let server = quick_server().await?;
    let token = server.subscriber_token("me").unwrap();
    let (one, two) =
        (Ctl::new().await?.with_token(token.expose()), Ctl::new().await?.with_token(token.expose()));
    let mut watches =
        [one.watch_profile(&server.api_url(), &[])?, two.watch_profile(&server.api_url(), &[])?];
    for watch in &mut watches {
        watch.until_state("live").await?;
    }
    server.publish_many(numbered(0, 5)).await?;
    for watch in &mut watches {
        watch.until_message("4").await?;
    }
    run(&one, &["read", "1", "2"]).await?;
    run(&one, &["delete", "5"]).await?;
    assert_eq!(titles(&two).await?[1].len(), 5, "it could be taken back");
    until("the other profile's list", || async {
        let lists = titles(&two).await?;
        ensure!(lists == [vec!["3", "2", "1", "0"], vec!["3", "2"]], "{lists:?}");
        Ok(())
    })
    .await?;
    // The server's echo has reached the first one, too, and has changed nothing.
    server.publish(message("last")).await?;
    watches[0].until_message("last").await?;
    assert_eq!(titles(&one).await?, [vec!["last", "3", "2", "1", "0"], vec!["last", "3", "2"]]);
    for watch in watches {
        watch.terminate().await?;
        watch.end().await?.expect(0)?;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_done_while_nothing_ran_reaches_the_other_device_with_the_next_connection() -> Result<()> {
    let server = quick_server().await?;
    let token = server.subscriber_token("me").unwrap();
    let ctl = Ctl::new().await?.with_token(token.expose());
    let setup = ClientSetup::new(&server.api_url(), token.expose()).await?;
    let mut other = setup.start_live().await?;
    server.publish_many(numbered(0, 5)).await?;
    ctl.watch_profile(&server.api_url(), &["--count", "5"])?.end().await?.expect(0)?;
    let read = other.until_message("0").await?.id;
    other.until_message("4").await?;

    run(&ctl, &["read", "1"]).await?;
    run(&ctl, &["archive", "2"]).await?;
    run(&ctl, &["delete", "5"]).await?;
    assert_eq!(other.handle.view().inbox.unread, 5, "nobody was told yet");
    let watch = ctl.watch_profile(&server.api_url(), &[])?;
    let view = other.until_view("the marks", |view| view.inbox.unread == 2).await?;
    assert_eq!(view.inbox.total, 4, "what was archived there is read here, and not archived");
    until("the popup's end", || async {
        let there = other.screen.on_screen().iter().any(|popup| popup.key == PopupKey::Message(read));
        ensure!(!there, "it is still there");
        Ok(())
    })
    .await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    other.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_was_read_without_a_server_and_unread_again_ends_as_it_was_last() -> Result<()> {
    let server = quick_server().await?;
    let token = server.subscriber_token("me").unwrap();
    let setups = [
        ClientSetup::new(&server.api_url(), token.expose()).await?,
        ClientSetup::new(&server.api_url(), token.expose()).await?,
    ];
    let (mut one, two) = (setups[0].start_live().await?, setups[1].start_live().await?);
    server.publish_many(numbered(0, 1_200)).await?;
    let last = one.until_message("1199").await?.id;
    two.until_view("all", |view| view.inbox.unread == 1_200).await?;
    let stopped = server.shutdown().await;
    for action in [Action::MarkAllRead, Action::MarkUnread { ids: vec![last] }] {
        let outcome = one.handle.act(action).await?;
        assert!(matches!(outcome, Outcome::Undoable { .. }), "{outcome:?}");
    }
    one.stop().await;

    let server = stopped.start().await?;
    let one = setups[0].start_live().await?;
    let view = two.until_view("all but one read", |view| view.inbox.unread == 1).await?;
    assert!(view.newest.iter().any(|row| row.unread && row.title == "1199"));
    assert_eq!(one.handle.view().inbox.unread, 1);
    one.stop().await;
    two.stop().await;
    drop(server);
    Ok(())
}
