//! The way to a source's server: a token that would travel in the clear, and a proxy that knows its users.

use belfry_core::action::{Action, Credentials, FailureCode, SecretOutcome, SecretUse};
use belfry_core::link::{LinkState, Reason};
use belfry_core::model::SecretText;
use belfry_core::ports::{ConnectError, ProxyLogin, SecretError, SecretKey, Transport, TransportFault};
use belfry_core::settings::{NetworkForm, SourceChange, SourceField};
use belfry_core::view::{Connection, SourceHelp};

use super::world::{EMPTY_PAGE, Running, World};

const PROXY: &str = "http://proxy.example:3128";

/// One source that is signed in and names a proxy.
async fn behind_a_proxy() -> World {
    let mut world = World::signed_in().await;
    world.settings.sources[0].network.proxy = PROXY.parse().unwrap();
    world
}

impl World {
    fn proxy_key(&self) -> SecretKey {
        let token = self.key();
        SecretKey::proxy_login(token.profile, token.source)
    }

    /// The passwords with which the proxy was asked for streams.
    fn passwords(&self) -> Vec<Option<String>> {
        let password = |login: ProxyLogin| login.password().expose().to_owned();
        self.transport.routes().into_iter().map(|route| route.proxy_login.map(password)).collect()
    }

    fn refuse_at_the_proxy(&self) {
        self.transport.page_next(EMPTY_PAGE);
        let asks = TransportFault::ProxyLogin("407".to_owned());
        self.transport.refuse_next(ConnectError::Fault(asks));
    }
}

impl Running {
    async fn tell_the_proxy(&self, world: &World, password: &str) -> Result<SecretOutcome, FailureCode> {
        let password = SecretText::new(password.to_owned());
        let login = Credentials::Password { user: "me".to_owned(), password };
        let told = self.handle.secret(SecretUse::KeepProxyLogin { source: world.source }, login).await;
        told.map_err(|failure| failure.code)
    }

