//! When a snoozed message comes back.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::Timestamp;
use crate::settings::{EVENING, MORNING, Weekday, next_time, tomorrow};

const HOUR: Duration = Duration::from_secs(3600);
/// The longest that a message can be put off: a year, also a leap year.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// How long somebody does not want to hear of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SnoozeSpan {
    /// For an hour.
    Hour,
    /// Until the next evening at eight.
    Tonight,
    /// Until the next morning at eight.
    Tomorrow,
    /// Until the next Monday at eight in the morning.
    NextWeek,
    /// Until this moment, which is to come within a year (366 days).
    Until(Timestamp),
}

impl SnoozeSpan {
    /// When the message comes back; nothing for a moment that is not to come, or not within a year.
    #[must_use]
    pub fn ends(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Hour => Some(now.after(HOUR)),
            Self::Tonight => Some(next_time(EVENING, now.after(HOUR), zone, |_| true)),
            Self::Tomorrow => Some(tomorrow(now, zone)),
            Self::NextWeek => Some(next_time(MORNING, now.after(HOUR), zone, |day| day == Weekday::Mon)),
            Self::Until(at) => Some(at).filter(|at| *at > now && *at <= now.after(LONGEST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_by_the_clock_on_the_wall() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let ends = |span: SnoozeSpan, now: &str| span.ends(at(now), &zone);
        // 27 March 2026 is a Friday, and the night to Sunday lacks an hour.
        let friday = "2026-03-27T15:00:00+01:00";
        for (span, end) in [
            (SnoozeSpan::Hour, "2026-03-27T16:00:00+01:00"),
            (SnoozeSpan::Tonight, "2026-03-27T20:00:00+01:00"),
            (SnoozeSpan::Tomorrow, "2026-03-28T08:00:00+01:00"),
            (SnoozeSpan::NextWeek, "2026-03-30T08:00:00+02:00"),
        ] {
            assert_eq!(ends(span, friday), Some(at(end)), "{span:?}");
        }
        let late = ends(SnoozeSpan::Tonight, "2026-03-27T19:30:00+01:00");
        assert_eq!(late, Some(at("2026-03-28T20:00:00+01:00")));
        let monday = ends(SnoozeSpan::NextWeek, "2026-03-30T09:00:00+02:00");
        assert_eq!(monday, Some(at("2026-04-06T08:00:00+02:00")));
        assert_eq!(ends(SnoozeSpan::Until(at(friday)), friday), None, "it has passed");
        let a_year_later = at("2027-03-28T15:00:00+01:00");
        assert_eq!(ends(SnoozeSpan::Until(a_year_later), friday), Some(a_year_later));
        assert_eq!(ends(SnoozeSpan::Until(a_year_later.after(Duration::from_millis(1))), friday), None);
        assert_eq!(ends(SnoozeSpan::Until(Timestamp(i64::MAX)), friday), None);
    }
}
