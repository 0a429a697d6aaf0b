//! The nginx notes of `docs/protocol.md`: the block is taken out of the page and run, and what the page says about
//! leaving something out is tried, too.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use belfry_core::model::Token;
use belfry_core::ports::{Frame, Route, StreamEvent, StreamOpened, StreamRequest, Transport};
use belfry_core::settings::{HttpVersion, Network};
use belfry_platform::HttpTransport;
use belfry_protocol::Publish;
use belfry_server::{Config, RunningServer, Server};
use belfry_tests::scenario::Ctl;
use belfry_tests::wait::{PATIENCE, until};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::{Client, Response};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// nginx in front of a server.
struct Proxy {
    _nginx: Child,
    folder: TempDir,
    url: String,
}

/// The `location` of the page, leading to `server`.
fn location(server: &RunningServer) -> String {
    let page = include_str!("../../docs/protocol.md");
    let block = page.split_once("```nginx\n").and_then(|(_, rest)| rest.split_once("```"));
    let block = block.map(|(block, _)| block).unwrap_or_default();
    block.replace("127.0.0.1:8787", &server.addr().to_string())
}

impl Proxy {
    async fn start(location: &str) -> Result<Self> {
        Self::start_in(tempfile::tempdir()?, location, "").await
    }

    /// The same over TLS and HTTP/2, with a certificate of its own that clients have to be told to trust.
    async fn start_http2(location: &str) -> Result<(Self, PathBuf)> {
        let folder = tempfile::tempdir()?;
        let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let (certificate, key) = (folder.path().join("own.pem"), folder.path().join("own.key"));
        std::fs::write(&certificate, own.cert.pem())?;
        std::fs::write(&key, own.signing_key.serialize_pem())?;
        let files =
            format!("ssl_certificate {}; ssl_certificate_key {};", certificate.display(), key.display());
        let proxy = Self::start_in(folder, &format!("{files} {location}"), "ssl http2").await?;
        Ok((Self { url: proxy.url.replace("http://", "https://"), ..proxy }, certificate))
    }

    async fn start_in(folder: TempDir, location: &str, listening: &str) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let place = folder.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {place}/{name};"))
            .join("\n");
        let config = format!(
            "daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;
             events {{}}
             http {{
                 {temporary}
                 log_format quiet '$remote_addr $request_method $uri $status $server_protocol';
                 access_log {place}/access.log quiet;
                 server {{ listen 127.0.0.1:{port} {listening}; {location} }}
             }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), config)?;
        // Debian keeps it where only root's PATH leads.
        let path = format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default());
        let mut nginx = Command::new("nginx");
        nginx.arg("-c").arg(folder.path().join("nginx.conf")).arg("-p").arg(folder.path());
        nginx.arg("-e").arg(folder.path().join("error.log")).env("PATH", path);
        let nginx = nginx
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("nginx: ./dev setup installs it")?;
        until("nginx listens", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
            Ok(())
        })
        .await?;
        Ok(Self { _nginx: nginx, folder, url: format!("http://127.0.0.1:{port}/api") })
    }

    fn log(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join(name))?)
    }

    /// Opens a stream with the token in its address, as browsers do.
    async fn connect(&self, server: &RunningServer, query: &str) -> Result<Response> {
        let token = server.subscriber_token("me").context("no token")?;
        let address = format!("{}/sse/connect?token={}{query}", self.url, token.expose());
        Ok(client()?.get(address).send().await?)
    }

    async fn stream(&self, server: &RunningServer) -> Result<Stream> {
        Stream::of(self.connect(server, "").await?)
    }
}

fn client() -> Result<Client> {
    // A second installation is refused, and the first is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder().no_proxy().build()?)
}

struct Stream {
    chunks: BoxStream<'static, reqwest::Result<String>>,
    seen: String,
}

impl Stream {
    fn of(response: Response) -> Result<Self> {
        ensure!(response.status() == 200, "{}", response.status());
        let chunks =
            response.bytes_stream().map_ok(|bytes| String::from_utf8_lossy(&bytes).into_owned()).boxed();
        Ok(Self { chunks, seen: String::new() })
    }

