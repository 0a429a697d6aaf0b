//! A token that would travel in the clear to another computer needs an explicit yes.

use belfry_core::settings::Network;
use url::Url;

use crate::args::PlainHttpArgs;
use crate::problem::Problem;

/// Refuses to take a secret to this address by this way, unless nobody can read it there or that was allowed.
///
/// # Errors
/// [`Problem::Usage`], which names the flag.
pub fn check(url: &Url, way: &Network, has_secret: bool, args: PlainHttpArgs) -> Result<(), Problem> {
    if url.scheme() == "https" || way.stays_here(url) || !has_secret || args.allow_plain_http {
        return Ok(());
    }
    Err(Problem::Usage(format!(
        "{} is not encrypted: everyone on the way could read the token; allowed: an https address, or \
         --allow-plain-http",
        url.origin().ascii_serialization()
    )))
}

#[cfg(test)]
mod tests {
    use belfry_core::settings::Proxy;

    use super::*;

    #[test]
    fn a_secret_goes_in_the_clear_to_this_computer_only_and_not_by_a_detour() {
        let here = Url::parse("http://127.0.0.1:8787/api").unwrap();
        let by =
            |proxy: &str| Network { proxy: Proxy::Through(proxy.parse().unwrap()), ..Network::default() };
        let (none, allowed) = (PlainHttpArgs::default(), PlainHttpArgs { allow_plain_http: true });
        assert!(check(&here, &Network::default(), true, none).is_ok());
        assert!(check(&here, &by("http://[::1]:3128"), true, none).is_ok());
        assert!(check(&here, &by("http://proxy.example:3128"), true, none).is_err());
        assert!(check(&here, &by("http://proxy.example:3128"), false, none).is_ok());
        assert!(check(&here, &by("http://proxy.example:3128"), true, allowed).is_ok());
    }
}
