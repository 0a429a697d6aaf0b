//! Rows that begin in Opening.

use std::time::Duration;

use super::world::{MINUTE, SECOND, World, config, cursor, never_met, opening, opening_with};
use crate::link::{
    Brought, Channel, CursorState, Failure, History, Input, Life, LinkConfig, LinkState, Output, PollFailure,
    Reason,
};
use crate::model::Cursor;
use crate::settings::AfterAttempts;

#[test]
fn good_headers_are_not_life_yet() {
    let mut world = opening();
    world.open().check(LinkState::Opening, None);
    assert_eq!(world.until_timer(), Some(10 * SECOND));
}

#[test]
fn the_first_byte_is_life() {
    let mut world = opening();
    world.pass(3 * SECOND);
    world.open().hear(Life::Beat).check(LinkState::Live, None);
    assert_eq!((world.status().since, world.status().missing_since), (world.now, None));
}

#[test]
fn a_byte_before_good_headers_is_nothing() {
    opening().hear(Life::Beat).check(LinkState::Opening, None);
}

#[test]
fn ten_seconds_without_a_byte_is_shown_as_connected_but_unheard_and_the_history_is_asked_beside() {
    let mut world = opening();
    world.open();
    let outputs = world.pass(10 * SECOND);
    world.check(LinkState::Live, Some(Reason::Unheard));
    assert!(
        matches!(&outputs[..], [Output::Poll { cursor: at, .. }] if *at == cursor("k7-1")),
        "{outputs:?}"
    );
    world.answer(Ok(()));
    assert!(matches!(world.pass(60 * SECOND)[..], [Output::Close { .. }]), "37.5 s are the deadline");

    let mut world = opening();
    world.open();
    world.pass(10 * SECOND);
    let number = world.poll.unwrap();
    assert_eq!(world.hear(Life::Message).outputs(), [Output::CancelPoll { number }]);
    world.check(LinkState::Live, None);
    assert_eq!(world.until_timer(), Some(37 * SECOND + SECOND / 2), "only the stream's own deadline is left");
}

#[test]
fn beside_a_silent_stream_the_history_is_asked_again_and_again() {
    let mut config = config();
    config.limits.poll_every = 5 * SECOND;
    let mut world = opening_with(config);
    world.open();
    world.pass(10 * SECOND);
    for _ in 0..3 {
        world.answer(Err(PollFailure::Unusable));
        assert!(matches!(world.pass(5 * SECOND)[..], [Output::Poll { .. }]));
    }
    world.check(LinkState::Live, Some(Reason::Unheard));
}

#[test]
fn a_history_that_refuses_beside_an_open_stream_is_left_alone() {
    for failure in [PollFailure::Unauthorized, PollFailure::Forbidden, PollFailure::Unsupported] {
        let mut world = opening();
        world.open();
        world.pass(10 * SECOND);
        assert_eq!(world.answer(Err(failure)), []);
        world.check(LinkState::Live, Some(Reason::Unheard));
        assert_eq!(world.until_timer(), Some(37 * SECOND + SECOND / 2));
    }
}

#[test]
fn without_a_history_nothing_is_asked_beside_a_silent_stream() {
    let mut world = opening_with(LinkConfig { history: History::Absent, ..config() });
    world.open();
    assert_eq!(world.pass(10 * SECOND), []);
    world.check(LinkState::Live, Some(Reason::Unheard));
}

#[test]
fn fifteen_seconds_without_headers_are_too_long() {
    let mut world = opening();
    assert_eq!(world.pass(15 * SECOND), [Output::Close { attempt: world.attempt }]);
    world.check(LinkState::Waiting, Some(Reason::TimedOut));
    assert_eq!(world.status().attempt, 1);
}

#[test]
fn a_history_that_is_walked_first_may_take_its_time() {
    let mut world = opening();
    for _ in 0..5 {
        world.input(Input::Progress { by: Channel::Stream(world.attempt) });
        world.pass(29 * SECOND);
    }
    world.check(LinkState::Opening, None);
    world.input(Input::Asking { attempt: world.attempt });
    world.pass(14 * SECOND);
    world.check(LinkState::Opening, None);
    world.pass(SECOND);
    world.check(LinkState::Waiting, Some(Reason::TimedOut));
}

#[test]
fn a_slow_history_is_not_taken_for_a_missing_stream() {
    let mut world = opening();
    for _ in 0..3 {
        world.input(Input::Progress { by: Channel::Stream(world.attempt) });
        world.pass(30 * SECOND);
        world.check(LinkState::Waiting, Some(Reason::TimedOut)).reopen();
    }
    world.check(LinkState::Opening, Some(Reason::TimedOut));
}

fn three_times(world: &mut World, failure: impl Fn(&mut World)) {
    for _ in 0..2 {
        failure(world);
        world.reopen();
    }
    failure(world);
}

#[test]
fn three_answers_that_are_no_stream_lead_to_polling() {
    let failures: [fn(&mut World); 6] = [
        |world| {
            world.fail(Failure::NotAStream);
        },
        |world| {
            world.refuse(404, None);
        },
        |world| {
            world.refuse(405, None);
        },
        |world| {
            world.refuse(406, None);
        },
        |world| {
            world.refuse(501, None);
        },
        |world| {
            world.pass(15 * SECOND);
        },
    ];
    for (index, failure) in failures.iter().enumerate() {
        let mut world = opening();
        three_times(&mut world, failure);
        let reason = if index == 5 { Reason::TimedOut } else { Reason::NoStream };
        world.check(LinkState::Polling, Some(reason));
        world.pass(Duration::ZERO);
        assert!(world.poll.is_some(), "the history is asked at once");
    }
}

