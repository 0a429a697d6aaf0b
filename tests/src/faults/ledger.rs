//! The client's requests, held against what it may ask for. Pure: time is an argument.
//!
//! An attempt is one request for a stream, with the redirects that it follows. One that brought no event to the client
//! has failed; before the next the wait has to be kept, and after so many failures in a row the history is asked instead:
//! then an attempt may only follow a page, whose answer has shown that the server is back.
//! Deliberately not here: what the client makes of it. Where it is not certain that an attempt failed for the client,
//! it counts as good.

use std::time::{Duration, Instant};

/// A connection that lived for so long may have proved its worth to the client without an event. The client asks
/// for 5 s; its clock is another one.
const LONG_LIFE: Duration = Duration::from_secs(4);

/// What the client was started with.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Attempts in a row, at most.
    pub attempts: usize,
    /// The whole first wait; half of it is the least.
    pub base: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Limits {
    /// The least wait after the `failures`-th failure in a row, counted from 1.
    fn wait(&self, failures: usize) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1).min(16)).unwrap_or(16);
        self.base.saturating_mul(1 << doublings).min(self.longest) / 2
    }
}

/// An attempt that is under way.
#[derive(Debug)]
pub struct Attempt {
    client: usize,
    began: Instant,
}

/// What was asked for so far.
#[derive(Debug)]
pub struct Ledger {
    limits: Limits,
    client: usize,
    fault: usize,
    failures: usize,
    /// When the last attempt began.
    began: Option<Instant>,
    /// When it failed.
    failed_at: Option<Instant>,
    /// Before this nothing may be asked, because the server said so.
    not_before: Option<Instant>,
    /// Pages that were asked for and not followed by an attempt.
    pages: usize,
    times: Vec<Instant>,
    most_failures: usize,
    wrongs: Vec<String>,
}

