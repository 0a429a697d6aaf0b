//! Proxies in this process: HTTP (RFC 9110, section 9.3.6) and SOCKS5 (RFC 1928, RFC 1929).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

pub const USER: &str = "me";
pub const PASSWORD: &str = "pr0xy pass:wörd";

/// Whom a proxy lets through.
#[derive(Clone, Copy, PartialEq)]
pub enum Lets {
    Everybody,
    /// [`USER`] with [`PASSWORD`].
    OneUser,
}

/// A proxy that leads every name to one server.
pub struct Proxy {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub async fn http(lets: Lets, server: SocketAddr) -> Self {
        Self::serve(move |client, asked| http(client, lets, server, asked)).await
    }

    pub async fn socks5(lets: Lets, server: SocketAddr) -> Self {
        Self::serve(move |client, asked| socks5(client, lets, server, asked)).await
    }

    /// What it was asked for, in order: request lines and headers, or names and addresses.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve<F, Fut>(serving: F) -> Self
    where
        F: Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> Fut + Send + 'static,
        Fut: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serving(client, Arc::clone(&record)));
            }
        });
        Self { address, asked }
    }
}

async fn http(
    mut client: TcpStream,
    lets: Lets,
    server: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    asked.lock().unwrap().push(head.clone());
    let login = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let known =
        head.lines().any(|line| line.eq_ignore_ascii_case(&format!("proxy-authorization: Basic {login}")));
    if lets == Lets::OneUser && !known {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"p\"\r\n\
                       content-length: 0\r\nconnection: close\r\n\r\n";
        return client.write_all(refusal.as_bytes()).await;
    }
    let mut server = TcpStream::connect(server).await?;
    if head.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    } else {
        server.write_all(in_origin_form(&head).as_bytes()).await?;
    }
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// A request as the server gets it: the path alone, without what was for the proxy.
fn in_origin_form(head: &str) -> String {
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut words = line.split(' ');
    let (method, url) = (words.next().unwrap(), words.next().unwrap());
    let path = url.splitn(4, '/').nth(3).unwrap();
    let headers: String = headers
        .split_inclusive("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("proxy-"))
        .collect();
    format!("{method} /{path} HTTP/1.1\r\n{headers}")
}

async fn socks5(
    mut client: TcpStream,
    lets: Lets,
    server: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting).await?;
    let mut methods = vec![0; greeting[1].into()];
    client.read_exact(&mut methods).await?;
    let method = if lets == Lets::OneUser { 2 } else { 0 };
    if !methods.contains(&method) {
        return client.write_all(&[5, 0xff]).await;
    }
    client.write_all(&[5, method]).await?;
    if lets == Lets::OneUser {
        assert_eq!(client.read_u8().await?, 1);
        let (user, password) = (text(&mut client).await?, text(&mut client).await?);
        let fine = user == USER && password == PASSWORD;
        client.write_all(&[1, u8::from(!fine)]).await?;
        if !fine {
            return Ok(());
        }
    }
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let name = match request[3] {
        1 => {
            let mut address = [0; 4];
            client.read_exact(&mut address).await?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        3 => text(&mut client).await?,
        other => panic!("address of the type {other}"),
    };
    let _port = client.read_u16().await?;
    asked.lock().unwrap().push(name);
    let mut server = TcpStream::connect(server).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// A text behind its length.
async fn text(client: &mut TcpStream) -> std::io::Result<String> {
    let length = client.read_u8().await?;
    let mut text = vec![0; length.into()];
    client.read_exact(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
