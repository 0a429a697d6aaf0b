//! A database that is locked, on a full disk, damaged or of a newer version: said plainly, nothing is deleted, and
//! what the server still has comes again.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use belfry_core::link::Reason;
use belfry_core::view::StorageTrouble;
use belfry_protocol::Publish;
use belfry_tests::scenario::{ClientSetup, Ctl, Watch, message, numbered, quick_server, rows};
use belfry_tests::wait::until;

/// Ruins the schema, which stands on the first page behind the file's header of 100 bytes. Returns the whole file.
fn ruin(database: &Path) -> Result<Vec<u8>> {
    let mut bytes = fs::read(database)?;
    bytes[100..4096].fill(0xa5);
    fs::write(database, &bytes)?;
    Ok(bytes)
}

#[tokio::test]
async fn a_locked_database_is_said_to_be_and_what_came_is_stored_once_it_is_free() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    let other = rusqlite::Connection::open(setup.database())?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    server.publish(message("held up")).await?;
    let view =
        client.until_view("locked", |view| view.storage.trouble == Some(StorageTrouble::Locked)).await?;
    assert_eq!(view.inbox.total, 0);
    assert!(client.screen.shown().is_empty(), "nothing is announced that is not stored");
    client
        .until_view("the connection", |view| view.sources[0].link.reason == Some(Reason::NotStored))
        .await?;

    other.execute_batch("ROLLBACK")?;
    client.until_message("held up").await?;
    client.until_view("well again", |view| view.storage.trouble.is_none() && view.inbox.total == 1).await?;
    client.stop().await;
    assert_eq!(setup.stored()?.len(), 1);
    Ok(())
}

/// The profile lies on a file system of its own that is all but full, in a namespace that ends with the process
/// (unshare(1), mount_namespaces(7)).
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_said_to_be_and_nothing_is_lost_or_doubled() -> Result<()> {
    const MANY: usize = 1_000;
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let api = server.api_url();
    let args = ["--json", "watch", "--profile", "@profile", "--url", &api, "--token-env", "SCENARIO_TOKEN"];
    let quick = ["--retry-min", "5ms", "--retry-base", "5ms"];
    let script = r#"mount -t tmpfs -o size=16m tmpfs "$HOME" && dd if=/dev/zero of="$HOME/filler" bs=1k count=14900 status=none && exec "$0" "$@""#;
    let wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script];
    let args: Vec<&str> = args.iter().chain(&quick).copied().collect();
    let mut watch = Watch::start(ctl.command_under(&wrapper, &args))?;
    watch.until_state("live").await?;
    let large = |publish: Publish| Publish { content: Some("x".repeat(1_500)), ..publish };
    server.publish_many(numbered(0, MANY).map(large)).await?;
    watch.until("a full disk", |line| line["reason"] == "not_stored").await?;
    assert!(watch.titles().len() < MANY, "the disk was too large for this test");

    let pid = watch.pid().unwrap();
    fs::remove_file(format!("/proc/{pid}/root{}/filler", ctl.home().display()))?;
    let last = watch.until_message(&(MANY - 1).to_string()).await?;
    assert_eq!(last["unread"], MANY, "as the store counts them");
    assert_eq!(watch.titles(), rows(0, MANY));
    watch.terminate().await?;
    let done = watch.end().await?;
    assert!(done.err.contains("the disk is full"), "{}", done.err);
    Ok(())
}

