//! Token files: reading, and making the first one.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::{Grant, Role, Token, TokensError, parse};

/// The name of the subscriber whose token is made on first start.
pub(crate) const FIRST_SUBSCRIBER: &str = "me";

/// The name of the publisher whose token is made on first start.
pub(crate) const FIRST_PUBLISHER: &str = "publisher";

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
    write_whole(path, &text)?;
    Ok(Some(grants))
}

/// Makes the file with all of its text or not at all, readable for its owner only. One that is there stays.
fn write_whole(path: &Path, text: &str) -> Result<(), TokensError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".tokens-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|failed| failed.error)?;
    Ok(())
}

/// The line of a token file for `grant`, with its end.
fn line(grant: &Grant) -> String {
    format!("{} {} {}\n", grant.token.expose(), grant.user, grant.role.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_is_never_seen_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        // What is there, however it came there, is never written over.
        fs::write(&path, "a me subscriber\n").unwrap();
        assert!(write_whole(&path, "b me subscriber\n").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "a me subscriber\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

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
}
