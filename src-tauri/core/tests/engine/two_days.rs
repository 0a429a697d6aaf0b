//! Two days, hour by hour: the server rotates each few minutes, connections break or go silent, the network goes, the
//! computer sleeps and tells of it or does not, the token expires. Everything arrives once, and nothing is asked for
//! more often than it may be.

use std::sync::Arc;
use std::time::Duration;

use belfry_core::link::{LinkState, Reason};
use belfry_core::model::Token;
use belfry_core::ports::SystemChange;
use belfry_core::store::Store;
use tokio::time::{Instant, advance, sleep};

use crate::server::{Network, Server};
use crate::world::{Running, World};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAYS: Duration = Duration::from_secs(48 * 3600);

/// What an outage of some minutes may cost: the ten attempts of the episode, one question to the history a minute,
/// and the stream after 1, 2, 4, 8 and each 10 minutes.
const ATTEMPTS: usize = 10;

/// Marsaglia's xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// So many minutes, or some more.
    fn minutes(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_secs(60 * from + self.below(60 * (to - from)))
    }
}

/// Two days of one source.
struct Days {
    world: World,
    server: Server,
    running: Running,
    dice: Dice,
    tokens: usize,
}

impl Days {
    async fn until_live(&self) {
        self.running.until(|view| view.sources[0].link.state == LinkState::Live).await;
        // The state is shown before the stream is past its repetition.
        self.running.until(|view| view.inbox.total == self.server.published() as u64).await;
    }

    /// One thing happens. Returns how many requests it may cost.
    async fn happens(&mut self) -> usize {
        match self.dice.below(9) {
            0 => {
                self.server.rotate();
                1
            }
            1 => {
                self.server.break_off();
                // After its first failure the stream proves itself by what it repeats.
                2
            }
            2 => {
                self.server.fall_silent();
                self.running.until(|view| view.sources[0].link.reason == Some(Reason::Idle)).await;
                2
            }
            3 => self.outage().await,
            4 => self.sleeps(None).await,
            5 => self.sleeps(Some(SystemChange::Woke { slept: Duration::ZERO })).await,
            6 => self.network_goes().await,
            7 => {
                let live = self.server.requests();
                self.tell(SystemChange::NetworkChanged).await;
                self.until_asked(live + 1).await;
                1
            }
            _ => self.token_expires().await,
        }
    }

    async fn outage(&mut self) -> usize {
        let (span, network) =
            (self.dice.minutes(1, 40), [Network::Down, Network::Hangs][self.dice.below(2) as usize]);
        self.server.network(network);
        self.server.break_off();
        sleep(span).await;
        self.server.network(Network::Up);
        let minutes = (span.as_secs() / 60) as usize;
        // The next question is at most a minute away, the next attempt ten.
        ATTEMPTS + minutes + minutes / 10 + 4 + 12
    }

    /// The computer sleeps: no timer runs, and the connection is gone without a word. It may tell that it woke.
    async fn sleeps(&mut self, told: Option<SystemChange>) -> usize {
        let span = self.dice.minutes(10, 2 * 60);
        self.server.fall_silent();
        advance(span).await;
        if let Some(change) = told {
            let (woke, asked) = (Instant::now(), self.server.requests());
            self.tell(change).await;
            self.until_asked(asked + 1).await;
            assert!(woke.elapsed() < SECOND, "asked anew {:?} after waking", woke.elapsed());
        }
        2
    }

    /// The network goes, and the system says so: what is asked all the same is no attempt. It is back at once.
    async fn network_goes(&mut self) -> usize {
        let span = self.dice.minutes(1, 40);
        self.server.network(Network::Down);
        self.tell(SystemChange::NetworkDown).await;
        self.server.break_off();
        sleep(span).await;
        let link = self.running.handle.view().sources[0].link.clone();
        assert_eq!((link.state, link.attempt), (LinkState::Waiting, 0), "no attempt is spent");
        self.server.network(Network::Up);
        let (back, asked) = (Instant::now(), self.server.requests());
        let change = [SystemChange::NetworkUp, SystemChange::NetworkChanged][self.dice.below(2) as usize];
        self.tell(change).await;
        self.until_asked(asked + 1).await;
        assert!(back.elapsed() < SECOND, "asked anew {:?} after the network was back", back.elapsed());
        let minutes = (span.as_secs() / 60) as usize;
        minutes + minutes / 4 + 3
    }

    async fn tell(&self, change: SystemChange) {
        self.world.surroundings.tell(change).await;
    }

    /// Waits until so much was asked.
    async fn until_asked(&self, count: usize) {
        while self.server.requests() < count {
            sleep(SECOND / 100).await;
        }
    }

    async fn token_expires(&mut self) -> usize {
        self.tokens += 1;
        self.server.accept(&format!("token {}", self.tokens));
        self.running.until(|view| view.sources[0].link.reason == Some(Reason::Rejected)).await;
        let before = self.server.requests();
        sleep(self.dice.minutes(1, 120)).await;
        assert_eq!(self.server.requests(), before, "nothing is asked without a token");
        let token = Token::new(&format!("token {}", self.tokens));
        self.running.sign_in(self.world.source, token).await.unwrap();
        // Refused; whose token it is; the stream.
        3
    }
}

#[tokio::test(start_paused = true)]
async fn two_days_of_sleep_outages_rotation_and_expiry_cost_few_requests_and_no_message() {
    let world = World::signed_in().await;
    let server = Server::accepting("s3cret");
    let running = world.start_on(Arc::new(server.clone()));
    let mut days = Days { world, server, running, dice: Dice(20_261_126), tokens: 0 };
    days.until_live().await;
    let began = Instant::now();
    let (mut happened, mut allowed) = (0, days.server.requests());
    while began.elapsed() < DAYS {
        days.server.publish(1 + days.dice.below(3) as usize);
        days.until_live().await;
        let before = days.server.requests();
        sleep(days.dice.minutes(1, 5)).await;
        assert_eq!(days.server.requests(), before, "a stream that lives costs no request");
        days.server.rotate();
        days.until_asked(before + 1).await;
        days.server.publish(1);
        days.until_live().await;

        let budget = 1 + days.happens().await;
        days.server.publish(1);
        days.until_live().await;
        let spent = days.server.requests() - before;
        assert!(spent <= budget, "{spent} requests of {budget}, {:?} after the beginning", began.elapsed());
        happened += 1;
        allowed += budget;
    }
    assert!(happened > 50, "{happened}");
    assert!(
        days.server.most_in(MINUTE) <= ATTEMPTS + 2,
        "{} requests in a minute",
        days.server.most_in(MINUTE)
    );
    let asked = days.server.requests();
    assert!(asked <= allowed && asked < 48 * 60, "{asked} requests in two days, {allowed} allowed");
    let published = days.server.published();
    days.running.stop().await;
    let store = Store::open(&days.world.folder.path().join("messages.db")).unwrap();
    assert_eq!(store.summary(crate::world::NOW).unwrap().total, published as u64);
}
