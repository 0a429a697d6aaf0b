//! The client's end of a connection: what is written there, byte by byte, and how it ends.

use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

/// The pause between two bytes that come one by one.
const DRIP: Duration = Duration::from_millis(1);

/// How long a client may take to leave a connection on which nothing comes.
const LEAVING: Duration = Duration::from_secs(20);

/// The head of each stream.
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n\
    transfer-encoding: chunked\r\nconnection: close\r\n\r\n";

/// How much got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Sent {
    /// Everything.
    All,
    /// The chunk's data, but not the line's end that closes it: the limit came. A client has all that it needs.
    Data,
    /// Less than that.
    Part,
}

/// A stream of events on its way to the client, in chunks (RFC 9112 7.1).
pub(super) struct Wire {
    client: TcpStream,
    sent: usize,
    limit: usize,
    /// So many bytes come one by one.
    dripping: usize,
}

impl Wire {
    /// Answers a request with a stream.
    pub async fn open(mut client: TcpStream) -> Result<Self> {
        client.write_all(HEAD).await?;
        Ok(Self { client, sent: 0, limit: usize::MAX, dripping: 0 })
    }

    /// How many bytes of the body have been sent.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Sends no more than so many bytes in all.
    pub fn limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// Lets the next bytes come one by one.
    pub fn drip(&mut self, bytes: usize) {
        self.dripping = bytes;
    }

    /// Sends a chunk.
    pub async fn chunk(&mut self, bytes: &[u8]) -> Result<Sent> {
        let head = format!("{:x}\r\n", bytes.len());
        self.send(&[head.as_bytes(), bytes, b"\r\n"].concat()).await
    }

    /// Ends the body as it should be.
    pub async fn end(mut self) -> Result<()> {
        let _ = self.send(b"0\r\n\r\n").await?;
        Ok(self.client.shutdown().await?)
    }

    /// Resets the connection.
    pub fn reset(self) -> Result<()> {
        Ok(self.client.set_zero_linger()?)
    }

    /// Closes the connection in the middle of its body.
    pub async fn cut(mut self) -> Result<()> {
        Ok(self.client.shutdown().await?)
    }

    /// Waits until the client has left.
    pub async fn left(&mut self) {
        let mut byte = [0; 64];
        // It has nothing more to say; what it says all the same is not listened to.
        while matches!(self.client.read(&mut byte).await, Ok(1..)) {}
    }

    /// Keeps the connection open without a byte until the client leaves.
    ///
    /// # Errors
    /// If it does not.
    pub async fn stall(mut self) -> Result<()> {
        Ok(timeout(LEAVING, self.left()).await?)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<Sent> {
        let room = self.limit.saturating_sub(self.sent);
        let (bytes, sent) = match bytes.get(..room) {
            Some(head) if head.len() + 2 < bytes.len() => (head, Sent::Part),
            Some(head) if head.len() < bytes.len() => (head, Sent::Data),
            _ => (bytes, Sent::All),
        };
        let (slow, quick) = bytes.split_at(self.dripping.min(bytes.len()));
        let mut drops = interval(DRIP);
        for byte in slow {
            drops.tick().await;
            self.client.write_all(&[*byte]).await?;
        }
        self.dripping -= slow.len();
        self.client.write_all(quick).await?;
        self.sent += bytes.len();
        Ok(sent)
    }
}
