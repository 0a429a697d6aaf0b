//! logind's word on sleep (org.freedesktop.login1.Manager, `PrepareForSleep`), where there is a system bus. The
//! clock tells the same by itself; whoever is first is believed, and the other one finds no sleep any more.

use std::num::NonZeroUsize;

use belfry_core::ports::SystemChange;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use zbus::message::Type;
use zbus::{Connection, MatchRule, MessageStream};

use super::naps::Naps;

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const INTERFACE: &str = "org.freedesktop.login1.Manager";

/// Tells when the computer wakes, until nobody listens any more or the bus is gone.
///
/// # Errors
/// If there is no system bus, or none for us.
pub(super) async fn watch(naps: &Naps, changes: &mpsc::Sender<SystemChange>) -> Result<(), zbus::Error> {
    follow(&Connection::system().await?, naps, changes).await
}

async fn follow(
    bus: &Connection,
    naps: &Naps,
    changes: &mpsc::Sender<SystemChange>,
) -> Result<(), zbus::Error> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(NAME)
        .path(PATH)
        .interface(INTERFACE)
        .member("PrepareForSleep")
        .build()?;
    let mut signals = MessageStream::for_match_rule(rule, bus, NonZeroUsize::new(8)).await?;
    while let Some(signal) = signals.next().await {
        // `true` is told before, `false` after, also after a sleep that came to nothing.
        let is_over = signal?.body().deserialize().is_ok_and(|begins: bool| !begins);
        if let Some(woke) = is_over.then(|| naps.woke()).flatten()
            && changes.send(woke).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

/// A private bus, with an owner of logind's name on it.
#[cfg(all(test, feature = "desktop"))]
mod tests {
    use std::cell::Cell;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_end_of_a_sleep_is_told_once_and_one_that_came_to_nothing_is_not() {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address", "--address=unix:tmpdir=/tmp"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let join = async || zbus::connection::Builder::address(address.trim()).build().await.unwrap();
        let (bus, logind) = (join().await, join().await);
        logind.request_name(NAME).await.unwrap();

        let asleep = Rc::new(Cell::new(Duration::ZERO));
        let naps = Naps::new({
            let asleep = Rc::clone(&asleep);
            move || asleep.get()
        });
        let (changes, mut told) = mpsc::channel(8);
        let sleep = async |slept: u64| {
            for begins in [true, false] {
                if !begins {
                    asleep.set(asleep.get() + Duration::from_secs(slept));
                }
                logind.emit_signal(None::<&str>, PATH, INTERFACE, "PrepareForSleep", &begins).await.unwrap();
            }
        };
        let script = async {
            // Until the signals are subscribed to, they are lost.
            let first = loop {
                sleep(5).await;
                if let Ok(change) = tokio::time::timeout(Duration::from_millis(50), told.recv()).await {
                    break change;
                }
            };
            assert!(matches!(first, Some(SystemChange::Woke { .. })), "{first:?}");
            while tokio::time::timeout(Duration::from_millis(200), told.recv()).await.is_ok() {}
            sleep(0).await;
            sleep(3).await;
            let slept = Duration::from_secs(3);
            assert_eq!(told.recv().await, Some(SystemChange::Woke { slept }));
            assert!(told.try_recv().is_err(), "the one that came to nothing was told");
        };
        tokio::select! {
            followed = follow(&bus, &naps, &changes) => panic!("it ended: {followed:?}"),
            () = script => {}
        }
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }
}
