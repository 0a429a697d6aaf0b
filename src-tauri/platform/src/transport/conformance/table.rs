//! The standard's traps, one by one, with what a browser makes of each.

use belfry_core::ports::StreamEvent;

use super::{cut, dispatched, reference};

/// What comes out, one text each: `type|data|id`, `id=…`, `retry=…`, `:comment`.
fn shown(event: &StreamEvent) -> String {
    match event {
        StreamEvent::Frame(frame) => format!("{}|{}|{}", frame.event, frame.data, frame.id),
        StreamEvent::Id(id) => format!("id={id}"),
        StreamEvent::Retry(span) => format!("retry={}", span.as_millis()),
        StreamEvent::Comment(text) => format!(":{text}"),
        StreamEvent::Oversized { id } => format!("oversized, id={id}"),
        StreamEvent::Activity => "activity".to_owned(),
    }
}

const CASES: &[(&[u8], &[&str])] = &[
    // One space after the colon goes, no more.
    (b"data: a\n\n", &["message|a|"]),
    (b"data:a\n\n", &["message|a|"]),
    (b"data:  a\n\n", &["message| a|"]),
    (b"data:\ta\n\n", &["message|\ta|"]),
    (b"data: a \n\n", &["message|a |"]),
    (b"data: a:b: c\n\n", &["message|a:b: c|"]),
    // Line ends.
    (b"data: a\r\n\r\n", &["message|a|"]),
    (b"data: a\r\r", &["message|a|"]),
    (b"data: a\r\n\r", &["message|a|"]),
    (b"data: a\n\r\n", &["message|a|"]),
    (b"data: a\r\n\n", &["message|a|"]),
    (b"data: a\r\r\n", &["message|a|"]),
    (b"data: a\rdata: b\n\r", &["message|a\nb|"]),
    (b"data: a\n\rdata: b\r\n\r\n", &["message|a|", "message|b|"]),
    (b"\n\n\ndata: a\n\n\n\n", &["message|a|"]),
    ("data: a\u{2028}b\u{85}c\u{b}d\u{c}e\n\n".as_bytes(), &["message|a\u{2028}b\u{85}c\u{b}d\u{c}e|"]),
    // Data.
    (b"data\n\n", &["message||"]),
    (b"data:\n\n", &["message||"]),
    (b"data: \n\n", &["message||"]),
    (b"data\ndata\n\n", &["message|\n|"]),
    (b"data: a\ndata: b\n\n", &["message|a\nb|"]),
    (b"data: a\ndata\ndata: b\n\n", &["message|a\n\nb|"]),
    (b"data: a\0b\n\n", &["message|a\0b|"]),
    ("data: 新回复通知\n\n".as_bytes(), &["message|新回复通知|"]),
    // What is unfinished at the end is dropped, its id too.
    (b"data: a", &[]),
    (b"data: a\n", &[]),
    (b"id: 1\ndata: a\n", &[]),
    (b"data: a\n\ndata: b", &["message|a|"]),
    (b"data: a\n\nid: 2\n", &["message|a|"]),
    // Types.
    (b"event: x\ndata: a\n\ndata: b\n\n", &["x|a|", "message|b|"]),
    (b"event: x\nevent: y\ndata: a\n\n", &["y|a|"]),
    (b"event: x\nevent\ndata: a\n\n", &["message|a|"]),
    (b"event: x\n\ndata: a\n\n", &["message|a|"]),
    (b"event: x\n\n", &[]),
    (b"data: a\nevent: x\n\n", &["x|a|"]),
    (b"event:  x \ndata\n\n", &[" x ||"]),
    // Ids.
    (b"id: 1\ndata: a\n\ndata: b\n\n", &["message|a|1", "message|b|1"]),
    (b"id: 1\n\ndata: a\n\n", &["id=1", "message|a|1"]),
    (b"id: 1\ndata: a\n\nid\ndata: b\n\n", &["message|a|1", "message|b|"]),
    (b"id: 1\n\nid:\n\n", &["id=1", "id="]),
    (b"id: 1\nid: 2\ndata: a\n\n", &["message|a|2"]),
    (b"data: a\nid: 1\n\n", &["message|a|1"]),
    (b"id: a\0b\ndata: x\n\n", &["message|x|"]),
    (b"id: 1\nid: a\0\ndata: x\n\n", &["message|x|1"]),
    (b"id: a\0\n\n", &[]),
    (b"id:  1\ndata: x\n\n", &["message|x| 1"]),
    (b"id: a\x01b\ndata: x\n\n", &["message|x|a\x01b"]),
    (b"data: a\n\nevent: x\nid: 9\n\ndata: b\n\n", &["message|a|", "id=9", "message|b|9"]),
    // Reconnection times: ASCII digits only, in any block, at once.
    (b"retry: 700\n\n", &["retry=700"]),
    (b"retry: 700\n", &["retry=700"]),
    (b"retry:700\ndata: a\n\n", &["retry=700", "message|a|"]),
    (b"data: a\nretry: 1\n\n", &["retry=1", "message|a|"]),
    (b"retry: 3\nid: 4\n\n", &["retry=3", "id=4"]),
    (b"retry: 0\n", &["retry=0"]),
    (b"retry: 007\n", &["retry=7"]),
    (b"retry: 99999999999999999999999\n", &["retry=18446744073709551615"]),
    (b"retry: +700\n", &[]),
    (b"retry: -1\n", &[]),
    (b"retry: 7e2\n", &[]),
    (b"retry:  700\n", &[]),
    (b"retry: 700 \n", &[]),
    (b"retry: \xEF\xBC\x97\n", &[]),
    (b"retry\n\n", &[]),
    // Comments.
    (b": c\n", &[":c"]),
    (b":\n", &[":"]),
    (b"::\n", &["::"]),
    (b":  two\n", &[": two"]),
    (b":data: a\n\n", &[":data: a"]),
    (b"data: a\n: c\ndata: b\n\n", &[":c", "message|a\nb|"]),
    // Fields that mean nothing.
    (b"foo: bar\n\n", &[]),
    (b"Data: a\n\n", &[]),
    (b" data: a\n\n", &[]),
    (b"\tdata: a\n\n", &[]),
    (b"data : a\n\n", &[]),
    (b"dat: a\n\n", &[]),
    (b"dataa: a\n\n", &[]),
    (b"eventt: a\ndata\n\n", &["message||"]),
    (b"foo\ndata: a\nbar:\n\n", &["message|a|"]),
    (b"<html>\n\n<body>data: a</body>\n\n", &[]),
    // One whole BOM at the very start goes.
    (b"\xEF\xBB\xBFdata: a\n\n", &["message|a|"]),
    (b"\xEF\xBB\xBF\ndata: a\n\n", &["message|a|"]),
    (b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\ndata: b\n\n", &["message|b|"]),
    (b"\xEF\xBBdata: a\n\ndata: b\n\n", &["message|b|"]),
    (b"\xEF\n\ndata: b\n\n", &["message|b|"]),
    (b"\xEF\xBB\xEF\xBB\xBFdata: a\n\ndata: b\n\n", &["message|b|"]),
    (b"data: a\n\n\xEF\xBB\xBFdata: b\n\n", &["message|a|"]),
    (b"\n\xEF\xBB\xBFdata: b\n\n", &[]),
    (b"data: \xEF\xBB\xBFa\n\n", &["message|\u{FEFF}a|"]),
    // Each maximal part of an invalid sequence becomes one U+FFFD.
    (b"data: a\xFFb\n\n", &["message|a\u{FFFD}b|"]),
    (b"data: \xE4\xB8\n\n", &["message|\u{FFFD}|"]),
    (b"data: \xF0\x9F\x92x\n\n", &["message|\u{FFFD}x|"]),
    (b"data: \xC0\xAF\n\n", &["message|\u{FFFD}\u{FFFD}|"]),
    (b"data: \xED\xA0\x80\n\n", &["message|\u{FFFD}\u{FFFD}\u{FFFD}|"]),
    (b"data: \xF4\x90\x80\x80\n\n", &["message|\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}|"]),
    (b": \xFF\n", &[":\u{FFFD}"]),
    (b"event: \xFF\nid: \xFE\ndata\n\n", &["\u{FFFD}||\u{FFFD}"]),
    (b"da\xFFta: x\n\n", &[]),
    (b"\xFFdata: a\n\n", &[]),
    (b"data: \xE4\xB8\rdata: \xAD\n\n", &["message|\u{FFFD}\n\u{FFFD}|"]),
    // A server cannot speak in the canonical stream's own words.
    (b":r5\n:i9\n:o9\n:a\n", &[":r5", ":i9", ":o9", ":a"]),
    (b"data: :i9\ndata: :r5\n\n", &["message|:i9\n:r5|"]),
    (b"event: :i9\nid: :r5\ndata\n\n", &[":i9||:r5"]),
];

#[test]
fn the_standards_traps_give_what_a_browser_gives() {
    assert!(CASES.len() >= 60);
    for (input, expected) in CASES {
        let named = || format!("{:?}", String::from_utf8_lossy(input));
        for size in [1, 2, 3, 5, input.len()] {
            let came: Vec<_> = dispatched(cut(input, &[size])).iter().map(shown).collect();
            assert_eq!(came, *expected, "{} in pieces of {size}", named());
        }
        let reference: Vec<_> = reference::dispatched(input).iter().map(shown).collect();
        assert_eq!(reference, *expected, "the reference on {}", named());
    }
}
