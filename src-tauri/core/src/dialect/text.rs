//! Making one safe line of what a server calls a title.

/// Longest title, in characters.
const TITLE_CHARS: usize = 500;

/// The text as one line: control and bidi override characters removed, runs of white space made one space.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(TITLE_CHARS));
    for word in text.split(|c: char| c.is_whitespace() || c == '\u{85}').filter(|word| !word.is_empty()) {
        let before = line.len();
        if before > 0 {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !is_hidden(*c)));
        if line.len() == before + usize::from(before > 0) {
            line.truncate(before);
        }
    }
    match line.char_indices().nth(TITLE_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The first line that has something in it.
pub(super) fn first_line(text: &str) -> Option<String> {
    text.lines().map(one_line).find(|line| !line.is_empty())
}

/// Characters that change how others are shown, or that show nothing.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200e}' | '\u{200f}' | '\u{061c}'          // marks of direction
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_becomes_one_space() {
        assert_eq!(one_line("  a \r\n\t b\u{2028}c  "), "a b c");
        assert_eq!(one_line("\u{202e} \u{7}"), "");
        assert_eq!(one_line("a \u{202e} b"), "a b");
    }

    #[test]
    fn emoji_sequences_survive() {
        assert_eq!(one_line("👩‍💻 ok"), "👩‍💻 ok");
    }

    #[test]
    fn an_endless_title_is_shortened() {
        assert_eq!(one_line(&"字".repeat(501)).chars().count(), TITLE_CHARS + 1);
    }
}
