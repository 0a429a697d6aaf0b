//! A token that would travel in the clear to another computer needs an explicit yes.

use belfry_core::model::is_loopback;
use url::Url;

use crate::args::PlainHttpArgs;
use crate::problem::Problem;

/// Refuses to take a secret to this address, unless nobody can read it on the way or that was allowed.
///
/// # Errors
/// [`Problem::Usage`], which names the flag.
pub fn check(url: &Url, has_secret: bool, args: PlainHttpArgs) -> Result<(), Problem> {
    if url.scheme() == "https" || is_loopback(url) || !has_secret || args.allow_plain_http {
        return Ok(());
    }
    Err(Problem::Usage(format!(
        "{} is not encrypted: everyone on the way could read the token; allowed: an https address, or \
         --allow-plain-http",
        url.origin().ascii_serialization()
    )))
}
