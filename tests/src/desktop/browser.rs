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
        Ok(self.record()?.into_iter().map(|(page, _)| page).collect())
    }

    /// What let the browser come to the front with each page; empty where nothing did.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn activations(&self) -> Result<Vec<String>> {
        Ok(self.record()?.into_iter().map(|(_, activation)| activation).collect())
    }

    fn record(&self) -> Result<Vec<(String, String)>> {
        let record = std::fs::read_to_string(self.session.variable("DESKTOP_SESSION_OPENED")?)?;
        let parts = record.lines().filter_map(|line| line.split_once(' '));
        Ok(parts.map(|(page, activation)| (page.to_owned(), activation.to_owned())).collect())
    }

    /// Waits for the first page.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn first(&self) -> Result<String> {
        until("a page", || async { self.all()?.into_iter().next().context("no page was opened") }).await
    }
}
