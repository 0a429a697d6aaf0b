//! A network that fails in every way that it can, as a seed says, between `belfryctl` and a real server.
//!
//! The seed makes a [`Plan`]: a list of faults as plain data, and with it what the server publishes. A [`Proxy`] takes
//! the faults in turn and does them at the level of bytes, the [`Ledger`] holds the client's requests against what it
//! may ask for, and [`run`] counts in the end what was lost and what came twice. The same seed gives the same faults
//! in the same order; where exactly they hit depends on the machine's pace as well.

mod events;

mod ledger;

mod plan;

mod proxy;

mod run;

mod wire;

pub use ledger::{Ledger, Limits};
pub use plan::{Fault, Plan, Step};
pub use proxy::Proxy;
pub use run::{Report, run};
