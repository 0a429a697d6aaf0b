//! `GET /messages`: it tells the same story as the stream, page by page.

use std::collections::BTreeSet;

use belfry_protocol::{GapReason, HistoryPage, MarkRead, WireMessage};
use belfry_server::{Config, RunningServer, Server};

use crate::client::{User, message, refusal};

async fn server(messages: usize) -> (RunningServer, User, String) {
    let server = Server::start(Config::default()).await.unwrap();
    server.publish_many((0..messages).map(|number| message("me", &number.to_string()))).await.unwrap();
    let user = User::subscriber(&server, "me");
    let cursor = user.page("").await.cursor.unwrap();
    let epoch = cursor.rsplit_once('-').unwrap().0.to_owned();
    (server, user, epoch)
}

fn ids(messages: &[WireMessage]) -> Vec<String> {
    messages.iter().map(|message| message.id.clone().unwrap()).collect()
}

#[tokio::test]
async fn pages_of_every_size_add_up_to_the_stream() {
    let (server, user, epoch) = server(11).await;
    let mark = |id: &str, read| MarkRead::Ids { ids: vec![id.to_owned()], read };
    server.mark_read("me", mark("3", true)).await.unwrap();
    server.mark_read("me", mark("4", true)).await.unwrap();
    server.mark_read("me", mark("4", false)).await.unwrap();
    server.delete("me", "5").await.unwrap();
    server.update("me", "6", message("me", "changed")).await.unwrap();

    let start = format!("{epoch}-0");
    let streamed = user.stream(Some(&start)).await.replay().await;
    let streamed_messages: Vec<_> = streamed
        .iter()
        .filter(|block| block.data["title"].is_string())
        .map(|block| block.data.clone())
        .collect();
    let head = streamed.last().unwrap().id.clone();
    for limit in 1..=17 {
        let (mut cursor, mut pages) = (start.clone(), Vec::<HistoryPage>::new());
        loop {
            let page = user.page(&format!("?after={cursor}&limit={limit}")).await;
            let changes = page.messages.len() + page.read.len() + page.unread_ids.len() + page.deleted.len();
            assert!(changes <= limit, "{limit}");
            cursor = page.cursor.clone().unwrap();
            let more = page.more;
            pages.push(page);
            if !more {
                break;
            }
        }
        let walked: Vec<_> = pages
            .iter()
            .flat_map(|page| &page.messages)
            .map(|message| serde_json::to_value(message).unwrap())
            .collect();
        assert_eq!(walked, streamed_messages, "{limit} a page");
        assert_eq!(Some(cursor), head, "the walk ends at the head");
        let gather = |part: fn(&HistoryPage) -> &[String]| -> BTreeSet<String> {
            pages.iter().flat_map(part).cloned().collect()
        };
        assert!(gather(|page| &page.unread_ids).contains("4") && gather(|page| &page.deleted).contains("5"));
        assert!(gather(|page| &page.read).contains("3"));
        assert!(pages.iter().all(|page| page.unread == Some(9) && page.gap.is_none()));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn the_newest_come_ascending_and_the_older_descending() {
    let (server, user, _) = server(7).await;
    let newest = user.page("?limit=3").await;
    assert_eq!((ids(&newest.messages), newest.more), (vec!["5".into(), "6".into(), "7".into()], false));
    let older = user.page("?before=5&limit=3").await;
    assert_eq!((ids(&older.messages), older.more), (vec!["4".into(), "3".into(), "2".into()], true));
    let oldest = user.page("?before=2&limit=3").await;
    assert_eq!((ids(&oldest.messages), oldest.more), (vec!["1".into()], false));
    let none = user.page("?before=1").await;
    assert!(none.messages.is_empty() && !none.more && none.cursor.is_some());
    server.shutdown().await;
}

#[tokio::test]
async fn an_empty_page_still_has_a_cursor() {
    let (server, user, epoch) = server(2).await;
    let page = user.page(&format!("?after={epoch}-2")).await;
    assert_eq!((page.messages.len(), page.cursor, page.more), (0, Some(format!("{epoch}-2")), false));
    server.shutdown().await;
}

#[tokio::test]
async fn a_hundred_rows_are_the_default_and_five_hundred_the_most() {
    let (server, user, _) = server(600).await;
    assert_eq!(user.page("").await.messages.len(), 100);
    assert_eq!(user.page("?limit=500").await.messages.len(), 500);
    for query in ["?limit=0", "?limit=501", "?limit=x", "?limit=-1", "?before=x", "?before=1&after=x"] {
        assert_eq!(refusal(user.get(&format!("/messages{query}"))).await, (400, "invalid".into()), "{query}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_page_stays_below_four_mebibytes_and_the_walk_is_whole_all_the_same() {
    let (server, user, epoch) = server(0).await;
    let mut large = message("me", "large");
    large.content = Some("x".repeat(255 * 1024));
    server.publish_many(std::iter::repeat_n(large, 40)).await.unwrap();
    let (mut cursor, mut seen, mut pages) = (format!("{epoch}-0"), Vec::new(), 0);
    loop {
        let response = user.get(&format!("/messages?after={cursor}&limit=500")).send().await.unwrap();
        let text = response.text().await.unwrap();
        assert!(text.len() <= 4 * 1024 * 1024, "{}", text.len());
        let page: HistoryPage = serde_json::from_str(&text).unwrap();
        seen.extend(ids(&page.messages));
        (cursor, pages) = (page.cursor.unwrap(), pages + 1);
        if !page.more {
            break;
        }
    }
    let expected: Vec<String> = (1..=40).map(|id: u32| id.to_string()).collect();
    assert_eq!((seen, pages), (expected, 3));
    server.shutdown().await;
}

#[tokio::test]
async fn a_cursor_that_cannot_be_resumed_is_told_with_the_first_page_only() {
    let (server, user, epoch) = server(4).await;
    server.expire_up_to(&format!("{epoch}-1")).await.unwrap();
    for (cursor, reason) in [
        ("other-1".to_owned(), GapReason::Reset),
        (format!("{epoch}-99"), GapReason::Unknown),
        ("nonsense".to_owned(), GapReason::Unknown),
        (format!("{epoch}-0"), GapReason::Expired),
    ] {
        let first = user.page(&format!("?after={cursor}&limit=2")).await;
        let gap = first.gap.unwrap();
        assert_eq!((gap.reason, gap.after), (reason, Some(cursor)));
        assert_eq!((ids(&first.messages), first.more), (vec!["2".into(), "3".into()], true));
        let second = user.page(&format!("?after={}&limit=2", first.cursor.unwrap())).await;
        assert_eq!((second.gap, ids(&second.messages), second.more), (None, vec!["4".into()], false));
    }
    server.shutdown().await;
}
