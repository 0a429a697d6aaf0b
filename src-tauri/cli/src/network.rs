//! The way to a server that is no source, from what the command line says of it.

use std::sync::Arc;

use belfry_core::ports::{ProxyLogin, Route, Transport};
use belfry_core::settings::{Network, check_header};
use belfry_platform::HttpTransport;

use crate::args::{HeaderArgs, NetworkArgs, PlainHttpArgs};
use crate::problem::Problem;
use crate::token;

/// The way, with who the proxy on it lets through.
///
/// # Errors
/// [`Problem::Usage`] where a file or the proxy's user cannot be used.
pub fn route(args: &NetworkArgs, plain_http: PlainHttpArgs) -> Result<Route, Problem> {
    let mut network = Network { allow_plain_http: plain_http.allow_plain_http, ..Network::default() };
    args.settings().for_each(|setting| setting.apply(&mut network));
    HttpTransport::new().check(&network).map_err(|bad| Problem::Usage(bad.why))?;
    let proxy_login = proxy_login(args, &network)?;
    Ok(Route { network: Arc::new(network), proxy_login, ..Route::default() })
}

/// The same, with headers that go with each request.
///
/// # Errors
/// [`Problem::Usage`], also where a header cannot be sent.
pub fn route_with(
    args: &NetworkArgs,
    headers: &HeaderArgs,
    plain_http: PlainHttpArgs,
) -> Result<Route, Problem> {
    let Route { network, proxy_login, .. } = route(args, plain_http)?;
    let mut network = Network::clone(&network);
    for header in &headers.headers {
        let refused = |why| Problem::Usage(format!("the header {}: {why}", header.name));
        check_header(&header.name, &header.value).map_err(refused)?;
        network.headers.insert(header.name.clone(), header.value.clone());
    }
    Ok(Route { network: Arc::new(network), proxy_login, ..Route::default() })
}

fn proxy_login(args: &NetworkArgs, network: &Network) -> Result<Option<ProxyLogin>, Problem> {
    let (Some(user), Some(variable)) = (&args.proxy_user, &args.proxy_password_env) else { return Ok(None) };
    let Some(proxy) = network.proxy.url() else {
        return Err(Problem::Usage("--proxy-user needs --proxy with the address of a proxy".to_owned()));
    };
    let password = token::password_from_variable(variable)?;
    let login = ProxyLogin::new(proxy.clone(), user, password);
    login.map(Some).ok_or_else(|| {
        Problem::Usage(
            "a user without colon, and a user and a password of up to 255 bytes are allowed".to_owned(),
        )
    })
}
