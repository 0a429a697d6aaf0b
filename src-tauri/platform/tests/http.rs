//! The real transport over real HTTP, against servers in this process on ports of their own.

#[allow(clippy::unwrap_used, clippy::expect_used)]
mod http {
    pub mod connecting;
    pub mod fetching;
    pub mod headers;
    pub mod moving;
    pub mod proxies;
    pub mod proxy;
    pub mod publishing;
    pub mod secrets;
    pub mod server;
    pub mod streaming;
    pub mod telling;
    pub mod tls;
    pub mod trusting;
}
