//! `source token`, `source sign-in`, and the sign-in of `source add`: a secret is tried before it takes the place of one
//! that works.

use std::path::Path;

use belfry_core::action::{Action, Credentials, ProbeReport};
use belfry_core::model::SourceId;
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{SecretPlace, SourceChange, SourceSettings};
use belfry_core::view::SecretView;
use belfry_core::words::Language;

use crate::args::{LoginArgs, SignInArgs, TokenArgs, TokenOfArgs};
use crate::hand::{Hand, Kept};
use crate::problem::Problem;
use crate::{doctor, output, profile, token};

/// Keeps a token for a source.
///
/// # Errors
/// If it is refused or could not be kept; then nothing is changed.
pub(super) async fn with_token(named: Option<&Path>, args: TokenOfArgs) -> Result<(), Problem> {
    let Some(token) = token::given(&TokenArgs::from(args.token))? else {
        return Err(Problem::Usage("a token is missing; allowed: --token-stdin, --token-env VAR".to_owned()));
    };
    sign_in(named, &args.name, Credentials::Token(token)).await
}

/// Keeps the token that a server gives for user and password.
///
/// # Errors
/// If the server gives none, or it could not be kept; then nothing is changed.
pub(super) async fn with_password(named: Option<&Path>, args: SignInArgs) -> Result<(), Problem> {
    let Some(credentials) = token::login(&LoginArgs::from(args.login))? else {
        return Err(Problem::Usage("a user is missing; allowed: --user USER".to_owned()));
    };
    sign_in(named, &args.name, credentials).await
}

/// Signs in to a source that has just been added; where its token is, and what a look at its server has to say.
pub(super) async fn new(
    hand: &mut Hand,
    source: SourceId,
    name: &str,
    credentials: Credentials,
) -> Result<(SecretView, Vec<String>), Problem> {
    let kept = hand.keep(source, credentials).await?;
    let report = hand.probe(source).await?;
    Ok((kept.place, judged(name, &report, hand.language)?))
}

async fn sign_in(named: Option<&Path>, name: &str, credentials: Credentials) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    let source = profile::source(&profile::settings(&profile)?, name)?.clone();
    let mut hand = Hand::take(&profile).await?;
    let kept = try_and_keep(&mut hand, &profile, &source, credentials).await;
    let language = hand.language;
    hand.end().await;
    let (kept, said) = kept?;
    if kept.source != source.id {
        output::say(&language.fill("cli.other_user", &[("source", &kept.name)]));
    }
    if kept.place == SecretView::Session && source.secrets == SecretPlace::Keychain {
        output::say(&language.text("cli.in_memory"));
    }
    for words in said {
        output::say(&words);
    }
    Ok(())
}

async fn try_and_keep(
    hand: &mut Hand,
    profile: &Profile,
    source: &SourceSettings,
    credentials: Credentials,
) -> Result<(Kept, Vec<String>), Problem> {
    hand.needs_a_keychain(profile).await?;
    // Before anything is changed: a token that works must not make way for one that is refused.
    let report = doctor::with_secret(source, credentials.clone()).await?;
    let said = judged(&source.name, &report, hand.language)?;
    if source.secrets == SecretPlace::Session && !hand.is_running() {
        // Where nothing runs, there is no memory to keep it in.
        let change = SourceChange { secrets: Some(SecretPlace::Keychain), ..SourceChange::default() };
        hand.act(Action::EditSource { source: source.id, change }).await?;
    }
    Ok((hand.keep(source.id, credentials).await?, said))
}

/// What a look at the server has to say. One that cannot be reached now may be reached later; one that refuses
/// the token will go on refusing it.
fn judged(name: &str, report: &ProbeReport, language: Language) -> Result<Vec<String>, Problem> {
    let mut said: Vec<String> =
        doctor::warnings(report, language).map(|words| format!("{name}: {words}")).collect();
    match doctor::problem(name, report, language) {
        Some(Problem::Refused(words)) => return Err(Problem::Refused(words)),
        Some(problem) => said.insert(0, problem.to_string()),
        None => {}
    }
    Ok(said)
}
