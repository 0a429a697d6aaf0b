//! No failure's text holds the token or the address's query.

use axum::body::Body;
use axum::response::Response;
use belfry_core::ports::Transport;
use belfry_platform::HttpTransport;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::server::*;

#[track_caller]
fn check<E: std::fmt::Debug + std::fmt::Display>(error: &E) {
    for text in [format!("{error}"), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!text.contains(QUERY) && !text.contains(TOKEN), "{text}");
    }
}

#[tokio::test]
async fn no_error_text_holds_a_secret() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let echoing = answering(|| {
        Response::builder()
            .status(302)
            .header("location", format!("http://127.0.0.2/x?token={TOKEN}&q={QUERY}"))
            .body(Body::empty())
            .unwrap()
    })
    .await;
    let portal = answering(|| typed("text/html", "<html>")).await;
    let garbage = by_hand(|mut stream| async move {
        stream.write_all(b"SSH-2.0\r\n").await.unwrap();
    })
    .await;
    for server in [free, echoing, portal, garbage] {
        check(&connect(server).await.err().unwrap());
        check(&HttpTransport::new().fetch(page(server, 1000)).await.unwrap_err());
    }
    let tls = format!("https://{portal}/sse?q={QUERY}").parse().unwrap();
    check(&HttpTransport::new().connect(request(tls)).await.err().unwrap());
    let nowhere = format!("https://{}.invalid/sse?q={QUERY}", "x".repeat(70)).parse().unwrap();
    check(&HttpTransport::new().connect(request(nowhere)).await.err().unwrap());

    let cut = by_hand(|mut stream| async move {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\n";
        stream.write_all(format!("{head}data: {TOKEN}").as_bytes()).await.unwrap();
    })
    .await;
    let mut stream = connect(cut).await.unwrap();
    check(&next(&mut stream).await.unwrap().unwrap_err());
}
