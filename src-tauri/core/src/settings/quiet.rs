//! Quiet hours: stretches of the week, by the clock on the wall, in which popups are held back.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::Timestamp;

/// How many days ahead the next quiet stretch is looked for.
const WEEK: i64 = 7;

/// One stretch, on each of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QuietSpan {
    /// The days on which it begins.
    pub days: BTreeSet<Weekday>,
    /// When it begins.
    pub from: TimeOfDay,
    /// When it ends: on the next day unless it is later than the beginning. The same time is a whole day.
    pub to: TimeOfDay,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A time of day, in minutes since midnight; `HH:MM` at every boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct TimeOfDay(u16);

/// A text that is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time of day is written HH:MM, from 00:00 to 23:59, not {0:?}")]
pub struct InvalidTime(String);

impl TimeOfDay {
    fn hour(self) -> i8 {
        i8::try_from(self.0 / 60).unwrap_or(0)
    }

    fn minute(self) -> i8 {
        i8::try_from(self.0 % 60).unwrap_or(0)
    }

    /// This time on a day in a zone. One that the clock skips is the moment after the gap; of one that comes
    /// twice it is the first.
    fn on(self, day: Date, zone: &TimeZone) -> Option<Timestamp> {
        let at = day.at(self.hour(), self.minute(), 0, 0).to_zoned(zone.clone()).ok()?;
        Some(at.timestamp().into())
    }
}

impl FromStr for TimeOfDay {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let invalid = || InvalidTime(text.chars().take(20).collect());
        let (hours, minutes) = text.split_once(':').ok_or_else(invalid)?;
        let number = |text: &str, end: u16| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u16>().ok().filter(|number| digits && *number < end)
        };
        match (number(hours, 24), number(minutes, 60)) {
            (Some(hours), Some(minutes)) => Ok(Self(hours * 60 + minutes)),
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = InvalidTime;

    fn try_from(text: String) -> Result<Self, InvalidTime> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

impl From<jiff::civil::Weekday> for Weekday {
    fn from(day: jiff::civil::Weekday) -> Self {
        match day {
            jiff::civil::Weekday::Monday => Self::Mon,
            jiff::civil::Weekday::Tuesday => Self::Tue,
            jiff::civil::Weekday::Wednesday => Self::Wed,
            jiff::civil::Weekday::Thursday => Self::Thu,
            jiff::civil::Weekday::Friday => Self::Fri,
            jiff::civil::Weekday::Saturday => Self::Sat,
            jiff::civil::Weekday::Sunday => Self::Sun,
        }
    }
}

impl QuietSpan {
    /// When this stretch is in force if it begins on a day; nothing if it does not.
    fn beginning_on(&self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        if !self.days.contains(&Weekday::from(day.weekday())) {
            return None;
        }
        let last = if self.to > self.from { day } else { day.tomorrow().ok()? };
        Some((self.from.on(day, zone)?, self.to.on(last, zone)?))
    }
}

/// When popups are no longer held back, if they are now. Stretches that touch are one; one without an end is
/// looked at again after a week.
#[must_use]
pub fn quiet_until(spans: &[QuietSpan], now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let covering = |at: Timestamp| {
        stretches(spans, at, zone).filter(|(from, to)| *from <= at && at < *to).map(|(_, to)| to).max()
    };
    let mut end = covering(now)?;
    for _ in 0..WEEK {
        match covering(end) {
            Some(later) => end = later,
            None => break,
        }
    }
    Some(end)
}

/// When popups are held back next; nothing where that is not within a week.
#[must_use]
pub fn quiet_from(spans: &[QuietSpan], now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    stretches(spans, now, zone).map(|(from, _)| from).filter(|from| *from > now).min()
}

/// All stretches that begin between yesterday and a week from now.
fn stretches<'a>(
    spans: &'a [QuietSpan],
    now: Timestamp,
    zone: &'a TimeZone,
) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'a {
    let today = local(now, zone).map(|now| now.date());
    let days = (-1..=WEEK).filter_map(move |ahead| today?.checked_add(jiff::Span::new().days(ahead)).ok());
    days.flat_map(move |day| spans.iter().filter_map(move |span| span.beginning_on(day, zone)))
}

/// A moment by the clock on the wall; nothing outside the years that have names.
fn local(now: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    Some(jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone()))
}

/// When people begin their day.
pub const MORNING: TimeOfDay = TimeOfDay(8 * 60);

/// When they have time for what can wait.
pub const EVENING: TimeOfDay = TimeOfDay(20 * 60);

/// The morning until which somebody wants quiet who says "until tomorrow": the next one that is at least four
/// hours away.
#[must_use]
pub fn tomorrow(now: Timestamp, zone: &TimeZone) -> Timestamp {
    next_time(MORNING, now.after(Duration::from_secs(4 * 3600)), zone, |_| true)
}

