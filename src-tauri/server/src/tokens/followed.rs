//! A file that is read again whenever it has changed. Editors and `>` truncate a file before they write it, so a change
//! counts only when two looks in a row have seen the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::TokensError;

/// How often a file is looked at. Revoking must show within five seconds, and takes two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Calls `take` whenever the file has changed and rests, until `stop`. What it refuses changes nothing.
///
/// `known` is the mark from before the file was first read, so that no change falls between the two.
pub(crate) async fn follow(
    path: PathBuf,
    mut known: Option<Mark>,
    take: impl Fn(&Path) -> Result<usize, TokensError>,
    stop: CancellationToken,
) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = known;
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        let found = Mark::of(&path);
        let rests = found == last;
        last = found;
        if !rests || found == known {
            continue;
        }
        known = found;
        let file = path.display();
        match take(&path) {
            Ok(lines) => tracing::info!(%file, lines, "read again"),
            Err(error) => tracing::error!(%file, %error, "not taken; everything stays as it was"),
        }
    }
}

/// What tells one version of a file from the next without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    changed: Option<SystemTime>,
    len: u64,
    file: u64,
}

impl Mark {
    /// Looks at the file; `None` if it cannot be seen.
    pub fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let file = std::os::unix::fs::MetadataExt::ino(&found);
        #[cfg(not(unix))]
        let file = 0;
        Some(Self { changed: found.modified().ok(), len: found.len(), file })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::{Access, Known};
    use crate::tokens::{Token, read};

    struct World {
        path: PathBuf,
        access: Arc<Access>,
        stop: CancellationToken,
        task: tokio::task::JoinHandle<()>,
        _folder: tempfile::TempDir,
    }

    /// Follows a file with this text, on paused time.
    fn follow_a_file(text: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        fs::write(&path, text).unwrap();
        let access = Arc::new(Access::new(Known::new(read(&path).unwrap(), Vec::new(), Vec::new())));
        let stop = CancellationToken::new();
        let taken = access.clone();
        let take = move |path: &Path| {
            let grants = read(path)?;
            let lines = grants.len();
            taken.replace(grants);
            Ok(lines)
        };
        let task = tokio::spawn(follow(path.clone(), Mark::of(&path), take, stop.clone()));
        World { path, access, stop, task, _folder: folder }
    }

    impl World {
        fn knows(&self, token: &str) -> bool {
            self.access.now().find(&Token::new(token)).is_some()
        }

        /// Lets the follower look so many times.
        async fn looks(&self, times: u32) {
            tokio::time::advance(Duration::ZERO).await;
            for _ in 0..times {
                tokio::time::advance(LOOK).await;
                tokio::task::yield_now().await;
            }
        }

        async fn end(self) {
            self.stop.cancel();
            self.task.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_file_is_taken_within_five_seconds_and_a_broken_one_is_not() {
        let world = follow_a_file("a me subscriber\n");
        world.looks(1).await;
        fs::write(&world.path, "ab me subscriber\n").unwrap();
        world.looks(4).await;
        assert!(world.knows("ab") && !world.knows("a"));

        fs::write(&world.path, "nonsense\n").unwrap();
        world.looks(4).await;
        assert!(world.knows("ab"));
        world.end().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_just_being_written_revokes_nobody() {
        let world = follow_a_file("a me subscriber\nb you subscriber\n");
        world.looks(1).await;
        // What a look may see between the truncation and the last byte.
        for text in ["", "a me subscriber\n"] {
            fs::write(&world.path, text).unwrap();
            world.looks(1).await;
            assert!(world.knows("a") && world.knows("b"), "{text:?}");
        }
        fs::write(&world.path, "a me subscriber\nb you subscriber\nc they subscriber\n").unwrap();
        world.looks(4).await;
        assert!(world.knows("a") && world.knows("b") && world.knows("c"));
        world.end().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_stays_empty_or_goes_revokes_nobody() {
        let world = follow_a_file("a me subscriber\n");
        world.looks(1).await;
        fs::write(&world.path, "# nobody\n").unwrap();
        world.looks(5).await;
        assert!(world.knows("a"));
        fs::remove_file(&world.path).unwrap();
        world.looks(5).await;
        assert!(world.knows("a"));
        world.end().await;
    }
}