#[test]
fn another_failure_between_them_starts_the_count_anew() {
    let mut world = opening();
    for _ in 0..3 {
        world.refuse(404, None).reopen().fail(Failure::NotAStream).reopen();
        world.fail(Failure::Unreachable).reopen();
    }
    assert_eq!(world.status().attempt, 9);
}

#[test]
fn without_stream_and_history_the_source_is_unsupported() {
    let absent = LinkConfig { history: History::Absent, ..config() };
    let mut world = never_met(absent.clone());
    three_times(&mut world, |world| {
        world.fail(Failure::NotAStream);
    });
    // Said at once, and tried for an hour.
    for minutes in [1, 2, 4, 8, 10, 10, 10, 10, 10] {
        world.check(LinkState::Polling, Some(Reason::Unsupported));
        assert_eq!(world.until_timer(), Some(minutes * MINUTE));
        world.next_timer();
        world.fail(Failure::NotAStream);
    }
    world.check(LinkState::Stopped, Some(Reason::Unsupported));
    assert_eq!(world.until_timer(), None);

    let mut world = never_met(absent);
    three_times(&mut world, |world| {
        world.pass(15 * SECOND);
    });
    world.check(LinkState::Waiting, Some(Reason::TimedOut));
}

#[test]
fn a_history_that_turns_out_to_be_missing_makes_the_source_unsupported_too() {
    let mut world = never_met(config());
    three_times(&mut world, |world| {
        world.refuse(404, None);
    });
    world.pass(Duration::ZERO);
    world.answer(Err(PollFailure::Unsupported));
    world.check(LinkState::Polling, Some(Reason::Unsupported));
    for _ in 0..9 {
        assert!(matches!(world.next_timer()[..], [Output::Connect { .. }]));
        world.refuse(404, None);
    }
    world.check(LinkState::Stopped, Some(Reason::Unsupported));
}

/// Whatever a server has given before, it lacks only for the moment: a proxy answers so while it is updated.
#[test]
fn a_server_that_has_worked_is_never_given_up() {
    let streamed = || {
        let mut world = never_met(config());
        world.open().hear(Life::Beat).fail(Failure::Broken);
        world
    };
    let known = || {
        let mut world = opening();
        world.fail(Failure::Unreachable);
        world
    };
    for begun in [streamed, known] {
        let mut world = begun();
        let (begin, mut streams, mut pages) = (world.now, Vec::new(), 0);
        while world.now - begin < 86_400 * SECOND {
            for output in world.next_timer() {
                match output {
                    Output::Connect { .. } => {
                        streams.push(world.now - begin);
                        world.refuse(404, None);
                    }
                    Output::Poll { .. } => {
                        pages += 1;
                        world.answer(Err(PollFailure::Unsupported));
                    }
                    _ => {}
                }
            }
            assert_ne!(world.status().state, LinkState::Stopped);
            assert_ne!(world.status().reason, Some(Reason::Unsupported));
        }
        let quick = streams.iter().filter(|at| **at < MINUTE).count();
        assert!((4..=10).contains(&quick), "{quick} attempts in the first minute");
        assert!(streams.windows(2).all(|two| two[1] - two[0] <= 10 * MINUTE), "{streams:?}");
        assert!((140..=170).contains(&streams.len()), "{} streams in a day", streams.len());
        assert!(pages <= 1_450, "{pages} pages in a day");
        world.next_timer();
        world.input(Input::RetryNow).outputs();
        world.open().hear(Life::Beat).check(LinkState::Live, None);
    }
}

/// It takes what is asked of it and does not answer; the history says that there is none.
#[test]
fn silence_alone_gives_no_server_up() {
    let mut world = never_met(config());
    three_times(&mut world, |world| {
        world.pass(15 * SECOND);
    });
    world.pass(Duration::ZERO);
    world.answer(Err(PollFailure::Unsupported));
    world.check(LinkState::Waiting, Some(Reason::TimedOut));
    for _ in 0..1_000 {
        world.next_timer();
        assert_ne!(world.status().state, LinkState::Stopped);
    }
}

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
fn no_content_is_the_end() {
    let mut world = opening();
    world.fail(Failure::NoContent).check(LinkState::Stopped, Some(Reason::Ended));
    assert_eq!(world.until_timer(), None);
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
fn who_sends_elsewhere_for_now_is_asked_again_each_hour() {
    let mut world = opening();
    for _ in 0..3 {
        world.fail(Failure::Moved { to: "https://sso.example".to_owned(), for_good: false });
        world.check(LinkState::Stopped, Some(Reason::Moved));
        assert_eq!(world.until_timer(), Some(60 * MINUTE));
        assert!(matches!(world.next_timer()[..], [Output::Connect { .. }]));
        assert_eq!(world.link.moved_to(), None);
    }
    world.open().hear(Life::Beat).check(LinkState::Live, None);
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
