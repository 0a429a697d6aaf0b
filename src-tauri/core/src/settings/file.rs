//! Reading and writing `settings.toml`.
//!
//! A damaged or newer file is never overwritten silently. Whoever works on without what is damaged keeps it under another
//! name and is told so; everybody else leaves it where it is.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::mend::{Mended, mend};
use super::merge::merge;
use super::{SCHEMA, Settings};

/// What was found where the settings should be.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// The settings as they were saved, or the defaults where there was no file.
    Fine(Settings),
    /// Parts of the file could not be used. The others hold, and are in the file alone by now.
    Mended {
        /// What could be used.
        settings: Settings,
        /// Where the file is as it was.
        kept_as: PathBuf,
        /// What was left out, as the file calls it, e.g. `sources.Work.limits.attempts`.
        left_out: Vec<String>,
    },
    /// The file could not be used; these are the defaults.
    SetAside {
        /// The defaults.
        settings: Settings,
        /// Where the old file is now.
        kept_as: PathBuf,
        /// What was wrong with it.
        problem: Problem,
    },
}

/// Why a settings file could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A newer version of Belfry wrote it.
    #[error("the settings were written by a newer version (format {0})")]
    Newer(u32),
    /// It is not what settings look like.
    #[error("the settings file is damaged: {0}")]
    Damaged(String),
}

/// The settings could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Parses the text of a settings file.
///
/// # Errors
/// [`Problem`] if the text cannot be used as a whole.
pub fn parse(text: &str) -> Result<Settings, Problem> {
    let damaged = |error: toml::de::Error| Problem::Damaged(error.message().to_owned());
    let table: toml::Table = text.parse().map_err(damaged)?;
    match table.get("schema").and_then(toml::Value::as_integer) {
        Some(schema) if schema > i64::from(SCHEMA) => {
            return Err(Problem::Newer(u32::try_from(schema).unwrap_or(u32::MAX)));
        }
        _ => {}
    }
    Settings::try_from(table).map_err(damaged)
}

/// Reads the settings; of a file that cannot be used, or not as a whole, a copy is kept. For whoever has the profile's
/// lock.
///
/// # Errors
/// If the file is there but cannot be read, kept or written.
pub fn load(path: &Path) -> Result<Loaded, FileError> {
    let problem = match content(path)? {
        None => return Ok(Loaded::Fine(Settings::default())),
        Some(Ok(settings)) => return Ok(Loaded::Fine(settings)),
        Some(Err(problem)) => problem,
    };
    let failed = |source| FileError { path: path.to_owned(), source };
    let Some(Mended { settings, left_out }) = mended(path, &problem) else {
        let kept_as = set_aside(path)?;
        return Ok(Loaded::SetAside { settings: Settings::default(), kept_as, problem });
    };
    let kept_as = free_name(path);
    create(&kept_as, &fs::read(path).map_err(failed)?)?;
    save(path, &settings)?;
    Ok(Loaded::Mended { settings, kept_as, left_out })
}

/// Reads the settings as far as they can be used, and touches nothing; the defaults where there is no file. Also tells what
/// was left out, as the file calls it.
///
/// # Errors
/// If the file is there but cannot be read, or used in no part.
pub fn read_usable(path: &Path) -> Result<(Settings, Vec<String>), FileError> {
    match content(path)? {
        None => Ok((Settings::default(), Vec::new())),
        Some(Ok(settings)) => Ok((settings, Vec::new())),
        Some(Err(problem)) => match mended(path, &problem) {
            Some(Mended { settings, left_out }) => Ok((settings, left_out)),
            None => Err(FileError { path: path.to_owned(), source: io::Error::other(problem) }),
        },
    }
}

fn mended(path: &Path, problem: &Problem) -> Option<Mended> {
    match problem {
        Problem::Damaged(_) => mend(fs::read_to_string(path).ok()?.parse().ok()?),
        Problem::Newer(_) => None,
    }
}

/// Reads the settings and touches nothing; nothing where there is no file.
///
/// # Errors
/// If the file is there but cannot be read or used as a whole.
pub fn read(path: &Path) -> Result<Option<Settings>, FileError> {
    let unusable = |problem: Problem| FileError { path: path.to_owned(), source: io::Error::other(problem) };
    content(path)?.transpose().map_err(unusable)
}