/// The first moment, not before another one, at which the clock on the wall shows this time on such a day. Within
/// two weeks there has to be one; else it is that moment itself.
#[must_use]
pub fn next_time(
    time: TimeOfDay,
    soonest: Timestamp,
    zone: &TimeZone,
    day: impl Fn(Weekday) -> bool,
) -> Timestamp {
    let first = local(soonest, zone).map(|at| at.date());
    let days = (0..=2 * WEEK).filter_map(|ahead| first?.checked_add(jiff::Span::new().days(ahead)).ok());
    let fitting = days.filter(|date| day(date.weekday().into()));
    fitting.filter_map(|date| time.on(date, zone)).find(|at| *at >= soonest).unwrap_or(soonest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central Europe: the clock goes forward on 29 March and back on 25 October 2026.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn span(days: &[Weekday], from: &str, to: &str) -> QuietSpan {
        QuietSpan {
            days: days.iter().copied().collect(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let nights = [span(&[Weekday::Fri], "22:00", "07:00")];
        // 27 November 2026 is a Friday.
        for (now, until) in [
            ("2026-11-27T21:59:59+01:00", None),
            ("2026-11-27T22:00:00+01:00", Some("2026-11-28T07:00:00+01:00")),
            ("2026-11-28T06:59:59+01:00", Some("2026-11-28T07:00:00+01:00")),
            ("2026-11-28T07:00:00+01:00", None),
            ("2026-11-28T23:00:00+01:00", None),
            ("2026-11-27T06:00:00+01:00", None),
        ] {
            assert_eq!(quiet_until(&nights, at(now), &berlin()), until.map(at), "{now}");
        }
    }

    #[test]
    fn the_next_stretch_is_found_over_the_weekend() {
        let nights = [span(&WORKDAYS, "22:00", "07:00")];
        let from = |now| quiet_from(&nights, at(now), &berlin());
        assert_eq!(from("2026-11-28T09:00:00+01:00"), Some(at("2026-11-30T22:00:00+01:00")));
        assert_eq!(from("2026-11-26T22:00:00+01:00"), Some(at("2026-11-27T22:00:00+01:00")));
        assert_eq!(quiet_from(&[], at("2026-11-28T09:00:00Z"), &berlin()), None);
        assert_eq!(quiet_from(&[span(&[], "22:00", "07:00")], at("2026-11-28T09:00:00Z"), &berlin()), None);
    }

    #[test]
    fn a_night_in_which_the_clock_changes_ends_by_the_clock() {
        let nights = [span(&[Weekday::Sat], "23:00", "07:00")];
        let spring = quiet_until(&nights, at("2026-03-28T23:30:00+01:00"), &berlin());
        assert_eq!(spring, Some(at("2026-03-29T07:00:00+02:00")));
        assert_eq!(spring.unwrap().since(at("2026-03-28T23:00:00+01:00")).as_secs(), 7 * 3600);
        let autumn = quiet_until(&nights, at("2026-10-24T23:30:00+02:00"), &berlin());
        assert_eq!(autumn, Some(at("2026-10-25T07:00:00+01:00")));
        assert_eq!(autumn.unwrap().since(at("2026-10-24T23:00:00+02:00")).as_secs(), 9 * 3600);
    }

    #[test]
    fn a_time_that_the_clock_skips_is_the_moment_after_the_gap() {
        let early = [span(&[Weekday::Sun], "02:30", "05:00")];
        assert_eq!(
            quiet_from(&early, at("2026-03-29T00:00:00+01:00"), &berlin()),
            Some(at("2026-03-29T03:30:00+02:00"))
        );
        let twice = [span(&[Weekday::Sun], "02:30", "05:00")];
        assert_eq!(
            quiet_from(&twice, at("2026-10-25T00:00:00+02:00"), &berlin()),
            Some(at("2026-10-25T02:30:00+02:00"))
        );
    }

    #[test]
    fn stretches_that_touch_or_overlap_are_one() {
        let both = [
            span(&[Weekday::Fri], "12:00", "14:00"),
            span(&[Weekday::Fri], "13:00", "18:00"),
            span(&[Weekday::Fri], "18:00", "19:00"),
        ];
        let until = quiet_until(&both, at("2026-11-27T12:30:00+01:00"), &berlin());
        assert_eq!(until, Some(at("2026-11-27T19:00:00+01:00")));
    }

    #[test]
    fn the_same_time_twice_is_a_whole_day_and_every_day_has_no_end() {
        let saturday = [span(&[Weekday::Sat], "00:00", "00:00")];
        assert_eq!(
            quiet_until(&saturday, at("2026-11-28T12:00:00+01:00"), &berlin()),
            Some(at("2026-11-29T00:00:00+01:00"))
        );
        let all: Vec<Weekday> = WORKDAYS.into_iter().chain([Weekday::Sat, Weekday::Sun]).collect();
        let always = [span(&all, "00:00", "00:00")];
        let now = at("2026-11-28T12:00:00+01:00");
        let until = quiet_until(&always, now, &berlin()).unwrap();
        assert!(until.since(now).as_secs() > 6 * 86_400, "{until}");
    }

    #[test]
    fn tomorrow_is_the_next_morning_that_is_not_too_close() {
        for (now, until) in [
            ("2026-11-27T23:00:00+01:00", "2026-11-28T08:00:00+01:00"),
            ("2026-11-28T01:00:00+01:00", "2026-11-28T08:00:00+01:00"),
            ("2026-11-28T05:00:00+01:00", "2026-11-29T08:00:00+01:00"),
            ("2026-11-28T12:00:00+01:00", "2026-11-29T08:00:00+01:00"),
            ("2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00"),
        ] {
            assert_eq!(tomorrow(at(now), &berlin()), at(until), "{now}");
        }
    }

    #[test]
    fn a_time_of_day_is_written_one_way() {
        for text in ["00:00", "07:05", "23:59"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "7:00", "24:00", "12:60", "12", "12:3", "+1:00", "12:00:00", "一二:三四"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text:?}");
        }
    }
}
