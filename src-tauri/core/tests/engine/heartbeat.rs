//! Looks at servers: whether a server shows signs of life while it has nothing to tell, whether anything holds its
//! stream back, and which certificate is not trusted.

use std::time::Duration;

use belfry_core::action::{
    Answer, Check, CheckCode, CheckKind, Credentials, ProbeDepth, ProbeReport, Query, SecretOutcome,
    SecretUse, Verdict,
};
use belfry_core::fakes::Line;
use belfry_core::model::Token;
use belfry_core::ports::{
    BadCertificate, CertificateFault, ConnectError, FetchError, StreamEvent, TransportFault,
};
use belfry_core::settings::{NewSource, SecretPlace};

use crate::world::{EMPTY_PAGE, Running, World};

async fn probed(running: &Running, world: &World, depth: ProbeDepth) -> ProbeReport {
    match running.handle.query(Query::Probe { source: world.source, depth }).await.unwrap() {
        Answer::Probe(report) => report,
        other => panic!("{other:?}"),
    }
}

fn check(report: &ProbeReport, kind: CheckKind) -> &Check {
    report.checks.iter().find(|check| check.check == kind).unwrap()
}

fn heartbeat(report: &ProbeReport) -> (Verdict, CheckCode, &str) {
    let Check { verdict, code, detail, .. } = check(report, CheckKind::Heartbeat);
    (*verdict, *code, detail)
}

