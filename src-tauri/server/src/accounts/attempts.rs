//! How fast passwords may be tried. Each failed try for a name makes the next one wait longer, up to a minute; a name is
//! never locked for good, since anybody could lock out anybody then. Time is an argument.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Failed tries without a wait: people mistype.
const FREE: u32 = 3;

/// The first wait; each further failure doubles it …
const FIRST: Duration = Duration::from_secs(1);

/// … up to this.
const LONGEST: Duration = Duration::from_secs(60);

/// A name is forgotten so long after its last try.
const FORGOTTEN: Duration = Duration::from_secs(15 * 60);

/// Names remembered at most: the one with the oldest try goes.
const NAMES: usize = 10_000;

/// The tries of the last minutes, by name.
#[derive(Debug, Default)]
pub(crate) struct Attempts(HashMap<String, Tries>);

#[derive(Debug)]
struct Tries {
    failed: u32,
    last: Instant,
}

impl Tries {
    fn wait(&self) -> Duration {
        match self.failed.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(doublings) => FIRST.saturating_mul(1 << doublings.min(6)).min(LONGEST),
        }
    }
}

impl Attempts {
    /// Begins a try. It counts as failed until [`forgive`](Self::forgive), so that many at once gain nothing.
    ///
    /// # Errors
    /// How long to wait before the next try.
    pub fn begin(&mut self, user: &str, now: Instant) -> Result<(), Duration> {
        if let Some(tries) = self.0.get_mut(user) {
            let since = now.saturating_duration_since(tries.last);
            if since >= FORGOTTEN {
                tries.failed = 0;
            }
            let left = tries.wait().saturating_sub(since);
            if !left.is_zero() {
                return Err(left);
            }
            *tries = Tries { failed: tries.failed.saturating_add(1), last: now };
            return Ok(());
        }
        if self.0.len() >= NAMES {
            self.make_room(now);
        }
        self.0.insert(user.to_owned(), Tries { failed: 1, last: now });
        Ok(())
    }

    /// The password was right.
    pub fn forgive(&mut self, user: &str) {
        self.0.remove(user);
    }

    fn make_room(&mut self, now: Instant) {
        self.0.retain(|_, tries| now.saturating_duration_since(tries.last) < FORGOTTEN);
        if self.0.len() >= NAMES
            && let Some(oldest) =
                self.0.iter().min_by_key(|(_, tries)| tries.last).map(|(user, _)| user.clone())
        {
            self.0.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tries_wait_longer_and_longer_and_never_for_more_than_a_minute() {
        let (mut attempts, mut now) = (Attempts::default(), Instant::now());
        for _ in 0..FREE {
            attempts.begin("me", now).unwrap();
        }
        for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let wait = attempts.begin("me", now).unwrap_err();
            assert_eq!(wait, Duration::from_secs(expected));
            assert!(attempts.begin("me", now + wait - Duration::from_millis(1)).is_err());
            now += wait;
            attempts.begin("me", now).unwrap();
        }
        assert!(attempts.begin("you", now).is_ok(), "others do not wait");
        now += FORGOTTEN;
        for _ in 0..FREE {
            attempts.begin("me", now).unwrap();
        }
    }

    #[test]
    fn a_right_password_clears_the_name() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..20 {
            attempts.begin("me", now).unwrap();
            attempts.forgive("me");
        }
    }

    #[test]
    fn names_that_nobody_has_do_not_fill_the_memory() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for number in 0..NAMES + 5 {
            attempts.begin(&number.to_string(), now + Duration::from_millis(number as u64)).unwrap();
        }
        assert_eq!(attempts.0.len(), NAMES);
        assert!(!attempts.0.contains_key("0") && attempts.0.contains_key("9"));
    }
}
