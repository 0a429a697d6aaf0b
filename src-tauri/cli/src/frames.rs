//! `frames`: one event stream as the WHATWG standard dispatches it, uninterpreted, as lines of JSON.

use std::io;
use std::time::Duration;

use belfry_core::model::{Cursor, Token};
use belfry_core::ports::{ConnectError, StreamEvent, StreamRequest, Transport, TransportFault};
use belfry_core::settings::Limits;
use belfry_platform::HttpTransport;
use futures_util::StreamExt;
use serde::Serialize;
use url::Url;

use crate::args::FramesArgs;
use crate::output::{Output, is_closed};
use crate::problem::Problem;
use crate::{network, plain_http, signals, token};

/// One line, with the contract's names and order.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Open {
        status: u16,
    },
    Frame {
        #[serde(rename = "type")]
        kind: &'a str,
        data: &'a str,
        id: &'a str,
    },
    Retry {
        ms: u64,
    },
    Comment {
        text: &'a str,
    },
    End {
        reason: EndReason,
        last_event_id: &'a str,
    },
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum EndReason {
    Eof,
    Error,
}

/// What is known across connections.
struct Frames {
    transport: HttpTransport,
    out: Output,
    request: StreamRequest,
    limits: Limits,
    last_event_id: String,
    /// How many frames are still wanted.
    wanted: Option<u64>,
    /// The wait that the server asked for.
    retry: Option<Duration>,
    opened: bool,
    /// Whether there is a token, or a header that may hold one.
    has_token: bool,
}

/// How a connection went.
enum Went {
    /// As many frames as were wanted have come.
    Enough,
    /// The stream was opened, and has ended.
    Ended(EndReason),
}

