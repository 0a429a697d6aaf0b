//! Which way popups go on Linux.

/// The variable that chooses; `zbus` or `notify-rust`.
const VARIABLE: &str = "BELFRY_NOTIFIER";

/// How the desktop is asked for popups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    /// All over the one connection that watches the notification daemon.
    #[default]
    OneConnection,
    /// Through notify-rust, which opens a connection for each.
    Library,
}

impl Way {
    /// The way that the environment asks for, else the usual one.
    pub(super) fn chosen() -> Self {
        let Some(wanted) = std::env::var_os(VARIABLE) else { return Self::default() };
        wanted.to_str().and_then(Self::named).unwrap_or_else(|| {
            tracing::warn!("{VARIABLE} is neither zbus nor notify-rust");
            Self::default()
        })
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "" | "zbus" => Some(Self::OneConnection),
            "notify-rust" => Some(Self::Library),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_known_by_the_name_of_its_package() {
        assert_eq!(Way::named("notify-rust"), Some(Way::Library));
        assert_eq!(Way::named("zbus"), Some(Way::OneConnection));
        assert_eq!((Way::named(""), Way::named("dbus")), (Some(Way::OneConnection), None));
    }
}
