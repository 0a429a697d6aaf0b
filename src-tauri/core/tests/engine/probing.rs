//! Looks at servers, and passwords: what exactly failed, and nothing kept.

use std::time::Duration;

use belfry_core::action::{
    Answer, Check, CheckCode, CheckKind, Credentials, FailureCode, ProbeDepth, ProbeReport, Query,
    SecretOutcome, SecretUse, Verdict,
};
use belfry_core::fakes::Request;
use belfry_core::model::{SecretText, Token};
use belfry_core::ports::{ConnectError, FetchError, SecretError, StreamEvent, TransportFault};
use belfry_core::settings::{NewSource, SecretPlace, SourceField};
use belfry_core::view::Connection;

use crate::world::{EMPTY_PAGE, Running, World};

fn new_source(url: &str) -> NewSource {
    NewSource {
        name: "b".into(),
        url: url.into(),
        site: None,
        secrets: SecretPlace::Keychain,
        allow_plain_http: false,
    }
}

fn password() -> Credentials {
    Credentials::Password { user: "ann".into(), password: SecretText::new(" pa55 ".into()) }
}

async fn tried(running: &Running, url: &str, credentials: Credentials) -> ProbeReport {
    let what = SecretUse::Try { source: new_source(url) };
    match running.handle.secret(what, credentials).await.unwrap() {
        SecretOutcome::Probed { report } => report,
        kept @ SecretOutcome::Kept { .. } => panic!("{kept:?}"),
    }
}

async fn probed(running: &Running, world: &World, depth: ProbeDepth) -> ProbeReport {
    match running.handle.query(Query::Probe { source: world.source, depth }).await.unwrap() {
        Answer::Probe(report) => report,
        other => panic!("{other:?}"),
    }
}

