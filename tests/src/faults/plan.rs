//! What goes wrong, in which order: plain data from a seed.

use std::time::Duration;

use belfry_protocol::Publish;

use crate::dice::Dice;
use crate::scenario::message;

/// One thing that goes wrong. An `at` counts the bytes of the answer's body that get through before it, on the wire, so
/// that it falls anywhere: into a chunk's head, an event's name, a character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed before a byte is answered.
    Refused,
    /// The connection is reset (RST).
    Reset {
        /// After so many bytes.
        at: usize,
    },
    /// The connection is closed in the middle of the body (FIN).
    Cut {
        /// After so many bytes.
        at: usize,
    },
    /// The body ends as it should, in the middle of an event.
    HalfEvent {
        /// After so many events.
        after: usize,
        /// How much of the next one still comes, in hundredths.
        share: usize,
    },
    /// Nothing comes any more, and nothing is closed.
    Stall {
        /// After so many bytes.
        at: usize,
    },
    /// The client is killed (`kill -9`).
    Kill {
        /// After so many bytes.
        at: usize,
    },
    /// An event comes twice in a row.
    Twice {
        /// After so many events.
        after: usize,
    },
    /// An event has the id of the one before it.
    DuplicatedId {
        /// After so many events.
        after: usize,
    },
    /// The last events come again, with their ids.
    Replayed {
        /// After so many events.
        after: usize,
        /// How many of them.
        back: usize,
    },
    /// Events come in another order, and only the last has an id, which is the last of theirs: else no client could
    /// go on from a place between them.
    Reordered {
        /// After so many events.
        after: usize,
        /// In which order: places among so many events.
        order: Vec<usize>,
    },
    /// The next bytes come one by one.
    Drip {
        /// How many.
        bytes: usize,
    },
    /// A line comes that is larger than anything that is kept.
    Oversized {
        /// After so many events.
        after: usize,
        /// How the line begins.
        field: &'static str,
        /// How many bytes follow.
        bytes: usize,
    },
    /// Requests are answered with an error.
    Refusals {
        /// Its status.
        status: u16,
        /// How many requests.
        count: usize,
        /// What `Retry-After` says.
        retry_after: Option<Duration>,
    },
    /// The request is sent on to other places of the server before it gets there.
    Redirected {
        /// How many of them.
        hops: usize,
        /// With which status.
        status: u16,
    },
    /// The request is sent on to another server, or round and round: the client must stop and not follow.
    Astray {
        /// To where.
        to: Astray,
    },
}

/// Where a request is sent that leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Astray {
    /// Another origin, which must never see the token.
    Elsewhere,
    /// Round and round on the same server.
    Round,
}

impl Fault {
    /// What sort it is, in a word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Reset { .. } => "reset",
            Self::Cut { .. } => "cut",
            Self::HalfEvent { .. } => "half event",
            Self::Stall { .. } => "stall",
            Self::Kill { .. } => "kill -9",
            Self::Twice { .. } => "event twice",
            Self::DuplicatedId { .. } => "duplicated id",
            Self::Replayed { .. } => "repeated replay",
            Self::Reordered { .. } => "reordered",
            Self::Drip { .. } => "slow drip",
            Self::Oversized { .. } => "oversized line",
            Self::Refusals { .. } => "5xx burst",
            Self::Redirected { .. } => "redirected",
            Self::Astray { .. } => "astray",
        }
    }

    /// Whether the client's process ends with it.
    #[must_use]
    pub fn ends_client(&self) -> bool {
        matches!(self, Self::Kill { .. } | Self::Astray { .. })
    }
}

/// A fault, and what is published when its turn comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What goes wrong.
    pub fault: Fault,
    /// What is published before.
    pub load: Vec<Publish>,
}

/// Everything that goes wrong in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it was made from.
    pub seed: u64,
    /// In their order.
    pub steps: Vec<Step>,
    /// From this step on the client's process is not ended any more, so that its memory can be watched.
    pub calm_from: usize,
}

/// The sorts of faults, each as often as it is here.
const SORTS: [Sort; 18] = [
    Sort::Refused,
    Sort::Reset,
    Sort::Reset,
    Sort::Cut,
    Sort::Cut,
    Sort::HalfEvent,
    Sort::Stall,
    Sort::Kill,
    Sort::Kill,
    Sort::Twice,
    Sort::DuplicatedId,
    Sort::Replayed,
    Sort::Reordered,
    Sort::Drip,
    Sort::Oversized,
    Sort::Refusals,
    Sort::Redirected,
    Sort::Astray,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Refused,
    Reset,
    Cut,
    HalfEvent,
    Stall,
    Kill,
    Twice,
    DuplicatedId,
    Replayed,
    Reordered,
    Drip,
    Oversized,
    Refusals,
    Redirected,
    Astray,
}

