//! What narrows a list or a search, and by which index a narrowed list is read.

use super::ListFilter;
use super::all_read::{Following, covered};
use crate::model::{Filter, Priority, Tab, Timestamp};

/// What a `message AS m` has to fulfil, but for its time.
pub(super) fn checks(filter: &Filter) -> impl Iterator<Item = &'static str> {
    let checks = [
        filter.kind.as_ref().map(|_| "m.kind = :kind"),
        filter.priority.map(|_| "m.priority >= :priority"),
        filter.link.then_some("m.link IS NOT NULL"),
        filter.pinned.then_some("m.pinned_at IS NOT NULL"),
        filter.unread.then_some(UNREAD),
    ];
    checks.into_iter().flatten()
}

/// What the time of a `message AS m` has to fulfil; each part begins with AND.
pub(super) fn span(filter: &Filter, now: Timestamp) -> String {
    let since = if filter.since(now).is_some() { " AND m.at >= :since" } else { "" };
    let until = if filter.until.is_some() { " AND m.at < :until" } else { "" };
    format!("{since}{until}")
}

/// The index of a few messages that has all that are wanted, and what makes it usable.
fn rare(filter: &Filter) -> Option<(&'static str, &'static str)> {
    if filter.pinned {
        Some(("message_pinned", "m.deleted_at IS NULL AND m.pinned_at IS NOT NULL"))
    } else if filter.priority.is_some_and(|least| least > Priority::DEFAULT) {
        Some(("message_urgent", "m.deleted_at IS NULL AND m.priority > 3"))
    } else if filter.link {
        Some(("message_link", "m.deleted_at IS NULL AND m.link IS NOT NULL"))
    } else {
        None
    }
}

/// What a `message AS m` has to fulfil to be in a list.
pub(super) fn condition(tab: &Tab) -> &'static str {
    match tab {
        Tab::All => {
            "m.deleted_at IS NULL AND m.archived_at IS NULL AND (m.snoozed_until IS NULL OR m.snoozed_until <= :now)"
        }
        Tab::Unread => UNREAD,
        Tab::Kind { .. } => {
            "m.deleted_at IS NULL AND m.archived_at IS NULL AND (m.snoozed_until IS NULL OR m.snoozed_until <= :now)
             AND m.kind = :tab_kind"
        }
        Tab::Archived => "m.deleted_at IS NULL AND m.archived_at IS NOT NULL",
        Tab::Snoozed => "m.deleted_at IS NULL AND m.archived_at IS NULL AND m.snoozed_until > :now",
    }
}

/// By which index a list is read.
pub(super) struct Plan {
    /// The index. It is named, so that a change of the data never changes the plan.
    pub index: &'static str,
    /// What makes it usable.
    pub bounds: &'static str,
    /// What of its rows is wanted, where that is not all of them.
    pub checks: Vec<&'static str>,
    /// Whether what has come due and was not brought back yet is in another index.
    pub lacks_returned: bool,
}

const UNREAD: &str = concat!("m.unread_from <= :now AND NOT ", covered!());
/// What [`UNREAD`] is but for messages that have still to follow since everything was marked read.
const UNREAD_FROM: &str = "m.unread_from <= :now";
const FOLLOWED: &str = concat!("NOT ", covered!());
const LISTED: &str = "m.deleted_at IS NULL AND m.archived_at IS NULL AND m.snoozed_until IS NULL";

impl Plan {
    pub fn of(list: &ListFilter, following: Following) -> Self {
        let ListFilter { tab, filter, .. } = list;
        let mut wanted: Vec<&'static str> = checks(filter).collect();
        if let Some((index, bounds)) = rare(filter) {
            wanted.push(condition(tab));
            return Self { index, bounds, checks: wanted, lacks_returned: false };
        }
        if filter.unread
            && let Tab::All | Tab::Kind { .. } = tab
        {
            if let Tab::Kind { .. } = tab {
                wanted.push("m.kind = :tab_kind");
            }
            wanted.retain(|check| *check != UNREAD);
            return Self::of_unread(wanted, following);
        }
        let (index, bounds) = match (tab, &filter.kind) {
            (Tab::Kind { .. }, _) => (
                "message_kind",
                "m.deleted_at IS NULL AND m.archived_at IS NULL AND m.snoozed_until IS NULL AND m.kind = :tab_kind",
            ),
            (Tab::All, Some(_)) => (
                "message_kind",
                "m.deleted_at IS NULL AND m.archived_at IS NULL AND m.snoozed_until IS NULL AND m.kind = :kind",
            ),
            (Tab::All, None) => ("message_all", LISTED),
            (Tab::Unread, _) => return Self::of_unread(wanted, following),
            (Tab::Archived, _) => ("message_archived", condition(&Tab::Archived)),
            (Tab::Snoozed, _) => (
                "message_put_off",
                "m.deleted_at IS NULL AND m.archived_at IS NULL AND m.snoozed_until IS NOT NULL AND m.snoozed_until > :now",
            ),
        };
        if index == "message_kind" && matches!(tab, Tab::All) {
            wanted.retain(|check| *check != "m.kind = :kind");
        }
        let lacks_returned = matches!(tab, Tab::All | Tab::Kind { .. });
        Self { index, bounds, checks: wanted, lacks_returned }
    }

    /// Whether all that it wants is unread.
    pub fn is_of_unread(&self) -> bool {
        self.bounds == UNREAD_FROM
    }

    fn of_unread(mut wanted: Vec<&'static str>, following: Following) -> Self {
        if following == Following::UnderWay {
            wanted.push(FOLLOWED);
        }
        Self { index: "message_unread", bounds: UNREAD_FROM, checks: wanted, lacks_returned: false }
    }
}
