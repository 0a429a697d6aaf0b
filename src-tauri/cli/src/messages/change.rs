//! `read`, `archive`, `snooze`, `wake`, `pin`, `unpin`, `delete`: what the user does with messages, by the hand of whoever has the profile.

use std::path::Path;

use belfry_core::action::{Action, SnoozeSpan};
use belfry_core::model::MessageId;
use belfry_core::settings::profile::Profile;
use belfry_core::store::{Reader, StoreError};

use super::{Unread, no_message};
use crate::args::{IdsArgs, ReadArgs, SnoozeArgs};
use crate::hand::Hand;
use crate::output::{self, Format, Output};
use crate::problem::Problem;
use crate::profile;

/// Marks messages read, all of them or those that are named.
///
/// # Errors
/// If there is no such message, or it cannot be done; then nothing is changed.
pub async fn read(named: Option<&Path>, args: ReadArgs, format: Format) -> Result<(), Problem> {
    let action = if args.all { Action::MarkAllRead } else { Action::MarkRead { ids: args.ids.clone() } };
    change(named, &args.ids, action, format).await
}

/// Puts messages into the archive, read.
///
/// # Errors
/// As [`read`].
pub async fn archive(named: Option<&Path>, args: IdsArgs, format: Format) -> Result<(), Problem> {
    let action = Action::Archive { ids: args.ids.clone() };
    change(named, &args.ids, action, format).await
}

/// Puts messages off.
///
/// # Errors
/// As [`read`].
pub async fn snooze(named: Option<&Path>, args: SnoozeArgs, format: Format) -> Result<(), Problem> {
    let span = args.at.map_or_else(|| args.until.into(), SnoozeSpan::Until);
    let action = Action::Snooze { ids: args.ids.clone(), span };
    change(named, &args.ids, action, format).await
}

/// Brings messages back that were put off.
///
/// # Errors
/// As [`read`].
pub async fn wake(named: Option<&Path>, args: IdsArgs, format: Format) -> Result<(), Problem> {
    let action = Action::Wake { ids: args.ids.clone() };
    change(named, &args.ids, action, format).await
}

/// Pins messages.
///
/// # Errors
/// As [`read`].
pub async fn pin(named: Option<&Path>, args: IdsArgs, format: Format) -> Result<(), Problem> {
    let action = Action::Pin { ids: args.ids.clone() };
    change(named, &args.ids, action, format).await
}

/// Takes pins off.
///
/// # Errors
/// As [`read`].
pub async fn unpin(named: Option<&Path>, args: IdsArgs, format: Format) -> Result<(), Problem> {
    let action = Action::Unpin { ids: args.ids.clone() };
    change(named, &args.ids, action, format).await
}

/// Deletes messages for good.
///
/// # Errors
/// As [`read`].
pub async fn delete(named: Option<&Path>, args: IdsArgs, format: Format) -> Result<(), Problem> {
    let action = Action::Delete { ids: args.ids.clone() };
    change(named, &args.ids, action, format).await
}

/// Does it, and prints how many messages are unread now.
async fn change(
    named: Option<&Path>,
    ids: &[MessageId],
    action: Action,
    format: Format,
) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    refuse_unknown(&profile, ids)?;
    let mut hand = Hand::take(&profile).await?;
    let changed = async {
        hand.act(action).await?;
        Ok::<u64, Problem>(hand.view().await?.inbox.unread)
    };
    let (changed, language) = (changed.await, hand.language);
    hand.end().await;
    let unread = changed?;
    let mut out = Output::lock();
    match format {
        Format::Json => out.json(&Unread { unread })?,
        Format::Text => out.line(&language.fill("a11y.unread_count", &[("count", &unread.to_string())]))?,
    }
    Ok(out.flush()?)
}

/// The engine passes over what it does not know; whoever names a message wants to hear that there is none.
fn refuse_unknown(profile: &Profile, ids: &[MessageId]) -> Result<(), Problem> {
    let reader = match Reader::open(&profile.database_path()) {
        Ok(reader) => Some(reader),
        Err(StoreError::Missing(_)) => None,
        // The engine brings it up to date, and knows.
        Err(StoreError::Older { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for id in ids {
        let known = match &reader {
            Some(reader) => reader.message(*id)?.is_some(),
            None => false,
        };
        if !known {
            return Err(no_message(*id, output::language(&profile::settings(profile)?)));
        }
    }
    Ok(())
}