impl Plan {
    /// A plan of so many faults, with so many messages published in the course of it.
    #[must_use]
    pub fn new(seed: u64, faults: usize, messages: usize) -> Self {
        let mut dice = Dice::new(seed);
        let calm_from = faults * 3 / 5;
        let mut published = 0;
        let steps = (0..faults).map(|number| {
            let fault = fault(&mut dice, number >= calm_from);
            // Up to here their share of all, give or take some.
            let until = messages * (number + 1) / faults;
            let count = dice.between(0, 2 * until.saturating_sub(published)).min(messages - published);
            let count = if number + 1 == faults { messages - published } else { count };
            let load = (published..published + count).map(|title| text(&mut dice, title)).collect();
            published += count;
            Step { fault, load }
        });
        Self { seed, steps: steps.collect(), calm_from }
    }

    /// How many messages are published in all.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.steps.iter().map(|step| step.load.len()).sum()
    }
}

fn fault(dice: &mut Dice, calm: bool) -> Fault {
    let sort = loop {
        let sort = dice.pick(&SORTS);
        if !(calm && matches!(sort, Sort::Kill | Sort::Astray)) {
            break sort;
        }
    };
    // Mostly within the first few events, sometimes far behind.
    let at = if dice.once_in(4) { dice.between(1, 20_000) } else { dice.between(1, 2_000) };
    let after = dice.between(0, 12);
    match sort {
        Sort::Refused => Fault::Refused,
        Sort::Reset => Fault::Reset { at },
        Sort::Cut => Fault::Cut { at },
        Sort::HalfEvent => Fault::HalfEvent { after, share: dice.between(1, 99) },
        Sort::Stall => Fault::Stall { at },
        Sort::Kill => Fault::Kill { at },
        Sort::Twice => Fault::Twice { after },
        Sort::DuplicatedId => Fault::DuplicatedId { after },
        Sort::Replayed => Fault::Replayed { after, back: dice.between(1, 16) },
        Sort::Reordered => Fault::Reordered { after, order: order(dice) },
        Sort::Drip => Fault::Drip { bytes: dice.between(1, 200) },
        Sort::Oversized => {
            let field = dice.pick(&["data: ", "event: ", ": ", "id: ", "x: ", "retry: 1"]);
            Fault::Oversized { after, field, bytes: dice.between(4 << 20, 6 << 20) }
        }
        Sort::Refusals => {
            let status = dice.pick(&[500, 502, 503, 504, 429]);
            let retry_after = dice.once_in(8).then_some(Duration::from_secs(1));
            let most = match (retry_after, calm) {
                (Some(_), _) => 1,
                // Fewer than a client may spend: else it would have to be killed.
                (None, true) => 3,
                (None, false) => 10,
            };
            let count = dice.between(1, most);
            Fault::Refusals { status, count, retry_after }
        }
        Sort::Redirected => {
            Fault::Redirected { hops: dice.between(1, 5), status: dice.pick(&[301, 302, 303, 307, 308]) }
        }
        Sort::Astray => Fault::Astray { to: dice.pick(&[Astray::Elsewhere, Astray::Round]) },
    }
}

/// The places of two to eight events, shuffled (Fisher and Yates).
fn order(dice: &mut Dice) -> Vec<usize> {
    let mut order: Vec<usize> = (0..dice.between(2, 8)).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, dice.between(0, last));
    }
    order
}

/// A message that a cut can fall into: of some length, not only of ASCII.
fn text(dice: &mut Dice, title: usize) -> Publish {
    let words = ["钟楼", "reply", "通知 ", "🔔", "a\nb", "data: x\n\n", "\"", " id: 7"];
    let content = (0..dice.between(0, 60)).map(|_| dice.pick(&words)).collect();
    Publish { content: Some(content), ..message(&title.to_string()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_says_everything_and_another_seed_something_else() {
        assert_eq!(Plan::new(7, 100, 2_000), Plan::new(7, 100, 2_000));
        assert_ne!(Plan::new(7, 100, 2_000).steps, Plan::new(8, 100, 2_000).steps);
    }

    #[test]
    fn each_message_is_published_once_and_each_sort_of_fault_occurs() {
        let plan = Plan::new(1, 1_000, 20_000);
        let titles: Vec<&str> =
            plan.steps.iter().flat_map(|step| &step.load).map(|publish| publish.title.as_str()).collect();
        assert_eq!(titles, crate::scenario::rows(0, 20_000));
        let sorts: BTreeSet<&str> = plan.steps.iter().map(|step| step.fault.name()).collect();
        assert_eq!(sorts.len(), 15, "{sorts:?}");
        assert!(plan.steps.iter().all(|step| step.load.len() < 1_000), "none has everything");
    }

    #[test]
    fn the_end_is_calm() {
        let plan = Plan::new(2, 1_000, 20_000);
        assert!(plan.steps[plan.calm_from..].iter().all(|step| !step.fault.ends_client()));
        assert!(plan.steps[..plan.calm_from].iter().any(|step| step.fault.ends_client()));
    }
}
