//! One source's settings: which server, how to speak to it, and where its messages lead.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Network, Retention, SourceMark};
use crate::model::{LinkScheme, MessageKind, ServerUrl, ServerUser, SiteUrl, SourceId, UtcOffset, WebLink};

/// A source to be added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct NewSource {
    /// The user's name for it; not empty, not taken.
    pub name: String,
    /// The base of its API, e.g. `https://example.org/api`.
    pub url: String,
    /// The site that people see; the API's origin if empty.
    #[serde(default)]
    pub site: Option<String>,
    /// Where its token is to be kept.
    #[serde(default)]
    pub secrets: SecretPlace,
    /// The user's yes to a token that travels in the clear to another computer.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub allow_plain_http: bool,
}

/// Where a source's token is to be kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// In the system's keychain.
    #[default]
    Keychain,
    /// In memory only, for as long as the program runs.
    Session,
}

/// What the keychain still has of a user who has signed out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedOut {
    /// Nothing, or the user is signed in.
    #[default]
    Erased,
    /// It could not erase the token. What it has is not used, and erased as soon as it can be.
    TokenLeft,
}

impl SignedOut {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    fn is_erased(&self) -> bool {
        *self == Self::Erased
    }
}

/// Where a source's token came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenOrigin {
    /// The user has it from elsewhere, and may use it elsewhere.
    #[default]
    Given,
    /// The server has given it for a password, to Belfry alone: who signs out ends that session on the server, too.
    Password,
}

impl TokenOrigin {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    fn is_given(&self) -> bool {
        *self == Self::Given
    }
}

/// The way a server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Belfry's own protocol, or any part of it.
    #[default]
    Native,
}

/// What to do when an episode's attempts are spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AfterAttempts {
    /// Ask the history now and then, and probe the stream.
    #[default]
    Poll,
    /// Stop, as the origin's client did.
    Stop,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceSettings {
    /// Its id; also the name of its token in the keychain.
    pub id: SourceId,
    /// The user's name for it.
    pub name: String,
    /// The base of its API.
    pub url: ServerUrl,
    /// The site that people see; the API's origin if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteUrl>,
    /// The way it speaks.
    #[serde(default)]
    pub dialect: Dialect,
    /// Where its token is kept.
    #[serde(default)]
    pub secrets: SecretPlace,
    /// What the keychain still has of a user who has signed out.
    #[serde(default, skip_serializing_if = "SignedOut::is_erased")]
    pub signed_out: SignedOut,
    /// Where its token came from.
    #[serde(default, skip_serializing_if = "TokenOrigin::is_given")]
    pub token_from: TokenOrigin,
    /// Whether it was added for a token that has not come yet: whoever was to bring it has broken off if that is still
    /// so at the next start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaits_token: bool,
    /// Whose messages these are, once the server has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ServerUser>,
    /// The stream's path below the API.
    #[serde(default = "SourceSettings::default_stream_path")]
    pub stream_path: String,
    /// The history's path below the API; empty where the server has none.
    #[serde(default = "SourceSettings::default_history_path")]
    pub history_path: String,
    /// What to do when an episode's attempts are spent.
    #[serde(default)]
    pub after_attempts: AfterAttempts,
    /// The numbers of the connection.
    #[serde(default)]
    pub limits: Limits,
    /// How its server is reached.
    #[serde(default, skip_serializing_if = "Network::is_default")]
    pub network: Network,
    /// Where clicks lead, by kind; kinds that are missing have the defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: Templates,
    /// Schemes beside http and https that its messages' own links may have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link_schemes: Vec<LinkScheme>,
    /// How it is told apart at a glance.
    #[serde(default, skip_serializing_if = "SourceMark::is_plain")]
    pub mark: SourceMark,
    /// How long its messages are kept; as the preferences say if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// The zone of its times that name none; learned if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<UtcOffset>,
    /// The zone that its live messages showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned_zone: Option<UtcOffset>,
    /// Keys that this version does not know.
    #[serde(flatten)]
    pub unknown: toml::Table,
}

/// Page templates by the kind's name, e.g. `reply = "/community/post/{relatedId}"`; empty = no page.
pub type Templates = BTreeMap<String, String>;

impl SourceSettings {
    /// A source with the defaults of the native dialect.
    #[must_use]
    pub fn new(name: &str, url: ServerUrl) -> Self {
        Self {
            id: SourceId::random(),
            name: name.to_owned(),
            url,
            site: None,
            dialect: Dialect::Native,
            secrets: SecretPlace::Keychain,
            signed_out: SignedOut::Erased,
            token_from: TokenOrigin::Given,
            awaits_token: false,
            user: None,
            stream_path: Self::default_stream_path(),
            history_path: Self::default_history_path(),
            after_attempts: AfterAttempts::Poll,
            limits: Limits::default(),
            network: Network::default(),
            templates: Templates::new(),
            link_schemes: Vec::new(),
            mark: SourceMark::default(),
            retention: None,
            zone: None,
            learned_zone: None,
            unknown: toml::Table::new(),
        }
    }

    /// The site that people see.
    #[must_use]
    pub fn site(&self) -> SiteUrl {
        self.site.clone().unwrap_or_else(|| self.url.default_site())
    }

    /// Whether nothing of a request to its server leaves this computer.
    #[must_use]
    pub fn stays_here(&self) -> bool {
        self.network.stays_here(&self.url.join(""))
    }

    /// Whether this is where a server's messages for this user are.
    #[must_use]
    pub fn belongs_to(&self, url: &ServerUrl, user: &ServerUser) -> bool {
        self.url == *url && self.user.as_ref().is_some_and(|known| known.id == user.id)
    }

