//! Arbitrary configurations and arbitrary steps, weighted so that the rarer states are reached.

use std::time::Duration;

use proptest::prelude::*;

use crate::link::{Brought, Failure, History, Input, Life, LinkConfig, NoToken, PollFailure, Reason};
use crate::settings::{AfterAttempts, Limits};

/// Whether a network input belongs to the current request or to one that is over (or never was).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Age {
    Current,
    Over,
    NeverWas,
}

#[derive(Debug, Clone)]
pub enum Step {
    Pass(Duration),
    NextTimer,
    TooEarly,
    SignedIn,
    SignedOut(NoToken),
    RetryNow,
    Opened(Age),
    Heard(Age, Life),
    Progress(Age),
    Asking(Age),
    ProgressOfPoll(Age),
    Committed(Age, Option<String>, Brought),
    CommittedByPoll(Option<String>),
    Retry(Age, Duration),
    Failed(Age, Failure),
    Polled(Age, Result<(), PollFailure>),
    Surroundings(Input),
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0u64..1_000).prop_map(Duration::from_millis),
        (0u64..100).prop_map(Duration::from_secs),
        (0u64..200).prop_map(|minutes| Duration::from_secs(60 * minutes)),
        Just(Duration::ZERO),
        Just(Duration::MAX),
    ]
}

fn time() -> impl Strategy<Value = Duration> {
    span().prop_map(|span| span.min(Duration::from_secs(86_400)))
}

fn age() -> impl Strategy<Value = Age> {
    prop_oneof![6 => Just(Age::Current), 1 => Just(Age::Over), 1 => Just(Age::NeverWas)]
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![Just(Life::Beat), Just(Life::Message)]
}

fn brought() -> impl Strategy<Value = Brought> {
    prop_oneof![Just(Brought::Changes), Just(Brought::CursorOnly)]
}

fn cursor_text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some(String::new())),
        (0u8..100).prop_map(|n| Some(format!("k7-{n}"))),
        Just(Some("é".into()))
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![
        4 => Just(Failure::Unauthorized),
        1 => Just(Failure::Forbidden),
        1 => Just(Failure::NotEncrypted),
        1 => Just(Failure::ProxyLogin),
        1 => Just(Failure::Proxy),
        1 => Just(Failure::Untrusted(Reason::CertificateExpired)),
        1 => Just(Failure::NoContent),
        1 => Just(Failure::Gone),
        1 => any::<bool>().prop_map(|for_good| Failure::Moved { to: "https://x.example".into(), for_good }),
        1 => Just(Failure::NotAStream),
        1 => Just(Failure::WebPage),
        1 => Just(Failure::Circle),
        4 => (prop::sample::select(vec![400u16, 404, 405, 410, 429, 500, 503]), prop::option::of(span()))
            .prop_map(|(status, retry_after)| Failure::Status { status, retry_after }),
        3 => Just(Failure::Unreachable),
        1 => Just(Failure::TimedOut),
        2 => Just(Failure::Ended),
        1 => Just(Failure::Broken),
        1 => Just(Failure::NotStored),
    ]
}

fn poll_result() -> impl Strategy<Value = Result<(), PollFailure>> {
    prop_oneof![
        4 => Just(Ok(())),
        1 => Just(Err(PollFailure::Unauthorized)),
        1 => Just(Err(PollFailure::Forbidden)),
        1 => Just(Err(PollFailure::NotEncrypted)),
        1 => Just(Err(PollFailure::ProxyLogin)),
        1 => Just(Err(PollFailure::Proxy)),
        1 => Just(Err(PollFailure::Untrusted(Reason::OtherKey))),
        1 => Just(Err(PollFailure::Unsupported)),
        1 => (prop::sample::select(vec![410u16, 429, 500]), prop::option::of(span()))
            .prop_map(|(status, retry_after)| Err(PollFailure::Status { status, retry_after })),
        1 => Just(Err(PollFailure::Unusable)),
        1 => Just(Err(PollFailure::NotStored)),
        1 => Just(Err(PollFailure::Unreachable)),
        1 => Just(Err(PollFailure::TimedOut)),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    let no_token =
        prop::sample::select(vec![NoToken::SignedOut, NoToken::KeychainLocked, NoToken::KeychainAbsent]);
    let surroundings = prop::sample::select(vec![
        Input::Woke { slept: Duration::ZERO },
        Input::NetworkChanged,
        Input::NetworkDown,
        Input::NetworkUp,
        Input::NetworkUp,
        Input::Unauthorized,
    ]);
    prop_oneof![
        4 => time().prop_map(Step::Pass),
        8 => Just(Step::NextTimer),
        2 => Just(Step::TooEarly),
        1 => Just(Step::SignedIn),
        1 => no_token.prop_map(Step::SignedOut),
        4 => Just(Step::RetryNow),
        6 => age().prop_map(Step::Opened),
        6 => (age(), life()).prop_map(|(age, life)| Step::Heard(age, life)),
        1 => age().prop_map(Step::Progress),
        1 => age().prop_map(Step::Asking),
        1 => age().prop_map(Step::ProgressOfPoll),
        3 => (age(), cursor_text(), brought()).prop_map(|(age, text, brought)| Step::Committed(age, text, brought)),
        1 => cursor_text().prop_map(Step::CommittedByPoll),
        1 => (age(), span()).prop_map(|(age, span)| Step::Retry(age, span)),
        8 => (age(), failure()).prop_map(|(age, failure)| Step::Failed(age, failure)),
        4 => (age(), poll_result()).prop_map(|(age, result)| Step::Polled(age, result)),
        2 => surroundings.prop_map(Step::Surroundings),
    ]
}

pub fn config() -> impl Strategy<Value = LinkConfig> {
    let choices = (
        prop::option::of((0u64..60).prop_map(Duration::from_secs)),
        prop::sample::select(vec![0u32, 1, 1, 2, 4, 10]),
        prop::sample::select(vec![AfterAttempts::Poll, AfterAttempts::Poll, AfterAttempts::Stop]),
        prop::sample::select(vec![History::Offered, History::Offered, History::Absent]),
        prop::sample::select(vec![0u64, 1, 60]),
    );
    choices.prop_map(|(idle_timeout, attempts, after_attempts, history, seconds)| LinkConfig {
        limits: Limits {
            idle_timeout,
            attempts,
            retry_base: Duration::from_secs(seconds),
            poll_every: Duration::from_secs(seconds.max(1)),
            ..Limits::default()
        },
        after_attempts,
        history,
        beat: Duration::from_secs(15),
    })
}
