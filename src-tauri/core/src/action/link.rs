//! `belfry://` links: the only thing that other programs and web pages can say to Belfry.
//!
//! A link comes from anywhere and may be hostile, so all that it can ask for is to be shown something.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;
use url::Url;

use super::Tab;
use crate::model::{MessageId, MessageKind, Origin, RemoteId};

/// The scheme of the links.
pub const SCHEME: &str = "belfry";

/// The longest link, in bytes.
const LONGEST: usize = 2048;

/// The longest id of a server that a link may name, in bytes.
const LONGEST_ID: usize = 512;

/// The kinds that a link may name as tabs; any other kind is some server's.
const KINDS: [MessageKind; 4] =
    [MessageKind::Reply, MessageKind::System, MessageKind::Notification, MessageKind::Message];

/// Where a `belfry://` link leads.
#[derive(Debug, Clone, PartialEq, Eq, TS)]
#[ts(type = "string")]
pub enum Link {
    /// `belfry://inbox`, `belfry://inbox?tab=unread`: the inbox, as it is or at a tab.
    Inbox(Option<Tab>),
    /// `belfry://message/42`: the inbox at a message, by its local id.
    Message(MessageId),
    /// `belfry://message?source=https%3A%2F%2Fexample.org&id=r-7`: the inbox at a message, in the words of
    /// those who know the server and not this computer.
    Remote {
        /// The origin of the server's API or of its site.
        source: Origin,
        /// The server's id of the message.
        id: RemoteId,
    },
}

/// The text is no link of Belfry's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a link looks like belfry://message/42, belfry://message?source=https://example.org&id=7 or \
     belfry://inbox?tab=unread"
)]
pub struct InvalidLink;

impl FromStr for Link {
    type Err = InvalidLink;

    fn from_str(text: &str) -> Result<Self, InvalidLink> {
        let text = text.trim();
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(InvalidLink);
        }
        let url = Url::parse(text).map_err(|_| InvalidLink)?;
        let plain = url.scheme() == SCHEME
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(InvalidLink);
        }
        let path = url.path().trim_matches('/');
        match (url.host_str(), path, url.query()) {
            (Some("message"), id, None) => id.parse().map(Self::Message).map_err(|_| InvalidLink),
            (Some("message"), "", Some(_)) => remote(&url),
            (Some("inbox"), "", _) => inbox(&url),
            _ => Err(InvalidLink),
        }
    }
}

fn remote(url: &Url) -> Result<Link, InvalidLink> {
    let [source, id] = parameters(url, ["source", "id"])?;
    let source = source.ok_or(InvalidLink)?.parse().map_err(|_| InvalidLink)?;
    let id = id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID && !id.contains(char::is_control));
    Ok(Link::Remote { source, id: RemoteId(id.ok_or(InvalidLink)?) })
}

fn inbox(url: &Url) -> Result<Link, InvalidLink> {
    let [tab] = parameters(url, ["tab"])?;
    Ok(Link::Inbox(tab.map(|tab| named(&tab).ok_or(InvalidLink)).transpose()?))
}

/// The values of these parameters, each given at most once; others are not allowed.
fn parameters<const N: usize>(url: &Url, names: [&str; N]) -> Result<[Option<String>; N], InvalidLink> {
    let mut values = [const { None }; N];
    for (name, value) in url.query_pairs() {
        let place = names.iter().position(|known| *known == name).ok_or(InvalidLink)?;
        if values[place].replace(value.into_owned()).is_some() {
            return Err(InvalidLink);
        }
    }
    Ok(values)
}

fn named(tab: &str) -> Option<Tab> {
    match tab {
        "all" => Some(Tab::All),
        "unread" => Some(Tab::Unread),
        "archived" => Some(Tab::Archived),
        "snoozed" => Some(Tab::Snoozed),
        kind => KINDS.into_iter().find(|known| known.as_str() == kind).map(|kind| Tab::Kind { kind }),
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = |pairs: &[(&str, &str)]| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        };
        match self {
            Self::Inbox(None) => write!(f, "{SCHEME}://inbox"),
            Self::Inbox(Some(tab)) => {
                let name = match tab {
                    Tab::All => "all",
                    Tab::Unread => "unread",
                    Tab::Archived => "archived",
                    Tab::Snoozed => "snoozed",
                    Tab::Kind { kind } => kind.as_str(),
                };
                write!(f, "{SCHEME}://inbox?{}", query(&[("tab", name)]))
            }
            Self::Message(id) => write!(f, "{SCHEME}://message/{id}"),
            Self::Remote { source, id } => {
                write!(f, "{SCHEME}://message?{}", query(&[("source", &source.to_string()), ("id", &id.0)]))
            }
        }
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(source: &str, id: &str) -> Link {
        Link::Remote { source: source.parse().unwrap(), id: RemoteId(id.to_owned()) }
    }

    #[track_caller]
    fn check(text: &str, expected: &Link) {
        assert_eq!(text.parse::<Link>().as_ref(), Ok(expected), "{text}");
        assert_eq!(
            expected.to_string().parse::<Link>().as_ref(),
            Ok(expected),
            "{expected} does not come back"
        );
    }

    #[test]
    fn links_are_understood_however_a_browser_wrote_them() {
        check("belfry://message/42", &Link::Message(MessageId(42)));
        check("belfry://message/42/", &Link::Message(MessageId(42)));
        check("BELFRY://message/42", &Link::Message(MessageId(42)));
        check("belfry://inbox", &Link::Inbox(None));
        check("belfry://inbox/?tab=unread", &Link::Inbox(Some(Tab::Unread)));
        check("belfry://inbox?tab=all", &Link::Inbox(Some(Tab::All)));
        check("belfry://inbox?tab=reply", &Link::Inbox(Some(Tab::Kind { kind: MessageKind::Reply })));
        let expected = remote("https://example.org", "r/7 &?");
        check("belfry://message?source=https://example.org&id=r/7%20%26?", &expected);
        check("belfry://message/?id=r%2F7+%26%3F&source=https%3A%2F%2FEXAMPLE.org%3A443%2F", &expected);
        check(
            "belfry://message?source=http://127.0.0.1:8787&id=消息",
            &remote("http://127.0.0.1:8787", "消息"),
        );
    }

    #[test]
    fn whatever_else_there_is_is_refused() {
        let long = format!("belfry://message?source=https://example.org&id={}", "x".repeat(600));
        for bad in [
            "",
            "https://example.org/",
            "belfry:message/42",
            "belfry://",
            "belfry://message",
            "belfry://message/",
            "belfry://message/0",
            "belfry://message/-1",
            "belfry://message/42/43",
            "belfry://message/42?x=1",
            "belfry://message/42#x",
            "belfry://user@message/42",
            "belfry://message:80/42",
            "belfry://message/../settings",
            "belfry://quit",
            "belfry://inbox/42",
            "belfry://inbox?tab=",
            "belfry://inbox?tab=x-invoice",
            "belfry://inbox?tab=unread&tab=all",
            "belfry://inbox?action=delete",
            "belfry://message?id=7",
            "belfry://message?source=https://example.org",
            "belfry://message?source=https://example.org&id=",
            "belfry://message?source=https://example.org/path&id=7",
            "belfry://message?source=https://u:p@example.org&id=7",
            "belfry://message?source=javascript:alert(1)&id=7",
            "belfry://message?source=https://example.org&id=a%0Ab",
            &long,
        ] {
            assert_eq!(bad.parse::<Link>(), Err(InvalidLink), "{bad:?}");
        }
    }
}
