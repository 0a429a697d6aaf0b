//! What the desktop around the program is like: so far, whether it is light or dark.
//!
//! What the user chose in the settings is not here; this is what "the system's theme" means.

use tauri::Theme;
use tokio::sync::watch;

/// The desktop as it is now.
pub struct Desktop {
    theme: watch::Sender<Theme>,
}

impl Desktop {
    /// Looks at the desktop. Called on the main thread, after the toolkit has been started.
    pub fn look() -> Self {
        Self { theme: watch::Sender::new(system::toolkit_theme()) }
    }

    /// The desktop's theme.
    pub fn theme(&self) -> Theme {
        *self.theme.borrow()
    }

    /// The desktop's theme from now on.
    pub fn themes(&self) -> watch::Receiver<Theme> {
        self.theme.subscribe()
    }

    /// Follows the desktop's theme for as long as the desktop tells it.
    pub async fn follow(&self) {
        if let Err(error) = system::follow(&self.theme).await {
            // Many desktops have no such service; the toolkit's theme stands.
            tracing::debug!("the desktop does not tell its colour scheme: {error}");
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use futures_util::StreamExt;
    use gtk::prelude::*;
    use tauri::Theme;
    use tokio::sync::watch;
    use zbus::proxy::MethodFlags;
    use zbus::{OwnedVariant, Variant};

    /// XDG Desktop Portal, `org.freedesktop.portal.Settings`, and the one setting that is asked for.
    const SERVICE: &str = "org.freedesktop.portal.Desktop";
    const PATH: &str = "/org/freedesktop/portal/desktop";
    const INTERFACE: &str = "org.freedesktop.portal.Settings";
    const SETTING: (&str, &str) = ("org.freedesktop.appearance", "color-scheme");

    pub fn toolkit_theme() -> Theme {
        let Some(settings) = gtk::Settings::default() else { return Theme::Light };
        let named_dark = settings.gtk_theme_name().is_some_and(|name| name.ends_with("-dark"));
        if named_dark || settings.is_gtk_application_prefer_dark_theme() { Theme::Dark } else { Theme::Light }
    }

    /// Nothing is started on the bus for this: a desktop with a colour scheme has the service running.
    pub async fn follow(theme: &watch::Sender<Theme>) -> zbus::Result<()> {
        let bus = zbus::Connection::session().await?;
        let portal = zbus::Proxy::new(&bus, SERVICE, PATH, INTERFACE).await?;
        let mut changes =
            portal.receive_signal_with_args("SettingChanged", &[(0, SETTING.0), (1, SETTING.1)]).await?;
        let now: Option<OwnedVariant> =
            portal.call_with_flags("Read", MethodFlags::NO_AUTO_START, &SETTING).await?;
        tell(theme, now.as_deref());
        while let Some(change) = changes.next().await {
            let body = change.body();
            let (_, _, value): (&str, &str, Variant<'_>) = body.deserialize()?;
            tell(theme, Some(&value));
        }
        Ok(())
    }

    fn tell(theme: &watch::Sender<Theme>, value: Option<&Variant<'_>>) {
        let Some(wanted) = value.and_then(scheme).and_then(named) else { return };
        theme.send_if_modified(|theme| std::mem::replace(theme, wanted) != wanted);
    }

    /// The number of a colour scheme; portals wrap it once or twice.
    fn scheme(value: &Variant<'_>) -> Option<u32> {
        match value {
            Variant::U32(number) => Some(*number),
            Variant::Variant(inner) => scheme(inner),
            _ => None,
        }
    }

    /// What the number asks for: 1 dark, 2 light, anything else nothing.
    fn named(scheme: u32) -> Option<Theme> {
        match scheme {
            1 => Some(Theme::Dark),
            2 => Some(Theme::Light),
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_colour_scheme_is_read_however_often_it_is_wrapped() {
            let once = Variant::Variant(Box::new(Variant::U32(1)));
            let twice = Variant::Variant(Box::new(once.clone()));
            let theme = watch::Sender::new(Theme::Light);
            for (value, expected) in [
                (once, Theme::Dark),
                (Variant::U32(2), Theme::Light),
                (twice, Theme::Dark),
                (Variant::U32(0), Theme::Dark),
                (Variant::from("dark"), Theme::Dark),
            ] {
                tell(&theme, Some(&value));
                assert_eq!(*theme.borrow(), expected, "{value:?}");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use tauri::Theme;
    use tokio::sync::watch;

    pub fn toolkit_theme() -> Theme {
        Theme::Light
    }

    #[expect(clippy::unused_async, reason = "elsewhere it waits for the bus")]
    pub async fn follow(_theme: &watch::Sender<Theme>) -> Result<(), std::convert::Infallible> {
        Ok(())
    }
}
