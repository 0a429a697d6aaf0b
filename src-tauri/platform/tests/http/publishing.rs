//! Publishing for the command line, and the headers that it may add to a stream.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use belfry_core::model::Token;
use belfry_core::ports::{Route, Transport, TransportFault};
use belfry_platform::{HttpTransport, PublishError, publish};
use belfry_protocol::{Publish, Published};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::server::*;

fn message() -> Publish {
    Publish { to: "me".to_owned(), kind: "reply".to_owned(), title: "T".to_owned(), ..Publish::default() }
}

async fn published_at(address: std::net::SocketAddr) -> Result<Published, PublishError> {
    let api = format!("http://{address}/api").parse().unwrap();
    publish(&Route::default(), &api, &Token::new(TOKEN), Some("key-1"), &message()).await
}

#[tokio::test]
async fn a_message_is_posted_once_with_token_and_key() {
    let (seen, mut requests) = mpsc::channel(8);
    let answer = move |headers: HeaderMap, body: String| async move {
        seen.send((headers, body)).await.unwrap();
        (StatusCode::CREATED, r#"{"id":"7","cursor":"k7-42"}"#)
    };
    let server = serve(Router::new().route("/api/messages", post(answer))).await;
    let expected = Published { id: "7".to_owned(), cursor: "k7-42".to_owned() };
    assert_eq!(published_at(server).await.unwrap(), expected);
    let (headers, body) = requests.recv().await.unwrap();
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(headers["idempotency-key"], "key-1");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(body, r#"{"to":"me","type":"reply","title":"T"}"#);
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn a_refusal_is_told_apart_and_holds_no_secret() {
    let refused = |status: u16, body: &'static str| async move {
        let server = answering(move || (StatusCode::from_u16(status).unwrap(), body).into_response()).await;
        let error = published_at(server).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(TOKEN));
        error
    };
    assert_eq!(refused(401, "").await, PublishError::Unauthorized);
    assert_eq!(refused(403, "").await, PublishError::Forbidden);
    let error = refused(404, r#"{"error":{"code":"no_such_user","message":"there is no\nuser x"}}"#).await;
    assert_eq!(error.to_string(), "the server answered 404: there is no user x");
    assert_eq!(refused(500, "<html>").await.to_string(), "the server answered 500");
    assert_eq!(refused(200, "{}").await, PublishError::Unintelligible);
    assert_eq!(refused(200, "\n<!DOCTYPE html>").await, PublishError::WebPage);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let (seen, mut requests) = mpsc::channel(8);
    let elsewhere = move |_: HeaderMap| async move {
        seen.send(()).await.unwrap();
        StatusCode::CREATED
    };
    let other = serve(Router::new().fallback(elsewhere)).await;
    let server = answering(move || {
        Response::builder()
            .status(307)
            .header("location", format!("http://{other}/"))
            .body(Body::empty())
            .unwrap()
    })
    .await;
    let error = published_at(server).await.unwrap_err();
    assert_eq!(error, PublishError::Moved { origin: format!("http://{other}") });
    assert!(requests.try_recv().is_err());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = published_at(free).await.unwrap_err();
    assert!(matches!(error, PublishError::Fault(TransportFault::Connect(_))), "{error:?}");
}

#[tokio::test]
async fn added_headers_reach_the_stream_and_replace_none_of_its_own() {
    let (seen, mut requests) = mpsc::channel(8);
    let answer = move |headers: HeaderMap| async move {
        seen.send(headers).await.unwrap();
        typed("text/event-stream", ":\n\n")
    };
    let server = serve(Router::new().route("/sse", get(answer))).await;
    let pair = |name: &str, value: &str| (name.to_owned(), Token::new(value));
    let added = [pair("X-Key", "k"), pair("Accept-Language", "de"), pair("Accept", "text/html")];
    let transport = HttpTransport::new().with_headers(&added).unwrap();
    let request = request(format!("http://{server}/sse").parse().unwrap());
    assert!(transport.connect(request).await.is_ok());
    let headers = requests.recv().await.unwrap();
    assert_eq!(
        (&headers["x-key"], &headers["accept-language"]),
        (&"k".parse().unwrap(), &"de".parse().unwrap())
    );
    assert_eq!(headers.get_all("accept").iter().collect::<Vec<_>>(), ["text/event-stream"]);

    let bad = [pair("X-Key", "k"), pair("X Key", "k")];
    assert_eq!(HttpTransport::new().with_headers(&bad).err(), Some("X Key".to_owned()));
}
