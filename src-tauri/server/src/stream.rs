//! One stream: a cursor over the store. It reads what stands after its cursor, sends it, and sleeps until a wake says
//! that there is more, so that nothing can fall between replay and live, or come twice.
//!
//! Order: `retry:` and a comment, a gap if there is one, the changes after the cursor, `ready`, live changes.
//! Memory is one page, however slow the reader; one that stalls is dropped, and its cursor brings it back.

mod signals;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use futures_util::Stream;
use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::access::Holder;
use crate::http::Shared;
use crate::render;
use crate::store::{Identity, Limits, Snapshot, StoreError};
use signals::{Seat, Signals};

/// One page of changes: what a slow reader can hold of the server's memory.
const PAGE: Limits = Limits { changes: 500, bytes: 256 * 1024 };

/// What a live reader that was just woken takes at once: most wakes are about one message.
const GLANCE: Limits = Limits { changes: 16, bytes: 64 * 1024 };

/// A live reader that does not take its page is dropped if more than this waits for it …
const BEHIND: Limits = Limits { changes: 1000, bytes: 1024 * 1024 };

/// … and it has not taken anything for this long.
const PATIENCE: Duration = Duration::from_secs(1);

/// A reader that takes nothing for this long is dropped in any phase.
const STALLED: Duration = Duration::from_secs(60);

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The reader went away.
    Gone,
    /// The reader does not keep up.
    Slow,
    /// Every stream was asked to end.
    Rotated,
    /// The token is not accepted any more.
    Revoked,
    /// The server ends.
    Stopped,
    /// The store could not be read.
    Failed,
}

/// Whether the reader has been told that replay is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Replay,
    Live,
}

/// Starts a stream and yields its chunks. `kill` drops its connection.
pub(crate) fn open(
    shared: Arc<Shared>,
    holder: Arc<Holder>,
    cursor: Option<String>,
    kill: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    let (out, mut chunks) = mpsc::channel(1);
    let seat = Seat::take(&shared.streams);
    let tasks = shared.tasks.clone();
    let feed = Feed {
        signals: Signals::watch(&shared, &holder, out.clone()),
        shared,
        holder,
        out,
        position: 0,
        phase: Phase::Replay,
    };
    tasks.spawn(async move {
        let _seat = seat;
        let user = feed.holder.user.clone();
        tracing::info!(user, resumed = cursor.is_some(), "stream opened");
        let end = feed.run(cursor).await;
        if end == End::Slow {
            kill.cancel();
        }
        tracing::info!(user, ?end, "stream ended");
    });
    futures_util::stream::poll_fn(move |context| match chunks.poll_recv(context) {
        Poll::Ready(chunk) => Poll::Ready(chunk.map(Ok)),
        Poll::Pending => Poll::Pending,
    })
}

struct Feed {
    shared: Arc<Shared>,
    holder: Arc<Holder>,
    signals: Signals,
    out: mpsc::Sender<Bytes>,
    /// The number up to which everything has been handed over.
    position: u64,
    phase: Phase,
}

/// What one look at the store yielded.
struct Page {
    text: String,
    last: u64,
    more: bool,
}

