//! How the message database fares: said in the view, and what is done about a damaged one.

use crate::engine::run::Engine;
use crate::settings::profile::Profile;
use crate::store::{Store, StoreError};
use crate::view::StorageTrouble;

/// Opens the profile's database. A damaged one is set aside first; returns the name that it has now.
pub(super) fn open_store(profile: &Profile) -> Result<(Store, Option<String>), StoreError> {
    let path = profile.database_path();
    let (mut store, mut aside) = Store::open_or_set_aside(&path)?;
    // What could have been taken back when the program last ended cannot any more.
    match store.erase_deleted() {
        Ok(_) => {}
        Err(StoreError::Damaged(_)) if aside.is_none() => {
            drop(store);
            Store::distrust(&path)?;
            (store, aside) = Store::open_or_set_aside(&path)?;
        }
        Err(error) => tracing::warn!(%error, "what was deleted is erased at the next start"),
    }
    if let Some(aside) = &aside {
        tracing::error!("the message database was damaged; it is kept as {}", aside.display());
    }
    let name = aside.and_then(|aside| Some(aside.file_name()?.to_string_lossy().into_owned()));
    Ok((store, name))
}

impl Engine {
    /// Something could not be stored, or read.
    pub(super) fn storage_troubled(&mut self, error: &StoreError) {
        let trouble = match error {
            StoreError::Full(_) => StorageTrouble::Full,
            StoreError::Busy(_) => StorageTrouble::Locked,
            StoreError::ReadOnly(_) => StorageTrouble::ReadOnly,
            StoreError::Damaged(_) => StorageTrouble::Damaged,
            StoreError::Newer { .. }
            | StoreError::Older { .. }
            | StoreError::Missing(_)
            | StoreError::File { .. }
            | StoreError::Sqlite(_) => StorageTrouble::Failed,
        };
        if trouble == StorageTrouble::Damaged && self.storage.trouble != Some(trouble) {
            // It is open at present, by the reader too; the next start finds the mark.
            if let Err(error) = Store::distrust(&self.profile.database_path()) {
                tracing::error!(%error, "the database could not be marked as damaged");
            }
        }
        self.storage.trouble = Some(trouble);
    }

    /// Something was stored. A damaged database may still take some things; that does not mend it.
    pub(super) fn storage_works(&mut self) {
        self.storage.trouble.take_if(|trouble| *trouble != StorageTrouble::Damaged);
    }
}
