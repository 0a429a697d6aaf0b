//! The built program and its exit codes where no server is needed.

#![expect(clippy::unwrap_used, reason = "a test ends where its ground is missing")]

use std::process::{Command, Output};

fn belfryctl(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_belfryctl")).args(args).output().unwrap()
}

#[test]
fn wrong_usage_is_one_line_on_standard_error_and_exit_code_2() {
    for args in
        [&["watch", "--for", "soon"][..], &["wacth"], &[], &["show", "x"], &["watch", "--secrets", "session"]]
    {
        let output = belfryctl(args);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {words}");
        assert!(words.starts_with("belfryctl: ") && words.lines().count() == 1, "{args:?}: {words}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    for args in [&["--help"][..], &["--version"], &["watch", "--help"]] {
        let output = belfryctl(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn a_log_filter_that_makes_no_sense_is_wrong_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_belfryctl"))
        .args(["--profile", "/nowhere", "list"])
        .env("BELFRY_LOG", "belfry=loud")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("BELFRY_LOG"));
}
