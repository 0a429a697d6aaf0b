//! A connection's state as one line of the log. Always in English: a log is read by whoever helps, not only
//! by the user. What may be shown as often as a stream is opened is said at `debug`.

use serde::Serialize;

use crate::link::LinkState;
use crate::model::Timestamp;
use crate::view::LinkView;
use crate::words::Language;

/// Writes the line. `trouble` is what went wrong, in the words of whoever noticed.
pub(super) fn log(source: &str, link: &LinkView, trouble: Option<&str>, now: Timestamp) {
    let line = line(link, trouble, now);
    match link.state {
        // It leads to one of the others, which says more.
        LinkState::Opening => tracing::debug!("{source}: {line}"),
        LinkState::Live | LinkState::Waiting | LinkState::Polling | LinkState::Stopped => {
            tracing::info!("{source}: {line}");
        }
    }
}

fn line(link: &LinkView, trouble: Option<&str>, now: Timestamp) -> String {
    let state = word("state", &link.state).trim_end_matches('…');
    let reason = link.reason.as_ref().map(|reason| format!(": {}", word("reason", reason)));
    let trouble = trouble.map(|trouble| format!(" [{trouble}]"));
    let attempt = match (link.attempt, link.retry_at) {
        (0, _) => None,
        (attempt, None) => Some(format!(" (attempt {attempt})")),
        (attempt, Some(at)) => {
            Some(format!(" (attempt {attempt}, next in {:.1} s)", at.since(now).as_secs_f64()))
        }
    };
    [Some(state.to_owned()), reason, trouble, attempt].into_iter().flatten().collect()
}

fn word(part: &str, code: &impl Serialize) -> &'static str {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => {
            Language::English.lookup(&format!("{part}.{code}")).unwrap_or_default()
        }
        Ok(_) | Err(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::link::Reason;

    fn link(state: LinkState, reason: Option<Reason>, attempt: u32, wait: Option<u64>) -> LinkView {
        let retry_at = wait.map(|ms| Timestamp(0).after(Duration::from_millis(ms)));
        LinkView { state, reason, since: Timestamp(0), attempt, retry_at }
    }

    #[test]
    fn a_failed_attempt_is_one_sentence_with_its_cause_and_what_comes_next() {
        let waiting = link(LinkState::Waiting, Some(Reason::Unreachable), 2, Some(1_540));
        assert_eq!(
            line(&waiting, Some("the server could not be reached: connection refused"), Timestamp(0)),
            "Waiting to reconnect: The server cannot be reached. \
             [the server could not be reached: connection refused] (attempt 2, next in 1.5 s)"
        );
    }

    #[test]
    fn a_state_without_a_reason_is_a_word() {
        assert_eq!(line(&link(LinkState::Live, None, 0, None), None, Timestamp(0)), "Connected");
        assert_eq!(
            line(&link(LinkState::Opening, None, 3, None), None, Timestamp(0)),
            "Connecting (attempt 3)"
        );
    }
}
