//! A browser that only remembers what it was given.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{ActivationToken, WebLink};
use crate::ports::{BoxFuture, Browser, BrowserError};

/// Remembers the pages that it was asked to open.
#[derive(Debug, Clone, Default)]
pub struct RecordingBrowser {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    opened: Vec<String>,
    activations: Vec<Option<ActivationToken>>,
    fail_next: Option<BrowserError>,
}

impl RecordingBrowser {
    /// The addresses opened so far.
    #[must_use]
    pub fn opened(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).opened.clone()
    }

    /// What came with each page.
    #[must_use]
    pub fn activations(&self) -> Vec<Option<ActivationToken>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).activations.clone()
    }

    /// Lets the next call fail.
    pub fn fail_next(&self, error: BrowserError) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fail_next = Some(error);
    }
}

impl Browser for RecordingBrowser {
    fn open(
        &self,
        page: &WebLink,
        activation: Option<ActivationToken>,
    ) -> BoxFuture<'static, Result<(), BrowserError>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = match state.fail_next.take() {
            Some(error) => Err(error),
            None => {
                state.opened.push(page.as_str().to_owned());
                state.activations.push(activation);
                Ok(())
            }
        };
        Box::pin(std::future::ready(result))
    }
}
