//! Browsers: which host names the server answers to (DNS rebinding), and which origins may read its answers (CORS,
//! Fetch standard 3.2). No cookie is ever read.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::problem::Problem;

const METHODS: &str = "GET, POST, DELETE";
const HEADERS: &str = "Authorization, Content-Type, Last-Event-ID, Idempotency-Key, Cache-Control";
/// How long a browser may remember a preflight, seconds.
const REMEMBERED: &str = "600";

/// The names under which the server answers, without ports: rebinding changes names, never ports.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    listen: IpAddr,
    public: Vec<String>,
}

impl Hosts {
    /// The listen address, localhost, and these names.
    pub fn new(listen: SocketAddr, public: &[String]) -> Self {
        Self { listen: listen.ip(), public: public.iter().map(|name| plain(name)).collect() }
    }

    /// Whether a request for this `Host` (with or without a port) is meant for this server.
    pub fn accepts(&self, host: &str) -> bool {
        let name = plain(without_port(host));
        if name == "localhost" || self.public.contains(&name) {
            return true;
        }
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            // A server on all addresses is reached under each of them; no name can be rebound to a literal address.
            Ok(address) => self.listen.is_unspecified() || address == self.listen,
            Err(_) => false,
        }
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn without_port(host: &str) -> &str {
    let after_address = host.rfind(']').map_or(0, |place| place + 1);
    match host[after_address..].find(':') {
        Some(colon) => &host[..after_address + colon],
        None => host,
    }
}

/// Refuses foreign hosts, answers preflights, and tells browsers what they may read.
pub(super) async fn check(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if !authority.or(named).is_some_and(|host| shared.hosts.accepts(&host)) {
        return Problem::Misdirected.into_response();
    }
    let origin = allowed_origin(&shared.allow_origins, request.headers());
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    if !shared.allow_origins.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    let Some(origin) = origin else { return response };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
    }
    response
}

fn allowed_origin(allowed: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    allowed.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(listen: &str) -> Hosts {
        Hosts::new(listen.parse().unwrap(), &["Belfry.Example.org".to_owned()])
    }

    #[test]
    fn the_listen_address_localhost_and_public_names_are_accepted() {
        let hosts = hosts("127.0.0.1:8787");
        for host in [
            "127.0.0.1:8787",
            "127.0.0.1",
            "localhost:8787",
            "LOCALHOST",
            "localhost.",
            "belfry.example.org:443",
        ] {
            assert!(hosts.accepts(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "",
            ":8787",
            "[::1]:8787",
            "localhost@evil",
        ] {
            assert!(!hosts.accepts(host), "{host}");
        }
    }

    #[test]
    fn a_server_on_all_addresses_takes_any_literal_address_but_no_name() {
        for listen in ["0.0.0.0:1", "[::]:1"] {
            assert!(hosts(listen).accepts("192.0.2.7:1") && hosts(listen).accepts("[2001:db8::1]:1"));
            assert!(!hosts(listen).accepts("evil.example:1"));
        }
    }

    #[test]
    fn an_ipv6_listener_is_named_in_brackets() {
        assert!(hosts("[::1]:1").accepts("[::1]:1") && hosts("[::1]:1").accepts("[::1]"));
    }
}
