//! What holds in every sequence of inputs, stale ones and early or doubled time-outs included: at most one live
//! attempt; a timer exactly when something is awaited; no request earlier than the server allows; after a refusal none
//! before a sign-in or one retry; every request with the last committed cursor; a stale input or a time-out that is
//! early or doubled changes nothing; what has worked once is never given up as unsupported. `world` checks these after
//! each step.

mod steps;
mod world;

use proptest::prelude::*;

use self::steps::{Age, Step, config, step};
use self::world::World;
use super::{Life, LinkState};

proptest! {
    #[test]
    fn the_contract_holds_in_every_sequence(
        config in config(),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(config, seed);
        world.take(Step::SignedIn);
        for step in steps {
            world.take(step);
        }
    }

    #[test]
    fn waiting_always_ends_by_itself(
        config in config(),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(config, seed);
        world.take(Step::SignedIn);
        for step in steps {
            world.take(step);
            if world.link.status().state == LinkState::Waiting {
                let mut left_alone = world.clone();
                left_alone.take(Step::NextTimer);
                prop_assert_eq!(left_alone.link.status().state, LinkState::Opening);
            }
        }
    }

    #[test]
    fn a_server_that_comes_back_is_found_whatever_happened_before(
        config in config(),
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(config, seed);
        world.take(Step::SignedIn);
        for step in steps {
            world.take(step);
        }
        // At a poll each second a probe comes after 600 of them at the latest.
        for _ in 0..2_000 {
            if world.link.status().state == LinkState::Stopped {
                return Ok(());
            }
            if world.open.is_empty() {
                world.take(Step::NextTimer);
            } else {
                world.take(Step::Opened(Age::Current));
                world.take(Step::Heard(Age::Current, Life::Beat));
                prop_assert_eq!(world.link.status().state, LinkState::Live);
                return Ok(());
            }
            if world.poll.is_some() {
                world.take(Step::Polled(Age::Current, Ok(())));
            }
        }
        prop_assert!(false, "never tried again: {:?}", world.link.status());
    }
}
