//! How long a server asks to be left alone (RFC 9110, 10.2.3).

use std::time::Duration;

use ::http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The span that `Retry-After` asks for, counted from `now`.
///
/// A date is compared with the server's own `Date` where there is one, so that its clock may be wrong.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = text(headers, RETRY_AFTER)?;
    if let Some(seconds) = seconds(text) {
        return Some(seconds);
    }
    let until = date(text)?;
    let from = self::text(headers, DATE).and_then(date).unwrap_or(now);
    // A moment that is past asks for nothing.
    Some(Duration::try_from(until.duration_since(from)).unwrap_or(Duration::ZERO))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Whole seconds, rounded up where somebody writes parts of them; of several, since a proxy on the way may have its own
/// word, the first.
fn seconds(text: &str) -> Option<Duration> {
    let first = text.split(',').next().unwrap_or_default().trim();
    let (whole, part) = first.split_once('.').unwrap_or((first, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let more = u64::from(part.bytes().any(|byte| byte != b'0'));
    let seconds = || whole.parse::<u64>().unwrap_or(u64::MAX).saturating_add(more);
    (digits(whole) && digits(part)).then(|| Duration::from_secs(seconds()))
}

/// All three forms of RFC 9110, 5.6.7; the day of the week counts for nothing.
fn date(text: &str) -> Option<Timestamp> {
    let lenient = || DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok();
    httpdate::parse_http_date(text).ok().and_then(|date| Timestamp::try_from(date).ok()).or_else(lenient)
}

#[cfg(test)]
mod tests {
    use ::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(fields: &[(HeaderName, &'static str)], expected: Option<u64>) {
        let headers =
            fields.iter().map(|(name, text)| (name.clone(), HeaderValue::from_static(text))).collect();
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{fields:?}");
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        check(&[], None);
        check(&[(RETRY_AFTER, "120")], Some(120));
        check(&[(RETRY_AFTER, " 7 ")], Some(7));
        check(&[(RETRY_AFTER, "99999999999999999999999")], Some(u64::MAX));
        check(&[(RETRY_AFTER, "Sun, 22 Nov 2026 10:01:30 GMT")], Some(90));
        check(&[(RETRY_AFTER, "Sun, 22 Nov 2026 09:00:00 GMT")], Some(0));
        for ninety in [
            "Sunday, 22-Nov-26 10:01:30 GMT",
            "Sun Nov 22 10:01:30 2026",
            "Mon, 22 Nov 2026 10:01:30 GMT",
            "89.5",
            "90.0",
            "90, 60",
        ] {
            check(&[(RETRY_AFTER, ninety)], Some(90));
        }
        for bad in ["", "-1", "+5", "1.", ".5", "1.x", ",60", "soon"] {
            check(&[(RETRY_AFTER, bad)], None);
        }
    }

    #[test]
    fn a_date_is_read_by_the_servers_own_clock() {
        let fields =
            [(RETRY_AFTER, "Sun, 22 Nov 2026 23:00:30 GMT"), (DATE, "Sun, 22 Nov 2026 23:00:00 GMT")];
        check(&fields, Some(30));
    }
}
