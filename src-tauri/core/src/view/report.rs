//! How a Belfry fares, as a text for bug reports that its user can read first and show to anyone: states, codes and
//! numbers. Names, addresses, users and every word of a message or rule stay out.

use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};
use std::fmt::Write as _;

use serde::Serialize;

use super::{Connection, SourceView, View};
use crate::model::{SourceId, Timestamp};
use crate::settings::{NetworkForm, Notify};
use crate::store::{LogEvent, StorageReport};

/// How many lines of each source's event log are looked at.
pub const LINES: u32 = 200;

/// The text, in English. `log` has the newest lines of a source's event log.
#[must_use]
pub fn report(
    view: &View,
    storage: Option<&StorageReport>,
    log: impl Fn(SourceId) -> Vec<(Timestamp, LogEvent)>,
    now: Timestamp,
) -> String {
    let mut out = String::new();
    // Writing into a String does not fail.
    let _ = head(&mut out, view, storage, now);
    for (number, source) in view.sources.iter().enumerate() {
        let _ = of_source(&mut out, number + 1, source, &log(source.id));
    }
    out
}

fn head(out: &mut String, view: &View, storage: Option<&StorageReport>, now: Timestamp) -> std::fmt::Result {
    let preferences = &view.preferences;
    let notifications = &preferences.notifications;
    let never = notifications.rules.iter().filter(|rule| rule.notify == Notify::Never).count();
    writeln!(out, "Belfry {} on {OS} {ARCH}{}", view.version, if view.demo { ", demo" } else { "" })?;
    writeln!(out, "written: {now}")?;
    writeln!(out, "language: {}, theme: {}", code(&view.language), code(&preferences.theme))?;
    writeln!(out, "start at login: {}", code(&preferences.start_at_login))?;
    writeln!(out, "connection: {}, unread: {}", code(&view.connection), view.inbox.unread)?;
    writeln!(out, "popups held back: {}", view.hold.map_or_else(|| "no".to_owned(), |hold| code(&hold.why)))?;
    writeln!(
        out,
        "notifications: {} rules ({never} to the archive), {} quiet spans, burst {}, in the inbox {}, expire {} ms",
        notifications.rules.len(),
        notifications.quiet.len(),
        code(&notifications.burst),
        code(&notifications.in_inbox),
        notifications.expire_ms,
    )?;
    match storage {
        Some(storage) => writeln!(
            out,
            "storage: {} messages, {} in the archive, {} bytes",
            storage.messages, storage.archived, storage.bytes
        )?,
        None => writeln!(out, "storage: cannot be read")?,
    }
    let set_aside = if view.storage.set_aside.is_some() { "yes" } else { "no" };
    writeln!(out, "storage trouble: {}, set aside: {set_aside}", code(&view.storage.trouble))?;
    writeln!(out, "retention: {}", code(&preferences.retention))
}

fn of_source(
    out: &mut String,
    number: usize,
    source: &SourceView,
    log: &[(Timestamp, LogEvent)],
) -> std::fmt::Result {
    let scheme = source.url.split(':').next().unwrap_or_default();
    writeln!(out, "\nsource {number}: {scheme}, {}", code(&source.connection))?;
    let link = &source.link;
    writeln!(out, "  link: {} since {}, attempt {}", code(&link.state), link.since, link.attempt)?;
    if source.connection != Connection::Live {
        writeln!(out, "  reason: {}, help: {}", code(&link.reason), code(&source.help))?;
    }
    writeln!(out, "  token: {}", code(&source.secret))?;
    writeln!(out, "  messages: {} kinds, {} unread", source.kinds.len(), source.unread)?;
    writeln!(out, "  network: {}", network(&source.network))?;
    writeln!(out, "  gap: {}", if source.gap.is_some() { "yes" } else { "no" })?;
    let mut codes = BTreeMap::<&str, (usize, Timestamp)>::new();
    for (at, event) in log.iter().rev() {
        let entry = codes.entry(event.code.as_ref()).or_insert((0, *at));
        *entry = (entry.0 + 1, *at);
    }
    for (code, (count, last)) in codes {
        writeln!(out, "  event: {code}, {count} times, last {last}")?;
    }
    Ok(())
}

/// What is asked for of the way to a server, but for what it is.
fn network(form: &NetworkForm) -> String {
    let proxy = match form.proxy.as_str() {
        usual @ ("system" | "none") => usual,
        _ => "own",
    };
    let has = |text: &str| if text.is_empty() { "no" } else { "yes" };
    format!(
        "proxy {proxy}, {} headers, authority {}, client certificate {}, pin {}, http {}, plain http {}",
        form.headers.len(),
        has(&form.ca_file),
        has(&form.client_certificate),
        has(&form.pin),
        code(&form.http),
        form.allow_plain_http,
    )
}

/// A value by the name that programs have for it.
fn code(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => "?".to_owned(),
    }
}
