//! Telling a source's server what the user did with its messages: in order, one request at a time, as soon as it can be
//! told. What there is to be told, and since when, is the store's (`store::outbox`).

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::run::{Engine, clock};
use super::source::SourceRun;
use crate::dialect;
use crate::link::{Backoff, Input, LinkState, later};
use crate::model::{ReadState, RemoteId, Token};
use crate::ports::{BoxFuture, FetchError, Tell, TellRequest};
use crate::settings::SourceSettings;
use crate::store::{Errand, Intent, StoreError};

/// How long a connection has to have been there: whose server it is, and which store it has by now, comes first.
const SETTLED: Duration = Duration::from_secs(1);

/// What one source's server has still to be told, as far as it is not in the store.
pub(super) struct Outbox {
    /// Whether the store may have something to be told.
    filled: bool,
    under_way: Option<Telling>,
    backoff: Backoff,
    failures: u32,
    not_before: Option<Instant>,
    /// The connection beside which the token was refused; until the next one nothing is told.
    refused_beside: Option<Instant>,
    /// What the server turned out to have no call for.
    marks: Call,
    deletions: Call,
}

/// Whether a server has a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// It has, or nobody has asked yet.
    Likely,
    Absent,
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
        let limits = &settings.limits;
        // The same for each start, and another for each source.
        let (seed, _) = settings.id.0.as_u64_pair();
        Self {
            filled: true,
            under_way: None,
            backoff: Backoff::new(limits.retry_base, limits.retry_min, limits.retry_max, seed),
            failures: 0,
            not_before: None,
            refused_beside: None,
            marks: Call::Likely,
            deletions: Call::Likely,
        }
    }

    /// There may be something to be told.
    pub fn fill(&mut self) {
        self.filled = true;
    }

    /// Drops a request under way; it is made again.
    pub fn stop(&mut self) {
        if self.under_way.take().is_some() {
            self.filled = true;
        }
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

    fn call(&mut self, intent: Intent) -> &mut Call {
        match intent {
            Intent::Read | Intent::Unread => &mut self.marks,
            Intent::Deleted => &mut self.deletions,
        }
    }

    fn succeeded(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    fn failed(&mut self, now: Instant, at_least: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let pause = self.backoff.after_failure(self.failures).max(at_least.unwrap_or_default());
        self.not_before = Some(later(now, pause));
    }
}

impl SourceRun {
    /// When its server can be told something; never while there is nothing, or it is out of reach.
    fn telling_deadline(&self) -> Option<Instant> {
        let Outbox { filled: true, under_way: None, .. } = &self.outbox else { return None };
        let status = self.link.status();
        match status.state {
            LinkState::Live | LinkState::Polling => {}
            LinkState::Stopped | LinkState::Opening | LinkState::Waiting => return None,
        }
        if self.tokens.in_use().is_none() || self.outbox.refused_beside == Some(status.since) {
            return None;
        }
        let settled = later(status.since, SETTLED);
        [Some(settled), self.outbox.not_before, self.link.held_until()].into_iter().flatten().max()
    }

    /// The request that runs this errand, which it may shorten; nothing where there can be none.
    fn telling(&mut self, errand: &mut Errand) -> Option<TellRequest> {
        if *self.outbox.call(errand.intent) == Call::Absent {
            return None;
        }
        let mark = |errand: &Errand, read| {
            let ids: Vec<&RemoteId> = errand.remote_ids().collect();
            let body = dialect::mark_body(self.settings.dialect, &ids, read);
            (dialect::mark_url(&self.settings), Tell::Post(body))
        };
        let (url, what) = match errand.intent {
            Intent::Read => mark(errand, ReadState::Read),
            Intent::Unread => mark(errand, ReadState::Unread),
            Intent::Deleted => {
                errand.only_first();
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
            if self.telling_deadline(&self.sources[index]).is_some_and(|at| at <= now)
                && let Err(error) = self.tell_server(index)
            {
                self.outbox_troubled(index, &error, now);
            }
        }
    }

    /// When a server can be told something, by an engine that connects to servers.
    pub(super) fn telling_deadline(&self, run: &SourceRun) -> Option<Instant> {
        if self.connects { run.telling_deadline() } else { None }
    }

    fn tell_server(&mut self, index: usize) -> Result<(), StoreError> {
        let held = self.undos.first_row().into_iter().chain(self.bulk.first_row()).min();
        let run = &mut self.sources[index];
        while let Some(mut errand) = self.store.next_errand(run.id(), held)? {
            let Some(request) = run.telling(&mut errand) else {
                self.store.take_out(&errand)?;
                continue;
            };
            let token = request.token.clone();
            let answer = self.ports.transport.tell(request);
            run.outbox.under_way = Some(Telling { errand, token, answer });
            return Ok(());
        }
        run.outbox.filled = false;
        Ok(())
    }

    /// A server has answered. What it has taken, or never will take, is taken out; all else is told again.
    pub(super) fn told(&mut self, index: usize, Told { errand, token, result }: Told) {
        let now = clock();
        let run = &mut self.sources[index];
        let what = match errand.intent {
            Intent::Read | Intent::Unread => "read marks",
            Intent::Deleted => "deletions",
        };
        match result {
            Ok(()) => {
                run.outbox.succeeded();
                self.take_out(index, &errand, now);
            }
            // Another one has taken its place.
            Err(FetchError::Unauthorized) if run.tokens.in_use() != token.as_ref() => {}
            Err(FetchError::Unauthorized) => {
                run.outbox.refused_beside = Some(run.link.status().since);
                run.link.handle(now, Input::Unauthorized);
            }
            Err(FetchError::Unsupported) => {
                *run.outbox.call(errand.intent) = Call::Absent;
                self.record(index, "not_taken", format!("the server takes no {what}: they stay here"));
            }
            Err(error) if is_final(&error) => {
                let count = errand.remote_ids().count();
                self.record(index, "not_taken", format!("{count} {what} are not sent again: {error}"));
                self.take_out(index, &errand, now);
            }
            Err(error) => {
                tracing::info!(source = %run.settings.name, %error, "{what} are sent later");
                run.outbox.failed(now, retry_after(&error));
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
        self.sources[index].outbox.failed(now, None);
    }
}

/// Whether the same request will never be taken: 4xx, but for those that speak of the moment.
fn is_final(error: &FetchError) -> bool {
    match error {
        FetchError::Forbidden => true,
        FetchError::Status { status, .. } => {
            (400..500).contains(status) && !matches!(status, 408 | 425 | 429)
        }
        FetchError::NotEncrypted
        | FetchError::Unauthorized
        | FetchError::Unsupported
        | FetchError::Fault(_)
        | FetchError::TooLarge => false,
    }
}

fn retry_after(error: &FetchError) -> Option<Duration> {
    match error {
        FetchError::Status { retry_after, .. } => *retry_after,
        FetchError::NotEncrypted
        | FetchError::Unauthorized
        | FetchError::Forbidden
        | FetchError::Unsupported
        | FetchError::Fault(_)
        | FetchError::TooLarge => None,
    }
}
