//! Sources that name a proxy of their own, with and without user and password.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use belfry_core::model::SecretText;
use belfry_core::ports::{
    CertificateFault, ConnectError, FetchError, HistoryRequest, ProxyLogin, Route, StreamRequest, Transport,
    TransportFault,
};
use belfry_core::settings::Network;
use belfry_platform::HttpTransport;

use super::proxy::{Lets, PASSWORD, Proxy, USER};
use super::server::*;
use super::tls::{Authority, Signed, lead_tls, serve_tls};

/// A server whose stream tells with which token it was asked for.
fn echo() -> Router {
    Router::new().fallback(|headers: HeaderMap| async move {
        assert!(!headers.contains_key("proxy-authorization"));
        let token = headers["authorization"].to_str().unwrap().to_owned();
        match headers["accept"].to_str().unwrap() {
            "text/event-stream" => typed("text/event-stream", format!("data: {token}\n\n")),
            _ => typed("application/json", format!("{{\"token\":\"{token}\"}}")),
        }
    })
}

fn through(scheme: &str, proxy: &Proxy) -> Route {
    let network = Network {
        proxy: format!("{scheme}://{}", proxy.address).parse().unwrap(),
        allow_plain_http: true,
        ..Network::default()
    };
    Route { network: Arc::new(network), ..Route::default() }
}

fn known_as(user: &str, password: &str, route: Route) -> Route {
    let proxy = route.network.proxy.url().unwrap().clone();
    let proxy_login = ProxyLogin::new(proxy, user, SecretText::new(password.to_owned()));
    assert!(proxy_login.is_some());
    Route { proxy_login, ..route }
}

/// A stream from a server that only the proxy can find.
fn stream(route: &Route) -> StreamRequest {
    let url = format!("http://server.invalid/sse/connect?q={QUERY}").parse().unwrap();
    StreamRequest { route: route.clone(), ..request(url) }
}

async fn assert_lets_through(route: &Route) {
    let transport = HttpTransport::new();
    let mut stream = transport.connect(stream(route)).await.unwrap();
    assert_eq!(next_data(&mut stream).await, format!("Bearer {TOKEN}"));
    let url = "http://server.invalid/messages".parse().unwrap();
    let asked = HistoryRequest { route: route.clone(), url, ..page(([127, 0, 0, 1], 1).into(), 1000) };
    let reply = transport.fetch(asked).await.unwrap();
    assert!(String::from_utf8_lossy(&reply.body).contains(TOKEN));
}

