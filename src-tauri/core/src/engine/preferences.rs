//! Preferences: saving them, and trying out what they are about: popups, sounds, starting with the session.

use super::acts::{Done, Job};
use super::handle::Reply;
use super::run::Engine;
use crate::action::{Failure, FailureCode, Outcome};
use crate::ports::{DemoError, LoginStart};
use crate::settings::{OutOfRange, Preferences, Retention, Sound};

impl Engine {
    /// Starts the demo.
    pub(super) fn start_demo(&self) -> Done {
        let failed = |error: DemoError| Failure::new(FailureCode::Demo, error.to_string());
        self.ports.demo.start().map(|()| Outcome::Done).map_err(failed)
    }

    /// Shows a popup for a try. Where its sound cannot be heard, there is none.
    pub(super) fn test_popup(&mut self, sound: &Sound, reply: Reply) {
        if !sound.is_there() {
            self.replies.push((reply, Err(no_such_sound())));
            return;
        }
        let showing = self.announcer.try_out(self.words().test(sound));
        self.jobs.push(Box::pin(async move { Job::Tested { result: showing.await.map(drop), reply } }));
    }

    /// Replaces the preferences, once they are saved.
    pub(super) fn save_preferences(&mut self, preferences: Preferences) -> Done {
        let invalid = |error: OutOfRange| Failure::new(FailureCode::Invalid, error.to_string());
        preferences.notifications.check().map_err(invalid)?;
        let at_login = preferences.start_at_login;
        let kept = Preferences { start_at_login: None, ..preferences };
        if !kept.retention.is_in_range() {
            return Err(Failure::new(FailureCode::Invalid, Retention::RANGE));
        }
        let known: Vec<&Sound> = self.settings.preferences.notifications.sounds().collect();
        if kept.notifications.sounds().any(|sound| !known.contains(&sound) && !sound.is_there()) {
            return Err(no_such_sound());
        }
        if kept != self.settings.preferences {
            let kept_as_long = kept.retention == self.settings.preferences.retention;
            self.change_settings(|settings| settings.preferences = kept.clone())?;
            if !kept_as_long {
                self.sweep_soon();
            }
            self.hold_step();
        }
        match at_login {
            Some(wanted) => self.start_at_login(wanted),
            None => Ok(Outcome::Done),
        }
    }

    /// Has the program start with the session, or no longer. Where that cannot be had, "no longer" is done.
    fn start_at_login(&mut self, wanted: bool) -> Done {
        self.look_at_login();
        if wanted == self.at_login.unwrap_or(false) {
            return Ok(Outcome::Done);
        }
        let start = if wanted { LoginStart::On } else { LoginStart::Off };
        let result = self.ports.login.set(start);
        self.look_at_login();
        match result {
            Ok(()) => Ok(Outcome::Done),
            Err(error) => {
                tracing::warn!("{error}");
                Err(Failure::new(FailureCode::LoginItem, error.to_string()))
            }
        }
    }

    /// Asks the system whether the program starts with the session.
    pub(super) fn look_at_login(&mut self) {
        self.at_login = self.ports.login.state().map(|start| start == LoginStart::On);
    }
}

fn no_such_sound() -> Failure {
    Failure::new(FailureCode::Sound, "there is no such sound file on this computer")
}
