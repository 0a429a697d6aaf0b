//! Token files: reading, making the first one, and noticing that one has changed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{Access, Grant, Role, Token, TokensError, parse};

/// The name of the subscriber whose token is made on first start.
pub(crate) const FIRST_SUBSCRIBER: &str = "me";

/// The name of the publisher whose token is made on first start.
pub(crate) const FIRST_PUBLISHER: &str = "publisher";

/// How often a token file is looked at. Revoking must show within five seconds.
const LOOK: Duration = Duration::from_secs(1);

/// Reads a token file.
pub(crate) fn read(path: &Path) -> Result<Vec<Grant>, TokensError> {
    parse(&fs::read_to_string(path)?)
}

/// Makes a token file with a random pair that only its owner can read. `None` if there is one already.
pub(crate) fn create_first(path: &Path) -> Result<Option<Vec<Grant>>, TokensError> {
    if path.exists() {
        return Ok(None);
    }
    let subscriber =
        Grant { token: Token::random(), user: FIRST_SUBSCRIBER.to_owned(), role: Role::Subscriber };
    let publisher = Grant { token: Token::random(), user: FIRST_PUBLISHER.to_owned(), role: Role::Publisher };
    let grants = vec![subscriber, publisher];
    let mut text = String::from("# token user role (subscriber or publisher)\n");
    for grant in &grants {
        text.push_str(&line(grant));
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(Some(grants))
}

/// The line of a token file for `grant`, with its end.
fn line(grant: &Grant) -> String {
    format!("{} {} {}\n", grant.token.expose(), grant.user, grant.role.as_str())
}

/// Reads the file again whenever it changes, until `stop`. A file that cannot be read changes nothing.
///
/// `known` is the mark from before the tokens in `access` were read, so that no change falls between the two.
pub(crate) async fn follow(
    path: PathBuf,
    mut known: Option<Mark>,
    access: Arc<Access>,
    stop: CancellationToken,
) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        let found = Mark::of(&path);
        if found == known {
            continue;
        }
        known = found;
        match read(&path) {
            Ok(grants) => {
                tracing::info!(tokens = grants.len(), "token file read again");
                access.replace(grants);
            }
            Err(error) => tracing::error!(%error, "token file not taken; the tokens stay as they were"),
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
    use super::*;

    #[test]
    fn the_first_pair_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        let made = create_first(&path).unwrap().unwrap();
        assert_eq!(read(&path).unwrap(), made);
        assert_eq!(create_first(&path).unwrap(), None);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_file_is_taken_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        fs::write(&path, "a me subscriber\n").unwrap();
        let known = Mark::of(&path);
        let access = Arc::new(Access::new(read(&path).unwrap()));
        let stop = CancellationToken::new();
        let mut news = access.watch();
        let task = tokio::spawn(follow(path.clone(), known, access.clone(), stop.clone()));

        fs::write(&path, "ab me subscriber\n").unwrap();
        tokio::time::timeout(Duration::from_secs(5), news.changed()).await.unwrap().unwrap();
        assert!(news.borrow_and_update().find(&Token::new("ab")).is_some());

        fs::write(&path, "nonsense\n").unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(5), news.changed()).await.is_err());
        assert!(access.now().find(&Token::new("ab")).is_some());

        stop.cancel();
        task.await.unwrap();
    }
}