/// Changes the settings in a file that is there.
///
/// # Errors
/// If it is missing, cannot be read or used, or not be written; it stays as it is then.
pub fn change(path: &Path, change: impl FnOnce(&mut Settings)) -> Result<(), FileError> {
    let missing = || FileError { path: path.to_owned(), source: io::ErrorKind::NotFound.into() };
    let mut settings = read(path)?.ok_or_else(missing)?;
    change(&mut settings);
    save(path, &settings)
}

/// What somebody else had made of the file by the time that it was written anew.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nothing.
    Untouched,
    /// Other settings, which are in the file still.
    Edited,
    /// Something that cannot be used, or not together with what was to be written.
    SetAside {
        /// Where it is now.
        kept_as: PathBuf,
    },
}

/// Writes what the program has made of its settings, which were `old`, and leaves what somebody else has changed in the
/// file. `known` is what it said last. Returns what it says now.
///
/// # Errors
/// If the file or its folder cannot be read or written.
pub fn save_over(
    path: &Path,
    known: &Settings,
    old: &Settings,
    new: &Settings,
) -> Result<(Settings, Found), FileError> {
    let theirs = content(path)?.unwrap_or_else(|| Ok(known.clone()));
    let merged = theirs.ok().and_then(|theirs| {
        let found = if theirs == *known { Found::Untouched } else { Found::Edited };
        Some((merge(old, &theirs, new)?, found))
    });
    let (settings, found) = match merged {
        Some(merged) => merged,
        None => (new.clone(), Found::SetAside { kept_as: set_aside(path)? }),
    };
    save(path, &settings)?;
    Ok((settings, found))
}

/// What the file says, if there is one.
fn content(path: &Path) -> Result<Option<Result<Settings, Problem>>, FileError> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| Problem::Damaged("it is not UTF-8".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(FileError { path: path.to_owned(), source }),
    };
    Ok(Some(text.and_then(|text| parse(&text))))
}

/// Writes the settings so that a crash leaves either the old file or the new one.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn save(path: &Path, settings: &Settings) -> Result<(), FileError> {
    let text = settings
        .to_table()
        .and_then(|table| toml::to_string(&table))
        .map_err(|error| FileError { path: path.to_owned(), source: io::Error::other(error) })?;
    replace(path, text.as_bytes())
}

/// Replaces a file's content atomically: a temporary file in the same folder, synced, then renamed. It is for the
/// user alone.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let write = || Ok(written_beside(path, content)?.persist(path).map(drop)?);
    write().map_err(|source: io::Error| FileError { path: path.to_owned(), source })
}

/// Makes a file with all of its content, for the user alone. One that is there stays as it is.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn create(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let write = || match written_beside(path, content)?.persist_noclobber(path) {
        Err(failed) if failed.error.kind() != io::ErrorKind::AlreadyExists => Err(failed.error),
        Ok(_) | Err(_) => Ok(()),
    };
    write().map_err(|source: io::Error| FileError { path: path.to_owned(), source })
}

