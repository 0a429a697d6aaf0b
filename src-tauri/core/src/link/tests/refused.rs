//! Rows that begin in Opening and end with a refusal or a failure.

use std::time::Duration;

use super::world::{MINUTE, SECOND, config, never_met, opening, opening_with};
use crate::link::{
    Brought, Channel, CursorState, Failure, Input, Life, LinkConfig, LinkState, Output, Reason,
};
use crate::model::Cursor;
use crate::settings::AfterAttempts;

#[test]
fn a_refused_token_stops_everything_and_is_told_once() {
    let mut world = opening();
    assert_eq!(world.fail(Failure::Unauthorized).outputs(), [Output::Rejected]);
    world.check(LinkState::Stopped, Some(Reason::Rejected));
    assert_eq!(world.until_timer(), None);
    world.input(Input::RetryNow).outputs();
    assert_eq!(world.fail(Failure::Unauthorized).outputs(), [], "told again without a new token");
    world.input(Input::SignedIn).outputs();
    assert_eq!(world.fail(Failure::Unauthorized).outputs(), [Output::Rejected]);
}

#[test]
fn what_is_forbidden_is_probed_each_hour() {
    let mut world = opening();
    world.fail(Failure::Forbidden).check(LinkState::Stopped, Some(Reason::Forbidden));
    assert_eq!(world.until_timer(), Some(3600 * SECOND));
    assert_eq!(world.status().retry_at, world.link.poll_timeout());
    assert!(matches!(world.next_timer()[..], [Output::Connect { .. }]));
    world.fail(Failure::Forbidden).check(LinkState::Stopped, Some(Reason::Forbidden));
    assert_eq!(world.until_timer(), Some(3600 * SECOND));
}

#[test]
fn no_content_is_the_end_where_nothing_has_ever_come() {
    let mut world = never_met(config());
    world.fail(Failure::NoContent).check(LinkState::Stopped, Some(Reason::Ended));
    assert_eq!(world.until_timer(), None);
}

#[test]
fn no_content_from_a_server_that_has_worked_is_looked_at_each_hour() {
    let mut world = opening();
    for _ in 0..3 {
        world.fail(Failure::NoContent).check(LinkState::Stopped, Some(Reason::Ended));
        assert_eq!(world.until_timer(), Some(3600 * SECOND));
        assert!(matches!(world.next_timer()[..], [Output::Connect { .. }]));
    }
    world.open().hear(Life::Beat).check(LinkState::Live, None);
}

#[test]
fn gone_with_a_cursor_drops_the_cursor_and_gone_again_is_final() {
    let mut world = opening();
    let outputs = world.fail(Failure::Gone).outputs();
    assert_eq!(
        outputs,
        [Output::CursorDropped, Output::Connect { attempt: world.attempt, cursor: CursorState::Fresh }]
    );
    world.check(LinkState::Opening, None);
    // The history gives a new cursor, and still the stream is gone.
    let by = Channel::Stream(world.attempt);
    let cursor = Some(Cursor("k8-1".to_owned()));
    world.input(Input::Committed { by, cursor, brought: Brought::CursorOnly });
    world.fail(Failure::Gone).check(LinkState::Stopped, Some(Reason::Gone));
}

#[test]
fn gone_without_a_cursor_is_final() {
    never_met(config()).fail(Failure::Gone).check(LinkState::Stopped, Some(Reason::Gone));

    // The history was walked from a place that no header carries.
    let mut world = opening();
    world.commit("").fail(Failure::Gone);
    assert!(matches!(
        world.outputs()[..],
        [Output::CursorDropped, Output::Connect { cursor: CursorState::Fresh, .. }]
    ));
    world.fail(Failure::Gone).check(LinkState::Stopped, Some(Reason::Gone));
}

#[test]
fn a_move_to_another_origin_waits_for_the_user() {
    let mut world = opening();
    world.fail(Failure::Moved { to: "https://new.example".to_owned(), for_good: true });
    world.check(LinkState::Stopped, Some(Reason::Moved));
    assert_eq!(world.link.moved_to(), Some("https://new.example"));
    assert_eq!(world.until_timer(), None);
}

