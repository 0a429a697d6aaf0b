//! What a look at a server has found, check by check, in the making.

use tokio::time::{Instant, timeout_at};

use super::{LoginFault, Server, document, whole_seconds};
use crate::action::{Check, CheckCode, CheckKind, ProbeReport, Verdict};
use crate::dialect::{self, HistoryFrom};
use crate::engine::distrust::{Distrust, Whose};
use crate::model::{ServerUser, Token};
use crate::ports::{ConnectError, FetchError, TransportFault};
use crate::settings::{Proxy, SourceSettings};

/// How much of a library's words is passed on, in characters.
const DETAIL_CHARS: usize = 480;

/// A report in the making.
pub(super) struct Report {
    checks: Vec<Check>,
    /// Whether the request for the stream got no answer, although nothing else is known to be wrong.
    silent: bool,
}

const ORDER: [CheckKind; 11] = [
    CheckKind::Address,
    CheckKind::Dns,
    CheckKind::Reach,
    CheckKind::Tls,
    CheckKind::Token,
    CheckKind::Stream,
    CheckKind::FirstByte,
    CheckKind::Heartbeat,
    CheckKind::History,
    CheckKind::Marks,
    CheckKind::User,
];

impl Report {
    pub fn new(source: &SourceSettings) -> Self {
        let skipped = |check| Check {
            check,
            verdict: Verdict::Skipped,
            code: CheckCode::NotChecked,
            detail: String::new(),
        };
        let mut report = Self { checks: ORDER.map(skipped).to_vec(), silent: false };
        report.set(CheckKind::Address, Verdict::Ok, CheckCode::Fine, source.url.to_string());
        report
    }

