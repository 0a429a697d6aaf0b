//! Rows that begin in Polling.

use std::time::Duration;

use super::world::{MINUTE, SECOND, config, cursor, live, opening, opening_with, polling};
use crate::link::{
    Brought, Channel, CursorState, Failure, History, Input, Life, LinkConfig, LinkState, Output, PollFailure,
    Reason,
};
use crate::model::Cursor;

/// Within so much more than a minute the next poll begins.
const POLLED: Duration = Duration::from_secs(7);

#[test]
fn the_history_is_asked_each_minute_from_the_last_committed_cursor() {
    let mut world = polling();
    let by = Channel::Poll(world.poll.unwrap());
    let committed = Some(Cursor("k7-5".to_owned()));
    world.input(Input::Committed { by, cursor: committed, brought: Brought::Changes });
    assert_eq!(world.answer(Ok(())), []);
    assert_eq!(world.pass(59 * SECOND), []);
    let outputs = world.pass(POLLED);
    let poll = world.poll.unwrap();
    assert!(outputs.contains(&Output::Poll { number: poll, cursor: cursor("k7-5") }), "{outputs:?}");
    world.check(LinkState::Polling, Some(Reason::NoStream));
}

#[test]
fn the_refused_stream_is_probed_after_1_2_4_8_and_then_each_10_minutes() {
    let mut config = config();
    config.history = History::Absent;
    config.limits.attempts = 1;
    let mut world = opening_with(config);
    world.fail(Failure::Unreachable);
    for minutes in [1, 2, 4, 8, 10, 10] {
        world.check(LinkState::Polling, Some(Reason::Unreachable));
        assert_eq!(world.until_timer(), Some(minutes * MINUTE));
        assert!(matches!(world.next_timer()[..], [Output::Connect { .. }]));
        world.check(LinkState::Polling, Some(Reason::Unreachable));
        world.fail(Failure::Unreachable);
    }
}

#[test]
fn an_answer_after_a_failure_probes_the_stream_at_once() {
    let mut world = polling();
    world.answer(Err(PollFailure::Unreachable));
    world.check(LinkState::Polling, Some(Reason::Unreachable));
    assert!(matches!(world.pass(MINUTE + POLLED)[..], [Output::Connect { .. }, Output::Poll { .. }]));
    world.fail(Failure::Unreachable);
    let outputs = world.answer(Ok(()));
    assert!(matches!(outputs[..], [Output::Connect { .. }]), "{outputs:?}");
    world.check(LinkState::Polling, Some(Reason::NoStream));
}

#[test]
fn the_first_answer_of_a_server_that_was_out_of_reach_probes_at_once() {
    let mut config = config();
    config.limits.attempts = 1;
    let mut world = opening_with(config);
    world.fail(Failure::Unreachable).check(LinkState::Polling, Some(Reason::Unreachable));
    world.pass(Duration::ZERO);
    assert!(matches!(world.answer(Ok(()))[..], [Output::Connect { .. }]));
    world.check(LinkState::Polling, Some(Reason::AttemptsSpent));
}

#[test]
fn a_probe_that_succeeds_is_live_and_ends_the_polling() {
    let mut world = polling();
    world.input(Input::RetryNow).outputs();
    world.open().check(LinkState::Polling, Some(Reason::NoStream));
    let number = world.poll.unwrap();
    assert_eq!(world.hear(Life::Beat).outputs(), [Output::CancelPoll { number }]);
    world.check(LinkState::Live, None);
}

#[test]
fn a_probe_without_a_byte_is_live_but_unheard_and_the_polling_goes_on() {
    let mut world = polling();
    world.input(Input::RetryNow).outputs();
    world.answer(Ok(()));
    world.open();
    assert_eq!(world.pass(10 * SECOND).len(), 1, "it is asked at once, since the state has changed");
    world.check(LinkState::Live, Some(Reason::Unheard));
}

#[test]
fn impatience_probes_and_asks_now() {
    let mut world = polling();
    world.answer(Ok(()));
    world.input(Input::RetryNow);
    assert!(matches!(world.pass(Duration::ZERO)[..], [Output::Connect { .. }, Output::Poll { .. }]));
    assert_eq!(world.input(Input::RetryNow).outputs(), [], "both are under way");
}

#[test]
fn a_refused_token_stops_the_polling_too() {
    for (failure, reason) in
        [(PollFailure::Unauthorized, Reason::Rejected), (PollFailure::Forbidden, Reason::Forbidden)]
    {
        let mut world = polling();
        world.input(Input::RetryNow).outputs();
        let outputs = world.answer(Err(failure));
        assert!(outputs.contains(&Output::Close { attempt: world.attempt }), "the probe has to go as well");
        assert_eq!(outputs.contains(&Output::Rejected), reason == Reason::Rejected);
        world.check(LinkState::Stopped, Some(reason));
    }
}

