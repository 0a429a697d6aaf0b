//! Exporting: all messages into a file of their own, written beside everything else.

use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;

use super::acts::Job;
use super::handle::Reply;
use super::run::Engine;
use crate::action::{Failure, FailureCode, Outcome};
use crate::model::Timestamp;
use crate::settings::Settings;
use crate::store::{Reader, StoreError};
use crate::view::{Names, Record};

/// What has become of an export.
pub(super) type Exported = Result<Outcome, ExportError>;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    File(#[from] io::Error),
}

impl Engine {
    /// Begins to write all messages into the folder for exports, once at a time. Whoever asked waits; nobody else
    /// does.
    pub(super) fn export(&mut self, reply: Reply) {
        let folder = match &self.exports {
            Some(_) if self.exporting => Err("an export is under way"),
            Some(folder) => Ok(folder.clone()),
            None => Err("there is no folder for exports"),
        };
        let folder = match folder {
            Ok(folder) => folder,
            Err(why) => {
                return self.replies.push((reply, Err(Failure::new(FailureCode::Export, why))));
            }
        };
        self.exporting = true;
        let (database, settings) = (self.profile.database_path(), self.settings.clone());
        let day = self.local_day();
        let (done, waiting) = oneshot::channel();
        let started = std::thread::Builder::new().name("belfry-export".to_owned()).spawn(move || {
            // The engine may have ended meanwhile; the file is there all the same.
            let _ = done.send(write(&database, &settings, &folder, &day));
        });
        self.jobs.push(Box::pin(async move {
            let result = match started {
                Ok(_) => waiting.await.unwrap_or_else(|_| Err(io::Error::other("it ended early").into())),
                Err(error) => Err(error.into()),
            };
            Job::Exported { result, reply }
        }));
    }

    pub(super) fn exported(&mut self, result: Exported, reply: Reply) {
        self.exporting = false;
        let result = result.map_err(|error| {
            tracing::warn!("the messages could not be exported: {error}");
            Failure::new(FailureCode::Export, error.to_string())
        });
        self.replies.push((reply, result));
    }

    /// The user's date, as `2026-11-22`.
    fn local_day(&self) -> String {
        let local = Timestamp(self.clock_now().0.saturating_add(i64::from(self.utc_offset) * 1000));
        local.to_string().chars().take_while(|&each| each != 'T').collect()
    }
}

/// Writes all messages, oldest first, one JSON object a line, for the user alone. The file gets its name only when it is
/// whole, and never that of another one.
fn write(database: &Path, settings: &Settings, folder: &Path, day: &str) -> Exported {
    let file = tempfile::Builder::new().prefix(".belfry-").tempfile_in(folder)?;
    let mut out = BufWriter::new(file);
    let names = Names::of(settings);
    let mut messages = 0;
    let mut failure = None;
    Reader::open(database)?.export(|message| {
        let record = Record::new(&message, &names);
        let line = serde_json::to_writer(&mut out, &record).map_err(io::Error::from);
        match line.and_then(|()| out.write_all(b"\n")) {
            Ok(()) => {
                messages += 1;
                ControlFlow::Continue(())
            }
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    let file = name(file, folder, day)?.to_string_lossy().into_owned();
    tracing::info!(messages, "the messages were exported");
    Ok(Outcome::Exported { file, messages })
}

/// Gives the file the first name of the day that is free.
fn name(mut file: tempfile::NamedTempFile, folder: &Path, day: &str) -> io::Result<PathBuf> {
    let first = std::iter::once(format!("belfry-{day}.jsonl"));
    let further = (2..1_000).map(|number| format!("belfry-{day}-{number}.jsonl"));
    for name in first.chain(further) {
        let path = folder.join(name);
        file = match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => failed.file,
            Err(failed) => return Err(failed.error),
        };
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, "there are too many exports of this day"))
}
