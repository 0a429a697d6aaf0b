//! A TCP proxy in front of a server: counts what passes, falls silent without a word, cuts, refuses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// All pass.
    Passing,
    /// Those of this number or a lower one pass nothing on any more, and stay open.
    SilentUpTo(usize),
    /// New ones are closed at once.
    Refusing,
}

/// A proxy on a port of its own, for as long as this lives.
pub struct Proxy {
    address: SocketAddr,
    counts: Arc<Counts>,
    mood: watch::Sender<Mood>,
    listening: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
    pieces: AtomicUsize,
}

impl Proxy {
    /// Puts a proxy in front of a server.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn before(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let (mood, moods) = watch::channel(Mood::Passing);
        let counting = Arc::clone(&counts);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = counting.connections.fetch_add(1, Ordering::SeqCst) + 1;
                if *moods.borrow() == Mood::Refusing {
                    continue;
                }
                tokio::spawn(connect(client, server, number, moods.clone(), Arc::clone(&counting)));
            }
        });
        Ok(Self { address, counts, mood, listening })
    }

    /// The API behind it.
    #[must_use]
    pub fn api(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// How many connections clients have made.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// How many requests clients have made.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }

    /// How many pieces the server has sent: the head of an answer, an event, a heartbeat.
    #[must_use]
    pub fn pieces(&self) -> usize {
        self.counts.pieces.load(Ordering::SeqCst)
    }

    /// Passes nothing on any more on the connections that are open now, without closing them: a peer that
    /// has lost its power, or a firewall that has forgotten them. New ones pass.
    pub fn fall_silent(&self) {
        self.mood.send_replace(Mood::SilentUpTo(self.connections()));
    }

    /// Closes new connections at once.
    pub fn refuse(&self) {
        self.mood.send_replace(Mood::Refusing);
    }

    /// Lets all connections pass that are not lost already.
    pub fn recover(&self) {
        self.mood.send_replace(Mood::Passing);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn connect(
    client: TcpStream,
    server: SocketAddr,
    number: usize,
    moods: watch::Receiver<Mood>,
    counts: Arc<Counts>,
) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    // Small events must not wait for one another.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let down_counts = Arc::clone(&counts);
    let up = pass(from_client, to_server, number, moods.clone(), move |bytes| {
        let requests = [&b"GET /"[..], b"POST /", b"DELETE /"].iter().any(|start| bytes.starts_with(start));
        counts.requests.fetch_add(usize::from(requests), Ordering::SeqCst);
    });
    let down = pass(from_server, to_client, number, moods, move |_| {
        down_counts.pieces.fetch_add(1, Ordering::SeqCst);
    });
    tokio::join!(up, down);
}

/// Passes bytes on until either side closes; holds everything while it is silent.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: usize,
    mut moods: watch::Receiver<Mood>,
    look: impl Fn(&[u8]),
) {
    let silent = move |mood: &Mood| matches!(mood, Mood::SilentUpTo(last) if number <= *last);
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            () = becomes(&mut moods, silent) => {
                // Once lost, lost for good; the sockets stay open as long as the proxy lives.
                return std::future::pending().await;
            }
        };
        match read {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                look(&bytes[..count]);
                if to.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Resolves when the proxy's mood is such; never if it goes before.
async fn becomes(moods: &mut watch::Receiver<Mood>, such: impl Fn(&Mood) -> bool) {
    if moods.wait_for(such).await.is_err() {
        std::future::pending::<()>().await;
    }
}
