//! The thread's manners, over vaults that misbehave.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use belfry_core::fakes::contract;
use belfry_core::model::SourceId;
use uuid::Uuid;

use super::vault::Failure;
use super::*;

fn key() -> SecretKey {
    SecretKey::token(Uuid::from_u128(1), SourceId(Uuid::from_u128(2)))
}

/// A vault that asks its test before each call.
struct Obedient {
    calls: Calls,
    orders: Arc<Mutex<Receiver<Result<(), Failure>>>>,
}

impl Obedient {
    fn called(&self, name: &str) -> Result<(), Failure> {
        self.calls.lock().unwrap().push(name.to_owned());
        self.orders.lock().unwrap().recv().unwrap_or(Ok(()))
    }
}

impl Vault for Obedient {
    fn get(&mut self, _: SecretKey) -> Result<Option<Token>, Failure> {
        self.called("get").map(|()| Some(Token::new("s3cret")))
    }

    fn peek(&mut self, _: SecretKey) -> Result<Option<Token>, Failure> {
        self.called("peek").map(|()| Some(Token::new("s3cret")))
    }

    fn set(&mut self, _: SecretKey, _: &Token) -> Result<(), Failure> {
        self.called("set")
    }

    fn erase(&mut self, _: SecretKey) -> Result<(), Failure> {
        self.called("erase")
    }
}

/// What has been done so far: `open` and the calls.
type Calls = Arc<Mutex<Vec<String>>>;

/// A keychain whose calls end only as told.
fn obedient() -> (Keychain, Sender<Result<(), Failure>>, Calls) {
    let (order, orders) = channel();
    let (orders, calls) = (Arc::new(Mutex::new(orders)), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&calls);
    let keychain = Keychain::over(move || {
        log.lock().unwrap().push("open".to_owned());
        Ok(Obedient { calls: Arc::clone(&log), orders: Arc::clone(&orders) })
    });
    (keychain, order, calls)
}

fn stale() -> Failure {
    Failure::Stale("no such session".to_owned())
}

#[tokio::test]
async fn nothing_is_opened_before_the_first_call() {
    let (keychain, order, calls) = obedient();
    assert!(calls.lock().unwrap().is_empty());
    order.send(Ok(())).unwrap();
    assert_eq!(keychain.get(key()).await.unwrap().unwrap().expose(), "s3cret");
    assert_eq!(*calls.lock().unwrap(), ["open", "get"]);
}

#[tokio::test]
async fn a_stale_connection_is_made_anew_once() {
    let (keychain, order, calls) = obedient();
    order.send(Ok(())).unwrap();
    keychain.set(key(), Token::new("a")).await.unwrap();
    order.send(Err(stale())).unwrap();
    order.send(Ok(())).unwrap();
    keychain.erase(key()).await.unwrap();
    assert_eq!(*calls.lock().unwrap(), ["open", "set", "erase", "open", "erase"]);

    order.send(Err(stale())).unwrap();
    order.send(Err(stale())).unwrap();
    let error = keychain.get(key()).await.unwrap_err();
    assert_eq!(error, SecretError::Failed("no such session".to_owned()));
}

#[tokio::test]
async fn what_the_keychain_says_is_no_reason_to_open_it_anew() {
    let (keychain, order, calls) = obedient();
    for error in [SecretError::Locked, SecretError::TooLong, SecretError::Absent] {
        order.send(Err(Failure::Answer(error.clone()))).unwrap();
        assert_eq!(keychain.get(key()).await.unwrap_err(), error);
    }
    assert_eq!(*calls.lock().unwrap(), ["open", "get", "get", "get"]);
}

#[tokio::test]
async fn a_stuck_call_is_answered_in_time_and_later_ones_at_once() {
    let (keychain, order, calls) = obedient();
    let begin = Instant::now();
    let (first, second) = tokio::join!(keychain.get(key()), keychain.set(key(), Token::new("late")));
    assert_eq!((first.unwrap_err(), second.unwrap_err()), (SecretError::Locked, SecretError::Locked));
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());

    let begin = Instant::now();
    for _ in 0..100 {
        assert_eq!(keychain.get(key()).await.unwrap_err(), SecretError::Locked);
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());

    // When the call returns after all, the thread is of use again, and the token that nobody waits for
    // any more is not stored.
    order.send(Ok(())).unwrap();
    order.send(Ok(())).unwrap();
    let wait = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while keychain.erase(key()).await.is_err() {
            looks.tick().await;
        }
    };
    timeout(Duration::from_secs(10), wait).await.expect("the thread is of use again");
    assert_eq!(*calls.lock().unwrap(), ["open", "get", "erase"]);
}

#[tokio::test]
async fn many_questions_at_once_are_no_locked_keychain() {
    // Twelve calls of a quarter of a second: none is stuck, and the last is answered after three seconds.
    let (keychain, order, _) = obedient();
    let ticking = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        for _ in 0..12 {
            ticks.tick().await;
            order.send(Ok(())).unwrap();
        }
    });
    let answers = futures_util::future::join_all((0..12).map(|_| keychain.peek(key()))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    ticking.await.unwrap();
}

#[tokio::test]
async fn a_system_without_a_keychain_says_so_each_time() {
    let keychain = Keychain::over(|| Err::<Obedient, _>(SecretError::Absent));
    for _ in 0..2 {
        assert_eq!(keychain.get(key()).await.unwrap_err(), SecretError::Absent);
    }
}

/// keyring's own mock, for the way through keyring.
struct Mock(vault::Entries<keyring_core::mock::Store>);

impl Vault for Mock {
    fn get(&mut self, key: SecretKey) -> Result<Option<Token>, Failure> {
        self.0.get(key)
    }

    fn peek(&mut self, key: SecretKey) -> Result<Option<Token>, Failure> {
        self.0.get(key)
    }

    fn set(&mut self, key: SecretKey, token: &Token) -> Result<(), Failure> {
        self.0.set(key, token)
    }

    fn erase(&mut self, key: SecretKey) -> Result<(), Failure> {
        self.0.erase(key)
    }
}

#[tokio::test]
async fn the_contract_holds_over_keyrings_mock() {
    contract::secret_store(async || {
        Keychain::over(|| {
            let store = keyring_core::mock::Store::new().unwrap();
            Ok(Mock(vault::Entries { store, modifiers: &[] }))
        })
    })
    .await;
}
