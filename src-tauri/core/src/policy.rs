//! What is announced, and in which words. Pure: messages, settings and the time go in, popups come out.
//!
//! When a popup is shown and what becomes of it is the engine's business.

mod burst;
mod catch_up;
mod flood;
mod gathered;
mod hold;
mod manner;
mod popup;
mod snooze;
mod tally;
mod wording;

pub use burst::{Burst, Verdict};
pub use catch_up::{CatchUp, Repeated};
pub use flood::{Flood, FloodStep};
pub use gathered::{Gathered, Headline, Words};
pub use hold::{Hold, HoldReason, PauseSpan};
pub use manner::Manner;
pub use popup::{KeychainWord, Popup, PopupAction, PopupKey, PopupSound, Urgency};
pub use snooze::SnoozeSpan;
pub use tally::Tally;
pub use wording::PopupWords;
