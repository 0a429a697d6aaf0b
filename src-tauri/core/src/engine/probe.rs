//! Looking at a server: signing in, opening a stream and asking the history once, with nothing kept and
//! nothing tried twice. Pure but for the transport; bounded in time, and over when it is dropped.

mod heartbeat;
mod report;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use self::heartbeat::Beat;
pub(super) use self::heartbeat::Heartbeat;
use self::report::Report;
use super::way::moved_to;
use crate::action::{CheckCode, CheckKind, Credentials, ProbeReport, Verdict};
use crate::dialect::{self, Decoded};
use crate::model::{SecretText, ServerUser, Token};
use crate::ports::{
    ConnectError, FetchError, HistoryRequest, PostRequest, Route, SecretError, StreamEvent, StreamOpened,
    StreamRequest, Transport, TransportFault,
};
use crate::settings::{Dialect, SourceSettings};

/// How long a look may take as a whole, but for a heartbeat that is waited for.
const WHOLE: Duration = Duration::from_secs(13);
/// How long a server may take to answer to the request for its stream: longer than to be connected to.
const ANSWER: Duration = Duration::from_secs(9);
/// How long a sign-in may take.
const LOGIN: Duration = Duration::from_secs(10);
/// How long the first byte of a stream may take before something is thought to hold it back.
const FIRST_BYTE: Duration = Duration::from_secs(3);
/// How long `ready` may take after it.
const READY: Duration = Duration::from_secs(2);
/// How long it may take to learn whose token one is.
const IDENTIFY: Duration = Duration::from_secs(4);
/// How long a server may take to take a token back.
const GOODBYE: Duration = Duration::from_secs(2);
/// The largest document that is read here, in bytes.
const DOCUMENT_BYTES: usize = 1024 * 1024;

/// A server, and the way to it.
#[derive(Clone)]
pub struct Server {
    /// Speaks HTTP.
    pub transport: Arc<dyn Transport>,
    /// The source's settings.
    pub settings: SourceSettings,
    /// The way there.
    pub route: Route,
}

/// Why user and password got no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LoginFault {
    /// They would travel in the clear.
    NotEncrypted,
    /// The server does not take them.
    Refused,
    /// It was tried too often; how long the server asks to be left alone, where it says.
    TooMany(Option<Duration>),
    /// The server has no sign-in with a password.
    Absent,
    /// It has moved to this origin, which was told nothing.
    Moved(String),
    /// No answer at all.
    Fault(TransportFault),
    /// No answer that makes sense.
    Failed(String),
}

/// A wait in seconds, of which none is missing.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Exchanges user and password for a token.
pub(super) async fn log_in(server: &Server, user: &str, password: &SecretText) -> Result<Token, LoginFault> {
    let source = &server.settings;
    let url = dialect::login_url(source);
    if url.scheme() != "https" && !server.route.network.stays_here(&url) {
        return Err(LoginFault::NotEncrypted);
    }
    let body = dialect::login_body(source.dialect, user, password);
    let route = server.route.clone();
    let asking =
        server.transport.post(PostRequest { route, url, token: None, body, max_bytes: DOCUMENT_BYTES });
    let reply = match timeout_at(Instant::now() + LOGIN, asking).await {
        Ok(reply) => reply.map_err(|error| match error {
            FetchError::Fault(fault) => LoginFault::Fault(fault),
            FetchError::Unauthorized | FetchError::Forbidden => LoginFault::Refused,
            FetchError::Unsupported => LoginFault::Absent,
            // What a server says to a body that it does not like.
            FetchError::Status { status: 400 | 422, .. } => LoginFault::Refused,
            FetchError::Status { status: 429, retry_after } => LoginFault::TooMany(retry_after),
            FetchError::Moved { origin } => LoginFault::Moved(origin),
            error @ (FetchError::Redirected { .. }
            | FetchError::Status { .. }
            | FetchError::TooLarge
            | FetchError::NotEncrypted) => LoginFault::Failed(error.to_string()),
        })?,
        Err(_) => return Err(LoginFault::Fault(TransportFault::TimedOut)),
    };
    dialect::decode_login(source.dialect, &reply.body)
        .ok_or_else(|| LoginFault::Failed("the answer holds no token".to_owned()))
}

/// Gives back a token that the server gave for a password and that nobody keeps, so that no session of it stays
/// there. Nothing depends on it: many servers take none back.
pub async fn log_out(server: &Server, token: Token) {
    let (url, body) = (dialect::logout_url(&server.settings), dialect::logout_body(server.settings.dialect));
    let (route, token) = (server.route.clone(), Some(token));
    let asking = server.transport.post(PostRequest { route, url, token, body, max_bytes: DOCUMENT_BYTES });
    match timeout_at(Instant::now() + GOODBYE, asking).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the server did not take the token back"),
        Err(_) => tracing::debug!("the server did not take the token back in time"),
    }
}

