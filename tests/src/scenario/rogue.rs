//! A server that says whatever a test tells it to, byte by byte: what a well-made server never sends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The longest request that it reads, in bytes.
const REQUEST: usize = 64 * 1024;

/// A server on a port of its own, for as long as this lives.
pub struct Rogue {
    address: SocketAddr,
    state: Arc<State>,
    listening: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    script: Mutex<Script>,
    /// Moves with each change of the script.
    turn: watch::Sender<u64>,
}

#[derive(Default)]
struct Script {
    /// What every stream says from its beginning.
    said: Vec<u8>,
    /// How often streams were hung up.
    hung_up: usize,
    /// The body of every page of history; there is none at first.
    history: Option<Vec<u8>>,
    requests: Vec<String>,
}

impl Rogue {
    /// A server without history whose stream has said nothing yet.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&serving);
                tokio::spawn(async move {
                    // A client that goes away is no failure.
                    let _ = serve(client, &state).await;
                });
            }
        });
        Ok(Self { address, state, listening })
    }

    /// Its API.
    #[must_use]
    pub fn api(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// Says something on the stream, and on every later one.
    pub fn say(&self, bytes: impl AsRef<[u8]>) {
        self.change(|script| script.said.extend_from_slice(bytes.as_ref()));
    }

    /// Says an event.
    pub fn event(&self, name: &str, id: &str, data: &str) {
        self.say(format!("event: {name}\nid: {id}\ndata: {data}\n\n"));
    }

    /// Answers every question about the history with this from now on.
    pub fn history(&self, body: impl Into<Vec<u8>>) {
        self.change(|script| script.history = Some(body.into()));
    }

    /// Closes the streams that are open now, and forgets what was said on them.
    pub fn hang_up(&self) {
        self.change(|script| {
            script.said.clear();
            script.hung_up += 1;
        });
    }

    /// The heads of all requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.script().requests.clone()
    }

    /// The `Last-Event-ID` of each stream so far.
    #[must_use]
    pub fn cursors(&self) -> Vec<Option<String>> {
        let streams = self.requests().into_iter().filter(|head| head.contains("/sse/connect"));
        let cursor = |head: String| {
            let line = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("last-event-id: ").map(str::to_owned));
            line.map(|line| line.trim().to_owned())
        };
        streams.map(cursor).collect()
    }

    fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.state.script());
        self.state.turn.send_modify(|turn| *turn += 1);
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.listening.abort();
        self.state.script().hung_up = usize::MAX;
        self.state.turn.send_modify(|turn| *turn += 1);
    }
}

impl State {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(mut client: TcpStream, state: &State) -> Result<()> {
    client.set_nodelay(true)?;
    let head = head(&mut client).await?;
    let history = {
        let mut script = state.script();
        script.requests.push(head.clone());
        script.history.clone()
    };
    let path = head.split(' ').nth(1).unwrap_or_default();
    if path.contains("/sse/connect") {
        return stream(client, state).await;
    }
    let (status, body) = match history {
        Some(body) if path.contains("/messages") => ("200 OK", body),
        Some(_) | None => ("404 Not Found", b"{}".to_vec()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(&body).await?;
    Ok(client.shutdown().await?)
}

async fn head(client: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < REQUEST {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

async fn stream(mut client: TcpStream, state: &State) -> Result<()> {
    let mut turns = state.turn.subscribe();
    let begun = state.script().hung_up;
    client
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        .await?;
    let mut sent = 0;
    loop {
        turns.mark_unchanged();
        let (bytes, hung_up) = {
            let script = state.script();
            (script.said.get(sent..).unwrap_or_default().to_vec(), script.hung_up)
        };
        if hung_up != begun {
            return Ok(client.shutdown().await?);
        }
        client.write_all(&bytes).await?;
        sent += bytes.len();
        turns.changed().await?;
    }
}
