//! A keychain in memory, which can fail when told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Token;
use crate::ports::{BoxFuture, SecretError, SecretKey, SecretStore};

/// Keeps tokens in memory.
#[derive(Debug, Clone, Default)]
pub struct MemorySecrets {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    tokens: BTreeMap<SecretKey, Token>,
    failures: VecDeque<SecretError>,
    always: Option<SecretError>,
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, SecretError> {
        let mut state = self.lock();
        match state.failures.pop_front().or_else(|| state.always.clone()) {
            Some(error) => Err(error),
            None => Ok(act(&mut state)),
        }
    }
}

impl SecretStore for MemorySecrets {
    fn get(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        let result = self.attempt(|state| state.tokens.get(&key).cloned());
        Box::pin(std::future::ready(result))
    }

    fn set(&self, key: SecretKey, token: Token) -> BoxFuture<'static, Result<(), SecretError>> {
        let result = self.attempt(|state| {
            state.tokens.insert(key, token);
        });
        Box::pin(std::future::ready(result))
    }

    fn erase(&self, key: SecretKey) -> BoxFuture<'static, Result<(), SecretError>> {
        let result = self.attempt(|state| {
            state.tokens.remove(&key);
        });
        Box::pin(std::future::ready(result))
    }
}
