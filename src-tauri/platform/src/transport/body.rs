//! One connection's bytes on their way from HTTP into the library: tokenized, and spelled canonically.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use belfry_core::ports::StreamError;
use bytes::{Buf, Bytes};
use futures_util::Stream;
use launchdarkly_sdk_transport::TransportError;

use super::canonical::Writer;
use super::tokenizer::Tokenizer;

/// The library gets at most so many bytes at once, since it takes a piece apart into lines before it looks
/// at any of them.
const PIECE_BYTES: usize = 32 * 1024;

/// The bytes of one connection as HTTP delivers them.
pub(super) type RawBody = Pin<Box<dyn Stream<Item = Result<Bytes, StreamError>> + Send>>;

/// The canonical stream of one connection. Pulled, never pushed: it reads on only when all that came
/// before has been taken.
pub(super) struct CanonicalBody {
    raw: RawBody,
    tokenizer: Tokenizer,
    writer: Writer,
    /// What is left of the last chunk.
    chunk: Bytes,
    /// Nothing has been written for this chunk yet.
    silent: bool,
    /// Canonical bytes on their way out.
    out: Bytes,
}

impl CanonicalBody {
    pub fn new(raw: RawBody, tokenizer: Tokenizer) -> Self {
        let (writer, chunk, out) = (Writer::default(), Bytes::new(), Bytes::new());
        Self { raw, tokenizer, writer, chunk, silent: true, out }
    }

    /// Takes a part of the chunk through the tokenizer.
    fn advance(&mut self) {
        let taken = self.tokenizer.push(&self.chunk, &mut self.writer);
        self.chunk.advance(taken);
        if self.writer.is_empty() && self.chunk.is_empty() && self.silent {
            self.writer.activity();
        }
        self.silent &= self.writer.is_empty();
        self.out = self.writer.take();
    }
}

impl Stream for CanonicalBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if !self.out.is_empty() {
                let piece = self.out.len().min(PIECE_BYTES);
                return Poll::Ready(Some(Ok(self.out.split_to(piece))));
            }
            if !self.chunk.is_empty() {
                self.advance();
                continue;
            }
            match ready!(self.raw.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) => {
                    self.chunk = chunk;
                    self.silent = true;
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(TransportError::new(error)))),
                None => return Poll::Ready(None),
            }
        }
    }
}
