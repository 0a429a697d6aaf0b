//! The clients: one for each way to a server, built when it is first needed. Most programs never need more than two.

use std::env;
use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use belfry_core::model::is_loopback;
use belfry_core::ports::{ProxyLogin, Route, TransportFault};
use belfry_core::settings::{HttpVersion, Proxy, ProxyUrl};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use url::Url;

use super::fault;
use super::http::Timeouts;
use super::trust::Trust;

/// The most clients that are kept. What nobody uses any more makes room for the next one.
const MOST: usize = 32;

/// What names the system's proxy, beside the settings of Windows and macOS, whose proxies are spoken to without TLS.
const PROXY_VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

const CERTIFICATE_FOR_PROXY: &str =
    "a client certificate cannot be used with the system's https proxy, to which it would be shown, too";

/// What a request is for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    /// An event stream: always a connection of its own. A pooled one could be dead without anyone
    /// noticing, e.g. after sleep, and would be taken again by each new attempt.
    Stream,
    /// A page: connections are shared.
    Page,
}

/// The clients.
pub(super) struct Clients {
    timeouts: Timeouts,
    /// The last one that was used stands at the end.
    built: Mutex<Vec<(Way, Client)>>,
}

/// What makes a difference to the client.
#[derive(PartialEq)]
struct Way {
    purpose: Purpose,
    reach: Reach,
    http: HttpVersion,
    proxy: Proxy,
    login: Option<ProxyLogin>,
    trust: Trust,
}

/// Where a server is.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    Remote,
    LoopbackTls,
    /// Plain HTTP to this computer needs no certificates, which take time and memory to load.
    Loopback,
}

impl Clients {
    pub fn new(timeouts: Timeouts) -> Self {
        Self { timeouts, built: Mutex::default() }
    }

    /// The client for a way to this address.
    pub fn of(&self, purpose: Purpose, route: &Route, url: &Url) -> Result<Client, TransportFault> {
        let way = Way::of(purpose, route, url)?;
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let known = built.iter().position(|(other, _)| *other == way);
        let (way, client) = match known {
            Some(at) => built.remove(at),
            None => {
                let client = way.build(self.timeouts)?;
                (way, client)
            }
        };
        if built.len() >= MOST {
            built.remove(0);
        }
        built.push((way, client.clone()));
        Ok(client)
    }
}

impl Way {
    fn of(purpose: Purpose, route: &Route, url: &Url) -> Result<Self, TransportFault> {
        let network = &route.network;
        let reach = match (&network.proxy, is_loopback(url), url.scheme()) {
            (Proxy::Through(_), _, _) | (_, false, _) => Reach::Remote,
            (_, true, "http") => Reach::Loopback,
            (_, true, _) => Reach::LoopbackTls,
        };
        let tls_proxy = network.proxy.url().is_some_and(ProxyUrl::is_tls);
        // The settings file can hold anything.
        network.check().map_err(|bad| TransportFault::Tls(bad.why))?;
        let system_proxy = network.proxy.is_system() && reach == Reach::Remote;
        if network.client_certificate.is_some() && system_proxy && is_tls(PROXY_VARIABLES.map(env::var_os)) {
            return Err(TransportFault::Tls(CERTIFICATE_FOR_PROXY.to_owned()));
        }
        let trust = match url.scheme() == "https" || tls_proxy {
            true => Trust::of(network, url).map_err(|bad| TransportFault::Tls(bad.why))?,
            false => Trust::default(),
        };
        let login = route.proxy_login.clone();
        Ok(Self { purpose, reach, http: network.http, proxy: network.proxy.clone(), login, trust })
    }

    fn build(&self, timeouts: Timeouts) -> Result<Client, TransportFault> {
        let client = Client::builder()
            .user_agent(concat!("Belfry/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .referer(false)
            // Who counts the attempts is the engine; to be sent away politely is one, too.
            .retry(reqwest::retry::never())
            .connect_timeout(timeouts.connect)
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(60));
        let client = match self.purpose {
            Purpose::Stream => client.pool_max_idle_per_host(0),
            Purpose::Page => client
                .pool_idle_timeout(Duration::from_secs(30))
                .http2_keep_alive_interval(Duration::from_secs(10))
                .http2_keep_alive_timeout(Duration::from_secs(5)),
        };
        let client = match self.http {
            HttpVersion::Auto => client,
            HttpVersion::Http1 => client.http1_only(),
            HttpVersion::Http2 => client.http2_prior_knowledge(),
        };
        let client = match self.reach {
            Reach::Loopback => client.tls_certs_only([]),
            Reach::LoopbackTls | Reach::Remote => {
                let tls = self.trust.config(self.http).map_err(|bad| TransportFault::Tls(bad.why))?;
                client.tls_backend_preconfigured(tls)
            }
        };
        self.through(client)?.build().map_err(fault::of_request)
    }

    fn through(&self, client: ClientBuilder) -> Result<ClientBuilder, TransportFault> {
        match (&self.proxy, self.reach) {
            (Proxy::System, Reach::Remote) => Ok(client),
            // A proxy could not reach this computer.
            (Proxy::System, Reach::Loopback | Reach::LoopbackTls) | (Proxy::Direct, _) => {
                Ok(client.no_proxy())
            }
            (Proxy::Through(url), _) => {
                let proxy = reqwest::Proxy::all(url.as_str()).map_err(fault::of_request)?;
                Ok(client.proxy(match &self.login {
                    Some(login) => proxy.basic_auth(login.user(), login.password().expose()),
                    None => proxy,
                }))
            }
        }
    }
}

/// Whether a request goes through a proxy.
pub(super) fn is_proxied(proxy: &Proxy, url: &Url) -> bool {
    match proxy {
        Proxy::Direct => false,
        Proxy::Through(_) => true,
        Proxy::System => {
            let through = |uri: http::Uri| Matcher::from_system().intercept(&uri).is_some();
            !is_loopback(url) && url.as_str().parse().is_ok_and(through)
        }
    }
}

/// Whether one of these proxies is spoken to over TLS.
fn is_tls(proxies: impl IntoIterator<Item = Option<OsString>>) -> bool {
    let is_tls = |proxy: OsString| proxy.to_string_lossy().trim().to_ascii_lowercase().starts_with("https:");
    proxies.into_iter().flatten().any(is_tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_of_the_system_is_known_by_its_address() {
        let tls = |proxies: &[&str]| is_tls(proxies.iter().map(|proxy| Some(OsString::from(proxy))));
        assert!(tls(&["", "HTTPS://proxy.example"]));
        assert!(!tls(&["http://proxy.example", "proxy.example:3128", "socks5://127.0.0.1:1080"]));
        assert!(!is_tls([None]));
    }
}