/// What a server says of whose token one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identified {
    /// This user's.
    Named(ServerUser),
    /// It has said what it says at the beginning of a stream, and named nobody.
    NamesNobody,
    /// It has a stream and says nothing at its beginning, or it has none.
    Unsaid,
}

/// Asks the server whose token this is.
///
/// # Errors
/// If the server could not be asked. With [`FetchError::Status`] it is in trouble, and a stream was not asked for.
pub(super) async fn identify(server: &Server, token: &Token) -> Result<Identified, FetchError> {
    let deadline = Instant::now() + IDENTIFY;
    match me(server, Some(token), deadline).await {
        Ok(Some(user)) => Ok(Identified::Named(user)),
        // There is no such call, or it is of no use.
        Ok(None)
        | Err(
            FetchError::Unsupported
            | FetchError::Forbidden
            | FetchError::Moved { .. }
            | FetchError::Redirected { .. }
            | FetchError::TooLarge,
        ) => by_its_ready(server, token, deadline).await,
        Err(
            error @ (FetchError::Fault(_)
            | FetchError::NotEncrypted
            | FetchError::Unauthorized
            | FetchError::Status { .. }),
        ) => Err(error),
    }
}

/// Asks for a stream whose token this is. One without a cursor repeats nothing: it begins with `ready`.
///
/// # Errors
/// If the server could not be asked.
pub(super) async fn identify_by_stream(server: &Server, token: &Token) -> Result<Identified, FetchError> {
    by_its_ready(server, token, Instant::now() + IDENTIFY).await
}

async fn by_its_ready(server: &Server, token: &Token, deadline: Instant) -> Result<Identified, FetchError> {
    let opened = timeout_at(deadline, server.transport.connect(request(server, Some(token)))).await;
    match opened {
        Ok(Ok(mut stream)) => {
            let words = first_words(server.settings.dialect, &mut stream, deadline).await;
            Ok(match (words.user, words.ready) {
                (Some(user), _) => Identified::Named(user),
                (None, true) => Identified::NamesNobody,
                (None, false) => Identified::Unsaid,
            })
        }
        Ok(Err(ConnectError::Fault(fault))) => Err(FetchError::Fault(fault)),
        Ok(Err(ConnectError::NotEncrypted)) => Err(FetchError::NotEncrypted),
        Ok(Err(ConnectError::Unauthorized)) => Err(FetchError::Unauthorized),
        Ok(Err(ConnectError::Forbidden)) => Err(FetchError::Forbidden),
        // There is no stream to ask.
        Ok(Err(
            ConnectError::NotAStream { .. }
            | ConnectError::NoContent
            | ConnectError::Moved { .. }
            | ConnectError::Gone
            | ConnectError::Status { status: 404 | 405 | 406 | 501, .. },
        )) => Ok(Identified::Unsaid),
        Ok(Err(ConnectError::Status { status, retry_after })) => {
            Err(FetchError::Status { status, retry_after })
        }
        Err(_) => Err(FetchError::Fault(TransportFault::TimedOut)),
    }
}

/// Looks at a server with what was handed in; `kept` is what the keychain says, where that was not enough.
pub(super) async fn probe(
    server: &Server,
    credentials: Credentials,
    kept: Result<Option<Token>, SecretError>,
    heartbeat: Heartbeat,
) -> ProbeReport {
    let deadline = Instant::now() + WHOLE;
    let (token, missing) = match credentials {
        Credentials::Token(token) | Credentials::Granted(token) => {
            (Some(token).filter(|token| !token.is_empty()), CheckCode::TokenMissing)
        }
        Credentials::Password { user, password } => match log_in(server, &user, &password).await {
            Ok(token) => {
                let report = look(server, Some(&token), CheckCode::TokenMissing, heartbeat, deadline).await;
                log_out(server, token).await;
                return report;
            }
            Err(fault) => return Report::new(&server.settings).login_failed(&server.settings, &fault),
        },
        Credentials::Kept => match kept {
            Ok(token) => (token, CheckCode::TokenMissing),
            Err(SecretError::Locked) => (None, CheckCode::KeychainLocked),
            Err(SecretError::Absent | SecretError::TooLong | SecretError::Failed(_)) => {
                (None, CheckCode::KeychainAbsent)
            }
        },
    };
    look(server, token.as_ref(), missing, heartbeat, deadline).await
}

