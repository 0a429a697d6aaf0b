//! Places where a test has the program die as by `kill -9`. What is shipped is built without the feature.

/// A step between the commit of a message and that of its popup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The message is stored.
    Stored,
    /// The ledger knows that its popup is on its way.
    Showing,
    /// The desktop is being asked.
    Asked,
    /// The desktop has answered.
    Answered,
    /// The ledger knows the answer.
    Announced,
}

/// Ends the program if the environment names this step.
#[cfg(feature = "faults")]
pub(super) fn at(step: Step) {
    let name = match step {
        Step::Stored => "stored",
        Step::Showing => "showing",
        Step::Asked => "asked",
        Step::Answered => "answered",
        Step::Announced => "announced",
    };
    if std::env::var_os("BELFRY_DIE_AT").is_some_and(|wanted| wanted == name) {
        std::process::abort();
    }
}

#[cfg(not(feature = "faults"))]
pub(super) fn at(_step: Step) {}
