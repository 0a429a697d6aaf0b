//! Whether popups are held back at a moment: because the user paused them, or in quiet hours.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::model::Timestamp;
use crate::settings::{Pause, QuietSpan, quiet_from, quiet_until, tomorrow};

/// Popups are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Hold {
    /// Why.
    pub why: HoldReason,
    /// Until when; empty where it is until the user resumes them.
    pub until: Option<Timestamp>,
}

/// Why popups are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// The user paused them.
    Paused,
    /// These are quiet hours.
    QuietHours,
}

/// For how long somebody wants popups paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PauseSpan {
    /// For so many minutes, at least 1 and at most a week's.
    Minutes(u16),
    /// Until the next morning at eight.
    Tomorrow,
    /// Until they are resumed.
    Endless,
}

impl PauseSpan {
    /// The longest pause that is told in minutes.
    pub const MOST_MINUTES: u16 = 7 * 24 * 60;

    /// The pause that begins now; nothing where the minutes make no sense.
    #[must_use]
    pub fn from(self, now: Timestamp, zone: &TimeZone) -> Option<Pause> {
        let until = match self {
            Self::Minutes(minutes) if (1..=Self::MOST_MINUTES).contains(&minutes) => {
                Some(now.after(Duration::from_secs(u64::from(minutes) * 60)))
            }
            Self::Minutes(_) => return None,
            Self::Tomorrow => Some(tomorrow(now, zone)),
            Self::Endless => None,
        };
        Some(Pause { until })
    }
}

impl Hold {
    /// Whether popups are held back now. Somebody's word counts before the hours, unless it reaches further than
    /// a word can: then the clock was wrong when it was given.
    #[must_use]
    pub fn now(pause: Option<Pause>, quiet: &[QuietSpan], now: Timestamp, zone: &TimeZone) -> Option<Self> {
        let longest = now.after(Duration::from_secs(u64::from(PauseSpan::MOST_MINUTES) * 60));
        match pause {
            Some(Pause { until }) if until.is_none_or(|until| until > now && until <= longest) => {
                Some(Self { why: HoldReason::Paused, until })
            }
            Some(_) | None => {
                let until = quiet_until(quiet, now, zone)?;
                Some(Self { why: HoldReason::QuietHours, until: Some(until) })
            }
        }
    }

    /// When the answer to [`Hold::now`] is another one by time alone.
    #[must_use]
    pub fn next_change(
        hold: Option<Self>,
        quiet: &[QuietSpan],
        now: Timestamp,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        match hold {
            Some(hold) => hold.until,
            None => quiet_from(quiet, now, zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Weekday;

    const NOW: Timestamp = Timestamp(1_795_339_800_000);

    fn minutes(count: u64) -> Timestamp {
        NOW.after(Duration::from_secs(count * 60))
    }

    #[test]
    fn a_pause_counts_before_quiet_hours_and_ends_by_itself() {
        // 2026-11-22, 09:30, a Sunday.
        let quiet = [QuietSpan {
            days: [Weekday::Sun].into(),
            from: "09:00".parse().unwrap(),
            to: "10:00".parse().unwrap(),
        }];
        let hold = |pause, at| Hold::now(pause, &quiet, at, &TimeZone::UTC);
        let pause = PauseSpan::Minutes(10).from(NOW, &TimeZone::UTC);
        assert_eq!(hold(pause, NOW), Some(Hold { why: HoldReason::Paused, until: Some(minutes(10)) }));
        let after = hold(pause, minutes(10));
        assert_eq!(after, Some(Hold { why: HoldReason::QuietHours, until: Some(minutes(30)) }));
        assert_eq!(hold(pause, minutes(30)), None);
        assert_eq!(hold(Some(Pause { until: None }), minutes(9_000)).unwrap().until, None);
        let next = |hold, at| Hold::next_change(hold, &quiet, at, &TimeZone::UTC);
        assert_eq!(next(after, minutes(10)), Some(minutes(30)));
        assert_eq!(next(None, minutes(30)), Some(minutes(7 * 24 * 60 - 30)));
    }

    #[test]
    fn minutes_that_make_no_sense_are_no_pause() {
        for minutes in [0, PauseSpan::MOST_MINUTES + 1] {
            assert_eq!(PauseSpan::Minutes(minutes).from(NOW, &TimeZone::UTC), None);
        }
        assert_eq!(PauseSpan::Endless.from(NOW, &TimeZone::UTC), Some(Pause { until: None }));
    }
}
