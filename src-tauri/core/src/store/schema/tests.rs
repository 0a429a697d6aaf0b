//! Every earlier format becomes the present one; what is newer or foreign is refused.

use super::super::testing::*;
use super::super::{Filter, Grounds, Intent, ReadState, Reader, Search, Shown, Store, Tab};
use super::*;
use crate::model::{Cursor, MessageId, SourceId};

/// A database as the version that first had this format left it.
const FIXTURES: &[(u32, &str)] = &[
    (1, include_str!("fixture-1.sql")),
    (2, include_str!("fixture-2.sql")),
    (3, include_str!("fixture-3.sql")),
    (4, include_str!("fixture-4.sql")),
    (5, include_str!("fixture-5.sql")),
    (6, include_str!("fixture-6.sql")),
    (7, include_str!("fixture-7.sql")),
    (8, include_str!("fixture-8.sql")),
    (9, include_str!("fixture-9.sql")),
    (10, include_str!("fixture-10.sql")),
    (11, include_str!("fixture-11.sql")),
];

fn raw(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

/// Everything that the schema consists of, without regard to how it was laid out in lines.
fn form(connection: &Connection) -> Vec<String> {
    let sql = "SELECT type || ' ' || name || ' ' || ifnull(sql, '') FROM sqlite_schema ORDER BY type, name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|row| row.unwrap().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn an_empty_file_becomes_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.db");
    std::fs::write(&path, "").unwrap();
    Store::open(&path).unwrap().check().unwrap();
    assert_eq!(version(&raw(&path)).unwrap(), KNOWN);
}

#[test]
fn every_earlier_format_becomes_the_present_one_and_keeps_its_messages() {
    let new = Bench::new();
    let present = form(&new.store.connection);
    assert!(present.len() > 15, "{present:?}");
    let covered: Vec<u32> = FIXTURES.iter().map(|(version, _)| *version).collect();
    assert_eq!(covered, (1..=KNOWN).collect::<Vec<_>>(), "each format needs its fixture");
    for (number, sql) in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        raw(&path).execute_batch(sql).unwrap();
        assert_eq!(version(&raw(&path)).unwrap(), *number);
        let mut store = Store::open(&path).unwrap();
        store.check().unwrap();
        assert_eq!(form(&store.connection), present, "from format {number}");

        let source: SourceId = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let summary = store.summary(NOW).unwrap();
        assert_eq!((summary.rev, summary.total, summary.unread), (7, 2, 1));
        let first = store.message(MessageId(1)).unwrap().unwrap();
        assert_eq!((first.title.as_str(), first.source), ("标题", source));
        assert_eq!(store.cursor(source).unwrap().cursor, Some(Cursor("e-3".to_owned())));
        assert_eq!(store.unannounced().unwrap().len(), 1);
        // Everything can be searched, before and after the index has followed.
        let search = |text: &str| {
            let search = Search {
                text: text.to_owned(),
                tab: None,
                source: None,
                filter: Filter::default(),
                before: None,
                limit: 9,
            };
            let page = Reader::open(&path).unwrap().search(&search, NOW).unwrap();
            page.rows.iter().map(|found| found.row.id.0).collect::<Vec<_>>()
        };
        for _ in 0..2 {
            assert_eq!((search("标题"), search("sec"), search("trash")), (vec![1], vec![2], vec![]));
            store.index(|| true).unwrap();
            store.check().unwrap();
        }
        // What is known stays known, and new messages get ids that no other had.
        let again = super::super::Batch {
            changes: vec![message("a"), message("gone"), message("new")],
            ..super::super::Batch::default()
        };
        let delivered = store.deliver(source, &again, NOW).unwrap();
        assert_eq!((delivered.new.len(), delivered.begun_anew), (1, false));
        // So they do when the server says how it calls the epoch, which it had not.
        assert!(!store.cursor(source).unwrap().names_epochs);
        let called = store.deliver(source, &batch(vec![message("a")]), NOW).unwrap();
        assert_eq!((called.new.len(), called.begun_anew), (0, false));
        assert!(store.cursor(source).unwrap().names_epochs);
        assert!(delivered.new[0].id > MessageId(4));
        store.check().unwrap();
    }
}

#[test]
fn the_archive_and_what_was_deleted_at_the_end_outlive_the_formats() {
    for (_, sql) in &FIXTURES[1..] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        raw(&path).execute_batch(sql).unwrap();
        let mut store = Store::open(&path).unwrap();
        let titles = || -> Vec<String> {
            let page = Reader::open(&path).unwrap().page(&filter(Tab::Archived, None, 10), NOW).unwrap();
            page.rows.into_iter().map(|row| row.title).collect()
        };
        assert_eq!(titles(), ["kept"]);
        store.erase_deleted().unwrap();
        let erased = "SELECT title || body FROM message WHERE remote_id = 'trash'";
        let left: String = raw(&path).query_row(erased, [], |row| row.get(0)).unwrap();
        assert_eq!(left, "");
        store.check().unwrap();
    }
}

