//! What is announced, and in which words. Pure: messages, settings and the time go in, popups come out.
//!
//! When a popup is shown and what becomes of it is the engine's business.

mod burst;
mod catch_up;
mod gathered;
mod hold;
mod popup;
mod snooze;
mod tally;

pub use burst::{Burst, Flood, FloodStep, Verdict};
pub use catch_up::{CatchUp, Repeated};
pub use gathered::{Gathered, Words};
pub use hold::{Hold, HoldReason, PauseSpan};
pub use popup::{KeychainWord, Popup, PopupAction, PopupKey, PopupSound, PopupWords, Urgency};
pub use snooze::SnoozeSpan;
pub use tally::Tally;