impl Ledger {
    /// A ledger for a client that has not asked for anything.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            client: 0,
            fault: 0,
            failures: 0,
            began: None,
            failed_at: None,
            not_before: None,
            pages: 0,
            times: Vec::new(),
            most_failures: 0,
            wrongs: Vec::new(),
        }
    }

    /// Another process is the client from now on: it knows nothing of what was before.
    pub fn restarted(&mut self) {
        self.client += 1;
        self.failures = 0;
        self.failed_at = None;
        self.not_before = None;
        self.pages = 0;
    }

    /// So many faults are over.
    pub fn faults(&mut self, over: usize) {
        self.fault = over;
    }

    /// A request of any kind has come.
    pub fn request(&mut self, now: Instant, what: &str) {
        self.times.push(now);
        if let Some(until) = self.not_before.filter(|until| now < *until) {
            self.wrong(format!("{what}: {:?} before Retry-After was over", until - now));
        }
    }

    /// A page of history is asked for.
    pub fn page(&mut self) {
        self.pages += 1;
    }

    /// A stream is asked for.
    pub fn attempt(&mut self, now: Instant) -> Attempt {
        let pages = std::mem::take(&mut self.pages);
        let failed = self.failed_at.take();
        if self.is_spent() {
            if pages == 0 {
                self.wrong(format!("attempt {} of {}", self.failures + 1, self.limits.attempts));
            }
        } else if let Some(failed) = failed {
            let (waited, wait) = (now.saturating_duration_since(failed), self.limits.wait(self.failures));
            if waited < wait {
                self.wrong(format!("{waited:?} instead of {wait:?} after {} failures", self.failures));
            }
        }
        self.began = Some(now);
        Attempt { client: self.client, began: now }
    }

    /// The last attempt goes on at the place to which it was redirected.
    pub fn redirected(&mut self, now: Instant) -> Attempt {
        Attempt { client: self.client, began: self.began.unwrap_or(now) }
    }

    /// An attempt is over. It brought so many events to their end, and the last bytes then: what the client waits
    /// begins later.
    pub fn over(&mut self, Attempt { client, began }: Attempt, last: Instant, events: usize) {
        if client != self.client {
            return;
        }
        if events > 0 || last.saturating_duration_since(began) >= LONG_LIFE {
            self.failures = 0;
        } else {
            self.failures += 1;
            self.pages = 0;
            self.failed_at = Some(last);
            self.most_failures = self.most_failures.max(self.failures);
        }
    }

    /// The server has asked to be left alone.
    pub fn hold(&mut self, now: Instant, span: Duration) {
        self.not_before = Some(now + span);
    }

    /// Something that must not be was seen.
    pub fn wrong(&mut self, what: String) {
        self.wrongs.push(format!("fault {}: {what}", self.fault));
    }

    /// Whether the client has spent its attempts and may not ask for a stream.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.failures >= self.limits.attempts
    }

    /// Which process the client is, counted from 0.
    #[must_use]
    pub fn client(&self) -> usize {
        self.client
    }

    /// All that must not be.
    #[must_use]
    pub fn wrongs(&self) -> &[String] {
        &self.wrongs
    }

    /// How many requests there were.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.times.len()
    }

    /// The most requests within any second.
    #[must_use]
    pub fn most_in_a_second(&self) -> usize {
        let second = Duration::from_secs(1);
        let count = |at: usize| {
            let begin = self.times[at];
            self.times[at..].iter().take_while(|time| time.saturating_duration_since(begin) < second).count()
        };
        (0..self.times.len()).map(count).max().unwrap_or(0)
    }

    /// The most failures in a row.
    #[must_use]
    pub fn most_failures(&self) -> usize {
        self.most_failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const LIMITS: Limits =
        Limits { attempts: 3, base: Duration::from_millis(20), longest: Duration::from_millis(50) };

    /// Attempts that bring so many events, each so long after the end of the one before.
    fn wrongs(attempts: &[(u32, usize)]) -> Vec<String> {
        let (mut ledger, mut now) = (Ledger::new(LIMITS), Instant::now());
        for (wait, events) in attempts {
            now += *wait * MS;
            let attempt = ledger.attempt(now);
            ledger.over(attempt, now, *events);
        }
        ledger.wrongs().to_vec()
    }

    #[test]
    fn so_many_attempts_in_a_row_are_allowed_and_no_more() {
        assert!(wrongs(&[(0, 0), (10, 0), (20, 0)]).is_empty());
        assert_eq!(wrongs(&[(0, 0), (10, 0), (20, 0), (1000, 0)]), ["fault 0: attempt 4 of 3"]);
        assert!(wrongs(&[(0, 0), (10, 0), (20, 1), (0, 0), (10, 0)]).is_empty(), "an event begins anew");
    }

    #[test]
    fn after_the_last_attempt_one_may_follow_each_page() {
        let (mut ledger, now) = (Ledger::new(Limits { attempts: 1, ..LIMITS }), Instant::now());
        for page in [true, true, false] {
            if page {
                ledger.page();
            }
            let attempt = ledger.attempt(now);
            ledger.over(attempt, now, 0);
        }
        assert_eq!(ledger.wrongs(), ["fault 0: attempt 3 of 1"]);
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        assert_eq!(wrongs(&[(0, 0), (9, 0)]), ["fault 0: 9ms instead of 10ms after 1 failures"]);
        assert_eq!(wrongs(&[(0, 0), (10, 0), (19, 0)]), ["fault 0: 19ms instead of 20ms after 2 failures"]);
        assert_eq!(LIMITS.wait(9), 25 * MS);
    }

    #[test]
    fn another_process_begins_anew_and_an_attempt_of_the_last_one_counts_no_more() {
        let (mut ledger, now) = (Ledger::new(LIMITS), Instant::now());
        let attempt = ledger.attempt(now);
        ledger.restarted();
        ledger.over(attempt, now, 0);
        let _ = ledger.attempt(now);
        assert!(ledger.wrongs().is_empty() && ledger.most_failures() == 0);
    }

    #[test]
    fn retry_after_binds_every_request() {
        let (mut ledger, now) = (Ledger::new(LIMITS), Instant::now());
        ledger.hold(now, 1000 * MS);
        ledger.request(now + 999 * MS, "a page");
        ledger.request(now + 1000 * MS, "a stream");
        assert_eq!(ledger.wrongs(), ["fault 0: a page: 1ms before Retry-After was over"]);
        assert_eq!((ledger.requests(), ledger.most_in_a_second()), (2, 2));
    }
}
