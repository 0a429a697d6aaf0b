//! Ten thousand messages at once: all of them in the inbox, few popups, and the engine answers meanwhile.

use anyhow::Result;
use belfry_core::action::{Action, Filter, Query, Tab};
use belfry_core::policy::PopupKey;
use belfry_tests::scenario::{ClientSetup, message, numbered, quick_server};

const MANY: usize = 10_000;

#[tokio::test]
async fn ten_thousand_messages_at_once_get_few_popups_and_one_summary() -> Result<()> {
    let server = quick_server().await?;
    let mut setup =
        ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    setup.sum_up_floods();
    let mut client = setup.start_live().await?;
    // Past `ready`: what comes now comes live.
    server.publish(message("first")).await?;
    client.until_message("first").await?;
    server.publish_many(numbered(0, MANY)).await?;
    client.until_message(&(MANY / 2).to_string()).await?;
    // In the middle of it the engine and its reader answer.
    client.handle.act(Action::ShowInbox).await.unwrap();
    client
        .handle
        .query(Query::Page {
            tab: Tab::All,
            source: None,
            filter: Filter::default(),
            before: None,
            limit: 50,
        })
        .await
        .unwrap();
    client.until_message(&(MANY - 1).to_string()).await?;
    client.until_view("all", |view| view.inbox.unread == MANY as u64 + 1).await?;
    assert_eq!(setup.stored()?.len(), MANY + 1);

    let shown = client.screen.shown();
    let singles = shown.iter().filter(|popup| matches!(popup.key, PopupKey::Message(_))).count();
    // The first message had one on an occasion of its own.
    assert!(singles <= 1 + 5, "{singles} popups");
    let on_screen = client.screen.on_screen();
    let summaries = on_screen.iter().filter(|popup| !matches!(popup.key, PopupKey::Message(_))).count();
    assert!(summaries <= 1, "one summary at a time: {summaries}");
    client.stop().await;
    Ok(())
}
