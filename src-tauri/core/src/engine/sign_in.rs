//! Signing in and out: tokens on their way in, out of the keychain and back, and what the keychain's
//! locking, unlocking and vanishing mean to the sources.

use std::time::Instant;

use super::acts::Job;
use super::goodbye::LastLook;
use super::handle::Reply;
use super::run::{Engine, clock};
use super::secrets::SecretReply;
use super::source::SourceRun;
use super::tokens::{Found, Move, Turn};
use crate::action::{Failure, FailureCode, Outcome, SecretOutcome};
use crate::link::{Input, NoToken};
use crate::model::{SourceId, Token};
use crate::policy::KeychainWord;
use crate::ports::{SecretError, SecretKey};
use crate::settings::{SecretPlace, SignedOut, SourceSettings, TokenOrigin};
use crate::view::SecretView;

/// Whether the user may be asked to unlock the keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskUser {
    /// Once, because they want something: at the start, or when they say so.
    Yes,
    /// Nobody has asked for anything.
    No,
}

/// A call to the keychain that has ended.
pub(super) enum KeychainAnswer {
    /// To a token that came in.
    Stored {
        turn: Turn,
        token: Token,
        origin: TokenOrigin,
        /// The token of the session whose place it takes.
        replaced: Option<Token>,
        result: Result<(), SecretError>,
        reply: Option<SecretReply>,
    },
    /// To a token that has been at work in memory only.
    TakenOver { turn: Turn, token: Token, result: Result<(), SecretError> },
    /// To a sign-out. Nobody waits where it is tried again.
    Erased { turn: Turn, result: Result<(), SecretError>, reply: Option<Reply> },
    /// To a look whether there is a token.
    Looked { turn: Turn, result: Result<Option<Token>, SecretError> },
}

impl Engine {
    /// Keeps a token where its source wants it kept, and connects. Nobody waits where Belfry itself found out
    /// for which source it is.
    pub(super) fn keep_token(
        &mut self,
        source: SourceId,
        turn: Turn,
        token: Token,
        origin: TokenOrigin,
        reply: Option<SecretReply>,
    ) {
        let Some(index) = self.sources.iter().position(|run| run.id() == source) else { return };
        let replaced = self.session_to_replace(&self.sources[index], origin);
        match self.sources[index].settings.secrets {
            SecretPlace::Session => {
                let taken = token.clone();
                self.end_session(index, async move { replaced.await.filter(|old| *old != taken) });
                self.keep_for_session(source, token, origin);
                let kept = SecretOutcome::Kept { source };
                self.secret_replies.extend(reply.map(|reply| (reply, Ok(kept))));
            }
            SecretPlace::Keychain => {
                let storing = self.ports.secrets.set(self.secret_key(source), token.clone());
                self.jobs.push(Box::pin(async move {
                    let replaced = replaced.await.filter(|old| *old != token);
                    let result = storing.await;
                    let answer = KeychainAnswer::Stored { turn, token, origin, replaced, result, reply };
                    Job::Keychain { source, answer }
                }));
            }
        }
    }

    /// Gives the keychain what has been in memory only.
    fn take_over(&mut self, source: SourceId, turn: Turn, token: Token) {
        let storing = self.ports.secrets.set(self.secret_key(source), token.clone());
        self.jobs.push(Box::pin(async move {
            let answer = KeychainAnswer::TakenOver { turn, token, result: storing.await };
            Job::Keychain { source, answer }
        }));
    }

    fn erase_token(&mut self, source: SourceId, turn: Turn, reply: Option<Reply>, before: Option<LastLook>) {
        let erasing = self.ports.secrets.erase(self.secret_key(source));
        self.jobs.push(Box::pin(async move {
            if let Some(before) = before {
                before.await;
            }
            let answer = KeychainAnswer::Erased { turn, result: erasing.await, reply };
            Job::Keychain { source, answer }
        }));
    }

