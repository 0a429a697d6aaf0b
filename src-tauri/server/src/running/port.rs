//! The address of a server, kept across restarts inside a program.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::time::Instant;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How long an address may still be held by a server that has ended: a child process that is just being started has a
/// copy of every listener until it runs its own program.
const HELD: Duration = Duration::from_secs(2);

/// An address on which a server listens, or has listened and will again.
#[derive(Debug)]
pub(super) struct Port {
    address: SocketAddr,
    /// A socket that is bound and never listens: between two servers the system gives a free port to nobody else.
    _kept: Option<TcpSocket>,
}

impl Port {
    /// Listens for the first time; port 0 takes a free one and keeps it.
    pub async fn take(address: SocketAddr) -> io::Result<(Self, TcpListener)> {
        // Elsewhere than on Linux a second socket on the same address means something else.
        if address.port() != 0 || !cfg!(target_os = "linux") {
            let listener = TcpListener::bind(address).await?;
            return Ok((Self { address: listener.local_addr()?, _kept: None }, listener));
        }
        let kept = bind(address)?;
        let port = Self { address: kept.local_addr()?, _kept: Some(kept) };
        let listener = bind(port.address)?.listen(BACKLOG)?;
        Ok((port, listener))
    }

    /// Listens again where a server has just ended.
    pub async fn listen(&self) -> io::Result<TcpListener> {
        let limit = Instant::now() + HELD;
        loop {
            match bind(self.address).and_then(|socket| socket.listen(BACKLOG)) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < limit => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                result => return result,
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_is_kept_between_two_servers_and_refuses_connections() {
        let any = "127.0.0.1:0".parse().unwrap();
        let (port, listener) = Port::take(any).await.unwrap();
        tokio::net::TcpStream::connect(port.address()).await.unwrap();
        drop(listener);
        let refused = tokio::net::TcpStream::connect(port.address()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let listener = port.listen().await.unwrap();
        assert_eq!(listener.local_addr().unwrap(), port.address());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_stays_taken_is_given_up() {
        let (port, listener) = Port::take("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let error = port.listen().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(listener);
    }
}
