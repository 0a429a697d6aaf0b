//! `doctor`, `source test`: looks at servers step by step, and says what is wrong and what helps.

use std::io;
use std::path::Path;

use belfry_core::action::{Check, CheckCode, CheckKind, Credentials, ProbeDepth, ProbeReport, Verdict};
use belfry_core::model::{ServerUrl, SourceId, Token};
use belfry_core::ports::{ProxyLogin, Route};
use belfry_core::settings::profile::Profile;
use belfry_core::settings::{Network, SecretPlace, SourceSettings, file};
use belfry_core::words::Language;
use serde::Serialize;

use crate::args::{DoctorArgs, NameArgs};
use crate::hand::Hand;
use crate::output::{self, Format, Output, code};
use crate::problem::Problem;
use crate::{network, plain_http, profile, token};

/// One step of a look at a server.
#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    check: CheckKind,
    verdict: Verdict,
    code: CheckCode,
    text: &'a str,
    detail: &'a str,
}

/// Looks at a server, or at those of the profile with the tokens that they have.
///
/// # Errors
/// If messages would not come from one of them: 3 where its token is refused, 4 where it is not reached.
pub async fn run(named: Option<&Path>, args: DoctorArgs, format: Format) -> Result<(), Problem> {
    match &args.url {
        Some(url) => look_at(url, &args, format).await,
        None => {
            if let Some(flag) = args.of_another_server() {
                return Err(Problem::Usage(format!("{flag} need --url API to say which server is meant")));
            }
            let profile = profile::existing(named)?;
            let settings = profile::settings(&profile)?;
            if settings.sources.is_empty() {
                return Err(Problem::failed(output::language(&settings).text("cli.nothing_to_look_at")));
            }
            let sources = settings.sources.into_iter().map(|source| (source.id, source.name));
            look_at_sources(&profile, sources.collect(), format).await
        }
    }
}

/// Looks at one source's server.
///
/// # Errors
/// As [`run`].
pub async fn test(named: Option<&Path>, args: &NameArgs, format: Format) -> Result<(), Problem> {
    let profile = profile::existing(named)?;
    let source = profile::source(&profile::settings(&profile)?, &args.name)?.id;
    look_at_sources(&profile, vec![(source, args.name.clone())], format).await
}

/// A server that need not be a source.
async fn look_at(url: &ServerUrl, args: &DoctorArgs, format: Format) -> Result<(), Problem> {
    let token = token::given(&args.token)?;
    let Route { network, proxy_login, .. } =
        network::route_with(&args.network, &args.headers, args.plain_http)?;
    plain_http::check(&url.join(""), &network, token.is_some(), args.plain_http)?;
    let name = url.to_string();
    let source =
        SourceSettings { network: Network::clone(&network), ..SourceSettings::new(&name, url.clone()) };
    let report = look(&source, token, proxy_login, ProbeDepth::Thorough).await?;
    let language = belfry_platform::system_language();
    let mut out = Output::lock();
    print(&mut out, &name, &report, format, language)?;
    out.flush()?;
    problem(&name, &report, language).map_or(Ok(()), Err)
}

/// Looks at a source's server, over its proxy, with a token that nobody keeps.
///
/// # Errors
/// If no look could be taken.
pub async fn with_token(
    source: &SourceSettings,
    token: Token,
    proxy_login: Option<ProxyLogin>,
) -> Result<ProbeReport, Problem> {
    look(source, Some(token), proxy_login, ProbeDepth::Brief).await
}

/// Looks at a server from a profile that goes with the command.
async fn look(
    source: &SourceSettings,
    token: Option<Token>,
    proxy_login: Option<ProxyLogin>,
    depth: ProbeDepth,
) -> Result<ProbeReport, Problem> {
    let folder = tempfile::Builder::new().prefix("belfryctl-").tempdir()?;
    let profile = profile::open(Some(folder.path()))?;
    let mut settings = profile::settings(&profile)?;
    let secrets = SecretPlace::Session;
    // It is no source, and nothing of it is taken back.
    settings.sources.push(SourceSettings { secrets, user: None, awaits_token: false, ..source.clone() });
    file::save(&profile.settings_path(), &settings)?;
    let mut hand = Hand::take(&profile).await?;
    let looking = async {
        if let Some(login) = proxy_login {
            let (user, password) = (login.user().to_owned(), login.password().clone());
            hand.keep_proxy_login(source.id, Credentials::Password { user, password }).await?;
        }
        if let Some(token) = token {
            hand.remember(source.id, token).await?;
        }
        hand.probe(source.id, depth).await
    };
    let report = looking.await;
    hand.end().await;
    report
}

async fn look_at_sources(
    profile: &Profile,
    sources: Vec<(SourceId, String)>,
    format: Format,
) -> Result<(), Problem> {
    let mut hand = Hand::take(profile).await?;
    let looked = look_one_by_one(&mut hand, &sources, format).await;
    hand.end().await;
    let problems = looked?;
    let rank = |problem: &Problem| match problem {
        Problem::Refused(_) => 0,
        Problem::Unreachable(_) => 1,
        Problem::Failed(_) | Problem::Usage(_) => 2,
    };
    problems.into_iter().min_by_key(rank).map_or(Ok(()), Err)
}

