//! Questions that are answered beside the engine, on read-only connections.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use crate::store::{
    Announced, Decision, Filter, Found, Highlight, Page, PageKey, SearchPage, SourceStorage, StorageReport,
    Tab,
};

use super::{ProbeDepth, ProbeReport};
pub use crate::dialect::TemplateLeads;
use crate::model::{LinkScheme, Message, MessageId, MessageKind, ServerUser, SourceId, UtcOffset};
use crate::settings::{
    AfterAttempts, Dialect, Limits, NetworkForm, Retention, SecretPlace, SourceSettings, Templates,
};

/// What a list or a search has, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Matching {
    /// Only in this list; in everything, the archive too, if empty, which goes with a text only.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub tab: Option<Tab>,
    /// Only what came from this source; from all if empty.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub source: Option<SourceId>,
    /// What narrows it further.
    #[serde(default)]
    pub filter: Filter,
    /// Only what has all the words of a text, as [`Query::Search`] finds it; empty = whatever it says.
    #[serde(default)]
    pub text: String,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Query {
    /// A stretch of a list, newest first. It can have fewer rows than asked for, even none, although the list goes on:
    /// a page does not look for longer than a moment for what is rare.
    Page {
        /// Which list.
        tab: Tab,
        /// Only what came from this source; from all if empty.
        #[serde(default)]
        #[ts(optional = nullable)]
        source: Option<SourceId>,
        /// What narrows it further.
        #[serde(default)]
        filter: Filter,
        /// Only what stands below this place; from the top if empty.
        before: Option<PageKey>,
        /// How many rows at most, 1–500.
        limit: u16,
    },
    /// One message, complete.
    Message {
        /// The message.
        id: MessageId,
    },
    /// Where a template would lead, tried on the newest message of the kind; on an example where there is none.
    TemplatePreview {
        /// The source whose messages and site are meant.
        source: SourceId,
        /// The kind.
        kind: MessageKind,
        /// The template; empty = no page.
        template: String,
        /// The site as it is being typed, empty = the API's origin; as it is saved if missing.
        #[serde(default)]
        #[ts(optional = nullable)]
        site: Option<String>,
    },
    /// What is kept about a source, for a form that changes it.
    Source {
        /// The source.
        source: SourceId,
    },
    /// A look at a source's server with the token that it has. It ends when nobody waits for it.
    Probe {
        /// The source.
        source: SourceId,
        /// How long it may take.
        #[serde(default)]
        #[ts(as = "Option<ProbeDepth>", optional)]
        depth: ProbeDepth,
    },
    /// How much is unread in each saved list.
    ViewCounts,
    /// How many messages match.
    Count {
        /// What.
        of: Matching,
    },
    /// What became of the announcements of the newest messages, newest first, and why.
    Decisions {
        /// How many at most, 1–500.
        limit: u16,
    },
    /// How this Belfry fares, as a text for a bug report: no name, no address, no word of any message.
    Report,
    /// An image of a message's text, because somebody asked to see it. It has to stand in the message's body, and to
    /// come by https or from the source's own origin. Takes twenty seconds at most, and ends when nobody waits for it.
    Image {
        /// The message.
        id: MessageId,
        /// The address as the body says it.
        url: String,
    },
    /// How much there is on the disk and of each source.
    Storage,
    /// What has all the words of a text in title, sender or body, newest first. A word finds words that
    /// begin with it; a run of Chinese, Japanese or Korean finds itself anywhere.
    Search {
        /// The text as the user wrote it: nothing in it is syntax.
        text: String,
        /// Only in this list; in everything, the archive too, if empty.
        #[serde(default)]
        #[ts(optional = nullable)]
        tab: Option<Tab>,
        /// Only what came from this source; from all if empty.
        #[serde(default)]
        #[ts(optional = nullable)]
        source: Option<SourceId>,
        /// What narrows it further.
        #[serde(default)]
        filter: Filter,
        /// Only what stands below this place; from the top if empty.
        before: Option<PageKey>,
        /// How many rows at most, 1–500.
        limit: u16,
    },
}

