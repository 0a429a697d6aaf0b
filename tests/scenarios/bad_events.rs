//! Bad bytes and bad JSON on a stream: skipped, logged with the reason, and nothing else is lost.

use anyhow::Result;
use belfry_core::model::Priority;
use belfry_tests::scenario::{Client, ClientSetup, Ctl, Rogue, peak};

const MIB: usize = 1024 * 1024;

async fn live(rogue: &Rogue) -> Result<(ClientSetup, Client)> {
    rogue.say(": hello\n\n");
    let setup = ClientSetup::new(&rogue.api(), "token").await?;
    let client = setup.start_live().await?;
    Ok((setup, client))
}

fn codes(log: &[(String, String)]) -> Vec<&str> {
    log.iter().map(|(code, _)| code.as_str()).collect()
}

#[tokio::test]
async fn malformed_events_are_logged_and_skipped_and_their_ids_count() -> Result<()> {
    let rogue = Rogue::start().await?;
    let (setup, mut client) = live(&rogue).await?;
    rogue.event("reply", "1", r#"{"title": "private words"#);
    rogue.event("reply", "2", r#"["private words"]"#);
    rogue.event("reply", "3", r#"{"id":"3"}"#);
    rogue.event("read", "4", r#""private words""#);
    rogue.event("reply", "5", r#"{"id":"5","title":"good"}"#);
    client.until_message("good").await?;
    let log = setup.log()?;
    assert_eq!(codes(&log), ["bad_json", "bad_json", "empty_message", "bad_json"]);
    assert!(log.iter().all(|(_, words)| !words.is_empty() && !words.contains("private")), "{log:?}");
    assert_eq!(rogue.cursors(), [None], "none of it cost the connection");

    rogue.event("reply", "6", "no json");
    rogue.hang_up();
    rogue.event("reply", "7", r#"{"id":"7","title":"after"}"#);
    client.until_message("after").await?;
    let last = rogue.cursors().pop().flatten();
    assert!(matches!(last.as_deref(), Some("5" | "6")), "the cursor is sound: {last:?}");
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_id_of_what_cannot_be_read_moves_the_cursor() -> Result<()> {
    let rogue = Rogue::start().await?;
    let (setup, mut client) = live(&rogue).await?;
    rogue.event("reply", "8", "no json");
    belfry_tests::wait::until("the log", || async {
        if setup.log()?.is_empty() { anyhow::bail!("nothing yet") } else { Ok(()) }
    })
    .await?;
    rogue.hang_up();
    rogue.event("reply", "9", r#"{"id":"9","title":"after"}"#);
    client.until_message("after").await?;
    assert_eq!(rogue.cursors(), [None, Some("8".to_owned())]);
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_wrong_type_costs_its_field_and_not_the_message() -> Result<()> {
    let rogue = Rogue::start().await?;
    let (_setup, mut client) = live(&rogue).await?;
    rogue.event(
        "reply",
        "1",
        r#"{"id":1234567890123456789,"type":3,"title":"odd","content":[1],"isRead":"yes","relatedId":true,"link":0,"priority":99,"sender":"me","createdAt":{}}"#,
    );
    let message = client.until_message("odd").await?;
    assert_eq!(message.remote_id.map(|id| id.0).as_deref(), Some("1234567890123456789"));
    assert_eq!((message.kind.as_str(), message.body.as_str(), message.read_at), ("reply", "", None));
    assert_eq!((message.related_id, message.link, message.priority), (None, None, Priority::DEFAULT));
    assert_eq!(message.extra["content"], serde_json::json!([1]), "kept as it came");
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn without_an_id_a_message_with_a_time_comes_once_and_one_without_each_time() -> Result<()> {
    let rogue = Rogue::start().await?;
    let (setup, mut client) = live(&rogue).await?;
    for _ in 0..2 {
        rogue.event("reply", "", r#"{"title":"dated","createdAt":"2026-11-22T09:30:00Z"}"#);
        rogue.event("reply", "", r#"{"title":"undated"}"#);
    }
    rogue.event("reply", "", r#"{"title":"last"}"#);
    client.until_message("last").await?;
    let titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    let count = |title: &str| titles.iter().filter(|other| *other == title).count();
    assert_eq!((count("dated"), count("undated")), (1, 2));
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_event_of_ten_mib_is_skipped_and_its_id_counts() -> Result<()> {
    let rogue = Rogue::start().await?;
    let (setup, mut client) = live(&rogue).await?;
    rogue.say(format!("event: reply\nid: 4\ndata: {{\"title\":\"{}\"}}\n\n", "x".repeat(10 * MIB)));
    belfry_tests::wait::until("the log", || async {
        if setup.log()?.is_empty() { anyhow::bail!("nothing yet") } else { Ok(()) }
    })
    .await?;
    assert_eq!(codes(&setup.log()?), ["oversized"]);
    rogue.hang_up();
    rogue.event("reply", "5", r#"{"id":"5","title":"after"}"#);
    client.until_message("after").await?;
    assert_eq!(rogue.cursors(), [None, Some("4".to_owned())]);
    assert_eq!(setup.stored()?.len(), 1);
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_largest_event_can_be_set() -> Result<()> {
    let rogue = Rogue::start().await?;
    rogue.say(": hello\n\n");
    let mut setup = ClientSetup::new(&rogue.api(), "token").await?;
    setup.limits(|limits| limits.max_event_bytes = 1_024);
    let mut client = setup.start_live().await?;
    let event = |id: u32, size: usize| {
        let body = "x".repeat(size);
        rogue.event(
            "reply",
            &id.to_string(),
            &format!(r#"{{"id":"{id}","title":"{id}","content":"{body}"}}"#),
        );
    };
    event(1, 1_000);
    event(2, 800);
    client.until_message("2").await?;
    assert_eq!(client.titles(), ["2"]);
    assert_eq!(codes(&setup.log()?), ["oversized"]);
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_endless_line_and_large_events_take_no_memory() -> Result<()> {
    let rogue = Rogue::start().await?;
    rogue.say(": hello\n\n");
    let ctl = Ctl::new().await?.with_token("token");
    let mut watch = ctl.watch_profile(&rogue.api(), &[])?;
    watch.until_state("live").await?;
    let pid = watch.pid().unwrap();
    let before = peak(pid)?;
    for field in ["data: ", ": ", "event: ", "id: ", ""] {
        rogue.say(format!("{field}{}\n\n", "x".repeat(20 * MIB)));
    }
    rogue.event("reply", "7", r#"{"id":"7","title":"after"}"#);
    watch.until_message("after").await?;
    let grown = peak(pid)? - before;
    assert!(grown < 32 * MIB as u64, "{} KiB for 100 MiB of lines", grown / 1024);
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced_and_any_line_end_is_one() -> Result<()> {
    let rogue = Rogue::start().await?;
    let (_setup, mut client) = live(&rogue).await?;
    rogue.say(b"\xff\xfe: \xc3(\r\r");
    rogue.say(b"event: reply\rid: 1\rdata: {\"id\":\"1\",\rdata: \"title\":\"a\xffb\"}\r\r");
    rogue.say(b"Data: {\"title\":\"no field\"}\nretry: soon\nid: \0\n\n");
    rogue.event("reply", "2", r#"{"id":"2","title":"after"}"#);
    client.until_message("after").await?;
    assert_eq!(client.titles(), ["a\u{fffd}b", "after"]);
    assert_eq!(rogue.cursors(), [None]);
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn markup_control_and_bidi_characters_in_a_title_are_text_or_gone() -> Result<()> {
    let rogue = Rogue::start().await?;
    rogue.history(r#"{"messages":[],"cursor":"k7-0","more":false}"#);
    let (_setup, mut client) = live(&rogue).await?;
    let title = r#"<b onclick='x()'>bold</b>\u202e\u2066 & \u0007\u0000<img src=x>\nsecond"#;
    rogue.event("reply", "1", &format!(r#"{{"id":"1","title":"{title}","content":"\u202e<i>body</i>"}}"#));
    let shown = "<b onclick='x()'>bold</b> & <img src=x> second";
    client.until_message(shown).await?;
    let view = client.until_view("one", |view| view.inbox.total == 1).await?;
    assert_eq!(view.newest[0].title, shown);
    belfry_tests::wait::until("the popup", || async {
        let popups = client.screen.shown();
        match popups.first() {
            // Plain text; whoever shows it escapes what the desktop would take for markup.
            Some(popup) => {
                assert!(popup.body.starts_with(shown), "{}", popup.body);
                assert!(!popup.body.contains('\u{202e}'), "{:?}", popup.body);
                Ok(())
            }
            None => anyhow::bail!("none yet"),
        }
    })
    .await?;
    client.stop().await;
    Ok(())
}
