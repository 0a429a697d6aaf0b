//! The numbers that one connection machine runs by.

use std::time::Duration;

use crate::settings::{AfterAttempts, Limits, SourceSettings};

/// The shortest wait between two attempts or polls that settings can ask for.
const SHORTEST: Duration = Duration::from_millis(10);

/// What one machine has to know of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkConfig {
    /// The numbers that the user may set.
    pub limits: Limits,
    /// What to do when an episode's attempts are spent.
    pub after_attempts: AfterAttempts,
    /// Whether there is something to poll.
    pub history: History,
    /// How often the server is taken to give a sign of life, until that has been learned.
    pub beat: Duration,
}

/// Whether a server has a history that can be asked where there is no stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// It may have one; the first poll will tell.
    Offered,
    /// The user says that it has none.
    Absent,
}

impl LinkConfig {
    /// The configuration for a source whose dialect is taken to beat every `beat`.
    #[must_use]
    pub fn new(source: &SourceSettings, beat: Duration) -> Self {
        let mut limits = source.limits.clone();
        // A settings file can hold anything; nothing may spin.
        for span in
            [&mut limits.retry_min, &mut limits.retry_base, &mut limits.retry_max, &mut limits.poll_every]
        {
            *span = SHORTEST.max(*span);
        }
        limits.attempts = limits.attempts.min(*Limits::ATTEMPTS.end());
        let history = if source.history_path.is_empty() { History::Absent } else { History::Offered };
        Self { limits, after_attempts: source.after_attempts, history, beat }
    }

    /// How long a page of history, or the next one, may take as a whole.
    pub(super) fn page_within(&self) -> Duration {
        self.limits.answer_within() * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Limits;

    #[test]
    fn no_settings_make_a_machine_spin() {
        let mut source = SourceSettings::new("a", "http://127.0.0.1:1".parse().unwrap());
        source.limits = Limits {
            retry_min: Duration::ZERO,
            retry_base: Duration::ZERO,
            retry_max: Duration::ZERO,
            attempts: u32::MAX,
            poll_every: Duration::ZERO,
            ..Limits::default()
        };
        let limits = LinkConfig::new(&source, Duration::from_secs(20)).limits;
        for span in [limits.retry_min, limits.retry_base, limits.retry_max, limits.poll_every] {
            assert_eq!(span, SHORTEST);
        }
        assert_eq!(limits.attempts, 1_000);
        for (given, taken) in [(None, 15), (Some(0), 1), (Some(30), 30), (Some(86_400), 120)] {
            let answer_within = given.map(Duration::from_secs);
            let limits = Limits { answer_within, ..Limits::default() };
            assert_eq!(limits.answer_within(), Duration::from_secs(taken));
        }
        for (given, taken) in [(None, 600), (Some(0), 10), (Some(1_000_000), 86_400)] {
            let limits = Limits { look_every: given.map(Duration::from_secs), ..Limits::default() };
            assert_eq!(limits.look_every(), Duration::from_secs(taken));
        }
        for (given, taken) in [(0, 1_024), (usize::MAX, 256 * 1024 * 1024), (4_096, 4_096)] {
            assert_eq!(Limits { max_event_bytes: given, ..Limits::default() }.event_bytes(), taken);
        }
    }
}
