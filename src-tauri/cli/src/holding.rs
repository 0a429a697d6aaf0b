//! `pause`, `resume`: holding popups back, by the hand of whoever has the profile.

use std::path::Path;

use belfry_core::action::{Action, PauseSpan};
use belfry_core::view::{Hold, HoldReason};
use belfry_core::words::Language;
use serde::Serialize;

use crate::args::PauseArgs;
use crate::hand::Hand;
use crate::output::{Format, Output, local};
use crate::problem::Problem;
use crate::profile;

/// What is printed: whether popups are held back now.
#[derive(Serialize)]
struct Held {
    hold: Option<Hold>,
}

/// Holds popups back.
///
/// # Errors
/// If it cannot be done.
pub async fn pause(named: Option<&Path>, args: &PauseArgs, format: Format) -> Result<(), Problem> {
    let span = args.span.unwrap_or(PauseSpan::Endless);
    change(named, Action::Pause { span }, format).await
}

/// Ends a pause.
///
/// # Errors
/// If it cannot be done.
pub async fn resume(named: Option<&Path>, format: Format) -> Result<(), Problem> {
    change(named, Action::Resume, format).await
}

/// Does it, and prints whether popups are held back now.
async fn change(named: Option<&Path>, action: Action, format: Format) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    let mut hand = Hand::take(&profile).await?;
    let changed = async {
        hand.act(action).await?;
        Ok::<Option<Hold>, Problem>(hand.view().await?.hold)
    };
    let (changed, language) = (changed.await, hand.language);
    hand.end().await;
    let hold = changed?;
    let mut out = Output::lock();
    match format {
        Format::Json => out.json(&Held { hold })?,
        Format::Text => out.line(&sentence(hold, language))?,
    }
    Ok(out.flush()?)
}

fn sentence(hold: Option<Hold>, language: Language) -> String {
    match hold {
        None => language.text("hold.none").to_owned(),
        Some(Hold { until: None, .. }) => language.text("hold.paused").to_owned(),
        Some(Hold { why, until: Some(until) }) => {
            let key = match why {
                HoldReason::Paused => "hold.paused_until",
                HoldReason::QuietHours => "hold.quiet_until",
            };
            language.fill(key, &[("time", &local(until))])
        }
    }
}
