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
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = date(text)?;
    let from = self::text(headers, DATE).and_then(date).unwrap_or(now);
    // A moment that is past asks for nothing.
    Some(Duration::try_from(until.duration_since(from)).unwrap_or(Duration::ZERO))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
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
        for bad in ["", "-1", "+5", "1.5", "soon"] {
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
