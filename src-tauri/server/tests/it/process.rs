//! The built program: its output, its signals, its tokens, and a kill at any moment.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use belfry_server::Token;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::client::{End, User, http, status, within};

/// A running program with what it has said so far.
struct Program {
    child: Child,
    api: String,
    log: tokio::task::JoinHandle<String>,
}

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belfry-server"));
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.arg("--data").arg(data).args(arguments);
    command.env("BELFRY_LOG", "trace").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

impl Program {
    /// Starts the program and waits until it says where it listens.
    async fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut child = command(data, arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let address = within(async {
            loop {
                let line = lines.next_line().await.unwrap().expect("the program says where it listens");
                let address =
                    line.split_once("address=").map(|(_, rest)| rest.split(' ').next().unwrap().to_owned());
                said.push_str(&line);
                said.push('\n');
                if let Some(address) = address {
                    return address;
                }
            }
        })
        .await;
        let log = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                said.push_str(&line);
                said.push('\n');
            }
            said
        });
        Self { child, api: format!("http://{address}/api"), log }
    }

    fn user(&self, token: &str) -> User {
        User { http: http(), api: self.api.clone(), token: Token::new(token) }
    }

    #[cfg(unix)]
    fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for the end: the exit code, standard output, the log.
    async fn ended(mut self) -> (Option<i32>, String, String) {
        let mut out = String::new();
        within(self.child.stdout.take().unwrap().read_to_string(&mut out)).await.unwrap();
        let status = within(self.child.wait()).await.unwrap();
        (status.code(), out, within(self.log).await.unwrap())
    }
}

const TOKENS: &str = "sub-secret-1 me subscriber\npub-secret-2 site publisher\n";

#[cfg(unix)]
#[tokio::test]
async fn sigterm_ends_streams_cleanly_and_the_program_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("t");
    std::fs::write(&tokens, TOKENS).unwrap();
    let program = Program::start(folder.path(), &["--tokens", tokens.to_str().unwrap()]).await;
    let mut stream = program.user("sub-secret-1").stream(None).await;
    stream.replay().await;
    let began = Instant::now();
    program.terminate();
    assert_eq!(stream.end().await, End::Clean);
    let (code, out, _) = program.ended().await;
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[cfg(unix)]
#[tokio::test]
async fn the_first_start_shows_a_token_pair_and_the_second_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let program = Program::start(&data, &[]).await;
    program.terminate();
    let (_, first, log) = program.ended().await;
    let grants = belfry_server::parse_tokens(&first).unwrap();
    let shown: Vec<_> = grants.iter().map(|grant| (grant.user.as_str(), grant.role.as_str())).collect();
    assert_eq!(shown, [("me", "subscriber"), ("publisher", "publisher")]);
    assert!(grants.iter().all(|grant| !log.contains(grant.token.expose())));

    let program = Program::start(&data, &[]).await;
    assert_eq!(status(program.user(grants[0].token.expose()).get("/me")).await, 200);
    program.terminate();
    assert_eq!(program.ended().await.1, "");
}

