//! `source token` and `source sign-in`: a token is tried before anything is changed for it, and what was changed for one
//! that could not be kept is taken back.

use std::path::Path;

use belfry_core::action::{Action, Credentials};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{SecretPlace, SourceChange, SourceSettings};
use belfry_core::view::{SecretView, View};

use super::candidate::Candidate;
use crate::args::{LoginArgs, SignInArgs, TokenArgs, TokenOfArgs};
use crate::hand::{Hand, Kept};
use crate::problem::Problem;
use crate::{keychain, output, profile, token};

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

/// Keeps user and password for a source's proxy.
///
/// # Errors
/// If the source has no proxy of its own, or they could not be kept.
pub(super) async fn to_proxy(named: Option<&Path>, args: SignInArgs) -> Result<(), Problem> {
    let Some(credentials) = token::login(&LoginArgs::from(args.login))? else {
        return Err(Problem::Usage("a user is missing; allowed: --user USER".to_owned()));
    };
    let profile = profile::existing(named)?;
    let source = profile::source(&profile::settings(&profile)?, &args.name)?.clone();
    let mut hand = Hand::take(&profile).await?;
    let kept = match hand.needs_a_keychain(&profile).await {
        Ok(()) if source.secrets == SecretPlace::Session && !hand.is_running() => Err(Problem::Usage(
            "the source keeps its secrets in memory: this needs a running Belfry".to_owned(),
        )),
        Ok(()) => hand.keep_proxy_login(source.id, credentials).await,
        Err(problem) => Err(problem),
    };
    hand.end().await;
    kept
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
    let proxy_login = keychain::proxy_login(keychain::open().as_ref(), profile, source).await;
    let mut candidate = Candidate::of(source.clone(), proxy_login, credentials, hand.language).await?;
    let kept = look_and_keep(hand, source, &mut candidate).await;
    candidate.end().await;
    kept
}

async fn look_and_keep(
    hand: &mut Hand,
    source: &SourceSettings,
    candidate: &mut Candidate,
) -> Result<(Kept, Vec<String>), Problem> {
    // Before anything is changed: a token that works must not make way for one that is refused.
    let looked = candidate.look(hand.language).await?;
    let before = hand.view().await?;
    if !hand.is_running() {
        // Where nothing runs, there is no memory to keep it in.
        keep_in(hand, source, SecretPlace::Keychain).await?;
    }
    match candidate.keep(hand, source.id).await {
        Ok(kept) => Ok((kept, looked.said)),
        Err(problem) => {
            if !hand.is_running() {
                take_back(hand, source, &before).await?;
            }
            Err(problem)
        }
    }
}

/// Takes back what an engine of our own, which nobody else uses, has changed for a token that it could not keep.
async fn take_back(hand: &mut Hand, source: &SourceSettings, before: &View) -> Result<(), Problem> {
    hand.take_back(before).await?;
    keep_in(hand, source, source.secrets).await
}

async fn keep_in(hand: &mut Hand, source: &SourceSettings, place: SecretPlace) -> Result<(), Problem> {
    let change = SourceChange { secrets: Some(place), ..SourceChange::default() };
    hand.act(Action::EditSource { source: source.id, change: Box::new(change) }).await.map(drop)
}
