//! A profile that the first version wrote, with its program and a real server, opens with everything kept.

use std::fs;
use std::path::Path;

use belfry_core::action::{Action, Tab};
use belfry_core::model::{Cursor, MessageId, Token};
use belfry_core::settings::SecretPlace;
use belfry_core::settings::file::{self, Loaded};
use belfry_core::settings::profile::Profile;
use belfry_core::view::Connection;

use crate::connecting::stream_cursors;
use crate::world::World;

/// A world whose profile is that of the first version.
fn first_light() -> World {
    let mut world = World::signed_out();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/first-light");
    for name in ["profile.toml", "settings.toml"] {
        fs::copy(fixture.join(name), world.folder.path().join(name)).unwrap();
    }
    let database = rusqlite::Connection::open(world.folder.path().join("messages.db")).unwrap();
    database.execute_batch(&fs::read_to_string(fixture.join("messages.sql")).unwrap()).unwrap();
    let Loaded::Fine(settings) = file::load(&world.folder.path().join("settings.toml")).unwrap() else {
        panic!("the settings were set aside");
    };
    world.source = settings.sources[0].id;
    world.settings = settings;
    world
}

#[tokio::test(start_paused = true)]
async fn a_profile_of_the_first_version_opens_with_everything_kept() {
    let world = first_light();
    let profile = Profile::open(world.folder.path()).unwrap();
    assert_eq!(profile.id.to_string(), "ee625362-9cfa-4071-a773-4d1e987e811b");
    let source = &world.settings.sources[0];
    assert_eq!(source.url.to_string(), "http://127.0.0.1:8787");
    assert_eq!(source.secrets, SecretPlace::Session);

    let running = world.start();
    let view = running.until(|view| view.connection == Connection::SignIn).await;
    assert_eq!((view.inbox.total, view.inbox.unread, view.sources[0].unread), (5, 4, 4));
    assert!(view.notices.is_empty());
    let titles = [
        "部署失败 deploy failed",
        "hello",
        "报告已生成 Report ready",
        "Maintenance at 18:00",
        "新回复：升级到 2.1",
    ];
    assert_eq!(running.titles().await, titles);
    let reply = running.message(MessageId(1)).await.message;
    assert_eq!((reply.body.as_str(), reply.related_id.as_deref()), ("第一行\n第二行 second line", Some("7")));
    let read = running.page(Tab::All).await.rows.into_iter().filter(|row| !row.unread);
    assert_eq!(read.map(|row| row.id).collect::<Vec<_>>(), [MessageId(2)]);
    assert!(world.notifier.shown().is_empty(), "what was announced is not announced again");

    // The connection goes on where it was, and what was deleted stays so.
    let line = world.transport.open_next();
    running.sign_in(world.source, Token::new("s3cret")).await.unwrap();
    running.until(|view| view.connection == Connection::Live || !stream_cursors(&world).is_empty()).await;
    assert_eq!(stream_cursors(&world), [Some(Cursor("mynhibye-8".to_owned()))]);
    line.frame("system", "mynhibye-5", r#"{"id":"5","type":"system","title":"to be deleted"}"#).await;
    line.frame("system", "mynhibye-9", r#"{"id":"9","type":"system","title":"数据库已升级"}"#).await;
    running.until(|view| view.inbox.total == 6).await;

    // What came with later versions works on what was there before.
    for (text, title) in [("第二", titles[4]), ("磁盘 deploy", titles[0]), ("数据库", "数据库已升级")]
    {
        let found = running.search(text).await.rows;
        assert_eq!(found.iter().map(|found| &found.row.title).collect::<Vec<_>>(), [title], "{text}");
    }
    running.handle.act(Action::Archive { ids: vec![MessageId(1)] }).await.unwrap();
    assert_eq!(running.page(Tab::Archived).await.rows.len(), 1);
    running.stop().await;
    belfry_core::store::Store::open(&profile.database_path()).unwrap().check().unwrap();
}