/// Prints a stream until it ends, or something else ends it.
///
/// # Errors
/// If it cannot be opened, or breaks.
pub async fn run(args: FramesArgs) -> Result<(), Problem> {
    let told_to_stop = signals::told_to_stop()?;
    let mut frames = Frames::new(&args)?;
    let limit = async {
        match args.limit {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        result = async { if args.reconnect { frames.again_and_again().await } else { frames.once().await } } => result,
        () = told_to_stop => Ok(()),
        () = limit => Ok(()),
    };
    match (result, frames.out.flush()) {
        (Err(Problem::Failed(error)), _) if error.downcast_ref().is_some_and(is_closed) => Ok(()),
        (Err(problem), _) => Err(problem),
        (Ok(()), Err(error)) if !is_closed(&error) => Err(error.into()),
        (Ok(()), _) if frames.opened => Ok(()),
        (Ok(()), _) => Err(Problem::Unreachable(words("cli.never_opened").to_owned())),
    }
}

impl Frames {
    fn new(args: &FramesArgs) -> Result<Self, Problem> {
        let mut headers: Vec<(String, Token)> = Vec::new();
        for header in &args.headers {
            headers.push((header.name.clone(), Token::new(&header.value)));
        }
        for header in &args.env_headers {
            headers.push((header.name.clone(), token::from_variable(&header.variable)?));
        }
        let mut limits = Limits::default();
        args.connection.apply(&mut limits);
        let request = StreamRequest {
            route: network::route(&args.network, args.plain_http)?,
            url: below(&args.url, args.connection.stream_path.as_deref()),
            token: token::given(&args.token)?,
            last_event_id: args.last_event_id.clone(),
            max_event_bytes: limits.max_event_bytes,
        };
        let has_token = request.token.is_some() || !args.env_headers.is_empty();
        plain_http::check(&request.url, &request.route.network, has_token, args.plain_http)?;
        Ok(Self {
            transport: HttpTransport::new().with_headers(&headers).map_err(unusable)?,
            out: Output::lock(),
            last_event_id: args.last_event_id.as_ref().map(|id| id.0.clone()).unwrap_or_default(),
            request,
            limits,
            wanted: args.count,
            retry: None,
            opened: false,
            has_token,
        })
    }

    async fn once(&mut self) -> Result<(), Problem> {
        match self.connect().await? {
            Ok(Went::Enough | Went::Ended(EndReason::Eof)) => Ok(()),
            Ok(Went::Ended(EndReason::Error)) => Err(Problem::failed(words("cli.broken_off"))),
            Err(error) => Err(not_opened(&error, self.has_token)),
        }
    }

    async fn again_and_again(&mut self) -> Result<(), Problem> {
        let mut failures = 0;
        loop {
            match self.connect().await? {
                Ok(Went::Enough) => return Ok(()),
                Ok(Went::Ended(_)) => failures = 0,
                Err(error) if is_passing(&error) && failures + 1 < self.limits.attempts => {
                    tracing::warn!("{error}");
                    failures += 1;
                }
                Err(error) => return Err(not_opened(&error, self.has_token)),
            }
            let id = Cursor(self.last_event_id.clone());
            self.request.last_event_id = id.fits_header().then_some(id);
            tokio::time::sleep(wait(&self.limits, self.retry, failures)).await;
        }
    }

    /// Makes one connection and prints what comes on it.
    async fn connect(&mut self) -> Result<Result<Went, ConnectError>, io::Error> {
        let mut stream = match self.transport.connect(self.request.clone()).await {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(error)),
        };
        self.opened = true;
        // The transport takes no other status for a stream.
        self.out.json(&Line::Open { status: 200 })?;
        self.out.flush()?;
        let reason = loop {
            let next = match futures_util::FutureExt::now_or_never(stream.events.next()) {
                Some(next) => next,
                None => {
                    self.out.flush()?;
                    match self.patiently(stream.events.next()).await {
                        Some(next) => next,
                        None => {
                            tracing::warn!("nothing was heard for too long");
                            break EndReason::Error;
                        }
                    }
                }
            };
            match next {
                None => break EndReason::Eof,
                Some(Err(error)) => {
                    tracing::warn!("{error}");
                    break EndReason::Error;
                }
                Some(Ok(event)) => {
                    if self.print(&event)? {
                        self.out.flush()?;
                        return Ok(Ok(Went::Enough));
                    }
                }
            }
        };
        self.out.json(&Line::End { reason, last_event_id: &self.last_event_id })?;
        self.out.flush()?;
        Ok(Ok(Went::Ended(reason)))
    }

    /// Waits as long as the idle deadline allows, if there is one.
    async fn patiently<F: Future>(&self, next: F) -> Option<F::Output> {
        match self.limits.idle_timeout {
            Some(limit) => tokio::time::timeout(limit, next).await.ok(),
            None => Some(next.await),
        }
    }

    /// Prints one event; tells whether it was the last one wanted.
    fn print(&mut self, event: &StreamEvent) -> io::Result<bool> {
        match event {
            StreamEvent::Frame(frame) => {
                self.last_event_id.clone_from(&frame.id);
                let line = Line::Frame { kind: &frame.event, data: &frame.data, id: &frame.id };
                self.out.json(&line)?;
                if let Some(wanted) = &mut self.wanted {
                    *wanted -= 1;
                }
                return Ok(self.wanted == Some(0));
            }
            StreamEvent::Id(id) => self.last_event_id.clone_from(id),
            StreamEvent::Retry(span) => {
                self.retry = Some(*span);
                self.out.json(&Line::Retry { ms: u64::try_from(span.as_millis()).unwrap_or(u64::MAX) })?;
            }
            StreamEvent::Comment(text) => self.out.json(&Line::Comment { text })?,
            StreamEvent::Oversized { id } => {
                tracing::warn!(
                    "an event was larger than {} bytes and was skipped",
                    self.limits.max_event_bytes
                );
                self.last_event_id.clone_from(id);
            }
            StreamEvent::Activity => {}
        }
        Ok(false)
    }
}

