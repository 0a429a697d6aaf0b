//! The autostart file of the Desktop Application Autostart Specification.
//!
//! Written here and not by a library: `auto-launch` puts the program's path into it without quoting, looks
//! past `$XDG_CONFIG_HOME`, and takes an entry that a session manager has switched off for one that is on.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use belfry_core::ports::{LoginItem, LoginItemError, LoginStart};
use belfry_core::settings::file;

use super::ARGUMENT;

/// The file's name; the same as that of the program's desktop file.
const FILE: &str = "Belfry.desktop";

/// The autostart entry of the user's session.
#[derive(Debug, Clone)]
pub struct SessionLogin {
    program: PathBuf,
    /// The user's folder of autostart files.
    user: PathBuf,
    /// The system's; what stands in the user's overrides it.
    system: Vec<PathBuf>,
}

impl SessionLogin {
    /// The entry for this program.
    ///
    /// # Errors
    /// If nobody knows where the program or the user's folder is.
    pub fn of_this_program() -> io::Result<Self> {
        // An AppImage runs from a place that is gone when it ends.
        let program = match env::var_os("APPIMAGE") {
            Some(image) => PathBuf::from(image),
            None => env::current_exe()?,
        };
        let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".config"));
        let named = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let user = named.or_else(home).ok_or_else(|| io::Error::other("there is no home folder"))?;
        let system = env::var("XDG_CONFIG_DIRS").ok().filter(|dirs| !dirs.is_empty());
        let system = system.unwrap_or_else(|| "/etc/xdg".to_owned());
        let system = system.split(':').map(Path::new).filter(|path| path.is_absolute());
        Ok(Self {
            program,
            user: user.join("autostart"),
            system: system.map(|path| path.join("autostart")).collect(),
        })
    }

    fn file(&self) -> PathBuf {
        self.user.join(FILE)
    }

    /// What the system says, whatever the user does.
    fn starts_for_everyone(&self) -> bool {
        first_entry(&self.system).is_some_and(|entry| is_on(&entry))
    }

    fn write(&self, start: LoginStart) -> Result<(), LoginItemError> {
        let failed = |error: &dyn std::error::Error| LoginItemError(error.to_string());
        fs::create_dir_all(&self.user).map_err(|error| failed(&error))?;
        file::replace(&self.file(), self.entry(start).as_bytes()).map_err(|error| failed(&error))
    }

    fn entry(&self, start: LoginStart) -> String {
        let hidden = match start {
            LoginStart::On => "",
            LoginStart::Off => "Hidden=true\n",
        };
        format!(
            "[Desktop Entry]\nType=Application\nName=Belfry\nName[zh_CN]=钟楼\nIcon=belfry\nExec={} {ARGUMENT}\n\
             Terminal=false\nStartupNotify=false\n{hidden}",
            quoted(&self.program.to_string_lossy())
        )
    }
}

impl LoginItem for SessionLogin {
    fn state(&self) -> Option<LoginStart> {
        let entry = first_entry(std::iter::once(&self.user).chain(&self.system));
        Some(if entry.is_some_and(|entry| is_on(&entry)) { LoginStart::On } else { LoginStart::Off })
    }

    fn set(&self, start: LoginStart) -> Result<(), LoginItemError> {
        match start {
            LoginStart::Off if !self.starts_for_everyone() => match fs::remove_file(self.file()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(LoginItemError(format!("{}: {error}", self.file().display())))
                }
                Ok(()) | Err(_) => Ok(()),
            },
            // What the system starts for everyone is switched off by an entry of the same name.
            LoginStart::On | LoginStart::Off => self.write(start),
        }
    }
}

/// The entry of the first folder that has one.
fn first_entry<'a>(folders: impl IntoIterator<Item = &'a PathBuf>) -> Option<String> {
    folders.into_iter().find_map(|folder| fs::read_to_string(folder.join(FILE)).ok())
}

/// Whether an entry is switched on: session managers switch one off by either of two keys.
fn is_on(entry: &str) -> bool {
    let mut group = "";
    for line in entry.lines().map(str::trim) {
        if line.starts_with('[') {
            group = line;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| group == "[Desktop Entry]") else {
            continue;
        };
        match (key.trim_end(), value.trim_start()) {
            ("Hidden", "true") | ("X-GNOME-Autostart-enabled", "false") => return false,
            _ => {}
        }
    }
    true
}

