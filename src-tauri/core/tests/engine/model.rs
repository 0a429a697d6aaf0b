//! Link, dialect and store together, against a model that is a set of ids: whatever the server, the network, the user
//! and the computer do, in the end everything is there once, as the server has it; and what may be missing is said.

#[path = "model/acts.rs"]
mod acts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use belfry_core::action::Action;
use belfry_core::engine::Observation;
use belfry_core::model::MessageId;
use proptest::prelude::*;
use tokio::time::sleep;

use self::acts::{Act, acts};
use crate::server::book::Places;
use crate::server::{Faults, Network, Server};
use crate::world::{Running, World};

/// A message, as the server names it: epoch and id.
type Name = (String, u32);

/// A message that the client has.
struct Row {
    id: MessageId,
    title: String,
    read: bool,
}

struct Case {
    world: World,
    server: Server,
    running: Running,
    /// Every message that there ever was.
    ever: BTreeSet<Name>,
    /// Those that somebody has deleted.
    deleted: BTreeSet<Name>,
    /// Those of which the client was never told what became of them, since it was told to forget its place.
    forgotten: BTreeSet<Name>,
    /// It was told so since the last look.
    dropped: bool,
    /// The messages of which watchers were told.
    told: BTreeSet<MessageId>,
}

impl Case {
    async fn begin(places: Places) -> Self {
        let mut world = World::signed_in().await;
        world.burst_off();
        let server = Server::accepting("s3cret");
        server.name_places(places);
        let running = world.start_on(Arc::new(server.clone()));
        let (ever, deleted) = (BTreeSet::new(), BTreeSet::new());
        let (forgotten, told) = (BTreeSet::new(), BTreeSet::new());
        let mut case = Self { world, server, running, ever, deleted, forgotten, dropped: false, told };
        case.settle().await;
        case
    }

    /// Takes down what the server has, before it may forget.
    fn remember(&mut self) {
        let (ever, deleted) = (&mut self.ever, &mut self.deleted);
        self.server.book(|book| {
            let name = |id| (book.epoch().to_owned(), id);
            ever.extend(book.present().map(|message| name(message.id)));
            deleted.extend(book.deleted().map(name));
        });
    }

    /// What the client has.
    fn rows(&self) -> Result<BTreeMap<Name, Row>, String> {
        let store = rusqlite::Connection::open(self.world.folder.path().join("messages.db")).unwrap();
        let mut statement = store
            .prepare(
                "SELECT id, epoch, remote_id, title, read_at IS NOT NULL FROM message WHERE deleted_at IS NULL",
            )
            .unwrap();
        let mut found = statement.query([]).unwrap();
        let (mut rows, mut epochs) = (BTreeMap::new(), BTreeMap::new());
        while let Some(row) = found.next().unwrap() {
            let (number, remote): (i64, String) = (row.get(1).unwrap(), row.get(2).unwrap());
            let (id, title) = (MessageId(row.get(0).unwrap()), row.get::<_, String>(3).unwrap());
            let [epoch, said, _] = title.split(' ').collect::<Vec<_>>()[..] else { panic!("{title:?}") };
            let epoch = epoch.to_owned();
            if said != remote || *epochs.entry(number).or_insert_with(|| epoch.clone()) != epoch {
                return Err(format!("{title:?} is stored as {remote} of epoch {number}: {epochs:?}"));
            }
            let row = Row { id, title, read: row.get(4).unwrap() };
            if let Some(twice) = rows.insert((epoch, remote.parse().unwrap()), row) {
                return Err(format!("{:?} is there twice", twice.title));
            }
        }
        Ok(rows)
    }