    /// Where a link that a message brings along leads; `None` if it may not be opened.
    #[must_use]
    pub fn link(&self, link: &str) -> Option<WebLink> {
        self.site().link(link).or_else(|| WebLink::allowed(link, &self.link_schemes))
    }

    /// Where a click on a message of this kind leads, if anywhere.
    #[must_use]
    pub fn template(&self, kind: &MessageKind) -> Option<&str> {
        let default = match kind {
            MessageKind::Reply => "/community/post/{relatedId}",
            MessageKind::System
            | MessageKind::Notification
            | MessageKind::Message
            | MessageKind::Other(_) => "",
        };
        let template = self.templates.get(kind.as_str()).map_or(default, String::as_str);
        (!template.is_empty()).then_some(template)
    }

    /// The templates by kind: the user's, and the default where a kind has one and the user said nothing.
    #[must_use]
    pub fn templates_in_force(&self) -> Templates {
        let mut templates = self.templates.clone();
        for kind in [MessageKind::Reply, MessageKind::System, MessageKind::Notification, MessageKind::Message]
        {
            if let Some(template) = self.template(&kind) {
                templates.entry(kind.as_str().to_owned()).or_insert_with(|| template.to_owned());
            }
        }
        templates
    }

    fn default_stream_path() -> String {
        "/sse/connect".to_owned()
    }

    fn default_history_path() -> String {
        "/messages".to_owned()
    }
}

/// The numbers of one connection. All spans are milliseconds in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields)]
pub struct Limits {
    /// A fixed idle deadline; switches learning and the floor of 20 s off.
    #[serde(with = "millis_option", skip_serializing_if = "Option::is_none", rename = "idle_timeout_ms")]
    #[ts(type = "number", optional)]
    pub idle_timeout: Option<Duration>,
    /// The shortest wait that a server's `retry:` can ask for.
    #[serde(with = "millis", rename = "retry_min_ms")]
    #[ts(type = "number")]
    pub retry_min: Duration,
    /// The first wait, before doubling and jitter.
    #[serde(with = "millis", rename = "retry_base_ms")]
    #[ts(type = "number")]
    pub retry_base: Duration,
    /// The longest wait.
    #[serde(with = "millis", rename = "retry_max_ms")]
    #[ts(type = "number")]
    pub retry_max: Duration,
    /// Attempts per episode.
    pub attempts: u32,
    /// How often the history is asked where there is no stream.
    #[serde(with = "millis", rename = "poll_every_ms")]
    #[ts(type = "number")]
    pub poll_every: Duration,
    /// How long a server may take until its answer begins; 15 s where nothing is said.
    #[serde(with = "millis_option", skip_serializing_if = "Option::is_none", rename = "answer_within_ms")]
    #[ts(type = "number", optional)]
    pub answer_within: Option<Duration>,
    /// How often at least a stream is looked for where there was none: at first after a minute, then after twice as
    /// long each time up to this; 10 minutes where nothing is said.
    #[serde(with = "millis_option", skip_serializing_if = "Option::is_none", rename = "look_every_ms")]
    #[ts(type = "number", optional)]
    pub look_every: Option<Duration>,
    /// The largest event, in bytes; a larger one is skipped and recorded.
    #[ts(type = "number")]
    pub max_event_bytes: usize,
}

impl Limits {
    /// How many attempts an episode may have.
    pub const ATTEMPTS: std::ops::RangeInclusive<u32> = 1..=1_000;

    /// How long a server may have until its answer begins.
    pub const ANSWER_WITHIN: std::ops::RangeInclusive<Duration> =
        Duration::from_secs(1)..=Duration::from_secs(120);

    /// How often a stream may be looked for where there was none.
    pub const LOOK_EVERY: std::ops::RangeInclusive<Duration> =
        Duration::from_secs(10)..=Duration::from_secs(86_400);

    /// How large the largest event may be, in bytes: 1 KiB to 256 MiB.
    pub const EVENT_BYTES: std::ops::RangeInclusive<usize> = 1_024..=256 * 1024 * 1024;

    /// How long a server may take until its answer begins, whatever the settings file says.
    #[must_use]
    pub fn answer_within(&self) -> Duration {
        let given = self.answer_within.unwrap_or(Duration::from_secs(15));
        given.clamp(*Self::ANSWER_WITHIN.start(), *Self::ANSWER_WITHIN.end())
    }

    /// How often at least a stream is looked for where there was none, whatever the settings file says.
    #[must_use]
    pub fn look_every(&self) -> Duration {
        let given = self.look_every.unwrap_or(Duration::from_secs(600));
        given.clamp(*Self::LOOK_EVERY.start(), *Self::LOOK_EVERY.end())
    }

    /// The largest event that is taken, in bytes, whatever the settings file says.
    #[must_use]
    pub fn event_bytes(&self) -> usize {
        self.max_event_bytes.clamp(*Self::EVENT_BYTES.start(), *Self::EVENT_BYTES.end())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle_timeout: None,
            retry_min: Duration::from_secs(1),
            retry_base: Duration::from_secs(1),
            retry_max: Duration::from_secs(60),
            attempts: 10,
            poll_every: Duration::from_secs(60),
            answer_within: None,
            look_every: None,
            max_event_bytes: 4 * 1024 * 1024,
        }
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

mod millis_option {
    use std::time::Duration;

    use serde::{Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub fn serialize<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => super::millis::serialize(span, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        super::millis::deserialize(deserializer).map(Some)
    }
}
