//! What may be given for a source, and what is wrong with what was given: which field, and why.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    AfterAttempts, Dialect, Limits, NetworkForm, NewSource, Retention, SecretPlace, SourceMark,
    SourceSettings, Templates, has_secret_query,
};
use crate::model::{InvalidOffset, InvalidScheme, InvalidUrl, LinkScheme, ServerUrl, SiteUrl, UtcOffset};

/// A change of a source. What is not given stays as it is. The API's address cannot be changed: another
/// address is another source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields)]
pub struct SourceChange {
    /// The user's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The site that people see; empty = the API's origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Where its token is kept. A token that is there moves with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<SecretPlace>,
    /// The way it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// The stream's path below the API; empty = the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_path: Option<String>,
    /// The history's path below the API; empty = the server has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_path: Option<String>,
    /// What to do when an episode's attempts are spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_attempts: Option<AfterAttempts>,
    /// The numbers of the connection, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// How its server is reached, all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkForm>,
    /// Where clicks lead, by kind, all of them; kinds that are missing have the defaults, empty = no page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub templates: Option<Templates>,
    /// Schemes beside http and https that its messages' own links may have, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_schemes: Option<Vec<String>>,
    /// How it is told apart at a glance, both parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<SourceMark>,
    /// How long its messages are kept; null = as the preferences say.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub retention: Option<Option<Retention>>,
    /// The zone of its times that name none, such as `+08:00`; empty = learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// Whatever is there is given, null too.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// A field of a source, for whoever has to say which one is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SourceField {
    /// The user's name for it.
    Name,
    /// The API's address.
    Url,
    /// The site that people see.
    Site,
    /// The token, or the password.
    Token,
    /// The stream's path.
    StreamPath,
    /// The history's path.
    HistoryPath,
    /// The numbers of the connection.
    Limits,
    /// The page templates.
    Templates,
    /// The schemes of links.
    LinkSchemes,
    /// How long messages are kept.
    Retention,
    /// The zone of its times.
    Zone,
    /// The proxy.
    Proxy,
    /// The proxy's user and password.
    ProxyLogin,
    /// The headers that go with each request.
    Headers,
    /// The file of certificates that are trusted.
    CaFile,
    /// The file of the client's certificate and key.
    ClientCertificate,
    /// The pin of the server's key.
    Pin,
}

/// A value that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadValue {
    /// Of which field.
    pub field: SourceField,
    /// Why not, for a developer.
    pub why: String,
}

impl NewSource {
    /// Makes a source of it.
    ///
    /// # Errors
    /// [`BadValue`] with the first field that cannot be taken.
    pub fn settings(&self) -> Result<SourceSettings, BadValue> {
        let url: ServerUrl =
            self.url.parse().map_err(|error: InvalidUrl| bad(SourceField::Url, error.to_string()))?;
        let mut source = SourceSettings::new(&name(&self.name)?, url);
        source.site = self.site.as_deref().map_or(Ok(None), site)?;
        source.secrets = self.secrets;
        source.network.allow_plain_http = self.allow_plain_http;
        Ok(source)
    }
}

impl SourceChange {
    /// The source as it is after the change.
    ///
    /// # Errors
    /// [`BadValue`] with the first field that cannot be taken.
    pub fn apply(&self, source: &SourceSettings) -> Result<SourceSettings, BadValue> {
        let mut changed = source.clone();
        let default = || SourceSettings::new("", source.url.clone());
        if let Some(given) = &self.name {
            changed.name = name(given)?;
        }
        if let Some(given) = &self.site {
            changed.site = site(given)?;
        }
        match self.stream_path.as_deref().map(str::trim) {
            None => {}
            Some("") => changed.stream_path = default().stream_path,
            Some(given) => changed.stream_path = path(given, SourceField::StreamPath)?,
        }
        match self.history_path.as_deref().map(str::trim) {
            None => {}
            Some("") => changed.history_path = String::new(),
            Some(given) => changed.history_path = path(given, SourceField::HistoryPath)?,
        }
        if let Some(given) = &self.limits {
            changed.limits = limits(given)?;
        }
        if let Some(given) = &self.network {
            changed.network = given.apply(&source.network)?;
        }
        if let Some(given) = &self.templates {
            changed.templates = templates(given)?;
        }
        if let Some(given) = &self.link_schemes {
            changed.link_schemes = link_schemes(given)?;
        }
        if let Some(given) = self.retention {
            changed.retention = retention(given)?;
        }
        if let Some(given) = &self.zone {
            changed.zone = zone(given)?;
        }
        changed.secrets = self.secrets.unwrap_or(changed.secrets);
        changed.mark = self.mark.unwrap_or(changed.mark);
        changed.dialect = self.dialect.unwrap_or(changed.dialect);
        changed.after_attempts = self.after_attempts.unwrap_or(changed.after_attempts);
        Ok(changed)
    }
}

