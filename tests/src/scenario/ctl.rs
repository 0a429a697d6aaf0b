//! `belfryctl` as a process, in a home of its own and without a session bus, so that no scenario can reach
//! the keychain of whoever runs it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::lines::Watch;
use crate::programs;
use crate::wait::PATIENCE;

/// The variable that scenarios keep their token in.
pub const TOKEN_VARIABLE: &str = "SCENARIO_TOKEN";

/// `belfryctl` with a home and a profile.
pub struct Ctl {
    program: PathBuf,
    home: TempDir,
    token: Option<String>,
    log: &'static str,
    beside: Option<PathBuf>,
}

/// A run of `belfryctl` that has ended.
#[derive(Debug, Clone)]
pub struct Done {
    /// The exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Done {
    /// Standard output as JSON, line by line.
    ///
    /// # Errors
    /// If a line is something else.
    pub fn json(&self) -> Result<Vec<Value>> {
        let parse = |line: &str| serde_json::from_str(line).with_context(|| format!("{line:?} is no JSON"));
        self.out.lines().map(parse).collect()
    }

    /// The same run, if it ended with this exit code.
    ///
    /// # Errors
    /// If it ended with another one.
    pub fn expect(self, code: i32) -> Result<Self> {
        ensure!(self.code == code, "exit code {} instead of {code}: {self:?}", self.code);
        Ok(self)
    }
}

impl Ctl {
    /// A new home with an empty profile.
    ///
    /// # Errors
    /// If `belfryctl` cannot be found or built.
    pub async fn new() -> Result<Self> {
        let program = program().await?;
        Ok(Self { program, home: tempfile::tempdir()?, token: None, log: "warn", beside: None })
    }

    /// Gives each run this token, in [`TOKEN_VARIABLE`].
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Sets `BELFRY_LOG`.
    #[must_use]
    pub fn with_log(mut self, log: &'static str) -> Self {
        self.log = log;
        self
    }

    /// Works on the profile of an engine that runs in this process, and finds its socket.
    #[must_use]
    pub fn beside(mut self, profile: &Path) -> Self {
        self.beside = Some(profile.to_owned());
        self
    }

    /// The profile's folder.
    #[must_use]
    pub fn profile(&self) -> PathBuf {
        self.beside.clone().unwrap_or_else(|| self.home.path().join("profile"))
    }

    /// Everything that a run may write to.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A run with these arguments, not yet started; `@profile` in them is the profile's folder.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let profile = self.profile();
        let mut command = Command::new(&self.program);
        for arg in args {
            match *arg {
                "@profile" => command.arg(&profile),
                arg => command.arg(arg),
            };
        }
        let home = self.home.path();
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", home.join("no-bus").display()))
            .env("LANG", "C.UTF-8")
            .env("BELFRY_LOG", self.log)
            .envs(self.token.as_ref().map(|token| (TOKEN_VARIABLE, token)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if self.beside.is_some() {
            // Where the socket is looked for.
            command.env("TMPDIR", std::env::temp_dir()).env_remove("XDG_RUNTIME_DIR");
            command.envs(std::env::var_os("XDG_RUNTIME_DIR").map(|folder| ("XDG_RUNTIME_DIR", folder)));
        }
        command
    }

    /// The same run as the last part of another command.
    #[must_use]
    pub fn command_under(&self, wrapper: &[&str], args: &[&str]) -> Command {
        let run = self.command(args);
        let run = run.as_std();
        let mut command = Command::new(wrapper.first().copied().unwrap_or_default());
        command.args(wrapper.iter().skip(1)).arg(run.get_program()).args(run.get_args()).env_clear();
        for (name, value) in run.get_envs() {
            command.envs(value.map(|value| (name, value)));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// If it does not end in time.
    pub async fn run(&self, args: &[&str]) -> Result<Done> {
        self.run_with_input(args, "").await
    }

    /// Runs it to its end with something on standard input.
    ///
    /// # Errors
    /// If it does not end in time.
    pub async fn run_with_input(&self, args: &[&str], input: &str) -> Result<Done> {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // It need not read it.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let Ok(output) = timeout(PATIENCE, child.wait_with_output()).await else {
            bail!("belfryctl {args:?} did not end within {PATIENCE:?}");
        };
        let output = output?;
        Ok(Done {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// Starts `belfryctl --json watch …`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn watch(&self, args: &[&str]) -> Result<Watch> {
        let args: Vec<&str> = ["--json", "watch"].iter().chain(args).copied().collect();
        Watch::start(self.command(&args))
    }

    /// Starts `belfryctl --json watch` on the profile, with the token of [`Self::with_token`].
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn watch_profile(&self, api: &str, more: &[&str]) -> Result<Watch> {
        let args =
            ["--profile", "@profile", "--url", api, "--token-env", TOKEN_VARIABLE, "--retry-min", "5ms"];
        let args: Vec<&str> = args.iter().chain(&["--retry-base", "5ms"]).chain(more).copied().collect();
        self.watch(&args)
    }

    /// All stored messages, oldest first.
    ///
    /// # Errors
    /// If they cannot be exported.
    pub async fn export(&self) -> Result<Vec<Value>> {
        self.run(&["--profile", "@profile", "export"]).await?.expect(0)?.json()
    }
}

/// `belfryctl`, built where it is missing or older than its sources.
async fn program() -> Result<PathBuf> {
    static PROGRAM: OnceCell<PathBuf> = OnceCell::const_new();
    let program = PROGRAM.get_or_try_init(|| async {
        match programs::belfryctl() {
            Ok(program) if is_fresh(&program) => Ok(program),
            Ok(_) | Err(_) => {
                build().await?;
                programs::belfryctl()
            }
        }
    });
    program.await.cloned()
}

async fn build() -> Result<()> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "-p", "belfry-cli", "--manifest-path"]).arg(manifest);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo.status().await.context("cargo could not be started")?;
    ensure!(built.success(), "belfryctl could not be built");
    Ok(())
}

/// Whether no source that cargo lists for a program has changed since it was built.
fn is_fresh(program: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    let Some(built) = changed(program) else { return false };
    let Ok(list) = std::fs::read_to_string(program.with_extension("d")) else { return false };
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources);
    let newer = |time: SystemTime| time > built;
    !sources.split_whitespace().any(|source| changed(Path::new(source)).is_none_or(newer))
}
