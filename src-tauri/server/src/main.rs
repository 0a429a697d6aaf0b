//! The command line of belfry-server: arguments in, exit codes out.
//! Deliberately not here: everything that it does, which is the library's.

mod descriptors;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use belfry_server::args::{Args, USAGE};
use belfry_server::{Grant, Server, StartError};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let args = match Args::read(std::env::args_os()) {
        Ok(args) => args,
        Err(early) => return early.print(),
    };
    let filter =
        EnvFilter::try_from_env("BELFRY_LOG").unwrap_or_else(|_| EnvFilter::new("warn,belfry_server=info"));
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(colours).with_target(false).init();
    let done = if args.hash_password { hash_password() } else { run(args) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told if standard error is closed.
            let _ = writeln!(std::io::stderr(), "belfry-server: {error:#}");
            let usage =
                matches!(error.downcast_ref(), Some(StartError::Tokens { .. } | StartError::Users { .. }));
            ExitCode::from(if usage { USAGE } else { 1 })
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut config = args.config()?;
        let fit = descriptors::connections_that_fit();
        if fit < config.max_connections {
            tracing::warn!(connections = fit, "no more connections fit the limit of file descriptors");
            config.max_connections = fit;
        }
        let ended = ended()?;
        let server = Server::start(config).await?;
        if let Some(made) = server.made_tokens() {
            show(made, server.folder())?;
        }
        ended.await;
        tracing::info!("ending");
        server.shutdown().await;
        anyhow::Ok(())
    })
}

/// Reads a password from standard input and prints its hash.
fn hash_password() -> anyhow::Result<()> {
    let password = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ")?
    } else {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        line
    };
    let password = password.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "no password on standard input");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", belfry_server::hash_password(password)?)?;
    Ok(out.flush()?)
}

/// Shows the tokens of a first start: the lines of the token file as the result, the words beside them.
fn show(made: &[Grant], folder: &std::path::Path) -> std::io::Result<()> {
    let file = folder.join("tokens");
    writeln!(
        std::io::stderr(),
        "Two tokens were made. They stand in {} and are shown this once, as `token user role`:",
        file.display()
    )?;
    let mut out = std::io::stdout().lock();
    for grant in made {
        writeln!(out, "{} {} {}", grant.token.expose(), grant.user, grant.role.as_str())?;
    }
    out.flush()
}

/// Resolves when the process is asked to end. Listening begins with the call, before the server can be reached.
#[cfg(unix)]
fn ended() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves when the process is asked to end.
#[cfg(not(unix))]
fn ended() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl+C cannot be waited for");
        }
    })
}
