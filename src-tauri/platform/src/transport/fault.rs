//! reqwest's errors in the product's words, without any address in them.

use std::error::Error;
use std::io;

use belfry_core::ports::{BadCertificate, StreamError, TransportFault};

use super::certificate;

/// Why a request got no answer.
pub(super) fn of_request(error: reqwest::Error) -> TransportFault {
    let error = error.without_url();
    let text = innermost(&error);
    if let Some(certificate) = bad_certificate(&error) {
        TransportFault::Certificate(Box::new(certificate.clone()))
    } else if is_tls(&error) {
        TransportFault::Tls(text)
    } else if is_proxy_login(&error) {
        TransportFault::ProxyLogin(text)
    } else if is_proxy(&error) {
        TransportFault::Proxy(text)
    } else if error.is_timeout() && error.is_connect() {
        TransportFault::Connect("no connection in time".to_owned())
    } else if error.is_timeout() {
        TransportFault::TimedOut
    } else if error.is_dns() {
        TransportFault::Dns(text)
    } else if error.is_connect() {
        TransportFault::Connect(text)
    } else {
        TransportFault::Other(text)
    }
}

/// Why a body broke off.
pub(super) fn of_body(error: reqwest::Error) -> StreamError {
    let error = error.without_url();
    let text = innermost(&error);
    // reqwest calls every failure of a body a decoding error; the decoders' own are of this kind.
    let undecodable = causes(&error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| matches!(cause.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
    if undecodable { StreamError::Undecodable(text) } else { StreamError::Broken(text) }
}

fn bad_certificate(error: &reqwest::Error) -> Option<&BadCertificate> {
    causes(error).find_map(|cause| certificate::beneath(cause.downcast_ref()?))
}

/// Whether the handshake failed; tokio-rustls says in words only that the other side has hung up in it.
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>() || cause.to_string() == "tls handshake eof")
}

/// Whether the way through a proxy failed. The types that say so are private to the client.
fn is_proxy(error: &reqwest::Error) -> bool {
    error.is_connect()
        && causes(error).any(|cause| {
            let text = cause.to_string();
            ["tunnel", "proxy", "socks"].iter().any(|word| text.to_ascii_lowercase().contains(word))
        })
}

/// Whether the proxy wants to know who asks, or does not take what it was told: 407 (RFC 9110), or no method or no
/// success in SOCKS5 (RFC 1928, RFC 1929).
fn is_proxy_login(error: &reqwest::Error) -> bool {
    let words = [
        "proxy authorization required",
        "credentials not accepted",
        "does not support user/pass authentication",
    ];
    is_proxy(error) && causes(error).any(|cause| words.iter().any(|word| cause.to_string().contains(word)))
}

/// The text of the last cause, which is the one that says what happened; the ones around it repeat it or
/// speak of layers.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| below(cause))
}

/// The cause below this one. An I/O error names as its source not the error that it wraps but that one's
/// own source.
fn below<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_proxy_that_lets_nothing_through_is_named() {
        crate::install_crypto_provider();
        let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = proxy.local_addr().unwrap();
        let refusing = tokio::spawn(async move {
            let (mut stream, _) = proxy.accept().await.unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).await.unwrap();
            assert!(head[..read].starts_with(b"CONNECT "));
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        });
        let through = reqwest::Proxy::all(format!("http://{address}")).unwrap();
        let client = reqwest::Client::builder().proxy(through).build().unwrap();
        let error = client.get("https://example.invalid/").send().await.unwrap_err();
        let fault = of_request(error);
        assert!(matches!(fault, TransportFault::Proxy(_)), "{fault:?}");
        refusing.await.unwrap();
    }
}
