//! A stream on its way from the server to the client.

use std::collections::VecDeque;
use std::time::Instant;

use anyhow::Result;
use tokio::time::Instant as Moment;

use crate::faults::events::{self, Blocks};
use crate::faults::plan::Fault;
use crate::faults::wire::{Sent, Wire};

/// How many events can come again.
const KEPT: usize = 16;

/// A stall, and nothing else, must not come before the first bytes: their absence has a deadline of its own.
const GREETING: usize = 64;

/// What a request has brought to the client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Came {
    /// Changes that came to their end.
    pub changes: usize,
    /// When the last bytes were sent.
    pub last: Instant,
}

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// It has to end in the way of the present fault.
    Over,
}

/// A stream on its way from the server to the client.
pub(super) struct Passage {
    pub wire: Wire,
    pub blocks: Blocks,
    pub came: Came,
    /// The last changes.
    kept: VecDeque<Vec<u8>>,
    pub last_id: Option<Vec<u8>>,
    /// Those that wait to come in another order.
    pub gathered: Vec<Vec<u8>>,
    /// The fault that was last prepared for.
    prepared: Option<usize>,
    /// Changes since its turn came.
    pub waited: usize,
    pub quiet_from: Moment,
}

impl Passage {
    pub fn new(wire: Wire) -> Self {
        Self {
            wire,
            blocks: Blocks::default(),
            came: Came { changes: 0, last: Instant::now() },
            kept: VecDeque::with_capacity(KEPT),
            last_id: None,
            gathered: Vec::new(),
            prepared: None,
            waited: 0,
            quiet_from: Moment::now(),
        }
    }

    /// Sets the bounds for what goes wrong next, once.
    pub fn prepare(&mut self, number: usize, fault: Option<&Fault>) {
        if self.prepared.replace(number) == Some(number) {
            return;
        }
        self.waited = 0;
        self.quiet_from = Moment::now();
        match fault {
            Some(Fault::Reset { at } | Fault::Cut { at } | Fault::Kill { at }) => {
                self.wire.limit(self.wire.sent() + at);
            }
            Some(Fault::Stall { at }) => self.wire.limit((self.wire.sent() + at).max(GREETING)),
            Some(Fault::Drip { bytes }) => self.wire.drip(*bytes),
            _ => {}
        }
    }

    pub async fn send_all(&mut self, blocks: Vec<Vec<u8>>) -> Result<Flow> {
        for block in blocks {
            if self.send(&block).await? == Flow::Over {
                return Ok(Flow::Over);
            }
        }
        Ok(Flow::On)
    }

    pub async fn send(&mut self, block: &[u8]) -> Result<Flow> {
        // Before the client can have acted on it.
        self.came.last = Instant::now();
        let sent = self.wire.chunk(block).await?;
        if sent == Sent::Part {
            return Ok(Flow::Over);
        }
        if let Some(id) = events::id(block).filter(|_| block.ends_with(b"\n\n")) {
            self.last_id = Some(id.to_vec());
        }
        if events::is_change(block) {
            self.came.changes += 1;
            if self.kept.len() == KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(block.to_vec());
        }
        Ok(if sent == Sent::All { Flow::On } else { Flow::Over })
    }

    /// The last changes, oldest first.
    pub fn last(&self, count: usize) -> Vec<Vec<u8>> {
        self.kept.iter().skip(self.kept.len().saturating_sub(count)).cloned().collect()
    }
}
