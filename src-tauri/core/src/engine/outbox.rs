//! Telling a source's server what the user did with its messages: one request at a time, as soon as it can be told.
//! What there is to be told, and since when, is the store's (`store::outbox`).

mod answer;
mod call;
mod pacing;

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use self::answer::{Meaning, meaning, retry_after};
use self::call::{Call, Refusal};
use self::pacing::{Pacing, Patience, When};
use super::run::{Engine, clock};
use super::source::SourceRun;
use crate::dialect;
use crate::link::{Input, LinkState, later};
use crate::model::{ReadState, RemoteId, Token};
use crate::ports::{BoxFuture, FetchError, Tell, TellRequest};
use crate::settings::SourceSettings;
use crate::store::{Errand, Intent, OutboxId, StoreError};
use crate::view::Untold;

/// How long a connection has to have been there: whose server it is, and which store it has by now, comes first.
const SETTLED: Duration = Duration::from_secs(1);

/// What one source's server has still to be told, as far as it is not in the store.
pub(super) struct Outbox {
    look: Look,
    under_way: Option<Telling>,
    pacing: Pacing,
    /// The connection that was there last, by its beginning.
    beside: Option<Instant>,
    /// The connection beside which the token was refused; until the next one nothing is told.
    refused_beside: Option<Instant>,
    marks: Call,
    deletions: Call,
}

/// When the store may have something that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Now,
    At(Instant),
    Never,
}

/// A request under way.
struct Telling {
    errand: Errand,
    token: Option<Token>,
    answer: BoxFuture<'static, Result<(), FetchError>>,
}

/// What a server has answered, to what, and to whom.
pub(super) struct Told {
    errand: Errand,
    token: Option<Token>,
    result: Result<(), FetchError>,
}

impl Outbox {
    /// Nothing is known of the server yet. The store is looked into once it can be told.
    pub fn new(settings: &SourceSettings) -> Self {
        // The same for each start, and another for each source.
        let (seed, _) = settings.id.0.as_u64_pair();
        Self {
            look: Look::Now,
            under_way: None,
            pacing: Pacing::new(&settings.limits, seed),
            beside: None,
            refused_beside: None,
            marks: Call::Unknown,
            deletions: Call::Unknown,
        }
    }

    /// There may be something to be told.
    pub fn fill(&mut self) {
        self.look = Look::Now;
    }

    /// Drops a request under way; it is made again.
    pub fn stop(&mut self) {
        if self.under_way.take().is_some() {
            self.fill();
        }
    }

    /// The user wants it now: nothing that was refused waits any longer.
    pub fn retry_now(&mut self, now: Instant) {
        self.pacing.retry_now(now);
        self.start_over(now);
    }

    /// The computer has slept for so long.
    pub fn woke(&mut self, slept: Duration) {
        self.pacing.woke(slept);
    }

    /// There is another connection: what was refused is tried again, unless the server has asked for a pause.
    fn start_over(&mut self, now: Instant) {
        self.pacing.start_over(now);
        self.marks.start_over(now);
        self.deletions.start_over(now);
        self.fill();
    }

    /// Waits for an answer.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let Some(telling) = &mut self.under_way else { return Poll::Pending };
        let Poll::Ready(result) = telling.answer.as_mut().poll(cx) else { return Poll::Pending };
        match self.under_way.take() {
            Some(Telling { errand, token, .. }) => Poll::Ready(Told { errand, token, result }),
            None => Poll::Pending,
        }
    }

    /// Another token may be allowed what the one before was not.
    pub fn another_token(&mut self) {
        for call in [&mut self.marks, &mut self.deletions] {
            if *call != Call::Present {
                *call = Call::Unknown;
            }
        }
    }

    /// What the server takes none of, as it has said.
    pub fn untold(&self) -> Vec<Untold> {
        let calls = [(Untold::ReadMarks, self.marks), (Untold::Deletions, self.deletions)];
        calls.into_iter().filter(|(_, call)| call.is_refused()).map(|(untold, _)| untold).collect()
    }

    fn call(&mut self, intent: Intent) -> &mut Call {
        match intent {
            Intent::Read | Intent::Unread => &mut self.marks,
            Intent::Deleted => &mut self.deletions,
        }
    }

    fn when(&mut self, row: OutboxId, intent: Intent, now: Instant) -> When {
        match (self.call(intent).not_before(now), self.pacing.when(row, now)) {
            (None, when) => when,
            (Some(_), When::Later) => When::Later,
            (Some(at), When::Fresh | When::Due) => When::At(at),
            (Some(at), When::At(other)) => When::At(at.max(other)),
        }
    }
}

