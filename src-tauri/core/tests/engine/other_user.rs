//! Another user on the same address is another source, and nothing is mixed.

use std::time::Duration;

use belfry_core::action::{Action, FailureCode, Outcome, SecretOutcome};
use belfry_core::engine::SettingsOf;
use belfry_core::fakes::{Line, Request};
use belfry_core::link::Reason;
use belfry_core::model::{ServerUser, Token};
use belfry_core::ports::{ConnectError, FetchError, SecretKey, SecretStore, TransportFault};
use belfry_core::settings::{NewSource, SecretPlace, SourceSettings, file};
use belfry_core::view::{Connection, SecretView};

use crate::world::{EMPTY_PAGE, Running, World, message};

const ANN: &str = r#"{"user":{"id":"ann","name":"Ann"}}"#;
const BEN: &str = r#"{"user":{"id":"ben","name":"Ben"}}"#;

/// Ann is signed in, and has one message.
async fn ann(world: &World) -> (Running, Line) {
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("ready", "k7-0", ANN).await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    running.until(|view| view.inbox.unread == 1).await;
    (running, line)
}

#[tokio::test(start_paused = true)]
async fn the_user_of_a_source_is_remembered() {
    let world = World::signed_in().await;
    let (running, _line) = ann(&world).await;
    let user = ServerUser { id: "ann".into(), name: Some("Ann".into()) };
    assert_eq!(world.saved_settings().sources[0].user, Some(user));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_command_line_changes_for_one_run_is_not_saved_with_what_the_run_learns() {
    let mut world = World::signed_in().await;
    let other = SourceSettings::new("other", "https://other.example/api".parse().unwrap());
    let mut saved = world.settings.clone();
    saved.sources.insert(0, other);
    file::save(&world.folder.path().join("settings.toml"), &saved).unwrap();
    world.settings_of = SettingsOf::CommandLine;
    world.settings.sources[0].limits.max_event_bytes *= 2;

    let (running, _line) = ann(&world).await;
    saved.sources[1].user = Some(ServerUser { id: "ann".into(), name: Some("Ann".into()) });
    assert_eq!(world.saved_settings(), saved);

    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    world.transport.token_of("bens", "ben");
    running.sign_in(world.source, Token::new("bens")).await.unwrap();
    let sources = world.saved_settings().sources;
    let [_, anns, bens] = &sources[..] else { panic!("{sources:?}") };
    assert_eq!((bens.name.as_str(), &bens.limits), ("社区 (ben)", &anns.limits));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn signing_in_as_another_user_makes_another_source() {
    let world = World::signed_in().await;
    let (running, line) = ann(&world).await;
    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    assert!(line.is_closed());
    world.transport.token_of("bens", "ben");
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    let kept = running.sign_in(world.source, Token::new("bens")).await.unwrap();
    let SecretOutcome::Kept { source: bens } = kept else { panic!("{kept:?}") };
    assert_ne!(bens, world.source);
    line.frame("ready", "k7-0", BEN).await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    let view = running.until(|view| view.inbox.unread == 2).await;
    let [anns_view, bens_view] = &view.sources[..] else { panic!("{:?}", view.sources) };
    assert_eq!(
        (anns_view.id, anns_view.link.reason, anns_view.unread),
        (world.source, Some(Reason::SignedOut), 1)
    );
    assert_eq!((bens_view.id, bens_view.connection, bens_view.unread), (bens, Connection::Live, 1));
    assert_eq!(bens_view.name, "社区 (ben)");
    assert_eq!(world.secrets.stored(world.key()), None);
    let bens_key = SecretKey { source: bens, ..world.key() };
    assert_eq!(world.secrets.stored(bens_key).as_deref(), Some("bens"));

    // Ann comes back to her own.
    world.transport.token_of("anns", "ann");
    let kept = running.sign_in(bens, Token::new("anns")).await.unwrap();
    assert_eq!(kept, SecretOutcome::Kept { source: world.source });
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("anns"));
    assert_eq!(world.secrets.stored(bens_key).as_deref(), Some("bens"), "Ben stays signed in");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_user_known_by_the_ready_alone_is_asked_for_before_anything_is_mixed() {
    let world = World::signed_in().await;
    let (running, _line) = ann(&world).await;
    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    // The server has no `/me`: a stream without a cursor says it.
    let asked = world.transport.open_next();
    asked.frame("ready", "k7-1", BEN).await;
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    let kept = running.sign_in(world.source, Token::new("bens")).await.unwrap();
    assert!(matches!(kept, SecretOutcome::Kept { source } if source != world.source));
    line.frame("ready", "k7-0", BEN).await;
    let view = running.until(|view| view.sources[1].connection == Connection::Live).await;
    assert_eq!(view.sources[1].name, "社区 (Ben)");
    assert!(asked.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_of_which_nobody_can_be_asked_is_not_kept() {
    let world = World::signed_in().await;
    let (running, _line) = ann(&world).await;
    running.handle.act(Action::SignOut { source: world.source }).await.unwrap();
    // Nobody answers.
    let failure = running.sign_in(world.source, Token::new("whose")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Unreachable);
    assert_eq!(world.secrets.stored(world.key()), None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_changed_behind_belfrys_back_goes_to_a_source_of_its_own() {
    let world = World::signed_in().await;
    let (running, line) = ann(&world).await;
    running.stop().await;
    drop(line);
    world.transport.token_of("bens", "ben");
    world.secrets.set(world.key(), Token::new("bens")).await.unwrap();
    let world = World { settings: world.saved_settings(), ..world };
    world.transport.page_next(EMPTY_PAGE);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("ready", "k7-0", BEN).await;
    let view =
        running.until(|view| view.sources.len() == 2 && view.sources[1].connection == Connection::Live).await;
    assert_eq!((view.sources[0].secret, view.sources[0].unread), (SecretView::Missing, 1));
    assert_eq!(world.tokens_sent(), ["s3cret", "bens"], "Ann's place is never asked for with Ben's token");
    running.stop().await;
}

/// Ann's program is started anew at a server whose `/me` fails like this each time.
async fn ann_anew(failures: &[FetchError]) -> (World, Running, Line) {
    let world = World::signed_in().await;
    let (running, line) = ann(&world).await;
    running.stop().await;
    drop(line);
    let world = World { settings: world.saved_settings(), ..world };
    failures.iter().for_each(|failure| world.transport.me_fails_next(failure.clone()));
    let line = world.transport.open_next();
    let running = world.start();
    (world, running, line)
}

/// How often a stream was asked for.
fn streams(world: &World) -> usize {
    let is_stream = |request: &Request| matches!(request, Request::Stream { .. });
    world.transport.requests().iter().filter(|request| is_stream(request)).count()
}

#[tokio::test(start_paused = true)]
async fn a_server_in_trouble_is_not_asked_for_a_stream_to_learn_whose_a_token_is() {
    let wait = Duration::from_secs(90);
    let (world, running, line) =
        ann_anew(&[FetchError::Status { status: 503, retry_after: Some(wait) }]).await;
    world.transport.token_of("s3cret", "ann");
    tokio::time::sleep(wait - Duration::from_secs(1)).await;
    assert_eq!(streams(&world), 1, "Retry-After binds every request");
    line.frame("ready", "k7-1", ANN).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    running.until(|view| view.inbox.total == 2).await;
    assert_eq!(streams(&world), 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn where_me_is_broken_and_the_stream_is_not_the_stream_says_whose_a_token_is() {
    for broken in [
        FetchError::Status { status: 500, retry_after: None },
        // It takes too long.
        FetchError::Fault(TransportFault::TimedOut),
    ] {
        let (world, running, asked) = ann_anew(&[broken.clone(), broken.clone(), broken]).await;
        asked.frame("ready", "k7-1", ANN).await;
        let line = world.transport.open_next();
        line.frame("reply", "k7-2", &message(2, "reply")).await;
        running.until(|view| view.inbox.total == 2).await;
        assert!(asked.is_closed());
        running.stop().await;
    }
}

/// Whoever does not answer has named nobody, and has not shown either that it names nobody.
#[tokio::test(start_paused = true)]
async fn a_failure_never_means_that_a_server_names_nobody() {
    let world = World::signed_in().await;
    let (running, anns) = ann(&world).await;
    // There is no `/me`.
    for _ in 0..6 {
        world.transport.refuse_next(ConnectError::Status { status: 503, retry_after: None });
    }
    let asked = world.transport.open_next();
    asked.frame("ready", "k7-9", BEN).await;
    world.transport.page_next(EMPTY_PAGE);
    let bens = world.transport.open_next();
    bens.frame("ready", "k7-9", BEN).await;
    bens.frame("reply", "k7-10", &message(10, "reply")).await;
    another_token_for_ann(&world, &running, anns, Seen::ByTheNextAttempt).await;
    let view = running.until(|view| view.sources.len() == 2 && view.sources[1].unread == 1).await;
    assert_eq!((view.inbox.total, view.sources[0].link.reason), (2, Some(Reason::SignedOut)));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(told(&world), [""; 0], "Ben has read nothing");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_keychain_has_anew_for_the_same_user_is_used_at_the_next_attempt() {
    let world = World::signed_in().await;
    let (running, line) = ann(&world).await;
    world.transport.token_of("renewed", "ann");
    world.secrets.set(world.key(), Token::new("renewed")).await.unwrap();
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    let view = running.until(|view| view.inbox.total == 2).await;
    assert_eq!((view.sources.len(), view.sources[0].connection), (1, Connection::Live));
    assert_eq!(world.tokens_sent(), ["s3cret", "renewed"]);
    running.stop().await;
}

/// What the server was told so far.
fn told(world: &World) -> Vec<String> {
    let line = |request| match request {
        Request::Tell { line } => Some(line),
        Request::Stream { .. }
        | Request::Page { .. }
        | Request::Post { .. }
        | Request::Image { .. }
        | Request::Me { .. } => None,
    };
    world.transport.requests().into_iter().filter_map(line).collect()
}

/// How the keychain's other token comes to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The keychain reports it, and the connection is there.
    Reported,
    /// The next attempt reads it.
    ByTheNextAttempt,
}

/// Ann has read her message, which the server is about to be told, when the keychain has another token. The server has
/// no `/me`.
async fn another_token_for_ann(world: &World, running: &Running, line: Line, seen: Seen) {
    let ids = vec![running.handle.view().newest[0].id];
    running.handle.act(Action::MarkRead { ids }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(told(world), [""; 0]);
    world.secrets.set(world.key(), Token::new("bens")).await.unwrap();
    match seen {
        Seen::Reported => world.secrets.report_change(),
        Seen::ByTheNextAttempt => line.break_off().await,
    }
}

#[tokio::test(start_paused = true)]
async fn until_it_is_known_whose_a_token_is_nothing_is_told_and_nothing_comes() {
    for seen in [Seen::Reported, Seen::ByTheNextAttempt] {
        let world = World::signed_in().await;
        let (running, anns) = ann(&world).await;
        // Asked at first, the server says nothing, then whose it is.
        let silent: Vec<Line> = (0..2).map(|_| world.transport.open_next()).collect();
        let asked = world.transport.open_next();
        asked.frame("reply", "k7-8", &message(8, "reply")).await;
        asked.frame("ready", "k7-9", BEN).await;
        world.transport.page_next(EMPTY_PAGE);
        let bens = world.transport.open_next();
        bens.frame("ready", "k7-9", BEN).await;
        bens.frame("reply", "k7-10", &message(10, "reply")).await;
        another_token_for_ann(&world, &running, anns, seen).await;
        let view = running.until(|view| view.sources.len() == 2 && view.sources[1].unread == 1).await;
        assert_eq!(view.sources[0].link.reason, Some(Reason::SignedOut));
        assert_eq!(view.inbox.total, 2, "{seen:?}: nothing of Ben's is Ann's");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(told(&world), [""; 0], "{seen:?}: Ben has read nothing");
        assert!(silent.iter().all(Line::is_closed));
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_names_nobody_is_believed_after_its_ready_or_three_questions() {
    for (says_ready, questions) in [(true, 1), (false, 3)] {
        let world = World::signed_in().await;
        let (running, anns) = ann(&world).await;
        let asked: Vec<Line> = (0..questions).map(|_| world.transport.open_next()).collect();
        if says_ready {
            asked[0].frame("ready", "k7-9", "{}").await;
        }
        let line = world.transport.open_next();
        line.frame("reply", "k7-10", &message(10, "reply")).await;
        another_token_for_ann(&world, &running, anns, Seen::ByTheNextAttempt).await;
        running.until(|view| view.inbox.total == 2).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(told(&world).len(), 1, "{says_ready}");
        assert_eq!(running.handle.view().sources.len(), 1);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_ready_that_names_somebody_else_ends_the_connection() {
    let world = World::signed_in().await;
    let (running, line) = ann(&world).await;
    line.break_off().await;
    // The same token, but the server has given it to somebody else meanwhile.
    let line = world.transport.open_next();
    line.frame("ready", "k7-1", BEN).await;
    line.frame("reply", "k7-2", &message(2, "reply")).await;
    world.transport.page_next(EMPTY_PAGE);
    let bens = world.transport.open_next();
    bens.frame("ready", "k7-1", BEN).await;
    let view =
        running.until(|view| view.sources.len() == 2 && view.sources[1].connection == Connection::Live).await;
    assert_eq!(view.sources[0].link.reason, Some(Reason::SignedOut));
    assert_eq!((view.sources[0].unread, view.inbox.total), (1, 1), "what came after it is not Ann's");
    assert!(line.is_closed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_names_one_user_after_another_gets_no_more_than_one_source_more() {
    let world = World::signed_in().await;
    let (running, line) = ann(&world).await;
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("ready", "k7-1", BEN).await;
    world.transport.page_next(EMPTY_PAGE);
    let bens = world.transport.open_next();
    bens.frame("ready", "k7-1", r#"{"user":{"id":"eve"}}"#).await;
    let view = running.until(|view| view.sources.len() == 2 && bens.is_closed()).await;
    let asked = world.tokens_sent().len();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(world.tokens_sent().len(), asked, "nothing is asked before somebody signs in");
    let view = running.until(|now| now.sources.len() == view.sources.len()).await;
    let reasons: Vec<_> = view.sources.iter().map(|source| source.link.reason).collect();
    assert_eq!(reasons, [Some(Reason::SignedOut); 2]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_second_source_for_an_address_needs_a_known_user() {
    let world = World::signed_in().await;
    let add = |running: &Running| {
        let (name, url) = ("b".to_owned(), "https://example.org/api".to_owned());
        let source =
            NewSource { name, url, site: None, secrets: SecretPlace::Keychain, allow_plain_http: false };
        let handle = running.handle.clone();
        async move { handle.act(Action::AddSource { source }).await }
    };
    let running = world.start();
    assert_eq!(add(&running).await.unwrap_err().code, FailureCode::Taken);
    running.stop().await;

    world.transport.page_fails_next(FetchError::Unsupported);
    let (running, _line) = ann(&world).await;
    let Outcome::SourceAdded { source } = add(&running).await.unwrap() else { panic!() };
    world.transport.token_of("bens", "ben");
    let kept = running.sign_in(source, Token::new("bens")).await.unwrap();
    assert_eq!(kept, SecretOutcome::Kept { source });
    assert_eq!(world.saved_settings().sources[1].user.as_ref().map(|user| user.id.as_str()), Some("ben"));
    running.stop().await;
}

/// A second source of Ann's server whose user nobody knows, with her token in the keychain.
async fn twin_of_ann(world: World) -> (World, SecretKey) {
    let (running, line) = ann(&world).await;
    running.stop().await;
    drop(line);
    let mut settings = world.saved_settings();
    let mut twin = SourceSettings::new("b", settings.sources[0].url.clone());
    twin.secrets = SecretPlace::Keychain;
    let key = SecretKey { source: twin.id, ..world.key() };
    settings.sources.push(twin);
    world.secrets.set(key, Token::new("anns")).await.unwrap();
    (World { settings, ..world }, key)
}

#[tokio::test(start_paused = true)]
async fn a_user_who_has_a_source_gets_no_second_one_from_the_keychain() {
    let (world, key) = twin_of_ann(World::signed_in().await).await;
    world.transport.token_of("s3cret", "ann");
    world.transport.token_of("anns", "ann");
    let lines = [world.serve(EMPTY_PAGE), world.serve(EMPTY_PAGE)];
    let running = world.start();
    for line in &lines {
        line.frame("ready", "k7-1", ANN).await;
    }
    let view = running.until(|view| view.sources[1].secret == SecretView::Missing).await;
    assert_eq!(view.sources[1].link.reason, Some(Reason::SignedOut));
    running.until(|view| view.sources[0].connection == Connection::Live).await;
    assert_eq!(world.secrets.stored(key), None);
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("anns"), "it is handed over");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_ready_that_names_the_user_of_another_source_ends_the_connection() {
    let world = World::signed_in().await;
    let (running, _anns) = ann(&world).await;
    let (name, url) = ("b".to_owned(), "https://example.org/api".to_owned());
    let source = NewSource { name, url, site: None, secrets: SecretPlace::Keychain, allow_plain_http: false };
    let added = running.handle.act(Action::AddSource { source }).await.unwrap();
    let Outcome::SourceAdded { source } = added else { panic!("{added:?}") };
    // Asked whose token it is, the server says nothing.
    let asked = world.transport.open_next();
    asked.frame("ready", "k7-1", "{}").await;
    let line = world.serve(EMPTY_PAGE);
    let kept = running.sign_in(source, Token::new("anns")).await.unwrap();
    assert_eq!(kept, SecretOutcome::Kept { source });
    let anns = world.serve(EMPTY_PAGE);
    line.frame("ready", "k7-1", ANN).await;
    line.frame("reply", "k7-1", &message(1, "reply")).await;
    anns.frame("ready", "k7-1", ANN).await;
    let view = running.until(|view| view.sources[1].link.reason == Some(Reason::SignedOut)).await;
    assert!(line.is_closed());
    assert_eq!((view.sources[1].unread, view.inbox.total), (0, 1), "nothing arrives twice");
    assert_eq!(world.secrets.stored(world.key()).as_deref(), Some("anns"), "it is handed over");
    running.stop().await;
}
