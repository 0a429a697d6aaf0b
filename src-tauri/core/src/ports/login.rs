//! Starting with the user's session.

/// Has the program start with the user's session, hidden, or no longer. The system keeps that, and people can
/// change it there: it is asked rather than remembered.
pub trait LoginItem: Send + Sync {
    /// Whether the program starts with the session; nothing where that cannot be had. Takes no longer than
    /// reading a small file.
    fn state(&self) -> Option<LoginStart>;

    /// Changes it.
    ///
    /// # Errors
    /// [`LoginItemError`] with what the system said.
    fn set(&self, start: LoginStart) -> Result<(), LoginItemError>;
}

/// Whether the program starts with the user's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginStart {
    /// It does.
    On,
    /// It does not.
    Off,
}

/// Starting with the session could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("starting at login could not be changed: {0}")]
pub struct LoginItemError(pub String);

/// For programs that never start with the session: the demo, a profile of one's own, the command line.
#[derive(Debug, Clone, Copy)]
pub struct NoLoginItem;

impl LoginItem for NoLoginItem {
    fn state(&self) -> Option<LoginStart> {
        None
    }

    fn set(&self, _start: LoginStart) -> Result<(), LoginItemError> {
        Err(LoginItemError("this run of the program is not for it".to_owned()))
    }
}