/// Looks at a server with a token, or without one; `missing` is why, where that fails.
async fn look(
    server: &Server,
    token: Option<&Token>,
    missing: CheckCode,
    heartbeat: Heartbeat,
    deadline: Instant,
) -> ProbeReport {
    let source = &server.settings;
    let mut report = Report::new(source);
    let answer = deadline.min(Instant::now() + ANSWER);
    let opened = timeout_at(answer, server.transport.connect(request(server, token))).await;
    let opened = opened.unwrap_or(Err(ConnectError::Fault(TransportFault::TimedOut)));
    let mut user = None;
    let mut open = None;
    match opened {
        Ok(mut stream) => {
            report.answered(source);
            report.ok(CheckKind::Token);
            match moved_to(server.transport.as_ref(), source) {
                None => report.ok(CheckKind::Stream),
                Some(to) => report.set(CheckKind::Stream, Verdict::Ok, CheckCode::MovedWithin, to),
            }
            let words = first_words(source.dialect, &mut stream, deadline).await;
            user = words.user;
            // Nothing is marked to find out.
            match words.speaks_protocol {
                true => report.ok(CheckKind::Marks),
                false => report.set(CheckKind::Marks, Verdict::Skipped, CheckCode::MarksUnknown, ""),
            }
            match words.heard {
                true => report.ok(CheckKind::FirstByte),
                false => {
                    let detail = format!("nothing within {} s", FIRST_BYTE.as_secs());
                    report.set(CheckKind::FirstByte, Verdict::Warning, CheckCode::HeldBack, detail);
                }
            }
            open = Some((stream, Instant::now()));
        }
        Err(error) => {
            if !report.not_opened(source, &error, token.is_some(), missing) {
                return report.done(None);
            }
        }
    }
    report.history(server, token, deadline).await;
    if let Ok(Some(known)) = me(server, token, deadline).await {
        user = Some(known);
    }
    if let Some((mut stream, since)) = open {
        match heartbeat.of(source.dialect, &mut stream, since).await {
            Beat::Heard { detail } => report.set(CheckKind::Heartbeat, Verdict::Ok, CheckCode::Fine, detail),
            Beat::Missing { detail } => {
                report.set(CheckKind::Heartbeat, Verdict::Warning, CheckCode::HeartbeatMissing, detail);
            }
            Beat::Ended { detail } => {
                report.set(CheckKind::Stream, Verdict::Warning, CheckCode::EndsAtOnce, detail);
            }
            Beat::Unknown => {}
        }
    }
    report.done(user)
}

fn request(server: &Server, token: Option<&Token>) -> StreamRequest {
    let source = &server.settings;
    StreamRequest {
        route: server.route.clone(),
        url: dialect::stream_url(source),
        token: token.cloned(),
        last_event_id: None,
        max_event_bytes: source.limits.event_bytes(),
    }
}

async fn me(
    server: &Server,
    token: Option<&Token>,
    deadline: Instant,
) -> Result<Option<ServerUser>, FetchError> {
    let asking = server.transport.fetch(document(server, dialect::me_url(&server.settings), token));
    match timeout_at(deadline, asking).await {
        Ok(reply) => Ok(dialect::decode_me(server.settings.dialect, &reply?.body)),
        Err(_) => Err(FetchError::Fault(TransportFault::TimedOut)),
    }
}

fn document(server: &Server, url: url::Url, token: Option<&Token>) -> HistoryRequest {
    HistoryRequest { route: server.route.clone(), url, token: token.cloned(), max_bytes: DOCUMENT_BYTES }
}

/// What a stream says first.
struct FirstWords {
    heard: bool,
    ready: bool,
    speaks_protocol: bool,
    user: Option<ServerUser>,
}

async fn first_words(dialect: Dialect, stream: &mut StreamOpened, deadline: Instant) -> FirstWords {
    let mut words = FirstWords { heard: false, ready: false, speaks_protocol: false, user: None };
    let mut until = deadline.min(Instant::now() + FIRST_BYTE);
    // An error is the end of patience, `None` and a broken stream that of the stream.
    while let Ok(Some(Ok(event))) = timeout_at(until, stream.events.next()).await {
        if !words.heard {
            words.heard = true;
            until = deadline.min(Instant::now() + READY);
        }
        let StreamEvent::Frame(frame) = event else { continue };
        let decoded = dialect::decode_frame(dialect, &frame.event, &frame.data);
        if let Decoded::Ready { user, speaks_protocol } = decoded {
            words.speaks_protocol = speaks_protocol;
            words.ready = true;
            words.user = user;
            break;
        }
    }
    words
}
