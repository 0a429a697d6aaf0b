//! The way between two programs of one user on one computer: a Unix socket, or a named pipe on Windows.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{Listener, connect};
#[cfg(windows)]
pub use windows::{Listener, connect};

#[cfg(all(test, unix))]
pub use unix::paths;

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader};

/// One connection, seen from either end.
pub type Stream = Box<dyn Duplex>;

/// What can be read and written. Its end can be waited for without taking anything of what comes before.
pub trait Duplex: AsyncBufRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncBufRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Makes a stream of a connection. Its buffer has room for the first byte of a frame and none for a secret.
pub fn stream(of: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Stream {
    Box::new(BufReader::with_capacity(1, of))
}
