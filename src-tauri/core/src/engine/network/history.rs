//! Pages of history: before a stream is opened, in place of one, and back to the beginning.

use crate::dialect::{self, HistoryFrom, HistoryPage};
use crate::engine::handle::FirstContact;
use crate::engine::network::delivery::Landed;
use crate::engine::network::failure::{fetch_failure, poll_failure};
use crate::engine::run::{Engine, clock};
use crate::engine::source::{History, Owed, PAGE, SourceRun};
use crate::engine::trail::{Lost, Trail, Yield};
use crate::engine::translate::{epoch, page_batch};
use crate::link::{Attempt, Brought, Channel, Failure, Input, PollFailure};
use crate::model::{Cursor, GapReason, RemoteId, Via};
use crate::policy::Repeated;
use crate::ports::{FetchError, HistoryReply, TransportFault};
use crate::store::{
    Batch, CursorUpdate, EpochUpdate, OwedUpdate, Past, PlaceUpdate, StoreError, StreamPlace, WalkUpdate,
};

impl Engine {
    /// Asks for what came after a place, as a step of a walk.
    pub(in crate::engine) fn ask_for_page(
        &mut self,
        index: usize,
        by: Channel,
        trail: Trail,
        after: Option<&Cursor>,
    ) {
        let run = &mut self.sources[index];
        let (from, limit) = match (after, trail.past, &self.first_contact) {
            (Some(cursor), ..) => (HistoryFrom::After(cursor), PAGE),
            (None, Past::History, FirstContact::Now) => (HistoryFrom::Newest, 1),
            (None, ..) => (HistoryFrom::Newest, PAGE),
        };
        let url = dialect::history_url(&run.settings, from, limit);
        match url {
            Some(url) => run.ask_for_page(by, trail, url, &self.ports),
            None => self.no_history(index, by),
        }
    }

    /// Whether the server was ever met before, although the place in its history may be lost.
    pub(in crate::engine) fn has_met(&self, index: usize) -> bool {
        let place = self.store.cursor(self.sources[index].id());
        place.is_ok_and(|place| place.met && place.owed != Some(Past::History))
    }

    fn no_history(&mut self, index: usize, by: Channel) {
        match by {
            // The stream cannot be told where to begin, or none would have been asked for: the place is as good as
            // gone, which is said, and what is missing is asked for once there is a history.
            Channel::Stream(attempt) if self.sources[index].link.cursor().after().is_some() => {
                self.owe(index, Past::Missed);
                let gone = Input::Failed { attempt, failure: Failure::Gone };
                self.sources[index].link.handle(clock(), gone);
            }
            Channel::Stream(attempt) => {
                self.sources[index].history = History::Absent;
                self.open_stream(index, attempt);
            }
            Channel::Poll(number) => {
                let run = &mut self.sources[index];
                run.history = History::Absent;
                let result = Err(PollFailure::Unsupported);
                run.link.handle(clock(), Input::Polled { number, result });
            }
        }
    }

    pub(in crate::engine) fn page_came(
        &mut self,
        index: usize,
        by: Channel,
        trail: Trail,
        result: Result<HistoryReply, FetchError>,
    ) {
        self.keep_moves(index);
        let page = match result {
            Ok(reply) => dialect::decode_history(self.sources[index].settings.dialect, &reply.body),
            Err(FetchError::Unsupported) => return self.no_history(index, by),
            Err(error @ FetchError::TooLarge) => return self.useless_history(index, by, &error),
            Err(error) => match by {
                Channel::Stream(attempt) if self.does_without(index, &error) => {
                    return self.open_without_history(index, attempt, trail.past, &error);
                }
                Channel::Stream(_) | Channel::Poll(_) => return self.page_failed(index, by, &error),
            },
        };
        let mut page = match page {
            Ok(page) => page,
            Err(error) => return self.useless_history(index, by, &error),
        };
        let run = &mut self.sources[index];
        run.history = History::Present;
        page.messages.iter_mut().for_each(|message| run.kinds.fold(message));
        let more = page.more;
        let brought = if page.is_empty() { Brought::CursorOnly } else { Brought::Changes };
        let cursor = page.cursor.clone();
        let via = match by {
            Channel::Stream(_) => Via::Backfill,
            Channel::Poll(_) => Via::Poll,
        };
        let gained = match self.deliver_page(index, page, via, &trail) {
            Ok(gained) => gained,
            Err(error) => return self.storage_failed(index, by, &error),
        };
        let run = &mut self.sources[index];
        // What is asked for behind a place may not be what was owed.
        run.owed.take_if(|_| trail.asks_for_newest());
        run.link.handle(clock(), Input::Committed { by, cursor: cursor.clone(), brought });
        if more {
            match trail.lead_to(cursor.as_ref().map(|cursor| cursor.0.as_str()), gained) {
                // From here on the stream goes on by itself, and so does the next poll.
                Ok(trail) if trail.is_long() && run.link.cursor().header().is_some() => {}
                Ok(trail) => {
                    run.link.handle(clock(), Input::Progress { by });
                    return self.ask_for_page(index, by, trail, cursor.as_ref());
                }
                Err(lost) => self.record(index, "history_stuck", lost.to_string()),
            }
        }
        match by {
            Channel::Stream(attempt) => self.open_stream(index, attempt),
            Channel::Poll(number) => {
                let result = Ok(());
                self.sources[index].link.handle(clock(), Input::Polled { number, result });
            }
        }
    }

