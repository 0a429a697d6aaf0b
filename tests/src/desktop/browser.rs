//! The browser of a session: `xdg-open` is a recorder there.

use anyhow::{Context, Result};

use super::Session;
use crate::wait::until;

/// The pages that programs handed to the browser.
#[derive(Debug, Clone, Copy)]
pub struct PagesOpened<'a> {
    session: &'a Session,
}

impl Session {
    /// The pages that programs handed to the browser.
    #[must_use]
    pub fn pages_opened(&self) -> PagesOpened<'_> {
        PagesOpened { session: self }
    }
}

impl PagesOpened<'_> {
    /// All so far, in order.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn all(&self) -> Result<Vec<String>> {
        let record = self.session.variable("DESKTOP_SESSION_OPENED")?;
        Ok(std::fs::read_to_string(record)?.lines().map(str::to_owned).collect())
    }

    /// Waits for the first page.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn first(&self) -> Result<String> {
        until("a page", || async { self.all()?.into_iter().next().context("no page was opened") }).await
    }
}
