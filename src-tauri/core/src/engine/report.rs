//! Saving a report that the user has read.

use std::io::{self, Write as _};

use tokio::sync::oneshot;

use super::acts::Job;
use super::export::{ExportError, Exported, found, name};
use super::handle::{ExportFolder, Reply};
use super::run::Engine;
use crate::action::{Failure, FailureCode, Outcome};

/// The longest report, in bytes.
const REPORT: usize = 256 * 1024;

impl Engine {
    /// Writes a report that the user has read, for the user alone.
    pub(super) fn save_report(&mut self, text: String, reply: Reply) {
        let refused = |why: &str| Failure::new(FailureCode::Export, why);
        let folder = match &self.exports {
            _ if text.len() > REPORT => Err(Failure::new(FailureCode::Invalid, "the report is too long")),
            Some(folder) => Ok(folder.clone()),
            None => Err(refused("there is no folder for exports")),
        };
        let folder = match folder {
            Ok(folder) => folder,
            Err(failure) => return self.replies.push((reply, Err(failure))),
        };
        let day = self.local_day();
        let (done, waiting) = oneshot::channel();
        // The folder may lie on a disk that takes its time.
        let started = std::thread::Builder::new().name("belfry-report".to_owned()).spawn(move || {
            // The engine may have ended meanwhile; the file is there all the same.
            let _ = done.send(write_report(&folder, &day, &text));
        });
        self.jobs.push(Box::pin(async move {
            let result = match started {
                Ok(_) => waiting.await.unwrap_or_else(|_| Err(io::Error::other("it ended early").into())),
                Err(error) => Err(error.into()),
            };
            Job::ReportSaved { result, reply }
        }));
    }

    pub(super) fn report_saved(&mut self, result: Exported, reply: Reply) {
        let failed = |error: ExportError| Failure::new(FailureCode::Export, error.to_string());
        self.replies.push((reply, result.map_err(failed)));
    }
}

fn write_report(folder: &ExportFolder, day: &str, text: &str) -> Exported {
    let folder = found(folder)?;
    let mut file = tempfile::Builder::new().prefix(".belfry-report-").tempfile_in(&folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    let file = name(file, &folder, &format!("report-{day}"), "txt")?;
    Ok(Outcome::Saved { file: file.to_string_lossy().into_owned() })
}
