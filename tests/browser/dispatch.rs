//! The same bytes, in the same pieces, to the browser's `EventSource` and to Belfry's transport: both dispatch the same.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use belfry_core::ports::{Route, StreamEvent, StreamRequest, Transport};
use belfry_platform::HttpTransport;
use belfry_tests::dice::Dice;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::page::Page;

/// How many streams are compared.
const STREAMS: usize = 300;

/// The types to which the page listens: the browser tells of no others.
const TYPES: [&str; 5] = ["message", "reply", "通知", "a b", "data"];

/// A stream of the kind that parsers get wrong, in pieces.
fn stream(seed: u64) -> Vec<Vec<u8>> {
    let mut dice = Dice::new(seed);
    let mut bytes = Vec::new();
    let field: [&[u8]; 10] =
        [b"data", b"data", b"data", b"event", b"id", b"id", b"retry", b"", b"Data", b"\xEF\xBB\xBFdata"];
    let mark: [&[u8]; 5] = [b":", b": ", b": ", b":  ", b""];
    let value: [&[u8]; 14] = [
        b"",
        b"7",
        b"a b",
        b"reply",
        b"message",
        "通知".as_bytes(),
        b"\xEF\xBB\xBF",
        b"a:b: c",
        b"nul\0nul",
        b"\xE4\xB8",
        b"\xFF\xC0\x80",
        b"\xF0\x9F\x92\x94",
        b" two ",
        b"data: x",
    ];
    let end: [&[u8]; 4] = [b"\n", b"\r", b"\r\n", b"\n"];
    if dice.once_in(3) {
        bytes.extend_from_slice(b"\xEF\xBB\xBF");
    }
    // Chromium (156) overlooks the end of a line that follows the mark at once, against the standard.
    bytes.extend_from_slice(dice.pick(&[&b"data: first"[..], b":", b"id: 1\n"]));
    bytes.extend_from_slice(dice.pick(&end));
    for _ in 0..dice.between(1, 40) {
        // An empty line ends a block.
        if !dice.once_in(4) {
            let line = [dice.pick(&field), dice.pick(&mark), dice.pick(&value)];
            bytes.extend(line.concat());
        }
        bytes.extend_from_slice(dice.pick(&end));
    }
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let rest = bytes.split_off(dice.between(1, 24).min(bytes.len()));
        pieces.push(std::mem::replace(&mut bytes, rest));
    }
    pieces
}

/// Serves the stream whose seed the path names, then closes it.
async fn serve(mut client: TcpStream) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let seed = head.split(['/', ' ']).nth(2).and_then(|seed| seed.parse().ok()).context("no seed")?;
    client.set_nodelay(true)?;
    client
        .write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\naccess-control-allow-origin: *\r\n\
              cache-control: no-store\r\nconnection: close\r\n\r\n",
        )
        .await?;
    for piece in stream(seed) {
        client.write_all(&piece).await?;
        tokio::task::yield_now().await;
    }
    Ok(client.shutdown().await?)
}

/// What Belfry's transport dispatches, of the types that the page knows.
async fn ours(transport: &HttpTransport, url: &str) -> Result<Vec<Value>> {
    let request = StreamRequest {
        route: Route { network: Arc::default(), proxy_login: None, answer_within: None },
        url: url.parse()?,
        token: None,
        last_event_id: None,
        max_event_bytes: 1 << 20,
    };
    let mut opened = transport.connect(request).await?;
    let mut dispatched = Vec::new();
    while let Some(event) = opened.events.next().await {
        if let StreamEvent::Frame(frame) = event?
            && TYPES.contains(&frame.event.as_str())
        {
            dispatched.push(json!([frame.event, frame.data, frame.id]));
        }
    }
    Ok(dispatched)
}

#[tokio::test]
async fn what_is_dispatched_is_what_a_browser_dispatches() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client));
        }
    });
    let (transport, mut page) = (HttpTransport::new(), Page::open().await?);
    let (mut several, mut empty) = (0, 0);
    for seed in 0..STREAMS {
        let url = format!("http://{address}/{seed}");
        page.say(&json!({"dispatch":"stream","url":url,"types":TYPES})).await?;
        let theirs = page.next("stream").await?;
        let ours = tokio::time::timeout(Duration::from_secs(10), ours(&transport, &url)).await??;
        assert_eq!(
            json!(ours),
            theirs[1],
            "{seed}: {:?}",
            String::from_utf8_lossy(&stream(seed as u64).concat())
        );
        several += usize::from(ours.len() > 1);
        empty += usize::from(ours.is_empty());
    }
    // The streams are such that something can be told from them.
    assert!(several > STREAMS / 3 && empty < STREAMS / 3, "{several} {empty}");
    Ok(())
}
