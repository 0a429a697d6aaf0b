//! Several devices of one user: what is read or deleted on one is read or deleted on all.

use anyhow::{Result, bail};
use belfry_core::policy::PopupKey;
use belfry_protocol::{MarkRead, Publish};
use belfry_tests::scenario::{ClientSetup, message, quick_server};
use belfry_tests::wait::until;

#[tokio::test]
async fn two_connections_of_one_user_both_get_everything() -> Result<()> {
    let server = quick_server().await?;
    let token = server.subscriber_token("me").unwrap();
    let (one, two) = (
        ClientSetup::new(&server.api_url(), token.expose()).await?,
        ClientSetup::new(&server.api_url(), token.expose()).await?,
    );
    let (mut first, mut second) = (one.start_live().await?, two.start_live().await?);
    server.wait_for_streams(2).await;
    for number in 0..10 {
        server.publish(message(&number.to_string())).await?;
    }
    first.until_message("9").await?;
    second.until_message("9").await?;
    assert_eq!(first.titles(), second.titles());
    first.stop().await;
    second.stop().await;
    Ok(())
}

#[tokio::test]
async fn read_elsewhere_lowers_the_count_and_takes_the_popup_away() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    let published = server.publish(message("one")).await?;
    server.publish(message("two")).await?;
    let one = client.until_message("one").await?.id;
    client.until_message("two").await?;
    client.until_view("two unread", |view| view.inbox.unread == 2).await?;

    let read = MarkRead::Ids { ids: vec![published.id.clone()], read: true };
    server.mark_read("me", read).await?;
    client.until_view("one unread", |view| view.inbox.unread == 1).await?;
    // The popup goes after the view that no longer counts its message.
    until("the popup's end", || async {
        let there = client.screen.on_screen().iter().any(|popup| popup.key == PopupKey::Message(one));
        if there { bail!("it is still there") } else { Ok(()) }
    })
    .await?;
    assert_eq!(client.screen.on_screen().len(), 1, "the other one stays");

    let unread = MarkRead::Ids { ids: vec![published.id], read: false };
    server.mark_read("me", unread).await?;
    client.until_view("two unread again", |view| view.inbox.unread == 2).await?;
    assert_eq!(client.screen.shown().len(), 2, "unread again is no new message");
    client.stop().await;
    assert_eq!(setup.stored_unread()?, 2);
    Ok(())
}

#[tokio::test]
async fn deleted_elsewhere_is_gone_here_also_when_it_happened_meanwhile() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    let first = server.publish(message("first")).await?;
    let second = server.publish(message("second")).await?;
    client.until_message("second").await?;
    server.delete("me", &first.id).await?;
    client.until_view("one left", |view| view.inbox.total == 1 && view.inbox.unread == 1).await?;
    client.stop().await;

    server.delete("me", &second.id).await?;
    let read = server.publish(message("read meanwhile")).await?;
    server.mark_read("me", MarkRead::Ids { ids: vec![read.id], read: true }).await?;
    let client = setup.start_live().await?;
    client.until_view("the other", |view| view.inbox.total == 1 && view.inbox.unread == 0).await?;
    assert!(client.screen.shown().is_empty(), "what was read elsewhere needs no popup");
    client.stop().await;
    let titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    assert_eq!(titles, ["read meanwhile"]);
    Ok(())
}

#[tokio::test]
async fn an_updated_message_is_replaced_in_place() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    let published = server.publish(message("draft")).await?;
    client.until_message("draft").await?;
    server
        .update("me", &published.id, Publish { content: Some("new".to_owned()), ..message("final") })
        .await?;
    client.until_view("final", |view| view.newest.first().is_some_and(|row| row.title == "final")).await?;
    client.stop().await;
    let stored = setup.stored()?;
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].title.as_str(), stored[0].body.as_str()), ("final", "new"));
    Ok(())
}