/// What was found out of the ordinary.
fn findings(report: &ProbeReport) -> Vec<(CheckKind, Verdict, CheckCode)> {
    let odd = report.checks.iter().filter(|check| !matches!(check.verdict, Verdict::Ok | Verdict::Skipped));
    odd.map(|check| (check.check, check.verdict, check.code)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_good_server_has_nothing_to_complain_about_and_keeps_nothing() {
    let world = World::signed_out();
    let running = world.start();
    world.transport.token_of("abc", "ann");
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    line.frame("ready", "k7-0", r#"{"protocol":1}"#).await;
    let report = tried(&running, "https://b.example/api", Credentials::Token(Token::new("abc"))).await;
    assert_eq!(findings(&report), [], "{report:#?}");
    assert!(report.is_usable());
    assert_eq!(report.user.as_ref().map(|user| user.id.as_str()), Some("ann"));
    let fine = |check: &Check| check.verdict == Verdict::Ok || check.check == CheckKind::Heartbeat;
    assert!(report.checks.iter().all(fine));
    assert_eq!(running.handle.view().sources.len(), 1, "nothing is added");
    assert!(line.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_failure_has_its_step_and_its_code() {
    let fault = |fault: TransportFault| ConnectError::Fault(fault);
    let text = || "x".to_owned();
    for (error, kind, code) in [
        (fault(TransportFault::Dns(text())), CheckKind::Dns, CheckCode::NoSuchName),
        (fault(TransportFault::Connect(text())), CheckKind::Reach, CheckCode::Unreachable),
        (fault(TransportFault::Proxy(text())), CheckKind::Reach, CheckCode::ProxyRefused),
        (fault(TransportFault::ProxyLogin(text())), CheckKind::Reach, CheckCode::ProxyLogin),
        (fault(TransportFault::Tls(text())), CheckKind::Tls, CheckCode::TlsFailed),
        (fault(TransportFault::Other(text())), CheckKind::Reach, CheckCode::NoAnswer),
        (ConnectError::Unauthorized, CheckKind::Token, CheckCode::TokenRefused),
        (ConnectError::Forbidden, CheckKind::Token, CheckCode::TokenForbidden),
        (ConnectError::NoContent, CheckKind::Stream, CheckCode::Ended),
        (ConnectError::Gone, CheckKind::Stream, CheckCode::Ended),
        (ConnectError::Moved { origin: text(), for_good: true }, CheckKind::Stream, CheckCode::Moved),
        (
            ConnectError::Moved { origin: "https://b.example".to_owned(), for_good: false },
            CheckKind::Stream,
            CheckCode::Circle,
        ),
        (ConnectError::Status { status: 503, retry_after: None }, CheckKind::Stream, CheckCode::Busy),
        (ConnectError::Status { status: 500, retry_after: None }, CheckKind::Stream, CheckCode::ServerError),
    ] {
        let world = World::signed_out();
        let running = world.start();
        world.transport.refuse_next(error.clone());
        let report = tried(&running, "https://b.example/api", Credentials::Token(Token::new("abc"))).await;
        assert_eq!(findings(&report), [(kind, Verdict::Failed, code)], "{error:?}");
        assert!(!report.is_usable());
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_portals_page_is_no_stream_and_a_server_with_a_history_alone_is_usable() {
    let world = World::signed_out();
    let running = world.start();
    let portal = || ConnectError::NotAStream { content_type: "text/html".to_owned() };
    world.transport.refuse_next(portal());
    world.transport.page_fails_next(FetchError::Unsupported);
    let report = tried(&running, "https://b.example/api", Credentials::Token(Token::new("abc"))).await;
    assert!(findings(&report).contains(&(CheckKind::Stream, Verdict::Failed, CheckCode::NotAStream)));
    world.transport.refuse_next(portal());
    world.transport.page_next(EMPTY_PAGE);
    let report = tried(&running, "https://b.example/api", Credentials::Token(Token::new("abc"))).await;
    assert!(findings(&report).contains(&(CheckKind::Stream, Verdict::Warning, CheckCode::NotAStream)));
    assert!(report.is_usable());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_works_less_well_is_a_warning() {
    let world = World::signed_out();
    let running = world.start();
    let line = world.transport.open_next();
    world.transport.page_fails_next(FetchError::Unsupported);
    let report = tried(&running, "http://b.example/api", Credentials::Token(Token::new("abc"))).await;
    assert_eq!(
        findings(&report),
        [
            (CheckKind::Tls, Verdict::Warning, CheckCode::NotEncrypted),
            (CheckKind::FirstByte, Verdict::Warning, CheckCode::HeldBack),
            (CheckKind::History, Verdict::Warning, CheckCode::NoHistory),
            (CheckKind::User, Verdict::Warning, CheckCode::UserUnknown),
        ]
    );
    drop(line);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whether_marks_are_taken_is_known_from_what_the_server_says_and_nothing_is_marked() {
    let known = [
        (r#"{"protocol":1}"#, (Verdict::Ok, CheckCode::Fine)),
        ("{}", (Verdict::Skipped, CheckCode::MarksUnknown)),
    ];
    for (says, found) in known {
        let world = World::signed_out();
        let running = world.start();
        world.transport.page_next(EMPTY_PAGE);
        let line = world.transport.open_next();
        line.frame("ready", "k7-0", says).await;
        let report = tried(&running, "https://b.example/api", Credentials::Token(Token::new("abc"))).await;
        let marks = report.checks.iter().find(|check| check.check == CheckKind::Marks).unwrap();
        assert_eq!((marks.verdict, marks.code), found, "{says}");
        let asked = world.transport.requests();
        assert!(!asked.iter().any(|asked| matches!(asked, Request::Tell { .. } | Request::Post { .. })));
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_is_bounded_in_time_and_ends_when_nobody_waits() {
    let world = World::signed_out();
    let running = world.start();
    let before = tokio::time::Instant::now();
    let report = tried(&running, "https://b.example/api", Credentials::Token(Token::new("abc"))).await;
    assert_eq!(findings(&report), [(CheckKind::Reach, Verdict::Failed, CheckCode::TimedOut)]);
    assert!(before.elapsed() <= Duration::from_secs(13), "{:?}", before.elapsed());

    let line = world.transport.open_next();
    let what = SecretUse::Try { source: new_source("https://b.example/api") };
    let asking = running.handle.secret(what, Credentials::Token(Token::new("abc")));
    assert!(tokio::time::timeout(Duration::from_secs(1), asking).await.is_err());
    while !line.is_closed() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(before.elapsed() < Duration::from_secs(15), "{:?}", before.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_is_looked_at_with_the_token_that_it_has() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    let line = world.transport.open_next();
    line.send(StreamEvent::Comment("hello".to_owned())).await;
    world.transport.page_next(EMPTY_PAGE);
    assert!(probed(&running, &world, ProbeDepth::Brief).await.is_usable());
    assert_eq!(world.tokens_sent(), ["s3cret", "s3cret"]);
    assert_eq!(running.handle.view().connection, Connection::Live, "the connection is left alone");
    running.stop().await;

    world.secrets.fail_always(Some(SecretError::Locked));
    let running = world.start();
    world.transport.refuse_next(ConnectError::Unauthorized);
    let report = probed(&running, &world, ProbeDepth::Brief).await;
    assert_eq!(findings(&report), [(CheckKind::Token, Verdict::Failed, CheckCode::KeychainLocked)]);
    running.stop().await;
}

/// Otherwise a look at a server would be a first meeting, and what comes before the next start announced as missed.
#[tokio::test(start_paused = true)]
async fn an_engine_that_does_not_connect_asks_only_what_it_is_told_to() {
    let mut world = World::signed_in().await;
    world.connects = false;
    let running = world.start();
    let line = world.transport.open_next();
    line.frame("ready", "k7-0", "{}").await;
    world.transport.page_next(EMPTY_PAGE);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(world.transport.requests(), []);
    assert!(probed(&running, &world, ProbeDepth::Brief).await.is_usable());
    let looked = world.transport.requests();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(world.transport.requests(), looked);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_password_is_exchanged_for_a_token_and_not_kept() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    world.transport.post_next(Ok(r#"{"token":"abc"}"#));
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    let kept = running.handle.secret(SecretUse::Keep { source: world.source }, password()).await.unwrap();
    assert_eq!(kept, SecretOutcome::Kept { source: world.source });
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    let post = Request::Post {
        url: "https://example.org/api/auth/login".to_owned(),
        body: r#"{"password":" pa55 ","username":"ann"}"#.to_owned(),
    };
    assert_eq!(world.transport.requests()[0], post);
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("abc"));
    running.stop().await;
}

/// The addresses of what was posted.
fn posts(world: &World) -> Vec<String> {
    let address = |request| match request {
        Request::Post { url, .. } => Some(url),
        _ => None,
    };
    world.transport.requests().into_iter().filter_map(address).collect()
}

#[tokio::test(start_paused = true)]
async fn a_token_that_a_password_got_for_a_look_is_given_back() {
    let world = World::signed_out();
    let running = world.start();
    world.transport.post_next(Ok(r#"{"token":"abc"}"#));
    let line = world.serve(EMPTY_PAGE);
    line.frame("ready", "k7-0", "{}").await;
    world.transport.post_next(Ok(""));
    let report = tried(&running, "https://b.example/api", password()).await;
    assert!(report.is_usable(), "{report:#?}");
    let posts = posts(&world);
    assert_eq!(posts, ["https://b.example/api/auth/login", "https://b.example/api/auth/logout"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_password_whose_sign_in_was_overtaken_leaves_no_session() {
    let world = World::signed_out();
    let running = world.start();
    let (handle, source) = (running.handle.clone(), world.source);
    let late = tokio::spawn(async move { handle.secret(SecretUse::Keep { source }, password()).await });
    while posts(&world).is_empty() {
        tokio::task::yield_now().await;
    }
    running.sign_in(source, Token::new("now")).await.unwrap();
    world.transport.post_next(Ok(r#"{"token":"late"}"#));
    assert_eq!(late.await.unwrap().unwrap_err().code, FailureCode::Overtaken);
    world.transport.post_next(Ok(""));
    // Nothing is due sooner: whatever is asked at once has been asked by then.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let [_, second] = &posts(&world)[..] else { panic!("{:?}", posts(&world)) };
    assert_eq!(second, "https://example.org/api/auth/logout");
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("now"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_password_that_gets_no_token_says_why_and_keeps_nothing() {
    let world = World::signed_out();
    let running = world.start();
    running.until(|view| view.connection == Connection::SignIn).await;
    let fault = FetchError::Fault(TransportFault::Connect("refused".to_owned()));
    for (answer, code) in [
        (Err(FetchError::Unauthorized), FailureCode::LoginRefused),
        (Err(FetchError::Unsupported), FailureCode::NoLogin),
        (Err(FetchError::Status { status: 429, retry_after: None }), FailureCode::TooManyTries),
        (Err(fault), FailureCode::Unreachable),
        (Ok("{}"), FailureCode::LoginFailed),
    ] {
        world.transport.post_next(answer);
        let keep = SecretUse::Keep { source: world.source };
        assert_eq!(running.handle.secret(keep, password()).await.unwrap_err().code, code);
    }
    let retry_after = Some(Duration::from_millis(41_001));
    world.transport.post_next(Err(FetchError::Status { status: 429, retry_after }));
    let keep = SecretUse::Keep { source: world.source };
    assert_eq!(running.handle.secret(keep, password()).await.unwrap_err().retry_after_s, Some(42));
    assert_eq!(world.secrets.stored(world.key()), None);

    // Not a byte of it goes out where anybody could read it.
    let posts = world.transport.requests().len();
    let report = tried(&running, "http://b.example/api", password()).await;
    assert_eq!(findings(&report), [(CheckKind::Tls, Verdict::Failed, CheckCode::NotEncrypted)]);
    assert_eq!(world.transport.requests().len(), posts);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_still_tells_what_was_found_out() {
    use CheckKind::{Address, Dns, Reach, Tls, Token};
    let status = |status| FetchError::Status { status, retry_after: None };
    let fault = |fault| FetchError::Fault(fault);
    let text = || "x".to_owned();
    let reached = &[Address, Dns, Reach, Tls][..];
    let world = World::signed_out();
    let running = world.start();
    for (answer, fine, failed) in [
        (Err(FetchError::Unauthorized), reached, (Token, CheckCode::LoginRefused)),
        (Err(FetchError::Unsupported), reached, (Token, CheckCode::NoLogin)),
        (Err(status(429)), reached, (Token, CheckCode::TooManyTries)),
        (Err(status(500)), reached, (Token, CheckCode::LoginFailed)),
        (Ok("{}"), reached, (Token, CheckCode::LoginFailed)),
        (Err(fault(TransportFault::ProxyLogin(text()))), &[Address], (Reach, CheckCode::ProxyLogin)),
        (Err(fault(TransportFault::Proxy(text()))), &[Address], (Reach, CheckCode::ProxyRefused)),
        (Err(fault(TransportFault::Dns(text()))), &[Address], (Dns, CheckCode::NoSuchName)),
        (Err(fault(TransportFault::Connect(text()))), &[Address, Dns], (Reach, CheckCode::Unreachable)),
        (Err(fault(TransportFault::Tls(text()))), &[Address, Dns, Reach], (Tls, CheckCode::TlsFailed)),
    ] {
        world.transport.post_next(answer);
        let report = tried(&running, "https://b.example/api", password()).await;
        assert_eq!(findings(&report), [(failed.0, Verdict::Failed, failed.1)], "{report:#?}");
        let well = report.checks.iter().filter(|check| check.verdict == Verdict::Ok);
        assert_eq!(well.map(|check| check.check).collect::<Vec<_>>(), fine, "{failed:?}");
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_tried_names_the_field() {
    let world = World::signed_out();
    let running = world.start();
    let what = SecretUse::Try { source: new_source("ftp://b") };
    let failure = running.handle.secret(what, Credentials::Token(Token::new("abc"))).await.unwrap_err();
    assert_eq!((failure.code, failure.field), (FailureCode::Invalid, Some(SourceField::Url)));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_moved_within_its_origin_is_fine_and_the_new_address_is_named() {
    let world = World::signed_out();
    let running = world.start();
    world.transport.moved_to("/api/sse/connect", "https://b.example/v2/stream");
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    line.frame("ready", "k7-0", "{}").await;
    let report = tried(&running, "https://b.example/api", Credentials::Token(Token::new("abc"))).await;
    assert!(report.is_usable());
    let stream = report.checks.iter().find(|check| check.check == CheckKind::Stream).unwrap();
    assert_eq!((stream.verdict, stream.code), (Verdict::Ok, CheckCode::MovedWithin));
    assert_eq!(stream.detail, "https://b.example/v2/stream");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_password_goes_to_no_other_origin_and_it_is_said_which_one_it_was_to_go_to() {
    let world = World::signed_out();
    let running = world.start();
    let away = || FetchError::Moved { origin: "https://new.example".to_owned() };
    world.transport.post_next(Err(away()));
    let report = tried(&running, "https://b.example/api", password()).await;
    assert_eq!(findings(&report), [(CheckKind::Token, Verdict::Failed, CheckCode::Moved)]);
    world.transport.post_next(Err(away()));
    let kept = running.handle.secret(SecretUse::Keep { source: world.source }, password()).await;
    let failure = kept.unwrap_err();
    assert_eq!(failure.code, FailureCode::Moved);
    assert!(failure.message.contains("https://new.example"), "{}", failure.message);
    running.stop().await;
}
