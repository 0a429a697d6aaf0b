//! Accepted connections that can be dropped from outside: a stalled reader never takes the bytes that would end its
//! stream politely.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The other end of a connection, and the means to drop it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Drops the connection at once when cancelled.
    pub kill: CancellationToken,
}

impl<'a> Connected<IncomingStream<'a, Killable>> for Peer {
    fn connect_info(stream: IncomingStream<'a, Killable>) -> Self {
        Self { kill: stream.io().kill.clone() }
    }
}

/// A listener whose connections can be dropped from outside, one by one or all together.
pub(crate) struct Killable {
    listener: TcpListener,
    kill_all: watch::Receiver<CancellationToken>,
}

impl Killable {
    /// Each connection ends when the token is cancelled that stood in `kill_all` as it was accepted.
    pub fn new(listener: TcpListener, kill_all: watch::Receiver<CancellationToken>) -> Self {
        Self { listener, kill_all }
    }
}

impl Listener for Killable {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        // Without it a small event could wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY not set");
        }
        let kill = self.kill_all.borrow().child_token();
        let killed = Box::pin(kill.clone().cancelled_owned());
        (Connection { stream, kill, killed }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A TCP connection whose reads and writes fail once it is to be dropped.
pub(crate) struct Connection {
    stream: TcpStream,
    kill: CancellationToken,
    killed: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Connection {
    /// Wakes the task that drives the connection when it is to be dropped.
    fn alive(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.killed.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
