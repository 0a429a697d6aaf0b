//! Rows that begin in Live.

use std::time::Duration;

use super::world::{SECOND, World, config, cursor, live, opening, opening_with};
use crate::link::{
    Brought, Channel, CursorState, Failure, History, Input, Life, LinkConfig, LinkState, NoToken, Output,
    Reason,
};
use crate::model::Cursor;

#[test]
fn every_byte_moves_the_deadline() {
    let mut world = live();
    for life in [Life::Beat, Life::Message, Life::Beat] {
        world.pass(37 * SECOND);
        world.hear(life).check(LinkState::Live, None);
        assert!(world.until_timer() >= Some(37 * SECOND));
    }
}

#[test]
fn a_stream_that_brought_an_event_or_lived_for_five_seconds_rests_only_shortly() {
    let lives: [fn(&mut World); 3] = [
        |world| {
            world.commit("k7-2");
        },
        |world| {
            world.pass(5 * SECOND);
        },
        |world| {
            world.pass(5 * SECOND);
            world.hear(Life::Beat);
        },
    ];
    for life in lives {
        for (failure, reason) in [(Failure::Ended, Reason::Rotated), (Failure::Broken, Reason::Broken)] {
            let mut world = opening();
            world.fail(Failure::Unreachable).reopen().open().hear(Life::Beat);
            assert_eq!(world.status().attempt, 1);
            life(&mut world);
            world.fail(failure).check(LinkState::Waiting, Some(reason));
            assert_eq!(world.status().attempt, 0);
            assert!(world.until_timer() <= Some(SECOND));
        }
    }
}

#[test]
fn a_stream_that_ends_at_once_costs_an_attempt_each_time() {
    let mut world = live();
    for spent in 1..10 {
        // A cursor alone is no proof: a server that says `ready` and closes would be asked twice a second.
        let by = Channel::Stream(world.attempt);
        let cursor = Some(Cursor("k7-2".to_owned()));
        world.input(Input::Committed { by, cursor, brought: Brought::CursorOnly });
        world.fail(Failure::Ended).check(LinkState::Waiting, Some(Reason::Broken));
        assert_eq!(world.status().attempt, spent);
        world.reopen().open().hear(Life::Beat);
    }
    world.fail(Failure::Ended).check(LinkState::Polling, Some(Reason::Broken));
}

/// A server that answers with what is new and closes is asked again and again, but not twice a second.
#[test]
fn streams_that_bring_something_and_end_at_once_are_opened_less_often() {
    let mut world = live();
    let mut pauses = Vec::new();
    for number in 2..20 {
        world.commit(&format!("k7-{number}"));
        world.fail(Failure::Ended).check(LinkState::Waiting, Some(Reason::Rotated));
        assert_eq!(world.status().attempt, 0);
        pauses.push(world.until_timer().unwrap());
        world.reopen().open().hear(Life::Message);
    }
    assert!(pauses[0] <= SECOND, "one is a rotation");
    assert!(pauses[4..].iter().all(|pause| (4 * SECOND..=8 * SECOND).contains(pause)), "{pauses:?}");
    world.pass(5 * SECOND);
    world.hear(Life::Beat).fail(Failure::Ended);
    assert!(world.until_timer() <= Some(SECOND), "a stream that has lived is sought again at once");
    world.reopen().open().hear(Life::Message).commit("k7-30").fail(Failure::Ended);
    assert!(world.until_timer() <= Some(SECOND));
}

#[test]
fn streams_without_news_that_are_all_there_is_are_asked_for_like_a_history() {
    let mut world = opening_with(LinkConfig { history: History::Absent, ..config() });
    for _ in 0..30 {
        world.open().hear(Life::Message).fail(Failure::Ended);
        world.check(LinkState::Waiting, Some(Reason::Rotated)).reopen();
    }
    world.open().hear(Life::Message).fail(Failure::Ended);
    assert!((30 * SECOND..=60 * SECOND).contains(&world.until_timer().unwrap()));
}

#[test]
fn silence_past_the_deadline_closes_the_stream() {
    let mut world = live();
    world.commit("k7-2");
    assert_eq!(world.pass(37 * SECOND), []);
    assert_eq!(world.pass(SECOND), [Output::Close { attempt: world.attempt }]);
    world.check(LinkState::Waiting, Some(Reason::Idle));
    assert!(world.until_timer() <= Some(SECOND), "a stream that had lived is sought again at once");
}

