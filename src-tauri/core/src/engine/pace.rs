//! Handing on a value that changes often, at most so often: the first change at once, of those in
//! between only the latest, and always the last; and at once where somebody waits for it. For those who show the view
//! to eyes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

/// Takes changes from a channel no faster than one per gap. At rest there is no timer.
pub struct Pace<T> {
    values: watch::Receiver<T>,
    gap: Duration,
    earliest: Option<Instant>,
    haste: Arc<Notify>,
}

/// Has a [`Pace`] not wait for the end of its gap; cheap to clone.
#[derive(Clone, Default)]
pub struct Haste(Arc<Notify>);

impl Haste {
    /// Hands on at once what is in the channel now. Where that has been handed on already, it is the next change that
    /// does not wait: one change a call at most.
    pub fn now(&self) {
        self.0.notify_one();
    }
}

/// The sender is gone: no change will ever come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended;

impl<T: Clone> Pace<T> {
    /// Follows `values`. What is in the channel now counts as a change.
    #[must_use]
    pub fn new(mut values: watch::Receiver<T>, gap: Duration) -> Self {
        values.mark_changed();
        Self { values, gap, earliest: None, haste: Arc::default() }
    }

    /// The same, which is also hurried on by others.
    #[must_use]
    pub fn hurried(self, haste: &Haste) -> Self {
        Self { haste: haste.0.clone(), ..self }
    }

    /// Waits for a change, and until a gap has passed since the last one was handed on or somebody is in haste. Nothing
    /// is lost if the future is dropped.
    ///
    /// # Errors
    /// [`Ended`] when the sender is gone and the last value has been handed on.
    pub async fn next(&mut self) -> Result<T, Ended> {
        self.values.changed().await.map_err(|_| Ended)?;
        // From here on the change counts as seen; it must not be lost if the wait is given up.
        self.values.mark_changed();
        if let Some(earliest) = self.earliest {
            tokio::select! {
                () = sleep_until(earliest) => {}
                () = self.haste.notified() => {}
            }
        }
        self.earliest = Some(Instant::now() + self.gap);
        Ok(self.values.borrow_and_update().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn the_first_change_passes_at_once_and_the_last_one_after_the_gap() {
        let (send, receive) = watch::channel(0);
        let mut pace = Pace::new(receive, GAP);
        let start = Instant::now();
        assert_eq!(pace.next().await, Ok(0));
        for value in 1..=50 {
            send.send_replace(value);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(pace.next().await, Ok(50));
        assert_eq!(start.elapsed(), GAP);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_ten_a_second_pass_however_many_come() {
        let (send, receive) = watch::channel(0_u64);
        let mut pace = Pace::new(receive, GAP);
        let flood = tokio::spawn(async move {
            for value in 1..=1_000 {
                send.send_replace(value);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let mut seen = Vec::new();
        while let Ok(value) = pace.next().await {
            seen.push(value);
        }
        flood.await.unwrap();
        assert_eq!(seen.last(), Some(&1_000), "the last one was swallowed");
        assert!(seen.len() <= 12, "{} passed in one second", seen.len());
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_waits_for_passes_at_once_and_what_comes_after_it_waits() {
        let (send, receive) = watch::channel(0);
        let haste = Haste::default();
        let mut pace = Pace::new(receive, GAP).hurried(&haste);
        assert_eq!(pace.next().await, Ok(0));
        let start = Instant::now();
        for value in 1..=50 {
            send.send_replace(value);
            haste.now();
            assert_eq!(pace.next().await, Ok(value));
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        send.send_replace(51);
        assert_eq!(pace.next().await, Ok(51));
        assert_eq!(start.elapsed(), GAP);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_has_begun_is_cut_short() {
        let (send, receive) = watch::channel(0);
        let haste = Haste::default();
        let mut pace = Pace::new(receive, GAP).hurried(&haste);
        assert_eq!(pace.next().await, Ok(0));
        let start = Instant::now();
        send.send_replace(1);
        let hurried = async {
            tokio::time::sleep(GAP / 4).await;
            haste.now();
        };
        assert_eq!(tokio::join!(pace.next(), hurried).0, Ok(1));
        assert_eq!(start.elapsed(), GAP / 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_whose_wait_was_given_up_is_not_lost() {
        let (send, receive) = watch::channel(0);
        let mut pace = Pace::new(receive, GAP);
        assert_eq!(pace.next().await, Ok(0));
        send.send_replace(1);
        let given_up = tokio::time::timeout(GAP / 2, pace.next()).await;
        assert!(given_up.is_err());
        assert_eq!(pace.next().await, Ok(1));
    }
}
