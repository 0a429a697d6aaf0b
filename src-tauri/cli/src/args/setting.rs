//! `KEY=VALUE` of `source set`: one change of what is kept about a source.

mod network;

use std::ops::RangeInclusive;
use std::time::Duration;

use belfry_core::model::{InvalidOffset, InvalidScheme, LinkScheme, SiteUrl, UtcOffset};
use belfry_core::settings::{
    AfterAttempts, Limits, Retention, SecretPlace, SourceColour, SourceIcon, SourceSettings,
};

pub use self::network::{NetworkSetting, network_value};

use super::values;

/// What `source set --help` says beside its flags.
pub(super) const HELP: &str = "\
Keys:
  name                what to call it
  site                the site that people see, e.g. https://example.org
  stream_path         the stream's path below the API, e.g. /sse/connect
  history_path        the history's path below the API; `none` where there is none
  after_attempts      poll or stop: what comes after an episode's attempts
  attempts            attempts in a row, 1 to 1000
  idle_timeout        a fixed time without a byte after which a stream is dead; learned where it is not set
  retry_min, retry_base, retry_max, poll_every
                      times such as 500ms, 30s, 5m
  answer_within       how long the server may take until its answer begins, 1s to 2m; 15s where it is not set
  look_every          how often at least a stream is looked for where there was none, 10s to 24h; 10m where it is not set
  max_event_bytes     the largest event that is taken, in bytes
  template.KIND       where a click on such a message leads, e.g. template.reply=/posts/{relatedId};
                      `none` switches the page off
  link_schemes        schemes beside http and https that links of messages may have, with commas, e.g. zotero,obsidian
  retention           how long its messages are kept, e.g. 90d or all; as the settings say where it is not set
  zone                the zone of times that name none, e.g. +08:00, of messages from then on; learned where it is not set
  colour              red, orange, green, teal, blue, violet or grey, as the window shows it; its own where it is not set
  icon                people, office, code, cloud, chart, home, star or heart; the same
  secrets             keychain or session: where its token is kept; a token that is there moves with it
  proxy               system, none, or http://HOST:PORT, https://…, socks5://…, socks5h://… (the proxy resolves
                      names); its user and password: source proxy-login
  header.NAME         a header that goes with each request, e.g. header.X-Tenant=a; nothing that may be a secret
  ca_file             a PEM file of certificates that are trusted beside the system's
  client_certificate  a PEM file with a certificate for servers that ask for one, and its key; for you alone (0600)
  pin                 the SHA-256 of the server's public key in base64, which it must have beside a good certificate
  http                auto, 1.1 or 2
  allow_plain_http    true: the token may travel in the clear to another computer, where everyone on the way reads it

The address of the API cannot be changed: another address is another source.";

/// The keys, for whoever names one that there is not.
const KEYS: &str = "name, site, stream_path, history_path, after_attempts, attempts, idle_timeout, retry_min, \
                    retry_base, retry_max, poll_every, answer_within, look_every, max_event_bytes, template.KIND, \
                    link_schemes, retention, zone, colour, icon, secrets, proxy, header.NAME, ca_file, client_certificate, pin, http, allow_plain_http";

/// What stands for "there is none", where an empty value would restore the default.
const NONE: &str = "none";

/// One change. What is empty restores the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// The user's name for it.
    Name(String),
    /// The site that people see.
    Site(Option<SiteUrl>),
    /// The stream's path below the API.
    StreamPath(Option<String>),
    /// The history's path below the API, empty where there is none.
    HistoryPath(Option<String>),
    /// What comes after an episode's attempts.
    AfterAttempts(AfterAttempts),
    /// Attempts per episode.
    Attempts(u32),
    /// A fixed idle deadline.
    IdleTimeout(Option<Duration>),
    /// The shortest wait that a server can ask for.
    RetryMin(Duration),
    /// The first wait.
    RetryBase(Duration),
    /// The longest wait.
    RetryMax(Duration),
    /// How often the history is asked.
    PollEvery(Duration),
    /// How long an answer may take to begin.
    AnswerWithin(Option<Duration>),
    /// How often a stream is looked for.
    LookEvery(Option<Duration>),
    /// The largest event.
    MaxEventBytes(usize),
    /// Schemes of links that are opened.
    LinkSchemes(Vec<LinkScheme>),
    /// How long messages are kept.
    Retention(Option<Retention>),
    /// The zone of its times.
    Zone(Option<UtcOffset>),
    /// The colour that tells it apart.
    Colour(Option<SourceColour>),
    /// The sign that tells it apart.
    Icon(Option<SourceIcon>),
    /// Where the token is kept.
    Secrets(SecretPlace),
    /// How its server is reached.
    Network(NetworkSetting),
    /// Where clicks on messages of a kind lead; an empty template leads nowhere.
    Template(String, Option<String>),
}