impl SourceSettings {
    /// Whether what is different asks for another connection.
    #[must_use]
    pub fn connects_as(&self, other: &Self) -> bool {
        self.dialect == other.dialect
            && self.stream_path == other.stream_path
            && self.history_path == other.history_path
            && self.after_attempts == other.after_attempts
            && self.limits == other.limits
            && self.network == other.network
    }
}

fn bad(field: SourceField, why: impl Into<String>) -> BadValue {
    BadValue { field, why: why.into() }
}

fn name(given: &str) -> Result<String, BadValue> {
    let name = given.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(bad(SourceField::Name, "a name is one line of text"));
    }
    Ok(name.to_owned())
}

fn site(given: &str) -> Result<Option<SiteUrl>, BadValue> {
    let given = given.trim();
    if given.is_empty() {
        return Ok(None);
    }
    given.parse().map(Some).map_err(|error: InvalidUrl| bad(SourceField::Site, error.to_string()))
}

fn path(given: &str, field: SourceField) -> Result<String, BadValue> {
    let fine = given.starts_with('/') && given.bytes().all(|b| b.is_ascii_graphic()) && !given.contains('#');
    if !fine {
        return Err(bad(field, "a path begins with a slash, e.g. /sse/connect"));
    }
    if has_secret_query(given) {
        return Err(bad(field, "a path holds no secret: the settings keep none"));
    }
    Ok(given.to_owned())
}

impl SourceSettings {
    /// The source as it would be with another site; as it is without one.
    ///
    /// # Errors
    /// If that is no site.
    pub fn with_site(&self, given: Option<&str>) -> Result<Cow<'_, Self>, BadValue> {
        let Some(given) = given else { return Ok(Cow::Borrowed(self)) };
        Ok(Cow::Owned(Self { site: site(given)?, ..self.clone() }))
    }
}

/// The longest span, a year: no clock runs over.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);

fn limits(given: &Limits) -> Result<Limits, BadValue> {
    let spans = [given.retry_min, given.retry_base, given.retry_max, given.poll_every];
    let out_of_range = |span: &std::time::Duration| span.is_zero() || *span > LONGEST;
    if spans.iter().chain(&given.idle_timeout).any(out_of_range) {
        return Err(bad(SourceField::Limits, "a time lies between 1 ms and a year"));
    }
    if !Limits::ATTEMPTS.contains(&given.attempts) {
        return Err(bad(SourceField::Limits, "attempts lie between 1 and 1,000"));
    }
    if !Limits::EVENT_BYTES.contains(&given.max_event_bytes) {
        return Err(bad(SourceField::Limits, "an event's size lies between 1 KiB and 256 MiB"));
    }
    if given.answer_within.is_some_and(|span| !Limits::ANSWER_WITHIN.contains(&span)) {
        return Err(bad(SourceField::Limits, "an answer's time lies between 1 s and 2 minutes"));
    }
    if given.look_every.is_some_and(|span| !Limits::LOOK_EVERY.contains(&span)) {
        return Err(bad(SourceField::Limits, "a stream is looked for at least each 10 s to each day"));
    }
    Ok(given.clone())
}

fn templates(given: &Templates) -> Result<Templates, BadValue> {
    let fine = |template: &String| template.is_empty() || template.starts_with('/');
    if given.values().all(fine) && given.keys().all(|kind| !kind.is_empty()) {
        Ok(given.clone())
    } else {
        Err(bad(
            SourceField::Templates,
            "a template is a path on the site, e.g. /posts/{relatedId}, or empty",
        ))
    }
}

