//! A Belfry on a private desktop, signed in at a server that the test holds in its hands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use belfry_core::settings::file::{Loaded, load, save};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{InInbox, Notifications, Preferences, Settings};
use belfry_core::view::{Connection, TrayShape, paint_badge};
use belfry_core::words::Language;
use belfry_protocol::Publish;
use belfry_server::{Config, RunningServer, Server};
use tokio::io::AsyncWriteExt;

use super::{Options, Program, Session, Tray, WebDriver};
use crate::programs;
use crate::wait::until;

/// The user that the server knows.
const USER: &str = "me";

/// A session, a server, and a profile that is signed in there.
pub struct Stage {
    /// The server.
    pub server: RunningServer,
    /// The profile's folder.
    pub profile: PathBuf,
    /// The desktop.
    pub session: Session,
}

/// The desktop program on a stage; it is killed when this is dropped.
#[derive(Debug)]
pub struct Belfry {
    /// The process.
    pub program: Program,
    /// Its process id.
    pub pid: u32,
    /// Its tray icon.
    pub tray: Tray,
}

impl Stage {
    /// Starts session and server, and adds the server to the profile as a user would by `belfryctl`.
    ///
    /// # Errors
    /// If one of them fails.
    pub async fn set(options: Options) -> Result<Self> {
        let stage = Self::bare(options, Config::default()).await?;
        let url = stage.server.api_url();
        let add = ["source", "add", "--name", "Forum", "--url", url.as_str(), "--token-stdin"];
        stage.ctl(&add, &stage.token()?).await?;
        Ok(stage)
    }

    /// Starts session and server for a profile that is not there yet.
    ///
    /// # Errors
    /// If one of them fails.
    pub async fn bare(options: Options, config: Config) -> Result<Self> {
        let session = Session::start(options).await?;
        let config = Config { tokens: belfry_server::Tokens::Random { users: vec![USER.into()] }, ..config };
        let server = Server::start(config).await?;
        let profile = session.folder().join("profile");
        Ok(Self { server, profile, session })
    }

    /// The token that the server takes of the user.
    ///
    /// # Errors
    /// If the server has forgotten its user.
    pub fn token(&self) -> Result<String> {
        Ok(self.server.subscriber_token(USER).context("the server knows no such user")?.expose().to_owned())
    }

    /// Runs `belfryctl` on the profile, with `input` on its standard input.
    ///
    /// # Errors
    /// If it fails; with what it said.
    pub async fn ctl(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut command = self.session.command(programs::belfryctl()?);
        command.arg("--profile").arg(&self.profile).args(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("belfryctl has no standard input")?;
        // It may not want any of it and be gone already.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = child.wait_with_output().await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "belfryctl {arguments:?}: {}: {said}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts the desktop program and waits until it is connected.
    ///
    /// # Errors
    /// If it is not in time; with what it said.
    pub async fn start(&self, arguments: &[&str]) -> Result<Belfry> {
        self.start_with(arguments, &[]).await
    }

    /// Like [`Self::start`], with further variables in the program's environment.
    ///
    /// # Errors
    /// If it is not connected in time; with what it said.
    pub async fn start_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Belfry> {
        let mut command = self.session.command(programs::belfry()?);
        command.arg("--profile").arg(&self.profile).args(arguments).envs(environment.iter().copied());
        let program = self.session.spawn("belfry", command)?;
        let pid = program.id().context("belfry ended at once")?;
        let ready = async {
            let tray = self.session.tray_of(pid).await?;
            connected(&tray).await.map(|()| tray)
        };
        let tray = ready.await.with_context(|| program.said())?;
        Ok(Belfry { program, pid, tray })
    }

    /// Starts the desktop program with its window under WebDriver and waits until it is connected. Closing
    /// the window leaves it in the tray.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn drive(&self) -> Result<(WebDriver, Tray)> {
        self.drive_with(&[]).await
    }

    /// Like [`Self::drive`], with further variables in the program's environment.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn drive_with(&self, environment: &[(&str, &str)]) -> Result<(WebDriver, Tray)> {
        let driver = self.open_window(environment).await?;
        Ok((driver, self.only_tray().await?))
    }