/// A signed-in source whose stream is not opened by itself, and a server that says `ready` and has a history.
async fn resting() -> (World, Running, Line) {
    let mut world = World::signed_in().await;
    world.connects = false;
    let running = world.start();
    let line = world.transport.open_next();
    line.frame("ready", "k7-0", "{}").await;
    world.transport.page_next(EMPTY_PAGE);
    (world, running, line)
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_is_waited_for_only_by_a_thorough_look_and_no_longer_than_it_takes() {
    let (world, running, line) = resting().await;
    let before = tokio::time::Instant::now();
    let comments = async {
        // What belongs to the beginning of the stream is no heartbeat yet.
        line.send(StreamEvent::Comment("hello".to_owned())).await;
        tokio::time::sleep(Duration::from_secs(15)).await;
        line.send(StreamEvent::Comment("ping".to_owned())).await;
    };
    let (report, ()) = tokio::join!(probed(&running, &world, ProbeDepth::Thorough), comments);
    assert_eq!(heartbeat(&report), (Verdict::Ok, CheckCode::Fine, "after 15 s"));
    assert_eq!(before.elapsed().as_secs(), 15);
    running.stop().await;

    let (world, running, _line) = resting().await;
    let before = tokio::time::Instant::now();
    let report = probed(&running, &world, ProbeDepth::Brief).await;
    assert_eq!(heartbeat(&report).0, Verdict::Skipped);
    assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_silent_has_no_heartbeat_and_one_that_is_busy_need_not_show_any() {
    let (world, running, _line) = resting().await;
    let report = probed(&running, &world, ProbeDepth::Thorough).await;
    let missing = (Verdict::Warning, CheckCode::HeartbeatMissing, "nothing within 18 s");
    assert_eq!(heartbeat(&report), missing);
    assert!(report.is_usable());
    running.stop().await;

    let (world, running, line) = resting().await;
    let message = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        line.frame("reply", "k7-1", r#"{"id":"1","title":"T"}"#).await;
    };
    let (report, ()) = tokio::join!(probed(&running, &world, ProbeDepth::Thorough), message);
    assert_eq!(heartbeat(&report).0, Verdict::Skipped);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_as_soon_as_it_is_open_is_told() {
    let (world, running, line) = resting().await;
    let end = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        drop(line);
    };
    let (report, ()) = tokio::join!(probed(&running, &world, ProbeDepth::Thorough), end);
    let Check { verdict, code, .. } = check(&report, CheckKind::Stream);
    assert_eq!((*verdict, *code), (Verdict::Warning, CheckCode::EndsAtOnce));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_a_connection_has_learned_is_not_waited_for() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(12)).await;
        line.send(StreamEvent::Comment("ping".to_owned())).await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    let look = world.transport.open_next();
    look.frame("ready", "k7-0", "{}").await;
    world.transport.page_next(EMPTY_PAGE);
    let before = tokio::time::Instant::now();
    let report = probed(&running, &world, ProbeDepth::Thorough).await;
    assert_eq!(heartbeat(&report), (Verdict::Ok, CheckCode::Fine, "every 12 s"));
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    running.stop().await;
}

fn certificate(host: &str, fault: CertificateFault) -> ConnectError {
    ConnectError::Fault(TransportFault::Certificate(Box::new(BadCertificate {
        host: host.to_owned(),
        fault,
        subject: "CN=old.example".to_owned(),
        issuer: "CN=Some CA".to_owned(),
        not_before: "2025-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2025-04-01T00:00:00Z".parse().unwrap(),
        names: vec!["old.example".to_owned()],
    })))
}

async fn tried(running: &Running) -> ProbeReport {
    let source = NewSource {
        name: "b".into(),
        url: "https://b.example/api".into(),
        site: None,
        secrets: SecretPlace::Keychain,
        allow_plain_http: false,
    };
    let token = Credentials::Token(Token::new("abc"));
    match running.handle.secret(SecretUse::Try { source }, token).await.unwrap() {
        SecretOutcome::Probed { report } => report,
        kept @ SecretOutcome::Kept { .. } => panic!("{kept:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_not_trusted_is_named() {
    use CheckKind::{Reach, Tls};
    let world = World::signed_out();
    let running = world.start();
    for (host, fault, kind, code) in [
        ("b.example", CertificateFault::Expired, Tls, CheckCode::CertificateExpired),
        ("b.example", CertificateFault::NotYetValid, Tls, CheckCode::CertificateNotYetValid),
        ("b.example", CertificateFault::UnknownIssuer, Tls, CheckCode::CertificateIssuer),
        ("b.example", CertificateFault::WrongName, Tls, CheckCode::CertificateName),
        ("b.example", CertificateFault::Other("revoked".to_owned()), Tls, CheckCode::NotTrusted),
        ("b.example", CertificateFault::OtherKey("sha256//x".to_owned()), Tls, CheckCode::OtherKey),
        ("proxy.example", CertificateFault::Expired, Reach, CheckCode::ProxyNotTrusted),
    ] {
        world.transport.refuse_next(certificate(host, fault));
        let report = tried(&running).await;
        let Check { verdict, code: found, detail, .. } = check(&report, kind);
        assert_eq!((*verdict, *found), (Verdict::Failed, code));
        assert_eq!(report.checks.iter().filter(|check| check.verdict == Verdict::Failed).count(), 1);
        for part in [host, "CN=old.example", "CN=Some CA", "2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z"] {
            assert!(detail.contains(part), "{part}: {detail}");
        }
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_to_everything_but_its_stream_is_told_from_one_that_does_not_answer() {
    let world = World::signed_out();
    let running = world.start();
    world.transport.page_next(EMPTY_PAGE);
    let report = tried(&running).await;
    let Check { verdict, code, .. } = check(&report, CheckKind::Stream);
    assert_eq!((*verdict, *code), (Verdict::Warning, CheckCode::StreamSilent));
    assert!(report.is_usable() && check(&report, CheckKind::Reach).verdict == Verdict::Ok, "{report:#?}");

    world.transport.page_fails_next(FetchError::Unsupported);
    let report = tried(&running).await;
    let Check { verdict, code, .. } = check(&report, CheckKind::Stream);
    assert_eq!((*verdict, *code), (Verdict::Failed, CheckCode::StreamSilent));

    let report = tried(&running).await;
    let Check { verdict, code, .. } = check(&report, CheckKind::Reach);
    assert_eq!((*verdict, *code), (Verdict::Failed, CheckCode::TimedOut));
    assert_eq!(check(&report, CheckKind::History).verdict, Verdict::Skipped);
    running.stop().await;
}
