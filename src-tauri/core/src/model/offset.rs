//! How far clocks on the wall are from UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// The step in which the world's offsets lie, in minutes.
const STEP: i64 = 15;

/// Farther from UTC is no clock.
const FARTHEST_MS: u64 = 15 * 60 * MINUTE_MS.unsigned_abs();

/// How far the clocks of two computers may differ, and how long a message may be on its way, together.
const SLACK_MS: i64 = 2 * MINUTE_MS;

/// How far a clock on the wall is ahead of UTC; `+08:00` in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UtcOffset {
    minutes: i64,
}

/// A text that is no offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an offset from UTC looks like +08:00 and lies between -12:00 and +14:00")]
pub struct InvalidOffset;

impl UtcOffset {
    /// So many minutes ahead of UTC, if a place in the world has such a clock.
    fn of_minutes(minutes: i64) -> Option<Self> {
        (-12 * 60..=14 * 60).contains(&minutes).then_some(Self { minutes })
    }

    /// The offset of a clock that showed this, as if it were UTC, a moment ago; nothing if no clock in the world did.
    #[must_use]
    pub fn of_clock(shown: Timestamp, now: Timestamp) -> Option<Self> {
        let ahead = shown.0.saturating_sub(now.0);
        if ahead.unsigned_abs() > FARTHEST_MS {
            return None;
        }
        let step = STEP * MINUTE_MS;
        let minutes = (ahead + step / 2).div_euclid(step) * STEP;
        let off = (ahead - minutes * MINUTE_MS).abs();
        Self::of_minutes(minutes).filter(|_| off <= SLACK_MS)
    }

    /// The same in seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.minutes * 60
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl FromStr for UtcOffset {
    type Err = InvalidOffset;

    fn from_str(text: &str) -> Result<Self, InvalidOffset> {
        let (sign, rest) = match text.as_bytes().first() {
            Some(b'+') => (1, &text[1..]),
            Some(b'-') => (-1, &text[1..]),
            Some(_) | None => return Err(InvalidOffset),
        };
        let (hours, minutes) = rest.split_once(':').ok_or(InvalidOffset)?;
        let number = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i64>().ok().filter(|_| digits).ok_or(InvalidOffset)
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        if minutes >= 60 {
            return Err(InvalidOffset);
        }
        Self::of_minutes(sign * (hours * 60 + minutes)).ok_or(InvalidOffset)
    }
}

impl Serialize for UtcOffset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcOffset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_and_written() {
        for text in ["+08:00", "-03:30", "+00:00", "+14:00", "-12:00", "+05:45"] {
            assert_eq!(text.parse::<UtcOffset>().unwrap().to_string(), text);
        }
        assert_eq!("-03:30".parse::<UtcOffset>().unwrap().seconds(), -12_600);
        for bad in ["", "08:00", "+8:00", "+08", "+08:60", "+15:00", "-12:15", "Z", "+0a:00", "+éé:00", "+:"]
        {
            assert!(bad.parse::<UtcOffset>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_clock_shows_its_offset_unless_it_shows_another_moment() {
        let now: Timestamp = "2026-11-22T09:30:00Z".parse().unwrap();
        let of = |shown: &str| {
            let offset = UtcOffset::of_clock(shown.parse().unwrap(), now);
            offset.map(|offset| offset.to_string())
        };
        assert_eq!(of("2026-11-22T17:30:00Z").as_deref(), Some("+08:00"));
        assert_eq!(of("2026-11-22T17:29:03Z").as_deref(), Some("+08:00"), "it took its time");
        assert_eq!(of("2026-11-22T15:16:00Z").as_deref(), Some("+05:45"));
        assert_eq!(of("2026-11-22T06:00:00Z").as_deref(), Some("-03:30"));
        assert_eq!(of("2026-11-22T17:37:00Z"), None, "no clock in the world");
        assert_eq!(of("2026-11-20T09:30:00Z"), None, "days ago");
        assert_eq!(UtcOffset::of_clock(Timestamp(i64::MAX), Timestamp(i64::MIN)), None);
        assert_eq!(UtcOffset::of_clock(Timestamp(i64::MIN), Timestamp(i64::MAX)), None);
    }
}