    async fn edit(
        &self,
        world: &World,
        network: NetworkForm,
    ) -> Result<(), (FailureCode, Option<SourceField>)> {
        let change = SourceChange { network: Some(network), ..SourceChange::default() };
        let edited =
            self.handle.act(Action::EditSource { source: world.source, change: Box::new(change) }).await;
        edited.map(drop).map_err(|failure| (failure.code, failure.field))
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_in_the_clear_waits_for_a_yes() {
    let world = World::signed_in().await;
    world.transport.page_next(EMPTY_PAGE);
    world.transport.refuse_next(ConnectError::NotEncrypted);
    let running = world.start();
    let view = running.until(|view| view.sources[0].link.reason == Some(Reason::NotEncrypted)).await;
    assert_eq!(view.sources[0].link.state, LinkState::Stopped);
    assert_eq!(view.sources[0].help, SourceHelp::AllowPlainHttp);

    let _line = world.serve(EMPTY_PAGE);
    let yes = NetworkForm { allow_plain_http: true, ..view.sources[0].network.clone() };
    running.edit(&world, yes).await.unwrap();
    while world.transport.routes().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(world.transport.routes()[1].network.allow_plain_http);
    assert!(world.saved_settings().sources[0].network.allow_plain_http);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_asks_who_it_is_stops_the_source_until_it_is_told() {
    let world = behind_a_proxy().await;
    world.refuse_at_the_proxy();
    let running = world.start();
    let view = running.until(|view| view.sources[0].link.reason == Some(Reason::ProxyLogin)).await;
    assert_eq!(view.sources[0].link.state, LinkState::Stopped);
    assert_eq!(world.passwords(), [None]);

    let line = world.serve(EMPTY_PAGE);
    running.tell_the_proxy(&world, "pr0xy").await.unwrap();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(world.passwords(), [None, Some("pr0xy".to_owned())]);
    assert!(world.secrets.stored(world.proxy_key()).is_some());
    assert!(
        !std::fs::read_to_string(world.folder.path().join("settings.toml"))
            .unwrap_or_default()
            .contains("pr0xy")
    );
    running.stop().await;

    // The next start finds it in the keychain.
    let (running, _line) = world.live().await;
    assert_eq!(world.passwords().last().unwrap().as_deref(), Some("pr0xy"));
    running.handle.act(Action::RemoveSource { source: world.source }).await.unwrap();
    assert_eq!(world.secrets.stored(world.proxy_key()), None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_proxy_is_not_told_what_was_for_the_first_one() {
    let world = behind_a_proxy().await;
    let (running, _first) = world.live().await;
    running.tell_the_proxy(&world, "pr0xy").await.unwrap();
    let _second = world.serve(EMPTY_PAGE);
    let other = NetworkForm { proxy: "http://other.example:3128".to_owned(), ..NetworkForm::default() };
    running.edit(&world, other).await.unwrap();
    while world.transport.routes().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.passwords(), [None, None]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_keychain_that_is_missing_leaves_it_in_memory_and_a_locked_one_says_so() {
    let mut world = behind_a_proxy().await;
    world.secrets_in_session();
    let running = world.start();
    running.tell_the_proxy(&world, "memory").await.unwrap();
    assert_eq!(world.secrets.stored(world.proxy_key()), None);
    running.stop().await;

    let world = behind_a_proxy().await;
    world.secrets.fail_always(Some(SecretError::Absent));
    let running = world.start();
    running.tell_the_proxy(&world, "memory").await.unwrap();
    world.secrets.fail_always(Some(SecretError::Locked));
    assert_eq!(running.tell_the_proxy(&world, "locked").await, Err(FailureCode::Keychain));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_login_needs_a_proxy_of_its_own_and_bad_values_name_their_field() {
    let world = World::signed_in().await;
    let (running, _line) = world.live().await;
    assert_eq!(running.tell_the_proxy(&world, "a").await, Err(FailureCode::Invalid));
    let bad = NetworkForm { proxy: "proxy:3128".to_owned(), ..NetworkForm::default() };
    assert_eq!(running.edit(&world, bad).await, Err((FailureCode::Invalid, Some(SourceField::Proxy))));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_password_for_this_computer_is_not_sent_through_another() {
    let mut world = World::signed_out();
    let source = &mut world.settings.sources[0];
    source.url = "http://127.0.0.1:8080/api".parse().unwrap();
    source.network.proxy = PROXY.parse().unwrap();
    // That is a yes to a token, which can be taken back.
    source.network.allow_plain_http = true;
    let running = world.start();
    let login = Credentials::Password { user: "me".to_owned(), password: SecretText::new("pw".to_owned()) };
    let kept = running.handle.secret(SecretUse::Keep { source: world.source }, login).await;
    assert_eq!(kept.unwrap_err().code, FailureCode::NotEncrypted);
    assert_eq!(world.transport.requests(), []);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn where_a_server_has_moved_is_known_by_the_next_run() {
    let world = World::signed_in().await;
    let asked = "https://example.org/api/sse/connect".parse().unwrap();
    let to: url::Url = "https://example.org/v2/stream".parse().unwrap();
    world.transport.moved_to("/api/sse/connect", to.as_str());
    let (running, _line) = world.live().await;
    running.stop().await;
    // The next run has a transport of its own.
    world.transport.forget_move(&asked);
    let line = world.transport.open_next();
    let running = world.start();
    line.frame("ready", "k7-0", "{}").await;
    running.until(|view| view.connection == Connection::Live).await;
    assert_eq!(running.handle.view().sources[0].moved_to.as_deref(), Some(to.as_str()));
    // It is not good any more.
    world.transport.forget_move(&asked);
    line.break_off().await;
    let line = world.transport.open_next();
    line.frame("reply", "k7-1", r#"{"id":"1","type":"reply","title":"1"}"#).await;
    running.until(|view| view.inbox.total == 1).await;
    running.stop().await;
    let running = world.start();
    assert_eq!(running.handle.view().sources[0].moved_to, None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn where_a_server_has_moved_is_shown_until_the_user_reconnects() {
    let world = World::signed_in().await;
    world.transport.moved_to("/api/messages", "https://example.org/v2/messages?limit=500");
    let (running, _line) = world.live().await;
    let moved_to = || running.handle.view().sources[0].moved_to.clone();
    assert_eq!(
        moved_to().as_deref(),
        Some("https://example.org/v2/messages"),
        "no query, which may hold anything"
    );
    running.handle.act(Action::RetryNow).await.unwrap();
    assert_eq!(moved_to(), None);
    world.transport.moved_to("/api/sse/connect", "https://example.org/v2/stream");
    running.handle.act(Action::ShowInbox).await.unwrap();
    assert_eq!(moved_to().as_deref(), Some("https://example.org/v2/stream"));
    running.stop().await;
}
