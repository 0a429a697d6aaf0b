//! Links that are never opened, and what is said about them.

use anyhow::{Result, bail};
use belfry_core::action::{Action, Answer, FailureCode, Query};
use belfry_core::model::MessageId;
use belfry_core::policy::PopupKey;
use belfry_core::settings::SourceChange;
use belfry_tests::scenario::{Client, ClientSetup, Rogue};
use serde_json::json;

/// Whether the message's detail says that its link was refused.
async fn is_refused(client: &Client, id: MessageId) -> Result<bool> {
    match client.handle.query(Query::Message { id }).await {
        Ok(Answer::Message(detail)) => {
            assert_eq!(detail.page.is_none(), detail.link_refused);
            Ok(detail.link_refused)
        }
        other => bail!("{other:?}"),
    }
}

#[tokio::test]
async fn a_link_that_is_no_web_address_is_never_opened_and_said_to_be_refused() -> Result<()> {
    let rogue = Rogue::start().await?;
    rogue.say(": hello\n\n");
    let setup = ClientSetup::new(&rogue.api(), "token").await?;
    let mut client = setup.start_live().await?;
    let links = [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "file:///etc/passwd",
        r"\\host\share\x.exe",
        "smb://host/share",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "ms-settings:privacy",
        "https://user:secret@example.org/",
        "unknown:thing",
    ];
    for (number, link) in links.into_iter().enumerate() {
        // A reply has a page of its own; the link that the message names wins over it, and is refused.
        let data = json!({"id": number.to_string(), "title": link.trim().replace('\n', " "), "link": link, "relatedId": "7"});
        rogue.event("reply", &number.to_string(), &data.to_string());
        let id = client
            .until(link, |seen| matches!(seen, belfry_core::engine::Observation::Message { .. }))
            .await?;
        let belfry_core::engine::Observation::Message { message, page, .. } = id else { bail!("{id:?}") };
        assert_eq!(page, None, "{link}");
        assert!(is_refused(&client, message.id).await?, "{link}");
        let failure = client.handle.act(Action::FollowLink { id: message.id }).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::LinkRefused, "{link}");
        client.screen.click(PopupKey::Message(message.id));
        client
            .until_view(link, |view| {
                view.reveal.as_ref().is_some_and(|reveal| reveal.message == Some(message.id))
            })
            .await?;
    }
    assert_eq!(client.browser.opened(), Vec::<String>::new());
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_scheme_that_the_user_allows_is_opened_and_no_other() -> Result<()> {
    let rogue = Rogue::start().await?;
    rogue.say(": hello\n\n");
    let setup = ClientSetup::new(&rogue.api(), "token").await?;
    let mut client = setup.start_live().await?;
    let source = client.handle.view().sources[0].id;
    let change = SourceChange { link_schemes: Some(vec!["zotero".into()]), ..SourceChange::default() };
    client.handle.act(Action::EditSource { source, change: Box::new(change) }).await?;
    for (number, link) in ["zotero://select/items/1", "obsidian://open"].into_iter().enumerate() {
        let data = json!({"id": number.to_string(), "title": link, "link": link});
        rogue.event("system", &number.to_string(), &data.to_string());
        let seen = client
            .until(link, |seen| matches!(seen, belfry_core::engine::Observation::Message { .. }))
            .await?;
        let belfry_core::engine::Observation::Message { message, .. } = seen else { bail!("{seen:?}") };
        let followed = client.handle.act(Action::FollowLink { id: message.id }).await;
        assert_eq!(followed.map_err(|failure| failure.code).is_ok(), number == 0, "{link}");
    }
    assert_eq!(client.browser.opened(), ["zotero://select/items/1"]);
    client.stop().await;
    Ok(())
}