#[test]
fn a_token_that_is_refused_beside_the_polls_stops_them_and_leaves_a_stream_alone() {
    let mut world = polling();
    assert!(world.input(Input::Unauthorized).outputs().contains(&Output::Rejected));
    world.check(LinkState::Stopped, Some(Reason::Rejected));
    assert_eq!(world.input(Input::Unauthorized).outputs(), []);

    for mut world in [live(), opening()] {
        let before = world.link.status();
        assert_eq!(world.input(Input::Unauthorized).outputs(), []);
        assert_eq!(world.link.status(), before);
    }
}

#[test]
fn a_refused_probe_stops_as_an_attempt_does() {
    for (failure, reason) in [
        (Failure::Unauthorized, Reason::Rejected),
        (Failure::Forbidden, Reason::Forbidden),
        (Failure::NoContent, Reason::Ended),
    ] {
        let mut world = polling();
        world.input(Input::RetryNow).outputs();
        let number = world.poll.unwrap();
        assert!(world.fail(failure).outputs().contains(&Output::CancelPoll { number }));
        world.check(LinkState::Stopped, Some(reason));
    }
}

#[test]
fn a_failing_history_is_asked_on_and_the_reason_is_shown() {
    for (failure, reason) in [
        (PollFailure::Unreachable, Reason::Unreachable),
        (PollFailure::TimedOut, Reason::TimedOut),
        (PollFailure::Unusable, Reason::ServerError),
        (PollFailure::NotStored, Reason::NotStored),
        (PollFailure::Status { status: 500, retry_after: None }, Reason::ServerError),
        (PollFailure::Status { status: 503, retry_after: None }, Reason::Busy),
    ] {
        let mut world = polling();
        world.answer(Err(failure));
        world.check(LinkState::Polling, Some(reason));
        world.pass(MINUTE + POLLED);
        assert!(world.poll.is_some());
    }
}

#[test]
fn a_poll_without_an_answer_is_given_up_after_half_a_minute() {
    let mut world = polling();
    let number = world.poll.unwrap();
    world.pass(20 * SECOND);
    world.input(Input::Progress { by: Channel::Poll(number) });
    assert_eq!(world.pass(29 * SECOND), []);
    assert_eq!(world.pass(SECOND), [Output::CancelPoll { number }]);
    world.check(LinkState::Polling, Some(Reason::TimedOut));
}

#[test]
fn a_busy_history_holds_the_probes_back() {
    let mut world = polling();
    world.answer(Err(PollFailure::Status { status: 429, retry_after: Some(300 * SECOND) }));
    assert_eq!(world.pass(299 * SECOND), []);
    assert!(matches!(world.pass(SECOND)[..], [Output::Connect { .. }, Output::Poll { .. }]));
}

#[test]
fn a_stream_that_a_probe_finds_worthless_is_probed_less_and_less_often() {
    let mut config = config();
    config.history = History::Absent;
    config.limits.attempts = 1;
    let mut world = opening_with(config);
    world.fail(Failure::Unreachable);
    for minutes in [1, 2, 4] {
        assert_eq!(world.until_timer(), Some(minutes * MINUTE));
        world.next_timer();
        world.open().hear(Life::Beat).fail(Failure::Broken);
        world.check(LinkState::Polling, Some(Reason::Broken));
    }
}

#[test]
fn a_place_that_the_history_has_lost_is_given_up_and_the_newest_page_asked_at_once() {
    let gone = || Err(PollFailure::Status { status: 410, retry_after: None });
    let mut world = polling();
    assert_eq!(world.answer(gone()), [Output::CursorDropped]);
    let outputs = world.pass(Duration::ZERO);
    let number = world.poll.unwrap();
    assert_eq!(outputs, [Output::Poll { number, cursor: CursorState::Fresh }]);
    // Without a place there is nothing to give up.
    assert_eq!(world.answer(gone()), []);
    world.check(LinkState::Polling, Some(Reason::ServerError));
    assert_eq!(world.until_timer(), Some(MINUTE));
}

#[test]
fn a_history_that_is_missing_leaves_the_probes() {
    let mut config = config();
    config.limits.attempts = 1;
    let mut world = opening_with(config);
    world.fail(Failure::Unreachable);
    world.pass(Duration::ZERO);
    world.answer(Err(PollFailure::Unsupported));
    world.check(LinkState::Polling, Some(Reason::Unreachable));
    assert_eq!(world.until_timer(), Some(MINUTE));
}

#[test]
fn waking_or_another_network_starts_over_at_once() {
    for input in [Input::Woke { slept: Duration::ZERO }, Input::NetworkChanged, Input::NetworkUp] {
        let mut world = polling();
        let number = world.poll.unwrap();
        let outputs = world.input(input).outputs();
        assert!(
            matches!(outputs[..], [Output::CancelPoll { number: stopped }, Output::Connect { .. }] if stopped == number),
            "{outputs:?}"
        );
        world.check(LinkState::Opening, None);
    }
}

#[test]
fn polling_without_history_and_attempts_is_only_probing() {
    let mut world = opening_with(LinkConfig { history: History::Absent, ..config() });
    for _ in 0..9 {
        world.fail(Failure::Unreachable).reopen();
    }
    world.fail(Failure::Unreachable).check(LinkState::Polling, Some(Reason::Unreachable));
    assert_eq!(world.until_timer(), Some(MINUTE));
}
