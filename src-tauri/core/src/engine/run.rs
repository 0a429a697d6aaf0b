//! The engine's turn: wait for the next thing to happen, apply it, publish, tell.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use futures_util::{Stream as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot, watch};

use super::acts::Job;
use super::announcer::{Announcer, Shown};
use super::bulk::Bulk;
use super::export::ExportRun;
use super::handle::{
    Command, EngineConfig, EngineHandle, ExportFolder, FirstContact, Ports, Reply, SettingsOf, StartError,
};
use super::hold::Holding;
use super::indexing::IndexClock;
use super::observe::{Observation, Observers};
use super::publish::{Publisher, first_view};
use super::reader::{self, ReaderThread, StoreOrThread};
use super::retention::Sweeper;
use super::secrets::SecretReply;
use super::sign_in::AskUser;
use super::source::{Owed, SourceRun, SourceStep};
use super::state_line;
use super::storage::open_store;
use super::surroundings::Network;
use super::undo::Undos;
use crate::action::{Attention, Failure, Outcome, SecretOutcome};
use crate::dialect;
use crate::link::{CursorState, Link, LinkConfig};
use crate::model::{ActivationToken, SourceId, Timestamp};
use crate::ports::{BoxFuture, NotifierEvent, SystemChange};
use crate::settings::profile::{Profile, ProfileLock};
use crate::settings::{Settings, SourceSettings};
use crate::store::{Store, Unannounced};
use crate::view::{Notice, Reveal, StorageView};
use crate::words::Language;

/// How often the runtime gets to look at the sockets before a deadline is taken to be missed.
const DRAIN_ROUNDS: usize = 3;

/// How long what is due may wait for everything else that comes.
const OVERDUE: Duration = Duration::from_millis(500);

/// How long the end waits for the desktop's word on popups.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Most calls, and most popup events, that wait.
const QUEUE: usize = 64;

/// The one owner of all state. Made by [`Engine::new`], at work in [`Engine::run`].
pub struct Engine {
    pub(super) profile: Profile,
    /// Held until everything else is gone.
    lock: ProfileLock,
    pub(super) settings: Settings,
    pub(super) settings_of: SettingsOf,
    pub(super) settings_out: watch::Sender<Arc<Settings>>,
    /// What the settings file said last: beside these settings, what was changed in it by hand.
    pub(super) settings_on_disk: Settings,
    pub(super) store: Store,
    pub(super) reader: ReaderThread,
    /// How the store fares.
    pub(super) storage: StorageView,
    pub(super) ports: Ports,
    pub(super) sources: Vec<SourceRun>,
    /// The one that has had its turn last.
    last_source: usize,
    pub(super) announcer: Announcer,
    pub(super) publisher: Publisher,
    pub(super) undos: Undos,
    pub(super) bulk: Bulk,
    pub(super) index_clock: IndexClock,
    pub(super) jobs: FuturesUnordered<BoxFuture<'static, Job>>,
    /// Sessions that are being ended on their servers.
    pub(super) goodbyes: FuturesUnordered<BoxFuture<'static, ()>>,
    /// Answers that wait for the view that shows what they speak of.
    pub(super) replies: Vec<(Reply, Result<Outcome, Failure>)>,
    pub(super) secret_replies: Vec<(SecretReply, Result<SecretOutcome, Failure>)>,
    pub(super) reveal: Option<Reveal>,
    /// What lets a window come to the front in answer to the click that is being carried out.
    pub(super) click: Option<ActivationToken>,
    pub(super) sweeper: Sweeper,
    /// Whether the program starts with the session, as the system last said.
    pub(super) at_login: Option<bool>,
    /// What the user has to know and has not put away.
    pub(super) notices: Vec<Notice>,
    pub(super) reveals: u64,
    pub(super) attention: Attention,
    pub(super) holding: Holding,
    /// When the next message comes back that was put off.
    pub(super) next_wake: Option<Timestamp>,
    /// Whether the inbox has to be summed up anew.
    pub(super) inbox_changed: bool,
    pub(super) exports: Option<ExportFolder>,
    pub(super) exporting: Option<ExportRun>,
    pub(super) connects: bool,
    pub(super) first_contact: FirstContact,
    pub(super) utc_offset: i32,
    system_language: Language,
    seed: u64,
    commands: mpsc::Receiver<Command>,
    popups: mpsc::Receiver<NotifierEvent>,
    keychain: mpsc::Receiver<()>,
    surroundings: mpsc::Receiver<SystemChange>,
    /// What the system last said.
    pub(super) system_network: Network,
    observers: Observers,
}