    /// There is a history, but nothing can be done with it: the stream is opened without.
    fn useless_history(&mut self, index: usize, by: Channel, error: &dyn std::error::Error) {
        self.record(index, "bad_history", error.to_string());
        match by {
            Channel::Stream(_) => self.no_history(index, by),
            Channel::Poll(number) => {
                let result = Err(PollFailure::Unusable);
                self.sources[index].link.handle(clock(), Input::Polled { number, result });
            }
        }
    }

    /// Whether a stream is asked for although its history cannot be read: at once where the server has refused that,
    /// after two attempts where it may be a failure of the moment.
    fn does_without(&self, index: usize, error: &FetchError) -> bool {
        let run = &self.sources[index];
        let again = run.owed.is_some() || run.link.status().attempt >= 2;
        match error {
            FetchError::Forbidden | FetchError::Moved { .. } | FetchError::Redirected { .. } => true,
            FetchError::Status { status: 410, .. } => run.link.cursor().after().is_none(),
            FetchError::Status { status: 429, retry_after: None } => again,
            FetchError::Status { status: 400..500, retry_after: None } => true,
            FetchError::Status { retry_after: None, .. } | FetchError::Fault(TransportFault::TimedOut) => {
                again
            }
            // A fault otherwise is one of the way there, which the stream would take, too.
            FetchError::Status { .. }
            | FetchError::Fault(_)
            | FetchError::NotEncrypted
            | FetchError::Unauthorized
            | FetchError::Unsupported
            | FetchError::TooLarge => false,
        }
    }

    /// Only the stream is required: its history is asked for later, beside it.
    fn open_without_history(&mut self, index: usize, attempt: Attempt, past: Past, error: &FetchError) {
        self.record(index, "bad_history", error.to_string());
        if past == Past::Missed || self.first_contact != FirstContact::Now {
            self.owe(index, past);
        }
        self.open_stream(index, attempt);
    }

    /// Remembers that the newest of the history has still to be asked for.
    fn owe(&mut self, index: usize, past: Past) {
        if self.sources[index].owed.is_some() {
            return;
        }
        self.sources[index].owed = Some(Owed::new(past));
        let place = PlaceUpdate { owed: OwedUpdate::Owed(past), ..PlaceUpdate::default() };
        if let Err(error) = self.deliver(index, Batch { place, ..Batch::default() }) {
            tracing::error!(%error, "that the history is owed could not be stored");
        }
    }

    fn ask_for_owed(&mut self, index: usize, owed: Owed) {
        let run = &mut self.sources[index];
        // The next connection goes on with it.
        if !run.may_walk() {
            return;
        }
        if let Some(url) = dialect::history_url(&run.settings, HistoryFrom::Newest, PAGE) {
            let trail = Trail::from(None, owed.past);
            run.ask_for_walk(trail, owed.pause(), url, &self.ports);
        }
    }

