//! Whom the server knows now: the tokens of the token file, the sessions of those who have signed in, and word of when
//! they change. A token is looked up by its SHA-256, so that neither the time of a look-up nor the database tells it.

mod session;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::accounts::Account;
use crate::tokens::{Grant, Role, Token};

pub(crate) use session::{Session, SessionId};

/// Sessions that one user may have at once; the next one ends the oldest.
const SESSIONS: usize = 100;

/// The SHA-256 of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(pub [u8; 32]);

impl Key {
    /// Digests a text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Key(…)")
    }
}

/// Whom a token stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    key: Key,
    /// The user's name.
    pub user: String,
    /// What the user may do.
    pub role: Role,
    /// The session, where the token came from a sign-in.
    pub session: Option<SessionId>,
}

/// Everybody known at one moment.
#[derive(Debug, Default)]
pub(crate) struct Known {
    granted: Vec<Grant>,
    accounts: Vec<Account>,
    sessions: Vec<Session>,
    holders: HashMap<Key, Arc<Holder>>,
    subscribers: BTreeSet<String>,
}

impl Known {
    pub fn new(granted: Vec<Grant>, accounts: Vec<Account>, sessions: Vec<Session>) -> Self {
        let mut known = Self { granted, accounts, sessions, ..Self::default() };
        let by_grant = known.granted.iter().map(|grant| Holder {
            key: Key::of(grant.token.expose()),
            user: grant.user.clone(),
            role: grant.role,
            session: None,
        });
        let by_session = known.sessions.iter().filter_map(|session| {
            let account = known.account(&session.user)?;
            (account.fingerprint() == session.account).then(|| Holder {
                key: session.id.0,
                user: session.user.clone(),
                role: account.role,
                session: Some(session.id),
            })
        });
        let holders: HashMap<Key, Arc<Holder>> =
            by_session.chain(by_grant).map(|holder| (holder.key, Arc::new(holder))).collect();
        known.holders = holders;
        let granted = known.granted.iter().map(|grant| (grant.role, &grant.user));
        let named = granted.chain(known.accounts.iter().map(|account| (account.role, &account.user)));
        let subscribers = named.filter(|(role, _)| *role == Role::Subscriber).map(|(_, user)| user.clone());
        known.subscribers = subscribers.collect();
        known
    }

    /// Whose token this is.
    pub fn find(&self, token: &Token) -> Option<&Arc<Holder>> {
        self.holders.get(&Key::of(token.expose()))
    }

    /// Whether a token that was found before still stands for the same.
    pub fn holds(&self, holder: &Holder) -> bool {
        self.holders.get(&holder.key).is_some_and(|now| **now == *holder)
    }

    /// The account with this name.
    pub fn account(&self, user: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.user == user)
    }

    /// The sessions of `user` that have to end when another begins.
    pub fn surplus(&self, user: &str) -> Vec<SessionId> {
        let mut own: Vec<&Session> = self.sessions.iter().filter(|session| session.user == user).collect();
        own.sort_by_key(|session| session.expires_at);
        let surplus = (own.len() + 1).saturating_sub(SESSIONS);
        own.iter().take(surplus).map(|session| session.id).collect()
    }

    /// The first token of the token file with this role, of this user if one is named.
    pub fn token_of(&self, role: Role, user: Option<&str>) -> Option<Token> {
        let fitting = self
            .granted
            .iter()
            .filter(|grant| grant.role == role && user.is_none_or(|user| grant.user == user));
        let first = fitting.min_by(|a, b| (&a.user, a.token.expose()).cmp(&(&b.user, b.token.expose())));
        first.map(|grant| grant.token.clone())
    }

    /// Whether a subscriber has this name.
    pub fn knows(&self, user: &str) -> bool {
        self.subscribers.contains(user)
    }

    /// Every subscriber's name.
    pub fn subscribers(&self) -> impl Iterator<Item = &String> {
        self.subscribers.iter()
    }

    /// Every line of the token file.
    pub fn grants(&self) -> &[Grant] {
        &self.granted
    }
}

/// Everybody known now, and word of when that changes.
#[derive(Debug)]
pub(crate) struct Access(watch::Sender<Arc<Known>>);

impl Access {
    pub fn new(known: Known) -> Self {
        Self(watch::Sender::new(Arc::new(known)))
    }

    pub fn now(&self) -> Arc<Known> {
        self.0.borrow().clone()
    }

    pub fn watch(&self) -> watch::Receiver<Arc<Known>> {
        self.0.subscribe()
    }

    /// Replaces the lines of the token file.
    pub fn replace(&self, grants: Vec<Grant>) {
        self.change(|_, accounts, sessions| Known::new(grants, accounts, sessions));
    }

    /// Replaces the lines of the users file.
    pub fn replace_accounts(&self, accounts: Vec<Account>) {
        self.change(|grants, _, sessions| Known::new(grants, accounts, sessions));
    }

    /// Begins a session and ends others.
    pub fn sign_in(&self, session: Session, ended: &[SessionId]) {
        self.change(|grants, accounts, mut sessions| {
            sessions.retain(|known| !ended.contains(&known.id));
            sessions.push(session);
            Known::new(grants, accounts, sessions)
        });
    }

    /// Ends a session.
    pub fn sign_out(&self, id: SessionId) {
        self.change(|grants, accounts, mut sessions| {
            sessions.retain(|known| known.id != id);
            Known::new(grants, accounts, sessions)
        });
    }

    /// Ends sessions whose time is over, `now` in Unix milliseconds.
    pub fn expire(&self, now: i64) {
        if self.now().sessions.iter().all(|session| session.expires_at > now) {
            return;
        }
        self.change(|grants, accounts, mut sessions| {
            sessions.retain(|session| session.expires_at > now);
            Known::new(grants, accounts, sessions)
        });
    }

    fn change(&self, change: impl FnOnce(Vec<Grant>, Vec<Account>, Vec<Session>) -> Known) {
        self.0.send_modify(|known| {
            let (grants, accounts) = (known.granted.clone(), known.accounts.clone());
            *known = Arc::new(change(grants, accounts, known.sessions.clone()));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::parse;

    #[test]
    fn only_subscribers_can_be_written_to() {
        let known = Known::new(parse("a me subscriber\nb site publisher").unwrap(), Vec::new(), Vec::new());
        assert!(known.knows("me") && !known.knows("site"));
        assert_eq!(known.token_of(Role::Publisher, None), Some(Token::new("b")));
        assert_eq!(known.token_of(Role::Subscriber, Some("site")), None);
    }

    #[test]
    fn nothing_that_is_printed_holds_a_token() {
        let known = Known::new(parse("hush me subscriber").unwrap(), Vec::new(), Vec::new());
        assert!(!format!("{known:?}").contains("hush"));
    }

    #[test]
    fn a_hundred_and_first_session_ends_the_oldest() {
        let session = |number: i64| Session {
            id: SessionId(Key::of(&number.to_string())),
            user: "me".into(),
            account: Key::of("any"),
            expires_at: number,
        };
        let sessions: Vec<Session> = (0..100).rev().map(session).collect();
        let known = Known::new(Vec::new(), Vec::new(), sessions);
        assert_eq!(known.surplus("me"), [session(0).id]);
        assert!(known.surplus("you").is_empty());
    }
}