impl SourceRun {
    /// When its server can be told something; never while there is nothing, or it is out of reach.
    fn telling_deadline(&self) -> Option<Instant> {
        let outbox = &self.outbox;
        let look = match outbox.look {
            Look::Now => None,
            Look::At(at) => Some(at),
            Look::Never => return None,
        };
        let since = self.connected_since()?;
        let stopped = outbox.under_way.is_some() || outbox.refused_beside == Some(since);
        if stopped || self.tokens.in_use().is_none() || self.tokens.is_in_doubt() {
            return None;
        }
        let settled = later(since, SETTLED);
        let holds = [Some(settled), look, outbox.pacing.not_before(), self.link.held_until()];
        holds.into_iter().flatten().max()
    }

    /// Since when there is the connection that is there.
    fn connected_since(&self) -> Option<Instant> {
        let status = self.link.status();
        match status.state {
            LinkState::Live | LinkState::Polling => Some(status.since),
            LinkState::Stopped | LinkState::Opening | LinkState::Waiting => None,
        }
    }

    /// Another connection is another try.
    fn see_connection(&mut self, now: Instant) {
        let Some(since) = self.connected_since() else { return };
        if self.outbox.beside.replace(since) != Some(since) {
            self.outbox.start_over(now);
        }
    }

    /// The request that runs this errand, which it may shorten; nothing where there can be none.
    fn telling(&mut self, errand: &mut Errand) -> Option<TellRequest> {
        if *self.outbox.call(errand.intent) == Call::Absent {
            return None;
        }
        self.outbox.pacing.shorten(errand);
        let mark = |errand: &Errand, read| {
            let ids: Vec<&RemoteId> = errand.remote_ids().collect();
            let body = dialect::mark_body(self.settings.dialect, &ids, read);
            (dialect::mark_url(&self.settings), Tell::Post(body))
        };
        let (url, what) = match errand.intent {
            Intent::Read => mark(errand, ReadState::Read),
            Intent::Unread => mark(errand, ReadState::Unread),
            Intent::Deleted => {
                (dialect::message_url(&self.settings, errand.remote_ids().next()?)?, Tell::Delete)
            }
        };
        Some(TellRequest { route: self.route(), url, token: self.tokens.in_use().cloned(), what })
    }
}

impl Engine {
    /// There may be something to be told that could be taken back until now.
    pub(super) fn fill_outboxes(&mut self) {
        self.sources.iter_mut().for_each(|run| run.outbox.fill());
    }

    /// Tells the servers what they have still to be told, where that is possible now.
    pub(super) fn tell_servers(&mut self, now: Instant) {
        for index in 0..self.sources.len() {
            self.sources[index].see_connection(now);
            if self.telling_deadline(&self.sources[index]).is_some_and(|at| at <= now)
                && let Err(error) = self.tell_server(index, now)
            {
                self.outbox_troubled(index, &error, now);
            }
        }
    }

    /// When a server can be told something, by an engine that connects to servers.
    pub(super) fn telling_deadline(&self, run: &SourceRun) -> Option<Instant> {
        if self.connects { run.telling_deadline() } else { None }
    }

    fn tell_server(&mut self, index: usize, now: Instant) -> Result<(), StoreError> {
        loop {
            let (errand, look) = self.next_errand(index, now)?;
            let run = &mut self.sources[index];
            let Some(mut errand) = errand else {
                run.outbox.look = look;
                return Ok(());
            };
            let Some(request) = run.telling(&mut errand) else {
                run.outbox.pacing.forget(&errand);
                self.store.take_out(&errand)?;
                continue;
            };
            let token = request.token.clone();
            let answer = self.ports.transport.tell(request);
            run.outbox.under_way = Some(Telling { errand, token, answer });
            return Ok(());
        }
    }

    /// What can be told now: what was not tried yet, then what is due again; and if there is nothing, when there may
    /// be.
    fn next_errand(&mut self, index: usize, now: Instant) -> Result<(Option<Errand>, Look), StoreError> {
        let held = self.undos.first_row().into_iter().chain(self.bulk.first_row()).min();
        let run = &mut self.sources[index];
        let (source, outbox) = (run.id(), &mut run.outbox);
        let mut fresh = |row, intent| outbox.when(row, intent, now) == When::Fresh;
        if let Some(errand) = self.store.next_errand(source, held, &mut fresh)? {
            return Ok((Some(errand), Look::Now));
        }
        let (mut rows, mut next) = (0, None);
        let mut due = |row, intent| {
            rows += 1;
            match outbox.when(row, intent, now) {
                When::Fresh | When::Due => true,
                When::At(at) => {
                    next = Some(next.map_or(at, |next: Instant| next.min(at)));
                    false
                }
                When::Later => false,
            }
        };
        let errand = self.store.next_errand(source, held, &mut due)?;
        if rows == 0 {
            outbox.pacing.emptied();
        }
        Ok((errand, next.map_or(Look::Never, Look::At)))
    }

