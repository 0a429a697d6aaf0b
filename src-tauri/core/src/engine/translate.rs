//! From what a source said to what the store is given: decoding, resolving times, choosing what will be
//! announced. One stretch of events becomes one transaction, cursor included.

use super::source::SourceRun;
use crate::dialect::{self, Decoded, GapNotice, HistoryPage, Skipped};
use crate::model::{Cursor, GapReason, NewMessage, ReadState, RemoteId, SentAt, ServerUser, Timestamp, Via};
use crate::ports::Frame;
use crate::store::{
    Announce, Arrival, Batch, Change, CursorUpdate, EpochUpdate, LogEvent, Past, PlaceUpdate,
};

/// The code of what was left out because there was too much of it.
const TOO_MANY: &str = "too_many";

/// The times that a message's own time is resolved with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// The present moment.
    pub now: Timestamp,
    /// How far the clock is ahead of UTC that times without a zone were read from, in seconds.
    pub utc_offset: i64,
}

impl Clock {
    /// A message's own time, if it has one.
    pub fn told(self, sent_at: &SentAt) -> Option<Timestamp> {
        match sent_at {
            SentAt::Unknown => None,
            SentAt::Exact(time) => Some(*time),
            SentAt::Zoneless(time) => Some(Timestamp(time.0.saturating_sub(self.utc_offset * 1000))),
        }
    }

    fn resolve(self, sent_at: &SentAt) -> Timestamp {
        self.told(sent_at).unwrap_or(self.now)
    }
}

/// A stretch of changes that will be one transaction.
#[derive(Default)]
pub(super) struct Stretch {
    pub changes: Vec<Change>,
    pub cursor: Option<Cursor>,
    /// Whether the server has begun anew before all this.
    begun: bool,
}

/// A dispatched event, decoded.
pub(super) struct Heard {
    /// The last event id after it.
    pub id: String,
    /// What it means.
    pub decoded: Decoded,
}

impl Heard {
    /// Decodes a dispatched event.
    pub fn decode(run: &SourceRun, frame: Frame) -> Self {
        let decoded = dialect::decode_frame(run.settings.dialect, &frame.event, &frame.data);
        Self { id: frame.id, decoded }
    }
}

/// What a frame asks for beyond its changes.
pub(super) enum After {
    /// Nothing.
    Nothing,
    /// The server has finished repeating.
    Ready(Option<ServerUser>),
}

impl Stretch {
    /// What a server sends that has begun anew.
    pub fn of_another_epoch() -> Self {
        Self { begun: true, ..Self::default() }
    }

    /// Takes one dispatched event.
    pub fn take(&mut self, run: &SourceRun, decoded: Decoded, clock: Clock) -> After {
        match decoded {
            Decoded::Message(message) => self.changes.push(Change::Message(arrival(run, message, clock))),
            Decoded::Updated(message) => self.changes.push(Change::Updated(arrival(run, message, clock))),
            Decoded::Read { ids, read, beyond } => {
                self.changes.push(Change::Read { ids, read });
                self.too_many_ids(beyond);
            }
            Decoded::Deleted { ids, beyond } => {
                self.changes.push(Change::Deleted { ids });
                self.too_many_ids(beyond);
            }
            Decoded::Gap(notice) => self.changes.push(gap(notice)),
            Decoded::Ready { user, speaks_protocol: _ } => return After::Ready(user),
            Decoded::Ignored => {}
            Decoded::Malformed(reason) => self.problem(reason.code(), reason.to_string()),
        }
        After::Nothing
    }

    fn too_many_ids(&mut self, beyond: usize) {
        if beyond > 0 {
            self.problem(
                TOO_MANY,
                format!("{beyond} ids beyond the most that an event may hold were left out"),
            );
        }
    }

    /// Records something that was skipped.
    pub fn problem(&mut self, code: &'static str, detail: String) {
        self.changes.push(Change::Problem(LogEvent { code: code.into(), detail }));
    }

    /// Whether there is anything to commit.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.cursor.is_none()
    }

    /// The transaction for what has gathered.
    pub fn into_batch(self, run: &SourceRun) -> Batch {
        let cursor = self.cursor.filter(|cursor| !cursor.0.is_empty());
        let epoch = epoch(run, cursor.as_ref(), self.begun);
        let cursor = cursor.map_or(CursorUpdate::Keep, CursorUpdate::Set);
        Batch { epoch, changes: self.changes, place: PlaceUpdate { cursor, ..PlaceUpdate::default() } }
    }
}

/// What the server says of its epoch with a place: how it spells that counts only where it has said that it means
/// something.
pub(super) fn epoch(run: &SourceRun, place: Option<&Cursor>, begun: bool) -> EpochUpdate {
    let name =
        place.filter(|_| run.names_epochs).and_then(|place| dialect::epoch(run.settings.dialect, place));
    match (begun, name) {
        (true, name) => EpochUpdate::Begun(name),
        (false, Some(name)) => EpochUpdate::Called(name),
        (false, None) => EpochUpdate::Keep,
    }
}

fn arrival(run: &SourceRun, message: NewMessage, clock: Clock) -> Arrival {
    let sent_at = clock.resolve(&message.sent_at);
    let via = run.connection.via(sent_at, clock.now);
    let past = match via {
        Via::Replay if run.connection.repeats_history() => Past::History,
        Via::Live | Via::Replay | Via::Backfill | Via::Poll => Past::Missed,
    };
    Arrival { announce: announce(past, &message), message, sent_at, via }
}

/// The transaction for a page of history.
pub(super) fn page_batch(
    page: HistoryPage,
    via: Via,
    past: Past,
    clock: Clock,
    place: PlaceUpdate,
    epoch: EpochUpdate,
) -> Batch {
    let mut changes = Vec::with_capacity(page.messages.len() + 4);
    for message in page.messages {
        let sent_at = clock.resolve(&message.sent_at);
        changes.push(Change::Message(Arrival { announce: announce(past, &message), message, sent_at, via }));
    }
    let mut marks = |ids: Vec<RemoteId>, read| {
        if !ids.is_empty() {
            changes.push(Change::Read { ids, read });
        }
    };
    marks(page.read, ReadState::Read);
    marks(page.unread, ReadState::Unread);
    if !page.deleted.is_empty() {
        changes.push(Change::Deleted { ids: page.deleted });
    }
    changes.extend(page.gap.map(gap));
    changes.extend(problems(page.skipped));
    Batch { epoch, changes, place }
}

/// What is said about the parts of a page that are not stored: a line each for all that could not be read
/// and for all that was too much.
fn problems(Skipped { unreadable, first, messages, ids }: Skipped) -> impl Iterator<Item = Change> {
    let line = |code: &'static str, detail: String| Change::Problem(LogEvent { code: code.into(), detail });
    let unreadable = first.map(|reason| {
        line(reason.code(), format!("{unreadable} messages of a page could not be read; the first: {reason}"))
    });
    let too_many = (messages + ids > 0).then(|| {
        line(
            TOO_MANY,
            format!("{messages} messages and {ids} ids beyond the most that a page may hold were left out"),
        )
    });
    // What was left out is not asked for again.
    let missing =
        (messages > 0).then_some(Change::Gap { reason: GapReason::Unknown, from: None, until: None });
    [unreadable, too_many, missing].into_iter().flatten()
}

fn announce(past: Past, message: &NewMessage) -> Announce {
    match past {
        Past::Missed if !message.is_read => Announce::Due,
        Past::Missed | Past::History => Announce::Never,
    }
}

fn gap(GapNotice { reason, from, until }: GapNotice) -> Change {
    Change::Gap { reason, from, until }
}
