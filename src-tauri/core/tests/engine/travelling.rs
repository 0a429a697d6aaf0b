//! What goes into the engine and comes out of it survives as JSON: the same calls travel over a socket.

use belfry_core::action::{
    Action, Answer, Deed, Failure, FailureCode, Filter, Matching, Outcome, PageKey, Query, SnoozeSpan, Tab,
};
use belfry_core::engine::Observation;
use belfry_core::model::{GapReason, MessageId, MessageKind, SourceId, Timestamp, UndoId};
use belfry_core::settings::{NewSource, Preferences, SecretPlace};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::world::{World, message};

/// Sends a value on the trip and looks at what has come back.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(sent: &T) {
    let json = serde_json::to_string(sent).unwrap();
    let back: T = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(back, *sent, "{json}");
}

#[test]
fn what_is_asked_for_and_what_comes_of_it_survives() {
    let source = SourceId::random();
    for action in [
        Action::Open { id: MessageId(1) },
        Action::MarkRead { ids: vec![MessageId(1), MessageId(2)] },
        Action::MarkAllRead,
        Action::Revealed { seq: 9 },
        Action::Archive { ids: vec![MessageId(1)] },
        Action::Wake { ids: vec![MessageId(1)] },
        Action::Pin { ids: vec![] },
        Action::Delete { ids: vec![MessageId(1)] },
        Action::Undo { undo: UndoId(7) },
        Action::SignOut { source },
        Action::SavePreferences { preferences: Preferences::default() },
    ] {
        check(&action);
    }
    let new = NewSource {
        name: "社区".into(),
        url: "https://example.org/api".into(),
        site: None,
        secrets: SecretPlace::Session,
        allow_plain_http: false,
    };
    check(&Action::AddSource { source: new });
    let before = Some(PageKey { at: Timestamp(-5), id: MessageId(7) });
    check(&Query::Page {
        tab: Tab::Kind { kind: MessageKind::Reply },
        source: Some(source),
        filter: Filter { pinned: true, days: Some(7), ..Filter::default() },
        before,
        limit: 50,
    });
    check(&Query::Message { id: MessageId(1) });
    check(&Query::Storage);
    let of = Matching { tab: None, source: Some(source), filter: Filter::default(), text: "报表".into() };
    check(&Query::Count { of: of.clone() });
    check(&Action::AllOf { of, deed: Deed::Snooze { span: SnoozeSpan::Tomorrow } });
    check(&Query::Search {
        text: "通知 \" OR".into(),
        tab: Some(Tab::Archived),
        source: Some(source),
        filter: Filter::default(),
        before,
        limit: 9,
    });
    check(&Outcome::SourceAdded { source });
    check(&Outcome::Undoable { undo: UndoId(7) });
    check(&Failure::new(FailureCode::LinkRefused, "links of this kind are not opened"));
    check(&Observation::Gap { source, reason: GapReason::Expired, from: Some(Timestamp(0)), until: None });
}

#[tokio::test(start_paused = true)]
async fn what_an_engine_shows_answers_and_tells_survives() {
    let world = World::signed_in().await;
    let (mut running, line) = world.live().await;
    let odd = r#"{"id":"2","type":"部署","title":"T","content":"一\n二","priority":5,"x":[1,{"y":null}],"link":"javascript:alert(1)","sender":{"name":"Ann"}}"#;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    line.frame("部署", "k7-2", odd).await;
    let view = running.until(|view| view.inbox.unread == 2).await;
    check(&*view);
    check(&Answer::Page(running.page(Tab::All).await));
    check(&Answer::Found(running.search("title").await));
    for row in &view.newest {
        check(&Answer::Message(Box::new(running.message(row.id).await)));
    }
    running.handle.act(Action::ShowInbox).await.unwrap();
    check(&*running.handle.view());
    let mut observed = Vec::new();
    while let Ok(observation) = running.observed.try_recv() {
        check(&observation);
        observed.push(observation);
    }
    assert!(observed.iter().any(|seen| matches!(seen, Observation::Message { .. })));
    running.stop().await;
}
