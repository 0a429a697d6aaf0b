//! What has to hold of the tokenizer for any bytes; a property test and a fuzz target (`fuzz/`) call it.

use super::{COMMENT_BYTES, KEEP_BYTES, MAX_ID_BYTES, MAX_RETRY_BYTES, Sink, Tokenizer};

/// Writes down what comes, one text each.
#[derive(Default)]
pub(super) struct Log(pub Vec<String>);

impl Sink for Log {
    fn frame(&mut self, event: &str, data: &str, id: &str) {
        self.0.push(format!("{event}|{data}|{id}"));
    }
    fn id(&mut self, id: &str) {
        self.0.push(format!("id={id}"));
    }
    fn retry(&mut self, millis: u64) {
        self.0.push(format!("retry={millis}"));
    }
    fn comment(&mut self, text: &str) {
        self.0.push(format!(":{text}"));
    }
    fn oversized(&mut self, id: &str) {
        self.0.push(format!("oversized, id={id}"));
    }
    fn is_full(&self) -> bool {
        false
    }
}

/// Reads any bytes whole and in pieces: what comes out is the same, and no more is held than may be. The first byte is
/// the limit of an event, the second and third are sizes of pieces that alternate.
///
/// # Panics
/// If not.
pub fn check(input: &[u8]) {
    let [limit, first, second, stream @ ..] = input else { return };
    let limit = usize::from(*limit);
    let whole = read(limit, &[stream.len().max(1)], stream);
    let pieces = [usize::from(*first) + 1, usize::from(*second) + 1];
    assert_eq!(read(limit, &pieces, stream), whole, "in pieces of {pieces:?}");
    assert_eq!(read(limit, &[1], stream), whole, "byte by byte");
}

fn read(limit: usize, sizes: &[usize], stream: &[u8]) -> Vec<String> {
    // An invalid byte becomes three; a buffer grows to twice its size, and the smallest are kept.
    let bound = 6 * (limit + MAX_ID_BYTES + MAX_RETRY_BYTES + COMMENT_BYTES) + 4 * KEEP_BYTES;
    let (mut tokenizer, mut log) = (Tokenizer::new(limit, ""), Log::default());
    let mut rest = stream;
    for size in sizes.iter().cycle() {
        let (chunk, tail) = rest.split_at((*size).min(rest.len()));
        assert_eq!(tokenizer.push(chunk, &mut log), chunk.len(), "all is taken");
        let block = &tokenizer.block;
        let held = [&block.data, &block.event, &tokenizer.id].map(String::capacity).iter().sum::<usize>();
        assert!(held + tokenizer.line.capacity() <= bound, "{held} bytes are held");
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    log.0
}
