//! Messages as comma-separated values (RFC 4180), each field as it is in JSON but for two things that are there
//! for those who open the file: no control, direction or invisible character but line ends and tabs, and an apostrophe
//! before what a spreadsheet would take for a formula.

use belfry_core::model::Message;

use crate::output::{ends_line, steers};
use belfry_core::view::Names;

/// The first line.
pub(super) const HEADER: &str = "id,source,source_id,remote_id,kind,title,body,related_id,link,priority,sender,\
                                 sent_at,received_at,via,read_at,archived_at,snoozed_until,pinned_at,extra\r\n";

/// One message as one record with its line end.
pub(super) fn record(message: &Message, names: &Names) -> String {
    let time = |time: Option<belfry_core::model::Timestamp>| time.map(|time| time.to_string());
    let extra = if message.extra.is_empty() {
        None
    } else {
        Some(serde_json::Value::Object(message.extra.clone()).to_string())
    };
    let fields = [
        Some(message.id.to_string()),
        Some(names.name(message.source)),
        Some(message.source.to_string()),
        message.remote_id.as_ref().map(ToString::to_string),
        Some(message.kind.to_string()),
        Some(message.title.clone()),
        Some(message.body.clone()),
        message.related_id.clone(),
        message.link.clone(),
        Some(message.priority.get().to_string()),
        message.sender.as_ref().map(|sender| sender.name.clone()),
        time(Some(message.sent_at)),
        time(Some(message.received_at)),
        Some(message.via.as_str().to_owned()),
        time(message.read_at),
        time(message.archived_at),
        time(message.snoozed_until),
        time(message.pinned_at),
        extra,
    ];
    let fields: Vec<String> = fields.into_iter().map(|text| field(text.unwrap_or_default())).collect();
    fields.join(",") + "\r\n"
}

/// What some spreadsheet takes for the beginning of a formula, or leaves out before one.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];

fn field(mut text: String) -> String {
    if text.contains(ends_line) {
        text = text.replace(ends_line, " ");
    }
    text.retain(|c| matches!(c, '\n' | '\r' | '\t') || !steers(c));
    if text.starts_with(FORMULA) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use belfry_core::settings::Settings;

    use super::*;
    use crate::messages::text::tests::message;

    fn record(message: &Message) -> String {
        super::record(message, &Names::of(&Settings::default()))
    }

    #[test]
    fn what_would_break_a_record_is_quoted() {
        let record = record(&message("He said \"no\", twice", "two\nlines"));
        assert!(record.contains(",\"He said \"\"no\"\", twice\",\"two\nlines\","), "{record}");
        assert!(record.ends_with("\r\n"));
    }

    #[test]
    fn a_spreadsheet_finds_no_formula_and_a_terminal_nothing_to_obey() {
        let record = record(&message("=cmd|' /C calc'!A0", "a\u{9b}31m\u{202e}b\u{2028}\u{e0041}c"));
        assert!(record.contains(",'=cmd|' /C calc'!A0,a31mb c,"), "{record}");
    }

    #[test]
    fn whatever_begins_a_formula_in_some_spreadsheet_gets_an_apostrophe() {
        for first in ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠"] {
            let field = field(format!("{first}1"));
            assert!(field.trim_start_matches('"').starts_with(&format!("'{first}")), "{field:?}");
        }
    }

    #[test]
    fn each_record_has_as_many_fields_as_the_header() {
        let commas = |text: &str| text.matches(',').count();
        assert_eq!(commas(HEADER), commas(&record(&message("plain", "text"))));
    }
}
