//! A thousand clients at once: each gets everything, in order, and nothing twice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use belfry_server::{Config, Server, Token, Tokens};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use crate::client::message;

const USERS: usize = 20;
const EACH: usize = 50;
const MESSAGES: usize = 100;

/// What may take all of this on a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_get_a_hundred_messages_each() {
    raise_the_limit_of_descriptors();
    let users: Vec<String> = (0..USERS).map(|number| format!("user{number}")).collect();
    let config = Config { tokens: Tokens::Random { users: users.clone() }, ..Config::default() };
    let server = Server::start(config).await.unwrap();
    let ready = Arc::new(Barrier::new(USERS * EACH + 1));
    let mut clients = tokio::task::JoinSet::new();
    for user in &users {
        let token = server.subscriber_token(user).unwrap();
        for _ in 0..EACH {
            clients.spawn(client(server.addr(), token.clone(), ready.clone()));
        }
    }
    in_time(ready.wait()).await;
    assert_eq!(server.streams(), USERS * EACH);

    let mut publishing = tokio::task::JoinSet::new();
    for number in 0..MESSAGES {
        let publisher = server.publisher();
        publishing.spawn(async move { publisher.publish(message("*", &format!("<{number}>"))).await });
    }
    for published in in_time(publishing.join_all()).await {
        published.unwrap();
    }
    let all = in_time(clients.join_all()).await;
    assert_eq!(all.len(), USERS * EACH);
    for (client, mut numbers) in all.into_iter().enumerate() {
        assert!(numbers.is_sorted_by_key(|(seq, _)| *seq), "client {client}");
        numbers.sort_by_key(|(_, title)| *title);
        let titles: Vec<usize> = numbers.into_iter().map(|(_, title)| title).collect();
        assert_eq!(titles, (0..MESSAGES).collect::<Vec<_>>(), "client {client}");
    }
    in_time(server.shutdown()).await;
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("a thousand clients take too long")
}

/// Waits for the others at `ready`, and reads on until it has had every message: the number of each in the sequence,
/// and in its title.
async fn client(address: SocketAddr, token: Token, ready: Arc<Barrier>) -> Vec<(u64, usize)> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /api/sse/connect HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n",
        token.expose()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut text, mut buffer, mut seen) = (String::new(), [0; 4096], Vec::with_capacity(MESSAGES));
    while seen.len() < MESSAGES {
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the stream goes on");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        while let Some(end) = text.find("\n\n") {
            let block: String = text.drain(..end + 2).collect();
            if block.contains("event: ready\n") {
                ready.wait().await;
            }
            let Some((_, rest)) = block.split_once("event: reply\nid: ") else { continue };
            let seq = rest.lines().next().unwrap().rsplit('-').next().unwrap().parse().unwrap();
            let title = rest.split_once('<').unwrap().1.split_once('>').unwrap().0.parse().unwrap();
            seen.push((seq, title));
        }
    }
    seen
}

/// Both ends of a thousand connections lie in this process; a shell gives it 1,024 descriptors.
fn raise_the_limit_of_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let now = getrlimit(Resource::Nofile);
        assert!(now.maximum.is_none_or(|most| most >= 4096), "the system allows {now:?} descriptors");
        setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum }).unwrap();
    }
}
