//! Why a command did not do what was asked, and the exit code that scripts read.

use std::fmt;
use std::process::ExitCode;

/// Why a command failed, in one line each, without a secret.
#[derive(Debug)]
pub enum Problem {
    /// It was asked in a way that cannot work: exit code 2.
    Usage(String),
    /// The server refused the token: exit code 3.
    Refused(String),
    /// The server could not be reached: exit code 4.
    Unreachable(String),
    /// Anything else: exit code 1.
    Failed(anyhow::Error),
}

impl Problem {
    /// Anything that is neither usage, token nor network.
    pub fn failed(words: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Self::Failed(anyhow::Error::msg(words))
    }

    /// The exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Unreachable(_) => 4,
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(words) | Self::Refused(words) | Self::Unreachable(words) => f.write_str(words),
            Self::Failed(error) => write!(f, "{error:#}"),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
