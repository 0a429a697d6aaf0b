//! What speaks of holding popups back.

use belfry_core::action::PauseSpan;
use clap::Args;

use super::values;

/// `pause`.
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// For how long: a time such as 30m or 2h, up to a week, or `tomorrow`; until `resume` where nothing is said
    #[arg(value_name = "SPAN", value_parser = values::pause)]
    pub span: Option<PauseSpan>,
}
