//! The one owner of all state: reads the streams, writes the store, publishes the view, raises popups.
//!
//! The engine has a named thread of its own with a current-thread tokio runtime and is the only writer.
//! Pages are read beside it on a reader thread. Everything else talks to it through [`EngineHandle`].
//!
//! One turn: wait for the next thing to happen, the only await; apply it; rebuild the view if something
//! changed; tell those who watch. Effects (popups, pages in the browser) come after the commit that they
//! speak of.

mod acts;
mod adding;
mod all_of;
mod announce;
mod announcer;
mod bulk;
mod distrust;
mod export;
mod fault;
mod goodbye;
mod handle;
mod hold;
mod image;
mod indexing;
mod keychain_word;
mod kinds;
mod ledger;
mod left;
mod links;
mod network;
mod notices;
mod observe;
mod outbox;
mod owed;
mod pace;
mod preferences;
mod probe;
mod publish;
mod reader;
mod repetition;
mod report;
mod retention;
mod run;
mod saved;
mod saving;
mod secrets;
mod sign_in;
mod sorting;
mod source;
mod sources;
mod state_line;
mod storage;
mod summaries;
mod surroundings;
mod tokens;
mod trail;
mod translate;
mod undo;
mod users;
mod way;

pub use handle::{EngineConfig, EngineHandle, ExportFolder, FirstContact, Ports, SettingsOf, StartError};
pub use observe::{Observation, Seen, Watcher};
pub use pace::{Ended, Haste, Pace};
pub use probe::{Server, log_out};
pub use run::Engine;
pub use secrets::log_in;

/// Opens the profile's store and starts an engine on a thread of its own.
///
/// # Errors
/// [`StartError`] if the store cannot be opened or a thread cannot be made; then nothing runs.
pub fn start(config: EngineConfig) -> Result<EngineHandle, StartError> {
    let (engine, handle) = Engine::new(config)?;
    let (report, built) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new().name("belfry-engine".to_owned()).spawn(move || {
        // Made and dropped here: a runtime must not be dropped where the caller's own is at work.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (runtime, result) = match runtime {
            Ok(runtime) => (Some(runtime), Ok(())),
            Err(error) => (None, Err(error)),
        };
        // The caller waits for it.
        let _ = report.send(result);
        if let Some(runtime) = runtime {
            runtime.block_on(engine.run());
        }
    })?;
    match built.recv() {
        Ok(result) => result?,
        Err(std::sync::mpsc::RecvError) => {
            return Err(StartError::Thread(std::io::Error::other("it ended early")));
        }
    }
    Ok(handle)
}
