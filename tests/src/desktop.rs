//! A private desktop session, and the parts of it that a person would look at or click on.

mod session;

mod screen;

mod dunst;

mod watch;

mod daemon;

mod tray;

mod browser;

mod keychain;

mod webdriver;

mod stage;

mod strip;

mod sway;

pub use browser::PagesOpened;
pub use daemon::{CloseReason, FakeDaemon, Popup, Silence};
pub use dunst::{Dunst, Shown};
pub use keychain::Keychain;
pub use screen::{Screen, Window};
pub use session::{Daemon, Display, Keyring, Options, Panel, Program, Session, Tone, WindowManager};
pub use stage::{Belfry, Stage, popups_in_inbox};
pub use strip::{PanelIcon, PlacedIcon, Strip};
pub use sway::{Pointer, Sway, SwayWindow};
pub use tray::{MenuItem, Pixmap, Tray};
pub use watch::{NotifyCall, NotifyWatch, Urgency};
pub use webdriver::WebDriver;