/// An argument of `Exec` (Desktop Entry Specification, "The Exec key"): quoted, and its backslashes escaped
/// once more, as in every value.
fn quoted(argument: &str) -> String {
    let mut out = String::from("\"");
    for c in argument.chars() {
        match c {
            '"' | '`' | '$' => out.extend(["\\\\", c.encode_utf8(&mut [0; 4])]),
            '\\' => out.push_str("\\\\\\\\"),
            '%' => out.push_str("%%"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(folder: &Path) -> SessionLogin {
        SessionLogin {
            program: PathBuf::from("/opt/my apps/belfry"),
            user: folder.join("user/autostart"),
            system: vec![folder.join("etc/autostart")],
        }
    }

    #[test]
    fn it_is_on_as_long_as_the_file_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let login = login(folder.path());
        assert_eq!(login.state(), Some(LoginStart::Off));
        login.set(LoginStart::Off).unwrap();
        login.set(LoginStart::On).unwrap();
        assert_eq!(login.state(), Some(LoginStart::On));
        let entry = fs::read_to_string(login.file()).unwrap();
        assert!(entry.contains("\nExec=\"/opt/my apps/belfry\" --hidden\n"), "{entry}");
        login.set(LoginStart::Off).unwrap();
        assert!(!login.file().exists());
        assert_eq!(login.state(), Some(LoginStart::Off));
    }

    #[test]
    fn an_entry_that_was_switched_off_elsewhere_is_off() {
        let folder = tempfile::tempdir().unwrap();
        let login = login(folder.path());
        login.set(LoginStart::On).unwrap();
        let entry = fs::read_to_string(login.file()).unwrap();
        for off in ["Hidden=true", "X-GNOME-Autostart-enabled=false", "Hidden = true"] {
            fs::write(login.file(), format!("{entry}{off}\n")).unwrap();
            assert_eq!(login.state(), Some(LoginStart::Off), "{off}");
        }
        fs::write(login.file(), format!("{entry}[Desktop Action x]\nHidden=true\n")).unwrap();
        assert_eq!(login.state(), Some(LoginStart::On), "another group says nothing about it");
    }

    #[test]
    fn what_the_system_starts_for_everyone_is_switched_off_for_the_user() {
        let folder = tempfile::tempdir().unwrap();
        let login = login(folder.path());
        fs::create_dir_all(&login.system[0]).unwrap();
        fs::write(login.system[0].join(FILE), "[Desktop Entry]\nType=Application\nExec=belfry --hidden\n")
            .unwrap();
        assert_eq!(login.state(), Some(LoginStart::On));
        login.set(LoginStart::Off).unwrap();
        assert_eq!(login.state(), Some(LoginStart::Off));
        login.set(LoginStart::On).unwrap();
        assert_eq!(login.state(), Some(LoginStart::On));
    }

    #[test]
    fn what_the_system_starts_for_nobody_leaves_nothing_in_the_users_folder() {
        let folder = tempfile::tempdir().unwrap();
        let login = login(folder.path());
        fs::create_dir_all(&login.system[0]).unwrap();
        fs::write(
            login.system[0].join(FILE),
            "[Desktop Entry]\nType=Application\nX-GNOME-Autostart-enabled=false\n",
        )
        .unwrap();
        login.set(LoginStart::On).unwrap();
        login.set(LoginStart::Off).unwrap();
        assert!(!login.file().exists());
        assert_eq!(login.state(), Some(LoginStart::Off));
    }

    #[test]
    fn a_path_with_odd_characters_is_one_argument() {
        assert_eq!(quoted("/a b/100%"), "\"/a b/100%%\"");
        assert_eq!(quoted(r#"/$x"\y`"#), r#""/\\$x\\"\\\\y\\`""#);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let login = login(folder.path());
        fs::write(folder.path().join("user"), "in the way").unwrap();
        assert!(login.set(LoginStart::On).is_err());
        assert_eq!(login.state(), Some(LoginStart::Off));
    }
}
