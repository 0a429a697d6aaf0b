//! Telling on standard output what happens in the demo: one line for each message and each popup.

use std::io::{self, Write};

use belfry_core::engine::Observation;
use belfry_core::words::Language;
use tokio::sync::mpsc;

/// How many observations may wait for a slow terminal before the engine has to wait as well.
const ROOM: usize = 256;

/// Begins to tell. What is sent into the channel is printed by a thread of its own.
///
/// # Errors
/// If there is no thread for it.
pub fn narrate(words: Language) -> io::Result<mpsc::Sender<Observation>> {
    let (send, mut receive) = mpsc::channel(ROOM);
    std::thread::Builder::new().name("narrator".to_owned()).spawn(move || {
        while let Some(seen) = receive.blocking_recv() {
            // A reader that has gone away must not stop the engine: the channel is emptied all the same.
            let _ = line(words, &seen).map(|line| writeln!(io::stdout(), "{line}"));
        }
    })?;
    Ok(send)
}

/// The line for an observation, if it is one to be told.
fn line(words: Language, seen: &Observation) -> Option<String> {
    match seen {
        Observation::Message { message, unread, .. } => {
            let unread = unread.to_string();
            let values = [("kind", message.kind.as_str()), ("title", &message.title), ("unread", &unread)];
            Some(words.fill("demo.message", &values))
        }
        Observation::Popup { title, body, .. } => {
            let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(words.fill("demo.popup", &[("title", title), ("body", &body)]))
        }
        Observation::State { .. } | Observation::Gap { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_popup_is_told_in_one_line() {
        let popup = Observation::Popup {
            title: "New reply".to_owned(),
            body: "Ann replied\nfirst line".to_owned(),
            ids: Vec::new(),
        };
        let told = line(Language::English, &popup).unwrap();
        assert!(told.contains("New reply") && told.contains("Ann replied first line"), "{told}");
        assert!(!told.contains('\n'));
    }
}