#[test]
fn a_false_alarm_doubles_the_deadline() {
    let mut world = live();
    world.pass(38 * SECOND);
    world.reopen().open().hear(Life::Beat);
    assert_eq!(world.until_timer(), Some(75 * SECOND));
}

#[test]
fn an_alarm_that_was_right_does_not() {
    let mut world = live();
    world.pass(38 * SECOND);
    world.reopen().open().hear(Life::Message).commit("k7-2");
    assert_eq!(world.until_timer(), Some(37 * SECOND + SECOND / 2));
}

#[test]
fn a_users_own_deadline_is_taken_as_it_is() {
    let mut config = config();
    config.limits.idle_timeout = Some(2 * SECOND);
    let mut world = opening_with(config);
    world.open().hear(Life::Beat);
    assert_eq!(world.until_timer(), Some(2 * SECOND));
}

#[test]
fn streams_that_fall_silent_after_the_first_byte_lead_to_polling() {
    let mut world = live();
    for _ in 0..9 {
        world.next_timer();
        world.check(LinkState::Waiting, Some(Reason::Idle));
        world.reopen().open().hear(Life::Beat);
    }
    world.next_timer();
    world.check(LinkState::Polling, Some(Reason::Idle));
}

#[test]
fn a_silent_stream_without_a_history_is_never_given_up() {
    let mut world = opening_with(LinkConfig { history: History::Absent, ..config() });
    for _ in 0..30 {
        world.open();
        world.pass(10 * SECOND);
        world.check(LinkState::Live, Some(Reason::Unheard));
        world.next_timer();
        world.check(LinkState::Waiting, Some(Reason::Idle)).reopen();
    }
}

#[test]
fn waking_or_another_network_starts_over_at_once() {
    for input in [Input::Woke { slept: Duration::ZERO }, Input::NetworkChanged] {
        let mut world = live();
        let old = world.attempt;
        let outputs = world.input(input).outputs();
        assert_eq!(
            outputs,
            [
                Output::Close { attempt: old },
                Output::Connect { attempt: world.attempt, cursor: cursor("k7-1") }
            ]
        );
        world.check(LinkState::Opening, None);
    }
}

#[test]
fn signing_out_closes_the_stream() {
    let mut world = live();
    let outputs = world.input(Input::SignedOut(NoToken::SignedOut)).outputs();
    assert_eq!(outputs, [Output::Close { attempt: world.attempt }]);
    world.check(LinkState::Stopped, Some(Reason::SignedOut));
    assert_eq!(world.until_timer(), None);
}

#[test]
fn a_new_token_replaces_the_stream_of_the_old_one() {
    let mut world = live();
    let outputs = world.input(Input::SignedIn).outputs();
    assert!(matches!(outputs[..], [Output::Close { .. }, Output::Connect { .. }]), "{outputs:?}");
}

#[test]
fn network_news_and_impatience_leave_a_live_stream_alone() {
    let mut world = live();
    for input in [Input::NetworkDown, Input::NetworkUp, Input::RetryNow] {
        assert_eq!(world.input(input).outputs(), []);
        world.check(LinkState::Live, None);
    }
}

#[test]
fn without_a_network_nothing_can_come_unless_something_comes() {
    let mut world = live();
    assert!(world.input(Input::NetworkDown).status().cut_off);
    let attempt = world.attempt;
    let status = world.input(Input::Heard { attempt, life: Life::Beat }).status();
    assert_eq!((status.state, status.cut_off), (LinkState::Live, false));
}

#[test]
fn an_empty_id_clears_the_header_and_the_next_connect_walks_from_the_last_committed_one() {
    let mut world = live();
    world.commit("k7-9").commit("").fail(Failure::Ended);
    let outputs = world.next_timer();
    let unknown = CursorState::Unknown { last: Some(Cursor("k7-9".to_owned())) };
    assert_eq!(outputs, [Output::Connect { attempt: world.attempt, cursor: unknown.clone() }]);
    assert!(unknown.walk_first() && unknown.header().is_none());
}

#[test]
fn a_commit_between_the_decision_and_its_execution_still_counts() {
    let mut world = live();
    let by = Channel::Stream(world.attempt);
    world.input(Input::Woke { slept: Duration::ZERO });
    world.input(Input::Committed { by, cursor: Some(Cursor("k7-3".to_owned())), brought: Brought::Changes });
    let outputs = world.outputs();
    assert!(
        matches!(&outputs[..], [Output::Close { .. }, Output::Connect { cursor: at, .. }] if *at == cursor("k7-3")),
        "{outputs:?}"
    );
}
