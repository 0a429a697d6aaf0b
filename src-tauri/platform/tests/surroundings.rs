//! The network as the kernel tells of it, in a private one (`unshare -n`). Where the system allows none, the test says that
//! it was left out.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use belfry_core::ports::{Surroundings, SystemChange};
use belfry_platform::SystemSurroundings;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Says that this process is the one inside the private network.
const INSIDE: &str = "BELFRY_TEST_NETWORK";

#[test]
fn a_network_that_changes_is_told_once() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(changing());
    }
    let unshared = |command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--net"]).args(command).env(INSIDE, "1");
        unshare
    };
    let permitted = unshared(&["ip", "link", "add", "probe", "type", "veth"]).output();
    if !permitted.is_ok_and(|output| output.status.success()) {
        println!("left out: no private network can be made here");
        return;
    }
    let test = std::thread::current().name().expect("a test has a name").to_owned();
    let program = std::env::current_exe().unwrap();
    let output = unshared(&[program.to_str().unwrap(), "--exact", &test, "--nocapture"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "it failed inside its network");
}

async fn changing() {
    let (changes, mut told) = mpsc::channel(8);
    SystemSurroundings.report_to(changes);
    // As long as the longest burst and its quiet end.
    let mut next = async || timeout(Duration::from_secs(2), told.recv()).await.ok().flatten();
    assert_eq!(next().await, Some(SystemChange::NetworkDown), "there is nothing but this computer");
    for (commands, expected) in [
        (&["link set lo up"][..], None),
        (
            &[
                "link add d0 type veth peer name socket",
                "addr add 192.0.2.7/24 dev d0",
                "link set socket up",
                "link set d0 up",
            ],
            Some(SystemChange::NetworkUp),
        ),
        (&["route add default via 192.0.2.1"], Some(SystemChange::NetworkChanged)),
        (&["addr add 192.0.2.8/24 dev d0"], Some(SystemChange::NetworkUp)),
        // What changes back within a burst has not changed.
        (&["addr del 192.0.2.8/24 dev d0", "addr add 192.0.2.8/24 dev d0"], None),
        (&["addr del 192.0.2.8/24 dev d0"], Some(SystemChange::NetworkChanged)),
        // Somebody starts a container.
        (
            &[
                "link add br0 type bridge",
                "link add d1 type veth peer name inside",
                "link set d1 master br0",
                "addr add 172.17.0.1/16 dev br0",
                "link set d1 up",
                "link set inside up",
                "link set br0 up",
            ],
            None,
        ),
        // The cable is pulled, and put in again.
        (&["link set socket down"], Some(SystemChange::NetworkDown)),
        (&["link set socket up"], Some(SystemChange::NetworkUp)),
        // Somebody switches it off, which forgets the way out.
        (&["link set d0 down"], Some(SystemChange::NetworkDown)),
        (&["link set d0 up"], Some(SystemChange::NetworkChanged)),
    ] {
        ip(commands);
        assert_eq!(next().await, expected, "{commands:?}");
    }
    assert_eq!(next().await, None);
}

/// Runs commands of ip(8) in one go.
fn ip(commands: &[&str]) {
    let mut ip = Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    ip.stdin.take().unwrap().write_all(commands.join("\n").as_bytes()).unwrap();
    assert!(ip.wait().unwrap().success(), "{commands:?}");
}
