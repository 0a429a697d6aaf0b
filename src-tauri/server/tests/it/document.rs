//! `docs/protocol.md`, "Try it with curl": every command of it is run, in the order of the page and in its terminals.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::client::within;

/// The shell blocks of the section, with a free port in place of the usual one.
fn blocks(port: u16) -> Vec<String> {
    let page = include_str!("../../../../docs/protocol.md");
    let section = page.split_once("\n## Try it with curl\n").unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    blocks.map(|block| block.replace("8787", &port.to_string())).collect()
}

/// A shell in `folder` that finds the built server, leads a process group of its own and is killed with the test.
fn terminal(folder: &Path, script: &str) -> Command {
    let built = Path::new(env!("CARGO_BIN_EXE_belfry-server")).parent().unwrap();
    let path = format!("{}:{}", built.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell
        .arg("-uc")
        .arg(script)
        .current_dir(folder)
        .env("PATH", path)
        .kill_on_drop(true)
        .stdin(Stdio::null());
    shell
}

/// The lines of a program until one holds `what`.
async fn read_until(lines: &mut (impl AsyncBufReadExt + Unpin), what: &str) -> String {
    within(async {
        let mut seen = String::new();
        while !seen.contains(what) {
            assert!(lines.read_line(&mut seen).await.unwrap() > 0, "it ended without {what:?}: {seen}");
        }
        seen
    })
    .await
}

async fn end(mut child: Child) {
    child.kill().await.unwrap();
}

#[tokio::test]
async fn every_command_of_the_page_does_what_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let blocks = blocks(port);
    let serves = |block: &&String| block.contains("--listen");
    let listens = |block: &&String| block.contains("-sN") && !block.contains("-m ");
    let server: Vec<&String> = blocks.iter().filter(serves).collect();
    let listening: Vec<&String> = blocks.iter().filter(listens).collect();
    let ([server], [listening]) = (&server[..], &listening[..]) else { panic!("{blocks:#?}") };
    // The last command takes the shell's place, so that ending one ends the other.
    let server = server.replace("\nbelfry-server --listen", "\nexec belfry-server --listen");
    let mut server = terminal(folder.path(), &server).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    read_until(&mut log, "listening").await;

    let listening = format!("exec {listening}");
    let mut listening = terminal(folder.path(), &listening).stdout(Stdio::piped()).spawn().unwrap();
    let mut heard = BufReader::new(listening.stdout.take().unwrap());
    read_until(&mut heard, "event: ready").await;

    let asked = blocks.iter().filter(|block| !serves(block) && !listens(block));
    let second: Vec<&str> = asked.map(String::as_str).collect();
    let script = second.join("echo ---\n");
    let mut shell = terminal(folder.path(), &script).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    within(shell.stdout.take().unwrap().read_to_string(&mut said)).await.unwrap();
    within(shell.wait()).await.unwrap();

    let parts: Vec<Vec<&str>> = said.split("---\n").map(|part| part.lines().collect()).collect();
    let [asked, published, resumed, polled, marked, signed_in] = &parts[..] else { panic!("{said}") };
    assert_eq!(asked[0], r#"{"status":"ok","protocol":1}"#);
    assert_eq!(asked[1], r#"{"user":"me","name":"me","role":"subscriber"}"#);
    assert!(asked[2].starts_with(r#"{"messages":[],"#) && asked.len() == 3, "{said}");
    assert_eq!(published[..], ["1"], "the id alone");
    assert!(resumed[0].starts_with(r#"{"id":"2","cursor":""#), "{said}");
    let events: Vec<&str> = resumed.iter().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(events, ["system", "ready"], "what was missed and nothing else");
    assert!(polled[0].contains(r#""title":"Meanwhile""#) && !polled[0].contains("Somebody"), "{said}");
    assert_eq!(marked[..], [r#"{"unread":1}"#, r#"{"unread":1}"#]);
    assert_eq!(signed_in[0], asked[1]);
    assert!(signed_in[1].contains(r#""code":"unauthorized""#) && signed_in.len() == 2, "{said}");

    let heard = read_until(&mut heard, "event: deleted").await;
    for event in ["event: reply", "event: system", "event: read"] {
        assert!(heard.contains(event), "{event}: {heard}");
    }
    end(listening).await;
    end(server).await;
}
