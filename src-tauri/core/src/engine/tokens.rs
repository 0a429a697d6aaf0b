//! What one source knows of its token: where it is kept, with which one it works, and whether the keychain
//! still owes it an erasure. Deliberately not here: the calls to the keychain (`sign_in`).

use std::time::{Duration, Instant};

use super::keychain_word::{Before, Told};
use crate::link::NoToken;
use crate::model::Token;
use crate::ports::SecretError;
use crate::settings::{SecretPlace, SignedOut, SourceSettings};
use crate::view::SecretView;

/// How often a keychain that is locked or gone is looked at again; it may report by itself before.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How often a server is asked whose a token is, before it is taken to name nobody.
const ASKED: u32 = 3;

/// What a source knows of its token.
pub(super) struct Tokens {
    /// Where the token is, for the view.
    pub place: SecretView,
    /// The token, where it lives in memory only.
    session: Option<Token>,
    /// The token with which the source works. It stays in use while the keychain does not answer.
    in_use: Option<Token>,
    /// The token of which is known whose it is, or that the server names nobody.
    named: Option<Token>,
    /// Whose the token in use is has to be known first.
    doubt: Option<Doubt>,
    /// The token that the server has refused: it signs nobody in again by itself.
    refused: Option<Token>,
    /// Counts sign-ins and sign-outs: an answer that belongs to an earlier one changes nothing.
    turn: Turn,
    /// Whether the keychain may still have the token of somebody who has signed out.
    erasure: Erasure,
    look: Look,
    /// When the keychain is looked at again.
    look_at: Option<Instant>,
    /// What the user has been told of it.
    pub told: Told,
}

/// How often it was asked in vain whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Doubt {
    /// There was an answer, and it said nothing.
    silent: u32,
    /// There was none that counts.
    failed: u32,
}

/// Whether a server is asked once more whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    Left,
    Spent,
}

/// Numbers the sign-ins and sign-outs of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Turn(u64);

/// Whether the keychain may still have the token of somebody who has signed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Erasure {
    Nothing,
    /// The token there still counts: it is to move to memory, and nobody has read it yet.
    OwedOnceRead,
    Owed,
}

/// Whether a token that is to move to memory is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// It is in memory, or there is none: what the keychain has can go.
    Done,
    /// It has to be read first.
    ToBeRead,
}

/// Whether the keychain is being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    None,
    UnderWay,
    /// It changed meanwhile: once more.
    Outdated,
}

/// What the keychain's answer to a look means.
pub(super) enum Found {
    /// Nothing that is not known already.
    Nothing,
    /// There is a token to begin with.
    SignIn,
    /// There is none, or none that can be had.
    SignOut(NoToken),
    /// The token that was to move to memory has done so: it signs in, and the keychain can erase it.
    Moved,
    /// The keychain can take over what was kept in memory.
    TakeOver,
    /// The keychain can erase what it owes.
    Erase,
}

impl Tokens {
    /// What is known before the keychain has been asked.
    pub fn new(settings: &SourceSettings) -> Self {
        let erasure = match settings.signed_out {
            SignedOut::Erased => Erasure::Nothing,
            SignedOut::TokenLeft => Erasure::Owed,
        };
        Self {
            place: match (settings.secrets, erasure) {
                (SecretPlace::Keychain, Erasure::Nothing) => SecretView::Checking,
                (SecretPlace::Keychain, Erasure::OwedOnceRead | Erasure::Owed)
                | (SecretPlace::Session, _) => SecretView::Missing,
            },
            session: None,
            in_use: None,
            named: None,
            doubt: None,
            refused: None,
            turn: Turn::default(),
            erasure,
            look: Look::None,
            look_at: None,
            told: Told::default(),
        }
    }

    /// The token for a request, as far as it is known without the keychain's word.
    pub fn in_use(&self) -> Option<&Token> {
        self.in_use.as_ref()
    }

    /// Whether it is known whose the token in use is, or that the server names nobody.
    pub fn is_named(&self) -> bool {
        self.in_use.is_some() && self.named == self.in_use
    }

    /// It is known now.
    pub fn named(&mut self) {
        self.named.clone_from(&self.in_use);
        self.doubt = None;
    }

    /// It is known of a token that is about to come into use.
    pub fn will_be_named(&mut self, token: &Token) {
        self.named = Some(token.clone());
    }

    /// It has to be known first.
    pub fn begin_doubt(&mut self) {
        self.doubt.get_or_insert_default();
    }

