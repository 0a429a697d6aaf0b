//! Lists that the user saves under a name.

use super::acts::Done;
use super::run::Engine;
use crate::action::{Failure, FailureCode, Outcome};
use crate::settings::{SavedView, tidy_name};

impl Engine {
    /// Saves a list under its name, in the place of the one that has this name.
    pub(super) fn save_view(&mut self, view: SavedView) -> Done {
        let view = view.tidied().ok_or_else(bad_name)?;
        let views = &self.settings.views;
        let place = views.iter().position(|other| other.name == view.name);
        if place.is_none() && views.len() >= SavedView::MOST {
            let most = format!("at most {} lists can be saved", SavedView::MOST);
            return Err(Failure::new(FailureCode::Invalid, most));
        }
        self.change_settings(|settings| {
            match settings.views.iter_mut().find(|other| other.name == view.name) {
                Some(other) => *other = view.clone(),
                None => settings.views.push(view.clone()),
            }
        })?;
        Ok(Outcome::Done)
    }

    /// Gives a saved list another name.
    pub(super) fn rename_view(&mut self, name: &str, to: &str) -> Done {
        let to = tidy_name(to).ok_or_else(bad_name)?;
        let place = self.saved_view(name)?;
        if to != name && self.settings.views.iter().any(|other| other.name == to) {
            return Err(Failure::new(FailureCode::Taken, format!("there is a saved list {to:?}")));
        }
        self.change_settings(|settings| {
            if let Some(view) = settings.views.get_mut(place) {
                view.name.clone_from(&to);
            }
        })?;
        Ok(Outcome::Done)
    }

    /// Puts a saved list at another place; a place behind the last is the last.
    pub(super) fn move_view(&mut self, name: &str, to: u32) -> Done {
        let from = self.saved_view(name)?;
        let last = self.settings.views.len() - 1;
        let to = usize::try_from(to).map_or(last, |to| to.min(last));
        self.change_settings(|settings| {
            let moved = settings.views.remove(from);
            settings.views.insert(to, moved);
        })?;
        Ok(Outcome::Done)
    }

    /// Forgets a saved list; its messages stay.
    pub(super) fn remove_view(&mut self, name: &str) -> Done {
        let place = self.saved_view(name)?;
        self.change_settings(|settings| drop(settings.views.remove(place)))?;
        Ok(Outcome::Done)
    }

    fn saved_view(&self, name: &str) -> Result<usize, Failure> {
        let place = self.settings.views.iter().position(|view| view.name == name);
        place.ok_or_else(|| Failure::new(FailureCode::NotFound, format!("there is no saved list {name:?}")))
    }
}

fn bad_name() -> Failure {
    Failure::new(FailureCode::Invalid, "a name of 1 to 60 characters is allowed, and a text of up to 200")
}
