//! The tokenizer's bounds. What it dispatches is tested end to end in `conformance`.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::fuzzing::{self, Log};
use super::*;

/// Checks what a tokenizer with a limit of 32 bytes makes of `input`, however it is cut.
#[track_caller]
fn check(input: &str, expected: &[&str]) {
    for size in [1, 2, 7, 33, input.len()] {
        let (mut tokenizer, mut log) = (Tokenizer::new(32, ""), Log::default());
        for chunk in input.as_bytes().chunks(size) {
            assert_eq!(tokenizer.push(chunk, &mut log), chunk.len());
        }
        assert_eq!(log.0, expected, "{input:?} in pieces of {size}");
    }
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

#[test]
fn an_event_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
    // "data: " and a line end count, too.
    check(&format!("data: {}\n\n", long(25)), &[&format!("message|{}|", long(25))]);
    check(&format!("data: {}\n\n", long(26)), &["oversized, id="]);
}

#[test]
fn an_oversized_event_is_skipped_and_the_next_one_comes() {
    check(&format!("data: {}\n\ndata: b\n\n", long(100)), &["oversized, id=", "message|b|"]);
    check(&format!("event: {}\ndata: a\n\ndata: b\n\n", long(100)), &["oversized, id=", "message|b|"]);
    check(&format!("{}\ndata: b\n\n", "data: abc\n".repeat(9)), &["oversized, id=", "message|b|"]);
    check(&format!("{}\ndata: b\n\n", "data\n".repeat(9)), &["oversized, id=", "message|b|"]);
}

#[test]
fn an_oversized_events_id_counts_wherever_it_stands() {
    check(&format!("id: 7\ndata: {}\n\ndata: b\n\n", long(100)), &["oversized, id=7", "message|b|7"]);
    check(&format!("data: {}\nid: 7\n\ndata: b\n\n", long(100)), &["oversized, id=7", "message|b|7"]);
}

#[test]
fn what_carries_no_data_is_not_held_against_an_event() {
    let comment = ".".repeat(MAX_COMMENT_CHARS);
    check(&format!(":{}\ndata: a\n\n", ".".repeat(9999)), &[&format!(":{comment}"), "message|a|"]);
    check(&format!("unknown: {}\ndata: a\n\n", long(9999)), &["message|a|"]);
    check(&format!("unknown{}\ndata: a\n\n", long(9999)), &["message|a|"]);
    check(&format!("retry: {}\ndata: a\n\n", "0".repeat(9999)), &["message|a|"]);
    check(&format!("{}data: a\n\n", "id: 7\n".repeat(99)), &["message|a|7"]);
}

#[test]
fn comments_are_shortened_by_characters() {
    let comment = "通".repeat(MAX_COMMENT_CHARS);
    check(&format!(": {comment}知\n"), &[&format!(":{comment}")]);
}

#[test]
fn an_id_that_no_header_could_carry_makes_the_event_too_large() {
    let longest = long(MAX_ID_BYTES);
    check(&format!("id: {longest}\ndata: a\n\n"), &[&format!("message|a|{longest}")]);
    check(
        &format!("id: 1\n\nid: {longest}xx\ndata: a\n\ndata: b\n\n"),
        &["id=1", "oversized, id=1", "message|b|1"],
    );
}

#[test]
fn a_full_sink_stops_the_tokenizer_at_a_line() {
    struct One(Log);
    impl Sink for One {
        fn frame(&mut self, event: &str, data: &str, id: &str) {
            self.0.frame(event, data, id);
        }
        fn id(&mut self, _: &str) {}
        fn retry(&mut self, _: u64) {}
        fn comment(&mut self, _: &str) {}
        fn oversized(&mut self, _: &str) {}
        fn is_full(&self) -> bool {
            !self.0.0.is_empty()
        }
    }
    let mut tokenizer = Tokenizer::new(1024, "");
    let input = b"data: a\r\n\r\ndata: b\r\n\r\n";
    let mut sink = One(Log::default());
    let taken = tokenizer.push(input, &mut sink);
    assert_eq!((sink.0.0.as_slice(), taken), (&["message|a|".to_owned()][..], 10));
    let mut sink = One(Log::default());
    tokenizer.push(&input[taken..], &mut sink);
    assert_eq!(sink.0.0, ["message|b|"]);
}

#[test]
fn endless_lines_take_bounded_memory() {
    for beginning in ["data: ", "data", "event: ", "id: ", "retry: ", ": ", "unknown: ", "nocolon"] {
        let (mut tokenizer, mut log) = (Tokenizer::new(100_000, ""), Log::default());
        tokenizer.push(beginning.as_bytes(), &mut log);
        for _ in 0..1000 {
            tokenizer.push(&[b'0'; 1448], &mut log);
            let held = tokenizer.line.capacity() + tokenizer.block.data.capacity();
            assert!(held <= 200_000, "{held} bytes for {beginning:?}");
        }
        assert!(log.0.is_empty());
    }
}

#[test]
fn large_buffers_are_given_back_after_the_event() {
    let (mut tokenizer, mut log) = (Tokenizer::new(4_000_000, ""), Log::default());
    for _ in 0..3 {
        tokenizer.push(b"event: x\ndata: ", &mut log);
        tokenizer.push(&[b'x'; 1_000_000], &mut log);
        tokenizer.push(b"\n\n", &mut log);
    }
    assert_eq!(log.0.len(), 3);
    assert!(tokenizer.line.capacity() <= KEEP_BYTES && tokenizer.block.data.capacity() <= KEEP_BYTES);
}

#[test]
fn a_line_of_four_mebibytes_in_small_pieces_takes_linear_time() {
    let (mut tokenizer, mut log) = (Tokenizer::new(8 << 20, ""), Log::default());
    let begin = Instant::now();
    tokenizer.push(b"data: ", &mut log);
    for _ in 0..(4 << 20) / 1448 {
        tokenizer.push(&[b'x'; 1448], &mut log);
    }
    tokenizer.push(b"\n\n", &mut log);
    assert_eq!(log.0.len(), 1);
    // Looking at the line again with each piece would mean 6 GB; once is a blink even without optimisation.
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

/// The words that mean something, among any bytes.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: &[&[u8]] =
        &[b"data: ", b"event:", b"id: 7", b"retry: 5", b":", b"\n", b"\r", b"\r\n", b"\n\n"];
    let word = prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(<[u8]>::to_vec),
        2 => prop::collection::vec(any::<u8>(), 0..12),
        1 => (any::<u8>(), 0..200_usize).prop_map(|(byte, count)| vec![byte; count]),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_bytes_in_any_pieces_come_out_the_same_within_bounds(input in bytes()) {
        fuzzing::check(&input);
    }
}
