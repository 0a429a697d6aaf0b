//! Rows that begin in Stopped.

use std::time::Duration;

use super::world::{SECOND, config, live, never_met, opening, opening_with};
use crate::link::{Failure, Input, LinkState, NoToken, Output, Reason};
use crate::settings::AfterAttempts;

#[test]
fn a_sign_in_opens() {
    for failure in [Failure::Unauthorized, Failure::Forbidden, Failure::NoContent] {
        let mut world = opening();
        world.fail(failure).outputs();
        assert!(matches!(world.input(Input::SignedIn).outputs()[..], [Output::Connect { .. }]));
        world.check(LinkState::Opening, None);
    }
}

#[test]
fn without_a_token_nothing_opens() {
    for why in [NoToken::SignedOut, NoToken::KeychainLocked, NoToken::KeychainAbsent] {
        let mut world = opening();
        world.input(Input::SignedOut(why)).outputs();
        for input in [
            Input::RetryNow,
            Input::Woke { slept: Duration::ZERO },
            Input::NetworkChanged,
            Input::NetworkDown,
            Input::NetworkUp,
        ] {
            assert_eq!(world.input(input).outputs(), []);
            world.check(LinkState::Stopped, Some(why.into()));
        }
    }
}

#[test]
fn after_a_refusal_there_is_one_retry_per_sign_in() {
    let mut world = opening();
    for _ in 0..2 {
        world.fail(Failure::Unauthorized).outputs();
        for input in [Input::Woke { slept: Duration::ZERO }, Input::NetworkChanged, Input::NetworkUp] {
            assert_eq!(world.input(input).outputs(), []);
        }
        assert!(matches!(world.input(Input::RetryNow).outputs()[..], [Output::Connect { .. }]));
        world.fail(Failure::Unauthorized);
        assert_eq!(world.input(Input::RetryNow).outputs(), []);
        world.check(LinkState::Stopped, Some(Reason::Rejected));
        world.input(Input::SignedIn).outputs();
    }
}

#[test]
fn impatience_opens_whatever_else_the_reason_is() {
    for failure in [
        Failure::Forbidden,
        Failure::NoContent,
        Failure::Moved { to: "https://new.example".to_owned(), for_good: true },
    ] {
        let mut world = opening();
        world.fail(failure).outputs();
        for _ in 0..3 {
            assert!(matches!(world.input(Input::RetryNow).outputs()[..], [Output::Connect { .. }]));
            world.fail(Failure::NoContent);
        }
        assert_eq!(world.link.moved_to(), None);
    }
}

#[test]
fn waking_or_another_network_asks_once_more_whether_there_is_nothing_to_say() {
    for input in [Input::Woke { slept: Duration::ZERO }, Input::NetworkChanged, Input::NetworkUp] {
        let mut world = never_met(config());
        world.fail(Failure::NoContent).outputs();
        assert!(matches!(world.input(input).outputs()[..], [Output::Connect { .. }]));
        world.fail(Failure::NoContent).check(LinkState::Stopped, Some(Reason::Ended));
    }
}

/// The last change always leads to a start; of all those before it at most one in two seconds.
#[test]
fn a_network_that_comes_and_goes_leads_to_one_fresh_start_in_two_seconds() {
    let mut world = live();
    let mut starts = 0;
    for _ in 0..60 {
        let mut outputs = world.input(Input::NetworkDown).input(Input::NetworkChanged).outputs();
        outputs.extend(world.pass(SECOND / 2));
        outputs.extend(world.input(Input::NetworkUp).outputs());
        outputs.extend(world.pass(SECOND / 2));
        starts += outputs.iter().filter(|output| matches!(output, Output::Connect { .. })).count();
    }
    assert!((29..=31).contains(&starts), "{starts}");
    world.pass(10 * SECOND);
    world.outputs();
    // One change that is told in two ways is one.
    let opened = world.input(Input::NetworkChanged).outputs();
    assert!(matches!(opened[..], [.., Output::Connect { .. }]), "{opened:?}");
    assert_eq!(world.input(Input::NetworkUp).input(Input::NetworkChanged).outputs(), []);
    world.pass(SECOND / 2);
    world.input(Input::NetworkChanged).check(LinkState::Waiting, None);
    assert_eq!(world.until_timer(), Some(SECOND * 3 / 2));
    assert!(matches!(world.next_timer()[..], [.., Output::Connect { .. }]));
    // Impatience does not wait for it.
    world.pass(SECOND);
    world.input(Input::NetworkChanged).input(Input::RetryNow).check(LinkState::Opening, None);
}

#[test]
fn another_network_revives_what_a_captive_portal_may_have_stopped() {
    let mut world = opening();
    world.fail(Failure::Moved { to: "http://portal.example".to_owned(), for_good: true }).outputs();
    assert!(matches!(world.input(Input::NetworkChanged).outputs()[..], [Output::Connect { .. }]));
    assert_eq!(world.link.moved_to(), None);
}

#[test]
fn another_network_does_not_revive_what_the_source_was_told_to_stop() {
    let mut config = super::world::config();
    config.after_attempts = AfterAttempts::Stop;
    config.limits.attempts = 1;
    let mut world = opening_with(config);
    world.fail(Failure::Unreachable).check(LinkState::Stopped, Some(Reason::AttemptsSpent));
    for input in [Input::Woke { slept: Duration::ZERO }, Input::NetworkChanged, Input::NetworkUp] {
        assert_eq!(world.input(input).outputs(), []);
    }
}

#[test]
fn an_attempt_that_nobody_has_heard_of_is_not_made_after_signing_out() {
    let mut world = opening();
    world.input(Input::Woke { slept: Duration::ZERO }).input(Input::SignedOut(NoToken::SignedOut));
    assert_eq!(world.outputs(), [Output::Close { attempt: world.attempt }], "only the one that had begun");
}