#[test]
fn what_servers_had_still_to_be_told_outlives_the_formats() {
    for (number, sql) in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        raw(&path).execute_batch(sql).unwrap();
        let mut store = Store::open(&path).unwrap();
        let source: SourceId = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let mut told = || {
            let errand = store.next_errand(source, None, &mut |_, _| true).unwrap()?;
            store.take_out(&errand).unwrap();
            Some((errand.intent, errand.remote_ids().map(ToString::to_string).collect::<Vec<_>>()))
        };
        if *number >= 5 {
            assert_eq!(told(), Some((Intent::Read, vec!["kept".to_owned()])));
            assert_eq!(told(), Some((Intent::Deleted, vec!["trash".to_owned()])));
        }
        assert_eq!(told(), None, "an act of before there was an outbox is not made up for");
        // What is done from now on is.
        store.mark_read(&[MessageId(1)], ReadState::Read, NOW).unwrap();
        assert!(store.next_errand(source, None, &mut |_, _| true).unwrap().is_some(), "from format {number}");
    }
}

/// Formats before the ninth had no epoch for a place whose cursor was forgotten.
#[test]
fn a_place_that_was_forgotten_in_an_earlier_format_is_still_in_its_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.db");
    raw(&path).execute_batch(include_str!("fixture-8.sql")).unwrap();
    raw(&path).execute("UPDATE place SET epoch = '', cursor = NULL", []).unwrap();
    let mut store = Store::open(&path).unwrap();
    let source: SourceId = "00000000-0000-0000-0000-000000000001".parse().unwrap();
    assert_eq!(store.deliver(source, &batch(vec![message("a")]), NOW).unwrap().new.len(), 0);
    store.check().unwrap();
}

#[test]
fn popups_that_were_on_the_screen_outlive_the_formats() {
    for (number, sql) in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        raw(&path).execute_batch(sql).unwrap();
        let places = Store::open(&path).unwrap().popups_up().unwrap();
        let numbers: Vec<u32> = places.into_iter().map(|place| place.number).collect();
        assert_eq!(numbers, if *number >= 8 { vec![12] } else { vec![] }, "from format {number}");
    }
}

#[test]
fn why_a_message_was_announced_outlives_the_formats() {
    for (number, sql) in FIXTURES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.db");
        raw(&path).execute_batch(sql).unwrap();
        drop(Store::open(&path).unwrap());
        let announced = Reader::open(&path).unwrap().announced(MessageId(2)).unwrap();
        let known = Shown { at: Timestamp(1_790_000_000_002), grounds: Grounds::Rule(2) };
        assert_eq!(announced[0].shown, (*number >= 11).then_some(known), "from format {number}");
    }
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.db");
    let mut connection = raw(&path);
    migrate(&mut connection, &["CREATE TABLE first (x)"]).unwrap();
    let before = form(&connection);
    let broken = ["CREATE TABLE first (x)", "CREATE TABLE second (x)", "CREATE TABLE third (x); nonsense"];
    assert!(migrate(&mut connection, &broken).is_err());
    assert_eq!((version(&connection).unwrap(), form(&connection)), (1, before));
    // Repaired, it goes on from where it was.
    migrate(&mut connection, &broken[..2]).unwrap();
    assert_eq!((version(&connection).unwrap(), form(&connection).len()), (2, 2));
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let bench = Bench::new();
    let Bench { folder, store, .. } = bench;
    drop(store);
    let path = folder.path().join("messages.db");
    raw(&path).pragma_update(None, "user_version", KNOWN + 1).unwrap();
    raw(&path).pragma_update(None, "journal_mode", "DELETE").unwrap();
    let newer = |error: StoreError| matches!(error, StoreError::Newer { found, known } if found == KNOWN + 1 && known == KNOWN);
    assert!(newer(Store::open(&path).unwrap_err()));
    assert!(newer(Store::open_or_set_aside(&path).unwrap_err()));
    assert!(newer(Reader::open(&path).unwrap_err()));
    assert_eq!(version(&raw(&path)).unwrap(), KNOWN + 1);
    let journal: String = raw(&path).pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(journal, "delete");
}

#[test]
fn a_reader_takes_the_present_format_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.db");
    assert!(matches!(Reader::open(&path), Err(StoreError::Missing(missing)) if missing == path));
    std::fs::write(&path, "").unwrap();
    assert!(matches!(Reader::open(&path), Err(StoreError::Older { found: 0, known: KNOWN })));
    std::fs::write(&path, "no database").unwrap();
    assert!(matches!(Reader::open(&path), Err(StoreError::Damaged(_))));
}

#[test]
fn the_database_of_another_program_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.db");
    raw(&path).execute_batch("CREATE TABLE inbox (x)").unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::Damaged(_))));
    assert_eq!(form(&raw(&path)), ["table inbox CREATE TABLE inbox (x)"]);
}

#[test]
fn a_reader_opens_a_database_that_nobody_has_open() {
    let mut bench = Bench::new();
    bench.deliver(vec![message("a")]);
    let Bench { folder, store, .. } = bench;
    drop(store);
    let path = folder.path().join("messages.db");
    assert!(!folder.path().join("messages.db-wal").exists());
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.summary(NOW).unwrap().total, 1);
}

#[cfg(unix)]
#[test]
fn messages_are_for_the_user_alone_whatever_the_folder_is() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.db");
    let modes = || -> Vec<_> {
        let files = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        files.map(|file| (file.file_name(), file.metadata().unwrap().permissions().mode() & 0o777)).collect()
    };
    let open = Store::open(&path).unwrap();
    assert_eq!(modes().len(), 3, "the database, its journal and its index");
    assert!(modes().iter().all(|(_, mode)| *mode == 0o600), "{:?}", modes());
    // What an earlier version left, as after a crash.
    for (name, _) in modes() {
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let _again = Store::open(&path).unwrap();
    assert!(modes().iter().all(|(_, mode)| *mode == 0o600), "{:?}", modes());
    drop(open);
}
