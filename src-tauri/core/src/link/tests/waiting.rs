//! Rows that begin in Waiting.

use std::time::Duration;

use super::world::{SECOND, live, opening};
use crate::link::{Failure, Input, Life, LinkState, NoToken, Output, Reason};

#[test]
fn the_end_of_the_pause_impatience_or_a_network_leads_to_the_next_attempt() {
    for input in
        [None, Some(Input::RetryNow), Some(Input::NetworkUp), Some(Input::Woke { slept: Duration::ZERO })]
    {
        let mut world = opening();
        world.fail(Failure::Unreachable);
        let outputs = match input {
            None => world.next_timer(),
            Some(input) => world.input(input).outputs(),
        };
        assert!(matches!(outputs[..], [Output::Connect { .. }]), "{outputs:?}");
        assert_eq!(world.status().state, LinkState::Opening);
    }
}

#[test]
fn impatience_overrides_what_the_server_asked_for() {
    let mut world = opening();
    world.refuse(503, Some(600 * SECOND));
    assert!(matches!(world.input(Input::RetryNow).outputs()[..], [Output::Connect { .. }]));
}

#[test]
fn a_fresh_episode_has_all_its_attempts() {
    for input in
        [Input::Woke { slept: Duration::ZERO }, Input::NetworkChanged, Input::NetworkUp, Input::SignedIn]
    {
        let mut world = opening();
        for _ in 0..5 {
            world.fail(Failure::Unreachable).reopen();
        }
        world.fail(Failure::Unreachable).input(input);
        assert_eq!(world.status().attempt, 0);
    }
}

#[test]
fn without_a_network_no_attempt_is_spent() {
    let mut world = opening();
    world.input(Input::NetworkDown);
    for _ in 0..20 {
        world.fail(Failure::Unreachable).check(LinkState::Waiting, Some(Reason::Unreachable));
        assert_eq!(
            world.until_timer(),
            Some(60 * SECOND),
            "the system may be wrong, so that it is tried rarely"
        );
        assert_eq!(world.status().attempt, 0);
        world.reopen();
    }
    for _ in 0..5 {
        world.fail(Failure::TimedOut).check(LinkState::Waiting, Some(Reason::TimedOut)).reopen();
    }
    world.fail(Failure::Unreachable).input(Input::NetworkUp).check(LinkState::Opening, None);
    world.outputs();
    world.fail(Failure::Unreachable);
    assert_eq!(world.status().attempt, 1);
}

#[test]
fn the_servers_retry_is_the_base_of_the_next_pauses() {
    let mut world = live();
    let attempt = world.attempt;
    world.input(Input::Retry { attempt, span: 40 * SECOND });
    world.fail(Failure::Ended);
    let wait = world.until_timer().unwrap();
    assert!((40 * SECOND..=60 * SECOND).contains(&wait), "{wait:?}");
}

#[test]
fn the_time_without_a_stream_is_counted_from_its_loss() {
    let mut world = live();
    world.pass(10 * SECOND);
    let lost = world.now;
    world.fail(Failure::Ended);
    for _ in 0..3 {
        world.reopen().fail(Failure::Unreachable);
    }
    assert_eq!(world.status().missing_since, Some(lost));
    world.reopen().open().hear(Life::Beat);
    assert_eq!(world.status().missing_since, None);
}

#[test]
fn signing_out_ends_the_waiting() {
    let mut world = opening();
    world.fail(Failure::Unreachable).input(Input::SignedOut(NoToken::KeychainLocked));
    world.check(LinkState::Stopped, Some(Reason::KeychainLocked));
    assert_eq!(world.until_timer(), None);
    assert_eq!(world.status().attempt, 0);
}
