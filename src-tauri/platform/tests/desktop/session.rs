//! A private session for one test: its own bus, home and runtime folder, gone at the end.
//!
//! Which bus a program talks to is decided by its environment, which a test must not change under the others
//! in its process. So a test starts itself again in a process of its own, with the session's environment.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Says that this process is the one inside the session.
const INSIDE: &str = "BELFRY_TEST_SESSION";

/// Runs `body` inside a private session with its own bus, as the test that calls this.
#[track_caller]
pub fn within_a_session<F: Future<Output = ()>>(body: impl FnOnce() -> F) {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(body());
    }
    let folder = tempfile::tempdir().unwrap();
    let mut bus = start_bus(folder.path());
    let test = std::thread::current().name().expect("a test has a name").to_owned();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture"])
        .env(INSIDE, folder.path())
        .env("DBUS_SESSION_BUS_ADDRESS", address(folder.path()))
        .envs(folders(folder.path()))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output();
    end(&mut bus);
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{test} failed inside its session");
}

/// The session's folder, from inside.
pub fn folder() -> PathBuf {
    std::env::var_os(INSIDE).expect("this runs inside a session").into()
}

/// Starts another bus in the session, e.g. after the first was ended.
pub fn start_bus(folder: &Path) -> Child {
    // Without service files nothing is started that the test did not start.
    let config = format!(
        "<busconfig><type>session</type><listen>{}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow own=\"*\"/>\
         <allow eavesdrop=\"true\"/></policy></busconfig>",
        address(folder)
    );
    let file = folder.join("bus.conf");
    std::fs::write(&file, config).unwrap();
    let mut bus = Command::new("dbus-daemon")
        .arg(format!("--config-file={}", file.display()))
        .args(["--nofork", "--print-address"])
        .envs(folders(folder))
        .stdout(Stdio::piped())
        .spawn()
        .expect("dbus-daemon is installed");
    // It prints its address when it is ready.
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    bus
}

/// Ends a process that was started here.
pub fn end(process: &mut Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

/// Starts a process of the session with something to read.
pub fn start(program: &str, arguments: &[&str], input: &str) -> Child {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child
}

fn address(folder: &Path) -> String {
    format!("unix:path={}", folder.join("bus").display())
}

fn folders(folder: &Path) -> [(&'static str, PathBuf); 5] {
    let data = folder.join("data");
    std::fs::create_dir_all(data.join("keyrings")).unwrap();
    [
        ("HOME", folder.to_owned()),
        ("XDG_RUNTIME_DIR", folder.to_owned()),
        ("XDG_DATA_HOME", data),
        ("XDG_CONFIG_HOME", folder.join("config")),
        ("XDG_CACHE_HOME", folder.join("cache")),
    ]
}