    pub fn set(&mut self, check: CheckKind, verdict: Verdict, code: CheckCode, detail: impl AsRef<str>) {
        let line = detail.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c });
        let detail = line.take(DETAIL_CHARS).collect();
        if let Some(own) = self.checks.iter_mut().find(|own| own.check == check) {
            *own = Check { check, verdict, code, detail };
        }
    }

    pub fn ok(&mut self, check: CheckKind) {
        self.set(check, Verdict::Ok, CheckCode::Fine, "");
    }

    fn failed(&mut self, check: CheckKind, code: CheckCode, detail: impl AsRef<str>) {
        self.set(check, Verdict::Failed, code, detail);
    }

    /// The server has answered, whatever it said.
    pub fn answered(&mut self, source: &SourceSettings) {
        self.ok(CheckKind::Dns);
        self.ok(CheckKind::Reach);
        if dialect::stream_url(source).scheme() == "https" {
            self.ok(CheckKind::Tls);
        } else if !source.stays_here() {
            self.set(CheckKind::Tls, Verdict::Warning, CheckCode::NotEncrypted, "");
        }
    }

    fn fault(&mut self, source: &SourceSettings, fault: &TransportFault) {
        let detail = fault.to_string();
        match fault {
            TransportFault::Connect(_) | TransportFault::Other(_) | TransportFault::TimedOut
                if matches!(source.network.proxy, Proxy::Through(_)) =>
            {
                self.failed(CheckKind::Reach, CheckCode::ProxyRefused, detail);
            }
            TransportFault::Dns(_) => self.failed(CheckKind::Dns, CheckCode::NoSuchName, detail),
            TransportFault::Connect(_) | TransportFault::Other(_) => {
                let code = match fault {
                    TransportFault::Other(_) => CheckCode::NoAnswer,
                    _ => CheckCode::Unreachable,
                };
                self.ok(CheckKind::Dns);
                self.failed(CheckKind::Reach, code, detail);
            }
            TransportFault::Proxy(_) => self.failed(CheckKind::Reach, CheckCode::ProxyRefused, detail),
            TransportFault::ProxyLogin(_) => self.failed(CheckKind::Reach, CheckCode::ProxyLogin, detail),
            TransportFault::TimedOut => self.failed(CheckKind::Reach, CheckCode::TimedOut, detail),
            TransportFault::Certificate(certificate) => {
                let Distrust { code, whose, .. } = Distrust::of(certificate, source);
                match whose {
                    Whose::Proxy => self.failed(CheckKind::Reach, code, detail),
                    Whose::Server => self.not_secure(code, detail),
                }
            }
            TransportFault::Tls(_) => self.not_secure(CheckCode::TlsFailed, detail),
        }
    }

    fn not_secure(&mut self, code: CheckCode, detail: String) {
        self.ok(CheckKind::Dns);
        self.ok(CheckKind::Reach);
        self.failed(CheckKind::Tls, code, detail);
    }

    /// Why no stream was opened; whether the history is worth a look all the same.
    pub fn not_opened(
        &mut self,
        source: &SourceSettings,
        error: &ConnectError,
        had_token: bool,
        missing: CheckCode,
    ) -> bool {
        let detail = error.to_string();
        if let ConnectError::Fault(TransportFault::TimedOut) = error {
            self.silent = true;
            return true;
        }
        if let ConnectError::Fault(fault) = error {
            self.fault(source, fault);
            return false;
        }
        // Nothing was sent, so nothing else is known.
        if let ConnectError::NotEncrypted = error {
            self.failed(CheckKind::Tls, CheckCode::TokenNotSent, "");
            return false;
        }
        self.answered(source);
        let (code, goes_on) = match error {
            ConnectError::Unauthorized | ConnectError::Forbidden => {
                match error {
                    // Nothing was tried that the server could have refused.
                    _ if !had_token => self.failed(CheckKind::Token, missing, ""),
                    ConnectError::Forbidden => {
                        self.failed(CheckKind::Token, CheckCode::TokenForbidden, detail);
                    }
                    _ => self.failed(CheckKind::Token, CheckCode::TokenRefused, detail),
                }
                return false;
            }
            ConnectError::NoContent | ConnectError::Gone => (CheckCode::Ended, false),
            ConnectError::Moved { origin, .. } if *origin == source.url.origin().to_string() => {
                (CheckCode::Circle, false)
            }
            ConnectError::Moved { .. } => (CheckCode::Moved, false),
            ConnectError::NotAStream { .. } => (CheckCode::NotAStream, true),
            ConnectError::Status { status: 404 | 405 | 406 | 501, .. } => (CheckCode::NoStream, true),
            ConnectError::Status { status: 429 | 503, .. } => (CheckCode::Busy, false),
            ConnectError::Status { .. } | ConnectError::Fault(_) | ConnectError::NotEncrypted => {
                (CheckCode::ServerError, false)
            }
        };
        self.failed(CheckKind::Stream, code, detail);
        goes_on
    }

    pub async fn history(&mut self, server: &Server, token: Option<&Token>, deadline: Instant) {
        let source = &server.settings;
        let none = (Verdict::Warning, CheckCode::NoHistory, String::new());
        let mut answers = true;
        let found = match dialect::history_url(source, HistoryFrom::Newest, 1) {
            None => none,
            Some(url) => {
                let asking = server.transport.fetch(document(server, url, token));
                match timeout_at(deadline, asking).await {
                    Ok(Ok(reply)) => match dialect::decode_history(source.dialect, &reply.body) {
                        Ok(_) => (Verdict::Ok, CheckCode::Fine, String::new()),
                        Err(error) => (Verdict::Warning, CheckCode::NoHistory, error.to_string()),
                    },
                    Ok(Err(FetchError::Unsupported)) => none,
                    Ok(Err(error)) => {
                        answers = !matches!(error, FetchError::Fault(_));
                        (Verdict::Warning, CheckCode::HistoryFailed, error.to_string())
                    }
                    Err(_) => {
                        answers = false;
                        (Verdict::Warning, CheckCode::HistoryFailed, TransportFault::TimedOut.to_string())
                    }
                }
            }
        };
        if self.silent {
            if !answers {
                return self.fault(source, &TransportFault::TimedOut);
            }
            self.answered(source);
            self.failed(CheckKind::Stream, CheckCode::StreamSilent, TransportFault::TimedOut.to_string());
        }
        let has_history = found.0 == Verdict::Ok;
        self.set(CheckKind::History, found.0, found.1, found.2);
        // A server without a stream is asked now and then.
        let stream = self.checks.iter_mut().find(|check| check.check == CheckKind::Stream);
        if let Some(stream) = stream.filter(|stream| stream.verdict == Verdict::Failed && has_history) {
            stream.verdict = Verdict::Warning;
            self.ok(CheckKind::Token);
        }
    }

    pub fn login_failed(mut self, source: &SourceSettings, fault: &LoginFault) -> ProbeReport {
        let (code, detail) = match fault {
            // Nothing was sent, so nothing else is known.
            LoginFault::NotEncrypted => {
                self.failed(CheckKind::Tls, CheckCode::NotEncrypted, "");
                return self.done(None);
            }
            LoginFault::Fault(fault) => {
                self.fault(source, fault);
                return self.done(None);
            }
            LoginFault::Refused => (CheckCode::LoginRefused, ""),
            LoginFault::TooMany(wait) => {
                let wait = wait.map(|wait| format!("the server asks for {} s", whole_seconds(wait)));
                self.answered(source);
                self.failed(CheckKind::Token, CheckCode::TooManyTries, wait.unwrap_or_default());
                return self.done(None);
            }
            LoginFault::Absent => (CheckCode::NoLogin, ""),
            LoginFault::Moved(origin) => (CheckCode::Moved, origin.as_str()),
            LoginFault::Failed(why) => (CheckCode::LoginFailed, why.as_str()),
        };
        self.answered(source);
        self.failed(CheckKind::Token, code, detail);
        self.done(None)
    }

    pub fn done(mut self, user: Option<ServerUser>) -> ProbeReport {
        let usable = self.checks.iter().all(|check| check.verdict != Verdict::Failed);
        match &user {
            Some(user) => {
                let name = user.name.clone().unwrap_or_else(|| user.id.clone());
                self.set(CheckKind::User, Verdict::Ok, CheckCode::Fine, name);
            }
            None if usable => self.set(CheckKind::User, Verdict::Warning, CheckCode::UserUnknown, ""),
            None => {}
        }
        ProbeReport { checks: self.checks, user }
    }
}
