//! The one owner of all state: reads the streams, writes the store, publishes the view, raises popups.
//!
//! The engine has a named thread of its own with a current-thread tokio runtime and is the only writer.
//! Pages are read beside it on a reader thread. Everything else talks to it through [`EngineHandle`].

mod handle;

pub use handle::{EngineConfig, EngineHandle, Observation, Ports, StartError};
