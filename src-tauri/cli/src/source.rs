//! `source`: which servers the profile knows. Each change is made by the engine that has the
//! profile, so that no two work with different settings.

mod add;
mod candidate;
mod sign_in;

use std::io;
use std::path::Path;

use belfry_core::action::Action;
use belfry_core::link::Reason;
use belfry_core::model::{LinkScheme, SiteUrl, SourceId, UtcOffset};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{
    Dialect, Limits, NetworkForm, Retention, SecretPlace, Settings, SourceChange, SourceSettings, Templates,
};
use belfry_core::view::{SecretView, SourceView};
use belfry_core::words::Language;
use belfry_platform::instance::Client;
use serde::Serialize;

use crate::args::{NameArgs, SetArgs, SourceCommand};
use crate::hand::Hand;
use crate::output::{self, Format, Output};
use crate::problem::Problem;
use crate::{doctor, keychain, profile};

/// A source as `source list` and `source add` print it.
#[derive(Serialize)]
struct Listed<'a> {
    id: SourceId,
    name: &'a str,
    url: String,
    site: String,
    dialect: Dialect,
    secrets: SecretPlace,
    limits: &'a Limits,
    network: NetworkForm,
    templates: Templates,
    link_schemes: &'a [LinkScheme],
    /// How long its messages are kept; null = as the preferences say.
    retention: Option<Retention>,
    /// The zone of its times that name none; null = learned.
    zone: Option<UtcOffset>,
    /// The zone that its live messages showed.
    learned_zone: Option<UtcOffset>,
    /// Whether there is a token, as far as the keychain tells, and whether the server refused it, as far as the
    /// Belfry that runs knows.
    token: TokenState,
    /// Where its server has moved it within its origin, as far as the Belfry that runs knows.
    moved_to: Option<String>,
}

/// What is known of a source beside its settings.
struct Known {
    token: TokenState,
    moved_to: Option<String>,
}

impl Known {
    /// A source that no Belfry runs with.
    fn at_rest(place: SecretView) -> Self {
        Self { token: TokenState::Place(place), moved_to: None }
    }
}

impl From<&SourceView> for Known {
    fn from(view: &SourceView) -> Self {
        Self { token: TokenState::of(view), moved_to: view.moved_to.clone() }
    }
}

/// What is known of a source's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum TokenState {
    /// The server refused it.
    Refused,
    #[serde(untagged)]
    Place(SecretView),
}

impl TokenState {
    fn of(known: &SourceView) -> Self {
        match known.link.reason {
            Some(Reason::Rejected) => Self::Refused,
            Some(_) | None => Self::Place(known.secret),
        }
    }
}

impl<'a> Listed<'a> {
    fn new(source: &'a SourceSettings, Known { token, moved_to }: Known) -> Self {
        Self {
            id: source.id,
            name: &source.name,
            url: source.url.to_string(),
            site: source.site().to_string(),
            dialect: source.dialect,
            secrets: source.secrets,
            limits: &source.limits,
            network: NetworkForm::from(&source.network),
            templates: source.templates_in_force(),
            link_schemes: &source.link_schemes,
            retention: source.retention,
            zone: source.zone,
            learned_zone: source.learned_zone,
            token,
            moved_to,
        }
    }

    fn print(&self, out: &mut Output, format: Format, language: Language) -> io::Result<()> {
        match format {
            Format::Json => out.json(self),
            Format::Text => {
                let token = language.lookup(&format!("cli.token.{}", output::code(&self.token)));
                let moved = self.moved_to.as_ref().map(|url| language.fill("cli.moved_to", &[("url", url)]));
                let moved = moved.map(|words| format!("  {words}")).unwrap_or_default();
                out.line(&format!("{}  {}{moved}  {}", self.name, self.url, token.unwrap_or_default()))
            }
        }
    }
}

/// Does what is asked.
///
/// # Errors
/// If it cannot be done; then nothing is changed.
pub async fn run(named: Option<&Path>, command: SourceCommand, format: Format) -> Result<(), Problem> {
    match command {
        SourceCommand::Add(args) => add::run(named, *args, format).await,
        SourceCommand::List => list(named, format).await,
        SourceCommand::Set(args) => set(named, args).await,
        SourceCommand::Test(args) => doctor::test(named, &args, format).await,
        SourceCommand::Remove(args) => remove(named, &args).await,
        SourceCommand::Token(args) => sign_in::with_token(named, args).await,
        SourceCommand::SignIn(args) => sign_in::with_password(named, args).await,
        SourceCommand::ProxyLogin(args) => sign_in::to_proxy(named, args).await,
        SourceCommand::SignOut(args) => sign_out(named, &args).await,
    }
}

