//! Handing a page to the user's browser.

use super::BoxFuture;
use crate::model::{ActivationToken, WebLink};

/// Opens pages in the user's browser.
pub trait Browser: Send + Sync {
    /// Opens `page`. Done when the browser has been started, not when it has loaded the page. `activation` lets the
    /// browser come to the front, where a click asked for the page and the desktop gave a token with it.
    ///
    /// # Errors
    /// [`BrowserError`] if nothing could be started, or what was started soon gave up. Bounded in time.
    fn open(
        &self,
        page: &WebLink,
        activation: Option<ActivationToken>,
    ) -> BoxFuture<'static, Result<(), BrowserError>>;
}

/// The page could not be handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no browser could be started: {0}")]
pub struct BrowserError(pub String);
