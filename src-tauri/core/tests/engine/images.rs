//! Images of messages' texts: fetched when somebody asks, by the engine, with the token for its own server alone.

use belfry_core::action::{Answer, FailureCode, ImageData, Query};
use belfry_core::fakes::Request;
use belfry_core::model::MessageId;
use belfry_core::ports::FetchError;

use crate::world::{Running, World};

const GIF: &[u8] = b"GIF89a\x02\0\x01\0\0\0\0;";

async fn shown(running: &Running, id: MessageId, url: &str) -> Result<ImageData, FailureCode> {
    match running.handle.query(Query::Image { id, url: url.to_owned() }).await {
        Ok(Answer::Image(image)) => Ok(image),
        Ok(other) => panic!("not an image: {other:?}"),
        Err(failure) => Err(failure.code),
    }
}

/// What was asked for: address, token and headers.
fn asked(world: &World) -> Vec<(String, Option<String>, usize)> {
    let images = world.transport.requests().into_iter();
    images
        .filter_map(|request| match request {
            Request::Image { url, token, headers } => Some((url, token, headers.len())),
            Request::Stream { .. }
            | Request::Page { .. }
            | Request::Post { .. }
            | Request::Tell { .. }
            | Request::Me { .. } => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_image_is_fetched_when_asked_for_and_the_token_stays_at_home() {
    let mut world = World::signed_in().await;
    world.settings.sources[0].network.headers.insert("X-Team".to_owned(), "red".to_owned());
    let (running, line) = world.live().await;
    let data = r#"{"id":"1","title":"T","content":"![a](/up/a.gif) ![b](https://b.example/b.gif?c=1&d=2)"}"#;
    line.frame("system", "k7-1", data).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    assert_eq!(asked(&world), [], "nothing is fetched by itself");
    world.transport.image_next(Ok(GIF));
    let image = shown(&running, id, "/up/a.gif").await.unwrap();
    assert_eq!((image.width, image.height), (2, 1));
    assert!(image.url.starts_with("data:image/gif;base64,"));
    world.transport.image_next(Ok(b"<svg onload='x()'/>"));
    assert_eq!(shown(&running, id, "https://b.example/b.gif?c=1&d=2").await, Err(FailureCode::NoImage));
    assert_eq!(
        asked(&world),
        [
            ("https://example.org/up/a.gif".to_owned(), Some("s3cret".to_owned()), 1),
            ("https://b.example/b.gif?c=1&d=2".to_owned(), None, 0),
        ]
    );
    assert_eq!(running.handle.view().inbox.unread, 1, "looking at it changes nothing");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn only_images_of_the_text_are_fetched_and_a_failure_is_said() {
    let world = World::signed_in().await;
    let (running, line) = world.live().await;
    let data = r#"{"id":"1","title":"T","content":"![a](/up/a.gif) ![c](http://c.example/c.gif)"}"#;
    line.frame("system", "k7-1", data).await;
    let id = running.until(|view| view.inbox.unread == 1).await.newest[0].id;
    for refused in
        ["/up/b.gif", "http://c.example/c.gif", "https://example.org/up/a.gif", "file:///a.gif", ""]
    {
        assert_eq!(shown(&running, id, refused).await, Err(FailureCode::LinkRefused), "{refused}");
    }
    assert_eq!(shown(&running, MessageId(99), "/up/a.gif").await, Err(FailureCode::NotFound));
    assert_eq!(asked(&world), []);
    world.transport.image_next(Err(FetchError::TooLarge));
    assert_eq!(shown(&running, id, "/up/a.gif").await, Err(FailureCode::NoImage));
    // Nothing comes: it ends by itself.
    assert_eq!(shown(&running, id, "/up/a.gif").await, Err(FailureCode::NoImage));
    running.stop().await;
}
