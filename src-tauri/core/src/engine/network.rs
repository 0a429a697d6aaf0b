//! What the machines of the sources ask for, and whom an answer of the network concerns.

mod delivery;
mod failure;
mod history;
mod streams;

use super::run::{Engine, clock};
use super::source::{Errand, History, Kept, SourceStep};
use super::trail::Trail;
use crate::link::{Attempt, Channel, CursorState, Input, Output};
use crate::store::Past;

impl Engine {
    /// Carries out what a machine asks for.
    pub(super) fn carry_out(&mut self, index: usize) {
        while let Some(output) = self.sources[index].link.poll_output() {
            let run = &mut self.sources[index];
            match output {
                Output::Connect { .. } | Output::Poll { .. } if !self.connects => {}
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
                    run.tokens.refused();
                    run.end_walk();
                    run.outbox.stop();
                    self.announce_rejected();
                }
            }
        }
    }

    /// Takes what has happened to a source.
    pub(super) fn source_step(&mut self, index: usize, step: SourceStep) {
        match step {
            SourceStep::Token(by, cursor, kept) => self.token_came(index, by, &cursor, kept),
            SourceStep::Whose(by, cursor, user) => self.whose_came(index, by, &cursor, user),
            SourceStep::Page(Errand::Walk, trail, result) if trail.asks_for_newest() => {
                self.owed_page_came(index, &trail, result);
            }
            SourceStep::Page(Errand::Walk, trail, result) => self.older_page_came(index, trail, result),
            SourceStep::Page(Errand::Request(by), trail, result) => self.page_came(index, by, trail, result),
            SourceStep::Opened(attempt, result) => self.opened(index, attempt, result),
            SourceStep::Events(attempt, events, end) => self.events_came(index, attempt, events, end),
            SourceStep::Told(told) => self.told(index, told),
        }
    }

    fn token_came(&mut self, index: usize, by: Channel, cursor: &CursorState, kept: Kept) {
        let run = &mut self.sources[index];
        run.proxy_login = kept.route.proxy_login;
        if let Some(why) = run.tokens.answered(kept.token, clock()) {
            return run.without_token(why);
        }
        // The keychain's time is not the server's.
        run.link.handle(clock(), Input::Progress { by });
        if !self.asks_whose(index, by, cursor) {
            self.go_out(index, by, cursor);
        }
    }

    /// Asks for what is missing, with a token that is there.
    pub(super) fn go_out(&mut self, index: usize, by: Channel, cursor: &CursorState) {
        let run = &mut self.sources[index];
        run.link.handle(clock(), Input::Progress { by });
        let walk = match by {
            Channel::Stream(_) => cursor.walk_first(),
            Channel::Poll(_) => true,
        };
        match by {
            // Where there is a place that the stream cannot be told, nothing but the history helps.
            Channel::Stream(attempt)
                if !walk || (run.history == History::Absent && cursor.after().is_none()) =>
            {
                self.open_stream(index, attempt)
            }
            Channel::Stream(_) | Channel::Poll(_) => {
                let after = cursor.after();
                let past = if after.is_some() || self.has_met(index) { Past::Missed } else { Past::History };
                let trail = Trail::from(after.map(|cursor| cursor.0.as_str()), past);
                self.ask_for_page(index, by, trail, after);
            }
        }
    }

    fn open_stream(&mut self, index: usize, attempt: Attempt) {
        let run = &mut self.sources[index];
        run.link.handle(clock(), Input::Asking { attempt });
        run.open_stream(attempt, &self.ports);
    }
}
