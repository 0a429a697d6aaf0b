//! Answers questions on a thread of its own, on a read-only connection: a slow page never holds up a
//! message.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::sign_in::no_such_source;
use crate::action::{Answer, Failure, FailureCode, MessageDetail, Query, TemplatePreview, ViewCount};
use crate::dialect::{Target, target, try_template};
use crate::model::{MessageId, Timestamp};
use crate::ports::WallClock;
use crate::settings::{SavedView, Settings};
use crate::store::{Filter, ListFilter, More, Reader, Search, StoreError, Tab};
use crate::view::{View, report};

/// What the thread is told.
pub(super) enum Reading {
    /// A question and the way back.
    Question { query: Query, reply: oneshot::Sender<Result<Answer, Failure>> },
    /// To close the database; whoever asks later is told that the engine is ending.
    End,
}

/// The thread, as the engine knows it.
pub(super) struct ReaderThread {
    pub questions: mpsc::Sender<Reading>,
    /// Resolves when the database is closed.
    closed: oneshot::Receiver<()>,
}

impl ReaderThread {
    /// Has the database closed, once the question at hand is answered.
    pub async fn end(self) {
        // Errors mean that it has ended already, which is what was asked for.
        if self.questions.send(Reading::End).await.is_ok() {
            let _ = self.closed.await;
        }
    }
}

/// Most questions that wait.
const QUEUE: usize = 32;

/// Starts the thread; it ends when it is told to, or when the last sender is gone.
pub(super) fn start(
    database: PathBuf,
    settings: watch::Receiver<Arc<Settings>>,
    views: watch::Receiver<Arc<View>>,
    clock: Arc<dyn WallClock>,
) -> Result<ReaderThread, StoreOrThread> {
    let reader = Reader::open(&database)?;
    let (questions, mut queue) = mpsc::channel::<Reading>(QUEUE);
    let (close, closed) = oneshot::channel();
    std::thread::Builder::new().name("belfry-reader".to_owned()).spawn(move || {
        while let Some(Reading::Question { query, reply }) = queue.blocking_recv() {
            let settings = settings.borrow().clone();
            // Whoever asked may have gone; then nobody misses the answer.
            let view = views.borrow().clone();
            let answer = answer(&reader, &settings, &view, clock.now(), query);
            let _ = reply.send(answer);
        }
        drop(reader);
        // Nobody waits where every handle was dropped.
        let _ = close.send(());
    })?;
    Ok(ReaderThread { questions, closed })
}

/// What can keep the reader from starting.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreOrThread {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Thread(#[from] std::io::Error),
}

fn answer(
    reader: &Reader,
    settings: &Settings,
    view: &View,
    now: Timestamp,
    query: Query,
) -> Result<Answer, Failure> {
    match query {
        Query::Page { tab, source, filter, before, limit } => {
            let list = ListFilter { tab, source, filter, before, limit: limit.into() };
            reader.page(&list, now).map(Answer::Page).map_err(failed)
        }
        Query::ViewCounts => {
            let counts = settings.views.iter().map(|view| view_count(reader, view, now));
            let counts = counts.collect::<Result<_, _>>().map_err(failed)?;
            Ok(Answer::ViewCounts { counts })
        }
        Query::Storage => reader.storage().map(Answer::Storage).map_err(failed),
        Query::Search { text, tab, source, filter, before, limit } => {
            let search = Search { text, tab, source, filter, before, limit: limit.into() };
            reader.search(&search, now).map(Answer::Found).map_err(failed)
        }
        Query::Message { id } => {
            let Some((rev, message)) = reader.message(id).map_err(failed)? else {
                return Err(no_such_message(id));
            };
            let source = settings.sources.iter().find(|source| source.id == message.source);
            let target = source.map_or(Target::Inbox, |source| target(&message, source));
            let source_name = source.map(|source| source.name.clone()).unwrap_or_default();
            let link_refused = matches!(target, Target::Refused);
            let page = match target {
                Target::Page(page) => Some(page.as_str().to_owned()),
                Target::Inbox | Target::Refused => None,
            };
            let announced = reader.announced(id).map_err(failed)?;
            let detail = MessageDetail { rev, message, source_name, page, link_refused, announced };
            Ok(Answer::Message(Box::new(detail)))
        }
        Query::TemplatePreview { source, kind, template } => {
            let Some(settings) = settings.sources.iter().find(|other| other.id == source) else {
                return Err(no_such_source(source));
            };
            let tab = Tab::Kind { kind: kind.clone() };
            let filter = Filter::default();
            let newest = ListFilter { tab, source: Some(source), filter, before: None, limit: 1 };
            let message = reader.list(&newest, now).map_err(failed)?.pop();
            let leads = try_template(&template, &kind, message.as_ref(), settings);
            Ok(Answer::TemplatePreview(TemplatePreview {
                title: message.map(|message| message.title),
                leads,
            }))
        }
        Query::Source { source } => match settings.sources.iter().find(|other| other.id == source) {
            Some(found) => Ok(Answer::Source(Box::new(found.into()))),
            None => Err(no_such_source(source)),
        },
        Query::Decisions { limit } => {
            let limit = limit.clamp(1, Reader::MAX_ROWS).into();
            let decisions = reader.decisions(limit).map_err(failed)?;
            Ok(Answer::Decisions { decisions })
        }
        Query::Report => Ok(report_of(reader, view, now)),
        // The engine's business: it has the tokens.
        Query::Probe { source, .. } => Err(no_such_source(source)),
        Query::Image { id, .. } => Err(no_such_message(id)),
    }
}

/// Most that is counted of a saved list.
const COUNTED: u32 = 99;

fn view_count(reader: &Reader, view: &SavedView, now: Timestamp) -> Result<ViewCount, StoreError> {
    let SavedView { name, tab, source, filter, text } = view.clone();
    if !text.is_empty() || matches!(tab, Tab::Archived | Tab::Snoozed) {
        return Ok(ViewCount { name, unread: None, more: false });
    }
    let filter = Filter { unread: true, ..filter };
    let list = ListFilter { tab, source, filter, before: None, limit: COUNTED };
    let (unread, more) = reader.count(&list, now)?;
    Ok(ViewCount { name, unread: Some(unread), more: more == More::Perhaps })
}

/// How this Belfry fares. What cannot be read is left out: the report is for the day on which nothing works.
fn report_of(reader: &Reader, view: &View, now: Timestamp) -> Answer {
    let log = |source| reader.log(source, report::LINES).unwrap_or_default();
    Answer::Report { text: report::report(view, reader.storage().ok().as_ref(), log, now) }
}

fn no_such_message(id: MessageId) -> Failure {
    Failure::new(FailureCode::NotFound, format!("there is no message {id}"))
}

fn failed(error: StoreError) -> Failure {
    Failure::new(FailureCode::Storage, error.to_string())
}