/// The answer to the [`Query`] of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// A stretch of a list.
    Page(Page),
    /// One message.
    Message(Box<MessageDetail>),
    /// How much is unread in the saved lists, in their order.
    ViewCounts {
        /// One for each.
        counts: Vec<ViewCount>,
    },
    /// How many messages match.
    Count {
        /// As far as was counted: 10,000 in a list, 2,000 in a search.
        count: u32,
        /// Whether there are more than that, or may be.
        more: bool,
    },
    /// What became of announcements.
    Decisions {
        /// Newest first.
        decisions: Vec<Decision>,
    },
    /// How this Belfry fares.
    Report {
        /// The text, in English.
        text: String,
    },
    /// How much there is.
    Storage(StorageReport),
    /// Where a template would lead.
    TemplatePreview(TemplatePreview),
    /// What a search has found.
    #[serde(rename = "search")]
    Found(SearchPage),
    /// What is kept about a source.
    Source(Box<SourceDetail>),
    /// What a look at a server found.
    Probe(ProbeReport),
    /// An image.
    Image(ImageData),
}

/// An image that is one by what stands in it: PNG, JPEG, GIF or WebP, of 5 MiB and 40 million pixels at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImageData {
    /// All of it, as a `data:` address.
    pub url: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// How much is unread in a saved list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ViewCount {
    /// The list's name.
    pub name: String,
    /// How much, at most 99; empty where nobody counts: in the archive, and in what is found with a text.
    pub unread: Option<u32>,
    /// Whether there is more than that, or may be.
    pub more: bool,
}

/// What is kept about a source. What can be changed of it: [`crate::settings::SourceChange`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SourceDetail {
    /// The user's name for it.
    pub name: String,
    /// The API's address.
    pub url: String,
    /// The site that people see, where it is not the API's origin.
    pub site: Option<String>,
    /// Whose messages these are, where the server has said so.
    pub user: Option<ServerUser>,
    /// Where its token is to be kept.
    pub secrets: SecretPlace,
    /// The way it speaks.
    pub dialect: Dialect,
    /// The stream's path below the API.
    pub stream_path: String,
    /// The history's path below the API; empty where it has none.
    pub history_path: String,
    /// What to do when an episode's attempts are spent.
    pub after_attempts: AfterAttempts,
    /// The numbers of the connection.
    pub limits: Limits,
    /// How its server is reached.
    pub network: NetworkForm,
    /// Where clicks lead, by kind; kinds that are missing have the defaults.
    pub templates: Templates,
    /// Schemes beside http and https that its messages' own links may have.
    pub link_schemes: Vec<LinkScheme>,
    /// How long its messages are kept; as the preferences say if empty.
    pub retention: Option<Retention>,
    /// The zone of its times that name none, such as `+08:00`; learned if empty.
    #[ts(type = "string | null")]
    pub zone: Option<UtcOffset>,
    /// The zone that its live messages showed.
    #[ts(type = "string | null")]
    pub learned_zone: Option<UtcOffset>,
}

impl From<&SourceSettings> for SourceDetail {
    fn from(source: &SourceSettings) -> Self {
        Self {
            name: source.name.clone(),
            url: source.url.to_string(),
            site: source.site.as_ref().map(ToString::to_string),
            user: source.user.clone(),
            secrets: source.secrets,
            dialect: source.dialect,
            stream_path: source.stream_path.clone(),
            history_path: source.history_path.clone(),
            after_attempts: source.after_attempts,
            limits: source.limits.clone(),
            network: NetworkForm::from(&source.network),
            templates: source.templates.clone(),
            link_schemes: source.link_schemes.clone(),
            retention: source.retention,
            zone: source.zone,
            learned_zone: source.learned_zone,
        }
    }
}

/// What a template makes of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TemplatePreview {
    /// The title of the message that it was tried on; empty where it was an example.
    pub title: Option<String>,
    /// Where it leads.
    pub leads: TemplateLeads,
}

/// One message and what can be done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MessageDetail {
    /// The [`crate::view::InboxSummary::rev`] that this answer saw.
    #[ts(type = "number")]
    pub rev: u64,
    /// The message.
    pub message: Message,
    /// The source's name.
    pub source_name: String,
    /// The page that it leads to: validated, http or https.
    pub page: Option<String>,
    /// Whether it carries a link that is refused.
    pub link_refused: bool,
    /// What became of its announcements, oldest first: why the user was notified, or was not. Empty where it was
    /// never to be announced, such as the past of a server that was new.
    pub announced: Vec<Announced>,
    /// What the server sent, as it came; empty where that was not kept: of messages from before it was, and where what
    /// Belfry does not know of it is longer than 64 KiB.
    pub payload: Option<String>,
}
