//! The words of the first line of Markdown, as far as the window would show it on a line of its own.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Whether a line could mean something else than it says. Spares most messages the parser.
pub(super) fn is_possible(line: &str) -> bool {
    let marked = |byte: u8| matches!(byte, b'\\' | b'`' | b'*' | b'_' | b'[' | b'<' | b'&' | b'~' | b'|');
    line.starts_with(['#', '>', '-', '+', '=']) || is_numbered(line) || line.bytes().any(marked)
}

/// Whether a line begins as an item of a numbered list does.
fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(['.', ')'])
}

/// The first line that says something; raw HTML counts as text.
pub(super) fn first_line(body: &str) -> String {
    let mut line = String::new();
    let mut number = None;
    for event in Parser::new_ext(body, Options::ENABLE_TABLES) {
        match event {
            // Struck out is what stands between two pairs; a single one is a tilde.
            Event::Text(text) => {
                if add(&mut line, &text.replace("~~", "")) == Line::Finished {
                    break;
                }
            }
            Event::Html(text) | Event::InlineHtml(text) => {
                if add(&mut line, &text) == Line::Finished {
                    break;
                }
            }
            Event::Code(text) => line.push_str(&text),
            Event::Start(Tag::List(first)) => number = first,
            Event::Start(Tag::Item) => {
                if let Some(number) = &mut number {
                    line.push_str(&format!("{number}. "));
                    *number = number.saturating_add(1);
                }
            }
            Event::End(TagEnd::TableCell) => line.push(' '),
            Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::CodeBlock
                | TagEnd::HtmlBlock
                | TagEnd::Item
                | TagEnd::TableHead
                | TagEnd::TableRow,
            ) => {
                if add(&mut line, "\n") == Line::Finished {
                    break;
                }
            }
            Event::Start(_) | Event::End(_) => {}
            // Switched on by options that are not given.
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }
    line
}

/// Whether a line has come to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    Finished,
}

/// Adds text that may have line ends; a line that says nothing is begun anew.
fn add(line: &mut String, text: &str) -> Line {
    let mut parts = text.split('\n');
    line.push_str(parts.next().unwrap_or_default());
    for part in parts {
        if says_something(line) {
            return Line::Finished;
        }
        line.clear();
        line.push_str(part);
    }
    Line::Open
}

fn says_something(line: &str) -> bool {
    line.chars().any(|c| !super::is_blank(c))
}