impl Setting {
    /// Puts it in the place of what the source has.
    pub fn apply(&self, source: &mut SourceSettings) {
        let default = || SourceSettings::new("", source.url.clone());
        match self {
            Self::Name(name) => source.name.clone_from(name),
            Self::Site(site) => source.site.clone_from(site),
            Self::StreamPath(path) => {
                source.stream_path = path.clone().unwrap_or_else(|| default().stream_path);
            }
            Self::HistoryPath(path) => {
                source.history_path = path.clone().unwrap_or_else(|| default().history_path);
            }
            Self::AfterAttempts(after) => source.after_attempts = *after,
            Self::Attempts(attempts) => source.limits.attempts = *attempts,
            Self::IdleTimeout(span) => source.limits.idle_timeout = *span,
            Self::RetryMin(span) => source.limits.retry_min = *span,
            Self::RetryBase(span) => source.limits.retry_base = *span,
            Self::RetryMax(span) => source.limits.retry_max = *span,
            Self::PollEvery(span) => source.limits.poll_every = *span,
            Self::AnswerWithin(span) => source.limits.answer_within = *span,
            Self::LookEvery(span) => source.limits.look_every = *span,
            Self::MaxEventBytes(bytes) => source.limits.max_event_bytes = *bytes,
            Self::LinkSchemes(schemes) => source.link_schemes.clone_from(schemes),
            Self::Retention(retention) => source.retention = *retention,
            Self::Zone(zone) => source.zone = *zone,
            Self::Colour(colour) => source.mark.colour = *colour,
            Self::Icon(icon) => source.mark.icon = *icon,
            Self::Secrets(place) => source.secrets = *place,
            Self::Network(setting) => setting.apply(&mut source.network),
            Self::Template(kind, Some(template)) => {
                source.templates.insert(kind.clone(), template.clone());
            }
            Self::Template(kind, None) => {
                source.templates.remove(kind);
            }
        }
    }
}

/// Reads `KEY=VALUE`.
pub(super) fn setting(text: &str) -> Result<Setting, String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is allowed, e.g. attempts=5")?;
    let given = (!value.is_empty()).then_some(value);
    let limits = Limits::default();
    if let Some(setting) = network::network(key, value) {
        return setting.map(Setting::Network);
    }
    let span = |default: Duration| given.map_or(Ok(default), values::span);
    let setting = match key {
        "name" => Setting::Name(values::name(value)?),
        "site" => Setting::Site(given.map(values::site).transpose()?),
        "stream_path" => Setting::StreamPath(given.map(values::path).transpose()?),
        "history_path" if value == NONE => Setting::HistoryPath(Some(String::new())),
        "history_path" => Setting::HistoryPath(given.map(values::path).transpose()?),
        "after_attempts" => Setting::AfterAttempts(after_attempts(value)?),
        "attempts" => Setting::Attempts(given.map_or(Ok(limits.attempts), values::attempts)?),
        "idle_timeout" => Setting::IdleTimeout(given.map(values::span).transpose()?),
        "retry_min" => Setting::RetryMin(span(limits.retry_min)?),
        "retry_base" => Setting::RetryBase(span(limits.retry_base)?),
        "retry_max" => Setting::RetryMax(span(limits.retry_max)?),
        "poll_every" => Setting::PollEvery(span(limits.poll_every)?),
        "answer_within" => {
            Setting::AnswerWithin(given.map(|text| between(text, &Limits::ANSWER_WITHIN)).transpose()?)
        }
        "look_every" => Setting::LookEvery(given.map(|text| between(text, &Limits::LOOK_EVERY)).transpose()?),
        "max_event_bytes" => Setting::MaxEventBytes(given.map_or(Ok(limits.max_event_bytes), event_bytes)?),
        "link_schemes" if value == NONE => Setting::LinkSchemes(Vec::new()),
        "link_schemes" => Setting::LinkSchemes(link_schemes(value)?),
        "retention" => Setting::Retention(given.map(retention).transpose()?),
        "zone" => Setting::Zone(given.map(zone).transpose()?),
        "colour" => Setting::Colour(given.map(|name| named(name, COLOURS)).transpose()?),
        "icon" => Setting::Icon(given.map(|name| named(name, ICONS)).transpose()?),
        "secrets" => Setting::Secrets(secrets(value)?),
        other => match other.strip_prefix("template.").filter(|kind| !kind.is_empty()) {
            Some(kind) => Setting::Template(kind.to_owned(), given.map(template).transpose()?),
            None => return Err(format!("there is no such key; allowed: {KEYS}")),
        },
    };
    Ok(setting)
}