async fn list(named: Option<&Path>, format: Format) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    let settings = profile::settings(&profile)?;
    let language = output::language(&settings);
    let known = known(&profile, &settings).await;
    let mut out = Output::lock();
    for (source, known) in settings.sources.iter().zip(known) {
        Listed::new(source, known).print(&mut out, format, language)?;
    }
    Ok(out.flush()?)
}

/// What is known of the sources: the Belfry that runs knows, else the keychain is looked into.
async fn known(profile: &Profile, settings: &Settings) -> Vec<Known> {
    let view = match Client::connect(profile).await {
        Ok(mut client) => client.view().await.ok(),
        Err(_) => None,
    };
    let keychain = keychain::open();
    let mut all = Vec::new();
    for source in &settings.sources {
        let running = view.iter().flat_map(|view| &view.sources).find(|known| known.id == source.id);
        all.push(match running {
            Some(running) => Known::from(running),
            None => Known::at_rest(keychain::view(keychain.as_ref(), profile, source).await),
        });
    }
    all
}

async fn set(named: Option<&Path>, args: SetArgs) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    // Some of what is read here is sent back as a whole.
    let _turn = profile.turn_to_change().map_err(Problem::failed)?;
    let settings = profile::settings(&profile)?;
    let source = profile::source(&settings, &args.name)?;
    let mut changed = source.clone();
    for setting in &args.settings {
        setting.apply(&mut changed);
    }
    let change = difference(source, &changed);
    let moves_to_memory = change.secrets == Some(SecretPlace::Session);
    let mut hand = Hand::take(&profile).await?;
    let done = if moves_to_memory && !hand.is_running() {
        Err(no_memory("secrets=session"))
    } else {
        hand.act(Action::EditSource { source: source.id, change: Box::new(change) }).await
    };
    hand.end().await;
    done.map(drop)
}

/// What is said where a token would be lost with this process.
fn no_memory(asked: &str) -> Problem {
    Problem::Usage(format!(
        "{asked} needs a running Belfry that keeps the token in memory; allowed here: keychain"
    ))
}

/// What makes a source into the other.
fn difference(from: &SourceSettings, to: &SourceSettings) -> SourceChange {
    fn differing<T: Clone + PartialEq>(from: &T, to: &T) -> Option<T> {
        (from != to).then(|| to.clone())
    }
    let site = |site: &Option<SiteUrl>| site.as_ref().map(ToString::to_string).unwrap_or_default();
    let zone = |zone: &Option<UtcOffset>| zone.as_ref().map(ToString::to_string).unwrap_or_default();
    SourceChange {
        name: differing(&from.name, &to.name),
        site: differing(&from.site, &to.site).as_ref().map(site),
        secrets: differing(&from.secrets, &to.secrets),
        stream_path: differing(&from.stream_path, &to.stream_path),
        history_path: differing(&from.history_path, &to.history_path),
        after_attempts: differing(&from.after_attempts, &to.after_attempts),
        limits: differing(&from.limits, &to.limits),
        network: differing(&from.network, &to.network).as_ref().map(NetworkForm::from),
        templates: differing(&from.templates, &to.templates),
        link_schemes: differing(&from.link_schemes, &to.link_schemes)
            .map(|schemes| schemes.into_iter().map(String::from).collect()),
        retention: differing(&from.retention, &to.retention),
        zone: differing(&from.zone, &to.zone).as_ref().map(zone),
        mark: differing(&from.mark, &to.mark),
        ..SourceChange::default()
    }
}

async fn remove(named: Option<&Path>, args: &NameArgs) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    let source = profile::source(&profile::settings(&profile)?, &args.name)?.id;
    act_and_tell(&profile, Action::RemoveSource { source }).await
}

async fn sign_out(named: Option<&Path>, args: &NameArgs) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    let source = profile::source(&profile::settings(&profile)?, &args.name)?.id;
    act_and_tell(&profile, Action::SignOut { source }).await
}

/// Has one thing done that has nothing to print, and that ends a session on the server, too.
async fn act_and_tell(profile: &Profile, action: Action) -> Result<(), Problem> {
    let mut hand = Hand::take(profile).await?;
    let done = hand.act_and_tell(action).await;
    hand.end().await;
    done.map(drop)
}

/// A word as a shell takes it for one.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,:/@+".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_pasted_into_a_shell() {
        assert_eq!(shell_word("社区"), "社区");
        assert_eq!(shell_word("My team's"), r"'My team'\''s'");
        assert_eq!(shell_word("a; rm -r b"), "'a; rm -r b'");
    }
}
