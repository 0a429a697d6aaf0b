//! What a look at a server found: each step on the way to its messages, in order, and what to do about it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::ServerUser;

/// What a look at a server found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProbeReport {
    /// Each step, in order; those behind a failure are skipped.
    pub checks: Vec<Check>,
    /// Whose messages these are, where the server says so.
    pub user: Option<ServerUser>,
}

impl ProbeReport {
    /// Whether messages would come.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.checks.iter().all(|check| check.verdict != Verdict::Failed)
    }
}

/// How long a look may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProbeDepth {
    /// A quarter of a minute at most: the server's heartbeat is not waited for.
    #[default]
    Brief,
    /// Half a minute at most: the server's heartbeat is waited for where it is not known.
    Thorough,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Check {
    /// Which.
    pub check: CheckKind,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found; the catalogue's sentence `probe.<code>` says it, and what to do.
    pub code: CheckCode,
    /// What a developer reads beside it: an address, a status, a library's words. Empty where there is nothing
    /// to add. Never a secret.
    pub detail: String,
}

/// The steps, in order. Each has a name in the catalogue under `check.<check>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// The address can be used.
    Address,
    /// Its name resolves.
    Dns,
    /// Something answers there.
    Reach,
    /// The connection is encrypted and trusted.
    Tls,
    /// The server takes the token, or the password.
    Token,
    /// The server answers with an event stream.
    Stream,
    /// Something comes on it at once.
    FirstByte,
    /// Something comes on it while there is nothing to tell.
    Heartbeat,
    /// There is a history for what was missed.
    History,
    /// It is told what was read and deleted here.
    Marks,
    /// The server says whose messages these are.
    User,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Messages come, but less well than they could.
    Warning,
    /// No messages come.
    Failed,
    /// Not looked at.
    Skipped,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckCode {
    /// Nothing to say but that it is fine.
    Fine,
    /// Not looked at, because of what failed before or because there is nothing to look at.
    NotChecked,
    /// The name does not resolve.
    NoSuchName,
    /// Nobody answers.
    Unreachable,
    /// Somebody is there, but hangs up or speaks something else than HTTP.
    NoAnswer,
    /// No answer in time.
    TimedOut,
    /// A proxy on the way refuses.
    ProxyRefused,
    /// A proxy on the way wants to know who asks, or does not take what it was told.
    ProxyLogin,
    /// The time of the server's certificate is over.
    CertificateExpired,
    /// The time of the server's certificate has not come.
    CertificateNotYetValid,
    /// Nobody who is trusted has signed the server's certificate.
    CertificateIssuer,
    /// The server's certificate is for another name.
    CertificateName,
    /// The certificate of the proxy on the way is not trusted.
    ProxyNotTrusted,
    /// The server's key is another one than the pinned one.
    OtherKey,
    /// The certificate is bad for another reason.
    NotTrusted,
    /// There is no handshake: nobody speaks TLS at this port, or not in a way that is taken.
    TlsFailed,
    /// The token travels in the clear, or a password would.
    NotEncrypted,
    /// The token would travel in the clear, and the user has not said yes to that.
    TokenNotSent,
    /// 401.
    TokenRefused,
    /// 403.
    TokenForbidden,
    /// There is no token to try.
    TokenMissing,
    /// The keychain that has the token is locked.
    KeychainLocked,
    /// There is no keychain to ask for the token.
    KeychainAbsent,
    /// The server does not take user and password.
    LoginRefused,
    /// User and password were tried too often: the server asks to be left alone for a while.
    TooManyTries,
    /// The server has no sign-in with user and password.
    NoLogin,
    /// The sign-in got no answer that makes sense.
    LoginFailed,
    /// A page of another sort came: a portal, a proxy, a wrong address.
    NotAStream,
    /// There is no stream at this address.
    NoStream,
    /// The server answers, but not to the request for its stream: it hangs, or a proxy on the way holds the answer back.
    StreamSilent,
    /// Fine, but at another address of the server, where permanent redirects lead; the detail names it.
    MovedWithin,
    /// The server points to another one.
    Moved,
    /// The server leads in a circle.
    Circle,
    /// The server says that there will be nothing any more.
    Ended,
    /// The server asks to be left alone.
    Busy,
    /// The server failed.
    ServerError,
    /// The stream is open, but nothing came: something on the way holds it back.
    HeldBack,
    /// The stream is open and ends at once.
    EndsAtOnce,
    /// A quiet stream shows no sign of life.
    HeartbeatMissing,
    /// The server has no history.
    NoHistory,
    /// The history could not be read.
    HistoryFailed,
    /// Whether the server takes marks and deletions shows with the first one.
    MarksUnknown,
    /// The server does not say whose messages these are.
    UserUnknown,
}