fn link_schemes(given: &[String]) -> Result<Vec<LinkScheme>, BadValue> {
    let mut schemes: Vec<LinkScheme> = Vec::new();
    for text in given {
        let refused = |error: InvalidScheme| bad(SourceField::LinkSchemes, error.to_string());
        let scheme = text.parse().map_err(refused)?;
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    Ok(schemes)
}

fn retention(given: Option<Retention>) -> Result<Option<Retention>, BadValue> {
    match given {
        Some(given) if !given.is_in_range() => Err(bad(SourceField::Retention, Retention::RANGE)),
        given => Ok(given),
    }
}

fn zone(given: &str) -> Result<Option<UtcOffset>, BadValue> {
    let given = given.trim();
    if given.is_empty() {
        return Ok(None);
    }
    given.parse().map(Some).map_err(|error: InvalidOffset| bad(SourceField::Zone, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> SourceSettings {
        SourceSettings::new("社区", "https://example.org/api".parse().unwrap())
    }

    fn refused(change: &SourceChange) -> SourceField {
        change.apply(&source()).unwrap_err().field
    }

    #[test]
    fn what_is_not_given_stays_as_it_is() {
        assert_eq!(SourceChange::default().apply(&source()).unwrap().name, "社区");
        let change: SourceChange = serde_json::from_str(r#"{"name":" b ","limits":{"attempts":3}}"#).unwrap();
        let changed = change.apply(&source()).unwrap();
        assert_eq!((changed.name.as_str(), changed.limits.attempts), ("b", 3));
        assert_eq!(changed.limits.retry_max, Limits::default().retry_max);
        assert!(!changed.connects_as(&source()));
        assert!(
            SourceChange { name: Some("b".into()), ..SourceChange::default() }
                .apply(&source())
                .unwrap()
                .connects_as(&source())
        );
    }

    #[test]
    fn a_value_that_cannot_be_taken_names_its_field() {
        let given = |text: &str| Some(text.to_owned());
        let none = SourceChange::default;
        assert_eq!(refused(&SourceChange { name: given(" \n"), ..none() }), SourceField::Name);
        assert_eq!(refused(&SourceChange { site: given("ftp://a"), ..none() }), SourceField::Site);
        assert_eq!(refused(&SourceChange { stream_path: given("sse"), ..none() }), SourceField::StreamPath);
        assert_eq!(
            refused(&SourceChange { stream_path: given("/sse/connect?auth=abc"), ..none() }),
            SourceField::StreamPath
        );
        assert_eq!(
            refused(&SourceChange { history_path: given("/a b"), ..none() }),
            SourceField::HistoryPath
        );
        let limits = Limits { attempts: 0, ..Limits::default() };
        assert_eq!(refused(&SourceChange { limits: Some(limits), ..none() }), SourceField::Limits);
        let templates = Templates::from([("reply".to_owned(), "javascript:alert(1)".to_owned())]);
        assert_eq!(refused(&SourceChange { templates: Some(templates), ..none() }), SourceField::Templates);
        let schemes = Some(vec!["zotero".to_owned(), "javascript".to_owned()]);
        assert_eq!(refused(&SourceChange { link_schemes: schemes, ..none() }), SourceField::LinkSchemes);
        let retention = Some(Some(Retention::Days(0)));
        assert_eq!(refused(&SourceChange { retention, ..none() }), SourceField::Retention);
        assert_eq!(refused(&SourceChange { zone: given("CST"), ..none() }), SourceField::Zone);
    }

    #[test]
    fn a_source_has_a_span_of_its_own_until_it_goes_by_the_preferences_again() {
        let change = |text: &str| serde_json::from_str::<SourceChange>(text).unwrap();
        let own = change(r#"{"retention":{"days":30}}"#).apply(&source()).unwrap();
        assert_eq!(own.retention, Some(Retention::Days(30)));
        assert_eq!(change("{}").apply(&own).unwrap().retention, Some(Retention::Days(30)));
        let back = change(r#"{"retention":null}"#);
        assert_eq!(back.apply(&own).unwrap().retention, None);
        assert_eq!(serde_json::to_string(&back).unwrap(), r#"{"retention":null}"#);
        assert_eq!(change(r#"{"retention":"all"}"#).apply(&own).unwrap().retention, Some(Retention::All));
    }

    #[test]
    fn a_source_has_a_zone_of_its_own_until_it_is_learned_again() {
        let change = |zone: &str| SourceChange { zone: Some(zone.to_owned()), ..SourceChange::default() };
        let own = change(" +08:00").apply(&source()).unwrap();
        assert_eq!(own.zone.map(UtcOffset::seconds), Some(8 * 3_600));
        assert_eq!(SourceChange::default().apply(&own).unwrap().zone, own.zone);
        assert_eq!(change("").apply(&own).unwrap().zone, None);
    }

    #[test]
    fn an_address_is_no_part_of_a_change() {
        assert!(serde_json::from_str::<SourceChange>(r#"{"url":"https://b.example"}"#).is_err());
    }
}
