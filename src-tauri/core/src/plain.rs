//! What a server wrote as plain text that is safe to show: in popups, lists, the tray and on a terminal.
//!
//! Markdown becomes the words in it, white space single spaces; characters that control a terminal, turn the
//! direction of the text around them or show nothing are left out; what is too long ends between two characters as people
//! see them. However long and however hostile the text is, only its beginning is looked at. The window shows
//! bodies itself, with their markup.

mod markdown;

use std::borrow::Cow;

use unicode_segmentation::GraphemeCursor;

/// How much of a body is looked at for its first line, in bytes. CommonMark has constructs whose cost grows
/// faster than their length; within this they take less than a millisecond.
const LOOKED_AT: usize = 4 * 1024;

/// The first line of a body that says something, without its Markdown, at most `limit` characters.
#[must_use]
pub fn first_line(body: &str, limit: usize) -> Cow<'_, str> {
    let body = beginning(body.trim_start_matches(is_blank));
    let line = body.lines().next().unwrap_or_default();
    if markdown::is_possible(line) {
        Cow::Owned(one_line(&markdown::first_line(body), limit))
    } else {
        clean(line, limit)
    }
}

/// The text as one line of at most `limit` characters.
#[must_use]
pub fn one_line(text: &str, limit: usize) -> String {
    clean(text, limit).into_owned()
}

/// The text with its lines, at most `limit` characters.
#[must_use]
pub fn lines(text: &str, limit: usize) -> String {
    let shown = text.chars().filter_map(|c| match c {
        '\n' => Some('\n'),
        '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        c => (!c.is_control() && !is_hidden(c)).then_some(c),
    });
    // One more tells whether something is missing.
    shortened(&shown.take(limit.saturating_add(1)).collect::<String>(), limit).into_owned()
}

/// At most the first `limit` characters (at least one), with an ellipsis as the last where something is missing. A
/// character as people see it, such as an emoji of several, is not cut in two, unless it alone is too long.
#[must_use]
pub fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).take(limit.saturating_add(1)).collect();
    if ends.len() <= limit {
        return Cow::Borrowed(text);
    }
    let hard = ends[limit.saturating_sub(1)];
    let mut cursor = GraphemeCursor::new(hard, text.len(), true);
    let soft = match cursor.is_boundary(text, 0) {
        Ok(true) => hard,
        // The whole text is there: neither call can ask for more of it.
        Ok(false) | Err(_) => cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0),
    };
    let end = if soft == 0 { hard } else { soft };
    Cow::Owned(format!("{}…", text[..end].trim_end()))
}

/// One line: hidden characters removed, runs of white space made one space.
fn clean(text: &str, limit: usize) -> Cow<'_, str> {
    let text = text.trim_matches(is_blank);
    if !text.contains(is_seen) {
        return Cow::Borrowed("");
    }
    if !text.contains(|c| is_hidden(c) || (is_space(c) && c != ' ')) && !text.contains("  ") {
        return shortened(text, limit);
    }
    let mut line = String::new();
    // One more tells whether something is missing.
    let mut left = limit.saturating_add(1);
    let mut space = Space::None;
    for c in text.chars() {
        if is_space(c) {
            space = Space::Owed;
        } else if !is_hidden(c) {
            if space == Space::Owed && !line.is_empty() {
                line.push(' ');
                left -= 1;
            }
            if left == 0 {
                break;
            }
            space = Space::None;
            line.push(c);
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    Cow::Owned(shortened(&line, limit).into_owned())
}

/// Whether a space has to come before the next character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    None,
    Owed,
}

/// As much of a body as is looked at.
fn beginning(body: &str) -> &str {
    if body.len() <= LOOKED_AT { body } else { &body[..body.floor_char_boundary(LOOKED_AT)] }
}

fn is_blank(c: char) -> bool {
    is_space(c) || is_hidden(c)
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Whether a character changes how others are shown, or shows nothing and is needed by none. Joiners and selectors of
/// variants are none: scripts and emoji are written with them.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && !is_space(c))
        || matches!(c,
            '\u{200e}' | '\u{200f}' | '\u{061c}'          // marks of direction
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{180e}' // soft hyphen, joiners of nothing, no width
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' // invisible operators, former formats
            | '\u{3164}' | '\u{ffa0}'                     // fillers
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // of shorthand and music
            | '\u{e0000}'..='\u{e007f}') // tags: text that nobody sees
}

/// Whether a character is seen, also where it stands alone.
fn is_seen(c: char) -> bool {
    !is_blank(c)
        && !matches!(c,
            '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}'
            | '\u{e0100}'..='\u{e01ef}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}')
}

#[cfg(test)]
mod tests;