    /// Reads until `what` has come.
    async fn until(&mut self, what: &str) -> Result<()> {
        let reading = async {
            while !self.seen.contains(what) {
                self.seen.push_str(&self.chunks.next().await.context("the stream ended")??);
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, reading).await.with_context(|| format!("{what} did not come"))?
    }

    /// Reads until the proxy cuts the stream.
    async fn end(&mut self) -> Result<()> {
        let reading = async { while let Some(Ok(_)) = self.chunks.next().await {} };
        tokio::time::timeout(PATIENCE, reading).await.context("the stream goes on")
    }
}

fn message(title: &str, content: String) -> Publish {
    let content = Some(content);
    Publish { to: "me".into(), kind: "reply".into(), title: title.into(), content, ..Publish::default() }
}

#[tokio::test]
async fn behind_the_block_of_the_page_each_event_arrives_at_once_and_no_token_is_logged() -> Result<()> {
    let server = Server::start(Config::default()).await?;
    let proxy = Proxy::start(&location(&server)).await?;
    let mut stream = proxy.stream(&server).await?;
    stream.until("event: ready").await?;
    for number in 0..5 {
        let title = format!("number {number}");
        server.publish(message(&title, String::new())).await?;
        stream.until(&title).await?;
    }
    server.close_streams();
    stream.end().await?;
    until("the access log", || async {
        let log = proxy.log("access.log")?;
        ensure!(log.contains("/api/sse/connect 200"), "{log}");
        ensure!(!log.contains("token"), "{log}");
        Ok(())
    })
    .await?;
    server.shutdown().await;
    Ok(())
}

/// Waits for a frame.
async fn frame(stream: &mut StreamOpened, wanted: impl Fn(&Frame) -> bool) -> Result<()> {
    let coming = async {
        while let Some(event) = stream.events.next().await {
            match event? {
                StreamEvent::Frame(frame) if wanted(&frame) => return Ok(()),
                _ => {}
            }
        }
        anyhow::bail!("the stream ended")
    };
    tokio::time::timeout(PATIENCE, coming).await?
}

#[tokio::test]
async fn over_http_2_each_event_arrives_at_once() -> Result<()> {
    let server = Server::start(Config::default()).await?;
    let (proxy, certificate) = Proxy::start_http2(&location(&server)).await?;
    let network = Network { ca_file: Some(certificate), http: HttpVersion::Http2, ..Network::default() };
    let token = server.subscriber_token("me").context("no token")?;
    let request = StreamRequest {
        route: Route { network: Arc::new(network), ..Route::default() },
        url: format!("{}/sse/connect", proxy.url).parse()?,
        token: Some(Token::new(token.expose())),
        last_event_id: None,
        max_event_bytes: 1024 * 1024,
    };
    let mut stream = HttpTransport::new().connect(request).await?;
    // What is published before the stream is ready is in the history, which nobody asks here.
    frame(&mut stream, |frame| frame.event == "ready").await.context("ready")?;
    for number in 0..5 {
        let title = format!("number {number}");
        server.publish(message(&title, String::new())).await?;
        frame(&mut stream, |frame| frame.data.contains(&title)).await.context(title.clone())?;
    }
    drop(stream);
    until("the access log", || async {
        let log = proxy.log("access.log")?;
        ensure!(log.contains("/api/sse/connect 200 HTTP/2.0"), "{log}");
        Ok(())
    })
    .await?;
    server.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn the_header_of_the_stream_switches_buffering_off_where_the_configuration_does_not() -> Result<()> {
    let server = Server::start(Config::default()).await?;
    let buffering = location(&server).replace("proxy_buffering off;", "proxy_buffering on;");
    ensure!(buffering.contains("proxy_buffering on;"), "the page names it");
    let proxy = Proxy::start(&buffering).await?;
    let mut stream = proxy.stream(&server).await?;
    stream.until("event: ready").await?;
    server.publish(message("small", String::new())).await?;
    stream.until("small").await?;

    server.shutdown().await;
    Ok(())
}

/// Whether a small event comes through nginx with this `location` alone, and not only together with a large one that
/// follows after `limit`.
async fn passes_alone(server: &RunningServer, location: &str, limit: Duration) -> Result<bool> {
    let proxy = Proxy::start(location).await?;
    let before = server.publish(message("before", String::new())).await?.cursor;
    server.publish(message("alone", String::new())).await?;
    let mut reading = std::pin::pin!(async {
        let mut stream = Stream::of(proxy.connect(server, &format!("&lastEventId={before}")).await?)?;
        stream.until("event: reply").await
    });
    if let Ok(read) = tokio::time::timeout(limit, reading.as_mut()).await {
        return read.map(|()| true);
    }
    // So much that no buffer holds it, compressed or not.
    for _ in 0..4 {
        server.publish(message("large", noise(200 * 1024))).await?;
    }
    tokio::time::timeout(PATIENCE, reading).await.context("nothing came at all")??;
    Ok(false)
}

/// Text that gzip cannot make small.
fn noise(length: usize) -> String {
    let mut state = 0x2545_f491_u32;
    let letters = (0..length).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from(b'0' + (state % 64) as u8)
    });
    letters.collect()
}

