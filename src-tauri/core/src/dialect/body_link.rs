//! A link in a message's text: the window names it, and only what the text says is opened.

use std::borrow::Cow;

use url::Url;

use crate::model::{Message, Origin, WebLink};
use crate::settings::SourceSettings;

/// The page behind `url`, if it stands in the message's body and is a web address, or of a scheme that the user allows
/// the source. Whoever asks (a window that was
/// taken over, too) can lead the browser nowhere but where the message itself does.
#[must_use]
pub fn link_in_body(message: &Message, source: &SourceSettings, url: &str) -> Option<WebLink> {
    let is_absolute = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    });
    if !stands_in(&message.body, url) {
        None
    } else if is_absolute {
        source.site().link(url)
    } else {
        WebLink::allowed(url, &source.link_schemes)
    }
}

/// Where an image is.
#[derive(Debug, PartialEq, Eq)]
pub struct ImageAddress {
    /// The address.
    pub url: Url,
    /// Whether it is of the server that the source's token is for.
    pub is_own: bool,
}

/// The image behind `url`, if it stands in the message's body and comes by https, or from the source's own server or
/// site. A path is one on the site.
#[must_use]
pub fn image_in_body(message: &Message, source: &SourceSettings, url: &str) -> Option<ImageAddress> {
    let link = source.site().link(url).filter(|_| stands_in(&message.body, url))?;
    let url = Url::parse(link.as_str()).ok()?;
    let origin: Origin = url.origin().ascii_serialization().parse().ok()?;
    let is_own = origin == source.url.origin();
    let may = url.scheme() == "https" || is_own || origin == source.site().origin();
    may.then_some(ImageAddress { url, is_own })
}

fn stands_in(body: &str, url: &str) -> bool {
    body.contains(url) || unescaped(body).contains(url)
}

/// The text without what Markdown (CommonMark, "Backslash escapes") and HTML need to write an address: `\_`, `&amp;`.
fn unescaped(body: &str) -> Cow<'_, str> {
    if !body.contains(['\\', '&']) {
        return Cow::Borrowed(body);
    }
    let mut plain = String::with_capacity(body.len());
    let mut rest = body.chars().peekable();
    while let Some(sign) = rest.next() {
        match rest.peek() {
            Some(next) if sign == '\\' && next.is_ascii_punctuation() => plain.extend(rest.next()),
            _ => plain.push(sign),
        }
    }
    Cow::Owned(plain.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageId, MessageKind, Priority, SourceId, Timestamp, Via};

    fn opens(body: &str, url: &str) -> Option<String> {
        let mut source = SourceSettings::new("s", "https://example.org/api".parse().unwrap());
        source.link_schemes.push("zotero".parse().unwrap());
        link_in_body(&message(body), &source, url).map(|page| page.as_str().to_owned())
    }

    /// Where the image is, and whether it is of the server's own.
    fn shows(api: &str, body: &str, url: &str) -> Option<(String, bool)> {
        let source = SourceSettings::new("s", api.parse().unwrap());
        image_in_body(&message(body), &source, url).map(|image| (image.url.to_string(), image.is_own))
    }

    fn message(body: &str) -> Message {
        Message {
            id: MessageId(1),
            source: SourceId::random(),
            remote_id: None,
            kind: MessageKind::System,
            title: "T".to_owned(),
            body: body.to_owned(),
            related_id: None,
            link: Some("https://elsewhere.example/".to_owned()),
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: Timestamp(0),
            received_at: Timestamp(0),
            via: Via::Live,
            read_at: None,
            archived_at: None,
            snoozed_until: None,
            pinned_at: None,
            extra: serde_json::Map::new(),
        }
    }

    #[test]
    fn images_come_by_https_or_from_the_source_itself() {
        let api = "https://example.org/api";
        let own = ("https://example.org/up/a.png".to_owned(), true);
        assert_eq!(shows(api, "![](/up/a.png)", "/up/a.png"), Some(own));
        assert_eq!(
            shows(api, "![](https://b.example/a.png)", "https://b.example/a.png"),
            Some(("https://b.example/a.png".to_owned(), false))
        );
        let local = "http://127.0.0.1:7700";
        assert_eq!(
            shows(local, "![](/a.png)", "/a.png"),
            Some(("http://127.0.0.1:7700/a.png".to_owned(), true))
        );
        for (body, url) in [
            ("![](http://b.example/a.png)", "http://b.example/a.png"),
            ("![](http://example.org/a.png)", "http://example.org/a.png"),
            ("![](file:///a.png)", "file:///a.png"),
            ("![](data:image/png;base64,AA)", "data:image/png;base64,AA"),
            ("![](https://u:p@b.example/a.png)", "https://u:p@b.example/a.png"),
            ("nothing of the kind", "https://b.example/a.png"),
            ("![]()", ""),
        ] {
            assert_eq!(shows(api, body, url), None, "{url}");
        }
    }

    #[test]
    fn only_what_the_body_says_is_opened() {
        let body = "see [the docs](https://docs.example/a?b=1&c=2) and HTTP://b.example";
        assert_eq!(opens(body, "https://docs.example/a?b=1&c=2").unwrap(), "https://docs.example/a?b=1&c=2");
        assert_eq!(opens(body, "HTTP://b.example").unwrap(), "http://b.example/");
        assert_eq!(opens(body, "https://docs.example/a?b=1&c=2&secret=x"), None);
        assert_eq!(opens(body, "https://elsewhere.example/"), None);
        assert_eq!(opens(body, ""), None);
    }

    #[test]
    fn a_scheme_that_the_user_allows_is_opened_where_the_body_says_it() {
        let body = "see [this](zotero://select/1) and [that](obsidian://open?vault=a)";
        assert_eq!(opens(body, "zotero://select/1").unwrap(), "zotero://select/1");
        assert_eq!(opens(body, "zotero://select/2"), None);
        assert_eq!(opens(body, "obsidian://open?vault=a"), None);
    }

    #[test]
    fn an_address_may_be_written_with_escapes() {
        assert_eq!(
            opens(r"[x](https://a.example/b\_c?d=1&amp;e=2)", "https://a.example/b_c?d=1&e=2").unwrap(),
            "https://a.example/b_c?d=1&e=2"
        );
    }

    #[test]
    fn what_is_no_web_address_is_refused_although_it_stands_there() {
        for url in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "//b.example/",
            "/path",
            "https://",
            "https://u:p@a.example/",
            "https:\u{202e}//a.example",
            "mailto:a@b.example",
            "\\\\host\\share",
            "é",
        ] {
            assert_eq!(opens(&format!("<{url}>"), url), None, "{url}");
        }
    }
}
