//! How long the transport takes for a flood: 100,000 small events, and one of 4 MiB in small pieces, over
//! real HTTP from a server in this process. Prints; asserts nothing, since machines differ.
//!
//! `cargo bench -p belfry-platform`, for one core with `taskset -c 0` before it.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::convert::Infallible;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::{Router, routing::get};
use belfry_core::ports::{Route, StreamEvent, StreamRequest, Transport};
use belfry_platform::HttpTransport;
use futures_util::{StreamExt, stream};

const EVENTS: usize = 100_000;

fn main() {
    let small = |number: usize| {
        let title = "a title of about sixty characters, as people write them, no";
        format!(
            "event: reply\nid: k7-{number}\ndata: {{\"id\":\"{number}\",\"type\":\"reply\",\"title\":\"{title}\",\"isRead\":false}}\n\n"
        )
    };
    let flood = Bytes::from((0..EVENTS).map(small).collect::<String>());
    let large = Bytes::from(format!("data: {}\n\n", "x".repeat(4 * 1024 * 1024 - 16)));
    measure("100,000 small events in 16 KiB pieces", flood.clone(), 16 * 1024);
    measure("100,000 small events in 1,448-byte pieces", flood, 1448);
    measure("one event of 4 MiB in 1,448-byte pieces", large, 1448);
}

fn measure(what: &str, body: Bytes, piece: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let length = body.len();
        let pieces: Vec<_> = (0..length)
            .step_by(piece)
            .map(|at| Ok::<_, Infallible>(body.slice(at..length.min(at + piece))))
            .collect();
        let answer = move || {
            let body = Body::from_stream(stream::iter(pieces.clone()));
            std::future::ready(
                Response::builder().header(CONTENT_TYPE, "text/event-stream").body(body).unwrap(),
            )
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().route("/", get(answer));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });

        let begin = Instant::now();
        let request = StreamRequest {
            route: Route::default(),
            url,
            token: None,
            last_event_id: None,
            max_event_bytes: 4 * 1024 * 1024,
        };
        let mut stream = HttpTransport::new().connect(request).await.unwrap();
        let mut frames = 0;
        while let Some(event) = stream.events.next().await {
            frames += usize::from(matches!(event.unwrap(), StreamEvent::Frame(_)));
        }
        let took = begin.elapsed();
        println!("{what}: {frames} frames, {} KiB in {:.0} ms", length / 1024, took.as_secs_f64() * 1e3);
        server.abort();
    });
}
