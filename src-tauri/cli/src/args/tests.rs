use std::time::Duration;

use super::*;

fn read(line: &[&str]) -> Result<Arguments, Instead> {
    Arguments::read(std::iter::once("belfryctl").chain(line.iter().copied()).map(OsString::from))
}

fn usage(line: &[&str]) -> String {
    match read(line) {
        Err(Instead::Usage(text)) => text,
        other => panic!("{line:?} gave {other:?}"),
    }
}

#[test]
fn the_definitions_hold_together() {
    use clap::CommandFactory;
    Arguments::command().debug_assert();
}

#[test]
fn the_contract_is_understood() {
    for line in [
        "source add --name 社区 --url https://example.org/api --site https://example.org --dialect native --token-stdin --secrets keychain",
        "source list",
        "source remove 社区",
        "source token 社区 --token-env T",
        "source sign-out 社区",
        "source add --name 社区 --url https://example.org/api --user me --password-stdin --secrets session",
        "source add --name 社区 --url https://example.org/api --user me --password-env P",
        "source sign-in 社区 --user me --password-stdin",
        "source sign-in 社区 --user me --password-env P --json",
        "source test 社区",
        "search 通知 deploy --limit 5 --kind reply --source 社区 --json",
        "doctor",
        "doctor --url http://h/api --token-env T --json",
        "source set 社区 attempts=3 idle_timeout=45s template.reply=/p/{relatedId}",
        "--profile /p --json watch",
        "watch --url http://127.0.0.1:1/api --token-env T --secrets session --since beginning --count 3 --for 30s \
         --idle-timeout 45s --retry-min 1s --retry-base 1s --retry-max 60s --attempts 10 --poll-every 60s \
         --stream-path /s --history-path /h",
        "frames --url http://127.0.0.1:1/api/sse/connect?topic=a --token-env T --header-env X-Key:K --last-event-id k7-42 \
         --count 1 --for 500ms --reconnect --idle-timeout 45s --retry-min 1s --retry-base 1s --retry-max 60s --attempts 3 \
         --poll-every 60s --stream-path /s --history-path /h",
        "list --unread --kind reply --source N --limit 5 --before 42",
        "list --kind reply --json --profile /p",
        "unread --json",
        "show 42",
        "list --archived --kind reply --limit 5",
        "list --snoozed --pinned",
        "snooze 42 --at 2026-11-27T09:00+08:00",
        "wake 42 43",
        "unpin 42",
        "read 1 2 3",
        "read --all",
        "archive 1 2",
        "delete 3 --json",
        "send --url http://h/api --token-env T --to me --kind reply --title T --content C --related-id 7 --link /p/7 --priority 5 --idempotency-key K",
        "send --url http://h/api --token-env T --to * --type reply --title T",
        "send --url http://h/api --token-env T --to * --kind reply --title T --link zotero://select/1",
        "export --format csv",
        "export",
        "completions zsh",
        "man --out /tmp/man",
    ] {
        if let Err(other) = read(&line.split_whitespace().collect::<Vec<_>>()) {
            panic!("{line}: {other:?}");
        }
    }
}

#[test]
fn a_wrong_line_gets_one_line_with_flag_value_and_what_is_allowed() {
    for (line, wanted) in [
        (&["watch", "--for", "soon"][..], &["--for", "'soon'", "30s"][..]),
        (&["watch", "--for", "0s"], &["--for", "'0s'", "30s"]),
        (&["watch", "--count", "0"], &["--count", "'0'", "from 1 on"]),
        (&["watch", "--attempts", "many"], &["--attempts", "'many'", "1 to 1000"]),
        (&["watch", "--since", "ga\u{7f}p"], &["--since", "beginning, now"]),
        (&["watch", "--url", "example.org"], &["--url", "'example.org'", "https://example.org/api"]),
        (&["watch", "--secrets", "file"], &["--secrets", "'file'", "keychain", "session"]),
        (&["watch", "--cuont", "1"], &["--cuont", "--count", "--profile"]),
        (&["wacth"], &["wacth", "watch", "frames", "export"]),
        (&[], &["belfryctl", "command", "watch", "export"]),
        (&["source"], &["source", "add", "list"]),
        (&["watch", "--token=s"], &["--token", "--token-env"]),
        (&["send", "--url", "http://h/api"], &["--title", "--to", "--kind", "--token-stdin"]),
        (&["show", "x"], &["'x'", "<ID>", "number"]),
        (&["export", "--format", "xml"], &["--format", "'xml'", "jsonl", "csv"]),
        (&["watch", "--stream-path", "sse"], &["--stream-path", "'sse'", "/sse/connect"]),
        (&["list", "--limit", "-1"], &["--limit", "-1"]),
        (&["source", "set", "s", "attempts=many"], &["<KEY=VALUE>", "'attempts=many'", "1 to 1000"]),
        (&["source", "set", "s"], &["<KEY=VALUE>"]),
        (&["search"], &["<QUERY>"]),
        (&["search", " "], &["<QUERY>", "some text"]),
        (&["doctor", "--url", "h"], &["--url", "'h'", "https://example.org/api"]),
        (&["send", "--priority", "9"], &["--priority", "'9'", "1 to 5"]),
        (&["send", "--link", "javascript:x"], &["--link", "'javascript:x'", "/posts/7"]),
        (&["completions", "tcsh"], &["tcsh", "bash", "zsh", "fish"]),
        (&["watch", "--token-stdin", "--token-env", "T"], &["--token-stdin", "--token-env"]),
        (&["source", "sign-in", "s", "--user", "me"], &["--password-stdin", "--password-env"]),
        (&["source", "sign-in", "s", "--password-stdin"], &["--user"]),
        (&["source", "sign-in", "s", "--user", " ", "--password-stdin"], &["--user", "one line"]),
        (
            &["source", "sign-in", "s", "--password", "p"],
            &["--password", "--password-stdin", "--password-env"],
        ),
        (&["source", "add", "--name", "s", "--url", "http://h/api", "--user", "me"], &["--password-stdin"]),
        (&["source", "add", "--name", "s", "--url", "http://h/api", "--password-stdin"], &["--user"]),
        (
            &[
                "source",
                "add",
                "--name",
                "s",
                "--url",
                "http://h/api",
                "--user",
                "me",
                "--password-stdin",
                "--token-stdin",
            ],
            &["--user", "--token-stdin"],
        ),
        (
            &["source", "sign-in", "s", "--user", "me", "--password-stdin", "--password-env", "P"],
            &["--password-stdin", "--password-env"],
        ),
    ] {
        let text = usage(line);
        for part in wanted {
            assert!(text.contains(part), "{line:?}: {text:?} lacks {part:?}");
        }
        assert!(!text.contains('\n'), "{line:?}: {text:?}");
    }
}