    /// Asks the keychain whether a source has a token, so that nothing is tried without one.
    pub(super) fn look_for_token(&mut self, index: usize, ask: AskUser) {
        let run = &mut self.sources[index];
        if !run.minds_keychain() {
            return;
        }
        let (source, turn) = (run.id(), run.tokens.turn());
        if !run.tokens.begin_look() {
            return;
        }
        let key = self.secret_key(source);
        let looking = match ask {
            AskUser::Yes => self.ports.secrets.get(key),
            AskUser::No => self.ports.secrets.peek(key),
        };
        self.jobs.push(Box::pin(async move {
            let answer = KeychainAnswer::Looked { turn, result: looking.await };
            Job::Keychain { source, answer }
        }));
    }

    /// The keychain says that it may answer otherwise than before.
    pub(super) fn keychain_changed(&mut self) {
        for index in 0..self.sources.len() {
            self.look_for_token(index, AskUser::No);
        }
        self.erase_leftovers();
    }

    /// When a keychain that is locked or gone has to be looked at again.
    pub(super) fn keychain_deadline(&self) -> Option<Instant> {
        self.sources.iter().filter_map(|run| run.tokens.deadline()).min()
    }

    /// Looks at the keychain where that is due.
    pub(super) fn keychain_step(&mut self, now: Instant) {
        for index in 0..self.sources.len() {
            if self.sources[index].tokens.deadline().is_some_and(|at| at <= now) {
                self.look_for_token(index, AskUser::No);
            }
        }
    }

    /// Goes on where the keychain has answered. A source that was removed meanwhile has no answers to take.
    pub(super) fn keychain_answered(&mut self, source: SourceId, answer: KeychainAnswer) {
        match answer {
            KeychainAnswer::Stored { turn, token, origin, replaced, result, reply } => {
                let in_keychain = result.is_ok();
                let result = self.stored(source, turn, token, origin, result);
                // What the keychain did not take ends with the program, and leaves the earlier one there for the next.
                if let (Ok(()), true, Some(replaced)) = (&result, in_keychain, replaced) {
                    self.end_session(self.index(source), std::future::ready(Some(replaced)));
                }
                let result = result.map(|()| SecretOutcome::Kept { source });
                self.secret_replies.extend(reply.map(|reply| (reply, result)));
            }
            KeychainAnswer::TakenOver { turn, token, result } => {
                let run = self.sources.iter_mut().find(|run| run.id() == source);
                if let (Some(run), Ok(())) = (run.filter(|run| run.tokens.turn() == turn), result) {
                    run.tokens.kept(token);
                    self.remember_signed_out(source, SignedOut::Erased);
                }
            }
            KeychainAnswer::Erased { turn, result, reply } => {
                let result = self.erased(source, turn, result);
                self.replies.extend(reply.map(|reply| (reply, result)));
            }
            KeychainAnswer::Looked { turn, result } => self.looked(source, turn, result),
        }
    }

    fn stored(
        &mut self,
        source: SourceId,
        turn: Turn,
        token: Token,
        origin: TokenOrigin,
        result: Result<(), SecretError>,
    ) -> Result<(), Failure> {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else {
            return Err(no_such_source(source));
        };
        if run.tokens.turn() != turn {
            return Err(Failure::new(
                FailureCode::Overtaken,
                "a later sign-in or sign-out has taken its place",
            ));
        }
        match result {
            Ok(()) => {
                run.tokens.kept(token);
                self.signed_in(source);
                self.remember(source, |settings| {
                    settings.signed_out = SignedOut::Erased;
                    settings.token_from = origin;
                    settings.awaits_token = false;
                });
                Ok(())
            }
            // The view says that the token is kept in memory only.
            Err(error @ (SecretError::Absent | SecretError::Locked | SecretError::Failed(_))) => {
                tracing::warn!(%error, "the token is kept in memory only");
                self.keep_for_session(source, token, origin);
                Ok(())
            }
            Err(error @ SecretError::TooLong) => {
                tracing::warn!(%error, "the token is kept in memory only");
                self.keep_for_session(source, token, origin);
                self.announce_keychain(source, KeychainWord::TooLong);
                Ok(())
            }
        }
    }

