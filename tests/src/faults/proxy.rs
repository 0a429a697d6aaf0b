//! The proxy that does what the plan says: it takes a request's head, asks the server the same, and hands on what comes.

mod passage;
mod stream;
mod turn;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use belfry_server::Publisher;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::ledger::{Ledger, Limits};
use super::plan::Plan;
use turn::Turn;

/// The longest head of a request or an answer, in bytes.
const HEAD: usize = 64 * 1024;

/// What has to be done to the client's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Which process it is about, as [`Ledger::client`] counts them: orders may be late.
    pub client: usize,
    /// What.
    pub deed: Deed,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is to be killed.
    Kill,
    /// It will end by itself.
    Ends,
    /// It has spent its attempts: from now on it asks for pages, until it is killed.
    Spent,
    /// Nothing more: the plan is done, and from now on everything gets through.
    Done,
}

/// A proxy on a port of its own, for as long as this lives.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Vec<JoinHandle<()>>,
}

struct Shared {
    server: SocketAddr,
    /// A server that the client must never come to.
    elsewhere: SocketAddr,
    ledger: Mutex<Ledger>,
    pages: AtomicUsize,
    step: AtomicUsize,
    /// Whoever holds it serves the one stream; the next one waits until the client has left that.
    turn: tokio::sync::Mutex<Turn>,
}

impl Proxy {
    /// Puts a proxy in front of a server. Until [`Self::begin`] everything gets through.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn before(server: SocketAddr, limits: Limits) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server,
            elsewhere: elsewhere.local_addr()?,
            ledger: Mutex::new(Ledger::new(limits)),
            pages: AtomicUsize::new(0),
            step: AtomicUsize::new(0),
            turn: tokio::sync::Mutex::new(Turn::over()),
        });
        let (serving, watching) = (Arc::clone(&shared), Arc::clone(&shared));
        let listening = vec![
            tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    let shared = Arc::clone(&serving);
                    tokio::spawn(async move {
                        // A client that goes away is no failure.
                        let _ = shared.serve(client).await;
                    });
                }
            }),
            tokio::spawn(async move {
                while elsewhere.accept().await.is_ok() {
                    watching.ledger().wrong("the client went to another server".to_owned());
                }
            }),
        ];
        Ok(Self { address, shared, listening })
    }

    /// Lets the plan begin. What is to be done to the client comes out of the returned channel.
    pub async fn begin(&self, plan: Plan, publisher: Publisher) -> mpsc::Receiver<Order> {
        let (orders, received) = mpsc::channel(16);
        *self.shared.turn.lock().await = Turn::new(plan, publisher, orders);
        received
    }

    /// The API behind it.
    #[must_use]
    pub fn api(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// The requests so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger()
    }

    /// How many pages of history were asked for.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.shared.pages.load(Ordering::SeqCst)
    }

    /// At which step the plan is.
    #[must_use]
    pub fn step(&self) -> usize {
        self.shared.step.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut client: TcpStream) -> Result<()> {
        client.set_nodelay(true)?;
        let head = read_head(&mut client).await?;
        let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
        self.ledger().request(Instant::now(), &path);
        if path.contains("/sse/connect") {
            return self.stream(client, &head, &path).await;
        }
        self.ledger().page();
        let number = self.pages.fetch_add(1, Ordering::SeqCst);
        self.page(client, &head, number).await
    }

    /// Each third page comes to nothing, in one of three ways.
    async fn page(&self, mut client: TcpStream, head: &[u8], number: usize) -> Result<()> {
        let mut answer = Vec::new();
        self.ask(head).await?.read_to_end(&mut answer).await?;
        match number % 9 {
            2 => return refuse(&mut client, 503, "").await,
            5 => answer.truncate(answer.len() / 2),
            8 => client.set_zero_linger()?,
            _ => {}
        }
        client.write_all(&answer).await?;
        Ok(client.shutdown().await?)
    }

    /// Asks the server the same, so that it answers without chunks and closes the connection (HTTP/1.0).
    async fn ask(&self, head: &[u8]) -> Result<TcpStream> {
        let head = String::from_utf8(head.to_vec())?.replacen(" HTTP/1.1\r\n", " HTTP/1.0\r\n", 1);
        let mut server = TcpStream::connect(self.server).await?;
        server.set_nodelay(true)?;
        server.write_all(head.as_bytes()).await?;
        Ok(server)
    }
}

/// Reads up to the empty line.
async fn read_head(from: &mut TcpStream) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD {
            bail!("a head that does not end");
        }
        head.push(from.read_u8().await.context("the head ended")?);
    }
    Ok(head)
}

/// Answers without a body.
async fn refuse(client: &mut TcpStream, status: u16, headers: &str) -> Result<()> {
    let answer = format!("HTTP/1.1 {status} No\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n");
    client.write_all(answer.as_bytes()).await?;
    Ok(client.shutdown().await?)
}
