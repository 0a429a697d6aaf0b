//! What sort of message it is. A kind nobody has heard of is data, never an error.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

/// The kind of a message: the wire's `type`, or the SSE event name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
#[ts(type = "string")]
pub enum MessageKind {
    /// Someone answered the user.
    Reply,
    /// The site's operators have something to say.
    System,
    /// Something that the user asked for is ready.
    Notification,
    /// The kind of a message that names none.
    Message,
    /// Any other name, verbatim.
    Other(String),
}

impl MessageKind {
    /// The name on the wire and at every boundary.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Reply => "reply",
            Self::System => "system",
            Self::Notification => "notification",
            Self::Message => "message",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for MessageKind {
    fn from(name: &str) -> Self {
        match name {
            "reply" => Self::Reply,
            "system" => Self::System,
            "notification" => Self::Notification,
            "message" | "" => Self::Message,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl FromStr for MessageKind {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name))
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MessageKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MessageKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from(name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_is_kept_verbatim() {
        assert_eq!(MessageKind::from("部署"), MessageKind::Other("部署".to_owned()));
        assert_eq!(MessageKind::from("Reply").as_str(), "Reply");
    }

    #[test]
    fn a_missing_kind_is_a_message() {
        assert_eq!(MessageKind::from(""), MessageKind::Message);
    }
}
