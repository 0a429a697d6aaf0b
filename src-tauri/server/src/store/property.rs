//! A property of the store as a whole: whatever happens, in whatever order and between whatever pages, a reader that
//! walks from any place ends where everyone else does.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::fixture::{Fixture, WIDE};
use super::{Change, Limits, MarkState, Op, Outcome, Snapshot};

/// One step of a story. Places in the list of ids are taken modulo its length.
#[derive(Clone, Debug)]
enum Step {
    Publish,
    PublishToOther,
    Update(usize),
    Mark(usize, MarkState),
    MarkAll(u64),
    /// The slow reader takes one page of so many changes.
    Read(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![Just(MarkState::Read), Just(MarkState::Unread), Just(MarkState::Deleted)];
    prop_oneof![
        4 => Just(Step::Publish),
        1 => Just(Step::PublishToOther),
        3 => any::<usize>().prop_map(Step::Update),
        3 => (any::<usize>(), state).prop_map(|(place, state)| Step::Mark(place, state)),
        1 => (0..60_u64).prop_map(Step::MarkAll),
        3 => (1..4_usize).prop_map(Step::Read),
    ]
}

/// What a reader holds: text and mark by id.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reader {
    after: u64,
    held: BTreeMap<u64, (String, bool)>,
}

impl Reader {
    /// Takes a page, and checks that its numbers rise and that no message stands in it twice.
    fn read(&mut self, store: &mut Fixture, limits: Limits) -> bool {
        let snapshot = Snapshot::open(&mut store.reader, "me").unwrap();
        let (mut place, mut seen) = (self.after, Vec::new());
        let walked = snapshot
            .changes(self.after, limits, |change| {
                assert!(change.seq() > place);
                place = change.seq();
                match change {
                    Change::Message { id, read, body, .. } => {
                        assert!(!seen.contains(&id), "once in its present form");
                        seen.push(id);
                        self.held.insert(id, (body.to_owned(), read));
                    }
                    Change::Mark { state, ids, .. } => {
                        for id in serde_json::from_str::<Vec<String>>(ids).unwrap() {
                            self.mark(id.parse().unwrap(), state);
                        }
                    }
                }
                1
            })
            .unwrap();
        self.after = walked.last;
        walked.more
    }

    fn mark(&mut self, id: u64, state: MarkState) {
        match state {
            MarkState::Deleted => drop(self.held.remove(&id)),
            MarkState::Read | MarkState::Unread => {
                if let Some((_, read)) = self.held.get_mut(&id) {
                    *read = state == MarkState::Read;
                }
            }
        }
    }
}

/// Tells the story to the store and to a plain map; yields both, and readers that stopped in the middle.
fn tell(steps: &[Step]) -> (Fixture, BTreeMap<u64, (String, bool)>, Vec<Reader>) {
    let mut store = Fixture::new();
    let (mut truth, mut numbers, mut ids) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let (mut slow, mut stopped) = (Reader::default(), vec![Reader::default()]);
    for (round, step) in steps.iter().enumerate() {
        let pick = |place: usize, ids: &[u64]| (!ids.is_empty()).then(|| ids[place % ids.len()]);
        match step {
            Step::Publish => {
                let placed = store.publish(&["me"], &round.to_string());
                truth.insert(placed.id, (format!(r#"{{"title":"{round}"}}"#), false));
                numbers.insert(placed.id, placed.seq);
                ids.push(placed.id);
            }
            Step::PublishToOther => drop(store.publish(&["you"], "not for me")),
            Step::Update(place) => {
                let Some(id) = pick(*place, &ids) else { continue };
                let (user, kind, body) = ("me".into(), "reply".into(), format!(r#"{{"title":"{round}"}}"#));
                let op = Op::Update { user, id, kind, read: None, body: body.clone() };
                if store.apply(op) == Outcome::Done {
                    truth.get_mut(&id).unwrap().0 = body;
                    numbers.insert(id, store.head());
                }
            }
            Step::Mark(place, state) => {
                let Some(id) = pick(*place, &ids) else { continue };
                store.mark("me", &[id], *state);
                let mut model = Reader { after: 0, held: std::mem::take(&mut truth) };
                model.mark(id, *state);
                truth = model.held;
            }
            Step::MarkAll(up_to) => {
                store.apply(Op::MarkAllRead { user: "me".into(), up_to: *up_to });
                for (id, (_, read)) in &mut truth {
                    *read |= numbers[id] <= *up_to;
                }
            }
            Step::Read(changes) => {
                slow.read(&mut store, Limits { changes: *changes, ..WIDE });
                stopped.push(slow.clone());
            }
        }
    }
    (store, truth, stopped)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reader_ends_at_the_truth(steps in prop::collection::vec(step(), 1..60), changes in 1..5_usize) {
        let (mut store, truth, stopped) = tell(&steps);
        let unread = truth.values().filter(|(_, read)| !read).count() as u64;
        prop_assert_eq!(store.unread("me"), unread);
        for mut reader in stopped {
            while reader.read(&mut store, Limits { changes, ..WIDE }) {}
            prop_assert_eq!(&reader.held, &truth);
        }
    }
}