    /// A server has answered. What it has taken, or never will take, is taken out; all else is told again.
    pub(super) fn told(&mut self, index: usize, Told { errand, token, result }: Told) {
        let now = clock();
        let run = &mut self.sources[index];
        let error = match result {
            Ok(()) => {
                *run.outbox.call(errand.intent) = Call::Present;
                run.outbox.pacing.taken(&errand);
                return self.take_out(index, &errand, now);
            }
            Err(error) => error,
        };
        match meaning(&error) {
            // Another one has taken its place.
            Meaning::Token if run.tokens.in_use() != token.as_ref() => {}
            Meaning::Token => {
                run.outbox.refused_beside = run.connected_since();
                run.link.handle(now, Input::Unauthorized);
            }
            Meaning::NoCall => self.call_refused(index, &errand, &error, now),
            Meaning::TooMuch if errand.remote_ids().nth(1).is_some() => run.outbox.pacing.too_large(&errand),
            Meaning::NotThis | Meaning::NotAllowed if errand.remote_ids().nth(1).is_some() => {
                run.outbox.pacing.halve(&errand);
            }
            // It may be about this message alone: when the call is tried again, it is with another one.
            Meaning::NotAllowed if *run.outbox.call(errand.intent) != Call::Present => {
                run.outbox.pacing.put_aside(&errand, now);
                self.call_refused(index, &errand, &error, now);
            }
            Meaning::TooMuch | Meaning::NotThis | Meaning::NotAllowed => {
                let count = errand.remote_ids().count();
                run.outbox.pacing.forget(&errand);
                // The next one may be refused as well.
                run.outbox.pacing.failed(now, None);
                let detail = format!("{count} {} are not sent again: {error}", name(&errand));
                self.record(index, "not_taken", detail);
                self.take_out(index, &errand, now);
            }
            Meaning::NotNow => {
                tracing::info!(source = %run.settings.name, %error, "{} are sent later", name(&errand));
                run.outbox.pacing.failed(now, retry_after(&error));
            }
            Meaning::Unclear => self.not_taken(index, &errand, &error, now),
        }
    }

    /// The server has no such call, or does not allow it.
    fn call_refused(&mut self, index: usize, errand: &Errand, error: &FetchError, now: Instant) {
        match self.sources[index].outbox.call(errand.intent).refused(now) {
            Refusal::Passing => self.not_taken(index, errand, error, now),
            Refusal::First => {
                let detail = format!("the server took no {}: they are offered again: {error}", name(errand));
                self.record(index, "not_taken_yet", detail);
            }
            Refusal::Further => {}
            Refusal::Final => {
                let detail = format!("the server takes no {}: they stay here: {error}", name(errand));
                self.record(index, "not_taken", detail);
            }
        }
    }

    /// Whether it was the moment or the errand cannot be known: the others are told first.
    fn not_taken(&mut self, index: usize, errand: &Errand, error: &FetchError, now: Instant) {
        let run = &mut self.sources[index];
        tracing::info!(source = %run.settings.name, %error, "{} are sent later", name(errand));
        let pacing = &mut run.outbox.pacing;
        pacing.failed(now, retry_after(error));
        pacing.halve(errand);
        match pacing.put_aside(errand, now) {
            Patience::Left => {}
            Patience::Spent => {
                let (count, name) = (errand.remote_ids().count(), name(errand));
                let detail = format!("{count} {name} wait for the next connection: {error}");
                self.record(index, "not_taken_yet", detail);
            }
        }
    }

    fn take_out(&mut self, index: usize, errand: &Errand, now: Instant) {
        if let Err(error) = self.store.take_out(errand) {
            self.outbox_troubled(index, &error, now);
        }
    }

    fn outbox_troubled(&mut self, index: usize, error: &StoreError, now: Instant) {
        tracing::error!(%error, "what servers have to be told could not be read or stored");
        self.storage_troubled(error);
        self.sources[index].outbox.pacing.failed(now, None);
    }
}

/// What an errand is called in the log.
fn name(errand: &Errand) -> &'static str {
    match errand.intent {
        Intent::Read | Intent::Unread => "read marks",
        Intent::Deleted => "deletions",
    }
}
