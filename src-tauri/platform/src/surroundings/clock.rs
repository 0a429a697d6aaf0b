//! The wall's clock: a timer that never runs out, and that the kernel cancels whenever the clock is set or the
//! computer wakes (timerfd_create(2), `TFD_TIMER_CANCEL_ON_SET`).

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use belfry_core::ports::SystemChange;
use rustix::io::Errno;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::sync::mpsc;

use super::linux::readable;
use super::naps::Naps;

/// How long this computer has slept since it was started: of these two clocks only one goes on then.
pub(super) fn asleep() -> Duration {
    let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
    let awake = read(ClockId::Monotonic);
    read(ClockId::Boottime).saturating_sub(awake)
}

/// Tells of sleep and of a clock that was set, until nobody listens any more.
///
/// # Errors
/// If the kernel has no such timer for us.
pub(super) async fn watch(naps: &Naps, changes: &mpsc::Sender<SystemChange>) -> io::Result<()> {
    follow(timer()?, was_cancelled, naps, changes).await
}

/// The same with any descriptor that becomes readable, and a reading that tells what it was.
async fn follow(
    timer: OwnedFd,
    was_cancelled: impl Fn(&OwnedFd) -> io::Result<bool>,
    naps: &Naps,
    changes: &mpsc::Sender<SystemChange>,
) -> io::Result<()> {
    let timer = readable(timer)?;
    loop {
        if !timer.async_io(Interest::READABLE, &was_cancelled).await? {
            continue;
        }
        let change = naps.woke().unwrap_or(SystemChange::ClockSet);
        if changes.send(change).await.is_err() {
            return Ok(());
        }
    }
}

fn timer() -> io::Result<OwnedFd> {
    let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let never = Timespec { tv_sec: i64::MAX, tv_nsec: 0 };
    let once = Timespec { tv_sec: 0, tv_nsec: 0 };
    timerfd_settime(
        &timer,
        TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET,
        &Itimerspec { it_interval: once, it_value: never },
    )?;
    Ok(timer)
}

/// Whether the timer was cancelled, rather than run out. It can be cancelled again without being set again.
fn was_cancelled(timer: &OwnedFd) -> io::Result<bool> {
    match rustix::io::read(timer, &mut [0_u8; 8]) {
        Ok(_) => Ok(false),
        Err(Errno::CANCELED) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn the_kernel_has_such_a_timer_and_it_is_silent() {
        let timer = timer().unwrap();
        let silent = was_cancelled(&timer).unwrap_err();
        assert_eq!(silent.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_computer_that_is_awake_does_not_sleep() {
        let naps = Naps::new(asleep);
        assert_eq!(naps.woke(), None);
    }

    #[tokio::test]
    async fn a_jump_after_sleep_is_an_awakening_and_another_one_a_clock_that_was_set() {
        let (mut kernel, timer) = UnixStream::pair().unwrap();
        timer.set_nonblocking(true).unwrap();
        let asleep = Rc::new(Cell::new(Duration::from_secs(40)));
        let naps = Naps::new({
            let asleep = Rc::clone(&asleep);
            move || asleep.get()
        });
        let (changes, mut told) = mpsc::channel(1);
        let script = async {
            for (slept, is_sleep) in [(0, false), (7_000, true), (1, false), (200, true)] {
                let slept = Duration::from_millis(slept);
                let expected = if is_sleep { SystemChange::Woke { slept } } else { SystemChange::ClockSet };
                asleep.set(asleep.get() + slept);
                kernel.write_all(b"!").unwrap();
                assert_eq!(told.recv().await, Some(expected));
            }
            drop(told);
            // The next one is told to nobody, which ends it.
            kernel.write_all(b"!").unwrap();
        };
        let read = |timer: &OwnedFd| Ok(rustix::io::read(timer, &mut [0_u8; 1]).map(|_| true)?);
        let (followed, ()) = tokio::join!(follow(timer.into(), read, &naps, &changes), script);
        followed.unwrap();
    }
}
