//! What servers say about messages beyond the messages themselves.

use serde::{Deserialize, Serialize};

/// Whether a message is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadState {
    /// It is.
    Read,
    /// It is not.
    Unread,
}

/// Why a server cannot repeat everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GapReason {
    /// What came after the cursor is kept no longer.
    Expired,
    /// The server's store is another one than before.
    Reset,
    /// The server does not know the cursor, or does not say.
    Unknown,
}

impl GapReason {
    /// The name on the wire, on the command line and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Reset => "reset",
            Self::Unknown => "unknown",
        }
    }
}

impl From<&str> for GapReason {
    fn from(name: &str) -> Self {
        match name {
            "expired" => Self::Expired,
            "reset" => Self::Reset,
            _ => Self::Unknown,
        }
    }
}
