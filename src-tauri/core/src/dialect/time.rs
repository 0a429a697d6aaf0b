//! Reading `createdAt` in all the forms in which servers write it.

use belfry_protocol::WireTime;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::model::{SentAt, Timestamp};

/// From here on a number is taken for milliseconds, below for seconds (1e11 s would be the year 5138).
const MILLIS_FROM: f64 = 1e11;
/// 2000-01-01 and 2100-01-01, in Unix milliseconds: times outside are not believed.
const BELIEVED: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// RFC 3339, `yyyy-MM-dd HH:mm:ss`, Unix seconds or milliseconds; anything else is unknown.
pub(super) fn read(written: &WireTime) -> SentAt {
    let read = match written {
        WireTime::Number(number) => number.as_f64().map_or(SentAt::Unknown, unix),
        WireTime::Text(text) => from_text(text.trim()),
    };
    match read {
        SentAt::Exact(time) | SentAt::Zoneless(time) if !BELIEVED.contains(&time.0) => SentAt::Unknown,
        other => other,
    }
}

fn from_text(text: &str) -> SentAt {
    if let Ok(time) = text.parse::<Timestamp>() {
        return SentAt::Exact(time);
    }
    if let Ok(number) = text.parse::<f64>() {
        return unix(number);
    }
    // jiff takes a `T` or a space between date and time.
    match text.parse::<DateTime>().and_then(|civil| civil.to_zoned(TimeZone::UTC)) {
        Ok(zoned) => SentAt::Zoneless(zoned.timestamp().into()),
        Err(_) => SentAt::Unknown,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float out of range saturates and is not believed")]
fn unix(number: f64) -> SentAt {
    let millis = if number.abs() >= MILLIS_FROM { number } else { number * 1000.0 };
    if millis.is_finite() { SentAt::Exact(Timestamp(millis as i64)) } else { SentAt::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: &str) -> SentAt {
        read(&WireTime::Text(written.to_owned()))
    }

    fn exact(rfc_3339: &str) -> SentAt {
        SentAt::Exact(rfc_3339.parse().unwrap())
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(text("2026-11-22T09:30:00Z"), exact("2026-11-22T09:30:00Z"));
        assert_eq!(text("2026-11-22T17:30:00.25+08:00"), exact("2026-11-22T09:30:00.250Z"));
        let zoneless = SentAt::Zoneless("2026-11-22T09:30:00Z".parse().unwrap());
        assert_eq!(text("2026-11-22 09:30:00"), zoneless);
        assert_eq!(text("2026-11-22T09:30:00"), zoneless);
        assert_eq!(text("1795339800"), exact("2026-11-22T09:30:00Z"));
        for number in [1_795_339_800_i64, 1_795_339_800_000] {
            assert_eq!(read(&WireTime::Number(number.into())), exact("2026-11-22T09:30:00Z"));
        }
    }

    #[test]
    fn what_is_not_believed_is_unknown() {
        for bad in [
            "",
            "yesterday",
            "1999-12-31T23:59:59Z",
            "2100-01-01T00:00:00Z",
            "0",
            "1e300",
            "NaN",
            "2026-13-01 00:00:00",
        ] {
            assert_eq!(text(bad), SentAt::Unknown, "{bad:?}");
        }
    }
}