#[cfg(unix)]
#[tokio::test]
async fn no_token_and_no_query_reaches_the_log_at_any_level() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("t");
    std::fs::write(&tokens, TOKENS).unwrap();
    let program = Program::start(folder.path(), &["--tokens", tokens.to_str().unwrap()]).await;
    let (subscriber, publisher) = (program.user("sub-secret-1"), program.user("pub-secret-2"));
    let body = json!({"to":"me","type":"reply","title":"T"});
    assert_eq!(status(publisher.post("/messages", &body)).await, 201);
    assert_eq!(status(subscriber.get("/messages?after=query-text")).await, 200);
    assert_eq!(status(program.user("unknown-secret").get("/me")).await, 401);
    for token in ["sub-secret-1", "unknown-secret"] {
        status(http().get(format!("{}/sse/connect?token={token}", program.api))).await;
    }
    program.terminate();
    let (_, out, log) = program.ended().await;
    assert!(log.contains("/messages") && log.contains("stream opened"), "the log is on: {log}");
    for hidden in ["secret", "query-text", "token="] {
        assert!(!log.contains(hidden) && !out.contains(hidden), "{hidden}: {log}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_password_is_hashed_by_the_program_and_signs_in_without_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let mut hashing = Command::new(env!("CARGO_BIN_EXE_belfry-server"))
        .arg("--hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    hashing.stdin.take().unwrap().write_all(b"open secret\n").await.unwrap();
    let output = within(hashing.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    let hash = String::from_utf8(output.stdout).unwrap();
    let users = folder.path().join("u");
    std::fs::write(&users, format!("me subscriber {hash}")).unwrap();
    let program = Program::start(folder.path(), &["--users", users.to_str().unwrap()]).await;
    let login = |password: &str| {
        let body = json!({"username":"me","password":password});
        http().post(format!("{}/auth/login", program.api)).json(&body)
    };
    assert_eq!(status(login("another secret")).await, 401);
    let answer = within(login("open secret").send()).await.unwrap();
    let answer: serde_json::Value = within(answer.json()).await.unwrap();
    let token = answer["token"].as_str().unwrap();
    assert_eq!(status(program.user(token).get("/me")).await, 200);
    program.terminate();
    let (_, _, log) = program.ended().await;
    assert!(log.contains("signed in"));
    let database = std::fs::read(folder.path().join("belfry-server.db")).unwrap();
    let database = String::from_utf8_lossy(&database);
    for hidden in ["secret", token, hash.trim()] {
        assert!(!log.contains(hidden) && !database.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn a_token_taken_out_of_the_file_ends_its_stream_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("t");
    std::fs::write(&tokens, TOKENS).unwrap();
    let mut program = Program::start(folder.path(), &["--tokens", tokens.to_str().unwrap()]).await;
    let user = program.user("sub-secret-1");
    let mut stream = user.stream(None).await;
    stream.replay().await;
    let began = Instant::now();
    std::fs::write(&tokens, "sub-secret-3 me subscriber\n").unwrap();
    assert_eq!(stream.end().await, End::Clean);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(status(user.get("/me")).await, 401);
    assert_eq!(status(program.user("sub-secret-3").get("/me")).await, 200);
    program.child.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("t");
    std::fs::write(&tokens, TOKENS).unwrap();
    let arguments = ["--tokens", tokens.to_str().unwrap()];
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut program = Program::start(folder.path(), &arguments).await;
        let (sender, mut answers) = tokio::sync::mpsc::channel(1000);
        for task in 0..4 {
            let (publisher, sender) = (program.user("pub-secret-2"), sender.clone());
            tokio::spawn(async move {
                for number in 0.. {
                    let title = format!("{round}.{task}.{number}");
                    let body = json!({"to":"me","type":"reply","title":title});
                    // The kill ends the loop.
                    let Ok(answer) = publisher.post("/messages", &body).send().await else { return };
                    if answer.status() != 201 || sender.send(title).await.is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for _ in 0..40 {
            acknowledged.push(within(answers.recv()).await.unwrap());
        }
        program.child.kill().await.unwrap();
        while let Some(title) = within(answers.recv()).await {
            acknowledged.push(title);
        }
    }
    let mut program = Program::start(folder.path(), &arguments).await;
    let user = program.user("sub-secret-1");
    let (mut stored, mut before) = (Vec::new(), String::new());
    loop {
        let page = user.page(&format!("?limit=500{before}")).await;
        before = match page
            .messages
            .iter()
            .map(|message| message.id.clone().unwrap())
            .min_by_key(|id| id.parse::<u64>().unwrap())
        {
            Some(oldest) => format!("&before={oldest}"),
            None => break,
        };
        stored.extend(page.messages.into_iter().map(|message| message.title.unwrap()));
    }
    let lost: Vec<_> = acknowledged.iter().filter(|title| !stored.contains(title)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let count = stored.len();
    stored.sort();
    stored.dedup();
    assert_eq!(stored.len(), count, "none twice");
    program.child.kill().await.unwrap();
}

#[tokio::test]
async fn wrong_usage_is_one_line_and_2_and_what_fails_is_1() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad");
    std::fs::write(&bad, "secret-without-role\n").unwrap();
    let bad = bad.to_str().unwrap();
    let mut running = Program::start(&folder.path().join("used"), &[]).await;
    let taken = running.api.trim_start_matches("http://").trim_end_matches("/api").to_owned();
    for (data, arguments, code, says) in [
        ("a", vec!["--heartbeat", "soon"], 2, "--heartbeat"),
        ("a", vec!["--nonsense"], 2, "--nonsense"),
        ("a", vec!["--tokens", bad], 2, "line 1"),
        ("a", vec!["--tokens", "/nonexistent/tokens"], 2, "/nonexistent/tokens"),
        ("a", vec!["--users", bad], 2, "line 1"),
        ("a", vec!["--users", "/nonexistent/users"], 2, "/nonexistent/users"),
        ("used", vec![], 1, "another belfry-server"),
        ("a", vec!["--listen", &taken], 1, "cannot listen on"),
    ] {
        let output = within(command(&folder.path().join(data), &arguments).output()).await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(says) && said.lines().count() == 1 && !said.contains("secret"), "{said}");
        assert!(output.stdout.is_empty());
    }
    running.child.kill().await.unwrap();
}

#[tokio::test]
async fn help_names_every_flag() {
    let output =
        within(Command::new(env!("CARGO_BIN_EXE_belfry-server")).arg("--help").output()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for flag in [
        "--listen",
        "--data",
        "--tokens",
        "--heartbeat",
        "--retention",
        "--allow-origin",
        "--public-host",
        "--users",
        "--hash-password",
        "--max-connections",
        "--restored",
        "--demo",
    ] {
        assert!(text.contains(flag), "{flag}");
    }
}
