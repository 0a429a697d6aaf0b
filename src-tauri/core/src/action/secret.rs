//! The way in for secrets, which is no [`super::Action`]: what a secret is for, what came with it, and what
//! became of it. What goes in has no serialised form; what comes out holds no secret.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::ProbeReport;
use crate::model::{SecretText, SourceId, Token};
use crate::settings::NewSource;

/// What a secret is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SecretUse {
    /// Keep it for this source, and connect.
    Keep {
        /// The source.
        source: SourceId,
    },
    /// Add this source with it, and connect. Both come about or nothing does, also where the program or whoever asked ends.
    Add {
        /// What to add.
        source: NewSource,
    },
    /// User and password for the proxy that this source's settings name: keep them where its token is kept.
    KeepProxyLogin {
        /// The source.
        source: SourceId,
    },
    /// Try it on a source that is not added, and keep nothing.
    Try {
        /// What would be added.
        source: NewSource,
    },
}

impl SecretUse {
    /// Whether it changes what is saved in the settings, or where a source's token is.
    #[must_use]
    pub fn changes_settings(&self) -> bool {
        match self {
            Self::Keep { .. } | Self::Add { .. } => true,
            Self::KeepProxyLogin { .. } | Self::Try { .. } => false,
        }
    }
}

/// What came in. No part of it is ever printed.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A token.
    Token(Token),
    /// A token that the server has just given for a password.
    Granted(Token),
    /// A user and a password, which the server exchanges for a token. The password is not kept.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretText,
    },
    /// The token that is kept already.
    Kept,
}

/// What became of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SecretOutcome {
    /// It is kept.
    Kept {
        /// For this source: that which was named or added, unless the token belongs to a user of the server who has, or
        /// gets, another one.
        source: SourceId,
    },
    /// It was tried.
    Probed {
        /// What was found.
        report: ProbeReport,
    },
}