    /// Whether everything is as it should be.
    fn check(&self) -> Result<(), String> {
        let rows = self.rows()?;
        if let Some(strange) = rows.keys().find(|name| !self.ever.contains(name)) {
            return Err(format!("{strange:?} was never sent"));
        }
        self.server.book(|book| {
            for message in book.present() {
                let name = (book.epoch().to_owned(), message.id);
                let Some(row) = rows.get(&name) else { return Err(format!("{name:?} is missing")) };
                if row.title != message.title {
                    return Err(format!("{name:?} is {:?}, not {:?}", row.title, message.title));
                }
                if row.read != message.read && !self.forgotten.contains(&name) {
                    return Err(format!("{name:?} is read: {}, should be: {}", row.read, message.read));
                }
            }
            for id in book.deleted() {
                let name = (book.epoch().to_owned(), id);
                if rows.contains_key(&name) && !self.forgotten.contains(&name) {
                    return Err(format!("{name:?} should be gone"));
                }
            }
            Ok(())
        })?;
        let lost = self.ever.iter().find(|name| !rows.contains_key(name) && !self.deleted.contains(name));
        match lost {
            Some(lost) if self.running.handle.view().sources[0].gap.is_none() => {
                Err(format!("{lost:?} is missing, and nothing is said of it"))
            }
            _ => self.nothing_waits(),
        }
    }

    /// Whether everything that was to be announced, or told to the server, has been.
    fn nothing_waits(&self) -> Result<(), String> {
        let store = rusqlite::Connection::open(self.world.folder.path().join("messages.db")).unwrap();
        let count = |what: &str| {
            store.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get::<_, u64>(0)).unwrap()
        };
        match (count("ledger WHERE state = 'due'"), count("outbox")) {
            (0, 0) => Ok(()),
            (due, unsaid) => Err(format!("{due} popups and {unsaid} marks wait")),
        }
    }

    /// Nothing goes wrong any more; in the end everything is as it should be.
    async fn settle(&mut self) {
        self.server.network(Network::Up);
        self.server.faults(|faults| *faults = Faults::default());
        let mut wrong = Ok(());
        for _ in 0..60 {
            self.running.handle.act(Action::RetryNow).await.unwrap();
            sleep(Duration::from_secs(30)).await;
            self.remember();
            if std::mem::take(&mut self.dropped) {
                self.forgotten.extend(self.ever.iter().cloned());
            }
            wrong = self.check();
            if wrong.is_ok() {
                self.watchers_were_told_once();
                return;
            }
        }
        panic!("{}; the view is {:#?}", wrong.unwrap_err(), self.running.handle.view());
    }

    fn watchers_were_told_once(&mut self) {
        while let Ok(seen) = self.running.observed.try_recv() {
            if let Observation::Message { message, .. } = seen {
                assert!(self.told.insert(message.id), "{} was told twice", message.title);
            }
        }
    }

    async fn restart(&mut self) {
        self.running.handle.stop().await;
        self.watchers_were_told_once();
        self.server.hang_up();
        self.running = self.world.start_on(Arc::new(self.server.clone()));
    }

    /// The user does something with one of the messages.
    async fn user(&mut self, nth: u8, act: impl FnOnce(MessageId) -> Action) -> Option<Name> {
        let rows = self.rows().unwrap_or_else(|wrong| panic!("{wrong}"));
        let (name, row) = rows.iter().nth(usize::from(nth) % rows.len().max(1))?;
        self.running.handle.act(act(row.id)).await.unwrap();
        Some(name.clone())
    }
}

async fn run(places: Places, acts: Vec<Act>) {
    let mut case = Case::begin(places).await;
    for act in acts {
        case.remember();
        case.apply(act).await;
        case.remember();
    }
    case.settle().await;
    case.running.stop().await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var_os("PROPTEST_CASES").map_or(40, |_| ProptestConfig::default().cases),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    })]
    #[test]
    fn whatever_happens_everything_is_there_once_in_the_end(acts in acts(Places::OfTheProtocol)) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(Places::OfTheProtocol, acts));
    }

    /// Of a server whose places say nothing: only its word tells one epoch from another.
    #[test]
    fn the_same_where_places_name_no_epoch(acts in acts(Places::Opaque)) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(Places::Opaque, acts));
    }
}
