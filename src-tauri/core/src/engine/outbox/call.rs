//! Whether a server has a call at all, and allows it. One answer does not tell: during an update, or behind a portal, there is a page
//! or a 404 in the place of everything.

use std::time::{Duration, Instant};

use crate::link::later;

/// So many refusals, one for each connection or pause, mean that there is no such call.
const REFUSALS: u32 = 3;
/// The time between the first and the last of them, at least, and between two beside the same connection.
const DOUBT: Duration = Duration::from_secs(3600);

/// What is known of a call, in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// Nobody has asked yet.
    Unknown,
    /// It has worked.
    Present,
    /// It has not, so often and since then; it is asked again at that moment.
    Doubtful { refusals: u32, since: Instant, again: Instant },
    /// There is none.
    Absent,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has worked before: something is wrong at the moment.
    Passing,
    /// The first one.
    First,
    /// One more.
    Further,
    /// There is no such call.
    Final,
}

impl Call {
    /// When it can be asked; nothing if now.
    pub fn not_before(self, now: Instant) -> Option<Instant> {
        match self {
            Self::Doubtful { again, .. } => Some(again).filter(|again| *again > now),
            Self::Unknown | Self::Present | Self::Absent => None,
        }
    }

    /// Whether the server has said that it does not take it, and has taken nothing since.
    pub fn is_refused(self) -> bool {
        match self {
            Self::Doubtful { .. } | Self::Absent => true,
            Self::Unknown | Self::Present => false,
        }
    }

    /// There is another connection, or the user wants it now.
    pub fn start_over(&mut self, now: Instant) {
        if let Self::Doubtful { again, .. } = self {
            *again = now;
        }
    }

    /// The server has said that it has no such call.
    pub fn refused(&mut self, now: Instant) -> Refusal {
        let again = later(now, DOUBT);
        match *self {
            Self::Present => Refusal::Passing,
            Self::Unknown => {
                *self = Self::Doubtful { refusals: 1, since: now, again };
                Refusal::First
            }
            Self::Doubtful { refusals, since, .. }
                if refusals + 1 < REFUSALS || now.saturating_duration_since(since) < DOUBT =>
            {
                *self = Self::Doubtful { refusals: refusals.saturating_add(1), since, again };
                Refusal::Further
            }
            Self::Doubtful { .. } | Self::Absent => {
                *self = Self::Absent;
                Refusal::Final
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_absent_after_three_refusals_over_an_hour_and_never_once_it_has_worked() {
        let start = Instant::now();
        let mut call = Call::Unknown;
        assert_eq!(call.refused(start), Refusal::First);
        assert_eq!(call.not_before(start), Some(start + DOUBT));
        for minute in [5, 10, 59] {
            call.start_over(start + DOUBT * minute / 60);
            assert_eq!(call.not_before(start + DOUBT * minute / 60), None);
            assert_eq!(call.refused(start + DOUBT * minute / 60), Refusal::Further, "minute {minute}");
        }
        assert_eq!(call.refused(start + DOUBT), Refusal::Final);
        assert_eq!(call, Call::Absent);

        let mut slow = Call::Unknown;
        assert_eq!(slow.refused(start), Refusal::First);
        assert_eq!(slow.refused(start + DOUBT), Refusal::Further, "two are not enough, however far apart");

        let mut present = Call::Present;
        assert_eq!(present.refused(start), Refusal::Passing);
        assert_eq!((present, present.not_before(start)), (Call::Present, None));
    }
}
