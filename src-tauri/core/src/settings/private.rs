//! Files and folders for the user alone, where the system has such rights (Unix). A profile's folder may be one
//! that all may read, so each file sees to it itself.

use std::fs;
use std::io;
use std::path::Path;

/// Makes the folder where it is missing, and what leads to it.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file that is made will be for the user alone.
pub(crate) fn options() -> fs::OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes from others what rights they have; of what is missing, or belongs to somebody else, nothing changes.
pub(crate) fn narrow(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(found) = fs::metadata(path) else { return };
        let mode = found.permissions().mode();
        if mode & 0o077 != 0
            && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
        {
            tracing::warn!(path = %path.display(), %error, "others can read this, and that cannot be changed");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}