/// Something that has happened.
enum Happening {
    Command(Command),
    /// Nobody holds a handle any more.
    Abandoned,
    Notifier(NotifierEvent),
    /// The keychain may answer otherwise than before.
    Keychain,
    /// Something has happened to the computer.
    System(SystemChange),
    Shown(Shown),
    Job(Job),
    Source(usize, SourceStep),
    Time,
}

impl Engine {
    /// Opens the profile's store and puts an engine together. Its first view is complete; it connects to
    /// nothing until it runs.
    ///
    /// # Errors
    /// [`StartError`] if the store cannot be opened or the reader's thread cannot be made.
    pub fn new(config: EngineConfig) -> Result<(Self, EngineHandle), StartError> {
        let now = clock();
        let started = config.ports.clock.now();
        let (store, set_aside) = open_store(&config.profile)?;
        // What was set aside comes again from the servers, as far as they still have it.
        let first_contact = match (&set_aside, config.first_contact) {
            (Some(_), FirstContact::Newest) => FirstContact::Beginning,
            (_, wanted) => wanted,
        };
        let language = config.settings.preferences.language.resolve(config.system_language);
        let first = first_view(&config.version, config.demo, language);
        let (view_out, views) = watch::channel(Arc::new(first));
        let (settings_out, settings_in) = watch::channel(Arc::new(config.settings.clone()));
        let reader = reader::start(
            config.profile.database_path(),
            settings_in,
            views.clone(),
            Arc::clone(&config.ports.clock),
        )
        .map_err(|error| match error {
            StoreOrThread::Store(error) => StartError::Store(error),
            StoreOrThread::Thread(error) => StartError::Thread(error),
        })?;
        let (commands_in, commands) = mpsc::channel(QUEUE);
        let (popups_in, popups) = mpsc::channel(QUEUE);
        config.ports.notifier.report_to(popups_in);
        // One report says as much as several.
        let (keychain_in, keychain) = mpsc::channel(1);
        config.ports.secrets.report_to(keychain_in);
        let (changes, surroundings) = mpsc::channel(QUEUE);
        config.ports.surroundings.report_to(changes);
        let bulk = Bulk::resume(store.resume_all_read().map_err(StartError::Store)?);
        let mut engine = Self {
            profile: config.profile,
            lock: config.lock,
            settings_on_disk: config.settings.clone(),
            settings: config.settings,
            settings_of: config.settings_of,
            settings_out,
            store,
            reader,
            storage: StorageView { trouble: None, set_aside },
            announcer: Announcer::new(Arc::clone(&config.ports.notifier), now),
            ports: config.ports,
            sources: Vec::new(),
            last_source: 0,
            publisher: Publisher::new(view_out),
            undos: Undos::new(started),
            bulk,
            index_clock: IndexClock::default(),
            jobs: FuturesUnordered::new(),
            goodbyes: FuturesUnordered::new(),
            replies: Vec::new(),
            secret_replies: Vec::new(),
            reveal: None,
            click: None,
            sweeper: Sweeper::default(),
            at_login: None,
            notices: config.notices,
            reveals: 0,
            attention: Attention::default(),
            holding: Holding::default(),
            next_wake: None,
            inbox_changed: true,
            exports: config.exports,
            exporting: None,
            connects: config.connects,
            first_contact,
            utc_offset: config.utc_offset,
            system_language: config.system_language,
            seed: config.seed,
            commands,
            popups,
            keychain,
            surroundings,
            system_network: Network::default(),
            observers: Observers::new(config.observer),
        };
        engine.take_back_unfinished();
        for source in engine.settings.sources.clone() {
            engine.add_run(source);
        }
        engine.look_at_login();
        engine.hold_step();
        engine.publish(now);
        let observers = engine.observers.door();
        let readings = engine.reader.questions.clone();
        Ok((engine, EngineHandle { views, commands: commands_in, readings, observers }))
    }

