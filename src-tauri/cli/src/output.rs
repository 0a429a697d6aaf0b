//! Standard output: results and nothing else, as JSON lines or as text for people. Standard error: words.

use std::fmt::Display;
use std::io::{self, BufWriter, Stdout, StdoutLock, Write};

use belfry_core::model::Timestamp;
use belfry_core::plain::is_hidden;
use belfry_core::settings::Settings;
use belfry_core::words::Language;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One object per line.
    Json,
    /// Lines for people.
    Text,
}

/// Standard output, locked once and buffered: whoever writes says when someone may be waiting.
pub struct Output {
    to: BufWriter<StdoutLock<'static>>,
}

/// Bytes that are gathered before they are written.
const BUFFER: usize = 64 * 1024;

impl Output {
    /// Takes standard output for as long as this lives.
    pub fn lock() -> Self {
        Self { to: BufWriter::with_capacity(BUFFER, Stdout::lock(&io::stdout())) }
    }

    /// Writes a value as one line of JSON. What could steer a terminal stands in it as an escape, which every
    /// reader of JSON turns back.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        value.serialize(&mut Serializer::with_formatter(&mut self.to, Harmless))?;
        self.to.write_all(b"\n")
    }

    /// Writes one line of text. Control and direction characters in it are made visible as spaces, so that
    /// no message can write to the terminal what it likes.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(plain(text).as_bytes())?;
        self.to.write_all(b"\n")
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)
    }

    /// Writes text as it is.
    pub fn raw(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    /// Hands over what has gathered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Compact JSON in which control and direction characters are escaped, not only those that JSON forbids.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(steers) {
            let (plain, from) = rest.split_at(at);
            to.write_all(plain.as_bytes())?;
            let mut letters = from.chars();
            if let Some(letter) = letters.next() {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            }
            rest = letters.as_str();
        }
        to.write_all(rest.as_bytes())
    }
}

/// Says something on standard error, on one line: words that are no result.
pub fn say(words: &impl Display) {
    // Nobody is left to be told if standard error is closed.
    let _ = writeln!(io::stderr(), "belfryctl: {}", plain(&words.to_string()));
}

/// Whether nobody reads standard output any more, which is no failure of ours.
pub fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// The language of the words that people read: what the settings say, else the system's.
pub fn language(settings: &Settings) -> Language {
    settings.preferences.language.resolve(belfry_platform::system_language())
}

/// The name that a state, a reason or the like has at every boundary.
pub fn code(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        Ok(_) | Err(_) => String::new(),
    }
}

/// A time on the computer's clock, to the minute.
pub fn local(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.0) {
        Ok(time) => time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => time.to_string(),
    }
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// Whether a character can steer a terminal or the direction of what stands around it, shows nothing, or ends a line for
/// some reader.
pub fn steers(c: char) -> bool {
    c.is_control() || is_hidden(c) || ends_line(c)
}

/// The separators of lines and paragraphs of Unicode.
pub fn ends_line(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{2028}b\u{e0041}👩‍💻"), "a b 👩‍💻");
        assert_eq!(plain("a\u{1b}[31mb\r\nc\u{202e}d\u{9b}"), "a [31mb  c d ");
        assert_eq!(plain("新回复 é"), "新回复 é");
    }

    #[test]
    fn a_message_in_json_cannot_steer_it_either_and_says_the_same() {
        for text in [
            "a\u{1b}[31m\u{9b}31mb\u{7f}\u{202e}c\u{9d}",
            "\u{9b}",
            "\u{e0041}\u{2028}\u{200b}👩‍💻",
            "新回复 \"é\" 🔔\\",
        ] {
            let mut json = Vec::new();
            text.serialize(&mut Serializer::with_formatter(&mut json, Harmless)).unwrap();
            let json = String::from_utf8(json).unwrap();
            assert!(!json.contains(steers), "{json:?}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