    /// It need not be known.
    pub fn no_doubt(&mut self) {
        self.doubt = None;
    }

    /// Whether nothing is to be told with the token, since it may be somebody else's.
    pub fn is_in_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// The server was asked whose it is, and says nothing.
    pub fn nothing_said(&mut self) -> Patience {
        let doubt = self.doubt.get_or_insert_default();
        doubt.silent += 1;
        if doubt.silent < ASKED { Patience::Left } else { Patience::Spent }
    }

    /// The server was asked whose it is, and that has failed.
    pub fn asking_failed(&mut self) {
        self.doubt.get_or_insert_default().failed += 1;
    }

    /// Whether to go on asking in the way that has failed.
    pub fn asking(&self) -> Patience {
        match self.doubt {
            Some(doubt) if doubt.failed >= ASKED => Patience::Spent,
            Some(_) | None => Patience::Left,
        }
    }

    /// The token that lives in memory only.
    pub fn session(&self) -> Option<&Token> {
        self.session.as_ref()
    }

    /// The present turn.
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// Whether there may be a token to go out with.
    pub fn has_token(&self) -> bool {
        self.session.is_some()
            || self.in_use.is_some()
            || self.refused.is_some()
            || self.place == SecretView::Keychain
    }

    /// Whether the keychain still has to erase a token that is not to be there.
    pub fn owes_erasure(&self) -> bool {
        match self.erasure {
            Erasure::Nothing => false,
            Erasure::OwedOnceRead | Erasure::Owed => true,
        }
    }

    /// A token has come in that will be stored: what is under way for an earlier one is overtaken.
    pub fn begin_turn(&mut self) -> Turn {
        self.turn.0 += 1;
        self.turn
    }

    /// The keychain has taken the token.
    pub fn kept(&mut self, token: Token) {
        self.place = SecretView::Keychain;
        self.session = None;
        self.in_use = Some(token);
        self.refused = None;
        self.erasure = Erasure::Nothing;
        self.look_at = None;
    }

    /// The token is kept in memory only.
    pub fn keep_for_session(&mut self, token: Token) {
        self.place = SecretView::Session;
        self.in_use = Some(token.clone());
        self.session = Some(token);
        self.refused = None;
        match self.erasure {
            Erasure::Nothing => self.look_at = None,
            // This one has taken its place. The keychain is still looked at, until it can erase it.
            Erasure::OwedOnceRead | Erasure::Owed => self.erasure = Erasure::Owed,
        }
    }

    /// The user has signed out: nothing that is known or on its way counts any more.
    pub fn sign_out(&mut self, secrets: SecretPlace) -> Turn {
        self.session = None;
        self.in_use = None;
        self.refused = None;
        self.place = SecretView::Missing;
        self.look_at = None;
        self.erasure = match (secrets, self.erasure) {
            // There has never been anything in the keychain.
            (SecretPlace::Session, Erasure::Nothing) => Erasure::Nothing,
            (SecretPlace::Keychain, _) | (_, Erasure::OwedOnceRead | Erasure::Owed) => Erasure::Owed,
        };
        self.begin_turn()
    }

    /// The user wants the token in memory only: what the keychain has is to be erased, once it is known.
    pub fn move_to_memory(&mut self) -> (Turn, Move) {
        self.session = self.in_use.clone().or_else(|| self.refused.clone());
        let (place, moved) = match (&self.session, self.erasure) {
            (Some(_), _) => (SecretView::Session, Move::Done),
            (None, Erasure::Owed) => (SecretView::Missing, Move::Done),
            (None, Erasure::Nothing | Erasure::OwedOnceRead) => (SecretView::Missing, Move::ToBeRead),
        };
        self.place = place;
        self.erasure = match moved {
            Move::Done => Erasure::Owed,
            Move::ToBeRead => Erasure::OwedOnceRead,
        };
        self.look_at = None;
        (self.begin_turn(), moved)
    }

    /// The user wants the token in the keychain after all; tells whether one that was to move to memory, and
    /// has not been read, stays there.
    pub fn stays_in_keychain(&mut self) -> bool {
        let stays = self.erasure == Erasure::OwedOnceRead;
        if stays {
            self.erasure = Erasure::Nothing;
            self.place = SecretView::Checking;
        }
        stays
    }

