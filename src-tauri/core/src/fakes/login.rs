//! A session that remembers whether the program starts with it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::ports::{LoginItem, LoginItemError, LoginStart};

/// Remembers, unless it was told to refuse.
#[derive(Debug, Clone, Default)]
pub struct MemoryLoginItem {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    on: bool,
    refuses: bool,
}

impl MemoryLoginItem {
    /// Refuses every change from now on.
    pub fn refuse(&self) {
        self.with(|state| state.refuses = true);
    }

    /// Changes it as people can, without the program.
    pub fn change(&self, start: LoginStart) {
        self.with(|state| state.on = start == LoginStart::On);
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LoginItem for MemoryLoginItem {
    fn state(&self) -> Option<LoginStart> {
        Some(if self.with(|state| state.on) { LoginStart::On } else { LoginStart::Off })
    }

    fn set(&self, start: LoginStart) -> Result<(), LoginItemError> {
        if self.with(|state| state.refuses) {
            return Err(LoginItemError("it refuses".to_owned()));
        }
        self.change(start);
        Ok(())
    }
}
