//! What is heard when a popup comes.

use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Most characters of a sound file's path.
const LENGTH: usize = 1_024;

/// Whether a popup makes a sound, and which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// It is silent.
    Off,
    /// The desktop's sound for such a message.
    #[default]
    Default,
    /// A file of the user's choice.
    File(SoundFile),
}

/// The path of a sound file as the settings have it. One that may not be used counts as none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct SoundFile(pub String);

impl SoundFile {
    /// The path, where it is a whole one on this computer: no network share, no address, one line.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        let shared = self.0.starts_with("//") || self.0.starts_with("\\\\");
        let long = self.0.chars().nth(LENGTH).is_some();
        let path = Path::new(&self.0);
        (path.is_absolute() && !shared && !long && !self.0.chars().any(char::is_control)).then_some(path)
    }
}

impl Sound {
    /// Whether it can be what somebody means.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        match self {
            Self::Off | Self::Default => true,
            Self::File(file) => file.path().is_some(),
        }
    }

    /// Whether there is something to play: a file of the user's choice may have gone.
    #[must_use]
    pub fn is_there(&self) -> bool {
        match self {
            Self::Off | Self::Default => true,
            Self::File(file) => file.path().is_some_and(Path::is_file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn only_a_whole_path_on_this_computer_is_a_sound_file() {
        let path = |text: &str| SoundFile(text.to_owned()).path().is_some();
        assert!(path("/usr/share/sounds/a b/钟.oga"));
        let endless = format!("/{}", "a".repeat(LENGTH));
        for text in
            ["", "a.oga", "~/a.oga", "//server/a.oga", "\\\\server\\a", "file:///a", "/a\nb", &endless]
        {
            assert!(!path(text), "{text:?}");
        }
    }

    #[test]
    fn a_sound_is_written_one_way() {
        let file = Sound::File(SoundFile("/a.oga".to_owned()));
        for (sound, json) in
            [(Sound::Off, r#""off""#), (Sound::Default, r#""default""#), (file, r#"{"file":"/a.oga"}"#)]
        {
            assert_eq!(serde_json::to_string(&sound).unwrap(), json);
            assert_eq!(serde_json::from_str::<Sound>(json).unwrap(), sound);
        }
    }
}
