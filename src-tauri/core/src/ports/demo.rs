//! Starting the demo.

/// Starts the demo: another run of the program, with a profile and a server of its own.
pub trait DemoStart: Send + Sync {
    /// Starts it, or brings the one that runs to the front. Does not wait for it.
    ///
    /// # Errors
    /// If it cannot be started.
    fn start(&self) -> Result<(), DemoError>;
}

/// The demo could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the demo could not be started: {0}")]
pub struct DemoError(pub String);

/// For programs that have no demo.
#[derive(Debug, Clone, Copy)]
pub struct NoDemo;

impl DemoStart for NoDemo {
    fn start(&self) -> Result<(), DemoError> {
        Err(DemoError("this program has none".to_owned()))
    }
}
