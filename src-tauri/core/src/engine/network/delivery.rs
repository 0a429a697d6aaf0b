//! The way into the store, and what follows from a commit at once.

use std::collections::BTreeMap;

use crate::dialect::{Target, target};
use crate::engine::fault::{self, Step};
use crate::engine::kinds::Kinds;
use crate::engine::observe::Observation;
use crate::engine::run::{Engine, clock};
use crate::engine::translate::Clock;
use crate::link::{Channel, Failure, Input, PollFailure};
use crate::model::{GapReason, Message, MessageId, MessageKind, NewMessage, SourceId, UtcOffset, Via};
use crate::settings::{Reach, Subject, Treatment};
use crate::store::{
    Announce, Batch, Change, CursorUpdate, Delivered, Gap, LogEvent, PlaceUpdate, StoreError,
};
use crate::view::GapView;

/// More new messages of one commit than this share a line of the log.
const LINES: usize = 8;

/// What the log tells of a new message.
type Arrived<'a> = (MessageId, &'a MessageKind, Via);

/// What came of a commit.
pub(in crate::engine) struct Landed {
    /// What has to be announced.
    pub due: Vec<Message>,
    /// How many messages are new.
    pub new: usize,
    /// Whether any message is another one than before.
    pub changed: bool,
}

impl Engine {
    /// One transaction, and what follows from it at once: popups that are of no use any more, what watchers
    /// are told.
    pub(in crate::engine) fn deliver(
        &mut self,
        index: usize,
        mut batch: Batch,
    ) -> Result<Landed, StoreError> {
        let source = self.sources[index].id();
        self.put_away(source, &mut batch);
        let delivered = self.store.deliver(source, &batch, self.ports.clock.now())?;
        let Delivered { new, due, updated, read_elsewhere, unread_elsewhere, deleted, .. } = delivered;
        if !new.is_empty() {
            fault::at(Step::Stored);
        }
        let known = [&updated, &read_elsewhere, &unread_elsewhere, &deleted];
        let changed = !new.is_empty() || known.iter().any(|ids| !ids.is_empty());
        self.storage_works();
        self.inbox_changed = true;
        self.withdraw(&read_elsewhere);
        self.withdraw(&deleted);
        if delivered.begun_anew {
            self.sources[index].leave_past();
        }
        if !delivered.gaps.is_empty() {
            self.sources[index].gap = self.last_gap(source);
        }
        for Gap { reason, from, until, noticed_at: _ } in delivered.gaps {
            tracing::warn!(source = %self.sources[index].settings.name, reason = reason.as_str(), "messages may be missing");
            self.observe(|| Observation::Gap { source, reason, from, until });
        }
        for line in arrivals(new.iter().map(|message| (message.id, &message.kind, message.via))) {
            tracing::info!("{}: {line}", self.sources[index].settings.name);
        }
        self.observe_new(index, &new)?;
        let count = new.len();
        let due = self.due_messages(new, &due)?;
        Ok(Landed { due: self.wanted(due, clock()), new: count, changed })
    }

    /// Has messages go straight into the archive that a rule wants there.
    fn put_away(&self, source: SourceId, batch: &mut Batch) {
        let notifications = &self.settings.preferences.notifications;
        if !notifications.archives() {
            return;
        }
        for change in &mut batch.changes {
            let (Change::Message(arrival) | Change::Updated(arrival)) = change else { continue };
            let NewMessage { kind, priority, title, body, .. } = &arrival.message;
            let subject = Subject { source, kind, priority: *priority, title, body };
            if let Treatment { reach: Reach::Archive, rule: Some(rule), .. } =
                notifications.treatment(subject)
            {
                arrival.announce = Announce::Archive(rule);
            }
        }
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
    pub(in crate::engine) fn storage_failed(&mut self, index: usize, by: Channel, error: &StoreError) {
        tracing::error!(%error, "messages could not be stored");
        self.storage_troubled(error);
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

    pub(in crate::engine) fn forget_cursor(&mut self, index: usize) {
        let place = PlaceUpdate { cursor: CursorUpdate::Forget, ..PlaceUpdate::default() };
        let log = LogEvent {
            code: "cursor_dropped".into(),
            detail: "the server no longer knows the cursor".to_owned(),
        };
        let until = Some(self.clock_now());
        let gap = Change::Gap { reason: GapReason::Unknown, from: None, until };
        let batch = Batch { place, changes: vec![gap, Change::Problem(log)], ..Batch::default() };
        if let Err(error) = self.deliver(index, batch) {
            tracing::error!(%error, "the cursor could not be forgotten");
        }
    }

    /// Writes what went wrong into the source's event log, and into the program's.
    pub(in crate::engine) fn record(&mut self, index: usize, code: &'static str, detail: String) {
        let run = &self.sources[index];
        tracing::warn!(source = %run.settings.name, code, "{detail}");
        let event = LogEvent { code: code.into(), detail };
        if let Err(error) = self.store.record(run.id(), &event, self.ports.clock.now()) {
            tracing::error!(%error, "the event log could not be written");
        }
    }

    /// The kinds that a source's stored messages have.
    pub(in crate::engine) fn stored_kinds(&self, source: SourceId) -> Kinds {
        match self.store.kinds(source) {
            Ok(kinds) => Kinds::of(kinds),
            Err(error) => {
                tracing::error!(%error, "the kinds of a source could not be read");
                Kinds::default()
            }
        }
    }

    /// What the times of a source's messages are resolved with: its zone as the user says, else as it was learned,
    /// else the computer's.
    pub(in crate::engine) fn times(&self, index: usize) -> Clock {
        let settings = &self.sources[index].settings;
        let zone = settings.zone.or(settings.learned_zone);
        let utc_offset = zone.map_or_else(|| self.utc_offset.into(), UtcOffset::seconds);
        Clock { now: self.clock_now(), utc_offset }
    }

    /// What a source has reported as missing since the user last knew, for the view.
    pub(in crate::engine) fn last_gap(&self, source: SourceId) -> Option<GapView> {
        let gap = self.store.last_gap(source).ok().flatten()?;
        Some(GapView { from: gap.from, until: gap.until })
    }
}

/// The lines of the log about new messages: ids and kinds, never what a message says.
fn arrivals<'a>(new: impl ExactSizeIterator<Item = Arrived<'a>> + Clone) -> Vec<String> {
    let way = |via| match via {
        Via::Live => "live",
        Via::Replay => "replayed",
        Via::Backfill => "from the history",
        Via::Poll => "polled",
    };
    let count = new.len();
    match (new.clone().next(), new.clone().last()) {
        (Some((first, _, via)), Some((last, ..))) if count > LINES => {
            vec![format!("{count} messages, {first} to {last}, {}", way(via))]
        }
        _ => new.map(|(id, kind, via)| format!("message {id} ({:?}), {}", kind.as_str(), way(via))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_which_messages_came_and_not_what_they_say() {
        let lines = |new: &[(i64, MessageKind, Via)]| {
            arrivals(new.iter().map(|(id, kind, via)| (MessageId(*id), kind, *via)))
        };
        let few = [(1, MessageKind::Reply, Via::Live), (2, MessageKind::Other("a\nb".into()), Via::Poll)];
        assert_eq!(lines(&few), [r#"message 1 ("reply"), live"#, r#"message 2 ("a\nb"), polled"#]);
        let many: Vec<_> = (1..=500).map(|id| (id, MessageKind::System, Via::Replay)).collect();
        assert_eq!(lines(&many), ["500 messages, 1 to 500, replayed"]);
        assert_eq!(lines(&[]), [""; 0]);
    }
}
