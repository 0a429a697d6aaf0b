//! Tests that the whole way (tokenizer, canonical stream, library) dispatches what a browser does.
//!
//! The table is written by hand from the standard; the property test compares with [`reference`], which
//! sees the whole input at once and shares no code with the tokenizer.

mod reference;
mod table;

use std::sync::{Arc, Mutex};

use belfry_core::ports::{StreamError, StreamEvent};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use proptest::prelude::*;

use super::*;

pub(super) const LIMIT: usize = 1024 * 1024;

/// Answers the library's one request with a body of these chunks.
#[derive(Clone)]
struct Canned {
    chunks: Arc<Mutex<Vec<Bytes>>>,
    limit: usize,
    last_event_id: &'static str,
}

impl launchdarkly_sdk_transport::HttpTransport for Canned {
    fn request(&self, _: ::http::Request<Option<Bytes>>) -> ResponseFuture {
        let chunks = std::mem::take(&mut *self.chunks.lock().unwrap());
        let raw = stream::iter(chunks.into_iter().map(Ok)).boxed();
        let tokenizer = Tokenizer::new(self.limit, self.last_event_id);
        let body: ByteStream = Box::pin(SyncStream::new(CanonicalBody::new(raw, tokenizer)));
        Box::pin(async { Ok(::http::Response::new(body)) })
    }
}

/// Everything that comes out for these chunks on a connection with this limit and last event id.
pub(super) fn everything(
    chunks: Vec<Bytes>,
    limit: usize,
    last_event_id: &'static str,
) -> Vec<Result<StreamEvent, StreamError>> {
    let chunks = Arc::new(Mutex::new(chunks));
    let client = ClientBuilder::for_url("http://example.org/")
        .unwrap()
        .reconnect(ReconnectOptions::reconnect(false).retry_initial(false).build())
        .build_with_transport(Canned { chunks, limit, last_event_id });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(events(client.stream()).collect())
}

/// What comes out without the signs of life.
fn dispatched(chunks: Vec<Bytes>) -> Vec<StreamEvent> {
    everything(chunks, LIMIT, "")
        .into_iter()
        .map(|item| item.expect("the stream does not fail"))
        .filter(|event| *event != StreamEvent::Activity)
        .collect()
}

/// The input in pieces of these sizes, the last one repeated.
pub(super) fn cut(input: &[u8], sizes: &[usize]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(input);
    let mut sizes = sizes.iter().copied().chain(std::iter::repeat(sizes.last().copied().unwrap_or(1)));
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
        chunks.push(rest.split_to(size));
    }
    chunks
}

/// Input of the kind that parsers get wrong: the standard's words, line ends and marks among noise.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => prop::sample::select(vec![&b"\n"[..], b"\r", b"\r\n", b"\n\n", b"\r\r", b":", b" ", b": "]),
        8 => prop::sample::select(vec![&b"data"[..], b"data: ", b"id", b"id: ", b"event: ", b"retry: ", b"retry"]),
        3 => prop::sample::select(vec![&b"\xEF\xBB\xBF"[..], b"\xEF", b"\xBB", b"\xFF", b"\xE4\xB8", b"\xF0\x9F\x92"]),
        3 => prop::sample::select(vec![&b"\0"[..], b"7", b"007", b"+1", b"Data", b"dat", b"eventt", "通知".as_bytes()]),
        1 => prop::sample::select(vec![&b"c"[..], b":r5\n", b":i9\n", b":a\n", b":o\n"]),
    ];
    let word =
        prop_oneof![20 => word.prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..4)];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_bytes_cut_anywhere_dispatch_what_the_standard_says(
        input in prop_oneof![4 => tricky(), 1 => prop::collection::vec(any::<u8>(), 0..200)],
        sizes in prop::collection::vec(1_usize..12, 1..20),
    ) {
        prop_assert_eq!(dispatched(cut(&input, &sizes)), reference::dispatched(&input));
    }

    #[test]
    fn every_chunk_shows_life(input in tricky(), sizes in prop::collection::vec(1_usize..12, 1..20)) {
        let chunks = cut(&input, &sizes);
        let count = chunks.len();
        prop_assert!(everything(chunks, LIMIT, "").len() >= count);
    }
}

#[test]
fn a_piece_that_completes_nothing_is_a_sign_of_life() {
    let came = everything(cut(b"data: abcdef\n\n", &[6]), LIMIT, "");
    let frame = reference::dispatched(b"data: abcdef\n\n").remove(0);
    assert_eq!(came, [Ok(StreamEvent::Activity), Ok(StreamEvent::Activity), Ok(frame)]);
}

#[test]
fn an_event_without_id_keeps_the_id_that_the_connection_was_opened_with() {
    let came = everything(cut(b"data: a\n\nid\n\ndata: b\n\n", &[100]), LIMIT, "k7-42");
    let frame = |data: &str, id: &str| {
        Ok(StreamEvent::Frame(belfry_core::ports::Frame {
            event: "message".to_owned(),
            data: data.to_owned(),
            id: id.to_owned(),
        }))
    };
    assert_eq!(came, [frame("a", "k7-42"), Ok(StreamEvent::Id(String::new())), frame("b", "")]);
}

#[test]
fn a_failing_body_ends_the_stream_with_its_error() {
    let error = StreamError::Broken("reset".to_owned());
    let raw = stream::iter([Ok(Bytes::from_static(b"data: a\n\ndata: b\n")), Err(error.clone())]).boxed();
    let body = CanonicalBody::new(raw, Tokenizer::new(LIMIT, ""));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let pieces: Vec<_> = runtime.block_on(body.collect());
    assert_eq!(pieces.len(), 2);
    let failure = pieces.into_iter().nth(1).unwrap().unwrap_err();
    assert_eq!(failure.inner().downcast_ref(), Some(&error));
}
