//! One request for a stream, and the faults that it meets.

use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Result, ensure};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant as Moment, sleep_until};

use super::passage::{Came, Flow, Passage};
use super::turn::Turn;
use super::{Deed, Order, Shared, read_head, refuse};
use crate::faults::events;
use crate::faults::plan::{Astray, Fault};
use crate::faults::wire::Wire;

/// Without a change for so long, what waits for a place goes wrong at once.
const QUIET: Duration = Duration::from_millis(120);

/// After so many redirects a client has to give up.
const TOO_FAR: usize = 5;

impl Shared {
    /// Serves a request for a stream up to its end.
    pub(super) async fn stream(&self, mut client: TcpStream, head: &[u8], path: &str) -> Result<()> {
        let mut turn = self.turn.lock().await;
        let turn = &mut *turn;
        let place = path.split_once("hop=").and_then(|(_, hop)| hop.parse::<usize>().ok()).unwrap_or(0);
        let followed = turn.followed_to(place);
        if followed > TOO_FAR {
            self.ledger().wrong(format!("redirect {followed} was followed"));
        }
        let attempt = match followed {
            0 => self.ledger().attempt(Instant::now()),
            // Part of the attempt that was redirected.
            _ => self.ledger().redirected(Instant::now()),
        };
        let mut came = Came { changes: 0, last: Instant::now() };
        let result = match self.door(turn, &mut client, path, (place, followed)).await {
            Ok(Door::SentAway) => return Ok(()),
            Ok(Door::Shut) => Ok(()),
            Ok(Door::Open) => self.pass(turn, client, head, &mut came).await,
            Err(error) => Err(error),
        };
        let spent = {
            let mut ledger = self.ledger();
            ledger.over(attempt, came.last, came.changes);
            ledger.is_spent()
        };
        if spent {
            self.order(turn, Deed::Spent).await;
        }
        result
    }

    /// What goes wrong before there is a stream.
    async fn door(
        &self,
        turn: &mut Turn,
        client: &mut TcpStream,
        path: &str,
        (place, followed): (usize, usize),
    ) -> Result<Door> {
        let Some(fault) = turn.fault().await? else { return Ok(Door::Open) };
        let plain = path.split('?').next().unwrap_or(path);
        let onwards = format!("location: {plain}?hop={}\r\n", place + 1);
        match fault {
            Fault::Refused => {
                self.done(turn).await;
                Ok(Door::Shut)
            }
            Fault::Refusals { status, count, retry_after } => {
                let header = retry_after.map(|span| format!("retry-after: {}\r\n", span.as_secs()));
                if let Some(span) = retry_after {
                    self.ledger().hold(Instant::now(), span);
                }
                turn.refused += 1;
                if turn.refused >= count {
                    self.done(turn).await;
                }
                refuse(client, status, &header.unwrap_or_default()).await?;
                Ok(Door::Shut)
            }
            Fault::Redirected { hops, .. } if followed >= hops => {
                self.done(turn).await;
                Ok(Door::Open)
            }
            Fault::Redirected { status, .. } => {
                turn.sends_on_to(place + 1);
                refuse(client, status, &onwards).await?;
                Ok(Door::SentAway)
            }
            Fault::Astray { to: Astray::Round } if followed < TOO_FAR => {
                turn.sends_on_to(place + 1);
                refuse(client, 307, &onwards).await?;
                Ok(Door::SentAway)
            }
            Fault::Astray { to } => {
                turn.sends_on_to(place + 1);
                let location = match to {
                    Astray::Round => onwards,
                    Astray::Elsewhere => format!("location: http://{}{plain}\r\n", self.elsewhere),
                };
                // Before the client can end.
                self.order(turn, Deed::Ends).await;
                self.done(turn).await;
                refuse(client, 302, &location).await?;
                Ok(Door::SentAway)
            }
            _ => Ok(Door::Open),
        }
    }

    async fn done(&self, turn: &mut Turn) {
        turn.next();
        self.step.store(turn.done, Ordering::SeqCst);
        self.ledger().faults(turn.done);
        if turn.is_over() {
            self.order(turn, Deed::Done).await;
        }
    }

    async fn order(&self, turn: &Turn, deed: Deed) {
        let client = self.ledger().client();
        turn.order(Order { client, deed }).await;
    }

    /// Hands the stream on until something ends it.
    async fn pass(&self, turn: &mut Turn, client: TcpStream, head: &[u8], came: &mut Came) -> Result<()> {
        let mut server = self.ask(head).await?;
        let answer = read_head(&mut server).await?;
        ensure!(answer.starts_with(b"HTTP/1.0 200 "), "{}", String::from_utf8_lossy(&answer));
        let mut passage = Passage::new(Wire::open(client).await?);
        let flow = self.carry(turn, &mut server, &mut passage).await;
        *came = passage.came;
        match flow? {
            Flow::On => passage.wire.end().await,
            Flow::Over => self.finish(turn, passage).await,
        }
    }