#[track_caller]
fn assert_asks_who(error: ConnectError) {
    assert!(matches!(error, ConnectError::Fault(TransportFault::ProxyLogin(_))), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(!text.contains(PASSWORD) && !text.contains(TOKEN), "{text}");
}

#[tokio::test]
async fn an_http_proxy_lets_everybody_through() {
    let proxy = Proxy::http(Lets::Everybody, serve(echo()).await).await;
    assert_lets_through(&through("http", &proxy)).await;
    assert!(proxy.asked()[0].starts_with("GET http://server.invalid/sse/connect"), "{:?}", proxy.asked());
}

#[tokio::test]
async fn an_http_proxy_that_knows_its_users_lets_one_through_and_says_who_it_refuses() {
    let proxy = Proxy::http(Lets::OneUser, serve(echo()).await).await;
    let route = through("http", &proxy);
    assert_lets_through(&known_as(USER, PASSWORD, route.clone())).await;
    for refused in [route.clone(), known_as(USER, "wrong", route)] {
        let transport = HttpTransport::new();
        assert_asks_who(transport.connect(stream(&refused)).await.err().unwrap());
        let url = "http://server.invalid/messages".parse().unwrap();
        let page = HistoryRequest { route: refused, url, ..page(([127, 0, 0, 1], 1).into(), 1000) };
        let error = transport.fetch(page).await.unwrap_err();
        assert!(matches!(error, FetchError::Fault(TransportFault::ProxyLogin(_))), "{error:?}");
    }
}

#[tokio::test]
async fn a_proxy_sees_nothing_of_what_goes_to_an_https_server() {
    let authority = Authority::new();
    let server = serve_tls(echo(), authority.sign("server.invalid").server(), &["h2", "http/1.1"]).await;
    let proxy = Proxy::http(Lets::OneUser, server).await;
    let tunnel = |proxy: &Proxy| {
        let route = through("http", proxy);
        let network = Network { ca_file: Some(authority.file()), ..Network::clone(&route.network) };
        Route { network: Arc::new(network), ..route }
    };
    let url: url::Url = "https://server.invalid/sse/connect".parse().unwrap();
    let ask = |route: Route| StreamRequest { route, ..request(url.clone()) };
    let known = known_as(USER, PASSWORD, tunnel(&proxy));
    let mut stream = HttpTransport::new().connect(ask(known)).await.unwrap();
    assert_eq!(next_data(&mut stream).await, format!("Bearer {TOKEN}"));
    assert!(proxy.asked()[0].starts_with("CONNECT server.invalid:443"), "{:?}", proxy.asked());
    assert!(proxy.asked().iter().all(|asked| !asked.contains(TOKEN)));

    assert_asks_who(HttpTransport::new().connect(ask(tunnel(&proxy))).await.err().unwrap());
}

#[tokio::test]
async fn a_socks_proxy_lets_everybody_through_and_may_resolve_the_name() {
    let proxy = Proxy::socks5(Lets::Everybody, serve(echo()).await).await;
    assert_lets_through(&through("socks5h", &proxy)).await;
    assert_eq!(proxy.asked()[0], "server.invalid");
    // The name is resolved here, where it does not exist.
    let error = HttpTransport::new().connect(stream(&through("socks5", &proxy))).await.err().unwrap();
    assert!(matches!(error, ConnectError::Fault(_)), "{error:?}");
    assert!(proxy.asked().iter().all(|asked| asked == "server.invalid"));
}

#[tokio::test]
async fn a_socks_proxy_that_knows_its_users_lets_one_through_and_says_who_it_refuses() {
    let proxy = Proxy::socks5(Lets::OneUser, serve(echo()).await).await;
    let route = through("socks5h", &proxy);
    assert_lets_through(&known_as(USER, PASSWORD, route.clone())).await;
    let wrong = known_as(USER, "wrong", route.clone());
    assert_asks_who(HttpTransport::new().connect(stream(&wrong)).await.err().unwrap());
    assert_asks_who(HttpTransport::new().connect(stream(&route)).await.err().unwrap());
}

#[tokio::test]
async fn a_named_proxy_leads_to_this_computer_too_and_none_leads_nowhere() {
    let server: SocketAddr = serve(echo()).await;
    let proxy = Proxy::http(Lets::Everybody, server).await;
    let ask = |route: Route| StreamRequest { route, ..request(url(server)) };
    HttpTransport::new().connect(ask(through("http", &proxy))).await.unwrap();
    assert_eq!(proxy.asked().len(), 1);
    let network = Network { proxy: "none".parse().unwrap(), ..Network::default() };
    let direct = Route { network: Arc::new(network), ..Route::default() };
    HttpTransport::new().connect(ask(direct)).await.unwrap();
    assert_eq!(proxy.asked().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in ["http", "socks5h"] {
        let network = Network {
            proxy: format!("{scheme}://{free}").parse().unwrap(),
            allow_plain_http: true,
            ..Network::default()
        };
        let route = Route { network: Arc::new(network), ..Route::default() };
        let error = HttpTransport::new().connect(stream(&route)).await.err().unwrap();
        let ConnectError::Fault(fault) = error else { panic!("{error:?}") };
        assert!(matches!(fault, TransportFault::Proxy(_)), "{scheme}: {fault:?}");
    }
}

/// The way over a proxy that is spoken to over TLS; the client trusts `trusted`.
async fn over_tls(proxy: &Proxy, shows: &Signed, trusted: Option<&Authority>) -> Route {
    let address = lead_tls(proxy.address, shows.server()).await;
    let network = Network {
        proxy: format!("https://localhost:{}", address.port()).parse().unwrap(),
        ca_file: trusted.map(Authority::file),
        allow_plain_http: true,
        ..Network::default()
    };
    known_as(USER, PASSWORD, Route { network: Arc::new(network), ..Route::default() })
}

#[tokio::test]
async fn a_proxy_over_tls_is_trusted_where_its_authority_is_named() {
    let authority = Authority::new();
    let proxy = Proxy::http(Lets::OneUser, serve(echo()).await).await;
    assert_lets_through(&over_tls(&proxy, &authority.sign("localhost"), Some(&authority)).await).await;

    // The same to a server that is spoken to over TLS, too: one certificate within the other's connection.
    let server = serve_tls(echo(), authority.sign("server.invalid").server(), &["h2", "http/1.1"]).await;
    let proxy = Proxy::http(Lets::OneUser, server).await;
    let route = over_tls(&proxy, &authority.sign("localhost"), Some(&authority)).await;
    let url = "https://server.invalid/sse/connect".parse().unwrap();
    let mut stream = HttpTransport::new().connect(StreamRequest { route, ..request(url) }).await.unwrap();
    assert_eq!(next_data(&mut stream).await, format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn a_proxy_whose_certificate_is_not_trusted_is_named_and_told_nothing() {
    let authority = Authority::new();
    let proxy = Proxy::http(Lets::OneUser, serve(echo()).await).await;
    for (shows, trusted, fault) in [
        (authority.sign("localhost"), None, CertificateFault::UnknownIssuer),
        (authority.sign_expired("localhost"), Some(&authority), CertificateFault::Expired),
        (authority.sign("proxy.example"), Some(&authority), CertificateFault::WrongName),
    ] {
        let route = over_tls(&proxy, &shows, trusted).await;
        let error = HttpTransport::new().connect(stream(&route)).await.err().unwrap();
        let ConnectError::Fault(TransportFault::Certificate(certificate)) = error else {
            panic!("{error:?}")
        };
        assert_eq!((certificate.fault, certificate.host.as_str()), (fault, "localhost"));
    }
    assert_eq!(proxy.asked(), Vec::<String>::new());
}
