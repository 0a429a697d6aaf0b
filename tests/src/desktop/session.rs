//! Starts `tests/desktop/session`, keeps it alive, and runs programs inside.
//!
//! The session ends when its [`Session`] is dropped, and also when the test dies: it lives until its
//! standard input ends.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many sessions one test program may run at a time: more only slow each other down.
const SIDE_BY_SIDE: usize = 2;

/// What the session is made of; the default has everything, with the keyring unlocked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// What windows are shown on.
    pub display: Display,
    /// Who shows notifications.
    pub daemon: Daemon,
    /// Who hosts tray icons.
    pub panel: Panel,
    /// What colour the panel is.
    pub tone: Tone,
    /// The Secret Service.
    pub keyring: Keyring,
    /// Who places windows.
    pub window_manager: WindowManager,
}

/// What windows are shown on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Display {
    /// An X server.
    #[default]
    X11,
    /// sway, a Wayland compositor, without window manager and panel.
    Sway,
}

/// What colour the panel is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// That of its theme.
    #[default]
    Theme,
    /// #f0f0f0.
    Light,
    /// #202020.
    Dark,
}

/// Who shows notifications.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Daemon {
    /// The real dunst.
    #[default]
    Dunst,
    /// The daemon of Xfce.
    Xfce,
    /// mako, on sway.
    Mako,
    /// Nobody: the name on the bus is free for a [`super::FakeDaemon`].
    Absent,
}

/// Who hosts tray icons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Panel {
    /// The panel of Xfce at the top of the screen.
    #[default]
    Xfce,
    /// The panel of LXQt at the top of the screen.
    Lxqt,
    /// Nobody.
    Absent,
}

impl Panel {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Xfce => Some("xfce4"),
            Self::Lxqt => Some("lxqt"),
            Self::Absent => None,
        }
    }
}

/// The Secret Service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keyring {
    /// gnome-keyring with an open default collection.
    #[default]
    Unlocked,
    /// gnome-keyring with a locked default collection and nobody to unlock it.
    Locked,
    /// There is no such service.
    Absent,
}

/// Who places windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WindowManager {
    /// openbox.
    #[default]
    Openbox,
    /// Nobody.
    Absent,
}

/// A running session.
#[derive(Debug)]
pub struct Session {
    keeper: Child,
    folder: PathBuf,
    variables: Vec<(OsString, OsString)>,
    bus: zbus::Connection,
    _permit: OwnedSemaphorePermit,
}

impl Session {
    /// Starts a session and waits until everything in it answers.
    ///
    /// # Errors
    /// If something that it needs is not installed or does not come up; the session says what.
    pub async fn start(options: Options) -> Result<Self> {
        static PLACES: std::sync::LazyLock<std::sync::Arc<Semaphore>> =
            std::sync::LazyLock::new(|| std::sync::Arc::new(Semaphore::new(SIDE_BY_SIDE)));
        let permit = PLACES.clone().acquire_owned().await?;
        let (mut keeper, folder) = tokio::task::spawn_blocking(move || keep(options)).await??;
        match Self::enter(&folder).await {
            Ok((variables, bus)) => Ok(Self { keeper, folder, variables, bus, _permit: permit }),
            Err(error) => {
                end(&mut keeper);
                Err(error)
            }
        }
    }

    async fn enter(folder: &Path) -> Result<(Vec<(OsString, OsString)>, zbus::Connection)> {
        let variables = variables(&folder.join("environment"))?;
        let bus = connect(&value(&variables, "DBUS_SESSION_BUS_ADDRESS")?.to_string_lossy()).await?;
        Ok((variables, bus))
    }

    /// The session's own folder; gone when the session ends.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The harness's connection to the session bus.
    pub fn bus(&self) -> &zbus::Connection {
        &self.bus
    }

    /// A further connection to the session bus, for those who need one of their own.
    ///
    /// # Errors
    /// If the bus is gone.
    pub async fn connect(&self) -> Result<zbus::Connection> {
        connect(&self.variable("DBUS_SESSION_BUS_ADDRESS")?.to_string_lossy()).await
    }