#[test]
fn who_sends_elsewhere_for_now_is_asked_again_each_hour_and_sooner_if_it_has_worked() {
    for (mut world, minutes) in [(never_met(config()), 60), (opening(), 10)] {
        for _ in 0..3 {
            world.fail(Failure::Moved { to: "https://sso.example".to_owned(), for_good: false });
            world.check(LinkState::Stopped, Some(Reason::Moved));
            assert_eq!(world.until_timer(), Some(minutes * MINUTE));
            assert!(matches!(world.next_timer()[..], [Output::Connect { .. }]));
            assert_eq!(world.link.moved_to(), None);
        }
        world.open().hear(Life::Beat).check(LinkState::Live, None);
    }
}

#[test]
fn retry_after_is_never_undercut() {
    for (status, reason) in
        [(429, Reason::Busy), (503, Reason::Busy), (500, Reason::ServerError), (404, Reason::NoStream)]
    {
        let mut world = opening();
        world.refuse(status, Some(90 * SECOND)).check(LinkState::Waiting, Some(reason));
        assert_eq!(world.until_timer(), Some(90 * SECOND), "{status}");
        assert_eq!(world.input(Input::NetworkChanged).outputs(), [], "a new episode has to wait as well");
        world.check(LinkState::Waiting, Some(Reason::Busy));
        assert_eq!(world.until_timer(), Some(90 * SECOND), "{status}");
    }
    let mut world = opening();
    world.refuse(503, Some(Duration::MAX));
    assert_eq!(world.until_timer(), Some(3600 * SECOND), "nobody is left alone for longer");
}

#[test]
fn the_time_asleep_counts_for_retry_after() {
    let mut world = opening();
    world.refuse(503, Some(900 * SECOND)).pass(10 * SECOND);
    assert_eq!(world.input(Input::Woke { slept: 600 * SECOND }).outputs(), []);
    assert_eq!(world.until_timer(), Some(290 * SECOND));
    world.pass(3 * SECOND);
    let outputs = world.input(Input::Woke { slept: 8 * 3600 * SECOND }).outputs();
    assert!(matches!(outputs[..], [Output::Connect { .. }]), "{outputs:?}");
}

#[test]
fn retry_after_holds_the_history_back_too() {
    let mut config = config();
    config.limits.attempts = 1;
    let mut world = opening_with(config);
    world.refuse(503, Some(90 * SECOND)).check(LinkState::Polling, Some(Reason::Busy));
    assert_eq!(world.until_timer(), Some(90 * SECOND));
    let outputs = world.next_timer();
    assert!(matches!(outputs[..], [Output::Connect { .. }, Output::Poll { .. }]), "{outputs:?}");
}

#[test]
fn other_failures_wait_longer_each_time() {
    let mut world = opening();
    for (failure, reason) in [
        (Failure::Unreachable, Reason::Unreachable),
        (Failure::Status { status: 500, retry_after: None }, Reason::ServerError),
        (Failure::Status { status: 400, retry_after: None }, Reason::ServerError),
        (Failure::Unreachable, Reason::Unreachable),
    ] {
        let whole = SECOND * 2u32.pow(world.status().attempt);
        world.fail(failure).check(LinkState::Waiting, Some(reason));
        let wait = world.until_timer().unwrap();
        assert!((whole / 2..=whole).contains(&wait), "{wait:?} of {whole:?}");
        world.reopen();
    }
}

#[test]
fn an_end_before_the_first_byte_is_a_failed_attempt() {
    let mut world = opening();
    world.open().fail(Failure::Ended).check(LinkState::Waiting, Some(Reason::Broken));
    assert_eq!(world.status().attempt, 1);
}

#[test]
fn spent_attempts_lead_to_polling_or_to_a_stop_as_the_source_says() {
    for (after_attempts, state) in
        [(AfterAttempts::Poll, LinkState::Polling), (AfterAttempts::Stop, LinkState::Stopped)]
    {
        let mut world = opening_with(LinkConfig { after_attempts, ..config() });
        for _ in 0..9 {
            world.fail(Failure::Unreachable).reopen();
        }
        world.fail(Failure::Unreachable);
        assert_eq!(world.status().state, state);
        assert_eq!(world.status().attempt, 10);
    }
}