    /// The keychain has erased the token, or not.
    pub fn erased(&mut self, result: &Result<(), SecretError>, now: Instant) {
        match result {
            Ok(()) => {
                self.erasure = Erasure::Nothing;
                self.look_at = None;
            }
            // A keychain that comes reports itself, or is asked at the next start.
            Err(SecretError::Absent) => {}
            Err(SecretError::Locked | SecretError::TooLong | SecretError::Failed(_)) => {
                self.look_at = Some(now + LOOK_EVERY);
            }
        }
    }

    /// The server has refused the token: it is not used again unless the user says so.
    pub fn refused(&mut self) {
        self.refused = self.in_use.take();
    }

    /// The keychain has answered to a request that is about to go out; why it cannot go out, if it cannot.
    ///
    /// Only a keychain that says that there is no token takes one away that works.
    pub fn answered(&mut self, result: Result<Option<Token>, SecretError>, now: Instant) -> Option<NoToken> {
        if let Some(session) = &self.session {
            self.in_use = Some(session.clone());
            return None;
        }
        match result {
            Ok(Some(token)) => {
                self.place = SecretView::Keychain;
                self.in_use = Some(token);
                None
            }
            Ok(None) => {
                self.place = SecretView::Missing;
                self.in_use = None;
                Some(NoToken::SignedOut)
            }
            Err(error) => {
                let (place, why) = unanswered(&error);
                self.place = place;
                // The user wants a refused one to be tried once more.
                self.in_use = self.in_use.take().or_else(|| self.refused.clone());
                if self.in_use.is_some() {
                    return None;
                }
                self.look_at = Some(now + LOOK_EVERY);
                Some(why)
            }
        }
    }

    /// Whether the keychain is to be looked at now; if it is being looked at, it will be once more.
    pub fn begin_look(&mut self) -> bool {
        self.look_at = None;
        match self.look {
            Look::None => {
                self.look = Look::UnderWay;
                true
            }
            Look::UnderWay | Look::Outdated => {
                self.look = Look::Outdated;
                false
            }
        }
    }

    /// Whether the look that has ended was outdated before its end.
    pub fn end_look(&mut self) -> bool {
        std::mem::replace(&mut self.look, Look::None) == Look::Outdated
    }

    /// The keychain has answered to a look.
    pub fn looked(&mut self, result: Result<Option<Token>, SecretError>, now: Instant) -> Found {
        match (result, self.erasure) {
            (Ok(Some(token)), Erasure::OwedOnceRead) => {
                self.keep_for_session(token);
                Found::Moved
            }
            (Ok(_), Erasure::OwedOnceRead | Erasure::Owed) => Found::Erase,
            (Err(SecretError::Absent), Erasure::OwedOnceRead | Erasure::Owed) => Found::Nothing,
            (Err(_), Erasure::OwedOnceRead | Erasure::Owed) => {
                self.look_at = Some(now + LOOK_EVERY);
                Found::Nothing
            }
            (Ok(_), Erasure::Nothing) if self.session.is_some() => Found::TakeOver,
            (Ok(Some(token)), Erasure::Nothing) => {
                self.place = SecretView::Keychain;
                let is_found = |own: &Option<Token>| own.as_ref().is_some_and(|own| own == &token);
                if is_found(&self.in_use) || is_found(&self.refused) {
                    return Found::Nothing;
                }
                self.in_use = Some(token);
                Found::SignIn
            }
            (Ok(None), Erasure::Nothing) => {
                self.place = SecretView::Missing;
                self.in_use = None;
                Found::SignOut(NoToken::SignedOut)
            }
            (Err(_), Erasure::Nothing) if self.session.is_some() => Found::Nothing,
            (Err(error), Erasure::Nothing) => {
                let (place, why) = unanswered(&error);
                self.place = place;
                if self.in_use.is_some() || self.refused.is_some() {
                    return Found::Nothing;
                }
                self.look_at = Some(now + LOOK_EVERY);
                Found::SignOut(why)
            }
        }
    }

    /// What is known now.
    pub fn before(&self) -> Before {
        Before { had_token: self.has_token(), place: self.place }
    }

    /// When the keychain has to be looked at again.
    pub fn deadline(&self) -> Option<Instant> {
        self.look_at
    }
}

/// What it means that the keychain names no token and does not say either that there is none.
fn unanswered(error: &SecretError) -> (SecretView, NoToken) {
    match error {
        SecretError::Locked => (SecretView::Locked, NoToken::KeychainLocked),
        SecretError::Absent | SecretError::TooLong | SecretError::Failed(_) => {
            (SecretView::Absent, NoToken::KeychainAbsent)
        }
    }
}
