//! What is due, what became of it, and what withdraws it.

use super::super::testing::*;
use super::super::{Change, ReadState};
use super::*;

fn due(store: &Store) -> Vec<i64> {
    store.unannounced().unwrap().iter().map(|message| message.id.0).collect()
}

/// All rows of the ledger: message, turn, occasion, state.
fn rows(bench: &Bench) -> Vec<(i64, i64, String, String)> {
    let sql = "SELECT message, turn, occasion, state FROM ledger ORDER BY message, turn";
    let mut statement = bench.store.connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
    rows.unwrap().map(|row| row.unwrap()).collect()
}

#[test]
fn what_is_due_or_was_interrupted_is_found_at_the_next_start() {
    let mut bench = Bench::new();
    bench.deliver((0..9).map(|n| message(&n.to_string())).collect());
    let settled = [
        Announcement::Announced,
        Announcement::Summarised,
        Announcement::Suppressed,
        Announcement::Snoozed,
        Announcement::Clicked,
        Announcement::Dismissed,
        Announcement::Withdrawn,
    ];
    bench.store.set_announcement(&ids(&[9]), Announcement::Showing, None, NOW).unwrap();
    for (id, state) in (2..).zip(settled) {
        bench.store.set_announcement(&ids(&[id]), state, None, NOW).unwrap();
    }
    let store = Store::open(&bench.path()).unwrap();
    assert_eq!(due(&store), [1, 9]);
}

#[test]
fn what_was_read_or_deleted_meanwhile_needs_no_announcement() {
    let mut bench = Bench::new();
    bench.deliver((0..5).map(|n| message(&n.to_string())).collect());
    bench.store.mark_read(&ids(&[1]), ReadState::Read, NOW).unwrap();
    bench.deliver(vec![
        Change::Read { ids: vec![remote("1")], read: ReadState::Read },
        Change::Deleted { ids: vec![remote("2")] },
    ]);
    assert_eq!(due(&bench), [4, 5]);
    // Read and unread again: its time has passed all the same.
    bench.store.mark_read(&ids(&[1]), ReadState::Unread, NOW).unwrap();
    assert_eq!(due(&bench), [4, 5]);
    bench.store.mark_all_read(NOW).unwrap();
    bench.store.mark_read(&ids(&[4, 5]), ReadState::Unread, NOW).unwrap();
    assert_eq!(due(&bench), Vec::<i64>::new());
    assert!(rows(&bench).iter().all(|(_, _, _, state)| state == "withdrawn"));
}

#[test]
fn each_update_that_is_announced_is_an_occasion_of_its_own() {
    let mut bench = Bench::new();
    let update = |title: &str| {
        let title = title.to_owned();
        vec![Change::Updated(arrival_with("a", |message| message.title = title))]
    };
    bench.deliver(vec![message("a")]);
    // Still to be announced: one announcement speaks for both.
    assert_eq!(bench.deliver(update("1")).due, []);
    bench.store.set_announcement(&ids(&[1]), Announcement::Showing, None, NOW).unwrap();
    assert_eq!(bench.deliver(update("2")).due, []);
    bench.store.set_announcement(&ids(&[1]), Announcement::Clicked, None, NOW).unwrap();
    assert_eq!(bench.deliver(update("3")).due, ids(&[1]));
    bench.store.set_announcement(&ids(&[1]), Announcement::Announced, None, NOW).unwrap();
    assert_eq!(bench.deliver(update("4")).due, ids(&[1]));
    let row = |turn, occasion: &str, state: &str| (1, turn, occasion.to_owned(), state.to_owned());
    let expected = [row(0, "arrival", "clicked"), row(1, "update", "announced"), row(2, "update", "due")];
    assert_eq!(rows(&bench), expected);
}

#[test]
fn an_answer_settles_only_what_is_still_open() {
    let mut bench = Bench::new();
    bench.deliver((0..6).map(|n| message(&n.to_string())).collect());
    let all = ids(&[1, 2, 3, 4, 5]);
    bench.store.set_announcement(&all, Announcement::Showing, None, NOW).unwrap();
    bench.store.set_announcement(&ids(&[2]), Announcement::Clicked, None, NOW).unwrap();
    bench.store.mark_read(&ids(&[4]), ReadState::Read, NOW).unwrap();
    let runs = all.into_iter().collect();
    bench.store.settle_announcements(&runs, Announcement::Due, None, NOW).unwrap();
    bench.store.settle_announcements(&runs, Announcement::Summarised, None, NOW).unwrap();
    let states: Vec<String> = rows(&bench).into_iter().map(|row| row.3).collect();
    assert_eq!(states, ["summarised", "clicked", "summarised", "withdrawn", "summarised", "due"]);
}

#[test]
fn why_and_when_it_was_announced_stays_whatever_became_of_it() {
    let mut bench = Bench::new();
    bench.deliver((0..3).map(|n| message(&n.to_string())).collect());
    let later = |seconds| NOW.after(std::time::Duration::from_secs(seconds));
    bench.store.announce_on(Grounds::Kind, &ids(&[1, 2]), Announcement::Due, NOW).unwrap();
    // Looked at again, it is for another reason.
    bench.store.announce_on(Grounds::Rule(4), &ids(&[1]), Announcement::Showing, NOW).unwrap();
    let runs = ids(&[1, 2]).into_iter().collect();
    bench.store.settle_announcements(&runs, Announcement::Announced, None, later(1)).unwrap();
    bench.store.set_announcement(&ids(&[1]), Announcement::Clicked, None, later(2)).unwrap();
    bench.store.announce_on(Grounds::Urgent, &ids(&[1, 2]), Announcement::Showing, later(3)).unwrap();
    // Taken back before anybody saw it.
    bench.store.announce_on(Grounds::Urgent, &ids(&[3]), Announcement::Showing, NOW).unwrap();
    bench.store.mark_read(&ids(&[3]), ReadState::Read, NOW).unwrap();
    let shown = |id| super::announced(&bench.store.connection, MessageId(id)).unwrap()[0].shown;
    assert_eq!(shown(1), Some(Shown { at: later(1), grounds: Grounds::Rule(4) }));
    assert_eq!(shown(2), Some(Shown { at: later(1), grounds: Grounds::Kind }));
    assert_eq!(shown(3), None);
}

#[test]
fn an_announcement_of_an_unknown_message_is_ignored() {
    let mut bench = Bench::new();
    bench.store.set_announcement(&ids(&[7]), Announcement::Showing, None, NOW).unwrap();
    assert_eq!(rows(&bench), []);
}