    /// Hands on what comes. Returns [`Flow::On`] when there is nothing more.
    async fn carry(&self, turn: &mut Turn, server: &mut TcpStream, passage: &mut Passage) -> Result<Flow> {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            let fault = turn.fault().await?;
            if fault.as_ref().is_some_and(is_at_the_door) {
                return Ok(Flow::On);
            }
            passage.prepare(turn.done, fault.as_ref());
            let flow = tokio::select! {
                read = server.read(&mut bytes) => {
                    let count = read?;
                    if count == 0 {
                        return Ok(Flow::On);
                    }
                    passage.blocks.push(&bytes[..count]);
                    self.hand_on(turn, passage).await?
                }
                () = passage.wire.left() => return Ok(Flow::On),
                () = sleep_until(passage.quiet_from + QUIET), if fault.is_some() => {
                    self.without_waiting(turn, passage).await?
                }
            };
            if flow == Flow::Over {
                return Ok(Flow::Over);
            }
        }
    }

    /// Hands on all blocks that are complete.
    async fn hand_on(&self, turn: &mut Turn, passage: &mut Passage) -> Result<Flow> {
        while let Some(block) = passage.blocks.next() {
            let fault = turn.fault().await?;
            if fault.as_ref().is_some_and(is_at_the_door) {
                // What is left comes again on the next connection.
                return Ok(Flow::On);
            }
            passage.prepare(turn.done, fault.as_ref());
            let flow = match fault {
                Some(fault) if events::is_change(&block) => self.change(turn, passage, block, &fault).await?,
                // The end of a repetition has an id, too: nothing from before it may be held back.
                Some(_) if !passage.gathered.is_empty() && events::id(&block).is_some() => {
                    match self.without_waiting(turn, passage).await? {
                        Flow::On => passage.send(&block).await?,
                        Flow::Over => Flow::Over,
                    }
                }
                Some(_) | None => passage.send(&block).await?,
            };
            if flow == Flow::Over {
                return Ok(Flow::Over);
            }
        }
        Ok(Flow::On)
    }

    /// A change comes while something is to go wrong.
    async fn change(
        &self,
        turn: &mut Turn,
        passage: &mut Passage,
        block: Vec<u8>,
        fault: &Fault,
    ) -> Result<Flow> {
        passage.quiet_from = Moment::now();
        passage.waited += 1;
        let due = |after: &usize| passage.waited > *after;
        let blocks = match fault {
            Fault::Twice { after } if due(after) => vec![block.clone(), block],
            Fault::DuplicatedId { after } if due(after) && passage.last_id.is_some() => {
                vec![events::with_id(&block, passage.last_id.as_deref())]
            }
            Fault::Replayed { after, back } if due(after) => {
                let again = passage.last(*back);
                [vec![block], again].concat()
            }
            Fault::Oversized { after, field, bytes } if due(after) => {
                vec![oversized(field, *bytes), block]
            }
            Fault::HalfEvent { after, share } if due(after) => {
                let half = (block.len() * share / 100).max(1);
                let _ = passage.send(&block[..half]).await?;
                return Ok(Flow::Over);
            }
            Fault::Reordered { after, order } if due(after) => {
                passage.gathered.push(block);
                if passage.gathered.len() < order.len() {
                    return Ok(Flow::On);
                }
                events::reordered(&std::mem::take(&mut passage.gathered), order)
            }
            Fault::Drip { .. } => vec![block],
            _ => return passage.send(&block).await,
        };
        self.done(turn).await;
        passage.send_all(blocks).await
    }

    /// Nothing comes: what waits for its place goes wrong now, with what there is.
    async fn without_waiting(&self, turn: &mut Turn, passage: &mut Passage) -> Result<Flow> {
        passage.quiet_from = Moment::now();
        let Some(fault) = turn.fault().await? else { return Ok(Flow::On) };
        let blocks = match fault {
            Fault::Twice { .. } => passage.last(1),
            Fault::Replayed { back, .. } => passage.last(back),
            Fault::Oversized { field, bytes, .. } => vec![oversized(field, bytes)],
            Fault::Reordered { order, .. } => {
                events::reordered(&std::mem::take(&mut passage.gathered), &order)
            }
            Fault::DuplicatedId { .. } | Fault::Drip { .. } => Vec::new(),
            Fault::HalfEvent { .. } => {
                let _ = passage.send(b"data: half").await?;
                return Ok(Flow::Over);
            }
            // What is left ends the connection after some bytes.
            _ => return Ok(Flow::Over),
        };
        self.done(turn).await;
        passage.send_all(blocks).await
    }

    /// Ends the connection in the way of the present fault.
    async fn finish(&self, turn: &mut Turn, passage: Passage) -> Result<()> {
        let fault = turn.fault().await?;
        self.done(turn).await;
        match fault {
            Some(Fault::Reset { .. }) => passage.wire.reset(),
            Some(Fault::Stall { .. }) => {
                let left = passage.wire.stall().await;
                if left.is_err() {
                    self.ledger().wrong("a stream on which nothing comes was kept".to_owned());
                }
                left
            }
            Some(Fault::Kill { .. }) => {
                self.order(turn, Deed::Kill).await;
                passage.wire.stall().await
            }
            Some(Fault::HalfEvent { .. }) => passage.wire.end().await,
            _ => passage.wire.cut().await,
        }
    }
}

/// What becomes of a request before there is a stream.
enum Door {
    Open,
    Shut,
    /// The client comes back at once, which is the same attempt, or never.
    SentAway,
}

/// Whether a fault hits a request and not a stream.
fn is_at_the_door(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused | Fault::Refusals { .. } | Fault::Redirected { .. } | Fault::Astray { .. })
}

/// A block with one line of that length.
fn oversized(field: &str, bytes: usize) -> Vec<u8> {
    [field.as_bytes(), &b"x".repeat(bytes), b"\n\n"].concat()
}
