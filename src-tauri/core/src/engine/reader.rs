//! Answers questions on a thread of its own, on a read-only connection: a slow page never holds up a
//! message.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::all_of::{STRETCH, Stretch};
use super::sign_in::no_such_source;
use super::sources::refused;
use crate::action::{
    Answer, Failure, FailureCode, Matching, MessageDetail, Query, TemplatePreview, ViewCount,
};
use crate::dialect::{Target, target, try_template};
use crate::model::{MessageId, Timestamp};
use crate::ports::WallClock;
use crate::settings::{SavedView, Settings};
use crate::store::{Filter, ListFilter, More, PageKey, Reader, Search, StoreError, Tab};
use crate::view::{View, report};

/// What the thread is told.
pub(super) enum Reading {
    /// A question and the way back.
    Question { query: Query, reply: oneshot::Sender<Result<Answer, Failure>> },
    /// What a stretch of everything that matches has.
    Stretch { of: Matching, before: Option<PageKey>, reply: oneshot::Sender<Result<Stretch, Failure>> },
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
        loop {
            // Whoever asked may have gone; then nobody misses the answer.
            match queue.blocking_recv() {
                Some(Reading::Question { query, reply }) => {
                    let settings = settings.borrow().clone();
                    let view = views.borrow().clone();
                    let _ = reply.send(answer(&reader, &settings, &view, clock.now(), query));
                }
                Some(Reading::Stretch { of, before, reply }) => {
                    let _ = reply.send(stretch(&reader, of, before, clock.now()).map_err(failed));
                }
                Some(Reading::End) | None => break,
            }
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
            let payload = reader.payload(id).map_err(failed)?;
            let detail = MessageDetail { rev, message, source_name, page, link_refused, announced, payload };
            Ok(Answer::Message(Box::new(detail)))
        }
        Query::TemplatePreview { source, kind, template, site } => {
            let Some(settings) = settings.sources.iter().find(|other| other.id == source) else {
                return Err(no_such_source(source));
            };
            let settings = &settings.with_site(site.as_deref()).map_err(refused)?;
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
        Query::Count { of } => count(reader, of, now).map_err(failed),
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

/// A stretch of what matches.
fn stretch(
    reader: &Reader,
    of: Matching,
    before: Option<PageKey>,
    now: Timestamp,
) -> Result<Stretch, StoreError> {
    let newest = reader.newest_id()?;
    let Matching { tab, source, filter, text } = of;
    let (ids, next) = match tab {
        Some(tab) if text.is_empty() => {
            reader.ids(&ListFilter { tab, source, filter, before, limit: STRETCH }, now)?
        }
        tab => {
            let found = reader.search(&Search { text, tab, source, filter, before, limit: STRETCH }, now)?;
            (found.rows.iter().map(|found| found.row.id).collect(), found.next)
        }
    };
    Ok(Stretch { ids, newest, next })
}

/// Most that is counted of a list, and of a search.
const COUNTED_LISTED: u32 = 10_000;
const COUNTED_FOUND: u32 = 2_000;

fn count(reader: &Reader, of: Matching, now: Timestamp) -> Result<Answer, StoreError> {
    if let Matching { tab: Some(tab), source, filter, text } = of.clone()
        && text.is_empty()
    {
        let list = ListFilter { tab, source, filter, before: None, limit: COUNTED_LISTED };
        let (count, more) = reader.count(&list, now)?;
        return Ok(Answer::Count { count, more: more == More::Perhaps });
    }
    let (mut count, mut before) = (0, None);
    // What is rare may take many looks, each of which takes a moment.
    for _ in 0..COUNTED_FOUND / STRETCH {
        let Stretch { ids, next, .. } = stretch(reader, of.clone(), before, now)?;
        count += u32::try_from(ids.len()).unwrap_or(u32::MAX);
        before = next;
        if before.is_none() {
            break;
        }
    }
    Ok(Answer::Count { count, more: before.is_some() })
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