    /// Works until it is told to stop, or until nobody holds a handle.
    pub async fn run(mut self) {
        // Before anything is shown: a service that hangs does things in the order in which it is asked.
        self.clear_away();
        self.announce_open(Unannounced::All);
        self.erase_leftovers();
        self.settle().await;
        loop {
            let happening = self.next().await;
            if let Some(done) = self.apply(happening).await {
                return self.stop(done).await;
            }
            self.settle().await;
        }
    }

    /// Applies what has happened; an answer to whom it may concern if the engine is to end.
    async fn apply(&mut self, happening: Happening) -> Option<Option<oneshot::Sender<()>>> {
        match happening {
            Happening::Command(Command::Stop(done)) => return Some(Some(done)),
            Happening::Abandoned => return Some(None),
            Happening::Command(Command::Act(action, activation, reply)) => {
                self.by_click(activation, |engine| engine.act(*action, reply));
            }
            Happening::Command(Command::Secret(what, credentials, reply)) => {
                self.secret(what, credentials, reply);
            }
            Happening::Command(Command::Probe(source, depth, reply)) => self.probe(source, depth, reply),
            Happening::Command(Command::Image(id, url, reply)) => self.image(id, &url, reply),
            Happening::Notifier(NotifierEvent::Popup(event)) => {
                self.by_click(event.activation.clone(), |engine| engine.popup_event(&event));
            }
            Happening::Notifier(NotifierEvent::Back) => self.announce_again(),
            Happening::Keychain => self.keychain_changed(),
            Happening::System(change) => self.system_changed(change),
            Happening::Shown(shown) => self.shown(shown),
            Happening::Job(job) => self.job_done(job),
            Happening::Source(index, step) => self.source_step(index, step),
            Happening::Time => self.time_passed().await,
        }
        None
    }

