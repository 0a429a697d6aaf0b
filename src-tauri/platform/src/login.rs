//! Starting with the user's session: an autostart file on Linux, the system's own way elsewhere.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod xdg;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::SessionLogin;
#[cfg(target_os = "linux")]
pub use xdg::SessionLogin;

/// What the program is started with: in the tray, without a window.
const ARGUMENT: &str = "--hidden";
