//! Changed settings on their way to the disk, where somebody may have changed the file by hand.

use super::handle::SettingsOf;
use super::run::Engine;
use super::sign_in::no_such_source;
use crate::action::{Failure, FailureCode};
use crate::model::SourceId;
use crate::settings::file::{self, FileError, Found};
use crate::settings::{Settings, SourceSettings};
use crate::view::{Notice, NoticeCode};

impl Engine {
    /// Saves changed settings and takes them over once they are on disk.
    pub(super) fn change_settings(&mut self, change: impl Fn(&mut Settings)) -> Result<(), Failure> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        let path = self.profile.settings_path();
        let failed = |error: FileError| Failure::new(FailureCode::Settings, error.to_string());
        match self.settings_of {
            SettingsOf::Profile => {
                let saved = file::save_over(&path, &self.settings_on_disk, &self.settings, &settings);
                let (on_disk, found) = saved.map_err(failed)?;
                self.settings_on_disk = on_disk;
                self.tell_of_edit(found);
            }
            SettingsOf::CommandLine => file::change(&path, change).map_err(failed)?,
        }
        self.settings = settings;
        self.settings_out.send_replace(std::sync::Arc::new(self.settings.clone()));
        Ok(())
    }

    /// Somebody has changed the settings file by hand, which is read at the start only.
    fn tell_of_edit(&mut self, found: Found) {
        let notice = match found {
            Found::Untouched => return,
            Found::Edited => {
                Notice { code: NoticeCode::SettingsEdited, file: String::new(), parts: String::new() }
            }
            Found::SetAside { kept_as } => {
                let file = kept_as.display().to_string();
                Notice { code: NoticeCode::SettingsUnreadable, file, parts: String::new() }
            }
        };
        tracing::warn!("{}", notice.sentence(self.language()));
        self.notices.retain(|other| other.code != notice.code);
        self.notices.push(notice);
    }

    /// Saves changed settings of one source and takes them over.
    pub(super) fn change_source(
        &mut self,
        source: SourceId,
        change: impl Fn(&mut SourceSettings),
    ) -> Result<(), Failure> {
        let Some(old) = self.settings.sources.iter().find(|other| other.id == source) else {
            return Err(no_such_source(source));
        };
        let mut changed = old.clone();
        change(&mut changed);
        if changed == *old {
            return Ok(());
        }
        self.change_settings(|settings| {
            settings.sources.iter_mut().filter(|other| other.id == source).for_each(&change);
        })?;
        if let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) {
            run.settings = changed;
        }
        Ok(())
    }
}