#[test]
fn secrets_are_refused_as_arguments_and_not_repeated() {
    let url = "http://h/s";
    for line in [
        &["frames", "--url", url, "--header", "Authorization: Bearer s3cret"][..],
        &["frames", "--url", url, "--header", "cookie: s3cret"],
        &["frames", "--url", url, "--header", "X-Api-Key: s3cret"],
        &["frames", "--url", url, "--header", "X-Gotify-Token:s3cret"],
        &["frames", "--url", "http://h/s?token=s3cret"],
        &["frames", "--url", "http://u:s3cret@h/s"],
        &["watch", "--url", "http://u:s3cret@h/api"],
        &["watch", "--url", "http://h/api?access_token=s3cret"],
        &["source", "sign-in", "s", "--user", "me", "--password=s3cret"],
        &["watch", "--url", "http://u:s3cret?x@h/api"],
        &["source", "add", "--name", "s", "--url", "u:s3cret@h/api"],
        &["source", "add", "--name", "s", "--site", "ftp://u:s3cret@h"],
        &["source", "set", "<KEY=VALUE>", "proxy=http://u:s3cret@h:1"],
        &["source", "set", "<KEY=VALUE>", "header.X-Token=s3cret"],
        &["source", "set", "<KEY=VALUE>", "stream_path=s?token=s3cret"],
        &["source", "set", "<KEY=VALUE>", "site=u:s3cret@h"],
        &["source", "set", "<KEY=VALUE>", "token=s3cret"],
        &["source", "set", "<KEY=VALUE>", "s3cret"],
        &["source", "token", "--token-stdin", "s", "s3cret"],
    ] {
        let text = usage(line);
        assert!(!text.contains("s3cret"), "{text}");
        assert!(line[1] == "token" || text.contains(line[line.len() - 2]), "{text}");
    }
    let header = |of: &str| usage(&[of, "--url", url, "--header", "X-Api-Key: a"]);
    assert!(header("frames").contains("use --header-env 'X-Api-Key: VAR'"));
    assert!(header("doctor").contains("frames") && header("send").contains("frames"));
    assert!(read(&["frames", "--url", url, "--header", "Accept-Language: de"]).is_ok());
    assert!(read(&["frames", "--url", url, "--header-env", "Authorization: VAR"]).is_ok());
}

#[test]
fn spans_are_exact() {
    let of = |text| values::span(text).ok();
    assert_eq!(of("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(of("45s"), Some(Duration::from_secs(45)));
    assert_eq!(of("2m"), Some(Duration::from_secs(120)));
    assert_eq!(of("1h"), Some(Duration::from_secs(3600)));
    for bad in ["", "s", "5", "5 s", "-1s", "1.5s", "8761h", "99999999999999999999s", "5d", "0ms"] {
        assert_eq!(of(bad), None, "{bad:?}");
    }
}

#[test]
fn the_help_says_what_the_program_is_for() {
    let Err(Instead::Text(help)) = read(&["--help"]) else { panic!("no help") };
    assert!(help.starts_with("Belfry without a window"), "{help}");
}

#[test]
fn the_help_of_frames_names_only_what_works_there() {
    let Err(Instead::Text(help)) = read(&["frames", "--help"]) else { panic!("no help") };
    assert!(!help.contains("--poll-every") && !help.contains("--history-path"), "{help}");
    assert!(help.contains("--retry-max") && !help.contains("history is asked"), "{help}");
}

#[test]
fn help_and_version_are_results() {
    let version = Instead::Text(format!("belfryctl {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(read(&["--version"]).unwrap_err(), version);
    for line in [&["--help"][..], &["watch", "--help"], &["source", "add", "--help"]] {
        assert!(matches!(read(line), Err(Instead::Text(text)) if text.contains("--json")), "{line:?}");
    }
}
