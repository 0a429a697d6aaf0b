//! What a source wants sent with each request, and a token that would travel in the clear.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use belfry_core::model::SecretText;
use belfry_core::ports::{
    ConnectError, FetchError, HistoryRequest, PostRequest, Route, StreamRequest, Transport,
};
use belfry_core::settings::Network;
use belfry_platform::HttpTransport;
use tokio::sync::mpsc;

use super::server::*;

/// A server that reports the headers of each request.
fn reporting() -> (Router, mpsc::Receiver<HeaderMap>) {
    let (seen, saw) = mpsc::channel(8);
    let router = Router::new().fallback(move |headers: HeaderMap| {
        let seen = seen.clone();
        async move {
            seen.send(headers).await.unwrap();
            status(204)
        }
    });
    (router, saw)
}

fn sending(headers: &[(&str, &str)]) -> Route {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Route { network: Arc::new(Network { headers, ..Network::default() }), ..Route::default() }
}

#[tokio::test]
async fn headers_go_with_streams_pages_and_posts() {
    let (router, mut saw) = reporting();
    let server = serve(router).await;
    let route = sending(&[("X-Tenant", "a b"), ("User-Agent", "probe/1")]);
    let transport = HttpTransport::new();
    let stream = StreamRequest { route: route.clone(), ..request(url(server)) };
    transport.connect(stream).await.err().unwrap();
    transport.fetch(HistoryRequest { route: route.clone(), ..page(server, 1000) }).await.unwrap_err();
    let (url, body) = (url(server), SecretText::new("{}".to_owned()));
    transport.post(PostRequest { route, url, token: None, body, max_bytes: 1000 }).await.unwrap_err();
    for accept in ["text/event-stream", "application/json", "application/json"] {
        let headers = saw.recv().await.unwrap();
        assert_eq!(
            (&headers["x-tenant"], &headers["user-agent"]),
            (&"a b".parse().unwrap(), &"probe/1".parse().unwrap())
        );
        assert_eq!(headers["accept"], accept);
    }
}

#[tokio::test]
async fn a_settings_file_cannot_make_headers_that_would_be_refused() {
    let (router, mut saw) = reporting();
    let route =
        sending(&[("Authorization", "Bearer x"), ("Last-Event-ID", "9"), ("X-A", "钟"), ("X-B", "b")]);
    let stream = StreamRequest { route, ..request(url(serve(router).await)) };
    HttpTransport::new().connect(stream).await.err().unwrap();
    let headers = saw.recv().await.unwrap();
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(headers["last-event-id"], "k7-42");
    assert_eq!(headers.get("x-a"), None);
    assert_eq!(headers["x-b"], "b");
}

#[tokio::test]
async fn headers_go_to_no_other_origin() {
    let (router, mut saw) = reporting();
    let elsewhere = serve(router).await;
    let server = answering(move || {
        let to = format!("http://{elsewhere}/");
        Response::builder().status(302).header("location", to).body(axum::body::Body::empty()).unwrap()
    })
    .await;
    let stream = StreamRequest { route: sending(&[("X-Tenant", "a")]), ..request(url(server)) };
    let error = HttpTransport::new().connect(stream).await.err().unwrap();
    assert_eq!(error, ConnectError::Moved { origin: format!("http://{elsewhere}"), for_good: false });
    assert!(saw.try_recv().is_err());
}

#[tokio::test]
async fn a_token_does_not_travel_in_the_clear_without_a_yes() {
    // Nobody is asked: neither a name server nor a server.
    let url: url::Url = "http://server.invalid/sse/connect".parse().unwrap();
    let transport = HttpTransport::new();
    let error = transport.connect(request(url.clone())).await.err().unwrap();
    assert_eq!(error, ConnectError::NotEncrypted);
    let asked = HistoryRequest { url: url.clone(), ..page(([127, 0, 0, 1], 1).into(), 1000) };
    assert_eq!(transport.fetch(asked).await.unwrap_err(), FetchError::NotEncrypted);
    // With a yes, or without a token, the name is looked up.
    let network = Network { allow_plain_http: true, ..Network::default() };
    let route = Route { network: Arc::new(network), ..Route::default() };
    for stream in
        [StreamRequest { route, ..request(url.clone()) }, StreamRequest { token: None, ..request(url) }]
    {
        let error = transport.connect(stream).await.err().unwrap();
        assert!(matches!(error, ConnectError::Fault(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_for_this_computer_is_not_sent_through_another_without_a_yes() {
    let server = serve(reporting().0).await;
    let through = |proxy: &str, allow_plain_http| {
        let proxy = proxy.parse().unwrap();
        let network = Arc::new(Network { proxy, allow_plain_http, ..Network::default() });
        Route { network, ..Route::default() }
    };
    for proxy in ["http://proxy.invalid:3128", "socks5h://proxy.invalid:1080"] {
        let ask = async |yes| {
            let stream = StreamRequest { route: through(proxy, yes), ..request(url(server)) };
            HttpTransport::new().connect(stream).await.err().unwrap()
        };
        assert_eq!(ask(false).await, ConnectError::NotEncrypted, "{proxy}");
        let error = ask(true).await;
        assert!(matches!(error, ConnectError::Fault(_)), "{proxy}: {error:?}");
    }
}