/// A file of a name of its own in the same folder, synced; gone again unless it gets its name.
fn written_beside(path: &Path, content: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Renames a file that cannot be used to such a name.
fn set_aside(path: &Path) -> Result<PathBuf, FileError> {
    let to = free_name(path);
    fs::rename(path, &to).map_err(|source| FileError { path: path.to_owned(), source })?;
    Ok(to)
}

/// The first free name `settings.toml.broken-N` for a file that cannot be used as it is.
fn free_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1u32..).map(|n| path.with_file_name(format!("{name}.broken-{n}"))).find(|to| !to.exists());
    free.unwrap_or_else(|| path.with_file_name(format!("{name}.broken")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Filter, LinkScheme, MessageKind, Tab};
    use crate::settings::{
        Burst, LanguageChoice, Pause, ReplyClick, Retention, SavedView, SingleKeys, SourceSettings, Theme,
    };

    #[test]
    fn settings_survive_the_file_with_keys_from_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let text = "schema = 1\nfuture = \"kept\"\n[preferences]\ntheme = \"dark\"\n";
        fs::write(&path, text).unwrap();
        let Loaded::Fine(mut settings) = load(&path).unwrap() else { panic!("fine file set aside") };
        assert_eq!(settings.preferences.theme, Theme::Dark);
        settings.preferences.single_keys = SingleKeys::Off;
        settings.sources.push(SourceSettings::new("社区", "http://127.0.0.1:1/api".parse().unwrap()));
        save(&path, &settings).unwrap();
        assert_eq!(load(&path).unwrap(), Loaded::Fine(settings.clone()));
        assert_eq!(settings.unknown["future"].as_str(), Some("kept"));
    }

    #[test]
    fn a_file_of_the_first_version_opens_with_everything_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let first = include_str!("first.toml");
        fs::write(&path, first).unwrap();
        let Loaded::Fine(settings) = load(&path).unwrap() else { panic!("it was set aside") };
        assert_eq!(settings.preferences.theme, Theme::Dark);
        assert_eq!(settings.preferences.language, LanguageChoice::Chinese);
        let notifications = &settings.preferences.notifications;
        assert_eq!((notifications.burst, notifications.expire_ms), (Burst::Off, 8_000));
        assert_eq!(notifications.reply_click, ReplyClick::Page);
        assert!(notifications.kinds.values().all(|kind| kind.show));
        assert_eq!(settings.sources[0].template(&MessageKind::System), Some("/notice/{id}"));
        assert_eq!(settings.sources[0].limits.attempts, 3);
        save(&path, &settings).unwrap();
        assert_eq!(load(&path).unwrap(), Loaded::Fine(settings));
        // Nothing of the old file is gone, and nothing in it says something else.
        let [old, new]: [toml::Table; 2] =
            [first.parse().unwrap(), fs::read_to_string(&path).unwrap().parse().unwrap()];
        assert_lies_in(&toml::Value::Table(old), &toml::Value::Table(new), "");
    }

    /// Checks that whatever a value says stands in another one, too.
    fn assert_lies_in(old: &toml::Value, new: &toml::Value, at: &str) {
        match (old, new) {
            (toml::Value::Table(old), toml::Value::Table(new)) => {
                for (key, value) in old {
                    let inner = new.get(key).unwrap_or_else(|| panic!("{at}.{key} is gone"));
                    assert_lies_in(value, inner, &format!("{at}.{key}"));
                }
            }
            (toml::Value::Array(old), toml::Value::Array(new)) => {
                assert_eq!(old.len(), new.len(), "{at}");
                old.iter().zip(new).for_each(|(old, new)| assert_lies_in(old, new, at));
            }
            (old, new) => assert_eq!(old, new, "{at}"),
        }
    }

    #[test]
    fn unknown_keys_stay_where_they_stood_when_known_ones_change() {
        let text = "[preferences]\nfont = \"serif\"\n[notifications.kinds.reply]\ncolour = \"red\"\n[later]\na = 1\n";
        let mut settings = parse(text).unwrap();
        settings.preferences.theme = Theme::Light;
        settings.preferences.notifications = crate::settings::Notifications::default();
        let table = settings.to_table().unwrap();
        assert_eq!(table["preferences"]["font"].as_str(), Some("serif"));
        assert_eq!(table["preferences"]["theme"].as_str(), Some("light"));
        assert_eq!(table["notifications"]["kinds"]["reply"]["colour"].as_str(), Some("red"));
        assert_eq!(table["notifications"]["kinds"]["reply"]["show"].as_bool(), Some(true));
        assert_eq!(table["later"]["a"].as_integer(), Some(1));
    }

    #[test]
    fn spans_of_messages_survive_the_file() {
        let text = "[storage]\nretention = { days = 90 }\nlater = 1\n";
        let mut settings = parse(text).unwrap();
        assert_eq!(settings.preferences.retention, Retention::Days(90));
        let mut source = SourceSettings::new("a", "http://127.0.0.1:1/api".parse().unwrap());
        source.retention = Some(Retention::Days(7));
        settings.sources = vec![SourceSettings { retention: Some(Retention::All), ..source.clone() }, source];
        let again = |settings: &Settings| parse(&settings.to_table().unwrap().to_string()).unwrap();
        assert_eq!(again(&settings), settings);
        settings.preferences.retention = Retention::All;
        settings.sources[0].retention = None;
        assert_eq!(again(&settings), settings, "nothing of it stays behind");
    }

    #[test]
    fn saved_lists_survive_the_file() {
        let filter =
            Filter { kind: Some(MessageKind::Reply), days: Some(7), link: true, ..Filter::default() };
        let view = SavedView {
            name: "本周".to_owned(),
            tab: Tab::Kind { kind: MessageKind::from("部署") },
            source: None,
            filter,
            text: "x".to_owned(),
        };
        let settings = Settings { views: vec![view], ..Settings::default() };
        assert_eq!(parse(&settings.to_table().unwrap().to_string()).unwrap(), settings);
        let short = "[[views]]\nname = \"a\"\ntab = { type = \"unread\" }\n";
        assert_eq!(parse(short).unwrap().views[0].filter, Filter::default());
    }

    #[test]
    fn a_missing_file_means_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(&folder.path().join("settings.toml")).unwrap(), Loaded::Fine(Settings::default()));
    }

    #[test]
    fn a_scheme_that_cannot_be_allowed_costs_itself() {
        let source = SourceSettings::new("a", "http://127.0.0.1:1/api".parse().unwrap());
        let settings = Settings { sources: vec![source], ..Settings::default() };
        let mut table = settings.to_table().unwrap();
        let source = table["sources"][0].as_table_mut().unwrap();
        source.insert("link_schemes".to_owned(), vec!["zotero", "file", "Obsidian:"].into());
        let read = parse(&table.to_string()).unwrap();
        let schemes: Vec<&str> = read.sources[0].link_schemes.iter().map(LinkScheme::as_str).collect();
        assert_eq!(schemes, ["zotero", "obsidian"]);
    }

    #[test]
    fn what_somebody_else_has_written_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let old = Settings::default();
        let paused = Settings { pause: Some(Pause { until: None }), ..old.clone() };
        let (known, found) = save_over(&path, &old, &old, &paused).unwrap();
        assert_eq!((&known, found), (&paused, Found::Untouched), "there was no file");

        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("expire_ms = 5000", "expire_ms = 7777")).unwrap();
        let (known, found) = save_over(&path, &known, &paused, &old).unwrap();
        assert_eq!((known.pause, known.preferences.notifications.expire_ms), (None, 7_777));
        assert_eq!(found, Found::Edited);
        assert_eq!(read(&path).unwrap().unwrap(), known);
        // The program itself goes on with what it had.
        let (known, found) = save_over(&path, &known, &old, &paused).unwrap();
        assert_eq!((known.pause, known.preferences.notifications.expire_ms), (paused.pause, 7_777));
        assert_eq!(found, Found::Untouched);

        fs::write(&path, "half = ").unwrap();
        let (known, found) = save_over(&path, &known, &paused, &old).unwrap();
        let Found::SetAside { kept_as } = found else { panic!("{found:?}") };
        assert_eq!(fs::read_to_string(kept_as).unwrap(), "half = ");
        assert_eq!((&known, read(&path).unwrap().as_ref()), (&old, Some(&old)));
    }

    #[test]
    fn a_file_that_cannot_be_used_or_is_gone_is_changed_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        for text in ["schema = 2\n", "schema = \n", "sources = 3"] {
            fs::write(&path, text).unwrap();
            for _ in 0..2 {
                change(&path, |settings| settings.preferences.theme = Theme::Dark).unwrap_err();
                assert_eq!(fs::read_to_string(&path).unwrap(), text);
            }
        }
        fs::remove_file(&path).unwrap();
        change(&path, |settings| settings.preferences.theme = Theme::Dark).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_damaged_in_parts_is_kept_and_the_rest_of_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let mut settings = Settings::default();
        for name in ["社区", "工作"] {
            settings.sources.push(SourceSettings::new(name, "http://127.0.0.1:1/api".parse().unwrap()));
        }
        save(&path, &settings).unwrap();
        let text = fs::read_to_string(&path).unwrap().replace("theme = \"system\"", "theme = \"pink\"");
        let text = text.replacen("http://127.0.0.1:1/api", "somewhere", 1);
        fs::write(&path, &text).unwrap();
        let Loaded::Mended { settings: rest, kept_as, left_out } = load(&path).unwrap() else {
            panic!("it was not mended")
        };
        assert_eq!(left_out, ["sources.社区", "preferences.theme"]);
        assert_eq!(rest.sources, settings.sources[1..]);
        assert_eq!(fs::read_to_string(&kept_as).unwrap(), text, "it is kept as it was");
        assert_eq!(kept_as.file_name().unwrap(), "settings.toml.broken-1");
        assert_eq!(load(&path).unwrap(), Loaded::Fine(rest), "it is told of once");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_damaged_or_newer_file_is_set_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        for (text, newer) in [("schema = 2\n", true), ("schema = \n", false)] {
            fs::write(&path, text).unwrap();
            let Loaded::SetAside { settings, kept_as, problem } = load(&path).unwrap() else {
                panic!("{text:?} was taken")
            };
            assert_eq!(settings, Settings::default());
            assert_eq!(fs::read_to_string(kept_as).unwrap(), text);
            assert_eq!(matches!(problem, Problem::Newer(2)), newer, "{problem}");
            assert!(!path.exists());
        }
    }
}
