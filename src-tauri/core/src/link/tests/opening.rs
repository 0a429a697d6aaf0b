//! Rows that begin in Opening.

use std::time::Duration;

use super::world::{MINUTE, SECOND, World, config, cursor, never_met, opening, opening_with};
use crate::link::{
    Channel, Failure, History, Input, Life, LinkConfig, LinkState, Output, PollFailure, Reason,
};

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
        assert!(matches!(world.pass(6 * SECOND)[..], [Output::Poll { .. }]));
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