    fn keep_for_session(&mut self, source: SourceId, token: Token, origin: TokenOrigin) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        run.tokens.keep_for_session(token);
        self.signed_in(source);
        // The memory of an engine at rest ends with its command: a source that the keychain was to have a token for has
        // none then.
        let lasts =
            self.connects || self.sources[self.index(source)].settings.secrets == SecretPlace::Session;
        self.remember(source, |settings| {
            settings.token_from = origin;
            settings.awaits_token &= !lasts;
        });
    }

    pub(super) fn signed_in(&mut self, source: SourceId) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        let was_told_of = run.is_rejected() || run.tokens.told.last().is_some();
        run.end_walk();
        run.link.handle(clock(), Input::SignedIn);
        run.outbox.another_token();
        run.tokens.told.take_back();
        if was_told_of {
            self.withdraw_words();
        }
    }

    fn looked(&mut self, source: SourceId, turn: Turn, result: Result<Option<Token>, SecretError>) {
        let Some(index) = self.sources.iter().position(|run| run.id() == source) else { return };
        let run = &mut self.sources[index];
        if run.tokens.end_look() {
            self.look_for_token(index, AskUser::No);
        }
        let run = &mut self.sources[index];
        if run.tokens.turn() != turn {
            // Whatever has taken its place may have failed.
            if run.tokens.place == SecretView::Checking {
                self.look_for_token(index, AskUser::No);
            }
            return;
        }
        // The keychain may report its own erasure, and be looked at once more before its answer has come.
        if !run.minds_keychain() {
            return;
        }
        let before = run.tokens.before();
        match run.tokens.looked(result, clock()) {
            Found::Nothing => {}
            Found::SignIn => self.sign_in_found(source),
            Found::Moved => {
                self.erase_token(source, turn, None, None);
                self.sign_in_found(source);
            }
            Found::SignOut(why) => {
                run.without_token(why);
                if let Some(word) = run.tokens.told.word(why, before) {
                    self.announce_keychain(source, word);
                }
            }
            Found::TakeOver => {
                if let Some(token) = run.tokens.session().cloned() {
                    self.take_over(source, turn, token);
                }
            }
            Found::Erase => self.erase_token(source, turn, None, None),
        }
    }

    /// Begins with a token that the keychain had. Before anything is told or comes with it, the server says whose it is.
    fn sign_in_found(&mut self, source: SourceId) {
        let doubted = self.has_to_be_identified(source);
        if let Some(run) = self.sources.iter_mut().find(|run| run.id() == source && doubted) {
            run.doubt();
        }
        self.signed_in(source);
    }

    pub(super) fn sign_out(&mut self, source: SourceId, reply: Reply) {
        let Some(index) = self.sources.iter().position(|run| run.id() == source) else {
            return self.replies.push((reply, Err(no_such_source(source))));
        };
        let before = self.say_goodbye(index);
        self.begin_sign_out(source, Some(reply), before);
    }

    pub(super) fn begin_sign_out(
        &mut self,
        source: SourceId,
        reply: Option<Reply>,
        before: Option<LastLook>,
    ) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        let turn = run.tokens.sign_out(run.settings.secrets);
        run.without_token(NoToken::SignedOut);
        if !run.tokens.owes_erasure() {
            tracing::info!(%source, "signed out");
            self.remember(source, |settings| settings.token_from = TokenOrigin::Given);
            return self.replies.extend(reply.map(|reply| (reply, Ok(Outcome::Done))));
        }
        // First on the disk: a token that outlives the program must not sign in again.
        self.remember(source, |settings| {
            settings.signed_out = SignedOut::TokenLeft;
            settings.token_from = TokenOrigin::Given;
        });
        self.erase_token(source, turn, reply, before);
    }

    fn erased(
        &mut self,
        source: SourceId,
        turn: Turn,
        result: Result<(), SecretError>,
    ) -> Result<Outcome, Failure> {
        tracing::info!(%source, erased = result.is_ok(), "signed out");
        let run = self.sources.iter_mut().find(|run| run.id() == source);
        // A failure counts for whatever has overtaken it, too: the erasure is still owed.
        let counts = |run: &&mut SourceRun| run.tokens.turn() == turn || result.is_err();
        if let Some(run) = run.filter(|run| run.tokens.owes_erasure() && counts(run)) {
            run.tokens.erased(&result, clock());
            // A sign-in came while the keychain could not take it.
            let waiting = match run.settings.secrets {
                SecretPlace::Keychain => run.tokens.session().cloned(),
                SecretPlace::Session => None,
            };
            if result.is_ok() {
                self.remember_signed_out(source, SignedOut::Erased);
                if let Some(token) = waiting {
                    self.take_over(source, turn, token);
                }
            }
        }
        match result {
            Ok(()) | Err(SecretError::Absent) => Ok(Outcome::Done),
            Err(error @ (SecretError::Locked | SecretError::TooLong | SecretError::Failed(_))) => {
                Err(Failure::new(FailureCode::TokenLeft, error.to_string()))
            }
        }
    }

    /// Tries every connection that waits, and asks the keychain where it is what is waited for.
    pub(super) fn retry_now(&mut self) {
        for index in 0..self.sources.len() {
            self.retry(index);
        }
    }

    pub(super) fn retry(&mut self, index: usize) {
        self.forget_moves(index);
        let run = &mut self.sources[index];
        if run.tokens.has_token() {
            let now = clock();
            run.link.handle(now, Input::RetryNow);
            run.outbox.retry_now(now);
        } else {
            // The keychain may have been unlocked in the meantime.
            self.look_for_token(index, AskUser::Yes);
        }
    }

    /// The user wants the token in memory only; what the keychain has is erased, once it has been read. What
    /// cannot be read before the program ends is erased at a later start: memory ends with the program. A locked
    /// keychain is why they want it: they are not asked to unlock it.
    pub(super) fn move_token_to_memory(&mut self, source: SourceId) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        let (turn, moved) = run.tokens.move_to_memory();
        if !run.tokens.has_token() {
            run.without_token(NoToken::SignedOut);
        }
        match moved {
            Move::Done => self.erase_token(source, turn, None, None),
            Move::ToBeRead => self.look_for_token(self.index(source), AskUser::No),
        }
    }

    /// The user wants the token in the keychain; until it has it, it stays in memory.
    pub(super) fn move_token_to_keychain(&mut self, source: SourceId) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        if let Some(token) = run.tokens.session().cloned() {
            let turn = run.tokens.begin_turn();
            return self.take_over(source, turn, token);
        }
        if run.tokens.stays_in_keychain() {
            self.remember_signed_out(source, SignedOut::Erased);
        }
        self.look_for_token(self.index(source), AskUser::Yes);
    }

    /// Remembers over the end of the program whether the keychain still has a token that counts no more.
    fn remember_signed_out(&mut self, source: SourceId, signed_out: SignedOut) {
        self.remember(source, |settings| settings.signed_out = signed_out);
    }

    /// Remembers over the end of the program what is to be known of a token.
    fn remember(&mut self, source: SourceId, what: impl Fn(&mut SourceSettings)) {
        if let Err(failure) = self.change_source(source, what) {
            tracing::error!(%failure, "it could not be remembered who is signed in");
        }
    }

    fn secret_key(&self, source: SourceId) -> SecretKey {
        SecretKey::token(self.profile.id, source)
    }
}

pub(super) fn no_such_source(source: SourceId) -> Failure {
    Failure::new(FailureCode::NotFound, format!("there is no source {source}"))
}
