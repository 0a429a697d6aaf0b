//! The command line: a contract that scripts depend on. In the library, so that manual pages and completions are made
//! from it. Deliberately not here: what the values do.

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use etcetera::app_strategy::{AppStrategy, AppStrategyArgs};

use crate::{Config, Data, Epoch, Tokens, demo};

/// The exit code for wrong usage, also for a token file that is wrong.
pub const USAGE: u8 = 2;

/// Belfry's message server: authenticated event streams, history and read state over SQLite.
#[derive(Debug, Parser)]
#[command(name = "belfry-server", version, after_help = AFTER)]
pub struct Args {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,

    /// Folder for messages and generated tokens [default: the platform's data folder].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// File of lines `token user role`, where role is subscriber or publisher. It is read again when it changes.
    /// Without it a random pair is made on first start, kept in the data folder and printed that once.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,

    /// File of lines `user role hash` of those who may sign in with a password. It is read again when it changes.
    /// Without it there is no `/auth/login`.
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,

    /// Reads a password from standard input, prints the hash for the users file, and ends.
    #[arg(long)]
    pub hash_password: bool,

    /// Time between two comments on a stream: 500ms, 15s, 1m.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = heartbeat)]
    heartbeat: Duration,

    /// How long a change is kept: 12h, 30d, or `forever`.
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = retention)]
    retention: Retention,

    /// Origin of a web page that may use the server, e.g. https://example.org; may be repeated.
    #[arg(long = "allow-origin", value_name = "ORIGIN", value_parser = origin)]
    allow_origins: Vec<String>,

    /// Host name under which the server is reached, beside the listen address and localhost; may be repeated.
    #[arg(long = "public-host", value_name = "HOST", value_parser = host)]
    public_hosts: Vec<String>,

    /// The data folder was restored from a backup: begins a new epoch, so that clients fetch what they may have missed.
    #[arg(long)]
    restored: bool,

    /// Connections at once, at most; one more is refused. Each needs a file descriptor.
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,

    /// Publishes sample messages to every subscriber, one every few seconds.
    #[arg(long)]
    demo: bool,
}

const AFTER: &str = "\
Logs go to standard error; BELFRY_LOG sets what is logged, e.g. BELFRY_LOG=belfry_server=debug.
Exit codes: 0 ended by SIGTERM or Ctrl+C, 1 failed, 2 wrong usage.";

/// How long a change is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retention {
    Kept(Duration),
    Forever,
}

/// Why there are no arguments to go on with.
#[derive(Debug)]
pub struct Early(clap::Error);

impl Args {
    /// Reads the command line, the program's name first.
    ///
    /// # Errors
    /// [`Early`] if the program is not to be started.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, Early> {
        Self::try_parse_from(words).map_err(Early)
    }

    /// What the server is started with.
    ///
    /// # Errors
    /// If the platform names no folder for its data.
    pub fn config(self) -> anyhow::Result<Config> {
        let data = match self.data {
            Some(folder) => folder,
            None => platform_folder()?,
        };
        Ok(Config {
            listen: self.listen,
            data: Data::Folder(data),
            tokens: self.tokens.map_or(Tokens::DataFolder, Tokens::File),
            users: self.users,
            heartbeat: self.heartbeat,
            retention: match self.retention {
                Retention::Kept(time) => Some(time),
                Retention::Forever => None,
            },
            allow_origins: self.allow_origins,
            public_hosts: self.public_hosts,
            max_connections: self.max_connections as usize,
            epoch: if self.restored { Epoch::Renew } else { Epoch::Keep },
            demo: self.demo.then(demo::Pace::default),
            ..Config::default()
        })
    }
}

