//! Streams: what their opening, their events and their end mean.

use std::time::Instant;

use crate::dialect::Decoded;
use crate::engine::network::delivery::Landed;
use crate::engine::network::failure::connect_failure;
use crate::engine::repetition::{ConnectionFacts, Meeting};
use crate::engine::run::{Engine, clock};
use crate::engine::source::{SourceRun, StreamEnd};
use crate::engine::translate::{After, Heard, Stretch};
use crate::link::{Attempt, Brought, Channel, CursorState, Failure, Input, Life};
use crate::model::{Cursor, GapReason, Message, SentAt, UtcOffset, Via};
use crate::ports::{ConnectError, StreamEvent, StreamOpened};
use crate::store::StoreError;

impl Engine {
    pub(in crate::engine) fn opened(
        &mut self,
        index: usize,
        attempt: Attempt,
        result: Result<StreamOpened, ConnectError>,
    ) {
        let (now, wall) = (clock(), self.clock_now());
        self.keep_moves(index);
        let has_met = self.has_met(index);
        let run = &mut self.sources[index];
        match result {
            Ok(stream) => {
                let meeting = match run.link.cursor() {
                    CursorState::Fresh if !has_met => Meeting::First,
                    CursorState::Fresh | CursorState::At(_) | CursorState::Unknown { .. }
                        if run.says_ready =>
                    {
                        Meeting::SaysReady
                    }
                    CursorState::Fresh | CursorState::At(_) | CursorState::Unknown { .. } => Meeting::Again,
                };
                run.connection =
                    ConnectionFacts::new(now, wall, meeting).begun_at(run.link.cursor().header());
                run.trouble = None;
                run.take_stream(attempt, stream);
                run.link.handle(now, Input::Opened { attempt });
                self.walk(index);
            }
            Err(error) => {
                run.trouble = Some(error.to_string());
                let failure = connect_failure(error, &run.settings);
                run.link.handle(now, Input::Failed { attempt, failure });
            }
        }
    }

    pub(in crate::engine) fn events_came(
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
                self.sources[index].trouble = Some(error.to_string());
                Failure::Broken
            }
        };
        self.sources[index].link.handle(now, Input::Failed { attempt, failure });
    }

    /// Turns events into as few transactions as their order allows.
    fn take_events(&mut self, index: usize, attempt: Attempt, events: Vec<Came>) -> Result<(), StoreError> {
        let mut times = self.times(index);
        let mut stretch = Stretch::default();
        for event in events {
            let run = &mut self.sources[index];
            match event {
                Came::Heard(mut heard) => {
                    run.touch(&heard.decoded);
                    if let Some(message) = heard.decoded.message_mut() {
                        run.kinds.fold(message);
                        run.connection.message_came(times.told(&message.sent_at), clock(), times.now);
                    }
                    match &heard.decoded {
                        Decoded::Gap(gap) if gap.reason == GapReason::Reset => {
                            let before = std::mem::replace(&mut stretch, Stretch::of_another_epoch());
                            self.commit(index, attempt, before)?;
                        }
                        Decoded::Ready { speaks_protocol: true, .. } => run.names_epochs = true,
                        Decoded::Ready { .. } | Decoded::Gap(_) => {}
                        Decoded::Message(_)
                        | Decoded::Updated(_)
                        | Decoded::Read { .. }
                        | Decoded::Deleted { .. }
                        | Decoded::Ignored
                        | Decoded::Malformed(_) => {}
                    }
                    if let Decoded::Message(message) = &heard.decoded
                        && self.sources[index].connection.first_live()
                    {
                        self.learn_zone(index, &message.sent_at);
                        times = self.times(index);
                    }
                    self.follow(index, attempt, &mut stretch, heard.id)?;
                    match stretch.take(&self.sources[index], heard.decoded, times) {
                        After::Nothing => {}
                        After::Ready(user) => {
                            self.commit(index, attempt, std::mem::take(&mut stretch))?;
                            if let Some(user) = user {
                                self.user_said(self.sources[index].id(), user);
                            }
                            // It was somebody else's token: what follows is not this source's.
                            if self.sources[index].tokens.in_use().is_none() {
                                return Ok(());
                            }
                            self.ready(index);
                        }
                    }
                }
                Came::Other(StreamEvent::Id(id)) => self.follow(index, attempt, &mut stretch, id)?,
                Came::Other(StreamEvent::Oversized { id }) => {
                    self.follow(index, attempt, &mut stretch, id)?;
                    stretch
                        .problem("oversized", "an event was larger than allowed and was skipped".to_owned());
                }
                Came::Other(StreamEvent::Retry(span)) => {
                    run.link.handle(clock(), Input::Retry { attempt, span });
                }
                Came::Other(StreamEvent::Frame(_) | StreamEvent::Comment(_) | StreamEvent::Activity) => {}
            }
        }
        self.commit(index, attempt, stretch)
    }

    /// A message that has just been sent shows what the clock shows where it comes from.
    fn learn_zone(&mut self, index: usize, sent_at: &SentAt) {
        let SentAt::Zoneless(shown) = sent_at else { return };
        let Some(zone) = UtcOffset::of_clock(*shown, self.clock_now()) else { return };
        let source = self.sources[index].id();
        if let Err(failure) = self.change_source(source, |settings| settings.learned_zone = Some(zone)) {
            tracing::error!(%failure, "the zone of a source's times could not be remembered");
        }
    }

    /// Follows the last event id. What has gathered is committed first where it cannot share a transaction with what
    /// comes next: the server has cleared the place.
    fn follow(
        &mut self,
        index: usize,
        attempt: Attempt,
        stretch: &mut Stretch,
        id: String,
    ) -> Result<(), StoreError> {
        let run = &mut self.sources[index];
        let cleared = run.connection.id_cleared(&id);
        if cleared {
            self.commit(index, attempt, std::mem::take(stretch))?;
        }
        if cleared || !id.is_empty() {
            stretch.cursor = Some(Cursor(id));
        }
        Ok(())
    }

    fn ready(&mut self, index: usize) {
        let run = &mut self.sources[index];
        run.connection.ready();
        run.says_ready = true;
        let held = run.held.take();
        self.announce_repeated(held, clock());
    }

    /// Commits a stretch of events; then the machine learns the cursor, and the announcements go out.
    fn commit(&mut self, index: usize, attempt: Attempt, stretch: Stretch) -> Result<(), StoreError> {
        if stretch.is_empty() {
            return Ok(());
        }
        let cursor = stretch.cursor.clone();
        let batch = stretch.into_batch(&self.sources[index]);
        let Landed { due, changed, .. } = self.deliver(index, batch)?;
        let brought = if changed { Brought::Changes } else { Brought::CursorOnly };
        let by = Channel::Stream(attempt);
        self.sources[index].link.handle(clock(), Input::Committed { by, cursor, brought });

        let (live, repeated): (Vec<Message>, Vec<Message>) =
            due.into_iter().partition(|message| message.via == Via::Live);
        self.announce_live(&live, clock());
        let repeated = self.expect(repeated);
        self.sources[index].held.add(repeated, clock());
        Ok(())
    }

    /// Announces what has waited for long enough.
    pub(in crate::engine) fn held_step(&mut self, index: usize, now: Instant) {
        let held = &mut self.sources[index].held;
        if held.deadline().is_some_and(|until| until <= now) {
            let held = held.take();
            self.announce_repeated(held, now);
        }
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
