//! Making a request: which client makes it, its headers, redirects within an origin, the deadline.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use ::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use belfry_core::model::Token;
use belfry_core::ports::TransportFault;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::fault;

/// How long a server may take to answer.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Name, TCP and TLS together.
    pub connect: Duration,
    /// From the beginning of the request to the headers of the final answer, redirects included.
    pub headers: Duration,
}

impl Default for Timeouts {
    /// 10 s and 15 s.
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), headers: Duration::from_secs(15) }
    }
}

/// How many redirects within the origin are followed.
const MAX_REDIRECTS: usize = 5;

/// What a request is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// An event stream: always a connection of its own. A pooled one could be dead without anyone
    /// noticing, e.g. after sleep, and would be taken again by each new attempt.
    Stream,
    /// A page: connections are shared.
    Page,
}

/// Why there is no answer to judge.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The request could not be made.
    Fault(TransportFault),
    /// The token cannot stand in a header, so that no server can ever have issued it.
    BadToken,
    /// A redirect to another origin, or one too many.
    Moved { origin: String },
}

impl From<TransportFault> for NoAnswer {
    fn from(fault: TransportFault) -> Self {
        Self::Fault(fault)
    }
}

/// The clients, each built when it is first needed: most programs never need more than two of them.
pub(super) struct Http {
    timeouts: Timeouts,
    stream: Clients,
    page: Clients,
}

#[derive(Default)]
struct Clients {
    remote: OnceLock<Client>,
    loopback_tls: OnceLock<Client>,
    loopback: OnceLock<Client>,
}

impl Http {
    pub fn new(timeouts: Timeouts) -> Self {
        Self { timeouts, stream: Clients::default(), page: Clients::default() }
    }

    /// Makes a GET request and follows redirects within the origin. The token travels in a header marked
    /// as sensitive, and to this origin only.
    pub async fn get(
        &self,
        purpose: Purpose,
        mut url: Url,
        token: Option<&Token>,
        mut headers: HeaderMap,
    ) -> Result<Response, NoAnswer> {
        let deadline = Instant::now() + self.timeouts.headers;
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            headers.insert(AUTHORIZATION, bearer(token)?);
        }
        let client = self.client(purpose, &url)?;
        for _ in 0..=MAX_REDIRECTS {
            let request = client.get(url.clone()).headers(headers.clone());
            let response = in_time(deadline, request.send()).await?.map_err(fault::of_request)?;
            match redirect(&response, &url) {
                None => return Ok(response),
                Some(to) if to.origin() == url.origin() => url = to,
                Some(to) => return Err(NoAnswer::Moved { origin: to.origin().ascii_serialization() }),
            }
        }
        Err(NoAnswer::Moved { origin: url.origin().ascii_serialization() })
    }

    /// Makes a POST request with a JSON body, and follows no redirect.
    pub async fn post(&self, url: Url, token: Option<&Token>, body: String) -> Result<Response, NoAnswer> {
        let request = self.client(Purpose::Page, &url)?.post(url);
        let json = HeaderValue::from_static("application/json");
        self.change(request.header(CONTENT_TYPE, json).body(body), token).await
    }

    /// Makes a DELETE request, and follows no redirect.
    pub async fn delete(&self, url: Url, token: Option<&Token>) -> Result<Response, NoAnswer> {
        let request = self.client(Purpose::Page, &url)?.delete(url);
        self.change(request, token).await
    }

    async fn change(&self, request: RequestBuilder, token: Option<&Token>) -> Result<Response, NoAnswer> {
        let deadline = Instant::now() + self.timeouts.headers;
        let mut request = request.header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            request = request.header(AUTHORIZATION, bearer(token)?);
        }
        Ok(in_time(deadline, request.send()).await?.map_err(fault::of_request)?)
    }

    fn client(&self, purpose: Purpose, url: &Url) -> Result<&Client, TransportFault> {
        let clients = match purpose {
            Purpose::Stream => &self.stream,
            Purpose::Page => &self.page,
        };
        let reach = match (is_loopback(url), url.scheme()) {
            (true, "http") => Reach::Loopback,
            (true, _) => Reach::LoopbackTls,
            (false, _) => Reach::Remote,
        };
        let client = match reach {
            Reach::Remote => &clients.remote,
            Reach::LoopbackTls => &clients.loopback_tls,
            Reach::Loopback => &clients.loopback,
        };
        match client.get() {
            Some(client) => Ok(client),
            None => {
                let built = build(purpose, reach, self.timeouts).map_err(fault::of_request)?;
                Ok(client.get_or_init(|| built))
            }
        }
    }
}

/// Where a server is, as far as it makes a difference to the client.
#[derive(Clone, Copy)]
enum Reach {
    Remote,
    LoopbackTls,
    /// Plain HTTP to this computer needs no certificates, which take time and memory to load.
    Loopback,
}

fn build(purpose: Purpose, reach: Reach, timeouts: Timeouts) -> reqwest::Result<Client> {
    let client = Client::builder()
        .user_agent(concat!("Belfry/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(timeouts.connect)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(60));
    let client = match purpose {
        Purpose::Stream => client.pool_max_idle_per_host(0),
        Purpose::Page => client
            .pool_idle_timeout(Duration::from_secs(30))
            .http2_keep_alive_interval(Duration::from_secs(10))
            .http2_keep_alive_timeout(Duration::from_secs(5)),
    };
    match reach {
        Reach::Remote => client,
        // A proxy could not reach this computer.
        Reach::LoopbackTls => client.no_proxy(),
        Reach::Loopback => client.no_proxy().tls_certs_only([]),
    }
    .build()
}

/// The result of `future`, unless the deadline comes first.
pub(super) async fn in_time<F: Future>(deadline: Instant, future: F) -> Result<F::Output, TransportFault> {
    timeout_at(deadline, future).await.map_err(|_| TransportFault::TimedOut)
}

/// Where a response sends the request, without credentials and fragment. A redirect to what is no web
/// address is an answer like any other.
fn redirect(response: &Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let mut to = from.join(location).ok()?;
    if !matches!(to.scheme(), "http" | "https") {
        return None;
    }
    to.set_username("").ok()?;
    to.set_password(None).ok()?;
    to.set_fragment(None);
    Some(to)
}

pub(super) fn bearer(token: &Token) -> Result<HeaderValue, NoAnswer> {
    let text = format!("Bearer {}", token.expose());
    let mut value = HeaderValue::from_str(&text).map_err(|_| NoAnswer::BadToken)?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
