//! `source add`: a token is tried before the source is added, so that whoever breaks off leaves nothing.

use std::path::Path;

use belfry_core::action::{Action, Credentials, Failure, FailureCode, Outcome};
use belfry_core::model::SourceId;
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{
    BadValue, Dialect, Network, NewSource, SecretPlace, SourceChange, SourceSettings,
};
use belfry_core::view::SecretView;
use belfry_core::words::Language;

use super::candidate::Candidate;
use super::{Known, Listed, no_memory, shell_word};
use crate::args::{AddArgs, SecretsName};
use crate::hand::{self, Hand};
use crate::output::{self, Format, Output};
use crate::problem::Problem;
use crate::{plain_http, profile, token};

/// Adds a source, and signs in to it where a token or a password is given.
///
/// # Errors
/// If that cannot be done; then nothing is added.
pub(super) async fn run(named: Option<&Path>, args: AddArgs, format: Format) -> Result<(), Problem> {
    let credentials = match token::given(&args.token)? {
        Some(token) => Some(Credentials::Token(token)),
        None => token::login(&args.login)?,
    };
    // A password is refused by the engine, whatever the user says.
    let is_token = matches!(credentials, Some(Credentials::Token(_)));
    plain_http::check(&args.url.join(""), &Network::default(), is_token, args.plain_http)?;
    let profile = profile::open(named)?;
    let mut hand = Hand::take(&profile).await?;
    let added = add_with(&mut hand, &profile, args, credentials).await;
    let language = hand.language;
    hand.end().await;
    let Added { source, place, said } = added?;
    let mut out = Output::lock();
    Listed::new(&source, Known::at_rest(place)).print(&mut out, format, language)?;
    out.flush()?;
    let name = shell_word(&source.name);
    match (place, source.secrets) {
        (SecretView::Absent, _) => output::say(&language.text("cli.no_keychain_yet")),
        (SecretView::Missing, _) => output::say(&language.fill("cli.not_signed_in", &[("source", &name)])),
        (SecretView::Session, SecretPlace::Keychain) => output::say(&language.text("cli.in_memory")),
        (_, SecretPlace::Keychain | SecretPlace::Session) => {}
    }
    for words in said {
        output::say(&words);
    }
    Ok(())
}

/// A source that has been added.
struct Added {
    source: SourceSettings,
    /// Where its token is.
    place: SecretView,
    /// What a look at its server has to say.
    said: Vec<String>,
}

async fn add_with(
    hand: &mut Hand,
    profile: &Profile,
    args: AddArgs,
    credentials: Option<Credentials>,
) -> Result<Added, Problem> {
    if args.secrets == SecretsName::Session && !hand.is_running() {
        return Err(no_memory("--secrets session"));
    }
    if credentials.is_some() && args.secrets == SecretsName::Keychain {
        hand.needs_a_keychain(profile).await?;
    }
    let new = NewSource {
        name: args.name,
        url: args.url.to_string(),
        site: args.site.map(|site| site.to_string()),
        secrets: args.secrets.into(),
        allow_plain_http: args.plain_http.allow_plain_http,
    };
    let dialect = Dialect::from(args.dialect);
    let (id, place, said) = match credentials {
        None => {
            let place = match hand.has_a_keychain(profile).await {
                true => SecretView::Missing,
                false => SecretView::Absent,
            };
            (add_signed_out(hand, new, dialect).await?, place, Vec::new())
        }
        Some(credentials) => {
            let bad = |BadValue { field, why }| {
                hand::refused(Failure::new(FailureCode::Invalid, why).about(field).into(), hand.language)
            };
            let source = SourceSettings { dialect, ..new.settings().map_err(bad)? };
            let mut candidate = Candidate::of(source, None, credentials, hand.language).await?;
            let added = add_signed_in(hand, profile, new, dialect, &mut candidate).await;
            candidate.end().await;
            added?
        }
    };
    let settings = profile::settings(profile)?;
    let source = settings.sources.into_iter().find(|source| source.id == id);
    let source = source.ok_or_else(|| Problem::failed("the source has been removed meanwhile"))?;
    Ok(Added { source, place, said })
}

/// Adds a source without a token.
async fn add_signed_out(hand: &mut Hand, new: NewSource, dialect: Dialect) -> Result<SourceId, Problem> {
    let id = match hand.act(Action::AddSource { source: new }).await? {
        Outcome::SourceAdded { source } => source,
        Outcome::Done | Outcome::Exported { .. } | Outcome::Saved { .. } | Outcome::Undoable { .. } => {
            return Err(Problem::failed("the running program did not say which source it added"));
        }
    };
    speak(hand, id, dialect).await?;
    Ok(id)
}

/// Has a source speak this dialect.
async fn speak(hand: &mut Hand, source: SourceId, dialect: Dialect) -> Result<(), Problem> {
    if dialect == Dialect::default() {
        return Ok(());
    }
    let change = SourceChange { dialect: Some(dialect), ..SourceChange::default() };
    hand.act(Action::EditSource { source, change: Box::new(change) }).await.map(drop)
}

/// Tries a token, and adds a source only where it is not refused and its user has none yet. Which source it is, where
/// its token is, and what there is to be said.
async fn add_signed_in(
    hand: &mut Hand,
    profile: &Profile,
    new: NewSource,
    dialect: Dialect,
    candidate: &mut Candidate,
) -> Result<(SourceId, SecretView, Vec<String>), Problem> {
    let looked = candidate.look(hand.language).await?;
    let sources = profile::settings(profile)?.sources;
    let theirs =
        looked.user.and_then(|user| sources.iter().find(|other| candidate.would_double(other, &user)));
    if let Some(theirs) = theirs {
        return Err(has_a_source(&theirs.name, hand.language));
    }
    let kept = candidate.add(hand, new).await?;
    if sources.iter().any(|other| other.id == kept.source) {
        return Err(has_a_source(&kept.name, hand.language));
    }
    speak(hand, kept.source, dialect).await?;
    Ok((kept.source, kept.place, looked.said))
}

fn has_a_source(name: &str, language: Language) -> Problem {
    Problem::failed(language.fill("cli.has_a_source", &[("source", &shell_word(name))]))
}
