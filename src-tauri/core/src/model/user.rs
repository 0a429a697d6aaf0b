//! Whose messages a server sends.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A user of a server, as the server names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ServerUser {
    /// The server's stable id.
    pub id: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
}

impl ServerUser {
    /// What people call them.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}
