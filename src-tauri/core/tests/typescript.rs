//! The window's types come from here: `ui/src/bridge/generated/` must say what the Rust types say.
//!
//! `BELFRY_BLESS=1 cargo test -p belfry-core --test typescript` writes them anew.

#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use belfry_core::action::{Action, Answer, Failure, Outcome, Query, SecretOutcome, SecretUse};
use belfry_core::view::View;
use ts_rs::{Config, TS};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bridge/generated")
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Line ends may differ in a checkout on Windows.
        (name, fs::read_to_string(path).unwrap().replace("\r\n", "\n"))
    };
    entries.map(read).collect()
}

#[test]
fn the_typescript_types_are_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new().with_out_dir(folder.path()).with_large_int("number");
    View::export_all(&config).unwrap();
    Action::export_all(&config).unwrap();
    Outcome::export_all(&config).unwrap();
    Failure::export_all(&config).unwrap();
    Query::export_all(&config).unwrap();
    Answer::export_all(&config).unwrap();
    SecretUse::export_all(&config).unwrap();
    SecretOutcome::export_all(&config).unwrap();
    let fresh = files(folder.path());
    assert!(fresh.len() > 10, "only {} types were exported", fresh.len());

    if env::var_os("BELFRY_BLESS").is_some() {
        let _ = fs::remove_dir_all(committed());
        fs::create_dir_all(committed()).unwrap();
        for (name, text) in &fresh {
            fs::write(committed().join(name), text).unwrap();
        }
    }
    let committed = files(&committed());
    let stale: Vec<&String> = fresh.keys().filter(|name| committed.get(*name) != fresh.get(*name)).collect();
    let extra: Vec<&String> = committed.keys().filter(|name| !fresh.contains_key(*name)).collect();
    assert!(
        stale.is_empty() && extra.is_empty(),
        "stale: {stale:?}, left over: {extra:?}; run this test with BELFRY_BLESS=1 and commit what changes"
    );
}
