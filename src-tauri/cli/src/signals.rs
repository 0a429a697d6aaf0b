//! Being told to stop: SIGINT, SIGTERM, Ctrl+C.

use std::future::Future;
use std::io;

/// Resolves when the process is told to stop. Listening begins with the call.
///
/// # Errors
/// If the system gives no way to listen.
#[cfg(unix)]
pub fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves when the process is told to stop.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl+C cannot be waited for");
            std::future::pending::<()>().await;
        }
    })
}