/// The stream's address: as it was given, or a path below it.
fn below(url: &Url, path: Option<&str>) -> Url {
    let Some(path) = path else { return url.clone() };
    let mut joined = url.clone();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    joined.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    joined.set_query(query);
    joined
}

fn unusable(name: String) -> Problem {
    Problem::Usage(format!(
        "the header {name} cannot stand in a request; allowed is one line of visible ASCII"
    ))
}

/// Whether trying again may help.
fn is_passing(error: &ConnectError) -> bool {
    match error {
        // Asking again with the same words could lock the user out.
        ConnectError::Fault(fault) => !matches!(fault, TransportFault::ProxyLogin(_)),
        ConnectError::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
        ConnectError::NotEncrypted
        | ConnectError::Unauthorized
        | ConnectError::Forbidden
        | ConnectError::NoContent
        | ConnectError::Gone
        | ConnectError::Moved { .. }
        | ConnectError::NotAStream { .. } => false,
    }
}

/// A sentence in the system's language: there is no profile that could name another.
fn words(key: &'static str) -> &'static str {
    belfry_platform::system_language().text(key)
}

fn not_opened(error: &ConnectError, had_token: bool) -> Problem {
    match error {
        // The server has refused none.
        ConnectError::Unauthorized | ConnectError::Forbidden if !had_token => {
            Problem::Refused(words("cli.token_not_given").to_owned())
        }
        ConnectError::Fault(_) => Problem::Unreachable(error.to_string()),
        ConnectError::Unauthorized | ConnectError::Forbidden => Problem::Refused(error.to_string()),
        ConnectError::NotEncrypted
        | ConnectError::NoContent
        | ConnectError::Gone
        | ConnectError::Moved { .. }
        | ConnectError::NotAStream { .. }
        | ConnectError::Status { .. } => Problem::failed(error.to_string()),
    }
}

/// How long to wait after so many failures in a row: the server's wish or the base, doubled each time.
fn wait(limits: &Limits, retry: Option<Duration>, failures: u32) -> Duration {
    let asked = retry.map_or(limits.retry_base, |span| span.max(limits.retry_min));
    asked.saturating_mul(2_u32.saturating_pow(failures)).min(limits.retry_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_names_and_the_order_of_the_contract() {
        for (line, json) in [
            (Line::Open { status: 200 }, r#"{"event":"open","status":200}"#),
            (
                Line::Frame { kind: "message", data: "a\nb", id: "7" },
                r#"{"event":"frame","type":"message","data":"a\nb","id":"7"}"#,
            ),
            (Line::Retry { ms: 5000 }, r#"{"event":"retry","ms":5000}"#),
            (Line::Comment { text: "ping" }, r#"{"event":"comment","text":"ping"}"#),
            (
                Line::End { reason: EndReason::Eof, last_event_id: "7" },
                r#"{"event":"end","reason":"eof","last_event_id":"7"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&line).unwrap(), json);
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_heed_the_server() {
        let limits = Limits::default();
        assert_eq!(wait(&limits, None, 0), Duration::from_secs(1));
        assert_eq!(wait(&limits, None, 3), Duration::from_secs(8));
        assert_eq!(wait(&limits, None, 40), limits.retry_max);
        assert_eq!(wait(&limits, Some(Duration::ZERO), 0), limits.retry_min);
        assert_eq!(wait(&limits, Some(Duration::from_secs(5)), 1), Duration::from_secs(10));
        assert_eq!(wait(&limits, Some(Duration::from_secs(86_400)), 0), limits.retry_max);
    }

    #[test]
    fn a_path_goes_below_the_address() {
        let url: Url = "http://h/api/".parse().unwrap();
        assert_eq!(below(&url, Some("/sse?topic=a")).as_str(), "http://h/api/sse?topic=a");
        assert_eq!(below(&url, None).as_str(), "http://h/api/");
    }
}