    /// Starts the desktop program in the tray under WebDriver, which waits for its window: a click on the tray opens
    /// it. Also says when the click was.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn drive_from_tray(&self) -> Result<(WebDriver, SystemTime)> {
        let arguments = ["--profile", path(&self.profile)?, "--hidden"];
        let program = programs::belfry()?;
        let click = async {
            let tray = self.only_tray().await?;
            let clicked = SystemTime::now();
            tray.activate().await.map(|()| clicked)
        };
        tokio::try_join!(WebDriver::start(&self.session, &program, &arguments), click)
    }

    /// The tray icon of a program that the driver, not the test, has started, once it is connected. It is found by
    /// being the only one.
    async fn only_tray(&self) -> Result<Tray> {
        let tray =
            until("the tray icon", || async { self.session.trays().await?.pop().context("there is none") })
                .await?;
        connected(&tray).await.map(|()| tray)
    }

    /// Starts the desktop program with its window under WebDriver.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn open_window(&self, environment: &[(&str, &str)]) -> Result<WebDriver> {
        let arguments = ["--profile", path(&self.profile)?];
        WebDriver::start_with(&self.session, &programs::belfry()?, &arguments, environment).await
    }

    /// Writes preferences into the profile while no program runs on it.
    ///
    /// # Errors
    /// If one does, or the settings cannot be read or written.
    pub async fn prefer(&self, preferences: Preferences) -> Result<()> {
        let profile = Profile::open(&self.profile)?;
        let Loaded::Fine(settings) = load(&profile.settings_path())? else { bail!("damaged settings") };
        // The driver's program may still be ending.
        let _lock = until("the profile", || async { Ok(profile.lock()?) }).await?;
        Ok(save(&profile.settings_path(), &Settings { preferences, ..settings })?)
    }

    /// Publishes a message to the user; it is stored when this returns.
    ///
    /// # Errors
    /// If the server refuses it.
    pub async fn publish(&self, message: Publish) -> Result<()> {
        Ok(self.server.publish(Publish { to: USER.into(), ..message }).await.map(drop)?)
    }
}

/// The preferences with which popups come also where the window with the inbox is in front.
#[must_use]
pub fn popups_in_inbox() -> Preferences {
    let notifications = Notifications { in_inbox: InInbox::Popup, ..Notifications::default() };
    Preferences { notifications, ..Preferences::default() }
}

impl Belfry {
    /// Waits until the tray shows so many unread messages: painted into the icon, and said in the menu.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn tray_shows(&self, unread: u64) -> Result<()> {
        self.tray_says(TrayShape::Live, "Connected", unread).await
    }

    /// Waits until the tray shows a state and so many unread messages: painted into the icon, and said in the menu.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn tray_says(&self, shape: TrayShape, words: &str, unread: u64) -> Result<()> {
        until(&format!("{unread} in the tray"), || async {
            let icon = self.tray.icon().await?;
            ensure!(!icon.is_empty(), "the icon is empty");
            for pixmap in &icon {
                let painted = paint_badge(shape, unread, u32::try_from(pixmap.width)?);
                ensure!(pixmap.argb == argb(&painted.rgba), "the icon shows something else");
            }
            let state = match unread {
                0 => format!("Belfry · {words}"),
                _ => format!("Belfry · {words} · {unread} unread"),
            };
            let menu = self.tray.menu().await?;
            ensure!(menu.iter().any(|item| item.label == state), "the menu says {menu:?}");
            Ok(())
        })
        .await
    }
}

async fn connected(tray: &Tray) -> Result<()> {
    until("the connection", || async {
        let menu = tray.menu().await?;
        let live = [Language::English, Language::Chinese].map(|words| words.text(Connection::Live.key()));
        let says_so = menu.iter().any(|item| live.iter().any(|live| item.label.contains(live)));
        ensure!(says_so, "the menu says {menu:?}");
        Ok(())
    })
    .await
}

/// From the order of the painter to that of the tray.
fn argb(rgba: &[u8]) -> Vec<u8> {
    let turned = rgba.chunks_exact(4).map(|pixel| [pixel[3], pixel[0], pixel[1], pixel[2]]);
    turned.flatten().collect()
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not text", path.display()))
}
