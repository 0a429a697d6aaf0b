//! Exporting: all messages into a file of their own, written beside everything else.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use super::acts::Job;
use super::handle::{ExportFolder, Reply};
use super::run::Engine;
use crate::action::{Failure, FailureCode, Outcome};
use crate::model::Timestamp;
use crate::settings::Settings;
use crate::settings::profile::Profile;
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

/// An export under way.
pub(super) struct ExportRun {
    /// Set where it is to be broken off.
    stop: Arc<AtomicBool>,
    /// Resolves, with an error, when it has ended, whichever way.
    ended: oneshot::Receiver<()>,
}

impl ExportRun {
    /// Breaks it off, unless it is just done, and waits until nothing but a whole file is left of it.
    pub async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        // Nothing is ever sent: the sender goes with the thread.
        let _ = self.ended.await;
    }
}

impl Engine {
    /// Begins to write all messages into the folder for exports, once at a time. Whoever asked waits; nobody else
    /// does.
    pub(super) fn export(&mut self, reply: Reply) {
        let folder = match &self.exports {
            Some(_) if self.exporting.is_some() => Err("an export is under way"),
            Some(folder) => Ok(folder.clone()),
            None => Err("there is no folder for exports"),
        };
        let folder = match folder {
            Ok(folder) => folder,
            Err(why) => {
                return self.replies.push((reply, Err(Failure::new(FailureCode::Export, why))));
            }
        };
        let stop = Arc::new(AtomicBool::new(false));
        let export = Export {
            profile: self.profile.clone(),
            settings: self.settings.clone(),
            folder,
            day: self.local_day(),
            stop: Arc::clone(&stop),
        };
        let (done, waiting) = oneshot::channel();
        let (at_work, ended) = oneshot::channel::<()>();
        let started = std::thread::Builder::new().name("belfry-export".to_owned()).spawn(move || {
            let _at_work = at_work;
            // The engine may have ended meanwhile; a whole file is there all the same.
            let _ = done.send(export.write());
        });
        self.exporting = Some(ExportRun { stop, ended });
        self.jobs.push(Box::pin(async move {
            let result = match started {
                Ok(_) => waiting.await.unwrap_or_else(|_| Err(io::Error::other("it ended early").into())),
                Err(error) => Err(error.into()),
            };
            Job::Exported { result, reply }
        }));
    }

    pub(super) fn exported(&mut self, result: Exported, reply: Reply) {
        self.exporting = None;
        let result = result.map_err(|error| {
            tracing::warn!("the messages could not be exported: {error}");
            Failure::new(FailureCode::Export, error.to_string())
        });
        self.replies.push((reply, result));
    }

    /// The user's date, as `2026-11-22`.
    pub(super) fn local_day(&self) -> String {
        let local = Timestamp(self.clock_now().0.saturating_add(i64::from(self.utc_offset) * 1000));
        local.to_string().chars().take_while(|&each| each != 'T').collect()
    }
}

/// What a copy of all messages is made from, and where.
struct Export {
    profile: Profile,
    settings: Settings,
    folder: ExportFolder,
    day: String,
    stop: Arc<AtomicBool>,
}

impl Export {
    /// Writes all messages, oldest first, one JSON object a line, for the user alone. The file gets its name only when
    /// it is whole, and never that of another one.
    fn write(&self) -> Exported {
        let unfinished = format!(".belfry-{}-", self.profile.id);
        let folder = found(&self.folder)?;
        clear_away(&folder, &unfinished)?;
        let file = tempfile::Builder::new().prefix(&unfinished).tempfile_in(&folder)?;
        let mut out = BufWriter::new(file);
        let messages = self.write_lines(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        let file = name(file, &folder, &self.day, "jsonl")?.to_string_lossy().into_owned();
        tracing::info!(messages, "the messages were exported");
        Ok(Outcome::Exported { file, messages })
    }

    /// Writes the lines; says how many there are.
    fn write_lines(&self, out: &mut BufWriter<NamedTempFile>) -> Result<u64, ExportError> {
        let names = Names::of(&self.settings);
        let mut messages = 0;
        let mut failure = None;
        Reader::open(&self.profile.database_path())?.export(|message| {
            match self.write_line(out, &Record::new(&message, &names)) {
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
        failure.map_or(Ok(messages), |error| Err(error.into()))
    }

    fn write_line(&self, out: &mut BufWriter<NamedTempFile>, record: &Record<'_>) -> io::Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("it was broken off"));
        }
        serde_json::to_writer(&mut *out, record)?;
        out.write_all(b"\n")
    }
}

/// The folder for exports, which is made where it is missing.
pub(super) fn found(folder: &ExportFolder) -> Result<PathBuf, ExportError> {
    let folder = folder().ok_or_else(|| io::Error::other("the system names no folder for exports"))?;
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Removes what exports of this profile left that were killed. One is written at a time, so that none of it can be in
/// use.
fn clear_away(folder: &Path, unfinished: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(unfinished)
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(file = %entry.path().display(), "part of an export stays behind: {error}");
        }
    }
    Ok(())
}

/// Gives the file the first name of the day that is free.
pub(super) fn name(mut file: NamedTempFile, folder: &Path, day: &str, ending: &str) -> io::Result<PathBuf> {
    let first = std::iter::once(format!("belfry-{day}.{ending}"));
    let further = (2..1_000).map(|number| format!("belfry-{day}-{number}.{ending}"));
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
