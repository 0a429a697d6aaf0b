//! What the servers said, and what the machines ask for in return.

use std::collections::BTreeMap;
use std::time::Instant;

use super::acts::token_input;
use super::handle::{FirstContact, Observation};
use super::run::{Engine, clock};
use super::source::{
    ConnectionFacts, Errand, History, PAGE, Phase, READY_PATIENCE, SourceRun, SourceStep, StreamEnd,
};
use super::translate::{After, Clock, Heard, Past, Stretch, page_batch};
use crate::dialect::{self, HistoryFrom, HistoryPage, Target, target};
use crate::link::{Attempt, Brought, Channel, CursorState, Failure, Input, Life, Output, PollFailure};
use crate::model::{Cursor, GapReason, Message, MessageId, SourceId, Token, Via};
use crate::policy::Repeated;
use crate::ports::{
    ConnectError, FetchError, HistoryReply, SecretError, StreamEvent, StreamOpened, TransportFault,
};
use crate::store::{Batch, Change, CursorUpdate, Delivered, LogEvent, PlaceUpdate, StoreError, WalkUpdate};
use crate::view::GapView;

impl Engine {
    /// Carries out what a machine asks for.
    pub(super) fn carry_out(&mut self, index: usize) {
        while let Some(output) = self.sources[index].link.poll_output() {
            let run = &mut self.sources[index];
            match output {
                Output::Connect { attempt, cursor } => {
                    run.begin(Channel::Stream(attempt), cursor, &self.ports, self.profile.id);
                }
                Output::Poll { number, cursor } => {
                    run.begin(Channel::Poll(number), cursor, &self.ports, self.profile.id);
                }
                Output::Close { attempt } => run.end(Channel::Stream(attempt)),
                Output::CancelPoll { number } => run.end(Channel::Poll(number)),
                Output::CursorDropped => self.forget_cursor(index),
                Output::Rejected => {
                    let source = run.id();
                    self.announce_rejected(source);
                }
            }
        }
    }

    /// Takes what has happened to a source.
    pub(super) fn source_step(&mut self, index: usize, step: SourceStep) {
        match step {
            SourceStep::Token(by, cursor, result) => self.token_came(index, by, &cursor, result),
            SourceStep::Page(Errand::Walk, result) => self.older_page_came(index, result),
            SourceStep::Page(Errand::Request(by), result) => self.page_came(index, by, result),
            SourceStep::Opened(attempt, result) => self.opened(index, attempt, result),
            SourceStep::Events(attempt, events, end) => self.events_came(index, attempt, events, end),
        }
    }

    /// Ends the repetition of a server that has paused for too long without a `ready`.
    pub(super) fn repetition_step(&mut self, index: usize, now: Instant) {
        let run = &mut self.sources[index];
        if run.repetition_deadline().is_some_and(|until| until <= now) {
            run.connection.phase = Phase::NeverReady;
            let held = std::mem::take(&mut run.held);
            self.announce_repeated(held, now);
        }
    }

    /// The last gap that a source reported, for the view.
    pub(super) fn last_gap(&self, source: SourceId) -> Option<GapView> {
        let gap = self.store.last_gap(source).ok().flatten()?;
        Some(GapView { from: gap.from, until: gap.until })
    }

    fn token_came(
        &mut self,
        index: usize,
        by: Channel,
        cursor: &CursorState,
        result: Result<Option<Token>, SecretError>,
    ) {
        let run = &mut self.sources[index];
        if run.session.is_none() {
            let (place, input) = token_input(&result);
            run.secret = place;
            if !matches!(input, Input::SignedIn) {
                return run.link.handle(clock(), input);
            }
        }
        let Ok(Some(token)) = result else { return };
        run.take_token(token);
        // The keychain's time is not the server's.
        run.link.handle(clock(), Input::Progress { by });
        let walk = match by {
            Channel::Stream(_) => cursor.walk_first(),
            Channel::Poll(_) => true,
        };
        match by {
            Channel::Stream(attempt) if !walk || run.history == History::Absent => {
                self.open_stream(index, attempt)
            }
            Channel::Stream(_) | Channel::Poll(_) => self.ask_for_page(index, by, cursor.after()),
        }
    }

    fn open_stream(&mut self, index: usize, attempt: Attempt) {
        self.sources[index].open_stream(attempt, &self.ports);
    }

