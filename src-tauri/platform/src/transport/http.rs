//! Making a request: its headers, redirects within an origin, the deadline.

use std::future::Future;
use std::time::Duration;

use ::http::StatusCode;
use ::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use belfry_core::model::Token;
use belfry_core::ports::{Route, TransportFault};
use belfry_core::settings::check_header;
use reqwest::{Client, Method, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::client::{Clients, Purpose, is_proxied};
use super::fault;
use super::moves::{Move, Moves};

/// How long a server may take to answer.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Name, TCP and TLS together.
    pub connect: Duration,
    /// From the beginning of the request to the headers of the final answer, redirects included.
    pub headers: Duration,
}

impl Default for Timeouts {
    /// 8 s and 15 s.
    fn default() -> Self {
        Self { connect: Duration::from_secs(8), headers: Duration::from_secs(15) }
    }
}

/// How many redirects within the origin are followed.
const MAX_REDIRECTS: usize = 5;

/// Why there is no answer to judge.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The request could not be made.
    Fault(TransportFault),
    /// The token cannot stand in a header, so that no server can ever have issued it.
    BadToken,
    /// The token would travel in the clear, and the user has not said yes to that.
    NotEncrypted,
    /// A redirect to another origin, or one too many.
    Moved {
        origin: String,
        /// By nothing but permanent redirects.
        for_good: bool,
    },
    /// A redirect that keeps neither method nor body, of a request that has to keep them.
    Redirected { status: u16 },
}

impl From<TransportFault> for NoAnswer {
    fn from(fault: TransportFault) -> Self {
        Self::Fault(fault)
    }
}

/// Makes requests.
pub(super) struct Http {
    timeouts: Timeouts,
    clients: Clients,
    moves: Moves,
}

/// An answer to a GET request. Whoever judges it tells by [`Http::found_good`] or [`Http::found_bad`].
pub(super) struct Answered {
    pub response: Response,
    /// What was asked for, before any redirect.
    pub asked: Url,
    /// What the permanent redirects on the way tell, if the answer is good.
    pub learned: Option<Move>,
}

impl Http {
    pub fn new(timeouts: Timeouts) -> Self {
        Self { timeouts, clients: Clients::new(timeouts), moves: Moves::default() }
    }

    /// Makes a GET request and follows redirects within the origin; where permanent ones have led before, it asks at
    /// once. The token travels in a header marked as sensitive, and to this origin only.
    pub async fn get(
        &self,
        purpose: Purpose,
        route: &Route,
        url: Url,
        token: Option<&Token>,
        own: HeaderMap,
    ) -> Result<Answered, NoAnswer> {
        let deadline = self.deadline(route);
        let headers = headers(route, &url, token, own)?;
        let client = self.clients.of(purpose, route, &url)?;
        let ask = async |from: Url| follow(&client, route, from, &headers, deadline).await;
        if let Some(moved) = self.moves.of(&url) {
            // Also whoever does not wait for the answer any longer asks the next time where he was meant to.
            let doubt = self.moves.doubt(&url);
            match ask(moved).await {
                Ok((response, again)) if !is_gone(response.status()) => {
                    if again.is_none() && is_at_home(&response) {
                        doubt.dispel();
                    }
                    return Ok(Answered { response, asked: url, learned: None });
                }
                Ok(_) | Err(NoAnswer::Moved { .. }) => {}
                Err(error) => {
                    if tells_nothing(&error) {
                        doubt.dispel();
                    }
                    return Err(error);
                }
            }
        }
        let (response, moved) = ask(url.clone()).await?;
        let learned = moved.and_then(|to| Move::new(&url, &to));
        Ok(Answered { response, asked: url, learned })
    }

    /// When an answer has to have begun.
    fn deadline(&self, route: &Route) -> Instant {
        Instant::now() + route.answer_within.unwrap_or(self.timeouts.headers)
    }

    /// Where permanent redirects have led from an address.
    pub fn moved(&self, asked: &Url) -> Option<Url> {
        self.moves.of(asked)
    }

    /// Takes over where permanent redirects have led from an address.
    pub fn know_move(&self, from: &Url, to: &Url) {
        self.found_good(Move::new(from, to));
    }

    /// The answer is what was asked for: the next request goes where this one was led for good.
    pub fn found_good(&self, learned: Option<Move>) {
        if let Some(learned) = learned {
            self.moves.remember(learned);
        }
    }

    /// The answer is not what was asked for: the next request goes where it was meant to.
    pub fn found_bad(&self, asked: &Url) {
        self.moves.forget(asked);
    }

    /// Makes a POST request with a JSON body; redirects as in [`Self::change`].
    pub async fn post(
        &self,
        route: &Route,
        url: Url,
        token: Option<&Token>,
        body: String,
    ) -> Result<Response, NoAnswer> {
        self.change(Method::POST, route, url, token, HeaderMap::new(), Some(body)).await
    }

    /// Makes a DELETE request; redirects as in [`Self::change`].
    pub async fn delete(&self, route: &Route, url: Url, token: Option<&Token>) -> Result<Response, NoAnswer> {
        self.change(Method::DELETE, route, url, token, HeaderMap::new(), None).await
    }

    /// Makes a POST request with a JSON body and further headers; redirects as in [`Self::change`].
    pub async fn post_with(
        &self,
        route: &Route,
        url: Url,
        token: Option<&Token>,
        own: HeaderMap,
        body: String,
    ) -> Result<Response, NoAnswer> {
        self.change(Method::POST, route, url, token, own, Some(body)).await
    }