    /// The newest page beside a stream that was opened without it. The place is the stream's by now.
    pub(in crate::engine) fn owed_page_came(
        &mut self,
        index: usize,
        trail: &Trail,
        result: Result<HistoryReply, FetchError>,
    ) {
        let run = &mut self.sources[index];
        let dialect = run.settings.dialect;
        let page = match result.map(|reply| dialect::decode_history(dialect, &reply.body)) {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => {
                self.walk_failed(index, &error);
                // The next connection has another token, or asks once more.
                if error == FetchError::Unauthorized {
                    return;
                }
                Err(error.to_string())
            }
        };
        let run = &mut self.sources[index];
        let mut page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(error, "the history could not be read beside the stream either");
                let Some(owed) = &mut run.owed else { return };
                owed.tried = owed.tried.saturating_add(1);
                let owed = *owed;
                return self.ask_for_owed(index, owed);
            }
        };
        run.owed = None;
        run.leave_touched(&mut page);
        page.messages.iter_mut().for_each(|message| run.kinds.fold(message));
        let Ok(place) = self.store.cursor(self.sources[index].id()) else { return };
        if self.is_elsewhere(index, &place, page.cursor.take().as_ref()) {
            return self.record(index, "history_stuck", Lost::BegunAnew.to_string());
        }
        match self.deliver_page(index, page, Via::Backfill, trail) {
            Ok(_) => self.walk(index),
            Err(error) => tracing::error!(%error, "the history could not be stored"),
        }
    }

    /// Stores a page and announces what came while nobody was connected. Tells whether it brought anything.
    fn deliver_page(
        &mut self,
        index: usize,
        mut page: HistoryPage,
        via: Via,
        trail: &Trail,
    ) -> Result<Yield, StoreError> {
        let oldest = page.messages.first().and_then(|message| message.remote_id.clone());
        // Whoever has lost the place meets the server's newest messages: there may be more between them and those that
        // are known.
        let meets = trail.past == Past::Missed && trail.asks_for_newest();
        let earlier = self.store.cursor(self.sources[index].id())?.history_before;
        let walk = match oldest {
            Some(oldest) if meets => WalkUpdate::Before(oldest),
            Some(oldest) if self.first_contact == FirstContact::Beginning && trail.asks_for_newest() => {
                WalkUpdate::Before(oldest)
            }
            Some(_) | None => WalkUpdate::Keep,
        };
        if trail.past == Past::History && self.first_contact == FirstContact::Now {
            page.messages.clear();
        }
        let begun = page.gap.as_ref().is_some_and(|gap| gap.reason == GapReason::Reset);
        let epoch = epoch(&self.sources[index], page.cursor.as_ref(), begun);
        let cursor = page.cursor.clone().map_or(CursorUpdate::Keep, CursorUpdate::Set);
        let marks = page.has_marks();
        let owed = if trail.asks_for_newest() { OwedUpdate::Paid } else { OwedUpdate::Keep };
        let place = PlaceUpdate { cursor, walk, owed };
        let batch = page_batch(page, via, trail.past, self.times(index), place, epoch);
        let Landed { due, new, changed } = self.deliver(index, batch)?;
        let mut missed = Repeated::default();
        missed.extend(self.expect(due));
        self.announce_repeated(missed, clock());
        if meets && new == 0 {
            // Nothing lies between. An earlier walk goes on where it was.
            let walk = earlier.map_or(WalkUpdate::Done, WalkUpdate::Before);
            self.deliver(
                index,
                Batch { place: PlaceUpdate { walk, ..PlaceUpdate::default() }, ..Batch::default() },
            )?;
        }
        Ok(if changed || marks { Yield::Something } else { Yield::Nothing })
    }

    pub(in crate::engine) fn page_failed(&mut self, index: usize, by: Channel, error: &FetchError) {
        let SourceRun { link, trouble, settings, .. } = &mut self.sources[index];
        *trouble = Some(error.to_string());
        match by {
            Channel::Stream(attempt) => {
                let failure = fetch_failure(error, link.cursor().after(), settings);
                link.handle(clock(), Input::Failed { attempt, failure });
            }
            Channel::Poll(number) => {
                link.handle(clock(), Input::Polled { number, result: Err(poll_failure(error, settings)) });
            }
        }
    }

    /// Goes on with an unfinished walk through the server's past.
    pub(in crate::engine) fn walk(&mut self, index: usize) {
        let run = &mut self.sources[index];
        if run.is_walking() || run.tokens.is_in_doubt() {
            return;
        }
        if let Some(owed) = run.owed {
            return self.ask_for_owed(index, owed);
        }
        if run.history == History::Absent {
            return;
        }
        let Ok(Some(oldest)) = self.store.cursor(run.id()).map(|place| place.history_before) else { return };
        self.ask_for_older(index, Trail::from(Some(&oldest.0), Past::History), &oldest);
    }

    /// A page beside the stream was refused, which binds more than the walk.
    fn walk_failed(&mut self, index: usize, error: &FetchError) {
        let link = &mut self.sources[index].link;
        if let FetchError::Status { retry_after: Some(span), .. } = error {
            link.handle(clock(), Input::Held { span: *span });
        }
        if *error == FetchError::Unauthorized {
            link.handle(clock(), Input::Unauthorized);
        }
    }

    fn ask_for_older(&mut self, index: usize, trail: Trail, oldest: &RemoteId) {
        let run = &mut self.sources[index];
        // The next connection goes on with it.
        if !run.may_walk() {
            return;
        }
        if let Some(url) = dialect::history_url(&run.settings, HistoryFrom::Before(oldest), PAGE) {
            let pause = trail.pause();
            run.ask_for_walk(trail, pause, url, &self.ports);
        }
    }

    pub(in crate::engine) fn older_page_came(
        &mut self,
        index: usize,
        trail: Trail,
        result: Result<HistoryReply, FetchError>,
    ) {
        let dialect = self.sources[index].settings.dialect;
        let mut page = match result.map(|reply| dialect::decode_history(dialect, &reply.body)) {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return tracing::warn!(%error, "older history makes no sense"),
            // The next connection goes on with it.
            Err(error) => {
                tracing::warn!(%error, "older history could not be fetched");
                return self.walk_failed(index, &error);
            }
        };
        let Ok(place) = self.store.cursor(self.sources[index].id()) else { return };
        if self.is_elsewhere(index, &place, page.cursor.as_ref()) {
            // The ids of the past that is walked mean other messages by now.
            return self.finish_walk(index, Some(Lost::BegunAnew));
        }
        let run = &mut self.sources[index];
        page.messages.iter_mut().for_each(|message| run.kinds.fold(message));
        // Older pages come newest first.
        let oldest = page.messages.last().and_then(|message| message.remote_id.clone());
        let oldest = oldest.filter(|_| page.more);
        let touched = run.leave_touched(&mut page);
        let walk = oldest.clone().map_or(WalkUpdate::Done, WalkUpdate::Before);
        let update = PlaceUpdate { walk, ..PlaceUpdate::default() };
        let batch =
            page_batch(page, Via::Backfill, Past::History, self.times(index), update, EpochUpdate::Keep);
        let Landed { new, changed, .. } = match self.deliver(index, batch) {
            Ok(landed) => landed,
            Err(error) => return tracing::error!(%error, "older history could not be stored"),
        };
        let Some(oldest) = oldest else { return };
        if new == 0 && !touched && self.first_contact != FirstContact::Beginning {
            // What lies before is known. One that is may have come by itself: the server has changed it.
            return self.finish_walk(index, None);
        }
        let gained = if changed { Yield::Something } else { Yield::Nothing };
        match trail.lead_to(Some(&oldest.0), gained) {
            Ok(trail) => self.ask_for_older(index, trail, &oldest),
            Err(lost) => self.finish_walk(index, Some(lost)),
        }
    }

    /// Whether a page tells of another epoch than the one that the source is in, as far as its server names them.
    fn is_elsewhere(&self, index: usize, place: &StreamPlace, cursor: Option<&Cursor>) -> bool {
        let run = &self.sources[index];
        match epoch(run, cursor, false) {
            EpochUpdate::Called(name) => place.epoch.is_said() && name != place.epoch,
            EpochUpdate::Keep | EpochUpdate::Begun(_) => false,
        }
    }

    /// Ends a walk through the past for good; with a word on why, where it leads nowhere.
    fn finish_walk(&mut self, index: usize, lost: Option<Lost>) {
        let place = PlaceUpdate { walk: WalkUpdate::Done, ..PlaceUpdate::default() };
        match self.deliver(index, Batch { place, ..Batch::default() }) {
            Ok(_) => {
                if let Some(lost) = lost {
                    self.record(index, "history_stuck", lost.to_string());
                }
            }
            Err(error) => tracing::error!(%error, "the end of the older history could not be stored"),
        }
    }
}
