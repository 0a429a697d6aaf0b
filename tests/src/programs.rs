//! Where the built programs are. Building them is `./dev test`'s business.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// The desktop program: `$BELFRY_BIN`, or `belfry` beside the running test.
///
/// # Errors
/// If it has not been built.
pub fn belfry() -> Result<PathBuf> {
    built("BELFRY_BIN", "belfry")
}

/// The engine without a window: `$BELFRYCTL_BIN`, or `belfryctl` beside the running test.
///
/// # Errors
/// If it has not been built.
pub fn belfryctl() -> Result<PathBuf> {
    built("BELFRYCTL_BIN", "belfryctl")
}

/// The reference server: `$BELFRY_SERVER_BIN`, or `belfry-server` beside the running test.
///
/// # Errors
/// If it has not been built.
pub fn belfry_server() -> Result<PathBuf> {
    built("BELFRY_SERVER_BIN", "belfry-server")
}

/// The folder for what a person looks at after a run: `target/desktop` and the like.
///
/// # Errors
/// If it cannot be made.
pub fn output_folder(name: &str) -> Result<PathBuf> {
    let folder = profile_folder()?.parent().context("the build has no target folder")?.join(name);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

fn built(variable: &str, name: &str) -> Result<PathBuf> {
    let path = match env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => profile_folder()?.join(format!("{name}{}", env::consts::EXE_SUFFIX)),
    };
    let found = path.is_file();
    ensure!(found, "{} is not there: `cargo build --workspace --bins` builds it", path.display());
    Ok(path)
}

/// `target/debug` or its like: the folder above `deps` where tests are, or the one that holds a program.
fn profile_folder() -> Result<PathBuf> {
    let running = env::current_exe()?;
    let folder = running.parent().context("the test has no folder")?;
    let profile = if folder.ends_with("deps") { folder.parent() } else { Some(folder) };
    Ok(profile.context("the test has no target folder")?.to_owned())
}
