//! The lines of a watch: written as they come, and read for what ends it.

mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;

use belfry_core::engine::Observation;
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::{MessageId, MessageKind, SourceId, Timestamp, Via};
use belfry_core::view::LinkView;
use belfry_core::words::Language;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::output::{Format, Output, code, is_closed};

/// One line, with the contract's names and order.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    State {
        source: &'a str,
        state: LinkState,
        attempt: u32,
        reason: Option<Reason>,
        text: &'a str,
        retry_in_ms: u64,
    },
    Message {
        source: &'a str,
        id: MessageId,
        kind: &'a MessageKind,
        title: &'a str,
        body: &'a str,
        link: Option<&'a str>,
        unread: u64,
        via: Via,
    },
    Popup {
        title: &'a str,
        body: &'a str,
        ids: &'a [MessageId],
    },
    Gap {
        source: &'a str,
        reason: &'a str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    },
}

/// How the lines ended.
pub(super) struct Ended {
    /// What ended them.
    pub end: End,
    /// Whether a server was ever live or polled.
    pub reached: bool,
    /// The last sentence that a connection had to say.
    pub last_reason: String,
}

/// What ended the lines.
pub(super) enum End {
    /// As many messages as were wanted, the engine's end, or nobody reads them any more.
    Done,
    /// A server refused the token.
    Refused(String),
    /// No source will do anything any more.
    Stopped(String),
    /// They could not be written.
    Unwritable(io::Error),
}

impl Ended {
    /// The end of lines that nobody took off our hands in time; whether a server was reached is not known.
    pub fn unread() -> Self {
        Self { end: End::Done, reached: true, last_reason: String::new() }
    }
}

/// Finds the name of a source that has come since the lines began.
pub(super) type NewName = Box<dyn Fn(SourceId) -> Option<String> + Send>;

/// Writes lines, and keeps what they say together.
pub(super) struct Lines {
    names: BTreeMap<SourceId, String>,
    new_name: NewName,
    language: Language,
    format: Format,
    /// How many messages are still wanted.
    wanted: Option<u64>,
    stopped: BTreeMap<SourceId, Reason>,
    reached: bool,
    last_reason: String,
}

impl Lines {
    /// Lines about sources of these names.
    pub fn new(
        names: BTreeMap<SourceId, String>,
        new_name: NewName,
        language: Language,
        count: Option<u64>,
        format: Format,
    ) -> Self {
        Self {
            names,
            new_name,
            language,
            format,
            wanted: count,
            stopped: BTreeMap::new(),
            reached: false,
            last_reason: String::new(),
        }
    }

    /// Writes until the engine ends or something else ends it. Whatever waits is written in one go.
    pub fn write(mut self, mut observations: mpsc::Receiver<Observation>) -> Ended {
        let mut out = Output::lock();
        let mut next = observations.blocking_recv();
        let end = loop {
            let Some(observation) = next else { break End::Done };
            if let Err(error) = self.line(&mut out, &observation) {
                break unwritable(error);
            }
            if let Some(end) = self.end_by(&observation) {
                break end;
            }
            next = match observations.try_recv() {
                Ok(observation) => Some(observation),
                Err(_) => {
                    if let Err(error) = out.flush() {
                        break unwritable(error);
                    }
                    observations.blocking_recv()
                }
            };
        };
        let end = match (out.flush(), end) {
            (Err(error), End::Done) => unwritable(error),
            (Ok(()) | Err(_), end) => end,
        };
        Ended { end, reached: self.reached, last_reason: self.last_reason }
    }

