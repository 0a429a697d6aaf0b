//! A keychain in memory that can be told to fail, to hang, and to say that it has changed.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use crate::model::Token;
use crate::ports::{BoxFuture, SecretError, SecretKey, SecretStore};

/// Keeps tokens in memory.
#[derive(Debug, Clone, Default)]
pub struct MemorySecrets {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    tokens: BTreeMap<SecretKey, Token>,
    failures: VecDeque<SecretError>,
    always: Option<SecretError>,
    held: Option<VecDeque<Call>>,
    changes: Option<mpsc::Sender<()>>,
    questions: usize,
    requests: usize,
}

/// A call that has been made and not carried out.
type Call = Box<dyn FnOnce(&mut State) + Send>;

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl MemorySecrets {
    /// Lets the next call fail; several calls queue up.
    pub fn fail_next(&self, error: SecretError) {
        self.lock().failures.push_back(error);
    }

    /// Lets every call fail from now on, or none.
    pub fn fail_always(&self, error: Option<SecretError>) {
        self.lock().always = error;
    }

    /// Lets calls wait from now on.
    pub fn hold(&self) {
        self.lock().held.get_or_insert_default();
    }

    /// Carries out the calls that wait, in their order, and lets none wait from now on.
    pub fn release(&self) {
        let mut state = self.lock();
        for call in state.held.take().unwrap_or_default() {
            call(&mut state);
        }
    }

    /// Reports a change, as a real keychain does when it is locked, unlocked, or edited by somebody else.
    pub fn report_change(&self) {
        if let Some(changes) = &self.lock().changes {
            // A full channel holds a report already.
            let _ = changes.try_send(());
        }
    }

    /// The token that stands under a key.
    #[must_use]
    pub fn stored(&self, key: SecretKey) -> Option<String> {
        self.lock().tokens.get(&key).map(|token| token.expose().to_owned())
    }

    /// Forgets a token, as somebody does who deletes it in the keychain's own window.
    pub fn lose(&self, key: SecretKey) {
        self.lock().tokens.remove(&key);
    }

    /// How many calls have been made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().questions
    }

    /// How many of them could have asked the user to unlock the keychain.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.lock().requests
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> BoxFuture<'static, Result<T, SecretError>> {
        let mut state = self.lock();
        state.questions += 1;
        let result = |state: &mut State| match state.failures.pop_front().or_else(|| state.always.clone()) {
            Some(error) => Err(error),
            None => Ok(act(state)),
        };
        let (sender, answer) = oneshot::channel();
        let call = move |state: &mut State| {
            // Whoever asked may have gone.
            let _ = sender.send(result(state));
        };
        match &mut state.held {
            Some(held) => held.push_back(Box::new(call)),
            None => call(&mut state),
        }
        Box::pin(async { answer.await.unwrap_or(Err(SecretError::Absent)) })
    }
}

impl SecretStore for MemorySecrets {
    fn get(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        self.lock().requests += 1;
        self.peek(key)
    }

    fn peek(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        self.attempt(move |state| state.tokens.get(&key).cloned())
    }

    fn set(&self, key: SecretKey, token: Token) -> BoxFuture<'static, Result<(), SecretError>> {
        self.lock().requests += 1;
        self.attempt(move |state| {
            state.tokens.insert(key, token);
        })
    }

    fn erase(&self, key: SecretKey) -> BoxFuture<'static, Result<(), SecretError>> {
        self.lock().requests += 1;
        self.attempt(move |state| {
            state.tokens.remove(&key);
        })
    }

    fn report_to(&self, changes: mpsc::Sender<()>) {
        self.lock().changes = Some(changes);
    }
}