impl Feed {
    async fn run(mut self, cursor: Option<String>) -> End {
        match self.feed(cursor).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn feed(&mut self, cursor: Option<String>) -> Result<Infallible, End> {
        // Subscribing comes before the first look, so that a change either is seen by it or wakes.
        let mut wake = self.shared.hub.subscribe(&self.holder.user);
        let mut beat = tokio::time::interval(self.shared.heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();

        self.send(render::greeting(self.shared.retry.as_millis())).await?;
        let beginning = self.begin(cursor).await?;
        self.send(beginning).await?;
        loop {
            wake.mark_unchanged();
            self.catch_up().await?;
            loop {
                tokio::select! {
                    end = self.signals.end() => return Err(end),
                    _ = wake.changed() => break,
                    _ = beat.tick() => {}
                }
                self.send(render::BEAT.to_owned()).await?;
            }
        }
    }

    /// Finds where the reader stands, and says so if it has missed something.
    async fn begin(&mut self, cursor: Option<String>) -> Result<String, End> {
        let (user, identity) = (self.holder.user.clone(), self.shared.identity.clone());
        let found = self.shared.readers.read(move |conn| {
            let snapshot = Snapshot::open(conn, &user)?;
            Ok(match cursor {
                Some(cursor) => {
                    let beginning = snapshot.beginning(&cursor, &identity);
                    (beginning.after, beginning.gap)
                }
                None => (snapshot.head, None),
            })
        });
        let (after, gap) = found.await.map_err(failed)?;
        self.position = after;
        let mut text = String::new();
        if let Some(gap) = gap {
            render::gap(&mut text, &gap);
        }
        Ok(text)
    }

    /// Sends everything that stands after the position; the end of the first time is `ready`.
    async fn catch_up(&mut self) -> Result<(), End> {
        let mut page = match self.phase {
            Phase::Replay => self.read_page().await?,
            Phase::Live => self.glance()?,
        };
        loop {
            self.send(page.text).await?;
            self.position = page.last;
            if !page.more {
                self.phase = Phase::Live;
                return Ok(());
            }
            page = self.read_page().await?;
        }
    }

    /// Reads a few changes without leaving the thread.
    fn glance(&self) -> Result<Page, End> {
        let (user, identity) = (&self.holder.user, &self.shared.identity);
        let look = |conn: &mut Connection| look(conn, user, identity, self.position, self.phase, GLANCE);
        self.shared.readers.read_here(look).map_err(failed)
    }

    /// Reads a page on a blocking thread.
    async fn read_page(&self) -> Result<Page, End> {
        let (user, identity) = (self.holder.user.clone(), self.shared.identity.clone());
        let (after, phase) = (self.position, self.phase);
        let look = move |conn: &mut Connection| look(conn, &user, &identity, after, phase, PAGE);
        self.shared.readers.read(look).await.map_err(failed)
    }

    /// Hands a chunk over as soon as there is room for it; nothing of an empty one.
    async fn send(&mut self, text: String) -> Result<(), End> {
        if text.is_empty() {
            return Ok(());
        }
        let stalled = stalled(&self.shared, &self.holder.user, self.position, self.phase);
        tokio::select! {
            biased;
            sent = self.out.send(Bytes::from(text)) => sent.map_err(|_| End::Gone),
            end = self.signals.end() => Err(end),
            end = stalled => Err(end),
        }
    }
}

/// Renders what stands after `after`; where nothing more does, and replay was going on, `ready`.
fn look(
    conn: &mut Connection,
    user: &str,
    identity: &Identity,
    after: u64,
    phase: Phase,
    limits: Limits,
) -> Result<Page, rusqlite::Error> {
    let snapshot = Snapshot::open(conn, user)?;
    let mut text = String::new();
    let walked =
        snapshot.changes(after, limits, |change| render::change(&mut text, change, after, identity))?;
    if walked.more {
        return Ok(Page { text, last: walked.last, more: true });
    }
    if phase == Phase::Replay {
        render::ready(&mut text, &identity.cursor(snapshot.head), snapshot.unread()?, user);
    }
    Ok(Page { text, last: snapshot.head, more: false })
}

fn failed(error: StoreError) -> End {
    tracing::error!(error = &error as &dyn std::error::Error, "a stream could not read the store");
    End::Failed
}

/// Resolves when a reader that does not take its chunk has to be dropped.
async fn stalled(shared: &Shared, user: &str, position: u64, phase: Phase) -> End {
    let began = Instant::now();
    loop {
        tokio::time::sleep(PATIENCE).await;
        if began.elapsed() >= STALLED {
            return End::Slow;
        }
        if phase == Phase::Replay {
            continue;
        }
        let user = user.to_owned();
        let behind =
            move |conn: &mut Connection| Snapshot::open(conn, &user)?.behind(position, BEHIND.changes + 1);
        match shared.readers.read(behind).await {
            Ok((changes, bytes)) if changes > BEHIND.changes || bytes > BEHIND.bytes => return End::Slow,
            Ok(_) => {}
            Err(error) => return failed(error),
        }
    }
}
