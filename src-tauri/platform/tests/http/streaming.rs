//! An open stream: bytes on their way, and the ways in which they stop.

use std::io::Write;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderValue;
use belfry_core::ports::{StreamError, StreamEvent, Transport};
use belfry_platform::HttpTransport;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use futures_util::{StreamExt, stream};
use tokio::io::AsyncWriteExt;
use tokio::sync::{Mutex, mpsc};

use super::server::*;

/// A stream that is fed through the channel.
async fn fed() -> (belfry_core::ports::StreamOpened, mpsc::Sender<Bytes>) {
    let (feed, pieces) = mpsc::channel(1);
    let pieces = std::sync::Arc::new(Mutex::new(Some(pieces)));
    let server = answering(move || {
        let pieces = pieces.try_lock().unwrap().take().expect("one request");
        event_stream(from_channel(pieces))
    })
    .await;
    (connect(server).await.unwrap(), feed)
}

#[tokio::test]
async fn everything_comes_in_order_however_the_bytes_are_cut() {
    let text = "\u{feff}retry: 1500\r\n:hi\r\n\r\nid: 1\r\nevent: reply\r\ndata: {\"t\":\"新\"}\r\n\r\nid: 2\n\ndata: b\r\r";
    let server =
        answering(move || event_stream(stream::iter(text.bytes().map(|byte| Bytes::from(vec![byte]))))).await;
    let mut stream = connect(server).await.unwrap();
    let mut came = Vec::new();
    while let Some(event) = next(&mut stream).await {
        came.push(event.unwrap());
    }
    let frame = |event: &str, data: &str, id: &str| {
        StreamEvent::Frame(belfry_core::ports::Frame {
            event: event.to_owned(),
            data: data.to_owned(),
            id: id.to_owned(),
        })
    };
    assert_eq!(
        came,
        [
            StreamEvent::Retry(Duration::from_millis(1500)),
            StreamEvent::Comment("hi".to_owned()),
            frame("reply", "{\"t\":\"新\"}", "1"),
            StreamEvent::Id("2".to_owned()),
            frame("message", "b", "2"),
        ]
    );
}

#[tokio::test]
async fn an_event_comes_at_once_and_half_of_one_is_a_sign_of_life() {
    let (mut stream, feed) = fed().await;
    feed.send(Bytes::from_static(b"data: a\r\r")).await.unwrap();
    assert_eq!(next_data(&mut stream).await, "a");
    feed.send(Bytes::from_static(b"data: b")).await.unwrap();
    assert_eq!(stream.events.next().await, Some(Ok(StreamEvent::Activity)));
    feed.send(Bytes::from_static(b"\n\n")).await.unwrap();
    assert_eq!(next_data(&mut stream).await, "b");
    drop(feed);
    assert_eq!(next(&mut stream).await, None);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let (mut stream, feed) = fed().await;
    feed.send(Bytes::from_static(b"data: a\n\n")).await.unwrap();
    assert_eq!(next_data(&mut stream).await, "a");
    drop(stream);
    tokio::time::timeout(Duration::from_secs(10), feed.closed()).await.expect("the server notices");
}

/// Writes each event only when the one before it has come out of the other end.
async fn check_compressed<W: Write>(
    encoding: &'static str,
    mut encoder: W,
    written: impl Fn(&mut W) -> Vec<u8>,
) {
    let (feed, pieces) = mpsc::channel(1);
    let pieces = std::sync::Arc::new(Mutex::new(Some(pieces)));
    let server = answering(move || {
        let pieces = pieces.try_lock().unwrap().take().expect("one request");
        let mut response = event_stream(from_channel(pieces));
        response.headers_mut().insert("content-encoding", HeaderValue::from_static(encoding));
        response
    })
    .await;
    let mut stream = connect(server).await.unwrap();
    for round in 0..3 {
        write!(encoder, "data: {round} {}\n\n", "x".repeat(100)).unwrap();
        encoder.flush().unwrap();
        feed.send(Bytes::from(written(&mut encoder))).await.unwrap();
        assert!(next_data(&mut stream).await.starts_with(&round.to_string()), "{encoding}");
    }
}

