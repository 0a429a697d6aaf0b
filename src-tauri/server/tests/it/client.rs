//! A plain client: it reads event streams block by block with a parser of its own and knows nothing of the server's
//! code. Every wait has a limit, so that a missing event fails a test instead of hanging it.

use std::time::Duration;

use belfry_protocol::{HistoryPage, Publish};
use belfry_server::{RunningServer, Token};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

/// How long anything may take that has to happen.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Waits for `what`, not for ever.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("it takes too long")
}

/// An HTTP client without a pool, so that each request shows the server as it is now.
pub(crate) fn http() -> Client {
    // A second installation is refused, and the first is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
}

/// One user of one server.
#[derive(Clone)]
pub(crate) struct User {
    pub http: Client,
    pub api: String,
    pub token: Token,
}

impl User {
    pub fn subscriber(server: &RunningServer, name: &str) -> Self {
        Self { http: http(), api: server.api_url(), token: server.subscriber_token(name).unwrap() }
    }

    pub fn publisher(server: &RunningServer) -> Self {
        Self { http: http(), api: server.api_url(), token: server.publisher_token().unwrap() }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.api)).bearer_auth(self.token.expose())
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.api)).bearer_auth(self.token.expose()).json(body)
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(format!("{}{path}", self.api)).bearer_auth(self.token.expose())
    }

    pub async fn page(&self, query: &str) -> HistoryPage {
        let response = within(self.get(&format!("/messages{query}")).send()).await.unwrap();
        assert_eq!(response.status(), 200, "{query}");
        within(response.json()).await.unwrap()
    }

    /// Opens a stream with this cursor and checks the status.
    pub async fn stream(&self, cursor: Option<&str>) -> Events {
        let mut request = self.get("/sse/connect").header("Accept", "text/event-stream");
        if let Some(cursor) = cursor {
            request = request.header("Last-Event-ID", cursor);
        }
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status(), 200);
        Events::of(response)
    }
}

pub(crate) async fn status(request: RequestBuilder) -> u16 {
    within(request.send()).await.unwrap().status().as_u16()
}

/// The status and the code of a refusal.
pub(crate) async fn refusal(request: RequestBuilder) -> (u16, String) {
    let response = within(request.send()).await.unwrap();
    let status = response.status().as_u16();
    let body: Value = within(response.json()).await.unwrap();
    assert!(body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

pub(crate) fn message(to: &str, title: &str) -> Publish {
    Publish { to: to.into(), kind: "reply".into(), title: title.into(), ..Publish::default() }
}

/// One block of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub event: String,
    pub id: Option<String>,
    pub data: Value,
    pub comment: Option<String>,
    pub retry: Option<String>,
}

impl Block {
    /// The number in the block's cursor.
    pub fn seq(&self) -> u64 {
        let id = self.id.as_deref().unwrap_or_else(|| panic!("no id: {self:?}"));
        id.rsplit('-').next().unwrap().parse().unwrap()
    }

    pub fn title(&self) -> &str {
        self.data["title"].as_str().unwrap_or_else(|| panic!("no title: {self:?}"))
    }
}

/// A stream, block by block.
pub(crate) struct Events {
    chunks: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    buffer: Vec<u8>,
    start: usize,
}

/// How a stream ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The answer was complete.
    Clean,
    /// The connection broke.
    Broken,
}

impl Events {
    pub fn of(response: Response) -> Self {
        let chunks = response.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec())).boxed();
        Self { chunks, buffer: Vec::new(), start: 0 }
    }

    /// The next block of any kind, or how the stream ended.
    pub async fn block(&mut self) -> Result<Block, End> {
        within(async {
            loop {
                let rest = &self.buffer[self.start..];
                if let Some(length) = rest.windows(2).position(|pair| pair == b"\n\n") {
                    let text = String::from_utf8(rest[..length].to_vec()).unwrap();
                    self.start += length + 2;
                    return Ok(parse(&text));
                }
                self.buffer.drain(..self.start);
                self.start = 0;
                match self.chunks.next().await {
                    Some(Ok(chunk)) => self.buffer.extend(chunk),
                    Some(Err(_)) => return Err(End::Broken),
                    None => return Err(End::Clean),
                }
            }
        })
        .await
    }

    /// The next event; comments are passed over.
    pub async fn event(&mut self) -> Block {
        within(async {
            loop {
                let block = self.block().await.expect("the stream goes on");
                if !block.event.is_empty() {
                    return block;
                }
            }
        })
        .await
    }

    /// Everything up to and including `ready`.
    pub async fn replay(&mut self) -> Vec<Block> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.event().await);
            if seen.last().is_some_and(|block| block.event == "ready") {
                return seen;
            }
        }
    }

    /// Reads on until the stream ends.
    pub async fn end(&mut self) -> End {
        within(async {
            loop {
                if let Err(end) = self.block().await {
                    return end;
                }
            }
        })
        .await
    }
}

fn parse(text: &str) -> Block {
    let mut block = Block::default();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix(':') {
            block.comment = Some(comment.trim().to_owned());
            continue;
        }
        let (field, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a field: {line:?}"));
        match field {
            "event" => block.event = value.to_owned(),
            "id" => block.id = Some(value.to_owned()),
            "data" => block.data = serde_json::from_str(value).unwrap(),
            "retry" => block.retry = Some(value.to_owned()),
            other => panic!("unknown field {other:?}"),
        }
    }
    block
}
