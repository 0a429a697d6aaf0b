//! The ports for tests: a scripted network, a keychain in memory, a notifier and a browser that remember.
//!
//! Each is cheap to clone; a test keeps one clone and gives the other to the engine. Every fake passes its
//! port's contract suite, as the real one does.

mod browser;
mod clock;
pub mod contract;
mod demo;
mod login;
mod notifier;
mod secrets;
mod surroundings;
mod transport;

pub use browser::RecordingBrowser;
pub use clock::TokioClock;
pub use demo::CountingDemo;
pub use login::MemoryLoginItem;
pub use notifier::RecordingNotifier;
pub use secrets::MemorySecrets;
pub use surroundings::ScriptedSurroundings;
pub use transport::{Line, Request, ScriptedTransport};