/// What is named, of what is on offer.
fn named<T: Copy>(text: &str, on_offer: &[(&str, T)]) -> Result<T, String> {
    let found = on_offer.iter().find(|(name, _)| *name == text);
    let names = || on_offer.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.map(|(_, value)| *value).ok_or_else(|| format!("one of {} is allowed", names()))
}

const COLOURS: &[(&str, SourceColour)] = &[
    ("red", SourceColour::Red),
    ("orange", SourceColour::Orange),
    ("green", SourceColour::Green),
    ("teal", SourceColour::Teal),
    ("blue", SourceColour::Blue),
    ("violet", SourceColour::Violet),
    ("grey", SourceColour::Grey),
];

const ICONS: &[(&str, SourceIcon)] = &[
    ("people", SourceIcon::People),
    ("office", SourceIcon::Office),
    ("code", SourceIcon::Code),
    ("cloud", SourceIcon::Cloud),
    ("chart", SourceIcon::Chart),
    ("home", SourceIcon::Home),
    ("star", SourceIcon::Star),
    ("heart", SourceIcon::Heart),
];

/// A time within limits.
fn between(text: &str, limits: &RangeInclusive<Duration>) -> Result<Duration, String> {
    let (from, to) = (limits.start().as_secs(), limits.end().as_secs());
    let refused = || format!("a time from {from} to {to} seconds, such as {from}s, is allowed");
    values::span(text).ok().filter(|span| limits.contains(span)).ok_or_else(refused)
}

fn link_schemes(text: &str) -> Result<Vec<LinkScheme>, String> {
    let given = text.split(',').filter(|each| !each.trim().is_empty());
    let refused = |error: InvalidScheme| {
        format!("{error}; schemes of other programs, such as zotero or obsidian, or none, are allowed")
    };
    given.map(|each| each.parse().map_err(refused)).collect()
}

fn retention(text: &str) -> Result<Retention, String> {
    let days = || text.strip_suffix('d')?.parse().ok().map(Retention::Days);
    let given = if text == "all" { Some(Retention::All) } else { days() };
    given
        .filter(|retention| retention.is_in_range())
        .ok_or_else(|| "a number of days from 1d to 36500d, or all, is allowed".to_owned())
}

fn zone(text: &str) -> Result<UtcOffset, String> {
    text.parse().map_err(|error: InvalidOffset| error.to_string())
}

fn secrets(text: &str) -> Result<SecretPlace, String> {
    match text {
        "keychain" | "" => Ok(SecretPlace::Keychain),
        "session" => Ok(SecretPlace::Session),
        _ => Err("keychain or session is allowed".to_owned()),
    }
}

fn after_attempts(text: &str) -> Result<AfterAttempts, String> {
    match text {
        "poll" | "" => Ok(AfterAttempts::Poll),
        "stop" => Ok(AfterAttempts::Stop),
        _ => Err("poll or stop is allowed".to_owned()),
    }
}

fn event_bytes(text: &str) -> Result<usize, String> {
    let (least, most) = (Limits::EVENT_BYTES.start(), Limits::EVENT_BYTES.end());
    text.parse()
        .ok()
        .filter(|bytes| Limits::EVENT_BYTES.contains(bytes))
        .ok_or_else(|| format!("a whole number of bytes from {least} to {most} is allowed"))
}