#[tokio::test]
async fn a_buffer_holds_events_back_with_http_1_0_or_gzip_and_each_line_of_the_page_helps_alone() -> Result<()>
{
    let server = Server::start(Config::default()).await?;
    let page = location(&server);
    let buffering =
        page.replace("proxy_buffering off;", "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;");
    let http_1_0 = |location: &str| location.replace("proxy_http_version 1.1;", "proxy_http_version 1.0;");
    let gzip = |location: &str| {
        let on = "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any;";
        location.replace("gzip off;", on)
    };
    for changed in [&buffering, &http_1_0(&page), &gzip(&page)] {
        ensure!(*changed != page, "the page names what is changed here");
    }
    for held in [http_1_0(&buffering), gzip(&buffering)] {
        ensure!(!passes_alone(&server, &held, Duration::from_millis(300)).await?, "{held}");
    }
    for passing in [&buffering, &http_1_0(&page), &gzip(&page)] {
        ensure!(passes_alone(&server, passing, PATIENCE).await?, "{passing}");
    }
    server.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_read_timeout_shorter_than_the_heartbeat_cuts_a_quiet_stream_and_a_longer_one_does_not()
-> Result<()> {
    let quiet = Server::start(Config::default()).await?;
    let short = |server: &RunningServer| {
        location(server).replace("proxy_read_timeout 75s;", "proxy_read_timeout 1s;")
    };
    ensure!(short(&quiet).contains("timeout 1s"), "the page names it");
    let proxy = Proxy::start(&short(&quiet)).await?;
    let mut stream = proxy.stream(&quiet).await?;
    stream.until("event: ready").await?;
    stream.end().await?;
    ensure!(proxy.log("error.log")?.contains("timed out"), "it was the time-out that cut it");
    quiet.shutdown().await;

    let beating =
        Server::start(Config { heartbeat: Duration::from_millis(100), ..Config::default() }).await?;
    let proxy = Proxy::start(&short(&beating)).await?;
    let mut stream = proxy.stream(&beating).await?;
    // Thirty beats are three seconds.
    let mut beats = 0;
    while beats < 30 {
        stream.until(": beat\n").await?;
        beats += stream.seen.matches(": beat\n").count();
        stream.seen.clear();
    }
    beating.publish(message("still here", String::new())).await?;
    stream.until("still here").await?;
    beating.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn the_name_that_the_proxy_passes_on_has_to_be_told_to_the_server() -> Result<()> {
    for (public_hosts, expected) in [(vec![], 421), (vec!["belfry.example".to_owned()], 200)] {
        let server = Server::start(Config { public_hosts, ..Config::default() }).await?;
        let proxy = Proxy::start(&location(&server)).await?;
        let asked = client()?.get(format!("{}/health", proxy.url)).header("Host", "belfry.example");
        assert_eq!(asked.send().await?.status(), expected);
        server.shutdown().await;
    }
    Ok(())
}

/// Runs `belfryctl` on a server behind a proxy, and gives its lines of JSON.
async fn doctor(server: &RunningServer, args: &[&str], code: i32) -> Result<Vec<serde_json::Value>> {
    let token = server.subscriber_token("me").context("no token")?;
    let ctl = Ctl::new().await?.with_token(token.expose());
    let args = [&["--json", "doctor", "--token-env", "SCENARIO_TOKEN"], args].concat();
    ctl.run(&args).await?.expect(code)?.json()
}

fn finding(lines: &[serde_json::Value], check: &str) -> (String, String) {
    let line = lines.iter().find(|line| line["check"] == check);
    let text = |name| line.and_then(|line| line[name].as_str()).unwrap_or_default().to_owned();
    (text("code"), text("detail"))
}

#[tokio::test]
async fn doctor_names_the_certificate_that_is_not_trusted_and_takes_a_file_that_it_is_given() -> Result<()> {
    let server = Server::start(Config { heartbeat: Duration::from_millis(500), ..Config::default() }).await?;
    let (proxy, certificate) = Proxy::start_http2(&location(&server)).await?;
    let lines = doctor(&server, &["--url", &proxy.url], 4).await?;
    let (code, detail) = finding(&lines, "tls");
    ensure!(code == "certificate_issuer", "{lines:?}");
    ensure!(detail.contains("127.0.0.1") && detail.contains("subject CN="), "{detail}");
    let file = certificate.display().to_string();
    let lines = doctor(&server, &["--url", &proxy.url, "--ca-file", &file, "--http", "2"], 0).await?;
    for check in ["tls", "stream", "first_byte", "heartbeat", "history", "user"] {
        ensure!(finding(&lines, check).0 == "fine", "{check}: {lines:?}");
    }
    server.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn doctor_says_that_a_proxy_holds_a_stream_back() -> Result<()> {
    let server = Server::start(Config::default()).await?;
    let buffering = location(&server)
        .replace("proxy_buffering off;", "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;")
        .replace("proxy_http_version 1.1;", "proxy_http_version 1.0;");
    let proxy = Proxy::start(&buffering).await?;
    let lines = doctor(&server, &["--url", &proxy.url], 0).await?;
    ensure!(finding(&lines, "stream").0 == "stream_silent", "{lines:?}");
    ensure!(finding(&lines, "reach").0 == "fine", "{lines:?}");
    ensure!(finding(&lines, "history").0 == "fine", "{lines:?}");
    server.shutdown().await;
    Ok(())
}
