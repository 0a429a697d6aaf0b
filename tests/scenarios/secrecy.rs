//! A token never reaches a file, an argument, standard output or standard error, however much is logged.

use std::path::Path;

use anyhow::Result;
use belfry_tests::scenario::{Ctl, message, quick_server};

/// The files below a folder that hold `text`, and how many were looked at.
fn files_with(folder: &Path, text: &str, found: &mut Vec<String>) -> Result<usize> {
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            looked_at += files_with(&path, text, found)?;
        } else if path.is_file() {
            looked_at += 1;
            let bytes = std::fs::read(&path)?;
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    Ok(looked_at)
}

#[tokio::test]
async fn a_token_leaves_no_trace() -> Result<()> {
    let server = quick_server().await?;
    let token = server.subscriber_token("me").unwrap().expose().to_owned();
    let publisher = server.publisher_token().unwrap().expose().to_owned();
    let ctl = Ctl::new().await?.with_token(&token).with_log("trace");
    let mut sinks = Vec::new();

    let mut watch = ctl.watch_profile(&server.api_url(), &[])?;
    watch.until_state("live").await?;
    server.publish(message("needle")).await?;
    watch.until_message("needle").await?;
    let arguments = std::fs::read(format!("/proc/{}/cmdline", watch.pid().unwrap()))?;
    sinks.push(String::from_utf8_lossy(&arguments).into_owned());
    // Over the socket to the running watch, which takes it in and refuses to keep it.
    let source = server.addr().to_string();
    let keep = ["--profile", "@profile", "source", "token", &source, "--token-stdin"];
    let done = ctl.run_with_input(&keep, &token).await?.expect(1)?;
    assert!(done.err.contains("settings of its own"), "{}", done.err);
    sinks.extend([done.out, done.err]);
    let mut found = Vec::new();
    // The needle shows that the search would find what is there.
    files_with(ctl.home(), "needle", &mut found)?;
    assert!(!found.is_empty());
    server.set_tokens(Vec::new());
    let done = watch.end().await?.expect(3)?;
    assert!(
        done.err.contains("TRACE") || done.err.contains("DEBUG") || done.err.contains("INFO"),
        "{}",
        done.err
    );
    sinks.extend([done.out, done.err]);

    let url = format!("{}/sse/connect", server.api_url());
    let done = ctl.run(&["frames", "--url", &url, "--token-env", "SCENARIO_TOKEN"]).await?.expect(3)?;
    sinks.extend([done.out, done.err]);
    let sending = Ctl::new().await?.with_token(&publisher).with_log("trace");
    let send = ["--to", "me", "--kind", "reply", "--title", "T"];
    let args = ["send", "--url", &server.api_url(), "--token-env", "SCENARIO_TOKEN"];
    let done = sending.run(&args.iter().chain(&send).copied().collect::<Vec<_>>()).await?;
    sinks.extend([done.out, done.err]);
    let add =
        ["--profile", "@profile", "source", "add", "--name", "s", "--url", "https://h/api", "--token-stdin"];
    let done = ctl.run_with_input(&add, &token).await?.expect(1)?;
    sinks.extend([done.out, done.err]);

    for secret in [&token, &publisher] {
        for sink in &sinks {
            assert!(!sink.contains(secret.as_str()), "{sink}");
        }
        let mut found = Vec::new();
        let looked_at =
            files_with(ctl.home(), secret, &mut found)? + files_with(sending.home(), secret, &mut found)?;
        assert_eq!(found, Vec::<String>::new());
        assert!(looked_at >= 3, "profile, settings and database: {looked_at}");
    }
    Ok(())
}
