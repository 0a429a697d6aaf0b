//! Fetching pages of history.

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use belfry_core::model::SecretText;
use belfry_core::ports::{FetchError, HistoryRequest, PostRequest, Route, Transport};
use belfry_platform::HttpTransport;
use futures_util::{StreamExt, stream};
use std::time::Duration;

use super::server::*;

/// Checks what becomes of an answer.
async fn check(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    expected: Result<&str, FetchError>,
) {
    let server = answering(answer).await;
    let came = HttpTransport::new().fetch(page(server, 1000)).await;
    let came = came.map(|reply| String::from_utf8(reply.body.to_vec()).unwrap());
    assert_eq!(came, expected.map(str::to_owned));
}

#[tokio::test]
async fn a_document_comes_whole() {
    check(|| typed("application/json", "{\"messages\":[]}"), Ok("{\"messages\":[]}")).await;
    check(|| typed("text/plain", " [1]"), Ok(" [1]")).await;
    check(|| typed("application/json", "{\"code\":200,\"data\":[]}"), Ok("{\"code\":200,\"data\":[]}")).await;
}

#[tokio::test]
async fn the_request_carries_the_token_and_asks_for_json() {
    let router = Router::new().fallback(|headers: HeaderMap| async move {
        let [accept, token] =
            ["accept", "authorization"].map(|name| headers[name].to_str().unwrap().to_owned());
        typed("application/json", format!("[{accept:?}, {token:?}]"))
    });
    let reply = HttpTransport::new().fetch(page(serve(router).await, 1000)).await.unwrap();
    assert_eq!(reply.body, format!("[\"application/json\", \"Bearer {TOKEN}\"]"));
}

#[tokio::test]
async fn a_document_is_posted_to_its_address_and_nowhere_else() {
    let router = Router::new().route(
        "/messages",
        post(|headers: HeaderMap, body: String| async move {
            let content_type = headers["content-type"].to_str().unwrap().to_owned();
            let token = headers.contains_key("authorization");
            typed("application/json", format!("[{content_type:?}, {token}, {body}]"))
        }),
    );
    let address = serve(router).await;
    let request = |address| {
        let HistoryRequest { url, max_bytes, .. } = page(address, 1000);
        let body = SecretText::new(r#"{"password":"pa55"}"#.to_owned());
        PostRequest { route: Route::default(), url, token: None, body, max_bytes }
    };
    let reply = HttpTransport::new().post(request(address)).await.unwrap();
    assert_eq!(reply.body, r#"["application/json", false, {"password":"pa55"}]"#);

    let away = move || {
        let to = format!("http://{address}/messages");
        Response::builder().status(307).header("location", to).body(Body::empty()).unwrap()
    };
    let error = HttpTransport::new().post(request(answering(away).await)).await.unwrap_err();
    assert_eq!(error, FetchError::Moved { origin: format!("http://{address}") });
    let refused = HttpTransport::new().post(request(answering(|| status(401)).await)).await;
    assert_eq!(refused, Err(FetchError::Unauthorized));
}

#[tokio::test]
async fn each_failure_has_its_name() {
    check(|| status(401), Err(FetchError::Unauthorized)).await;
    check(|| status(403), Err(FetchError::Forbidden)).await;
    check(|| typed("application/json", "{\"code\":401,\"msg\":\"\"}"), Err(FetchError::Unauthorized)).await;
    check(|| typed("application/json", "{\"code\":403}"), Err(FetchError::Forbidden)).await;
    check(|| typed("application/json", "{\"code\":\"404\"}"), Err(FetchError::Unsupported)).await;
    let failed = || Err(FetchError::Status { status: 500, retry_after: None });
    check(|| typed("application/json", "{\"code\":500,\"msg\":\"db\"}"), failed()).await;
    check(|| typed("application/json", "{\"code\":601}"), failed()).await;
    for code in [404, 405, 406, 501] {
        check(move || status(code), Err(FetchError::Unsupported)).await;
    }
    check(|| typed("text/html", "<html>"), Err(FetchError::Unsupported)).await;
    check(|| typed("application/json", ""), Err(FetchError::Unsupported)).await;
    check(|| status(500), Err(FetchError::Status { status: 500, retry_after: None })).await;
    let busy = || Response::builder().status(503).header("retry-after", "3").body(Body::empty()).unwrap();
    check(busy, Err(FetchError::Status { status: 503, retry_after: Some(Duration::from_secs(3)) })).await;
    let limited = |code: u16, text: &'static str| {
        move || Response::builder().status(code).header("retry-after", "3").body(Body::from(text)).unwrap()
    };
    let passing = |status| Err(FetchError::Status { status, retry_after: Some(Duration::from_secs(3)) });
    check(limited(403, ""), passing(403)).await;
    check(limited(200, r#"{"code":429}"#), passing(500)).await;
    let away = || {
        Response::builder().status(302).header("location", "http://127.0.0.2/").body(Body::empty()).unwrap()
    };
    check(away, Err(FetchError::Unsupported)).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_comes() {
    let exact = format!("[{}]", " ".repeat(998));
    let (fits, over) = (exact.clone(), format!("{exact} "));
    let announced = over.clone();
    check(move || typed("application/json", fits.clone()), Ok(&exact)).await;
    check(move || typed("application/json", announced.clone()), Err(FetchError::TooLarge)).await;
    let endless = || {
        let pieces = stream::repeat(Ok::<_, std::convert::Infallible>("[        "));
        typed("application/json", Body::from_stream(pieces.boxed()))
    };
    check(endless, Err(FetchError::TooLarge)).await;
}

#[tokio::test]
async fn a_compressed_document_is_decoded_and_bounded_as_it_comes_out() {
    use std::io::Write;
    let text = format!("{{\"a\":\"{}\"}}", "x".repeat(100_000));
    let gzip = || {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zlib = || {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let br = || {
        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 4, 20);
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.into_inner()
    };
    for (encoding, bytes) in [("gzip", gzip()), ("deflate", zlib()), ("br", br())] {
        assert!(bytes.len() < 2_000, "{encoding}: {}", bytes.len());
        let server = answering(move || {
            let mut response = typed("application/json", bytes.clone());
            response.headers_mut().insert("content-encoding", encoding.parse().unwrap());
            response
        })
        .await;
        let reply = HttpTransport::new().fetch(page(server, 200_000)).await.unwrap();
        assert_eq!(reply.body, text.as_bytes(), "{encoding}");
        let error = HttpTransport::new().fetch(page(server, 50_000)).await.unwrap_err();
        assert_eq!(error, FetchError::TooLarge, "{encoding}");
    }
}

#[tokio::test]
async fn an_image_is_taken_as_it_comes_and_bounded_and_never_from_elsewhere() {
    let image = async |server, most| HttpTransport::new().image(page(server, most)).await;
    let server = answering(|| typed("text/plain", &b"GIF89a\xff"[..])).await;
    assert_eq!(image(server, 7).await.unwrap().body, &b"GIF89a\xff"[..]);
    assert_eq!(image(server, 6).await.unwrap_err(), FetchError::TooLarge);
    let away = || {
        Response::builder().status(302).header("location", "http://127.0.0.2/").body(Body::empty()).unwrap()
    };
    assert_eq!(image(answering(away).await, 7).await.unwrap_err(), FetchError::Unsupported);
    assert_eq!(image(answering(|| status(404)).await, 7).await.unwrap_err(), FetchError::Unsupported);
}