    fn ask_for_page(&mut self, index: usize, by: Channel, after: Option<&Cursor>) {
        let run = &mut self.sources[index];
        let url = match (after, &self.first_contact) {
            (Some(cursor), _) => dialect::history_url(&run.settings, HistoryFrom::After(cursor), PAGE),
            (None, FirstContact::Now) => dialect::history_url(&run.settings, HistoryFrom::Newest, 1),
            (None, _) => dialect::history_url(&run.settings, HistoryFrom::Newest, PAGE),
        };
        match url {
            Some(url) => run.ask_for_page(Errand::Request(by), url, &self.ports),
            None => self.no_history(index, by),
        }
    }

    fn no_history(&mut self, index: usize, by: Channel) {
        let run = &mut self.sources[index];
        run.history = History::Absent;
        match by {
            Channel::Stream(attempt) => self.open_stream(index, attempt),
            Channel::Poll(number) => {
                let result = Err(PollFailure::Unsupported);
                run.link.handle(clock(), Input::Polled { number, result });
            }
        }
    }

    fn page_came(&mut self, index: usize, by: Channel, result: Result<HistoryReply, FetchError>) {
        let page = match result {
            Ok(reply) => dialect::decode_history(self.sources[index].settings.dialect, &reply.body),
            Err(FetchError::Unsupported) => return self.no_history(index, by),
            Err(error) => return self.page_failed(index, by, &error),
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(source = %self.sources[index].settings.name, %error, "the history makes no sense");
                return match by {
                    Channel::Stream(_) => self.no_history(index, by),
                    Channel::Poll(number) => {
                        let result = Err(PollFailure::Unusable);
                        self.sources[index].link.handle(clock(), Input::Polled { number, result });
                    }
                };
            }
        };
        let run = &mut self.sources[index];
        run.history = History::Present;
        let first = matches!(run.link.cursor(), CursorState::Fresh);
        let more = page.more;
        let brought = if page.is_empty() { Brought::CursorOnly } else { Brought::Changes };
        let cursor = page.cursor.clone();
        let via = match by {
            Channel::Stream(_) => Via::Backfill,
            Channel::Poll(_) => Via::Poll,
        };
        match self.deliver_page(index, page, via, first) {
            Ok(()) => {}
            Err(error) => return self.storage_failed(index, by, &error),
        }
        let run = &mut self.sources[index];
        run.link.handle(clock(), Input::Committed { by, cursor: cursor.clone(), brought });
        match (more, by) {
            (true, _) => {
                run.link.handle(clock(), Input::Progress { by });
                self.ask_for_page(index, by, cursor.as_ref());
            }
            (false, Channel::Stream(attempt)) => self.open_stream(index, attempt),
            (false, Channel::Poll(number)) => {
                run.link.handle(clock(), Input::Polled { number, result: Ok(()) });
            }
        }
    }

    /// Stores a page and announces what came while nobody was connected.
    fn deliver_page(
        &mut self,
        index: usize,
        mut page: HistoryPage,
        via: Via,
        first: bool,
    ) -> Result<(), StoreError> {
        let past = if first { Past::History } else { Past::Missed };
        let walk = match (&self.first_contact, first, page.messages.first()) {
            (FirstContact::Beginning, true, Some(oldest)) => {
                oldest.remote_id.clone().map_or(WalkUpdate::Keep, WalkUpdate::Before)
            }
            _ => WalkUpdate::Keep,
        };
        if first && self.first_contact == FirstContact::Now {
            page.messages.clear();
        }
        let dialect = self.sources[index].settings.dialect;
        let epoch = page.cursor.as_ref().map(|cursor| dialect::epoch(dialect, cursor)).unwrap_or_default();
        let cursor = page.cursor.clone().map_or(CursorUpdate::Keep, CursorUpdate::Set);
        let batch = page_batch(page, via, past, self.times(), PlaceUpdate { cursor, walk }, epoch);
        let mut missed = Repeated::default();
        missed.extend(self.deliver(index, batch)?);
        self.announce_repeated(missed, clock());
        Ok(())
    }

    fn page_failed(&mut self, index: usize, by: Channel, error: &FetchError) {
        let link = &mut self.sources[index].link;
        match by {
            Channel::Stream(attempt) => {
                link.handle(clock(), Input::Failed { attempt, failure: fetch_failure(error) });
            }
            Channel::Poll(number) => {
                link.handle(clock(), Input::Polled { number, result: Err(poll_failure(error)) });
            }
        }
    }

    /// Goes on with an unfinished walk through the server's past.
    fn walk(&mut self, index: usize) {
        let run = &mut self.sources[index];
        if run.is_walking() || run.history == History::Absent {
            return;
        }
        let Ok(Some(oldest)) = self.store.cursor(run.id()).map(|place| place.history_before) else { return };
        if let Some(url) = dialect::history_url(&run.settings, HistoryFrom::Before(&oldest), PAGE) {
            run.ask_for_page(Errand::Walk, url, &self.ports);
        }
    }

    fn older_page_came(&mut self, index: usize, result: Result<HistoryReply, FetchError>) {
        let dialect = self.sources[index].settings.dialect;
        let page = match result.map(|reply| dialect::decode_history(dialect, &reply.body)) {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return tracing::warn!(%error, "older history makes no sense"),
            // The next connection goes on with it.
            Err(error) => return tracing::warn!(%error, "older history could not be fetched"),
        };
        // Older pages come newest first.
        let oldest = page.messages.last().and_then(|message| message.remote_id.clone());
        let walk = match oldest {
            Some(oldest) if page.more => WalkUpdate::Before(oldest),
            Some(_) | None => WalkUpdate::Done,
        };
        let Ok(place) = self.store.cursor(self.sources[index].id()) else { return };
        let update = PlaceUpdate { cursor: CursorUpdate::Keep, walk };
        let batch = page_batch(page, Via::Backfill, Past::History, self.times(), update, place.epoch);
        match self.deliver(index, batch) {
            Ok(_) => self.walk(index),
            Err(error) => tracing::error!(%error, "older history could not be stored"),
        }
    }

    fn opened(&mut self, index: usize, attempt: Attempt, result: Result<StreamOpened, ConnectError>) {
        let (now, wall) = (clock(), self.clock_now());
        let run = &mut self.sources[index];
        match result {
            Ok(stream) => {
                let first = matches!(run.link.cursor(), CursorState::Fresh);
                run.connection = ConnectionFacts::new(now, wall);
                run.connection.first = first;
                run.take_stream(attempt, stream);
                run.link.handle(now, Input::Opened { attempt });
                self.walk(index);
            }
            Err(error) => {
                tracing::info!(source = %run.settings.name, %error, "no stream");
                run.link.handle(now, Input::Failed { attempt, failure: connect_failure(error) });
            }
        }
    }

    fn events_came(
        &mut self,
        index: usize,
        attempt: Attempt,
        events: Vec<StreamEvent>,
        end: Option<StreamEnd>,
    ) {
        let now = clock();
        let run = &mut self.sources[index];
        let came = !events.is_empty();
        let events: Vec<Came> = events.into_iter().map(|event| Came::of(run, event)).collect();
        if came {
            let news =
                events.iter().any(|came| matches!(came, Came::Heard(heard) if heard.decoded.is_news()));
            let life = if news { Life::Message } else { Life::Beat };
            run.link.handle(now, Input::Heard { attempt, life });
        }
        match self.take_events(index, attempt, events) {
            Ok(()) => {}
            Err(error) => return self.storage_failed(index, Channel::Stream(attempt), &error),
        }
        let failure = match end {
            None => return,
            Some(StreamEnd::Closed) => Failure::Ended,
            Some(StreamEnd::Broken(error)) => {
                tracing::info!(source = %self.sources[index].settings.name, %error, "the stream broke");
                Failure::Broken
            }
        };
        self.sources[index].link.handle(now, Input::Failed { attempt, failure });
    }

    /// Turns events into as few transactions as their order allows.
    fn take_events(&mut self, index: usize, attempt: Attempt, events: Vec<Came>) -> Result<(), StoreError> {
        let times = self.times();
        let mut stretch = Stretch::default();
        for event in events {
            let run = &mut self.sources[index];
            match event {
                Came::Heard(heard) => {
                    run.repetition_goes_on(clock() + READY_PATIENCE);
                    if run.connection.id_cleared(&heard.id) {
                        stretch.cursor = Some(Cursor(String::new()));
                    }
                    if stretch.is_of_another_epoch(run, &heard.id) {
                        self.commit(index, attempt, std::mem::take(&mut stretch))?;
                    }
                    match stretch.take(&self.sources[index], heard, times) {
                        After::Nothing => {}
                        After::Ready => {
                            self.commit(index, attempt, std::mem::take(&mut stretch))?;
                            self.ready(index);
                        }
                    }
                }
                Came::Other(StreamEvent::Id(id)) => stretch.cursor = Some(Cursor(id)),
                Came::Other(StreamEvent::Oversized { id }) => {
                    stretch
                        .problem("oversized", "an event was larger than allowed and was skipped".to_owned());
                    if !id.is_empty() {
                        stretch.cursor = Some(Cursor(id));
                    }
                }
                Came::Other(StreamEvent::Retry(span)) => {
                    run.link.handle(clock(), Input::Retry { attempt, span });
                }
                Came::Other(StreamEvent::Frame(_) | StreamEvent::Comment(_) | StreamEvent::Activity) => {}
            }
        }
        self.commit(index, attempt, stretch)
    }

    fn ready(&mut self, index: usize) {
        let run = &mut self.sources[index];
        run.connection.phase = Phase::Ready;
        let held = std::mem::take(&mut run.held);
        self.announce_repeated(held, clock());
    }

    /// Commits a stretch of events; then the machine learns the cursor, and the announcements go out.
    fn commit(&mut self, index: usize, attempt: Attempt, stretch: Stretch) -> Result<(), StoreError> {
        if stretch.is_empty() {
            return Ok(());
        }
        let cursor = stretch.cursor.clone();
        let brought = if stretch.brings_news() { Brought::Changes } else { Brought::CursorOnly };
        let run = &self.sources[index];
        let epoch = match cursor.as_ref().or_else(|| run.link.cursor().after()) {
            Some(cursor) => dialect::epoch(run.settings.dialect, cursor),
            None => crate::model::Epoch::default(),
        };
        let due = self.deliver(index, stretch.into_batch(epoch))?;
        let by = Channel::Stream(attempt);
        self.sources[index].link.handle(clock(), Input::Committed { by, cursor, brought });

        let (live, repeated): (Vec<Message>, Vec<Message>) =
            due.into_iter().partition(|message| message.via == Via::Live);
        self.announce_live(&live, clock());
        let run = &mut self.sources[index];
        run.held.extend(repeated);
        match run.connection.phase {
            Phase::Repeating { .. } => {}
            Phase::Ready | Phase::NeverReady => {
                let held = std::mem::take(&mut run.held);
                self.announce_repeated(held, clock());
            }
        }
        Ok(())
    }

    /// One transaction, and what follows from it at once: popups that are of no use any more, what watchers
    /// are told. Returns what has to be announced.
    fn deliver(&mut self, index: usize, batch: Batch) -> Result<Vec<Message>, StoreError> {
        let source = self.sources[index].id();
        let gaps: Vec<_> = batch.changes.iter().filter_map(gap_of).collect();
        let Delivered { new, due, read_elsewhere, deleted, .. } =
            self.store.deliver(source, &batch, self.ports.clock.now())?;
        self.inbox_changed = true;
        self.withdraw(&read_elsewhere);
        self.withdraw(&deleted);
        for (reason, from, until) in gaps {
            tracing::warn!(source = %self.sources[index].settings.name, reason, "messages may be missing");
            self.sources[index].gap = Some(GapView { from, until });
            self.observe(|| Observation::Gap { source, reason, from, until });
        }
        self.observe_new(index, &new)?;
        self.due_messages(new, &due)
    }

    /// The messages that a batch made due: mostly new ones; of updated ones the whole is read again.
    fn due_messages(&self, new: Vec<Message>, due: &[MessageId]) -> Result<Vec<Message>, StoreError> {
        let mut new: BTreeMap<MessageId, Message> =
            new.into_iter().map(|message| (message.id, message)).collect();
        let message = |id: &MessageId| match new.remove(id) {
            Some(message) => Ok(Some(message)),
            None => self.store.message(*id),
        };
        due.iter().map(message).filter_map(Result::transpose).collect()
    }

    fn observe_new(&mut self, index: usize, new: &[Message]) -> Result<(), StoreError> {
        if new.is_empty() || !self.is_observed() {
            return Ok(());
        }
        let unread = self.store.summary(self.clock_now())?.unread;
        for message in new {
            let page = match target(message, &self.sources[index].settings) {
                Target::Page(page) => Some(page.as_str().to_owned()),
                Target::Inbox | Target::Refused => None,
            };
            let via = message.via;
            let message = Box::new(message.clone());
            self.observe(|| Observation::Message { message, via, unread, page });
        }
        Ok(())
    }

    /// Closes the stream before anything is lost: what could not be stored will be repeated.
    fn storage_failed(&mut self, index: usize, by: Channel, error: &StoreError) {
        tracing::error!(%error, "messages could not be stored");
        let run = &mut self.sources[index];
        run.end(by);
        match by {
            Channel::Stream(attempt) => {
                run.link.handle(clock(), Input::Failed { attempt, failure: Failure::NotStored });
            }
            Channel::Poll(number) => {
                let result = Err(PollFailure::NotStored);
                run.link.handle(clock(), Input::Polled { number, result });
            }
        }
    }

    fn forget_cursor(&mut self, index: usize) {
        let place = PlaceUpdate { cursor: CursorUpdate::Forget, walk: WalkUpdate::Keep };
        let log = LogEvent {
            code: "cursor_dropped".into(),
            detail: "the server no longer knows the cursor".to_owned(),
        };
        let gap = Change::Gap { reason: GapReason::Unknown, from: None, until: None };
        let batch = Batch { place, changes: vec![gap, Change::Problem(log)], ..Batch::default() };
        if let Err(error) = self.deliver(index, batch) {
            tracing::error!(%error, "the cursor could not be forgotten");
        }
    }

    fn times(&self) -> Clock {
        Clock { now: self.clock_now(), utc_offset: self.utc_offset }
    }
}

