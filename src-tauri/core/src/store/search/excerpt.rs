//! What to mark in a message that was found, and which part of its body to show.

use std::ops::Range;

use super::super::MessageRow;
use super::terms::{Wanted, fold_mapped};
use super::{Found, Highlight};

/// How much of a body an excerpt shows, in characters.
const LENGTH: usize = 200;

/// How much of it stands before what was found, in characters.
const LEAD: usize = 30;

/// Marks what was found. Where the row's preview does not show it, an excerpt takes its place.
pub(super) fn mark(mut row: MessageRow, body: &str, wanted: &Wanted) -> Found {
    let title = highlights(&row.title, wanted);
    let mut preview = highlights(&row.preview, wanted);
    if preview.is_empty()
        && let Some(first) = places(body, wanted).first()
    {
        let excerpt = excerpt(body, first.start);
        preview = highlights(&excerpt, wanted);
        row.preview = excerpt;
    }
    Found { row, title, preview }
}

/// What to mark in a text, in its order; what overlaps or touches is one.
fn highlights(text: &str, wanted: &Wanted) -> Vec<Highlight> {
    let units = |range: Range<usize>| text[range].encode_utf16().count();
    let mut highlights: Vec<Highlight> = Vec::new();
    let (mut bytes, mut count) = (0, 0);
    for place in places(text, wanted) {
        // A text of so many units would not have become a row.
        let mut reach = |to: usize| {
            count += units(bytes..to);
            bytes = to;
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let (start, end) = (reach(place.start), reach(place.end));
        highlights.push(Highlight { start, end });
    }
    highlights
}

/// Where a text has any of what is looked for, in bytes, in its order; what overlaps or touches is one.
fn places(text: &str, wanted: &Wanted) -> Vec<Range<usize>> {
    let (folded, origins) = fold_mapped(text);
    let origin = |at: usize| {
        let index = origins.partition_point(|(start, _)| *start <= at);
        origins.get(index.wrapping_sub(1)).map(|(_, bytes)| bytes.clone())
    };
    let mut places: Vec<Range<usize>> = wanted
        .places(&folded)
        .into_iter()
        .filter_map(|found| Some(origin(found.start)?.start..origin(found.end - 1)?.end))
        .collect();
    places.sort_unstable_by_key(|place| place.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for place in places {
        match merged.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            Some(_) | None => merged.push(place),
        }
    }
    merged
}

/// One line of a body around a place.
fn excerpt(body: &str, at: usize) -> String {
    let lead = body[..at].char_indices().rev().take(LEAD);
    // A whole word rather than a part of one.
    let start = lead.clone().filter(|(_, c)| c.is_whitespace()).last().map(|(start, c)| start + c.len_utf8());
    let start = match lead.last() {
        Some((0, _)) | None => 0,
        Some((first, _)) => start.unwrap_or(first),
    };
    let end = body[start..].char_indices().nth(LENGTH).map_or(body.len(), |(end, _)| start + end);
    let line = body[start..end].split(|c: char| c.is_whitespace() || c.is_control());
    let line = line.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let before = if start > 0 { "… " } else { "" };
    let after = if end < body.len() { " …" } else { "" };
    format!("{before}{line}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, query: &str) -> String {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut shown = String::new();
        let mut at = 0;
        for Highlight { start, end } in highlights(text, &Wanted::new(query)) {
            let part = |from: usize, to: usize| String::from_utf16(&units[from..to]).unwrap();
            shown += &part(at, start as usize);
            shown += &format!("[{}]", part(start as usize, end as usize));
            at = end as usize;
        }
        shown + &String::from_utf16(&units[at..]).unwrap()
    }

    #[test]
    fn what_was_found_is_marked_in_the_units_of_the_window() {
        assert_eq!(marked("🎉 系统通知：通知已发", "通知"), "🎉 系统[通知]：[通知]已发");
        assert_eq!(marked("Café CAFÉ cafe\u{301}s", "cafe"), "[Café] [CAFÉ] [cafe\u{301}]s");
        assert_eq!(marked("report-reports", "re report"), "[report]-[report]s");
        assert_eq!(marked("ＡＢＣ abc", "ab"), "[ＡＢ]Ｃ [ab]c");
        assert_eq!(marked("中文文字", "中文 文字"), "[中文文字]");
        assert_eq!(marked("nothing", "else"), "nothing");
    }

    #[test]
    fn an_excerpt_is_one_line_around_what_was_found() {
        let body = format!("{}\n\nthe needle\tis here {}", "first line ".repeat(50), "after ".repeat(50));
        let at = body.find("needle").unwrap();
        let line = excerpt(&body, at);
        assert!(line.starts_with("… ") && line.ends_with(" …"), "{line}");
        assert!(line.contains("line the needle is here after"), "{line}");
        assert!(line.chars().count() <= LENGTH + 4);
        assert_eq!(excerpt("short needle", 6), "short needle");
        let run = "字".repeat(100);
        assert_eq!(excerpt(&run, 0), run);
    }
}