    fn line(&mut self, out: &mut Output, observation: &Observation) -> io::Result<()> {
        let source = observation.source();
        if let Some(source) = source {
            self.meet(source);
        }
        let name = source.map_or_else(Cow::default, |source| self.name(source));
        let line = match observation {
            Observation::State { link, .. } => {
                let now: Timestamp = jiff::Timestamp::now().into();
                let retry = link.retry_at.map(|at| at.since(now).as_millis());
                Line::State {
                    source: &name,
                    state: link.state,
                    attempt: link.attempt,
                    reason: link.reason,
                    text: self.sentence(link),
                    retry_in_ms: retry.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0),
                }
            }
            Observation::Message { message, via, unread, page } => Line::Message {
                source: &name,
                id: message.id,
                kind: &message.kind,
                title: &message.title,
                body: &message.body,
                link: page.as_deref(),
                unread: *unread,
                via: *via,
            },
            Observation::Popup { title, body, ids } => Line::Popup { title, body, ids },
            Observation::Gap { reason, from, until, .. } => {
                Line::Gap { source: &name, reason: reason.as_str(), from: *from, until: *until }
            }
        };
        match self.format {
            Format::Json => out.json(&line),
            Format::Text => match text::line(&line, self.language) {
                Some(text) => out.line(&text),
                None => Ok(()),
            },
        }
    }

    /// Whether a line that has been written is the last one.
    fn end_by(&mut self, observation: &Observation) -> Option<End> {
        match observation {
            Observation::State { source, link } => {
                self.last_reason = self.sentence(link).to_owned();
                self.reached |= is_reached(link);
                self.end_by_state(*source, link)
            }
            Observation::Message { .. } => {
                self.reached = true;
                let wanted = self.wanted.as_mut()?;
                *wanted = wanted.saturating_sub(1);
                (*wanted == 0).then_some(End::Done)
            }
            Observation::Popup { .. } | Observation::Gap { .. } => None,
        }
    }

    fn end_by_state(&mut self, source: SourceId, link: &LinkView) -> Option<End> {
        let reason = match (link.state, link.reason) {
            // An engine begins like this; the token comes at once.
            (LinkState::Stopped, Some(reason)) if reason != Reason::SignedOut => reason,
            _ => {
                self.stopped.remove(&source);
                return None;
            }
        };
        let words = format!("{}: {}", self.name(source), self.sentence(link));
        if reason == Reason::Rejected {
            return Some(End::Refused(words));
        }
        self.stopped.insert(source, reason);
        if self.names.keys().any(|source| !self.stopped.contains_key(source)) {
            return None;
        }
        let forbidden = self.stopped.values().all(|reason| *reason == Reason::Forbidden);
        Some(if forbidden { End::Refused(words) } else { End::Stopped(words) })
    }

    /// Asks for the name of a source that has come since.
    fn meet(&mut self, source: SourceId) {
        if let Entry::Vacant(place) = self.names.entry(source)
            && let Some(name) = (self.new_name)(source)
        {
            place.insert(name);
        }
    }

    /// The name of a source; the id of one that nobody knows any more.
    fn name(&self, source: SourceId) -> Cow<'_, str> {
        self.names.get(&source).map_or_else(|| source.to_string().into(), |name| name.as_str().into())
    }

    /// What people are told about a connection: the reason, or the state where there is none.
    fn sentence(&self, link: &LinkView) -> &'static str {
        let reason =
            link.reason.and_then(|reason| self.language.lookup(&format!("reason.{}", code(&reason))));
        let state = || self.language.lookup(&format!("state.{}", code(&link.state)));
        reason.or_else(state).unwrap_or_default()
    }
}

/// Whether a connection in this state has heard from its server.
fn is_reached(link: &LinkView) -> bool {
    match link.state {
        LinkState::Live => true,
        // While the history cannot be fetched, the reason says why.
        LinkState::Polling => matches!(link.reason, None | Some(Reason::NoStream | Reason::AttemptsSpent)),
        LinkState::Stopped | LinkState::Opening | LinkState::Waiting => false,
    }
}

fn unwritable(error: io::Error) -> End {
    if is_closed(&error) { End::Done } else { End::Unwritable(error) }
}

#[cfg(test)]
mod tests;
