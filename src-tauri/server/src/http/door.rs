//! Who gets in: connections are accepted up to a limit, and one that does not ask for anything in time is closed, so
//! that nobody holds the server's places with half a request.

use std::io::{self, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use super::connection::{Connection, Peer};

/// The largest head of a request, and what a connection may hold in memory of one direction, bytes.
const BUFFER: usize = 64 * 1024;

/// An answer of which nothing is taken for so many times [`Door::patience`] is given up.
const STALLED: u32 = 3;

/// How long to wait when the system has no more descriptors: accepting again at once would fail again.
const BREATH: Duration = Duration::from_millis(200);

/// What a connection beyond the limit is told.
const FULL: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\n\
    Content-Length: 86\r\nConnection: close\r\n\r\n\
    {\"error\":{\"code\":\"full\",\"message\":\"The server has no place for another connection.\"}}\n";

/// Lets connections in.
pub(crate) struct Door {
    /// Where they arrive.
    pub listener: TcpListener,
    /// Connections at once, at most.
    pub places: usize,
    /// From the opening of a connection, or its last answer, to the end of the next request's head.
    pub patience: Duration,
    /// Each connection ends when the token is cancelled that stood here as it was accepted.
    pub kill_all: watch::Receiver<CancellationToken>,
    /// Ends accepting, and each connection after what it is answering.
    pub stop: CancellationToken,
    /// Holds each connection until it has ended.
    pub tasks: TaskTracker,
}

impl Door {
    /// Accepts and answers until `stop`.
    pub async fn serve(self, router: Router) {
        let places = Arc::new(Semaphore::new(self.places));
        let mut full = false;
        while let Some(accepted) = self.stop.run_until_cancelled(self.listener.accept()).await {
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) if is_of_one_connection(&error) => continue,
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            match places.clone().try_acquire_owned() {
                Ok(place) => {
                    full = false;
                    self.admit(stream, place, router.clone());
                }
                Err(_) => {
                    if !full {
                        tracing::warn!(places = self.places, "all places are taken; connections are refused");
                    }
                    full = true;
                    // Whoever does not hear of it sees a connection that ends.
                    let _ = refuse(stream);
                }
            }
        }
    }

    /// Answers the requests of one connection in a task of its own.
    fn admit(&self, stream: TcpStream, place: OwnedSemaphorePermit, router: Router) {
        // Without it a small event could wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY not set");
        }
        let kill = self.kill_all.borrow().child_token();
        let io = TokioIo::new(Connection::new(stream, kill.clone(), self.patience * STALLED));
        let peer = Peer { kill };
        let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer.clone()));
            router.clone().call(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.patience).max_buf_size(BUFFER);
        let connection = http.serve_connection(io, answer);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _place = place;
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}

/// Whether accepting failed because of the connection that was to be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Says that there is no place, without waiting: a fresh connection takes these few bytes at once.
fn refuse(stream: TcpStream) -> io::Result<()> {
    let mut stream = stream.into_std()?;
    stream.write_all(FULL.as_bytes())?;
    stream.shutdown(Shutdown::Write)
}

#[cfg(test)]
mod tests {
    use super::FULL;

    #[test]
    fn the_refusal_is_a_whole_answer() {
        let (head, body) = FULL.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
        let body: belfry_protocol::ErrorBody = serde_json::from_str(body).unwrap();
        assert_eq!(body.error.code, "full");
    }
}
