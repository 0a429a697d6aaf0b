//! The contract of [`SecretStore`].

use futures_util::future::join_all;
use uuid::Uuid;

use crate::model::{SourceId, Token};
use crate::ports::{SecretKey, SecretStore};

/// Checks a keychain that is there and unlocked. Leaves nothing behind in it.
pub async fn secret_store<S: SecretStore>(make: impl AsyncFn() -> S) {
    a_token_comes_back_as_it_was(&make().await).await;
    a_later_token_replaces_the_earlier_one(&make().await).await;
    keys_do_not_mix(&make().await).await;
    erasing_leaves_nothing_and_may_be_repeated(&make().await).await;
    calls_at_the_same_time_do_not_disturb_each_other(&make().await).await;
}

fn new_key() -> SecretKey {
    SecretKey::token(Uuid::new_v4(), SourceId::random())
}

async fn stored<S: SecretStore>(store: &S, key: SecretKey) -> Option<String> {
    store.get(key).await.expect("get").map(|token| token.expose().to_owned())
}

async fn a_token_comes_back_as_it_was<S: SecretStore>(store: &S) {
    for text in ["s3cret", "with spaces and = / + . _ -", "密码🔑", &"x".repeat(2000)] {
        let key = new_key();
        assert_eq!(stored(store, key).await, None);
        store.set(key, Token::new(text)).await.expect("set");
        assert_eq!(stored(store, key).await.as_deref(), Some(text));
        let peeked = store.peek(key).await.expect("peek");
        assert_eq!(peeked.as_ref().map(Token::expose), Some(text), "nobody need be asked");
        store.erase(key).await.expect("erase");
        assert_eq!(store.peek(key).await.expect("peek"), None);
    }
}

async fn a_later_token_replaces_the_earlier_one<S: SecretStore>(store: &S) {
    let key = new_key();
    for text in ["first", "second, which is longer", "3"] {
        store.set(key, Token::new(text)).await.expect("set");
        assert_eq!(stored(store, key).await.as_deref(), Some(text));
    }
    store.erase(key).await.expect("erase");
    assert_eq!(stored(store, key).await, None, "no earlier token may show up again");
}

async fn keys_do_not_mix<S: SecretStore>(store: &S) {
    let key = new_key();
    let other_source = SecretKey { source: SourceId::random(), ..key };
    let other_profile = SecretKey { profile: Uuid::new_v4(), ..key };
    store.set(key, Token::new("mine")).await.expect("set");
    assert_eq!(stored(store, other_source).await, None);
    assert_eq!(stored(store, other_profile).await, None);
    store.set(other_source, Token::new("theirs")).await.expect("set");
    store.erase(other_profile).await.expect("erase");
    store.erase(other_source).await.expect("erase");
    assert_eq!(stored(store, key).await.as_deref(), Some("mine"));
    store.erase(key).await.expect("erase");
}

async fn erasing_leaves_nothing_and_may_be_repeated<S: SecretStore>(store: &S) {
    let key = new_key();
    store.erase(key).await.expect("erasing what was never there");
    store.set(key, Token::new("s3cret")).await.expect("set");
    store.erase(key).await.expect("erase");
    assert_eq!(stored(store, key).await, None);
    store.erase(key).await.expect("erasing twice");
}

async fn calls_at_the_same_time_do_not_disturb_each_other<S: SecretStore>(store: &S) {
    let round_trip = |number: usize| async move {
        let (key, text) = (new_key(), format!("token {number}"));
        store.set(key, Token::new(&text)).await.expect("set");
        assert_eq!(stored(store, key).await, Some(text));
        store.erase(key).await.expect("erase");
    };
    join_all((0..20).map(round_trip)).await;
}