    /// The only place that waits. Every future lives in a field and is merely polled here.
    async fn next(&mut self) -> Happening {
        let deadline = self.deadline();
        let time = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        let mut time = pin!(time);
        poll_fn(|cx| {
            // What is due long since goes first: otherwise it would wait for as long as something else comes.
            if deadline.is_some_and(|at| at + OVERDUE <= clock()) {
                return Poll::Ready(Happening::Time);
            }
            if let Poll::Ready(happening) = self.poll_next(cx) {
                return Poll::Ready(happening);
            }
            time.as_mut().poll(cx).map(|()| Happening::Time)
        })
        .await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Happening> {
        if let Poll::Ready(command) = self.commands.poll_recv(cx) {
            return Poll::Ready(command.map_or(Happening::Abandoned, Happening::Command));
        }
        if let Poll::Ready(Some(event)) = self.popups.poll_recv(cx) {
            return Poll::Ready(Happening::Notifier(event));
        }
        if let Poll::Ready(Some(())) = self.keychain.poll_recv(cx) {
            return Poll::Ready(Happening::Keychain);
        }
        if let Poll::Ready(Some(change)) = self.surroundings.poll_recv(cx) {
            return Poll::Ready(Happening::System(change));
        }
        if let Poll::Ready(shown) = self.announcer.poll_shown(cx) {
            return Poll::Ready(Happening::Shown(shown));
        }
        if let Poll::Ready(Some(job)) = std::pin::Pin::new(&mut self.jobs).poll_next(cx) {
            return Poll::Ready(Happening::Job(job));
        }
        // Whatever came of them.
        while let Poll::Ready(Some(())) = std::pin::Pin::new(&mut self.goodbyes).poll_next(cx) {}
        match self.poll_sources(cx) {
            Some((index, step)) => Poll::Ready(Happening::Source(index, step)),
            None => Poll::Pending,
        }
    }

    /// When time alone gives the engine something to do.
    fn deadline(&self) -> Option<Instant> {
        let links = self.sources.iter().filter_map(|run| run.link.poll_timeout());
        let repeats = self.sources.iter().filter_map(|run| run.held.deadline());
        let tellings = self.sources.iter().filter_map(|run| self.telling_deadline(run));
        let rest = [
            self.announcer.deadline(),
            self.missing_deadline(clock()),
            self.keychain_deadline(),
            self.undos.deadline(),
            self.bulk.deadline(),
            self.sweep_deadline(),
            self.hold_deadline(),
            self.wake_deadline(),
            self.index_clock.deadline(),
        ];
        links.chain(repeats).chain(tellings).chain(rest.into_iter().flatten()).min()
    }

    /// Does what is due, once everything that the open streams have ready has been taken: after a pause of
    /// the whole program, silence is not the server's.
    async fn time_passed(&mut self) {
        for _ in 0..DRAIN_ROUNDS {
            // Lets the runtime look at the sockets and the connections' own tasks run.
            tokio::task::yield_now().await;
            if let Some((index, step)) = poll_fn(|cx| Poll::Ready(self.poll_sources(cx))).await {
                self.source_step(index, step);
                self.carry_out(index);
            }
        }
        let now = clock();
        // What has just been taken may be followed by another attempt at once, and is not passed over for that.
        self.tell_states(now);
        for index in 0..self.sources.len() {
            self.sources[index].link.handle_timeout(now);
            self.held_step(index, now);
        }
        self.keychain_step(now);
        self.hold_step();
        self.wake_step();
        self.next_popup(now);
        self.undo_step();
        self.bulk_step();
        self.sweep_step();
        self.index_step();
    }

    fn poll_sources(&mut self, cx: &mut Context<'_>) -> Option<(usize, SourceStep)> {
        // Whoever has had its turn comes last: one that always has something to say keeps no other from it.
        let count = self.sources.len();
        let step =
            (1..=count).map(|ahead| (self.last_source + ahead) % count).find_map(|index| {
                match self.sources[index].poll_step(cx) {
                    Poll::Ready(step) => Some((index, step)),
                    Poll::Pending => None,
                }
            })?;
        self.last_source = step.0;
        Some(step)
    }

    /// Carries out what the machines ask for, publishes, answers, tells.
    async fn settle(&mut self) {
        let now = clock();
        self.note_gone();
        self.tell_servers(now);
        for index in 0..self.sources.len() {
            self.carry_out(index);
        }
        self.tell_states(now);
        self.publish(now);
        for (reply, result) in self.replies.drain(..) {
            // Whoever asked may have gone.
            let _ = reply.send(result);
        }
        for (reply, result) in self.secret_replies.drain(..) {
            let _ = reply.send(result);
        }
        self.observers.tell().await;
    }

    /// Tells those who watch of the states that connections have come into.
    fn tell_states(&mut self, now: Instant) {
        for index in 0..self.sources.len() {
            let wall = self.clock_now();
            let run = &mut self.sources[index];
            if run.refresh(now, wall) {
                let (source, link) = (run.id(), run.link_view().clone());
                let trouble = run.trouble.take();
                state_line::log(&run.settings.name, &link, trouble.as_deref(), wall);
                self.observe(|| Observation::State { source, link });
            }
        }
    }

    /// Remembers something for those who watch, if anyone does.
    pub(super) fn observe(&mut self, observation: impl FnOnce() -> Observation) {
        self.observers.remember(observation);
    }

    /// Puts a source to work.
    pub(super) fn add_run(&mut self, settings: SourceSettings) {
        let place = self.stored_place(settings.id).unwrap_or(CursorState::Fresh);
        let link = self.new_link(&settings, place);
        let kinds = self.stored_kinds(settings.id);
        let mut run = SourceRun::new(settings, link, kinds, clock(), self.clock_now());
        run.gap = self.last_gap(run.id());
        if let Ok(place) = self.store.cursor(run.id()) {
            run.names_epochs = place.names_epochs;
            run.owed = place.owed.map(Owed::new);
        }
        self.sources.push(run);
        self.recall_moves(self.sources.len() - 1);
        self.look_for_token(self.sources.len() - 1, AskUser::Yes);
    }

    /// The place in a server's history that the store remembers; nothing if it cannot be read.
    pub(super) fn stored_place(&self, source: SourceId) -> Option<CursorState> {
        match self.store.cursor(source) {
            Ok(place) => Some(place.cursor.map_or(CursorState::Fresh, CursorState::At)),
            Err(error) => {
                tracing::error!(%error, "the place in the server's history could not be read");
                None
            }
        }
    }

    /// A machine at rest, at a place in the server's history.
    pub(super) fn new_link(&mut self, settings: &SourceSettings, place: CursorState) -> Link {
        let cursor = match (place, &self.first_contact) {
            (CursorState::Fresh, FirstContact::After(cursor)) => CursorState::At(cursor.clone()),
            (cursor, _) => cursor,
        };
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let config = LinkConfig::new(settings, dialect::beat(settings.dialect));
        let mut link = Link::new(config, cursor, self.seed, clock());
        self.tell_network(settings, &mut link);
        link
    }

    /// Whether somebody watches.
    pub(super) fn is_observed(&self) -> bool {
        self.observers.any()
    }

    /// The engine's place for a source.
    pub(super) fn index(&self, source: SourceId) -> usize {
        self.sources.iter().position(|run| run.id() == source).unwrap_or(usize::MAX)
    }

    pub(super) fn language(&self) -> Language {
        self.settings.preferences.language.resolve(self.system_language)
    }

    pub(super) fn clock_now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Closes everything, the reader's way into the database too, gives the profile back, and only then says so. Popups that are on their way get a
    /// moment, so that the next start does not mention them again; then all leave the screen.
    async fn stop(mut self, done: Option<oneshot::Sender<()>>) {
        let end = tokio::time::Instant::now() + LAST_WORD;
        while self.announcer.is_showing() {
            let shown = poll_fn(|cx| self.announcer.poll_shown(cx));
            match tokio::time::timeout_at(end, shown).await {
                Ok(shown) => self.shown(shown),
                Err(_) => break,
            }
        }
        // A click on one would do nothing any more. What the desktop does not do now, the next start asks for.
        if self.announcer.leave(end).await {
            self.note_gone();
        }
        while self.goodbyes.next().await.is_some() {}
        let Self { mut store, reader, sources, lock, undos, bulk, sweeper, exporting, .. } = self;
        if let Some(export) = exporting {
            export.end().await;
        }
        for former in undos.into_all().chain(bulk.into_all()).chain([sweeper.into_former()]) {
            if let Err(error) = store.erase(&former) {
                tracing::error!(%error, "deleted messages could not be erased");
            }
        }
        drop(sources);
        // The writer goes last: only it can bring the journal into the database and clear it away. Whoever opens
        // the database while that is done may be told that it is locked; the next engine must not meet that.
        reader.end().await;
        drop(store);
        drop(lock);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}

/// The engine's monotonic time; paused where a test pauses tokio's.
pub(super) fn clock() -> Instant {
    tokio::time::Instant::now().into_std()
}