fn template(text: &str) -> Result<String, String> {
    if text == NONE {
        return Ok(String::new());
    }
    if text.starts_with('/') && !text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Ok(text.to_owned())
    } else {
        Err("a path on the site such as /posts/{relatedId}, or none, is allowed".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use belfry_core::settings::SourceMark;

    use super::*;

    fn source(texts: &[&str]) -> SourceSettings {
        let mut source = SourceSettings::new("s", "https://example.org/api".parse().unwrap());
        for text in texts {
            setting(text).unwrap().apply(&mut source);
        }
        source
    }

    #[test]
    fn each_key_reaches_its_setting() {
        let source = source(&[
            "name=社区",
            "site=https://site.example",
            "stream_path=/s?topic=a",
            "history_path=none",
            "after_attempts=stop",
            "attempts=3",
            "idle_timeout=45s",
            "retry_min=1ms",
            "retry_base=2s",
            "retry_max=3m",
            "poll_every=1h",
            "answer_within=40s",
            "look_every=5m",
            "max_event_bytes=65536",
            "template.reply=/p/{relatedId}",
            "template.deploy=none",
            "link_schemes=Zotero:,obsidian",
            "retention=90d",
            "zone=-03:30",
            "colour=teal",
            "icon=cloud",
            "secrets=session",
        ]);
        let mark = SourceMark { colour: Some(SourceColour::Teal), icon: Some(SourceIcon::Cloud) };
        assert_eq!(source.mark, mark);
        assert_eq!((source.name.as_str(), source.stream_path.as_str()), ("社区", "/s?topic=a"));
        assert_eq!((source.history_path.as_str(), source.after_attempts), ("", AfterAttempts::Stop));
        assert_eq!(source.site().to_string().trim_end_matches('/'), "https://site.example");
        let limits = Limits {
            idle_timeout: Some(Duration::from_secs(45)),
            retry_min: Duration::from_millis(1),
            retry_base: Duration::from_secs(2),
            retry_max: Duration::from_secs(180),
            attempts: 3,
            poll_every: Duration::from_secs(3600),
            answer_within: Some(Duration::from_secs(40)),
            look_every: Some(Duration::from_secs(300)),
            max_event_bytes: 65_536,
        };
        assert_eq!(source.limits, limits);
        assert_eq!(source.templates["reply"], "/p/{relatedId}");
        assert_eq!(source.templates["deploy"], "");
        let schemes: Vec<&str> = source.link_schemes.iter().map(LinkScheme::as_str).collect();
        assert_eq!(schemes, ["zotero", "obsidian"]);
        assert_eq!((source.retention, source.secrets), (Some(Retention::Days(90)), SecretPlace::Session));
        assert_eq!(source.zone.map(UtcOffset::seconds), Some(-12_600));
    }

    #[test]
    fn an_empty_value_restores_the_default() {
        let source = source(&[
            "site=https://a.example",
            "site=",
            "stream_path=/s",
            "stream_path=",
            "history_path=none",
            "history_path=",
            "attempts=3",
            "attempts=",
            "idle_timeout=1s",
            "idle_timeout=",
            "template.a=/x",
            "template.a=",
            "retry_max=1s",
            "retry_max=",
            "answer_within=20s",
            "answer_within=",
            "look_every=1h",
            "look_every=",
            "max_event_bytes=2048",
            "max_event_bytes=",
            "after_attempts=stop",
            "after_attempts=",
            "link_schemes=zotero",
            "link_schemes=none",
            "retention=all",
            "retention=",
            "zone=+08:00",
            "zone=",
            "colour=red",
            "colour=",
            "icon=star",
            "icon=",
            "secrets=session",
            "secrets=",
        ]);
        let fresh = SourceSettings { id: source.id, ..SourceSettings::new("s", source.url.clone()) };
        assert_eq!(source, fresh);
    }

    #[test]
    fn what_makes_no_sense_is_told_what_is_allowed() {
        for (text, allowed) in [
            ("attempts", "KEY=VALUE"),
            ("shade=red", "stream_path"),
            ("colour=pink", "red, orange"),
            ("icon=skull", "people, office"),
            ("url=http://h/api", "allowed: name"),
            ("name=", "one line of text"),
            ("attempts=0", "1 to 1000"),
            ("retry_max=soon", "30s"),
            ("after_attempts=sleep", "poll or stop"),
            ("stream_path=sse", "/sse/connect"),
            ("template.=x", "template.KIND"),
            ("template.reply=javascript:alert(1)", "/posts/{relatedId}"),
            ("max_event_bytes=1", "1024"),
            ("answer_within=3m", "1 to 120 seconds"),
            ("look_every=1s", "10 to 86400 seconds"),
            ("site=example.org", "https://example.org"),
            ("link_schemes=file,zotero", "zotero or obsidian, or none"),
            ("retention=0d", "1d to 36500d, or all"),
            ("retention=90", "1d to 36500d, or all"),
            ("zone=CST", "+08:00"),
            ("secrets=file", "keychain or session"),
        ] {
            let words = setting(text).unwrap_err();
            assert!(words.contains(allowed), "{text}: {words}");
        }
    }
}
