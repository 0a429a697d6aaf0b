//! Reading single values. Each refusal says what is allowed; the value and the flag are named by clap.

use std::time::Duration;

use belfry_core::action::PauseSpan;
use belfry_core::engine::FirstContact;
use belfry_core::model::{Cursor, LinkScheme, MessageId, ServerUrl, SiteUrl, Timestamp};
use belfry_core::settings::{has_secret_query, is_secret_name};
use url::Url;

/// A request header whose value is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A request header whose value stands in an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvHeader {
    /// Its name.
    pub name: String,
    /// The variable.
    pub variable: String,
}

/// A span of time such as `500ms`, `30s`, `5m`, `1h`; not zero.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let number_ends = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_ends);
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    factor
        .zip(number.parse::<u64>().ok())
        .and_then(|(factor, number)| number.checked_mul(factor))
        .filter(|ms| (1..=MAX_SPAN_MS).contains(ms))
        .map(Duration::from_millis)
        .ok_or_else(|| "a time such as 500ms, 30s, 5m or 1h is allowed, up to 8760h".to_owned())
}

/// A moment such as `2026-11-27T09:00+08:00`.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "a moment with its offset such as 2026-11-27T09:00+08:00 is allowed".to_owned())
}

/// A pause: `tomorrow`, or a time in whole minutes.
pub(super) fn pause(text: &str) -> Result<PauseSpan, String> {
    if text == "tomorrow" {
        return Ok(PauseSpan::Tomorrow);
    }
    let whole = span(text).ok().map(|span| span.as_secs()).filter(|seconds| seconds % 60 == 0);
    let minutes = whole.and_then(|seconds| u16::try_from(seconds / 60).ok());
    minutes
        .filter(|minutes| (1..=PauseSpan::MOST_MINUTES).contains(minutes))
        .map(PauseSpan::Minutes)
        .ok_or_else(|| "a time such as 30m or 2h is allowed, from 1m to 168h, or tomorrow".to_owned())
}

/// A year.
const MAX_SPAN_MS: u64 = 8_760 * 3_600_000;

pub(super) fn count(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "a whole number from 1 on is allowed".to_owned())
}

pub(super) fn attempts(text: &str) -> Result<u32, String> {
    in_range(text, 1, 1_000)
}

pub(super) fn limit(text: &str) -> Result<u32, String> {
    in_range(text, 1, 1_000_000)
}

fn in_range(text: &str, from: u32, to: u32) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|n| (from..=to).contains(n))
        .ok_or_else(|| format!("a whole number from {from} to {to} is allowed"))
}

pub(super) fn api(text: &str) -> Result<ServerUrl, String> {
    text.parse().map_err(|error| format!("{error}; an address such as https://example.org/api is allowed"))
}

pub(super) fn site(text: &str) -> Result<SiteUrl, String> {
    text.parse().map_err(|error| format!("{error}; an address such as https://example.org is allowed"))
}

/// A stream's address may have a query, but nothing that looks like a secret.
pub(super) fn stream(text: &str) -> Result<Url, String> {
    let allowed = "an http or https address such as https://example.org/api/sse/connect is allowed";
    let url = Url::parse(text.trim()).map_err(|_| allowed.to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(allowed.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{allowed}, without a user name or password in it"));
    }
    if url.query_pairs().any(|(name, _)| is_secret_name(&name)) {
        return Err(format!("{allowed}, without a token in it: use --token-env or --token-stdin"));
    }
    Ok(url)
}

pub(super) fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("one line of text is allowed".to_owned());
    }
    Ok(name.to_owned())
}

pub(super) fn title(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("some text is allowed".to_owned()) } else { Ok(text.to_owned()) }
}

/// What a click may open: an address of the web or of a scheme that its reader can allow, or a path on the site.
pub(super) fn link(text: &str) -> Result<String, String> {
    let opens = |scheme: &str| matches!(scheme, "http" | "https") || scheme.parse::<LinkScheme>().is_ok();
    let is_address = Url::parse(text).is_ok_and(|url| opens(url.scheme()));
    if is_address || (text.starts_with('/') && !text.contains(|c: char| c.is_whitespace() || c.is_control()))
    {
        Ok(text.to_owned())
    } else {
        Err("an address such as https://example.org/7 or zotero://select/1, or a path such as /posts/7, is allowed"
            .to_owned())
    }
}

pub(super) fn priority(text: &str) -> Result<u8, String> {
    let number = in_range(text, 1, 5)?;
    u8::try_from(number).map_err(|_| "a whole number from 1 to 5 is allowed".to_owned())
}

pub(super) fn since(text: &str) -> Result<FirstContact, String> {
    match text {
        "beginning" => Ok(FirstContact::Beginning),
        "now" => Ok(FirstContact::Now),
        cursor => last_event_id(cursor).map(FirstContact::After).map_err(|_| {
            "beginning, now, or a cursor of 1 to 512 visible ASCII characters is allowed".to_owned()
        }),
    }
}

pub(super) fn last_event_id(text: &str) -> Result<Cursor, String> {
    let cursor = Cursor(text.to_owned());
    if cursor.fits_header() {
        Ok(cursor)
    } else {
        Err("1 to 512 visible ASCII characters are allowed".to_owned())
    }
}

pub(super) fn idempotency_key(text: &str) -> Result<String, String> {
    last_event_id(text).map(|key| key.0)
}

pub(super) fn message_id(text: &str) -> Result<MessageId, String> {
    text.parse().map_err(|_| "the number of a message, as `list` prints it, is allowed".to_owned())
}

pub(super) fn path(text: &str) -> Result<String, String> {
    let fine = text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic()) && !text.contains('#');
    if !fine {
        return Err("a path such as /sse/connect is allowed".to_owned());
    }
    if has_secret_query(text) {
        return Err("a path such as /sse/connect is allowed, without a token in it".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn path_or_none(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { path(text) }
}

/// A header of `doctor` and `send`.
pub(super) fn plain_header(text: &str) -> Result<PlainHeader, String> {
    header_or(text, |_| "only `belfryctl frames` sends such a header, with --header-env".to_owned())
}

/// A header of `frames`, which takes secret ones from the environment.
pub(super) fn frames_header(text: &str) -> Result<PlainHeader, String> {
    header_or(text, |name| format!("use --header-env '{name}: VAR'"))
}

/// A header that is no secret; `instead` says what there is for one that is.
fn header_or(text: &str, instead: impl Fn(&str) -> String) -> Result<PlainHeader, String> {
    let (name, value) = header(text, "K: V")?;
    if is_secret_name(&name) {
        return Err(format!("{name} may hold a secret, which is not allowed here: {}", instead(&name)));
    }
    if value.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err("only visible ASCII characters and spaces are allowed in a header's value".to_owned());
    }
    Ok(PlainHeader { name, value })
}

pub(super) fn env_header(text: &str) -> Result<EnvHeader, String> {
    let (name, variable) = header(text, "K: VAR")?;
    if variable.is_empty() || variable.contains(['=', '\0']) {
        return Err("K: VAR is allowed, where VAR is the name of an environment variable".to_owned());
    }
    Ok(EnvHeader { name, variable })
}

fn header(text: &str, form: &str) -> Result<(String, String), String> {
    let (name, rest) = text.split_once(':').ok_or_else(|| format!("{form} is allowed"))?;
    let name = name.trim();
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(format!("{form} is allowed, where K is the name of a header"));
    }
    Ok((name.to_owned(), rest.trim().to_owned()))
}
