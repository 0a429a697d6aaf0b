//! The first thing that the program does: takes its profile, or hands its wish to the one that has it.

use std::io;
use std::path::PathBuf;

use belfry_core::settings::file::FileError;
use belfry_core::settings::profile::{Profile, ProfileLock};
use belfry_platform::instance::{self, Claim, NotClaimed, Raise, Server};

use crate::arguments::Arguments;
use crate::demo;
use crate::start::{Problem, Refusal};

/// The variables in which a desktop hands a new program the right to take the focus: xdg-activation's, and
/// that of the older Startup Notification.
const ACTIVATION: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];

/// Who this program is.
pub enum Claimed {
    /// The only one on its profile.
    First(Box<Place>),
    /// A second one; the first has been told what is wished.
    Handed,
}

/// A profile that is taken.
pub struct Place {
    /// The profile.
    pub profile: Profile,
    /// The lock on it.
    pub lock: ProfileLock,
    /// Its socket; the program works without one.
    pub socket: io::Result<Server>,
}

/// Takes the profile that the arguments name, or hands them over.
///
/// # Errors
/// [`Refusal`] if neither is possible.
pub fn claim(arguments: &Arguments) -> Result<Claimed, Refusal> {
    let profile = Profile::open(&folder(arguments)?).map_err(Problem::from)?;
    tauri::async_runtime::block_on(async move {
        match instance::claim(&profile, wish(arguments, |name| std::env::var(name).ok())).await {
            Ok(Claim::Handed) => Ok(Claimed::Handed),
            Ok(Claim::First(lock)) => {
                let socket = Server::bind(&profile, &lock);
                Ok(Claimed::First(Box::new(Place { profile, lock, socket })))
            }
            Err(NotClaimed::File(error)) => Err(Problem::File(error).into()),
            Err(taken @ NotClaimed::Taken { .. }) => Err(Refusal::Taken(taken)),
        }
    })
}

/// What a second start wishes: nothing if it is a hidden one without a link, for then all is as it wants it.
fn wish(arguments: &Arguments, variable: impl Fn(&str) -> Option<String>) -> Option<Raise> {
    let link = arguments.link.clone();
    if arguments.hidden && link.is_none() {
        return None;
    }
    let activation = ACTIVATION.into_iter().filter_map(variable).find(|token| !token.is_empty());
    Some(Raise { link, activation })
}

/// The profile's folder. The demo never works in the real profile, also not in one that was named.
fn folder(arguments: &Arguments) -> Result<PathBuf, Problem> {
    let folder = match &arguments.profile {
        Some(folder) => {
            std::path::absolute(folder).map_err(|source| FileError { path: folder.clone(), source })?
        }
        None => belfry_platform::profile_folder()?,
    };
    Ok(if arguments.demo { folder.join(demo::FOLDER) } else { folder })
}

#[cfg(test)]
mod tests {
    use belfry_core::action::Link;
    use belfry_core::model::MessageId;

    use super::*;

    fn arguments(line: &[&str]) -> Arguments {
        Arguments::read(std::iter::once(&"belfry").chain(line)).unwrap()
    }

    #[test]
    fn a_second_start_passes_on_its_link_and_its_right_to_the_focus() {
        let desktop = |name: &str| (name == "DESKTOP_STARTUP_ID").then(|| "id-1".to_owned());
        let wished = wish(&arguments(&["belfry://message/42"]), desktop).unwrap();
        assert_eq!(
            (wished.link, wished.activation),
            (Some(Link::Message(MessageId(42))), Some("id-1".into()))
        );
        let both = |name: &str| Some(format!("{name}-1"));
        let wished = wish(&arguments(&[]), both).unwrap();
        assert_eq!((wished.link, wished.activation), (None, Some("XDG_ACTIVATION_TOKEN-1".into())));
        assert_eq!(wish(&arguments(&["--hidden"]), both), None);
        assert!(wish(&arguments(&["--hidden", "belfry://inbox"]), both).is_some());
    }

    #[test]
    fn the_demo_never_works_in_the_profile_that_was_named() {
        assert_eq!(folder(&arguments(&["--profile", "/p"])).unwrap(), PathBuf::from("/p"));
        assert_eq!(folder(&arguments(&["--profile", "/p", "--demo"])).unwrap(), PathBuf::from("/p/demo"));
    }

    #[test]
    fn a_profile_named_relative_is_below_the_present_folder() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(folder(&arguments(&["--profile", "p"])).unwrap(), here.join("p"));
    }
}