    /// One of the session's variables.
    ///
    /// # Errors
    /// If the session does not set it.
    pub fn variable(&self, name: &str) -> Result<&OsStr> {
        value(&self.variables, name)
    }

    /// A command with the session's environment and nothing of the caller's.
    pub fn command(&self, program: impl AsRef<OsStr>) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(program);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a small tool to its end and returns its standard output without the last line end.
    ///
    /// # Errors
    /// If it cannot be started or fails; with what it said.
    pub async fn run<A: AsRef<OsStr>>(
        &self,
        tool: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String> {
        let output = self.command(tool).args(arguments).output().await.with_context(|| tool.to_owned())?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{tool}: {}: {}", output.status, said.trim_end());
        Ok(String::from_utf8(output.stdout)?.trim_end_matches('\n').to_owned())
    }

    /// Starts a panel in a session that has none, or none any more.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_panel(&self, panel: Panel) -> Result<Program> {
        let name = panel.name().context("that is no panel")?;
        self.spawn("panel", self.command(format!("panel-{name}")))
    }

    /// Starts a program that stays; what it says is kept in a log.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn spawn(&self, name: &str, mut command: tokio::process::Command) -> Result<Program> {
        let log = self.folder.join("logs").join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        command.stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("{name} could not be started"))?;
        Ok(Program { child, log })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        end(&mut self.keeper);
    }
}

/// A program that runs inside; it is killed when this is dropped.
#[derive(Debug)]
pub struct Program {
    child: tokio::process::Child,
    log: PathBuf,
}

impl Program {
    /// Its process id, as long as it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// If it does not within `limit`; with what it said.
    pub async fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        match tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("it still runs after {limit:?}; it said:\n{}", self.said()),
        }
    }

    /// Kills it as a crash would, and waits until it is gone.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

fn keep(options: Options) -> Result<(Child, PathBuf)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("desktop/session");
    let mut command = Command::new(&script);
    command.args([
        "--daemon",
        match options.daemon {
            Daemon::Dunst => "dunst",
            Daemon::Xfce => "xfce4-notifyd",
            Daemon::Mako => "mako",
            Daemon::Absent => "none",
        },
    ]);
    command.args(["--display", if options.display == Display::Sway { "sway" } else { "x11" }]);
    command.args([
        "--tone",
        match options.tone {
            Tone::Theme => "theme",
            Tone::Light => "light",
            Tone::Dark => "dark",
        },
    ]);
    command.args(["--panel", options.panel.name().unwrap_or("none")]);
    command.args(["--wm", if options.window_manager == WindowManager::Openbox { "openbox" } else { "none" }]);
    command.args([
        "--keyring",
        match options.keyring {
            Keyring::Unlocked => "unlocked",
            Keyring::Locked => "locked",
            Keyring::Absent => "none",
        },
    ]);
    let mut keeper = command
        .arg("hold")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| script.display().to_string())?;
    let mut line = String::new();
    if let Some(output) = keeper.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    match line.trim_end().strip_prefix("ready ") {
        Some(folder) => Ok((keeper, PathBuf::from(folder))),
        None => {
            end(&mut keeper);
            bail!("the desktop session did not start; it says why above")
        }
    }
}

/// Ends the session: it takes down what it started and goes, within about a second.
fn end(keeper: &mut Child) {
    drop(keeper.stdin.take());
    // It ends what it started by force after a second, so this wait has an end.
    let _ = keeper.wait();
}

async fn connect(address: &str) -> Result<zbus::Connection> {
    zbus::connection::Builder::address(address).build().await.context("the session bus")
}

fn variables(file: &Path) -> Result<Vec<(OsString, OsString)>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let entries = bytes.split(|byte| *byte == 0).filter_map(|entry| {
        let middle = entry.iter().position(|byte| *byte == b'=')?;
        let (name, value) = entry.split_at(middle);
        Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.get(1..)?.to_vec())))
    });
    Ok(entries.collect())
}

fn value<'a>(variables: &'a [(OsString, OsString)], name: &str) -> Result<&'a OsStr> {
    let found = variables.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_os_str()).with_context(|| format!("the session does not set {name}"))
}