async fn look_one_by_one(
    hand: &mut Hand,
    sources: &[(SourceId, String)],
    format: Format,
) -> Result<Vec<Problem>, Problem> {
    let mut problems = Vec::new();
    for (source, name) in sources {
        let report = hand.probe(*source, ProbeDepth::Thorough).await?;
        let mut out = Output::lock();
        print(&mut out, name, &report, format, hand.language)?;
        out.flush()?;
        problems.extend(problem(name, &report, hand.language));
    }
    Ok(problems)
}

fn print(
    out: &mut Output,
    source: &str,
    report: &ProbeReport,
    format: Format,
    language: Language,
) -> io::Result<()> {
    if format == Format::Text {
        out.line(source)?;
    }
    for check in &report.checks {
        let text = sentence(check, language);
        match format {
            Format::Json => out.json(&Line {
                source,
                check: check.check,
                verdict: check.verdict,
                code: check.code,
                text,
                detail: &check.detail,
            })?,
            Format::Text => {
                let name = language.lookup(&format!("check.{}", code(&check.check))).unwrap_or_default();
                let detail =
                    if check.detail.is_empty() { String::new() } else { format!(" [{}]", check.detail) };
                let line = language.fill("cli.check", &[("check", name), ("text", text)]);
                out.line(&format!("  {} {line}{detail}", mark(check.verdict)))?;
            }
        }
    }
    Ok(())
}

/// Told apart by shape, not by colour.
fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Ok => '✓',
        Verdict::Warning => '!',
        Verdict::Failed => '✗',
        Verdict::Skipped => '–',
    }
}

fn sentence(check: &Check, language: Language) -> &'static str {
    language.lookup(&format!("probe.{}", code(&check.code))).unwrap_or_default()
}

/// Why no messages would come, if so, with the exit code that says what sort of reason it is.
pub fn problem(source: &str, report: &ProbeReport, language: Language) -> Option<Problem> {
    let failed = report.checks.iter().find(|check| check.verdict == Verdict::Failed)?;
    let words = format!("{source}: {}", sentence(failed, language));
    Some(match failed.code {
        CheckCode::TokenRefused | CheckCode::TokenForbidden | CheckCode::LoginRefused => {
            Problem::Refused(words)
        }
        CheckCode::NoSuchName
        | CheckCode::Unreachable
        | CheckCode::NoAnswer
        | CheckCode::TimedOut
        | CheckCode::ProxyRefused
        | CheckCode::ProxyLogin
        | CheckCode::CertificateExpired
        | CheckCode::CertificateNotYetValid
        | CheckCode::CertificateIssuer
        | CheckCode::CertificateName
        | CheckCode::ProxyNotTrusted
        | CheckCode::OtherKey
        | CheckCode::NotTrusted
        | CheckCode::TlsFailed => Problem::Unreachable(words),
        CheckCode::Fine
        | CheckCode::MovedWithin
        | CheckCode::NotChecked
        | CheckCode::NotEncrypted
        | CheckCode::TokenNotSent
        | CheckCode::TokenMissing
        | CheckCode::KeychainLocked
        | CheckCode::KeychainAbsent
        | CheckCode::NoLogin
        | CheckCode::LoginFailed
        | CheckCode::TooManyTries
        | CheckCode::NotAStream
        | CheckCode::NoStream
        | CheckCode::StreamSilent
        | CheckCode::Moved
        | CheckCode::Circle
        | CheckCode::Ended
        | CheckCode::Busy
        | CheckCode::ServerError
        | CheckCode::HeldBack
        | CheckCode::EndsAtOnce
        | CheckCode::HeartbeatMissing
        | CheckCode::NoHistory
        | CheckCode::HistoryFailed
        | CheckCode::MarksUnknown
        | CheckCode::UserUnknown => Problem::failed(words),
    })
}

/// What could be better although messages come.
pub fn warnings(report: &ProbeReport, language: Language) -> impl Iterator<Item = &'static str> + '_ {
    let warning = |check: &&Check| check.verdict == Verdict::Warning;
    report.checks.iter().filter(warning).map(move |check| sentence(check, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdict: Verdict, code: CheckCode) -> ProbeReport {
        let check = |verdict, code| Check { check: CheckKind::Token, verdict, code, detail: String::new() };
        ProbeReport { checks: vec![check(Verdict::Ok, CheckCode::Fine), check(verdict, code)], user: None }
    }

    fn ends_with(verdict: Verdict, code: CheckCode) -> Option<Problem> {
        problem("社区", &report(verdict, code), Language::English)
    }

    #[test]
    fn the_exit_code_says_what_sort_of_failure_it_is() {
        let refused = ends_with(Verdict::Failed, CheckCode::TokenRefused);
        assert!(
            matches!(refused, Some(Problem::Refused(words)) if words.starts_with("社区: The server does"))
        );
        let unreachable = ends_with(Verdict::Failed, CheckCode::NoSuchName);
        assert!(matches!(unreachable, Some(Problem::Unreachable(_))));
        assert!(matches!(ends_with(Verdict::Failed, CheckCode::NotAStream), Some(Problem::Failed(_))));
        assert!(ends_with(Verdict::Warning, CheckCode::HeldBack).is_none());
        assert!(ends_with(Verdict::Skipped, CheckCode::NotChecked).is_none());
    }

    #[test]
    fn what_could_be_better_is_said() {
        let report = report(Verdict::Warning, CheckCode::NoHistory);
        let said: Vec<&str> = warnings(&report, Language::Chinese).collect();
        assert_eq!(said, [Language::Chinese.text("probe.no_history")]);
    }
}