/// One thing that came on a stream, decoded where there is something to decode.
enum Came {
    Heard(Heard),
    Other(StreamEvent),
}

impl Came {
    fn of(run: &SourceRun, event: StreamEvent) -> Self {
        match event {
            StreamEvent::Frame(frame) => Self::Heard(Heard::decode(run, frame)),
            other => Self::Other(other),
        }
    }
}

fn gap_of(
    change: &Change,
) -> Option<(&'static str, Option<crate::model::Timestamp>, Option<crate::model::Timestamp>)> {
    match change {
        Change::Gap { reason, from, until } => Some((reason.as_str(), *from, *until)),
        Change::Message(_)
        | Change::Updated(_)
        | Change::Read { .. }
        | Change::Deleted { .. }
        | Change::Problem(_) => None,
    }
}

fn connect_failure(error: ConnectError) -> Failure {
    match error {
        ConnectError::Fault(TransportFault::TimedOut) => Failure::TimedOut,
        ConnectError::Fault(_) => Failure::Unreachable,
        ConnectError::Unauthorized => Failure::Unauthorized,
        ConnectError::Forbidden => Failure::Forbidden,
        ConnectError::NoContent => Failure::NoContent,
        ConnectError::Gone => Failure::Gone,
        ConnectError::Moved { origin } => Failure::Moved { to: origin },
        ConnectError::NotAStream { .. } => Failure::NotAStream,
        ConnectError::Status { status, retry_after } => Failure::Status { status, retry_after },
    }
}

fn fetch_failure(error: &FetchError) -> Failure {
    match error {
        FetchError::Fault(TransportFault::TimedOut) => Failure::TimedOut,
        FetchError::Fault(_) => Failure::Unreachable,
        FetchError::Unauthorized => Failure::Unauthorized,
        FetchError::Forbidden => Failure::Forbidden,
        FetchError::Status { status, retry_after } => {
            Failure::Status { status: *status, retry_after: *retry_after }
        }
        FetchError::Unsupported | FetchError::TooLarge => Failure::NotAStream,
    }
}

fn poll_failure(error: &FetchError) -> PollFailure {
    match error {
        FetchError::Fault(TransportFault::TimedOut) => PollFailure::TimedOut,
        FetchError::Fault(_) => PollFailure::Unreachable,
        FetchError::Unauthorized => PollFailure::Unauthorized,
        FetchError::Forbidden => PollFailure::Forbidden,
        FetchError::Unsupported => PollFailure::Unsupported,
        FetchError::Status { status, retry_after } => {
            PollFailure::Status { status: *status, retry_after: *retry_after }
        }
        FetchError::TooLarge => PollFailure::Unusable,
    }
}