/// The profile lies on a file system that nothing can be written to, for the process in its namespace alone.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_read_only_profile_is_said_to_be_and_goes_on_where_it_was_once_it_can_be_written() -> Result<()> {
    const MANY: usize = 20;
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let api = server.api_url();
    let mut watch = ctl.watch_profile(&api, &[])?;
    watch.until_state("live").await?;
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    server.publish_many(numbered(0, MANY)).await?;

    let args = ["--json", "watch", "--profile", "@profile", "--url", &api, "--token-env", "SCENARIO_TOKEN"];
    let script = r#"mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME" && exec "$0" "$@""#;
    let wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script];
    let done = Watch::start(ctl.command_under(&wrapper, &args))?.end().await?.expect(1)?;
    assert!(done.err.to_lowercase().contains("read-only"), "{}", done.err);
    assert_eq!(done.err.lines().count(), 1, "{}", done.err);

    let mut watch = ctl.watch_profile(&api, &[])?;
    watch.until_message(&(MANY - 1).to_string()).await?;
    assert_eq!(watch.titles(), rows(0, MANY));
    watch.terminate().await?;
    watch.end().await?.expect(0)?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_database_is_set_aside_and_rebuilt_from_the_server() -> Result<()> {
    const MANY: usize = 1_200;
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    server.publish_many(numbered(0, MANY)).await?;
    setup.start_live().await?.stop().await;
    let ruined = ruin(&setup.database())?;

    let mut client = setup.start_live().await?;
    let view = client.until_view("everything again", |view| view.inbox.total == MANY as u64).await?;
    assert_eq!(view.storage.set_aside.as_deref(), Some("messages.db.broken-1"));
    assert!(client.screen.shown().is_empty(), "the past is not announced");
    server.publish(message("new")).await?;
    client.until_message("new").await?;
    client.stop().await;
    let mut titles: Vec<String> = setup.stored()?.into_iter().map(|message| message.title).collect();
    titles.sort_unstable();
    let mut expected = rows(0, MANY);
    expected.push("new".to_owned());
    expected.sort_unstable();
    assert_eq!(titles, expected);
    let kept = setup.database().with_file_name("messages.db.broken-1");
    assert!(fs::read(kept)? == ruined, "nothing of the damaged file is changed");

    let client = setup.start_live().await?;
    assert_eq!(client.handle.view().storage.set_aside, None, "said once");
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn damage_at_work_is_said_and_mended_at_the_next_start() -> Result<()> {
    const MANY: usize = 300;
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    server.publish_many(numbered(0, MANY)).await?;
    let client = setup.start_live().await?;
    let other = rusqlite::Connection::open(setup.database())?;
    let moved: i64 = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    assert_eq!(moved, 0, "the journal was busy");
    let mut bytes = fs::read(setup.database())?;
    bytes[4096..].fill(0xa5);
    fs::write(setup.database(), &bytes)?;
    // A commit of another program makes the engine read the file again.
    other.execute_batch("PRAGMA application_id = 7")?;
    drop(other);
    server.publish(message("during")).await?;
    client.until_view("damage", |view| view.storage.trouble == Some(StorageTrouble::Damaged)).await?;
    client.stop().await;

    let client = setup.start_live().await?;
    let view = client.until_view("everything again", |view| view.inbox.total == MANY as u64 + 1).await?;
    assert_eq!(view.storage.trouble, None);
    assert!(view.storage.set_aside.is_some());
    client.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    setup.start_live().await?.stop().await;
    rusqlite::Connection::open(setup.database())?.pragma_update(None, "user_version", 9_999)?;
    let before = fs::read(setup.database())?;
    let Err(refused) = setup.start() else { bail!("it was opened") };
    let words = format!("{refused:#}");
    assert!(words.contains("newer version") && words.contains("9999"), "{words}");
    assert!(fs::read(setup.database())? == before, "it is as it was");
    let files: Vec<_> = fs::read_dir(setup.database().parent().unwrap())?.collect();
    assert!(files.iter().flatten().all(|file| !file.file_name().to_string_lossy().contains("broken")));
    Ok(())
}

#[tokio::test]
async fn belfryctl_says_what_is_wrong_with_the_database_in_one_line() -> Result<()> {
    let server = quick_server().await?;
    let ctl = Ctl::new().await?.with_token(server.subscriber_token("me").unwrap().expose());
    let once = async || {
        let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
        watch.until_state("live").await?;
        watch.terminate().await?;
        watch.end().await?.expect(0)
    };
    server.publish(message("kept")).await?;
    once().await?;
    let database = ctl.profile().join("messages.db");
    let version = |version: i32| -> Result<()> {
        Ok(rusqlite::Connection::open(&database)?.pragma_update(None, "user_version", version)?)
    };
    let known: i32 =
        rusqlite::Connection::open(&database)?.pragma_query_value(None, "user_version", |row| row.get(0))?;

    version(9_999)?;
    for command in ["list", "unread", "export"] {
        let done = ctl.run(&["--profile", "@profile", command]).await?.expect(1)?;
        assert!(
            done.err.contains("newer version") && done.err.lines().count() == 1,
            "{command}: {}",
            done.err
        );
    }
    let done = ctl.watch_profile(&server.api_url(), &[])?.end().await?.expect(1)?;
    assert!(done.err.contains("newer version"), "{}", done.err);
    version(known)?;
    assert_eq!(ctl.export().await?.len(), 1);

    ruin(&database)?;
    let done = ctl.run(&["--profile", "@profile", "list"]).await?.expect(1)?;
    assert!(done.err.contains("damaged") && done.err.lines().count() == 1, "{}", done.err);
    let done = once().await?;
    assert!(done.err.contains("messages.db.broken-1"), "{}", done.err);
    until("the message again", || async {
        match ctl.export().await?.len() {
            1 => Ok(()),
            other => bail!("{other}"),
        }
    })
    .await?;
    Ok(())
}

/// How long a lock is waited for, twice over: the tests above hold one for longer.
#[tokio::test]
async fn a_short_lock_is_waited_for_and_not_mentioned() -> Result<()> {
    let server = quick_server().await?;
    let setup = ClientSetup::new(&server.api_url(), server.subscriber_token("me").unwrap().expose()).await?;
    let mut client = setup.start_live().await?;
    let other = rusqlite::Connection::open(setup.database())?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    server.publish(message("in time")).await?;
    tokio::time::timeout(Duration::from_millis(300), client.until_message("in time")).await.unwrap_err();
    other.execute_batch("ROLLBACK")?;
    client.until_message("in time").await?;
    let not_stored = |seen: &belfry_core::engine::Observation| matches!(seen, belfry_core::engine::Observation::State { link, .. } if link.reason == Some(Reason::NotStored));
    assert!(!client.seen.iter().any(not_stored));
    client.stop().await;
    Ok(())
}
