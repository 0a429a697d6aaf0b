//! WHATWG HTML 9.2.5 and 9.2.6 as written there, over the whole input at once.

use std::time::Duration;

use belfry_core::ports::{Frame, StreamEvent};

/// What a browser does with the whole of `input`, comments included.
pub fn dispatched(input: &[u8]) -> Vec<StreamEvent> {
    let text = String::from_utf8_lossy(input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input)).into_owned();
    // An end of any sort becomes LF; what follows the last one is no line.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();

    let mut out = Vec::new();
    let (mut data, mut event, mut id) = (String::new(), String::new(), String::new());
    let mut id_was_set = false;
    for line in lines {
        if line.is_empty() {
            if let Some(data) = data.strip_suffix('\n') {
                let event = if event.is_empty() { "message".to_owned() } else { event };
                out.push(StreamEvent::Frame(Frame { event, data: data.to_owned(), id: id.clone() }));
            } else if id_was_set {
                out.push(StreamEvent::Id(id.clone()));
            }
            data = String::new();
            event = String::new();
            id_was_set = false;
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => out.push(StreamEvent::Comment(value.chars().take(256).collect())),
            "data" => data += &format!("{value}\n"),
            "event" => event = value.to_owned(),
            "id" if !value.contains('\0') => {
                id = value.to_owned();
                id_was_set = true;
            }
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                out.push(StreamEvent::Retry(Duration::from_millis(value.parse().unwrap_or(u64::MAX))));
            }
            _ => {}
        }
    }
    out
}