impl Early {
    /// Prints help or version on standard output, a mistake as one line on standard error.
    #[must_use]
    pub fn print(self) -> ExitCode {
        if !self.0.use_stderr() {
            return if self.0.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        // Nobody is left to be told if standard error is closed.
        let _ = writeln!(std::io::stderr(), "belfry-server: {}", self.line());
        ExitCode::from(USAGE)
    }

    /// The mistake in one line: clap's first paragraph, with its indented lines joined.
    fn line(&self) -> String {
        let text = self.0.render().to_string();
        let paragraph = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = paragraph.lines().map(str::trim).collect();
        words.join(" ").trim_start_matches("error: ").to_owned()
    }
}

fn platform_folder() -> anyhow::Result<PathBuf> {
    let names = AppStrategyArgs {
        top_level_domain: "org".to_owned(),
        author: "belfry".to_owned(),
        app_name: "belfry-server".to_owned(),
    };
    Ok(etcetera::app_strategy::choose_native_strategy(names)?.data_dir())
}

fn heartbeat(text: &str) -> Result<Duration, String> {
    match time(text) {
        Some(time) if time >= Duration::from_millis(10) && time <= Duration::from_secs(3600) => Ok(time),
        Some(_) | None => Err("a time from 10ms to 1h, e.g. 15s".to_owned()),
    }
}

fn retention(text: &str) -> Result<Retention, String> {
    if text == "forever" {
        return Ok(Retention::Forever);
    }
    let kept = time(text).filter(|time| !time.is_zero());
    kept.map(Retention::Kept).ok_or_else(|| "a time such as 12h or 30d, or `forever`".to_owned())
}

/// Reads a whole number with its unit: ms, s, m, h or d.
fn time(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(60 * 60),
        "d" => seconds(24 * 60 * 60),
        _ => None,
    }
}

/// An origin exactly as a browser writes it (Fetch standard 3.2, serialising an origin).
fn origin(text: &str) -> Result<String, String> {
    let same = |url: url::Url| url.origin().is_tuple() && url.origin().ascii_serialization() == text;
    let opaque = text.strip_prefix("tauri://").is_some_and(|host| !host.is_empty() && !host.contains('/'));
    if opaque || url::Url::parse(text).is_ok_and(same) {
        return Ok(text.to_owned());
    }
    Err("an origin as browsers write it: https://example.org, without a path and without a default port"
        .to_owned())
}

fn host(text: &str) -> Result<String, String> {
    url::Host::parse(text)
        .map(|_| text.to_owned())
        .map_err(|_| "a host name without scheme, port and path, e.g. belfry.example.org".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Args, String> {
        let words = ["belfry-server"].iter().chain(words).map(OsString::from);
        Args::read(words).map_err(|early| early.line())
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let args = read(&["--data", "/d"]).unwrap();
        assert_eq!(
            (args.listen.to_string(), args.heartbeat),
            ("127.0.0.1:8787".into(), Duration::from_secs(15))
        );
        let config = args.config().unwrap();
        assert_eq!(config.retention, Some(Duration::from_secs(30 * 86_400)));
        assert!(matches!(config.tokens, Tokens::DataFolder));
        assert!(config.allow_origins.is_empty() && config.public_hosts.is_empty() && config.demo.is_none());
        assert_eq!((config.data, config.epoch), (Data::Folder("/d".into()), Epoch::Keep));
    }

    #[test]
    fn every_flag_reaches_the_configuration() {
        let words = "--listen [::1]:0 --data /d --tokens /t --users /u --heartbeat 500ms --retention forever --restored --demo --max-connections 7 \
                     --allow-origin https://a.example --allow-origin http://b.example:81 --public-host c.example";
        let config = read(&words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>())
            .unwrap()
            .config()
            .unwrap();
        assert_eq!(config.listen.to_string(), "[::1]:0");
        assert!(matches!(config.tokens, Tokens::File(path) if path.as_os_str() == "/t"));
        assert_eq!(config.users, Some("/u".into()));
        assert_eq!((config.heartbeat, config.retention), (Duration::from_millis(500), None));
        assert_eq!(config.allow_origins, ["https://a.example", "http://b.example:81"]);
        assert_eq!((config.public_hosts, config.epoch), (vec!["c.example".to_owned()], Epoch::Renew));
        assert!(config.demo.is_some());
        assert_eq!(config.max_connections, 7);
    }

    #[test]
    fn a_mistake_is_one_line_with_the_flag_the_value_and_what_is_allowed() {
        for (flag, value, allowed) in [
            ("--heartbeat", "soon", "15s"),
            ("--heartbeat", "2h", "1h"),
            ("--retention", "0d", "30d"),
            ("--retention", "99999999999999999999d", "30d"),
            ("--allow-origin", "https://a.example/", "https://example.org"),
            ("--allow-origin", "*", "https://example.org"),
            ("--public-host", "http://a.example", "without scheme"),
            ("--max-connections", "0", "1.."),
            ("--listen", "everywhere", "--listen"),
        ] {
            let line = read(&[flag, value]).unwrap_err();
            let whole = line.contains(flag) && line.contains(value) && line.contains(allowed);
            assert!(whole && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn an_unknown_flag_is_one_line() {
        let line = read(&["--nonsense"]).unwrap_err();
        assert!(line.contains("--nonsense") && !line.contains('\n'), "{line}");
    }
}
