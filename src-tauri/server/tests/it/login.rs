//! Signing in with a password, and everything that ends it again.

use std::path::PathBuf;
use std::time::Duration;

use belfry_protocol::SignedIn;
use belfry_server::{Config, RunningServer, Server, Token, hash_password};
use reqwest::RequestBuilder;
use serde_json::json;

use crate::client::{End, User, http, message, refusal, status, within};

/// A server with the users `me` and `site`, whose passwords are their names backwards.
struct World {
    server: RunningServer,
    users: PathBuf,
    _folder: tempfile::TempDir,
}

fn line(user: &str, role: &str, password: &str) -> String {
    format!("{user} {role} {}\n", hash_password(password).unwrap())
}

impl World {
    async fn new(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        let text = line("me", "subscriber", "em") + &line("site", "publisher", "etis");
        std::fs::write(&users, text).unwrap();
        let server = Server::start(Config { users: Some(users.clone()), ..config }).await.unwrap();
        Self { server, users, _folder: folder }
    }

    fn login(&self, username: &str, password: &str) -> RequestBuilder {
        let body = json!({"username":username,"password":password});
        http().post(format!("{}/auth/login", self.server.api_url())).json(&body)
    }

    async fn sign_in(&self, username: &str, password: &str) -> (User, SignedIn) {
        let response = within(self.login(username, password).send()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let signed_in: SignedIn = within(response.json()).await.unwrap();
        let token = Token::new(&signed_in.token);
        (User { http: http(), api: self.server.api_url(), token }, signed_in)
    }
}

#[tokio::test]
async fn a_password_gives_a_token_of_its_owners_role_that_outlives_a_restart() {
    let mut world = World::new(Config::default()).await;
    let (me, signed_in) = world.sign_in("me", "em").await;
    let ends: jiff::Timestamp = signed_in.expires_at.unwrap().parse().unwrap();
    assert!(ends > jiff::Timestamp::now() + Duration::from_secs(80 * 86_400));
    let (site, _) = world.sign_in("site", "etis").await;
    let (again, _) = world.sign_in("me", "em").await;
    assert_ne!(me.token, again.token);
    assert_eq!(status(site.post("/messages", &json!({"to":"me","type":"reply","title":"T"}))).await, 201);
    assert_eq!(status(site.get("/messages")).await, 403);
    world.server = world.server.restart().await.unwrap();
    for user in [&me, &again] {
        assert_eq!(user.page("").await.messages.len(), 1);
    }
    let answer = within(within(me.get("/me").send()).await.unwrap().text()).await.unwrap();
    assert_eq!(answer, "{\"user\":\"me\",\"name\":\"me\",\"role\":\"subscriber\"}\n");
    world.server.shutdown().await;
}

#[tokio::test]
async fn what_is_not_right_is_refused_without_saying_which_half() {
    let world = World::new(Config::default()).await;
    for (user, password) in [("me", "wrong"), ("nobody", "em"), ("", ""), ("ME", "em"), ("site", "em")] {
        assert_eq!(refusal(world.login(user, password)).await, (401, "wrong_password".into()), "{user}");
    }
    let long = "x".repeat(1025);
    assert_eq!(refusal(world.login("me", &long)).await, (400, "invalid".into()));
    let address = format!("{}/auth/login", world.server.api_url());
    assert_eq!(refusal(http().post(&address).json(&json!({"username":"me"}))).await, (400, "invalid".into()));
    assert_eq!(refusal(http().post(&address).body("{}")).await, (415, "not_json".into()));
    assert_eq!(refusal(http().get(&address)).await, (405, "method_not_allowed".into()));
    world.server.shutdown().await;
}

#[tokio::test]
async fn failed_tries_are_slowed_down_and_others_are_not() {
    let world = World::new(Config::default()).await;
    // However slow the machine: three are free, and for all to be let in eight minutes would have to pass.
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..16 {
        tries.spawn(within(world.login("me", "wrong").send()));
    }
    let answers = within(tries.join_all()).await;
    let (mut wrong, mut waits) = (0, Vec::new());
    for answer in answers {
        let answer = answer.unwrap();
        match answer.status().as_u16() {
            401 => wrong += 1,
            429 => waits.push(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap()),
            other => panic!("{other}"),
        }
    }
    assert!(wrong >= 3 && !waits.is_empty() && waits.iter().all(|wait| (1..=60).contains(wait)), "{waits:?}");
    world.sign_in("site", "etis").await;
    within(async {
        while status(world.login("me", "em")).await != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    world.server.shutdown().await;
}

#[tokio::test]
async fn signing_out_ends_that_session_and_its_streams_and_nothing_else() {
    let world = World::new(Config::default()).await;
    let ((one, _), (other, _)) = (world.sign_in("me", "em").await, world.sign_in("me", "em").await);
    let (mut ended, mut kept) = (one.stream(None).await, other.stream(None).await);
    ended.replay().await;
    kept.replay().await;
    assert_eq!(status(one.post("/auth/logout", &json!({}))).await, 204);
    assert_eq!(ended.end().await, End::Clean);
    assert_eq!(status(one.get("/me")).await, 401);
    assert_eq!(status(one.post("/auth/logout", &json!({}))).await, 401);
    world.server.publish(message("me", "still here")).await.unwrap();
    assert_eq!(kept.event().await.title(), "still here");

    let granted = User::subscriber(&world.server, "me");
    assert_eq!(refusal(granted.post("/auth/logout", &json!({}))).await, (403, "forbidden".into()));
    let server = world.server.restart().await.unwrap();
    let one = User { api: server.api_url(), ..one };
    assert_eq!(status(one.get("/me")).await, 401, "gone on disk, too");
    server.shutdown().await;
}

#[tokio::test]
async fn a_changed_password_or_a_removed_user_ends_sessions_within_five_seconds() {
    let world = World::new(Config::default()).await;
    let ((me, _), (site, _)) = (world.sign_in("me", "em").await, world.sign_in("site", "etis").await);
    let mut stream = me.stream(None).await;
    stream.replay().await;
    let began = std::time::Instant::now();
    std::fs::write(&world.users, line("me", "subscriber", "new")).unwrap();
    assert_eq!(stream.end().await, End::Clean);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!((status(me.get("/me")).await, status(site.get("/me")).await), (401, 401));
    world.sign_in("me", "new").await;
    world.server.shutdown().await;
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    let world = World::new(Config { session: Duration::from_secs(1), ..Config::default() }).await;
    let (me, _) = world.sign_in("me", "em").await;
    let mut stream = me.stream(None).await;
    assert_eq!(stream.end().await, End::Clean);
    assert_eq!(status(me.get("/me")).await, 401);
    world.server.shutdown().await;
}

#[tokio::test]
async fn without_a_users_file_there_is_no_login() {
    let server = Server::start(Config::default()).await.unwrap();
    let user = User::subscriber(&server, "me");
    let body = json!({"username":"me","password":"em"});
    assert_eq!(refusal(user.post("/auth/login", &body)).await, (404, "not_found".into()));
    assert_eq!(refusal(user.post("/auth/logout", &json!({}))).await, (404, "not_found".into()));
    server.shutdown().await;
}