#[tokio::test]
async fn a_compressed_stream_is_decoded_event_by_event() {
    let fast = Compression::fast();
    let gzip = GzEncoder::new(Vec::new(), fast);
    check_compressed("gzip", gzip, |encoder| std::mem::take(encoder.get_mut())).await;
    let deflate = ZlibEncoder::new(Vec::new(), fast);
    check_compressed("deflate", deflate, |encoder| std::mem::take(encoder.get_mut())).await;
    let brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 4, 20);
    check_compressed("br", brotli, |encoder| std::mem::take(encoder.get_mut())).await;
}

#[tokio::test]
async fn damaged_gzip_is_undecodable() {
    let server = answering(|| {
        let mut response = typed("text/event-stream", "this is not gzip");
        response.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
        response
    })
    .await;
    let mut stream = connect(server).await.unwrap();
    let error = next(&mut stream).await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Undecodable(_)), "{error:?}");
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_reset_in_mid_event_is_a_broken_stream() {
    let server = by_hand(|mut stream| async move {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\n";
        stream.write_all(format!("{head}data: a\n\ndata: b\n").as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let mut stream = connect(server).await.unwrap();
    // A reset may overtake bytes that are still under way, so that the first event may be lost, too.
    let error = loop {
        match next(&mut stream).await {
            Some(Ok(StreamEvent::Frame(frame))) => assert_eq!(frame.data, "a"),
            Some(Err(error)) => break error,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(error, StreamError::Broken(_)), "{error:?}");
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_chunk_cut_short_is_a_broken_stream() {
    let server = by_hand(|mut stream| async move {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(format!("{head}9\r\ndata: a\n\n\r\nff\r\ndata: b").as_bytes()).await.unwrap();
    })
    .await;
    let mut stream = connect(server).await.unwrap();
    assert_eq!(next_data(&mut stream).await, "a");
    let error = next(&mut stream).await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Broken(_)), "{error:?}");
}

#[tokio::test]
async fn an_oversized_event_is_skipped_and_its_id_counts() {
    let server = answering(|| {
        let body = format!("id: 7\ndata: {}\n\ndata: b\n\n", "x".repeat(100_000));
        typed("text/event-stream", body)
    })
    .await;
    let mut small = request(url(server));
    small.max_event_bytes = 50_000;
    let mut stream = HttpTransport::new().connect(small).await.unwrap();
    assert_eq!(next(&mut stream).await, Some(Ok(StreamEvent::Oversized { id: "7".to_owned() })));
    assert_eq!(next_data(&mut stream).await, "b");
}

#[tokio::test]
async fn a_large_event_passes_whole() {
    let data = "新".repeat(300_000);
    let body = format!("data: {data}\ndata: {data}\n\n");
    let server = answering(move || typed("text/event-stream", body.clone())).await;
    let mut large = request(url(server));
    large.max_event_bytes = 4 * 1024 * 1024;
    let mut stream = HttpTransport::new().connect(large).await.unwrap();
    assert_eq!(next_data(&mut stream).await, format!("{data}\n{data}"));
}

#[tokio::test]
async fn a_reader_that_does_not_read_holds_the_server_back() {
    let (mut stream, feed) = fed().await;
    let piece = Bytes::from(format!("data: {}\n\n", "x".repeat(64 * 1024)));
    feed.send(piece.clone()).await.unwrap();
    next_data(&mut stream).await;
    // Socket buffers hold some megabytes, never two hundred.
    for _ in 0..3200 {
        let sent = tokio::time::timeout(Duration::from_millis(300), feed.send(piece.clone())).await;
        if sent.is_err() {
            return;
        }
    }
    panic!("nothing held the server back");
}
