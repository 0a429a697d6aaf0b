//! A demo that is counted and not started.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ports::{DemoError, DemoStart};

/// Counts how often it was started.
#[derive(Debug, Clone, Default)]
pub struct CountingDemo {
    starts: Arc<AtomicUsize>,
}

impl CountingDemo {
    /// How often it was started.
    #[must_use]
    pub fn starts(&self) -> usize {
        self.starts.load(Ordering::Relaxed)
    }
}

impl DemoStart for CountingDemo {
    fn start(&self) -> Result<(), DemoError> {
        self.starts.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