    /// Makes a request that changes something. Redirects within the origin are followed where they keep method and body
    /// (307, 308; RFC 9110, 15.4), each anew; any other is the end.
    async fn change(
        &self,
        method: Method,
        route: &Route,
        url: Url,
        token: Option<&Token>,
        mut own: HeaderMap,
        json: Option<String>,
    ) -> Result<Response, NoAnswer> {
        let deadline = self.deadline(route);
        let mime = HeaderValue::from_static("application/json");
        own.insert(ACCEPT, mime.clone());
        own.extend(json.as_ref().map(|_| (CONTENT_TYPE, mime)));
        let headers = headers(route, &url, token, own)?;
        let client = self.clients.of(Purpose::Page, route, &url)?;
        let ask = async |at: &Url| {
            let request = client.request(method.clone(), at.clone()).headers(headers.clone());
            let request = match &json {
                Some(json) => request.body(json.clone()),
                None => request,
            };
            answered(route, at, in_time(deadline, request.send()).await?)
        };
        let mut at = url;
        let mut for_good = true;
        for _ in 0..=MAX_REDIRECTS {
            let response = ask(&at).await?;
            let Some(to) = redirect(&response, &at) else { return Ok(response) };
            for_good &= is_permanent(response.status());
            match response.status().as_u16() {
                _ if to.origin() != at.origin() => return Err(moved(&to, for_good)),
                307 | 308 => at = to,
                status => return Err(NoAnswer::Redirected { status }),
            }
        }
        Err(moved(&at, for_good))
    }
}

/// Makes a GET request and follows redirects within the origin; also tells where the permanent ones have led that came
/// before any other, if there were some.
async fn follow(
    client: &Client,
    route: &Route,
    mut url: Url,
    headers: &HeaderMap,
    deadline: Instant,
) -> Result<(Response, Option<Url>), NoAnswer> {
    let mut moved = None;
    let mut for_good = true;
    for _ in 0..=MAX_REDIRECTS {
        let request = client.get(url.clone()).headers(headers.clone());
        let response = answered(route, &url, in_time(deadline, request.send()).await?)?;
        let Some(to) = redirect(&response, &url) else { return Ok((response, moved)) };
        for_good &= is_permanent(response.status());
        if to.origin() != url.origin() {
            return Err(self::moved(&to, for_good));
        }
        if for_good {
            moved = Some(to.clone());
        }
        url = to;
    }
    Err(self::moved(&url, for_good))
}

fn moved(to: &Url, for_good: bool) -> NoAnswer {
    NoAnswer::Moved { origin: to.origin().ascii_serialization(), for_good }
}

fn is_permanent(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 308)
}

/// Whether a status says that there is no such thing, or no longer, or not for this token.
fn is_gone(status: StatusCode) -> bool {
    matches!(status.as_u16(), 403 | 404 | 405 | 406 | 410 | 501)
}

/// Whether an answer shows that what was asked for lives there, well or not.
fn is_at_home(response: &Response) -> bool {
    match response.status().as_u16() {
        200 | 401 | 429 => true,
        503 => response.headers().contains_key(RETRY_AFTER),
        _ => false,
    }
}

/// Whether a failure says nothing of a place, as it would be the same at any other of that origin.
fn tells_nothing(error: &NoAnswer) -> bool {
    match error {
        NoAnswer::Fault(TransportFault::TimedOut | TransportFault::Other(_))
        | NoAnswer::Moved { .. }
        | NoAnswer::Redirected { .. } => false,
        NoAnswer::Fault(_) | NoAnswer::BadToken | NoAnswer::NotEncrypted => true,
    }
}

/// The headers of a request: what the user wants sent, Belfry's own, which win, and the token, which goes in the
/// clear only to this computer or with the user's yes.
fn headers(route: &Route, url: &Url, token: Option<&Token>, own: HeaderMap) -> Result<HeaderMap, NoAnswer> {
    let mut headers = HeaderMap::new();
    for (name, value) in &route.network.headers {
        // The settings file can hold anything.
        let pair = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        headers.extend(pair.filter(|_| check_header(name, value).is_ok()));
    }
    headers.extend(own);
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        let may_be_read = url.scheme() != "https" && !route.network.stays_here(url);
        if may_be_read && !route.network.allow_plain_http {
            return Err(NoAnswer::NotEncrypted);
        }
        headers.insert(AUTHORIZATION, bearer(token)?);
    }
    Ok(headers)
}

/// An answer of the server; what a proxy says for itself is none.
fn answered(route: &Route, url: &Url, result: reqwest::Result<Response>) -> Result<Response, NoAnswer> {
    let response = result.map_err(|error| match fault::of_request(error) {
        // Without a tunnel nobody but the proxy is connected to.
        TransportFault::Connect(why) | TransportFault::Dns(why)
            if url.scheme() == "http" && is_proxied(&route.network.proxy, url) =>
        {
            TransportFault::Proxy(why)
        }
        fault => fault,
    })?;
    // Without any proxy it is the server's own odd answer.
    let proxied = is_proxied(&route.network.proxy, url);
    if proxied && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(TransportFault::ProxyLogin("it answered 407".to_owned()).into());
    }
    Ok(response)
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
