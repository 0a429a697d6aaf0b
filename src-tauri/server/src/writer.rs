//! The one thread that writes. What is queued when it turns to the queue goes into one transaction (group commit), so
//! that many publishers share one flush of the disk. Answers and wakes come after the commit, never before.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::hub::Hub;
use crate::store::{Ledger, Op, Outcome, StoreError};

/// Operations that may wait; a publisher that comes later waits for its turn.
const QUEUE: usize = 1024;

/// Operations in one transaction at most, so that no answer waits for long.
const GROUP: usize = 256;

/// Why an operation was not carried out. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server has ended.
    #[error("the server has ended")]
    Stopped,
}

type Answer = oneshot::Sender<Result<Outcome, WriteError>>;

enum Command {
    Apply(Op, Answer),
    Stop,
}

/// A handle on the writing thread.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Command>);

impl Writer {
    /// Starts the thread. It ends at [`stop`](Self::stop), or when the last handle is gone.
    pub fn start(ledger: Ledger, hub: Arc<Hub>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let work = move || run(ledger, &hub, receiver);
        let thread = std::thread::Builder::new().name("belfry-store".to_owned()).spawn(work)?;
        Ok((Self(sender), thread))
    }

    /// Carries out `op`. When it returns, the change is on disk.
    pub async fn apply(&self, op: Op) -> Result<Outcome, WriteError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Command::Apply(op, answer)).await.map_err(|_| WriteError::Stopped)?;
        answered.await.map_err(|_| WriteError::Stopped)?
    }

    /// Ends the thread after what is queued.
    pub async fn stop(&self) {
        // An error means that it has ended already.
        let _ = self.0.send(Command::Stop).await;
    }
}

fn run(mut ledger: Ledger, hub: &Hub, mut queue: mpsc::Receiver<Command>) {
    let mut group: Vec<(Op, Answer)> = Vec::with_capacity(GROUP);
    while let Some(first) = queue.blocking_recv() {
        let mut next = Some(first);
        let mut stop = false;
        while let Some(command) = next {
            match command {
                Command::Apply(op, answer) => group.push((op, answer)),
                Command::Stop => stop = true,
            }
            next = if stop || group.len() >= GROUP { None } else { queue.try_recv().ok() };
        }
        commit(&mut ledger, hub, &mut group);
        if stop {
            return;
        }
    }
}

/// Carries out a group in one transaction, then answers, then wakes.
fn commit(ledger: &mut Ledger, hub: &Hub, group: &mut Vec<(Op, Answer)>) {
    if group.is_empty() {
        return;
    }
    match together(ledger, group) {
        Ok((outcomes, touched)) => {
            for user in &touched {
                hub.wake(user);
            }
            for ((_, answer), outcome) in group.drain(..).zip(outcomes) {
                // Nobody waits any more: the change stands all the same.
                let _ = answer.send(Ok(outcome));
            }
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                changes = group.len(),
                "nothing stored"
            );
            if let Err(error) = ledger.roll_back() {
                tracing::error!(error = &error as &dyn std::error::Error, "roll-back failed");
            }
            // One bad operation must not fail its neighbours: each gets a transaction of its own.
            alone(ledger, hub, group);
        }
    }
}

fn alone(ledger: &mut Ledger, hub: &Hub, group: &mut Vec<(Op, Answer)>) {
    for pair in group.drain(..) {
        let single = [pair];
        let result = together(ledger, &single);
        let [(_, answer)] = single;
        let result = match result {
            Ok((mut outcomes, touched)) => {
                for user in &touched {
                    hub.wake(user);
                }
                outcomes.pop().ok_or(WriteError::Stopped)
            }
            Err(error) => {
                if let Err(error) = ledger.roll_back() {
                    tracing::error!(error = &error as &dyn std::error::Error, "roll-back failed");
                }
                Err(WriteError::Store(error.into()))
            }
        };
        let _ = answer.send(result);
    }
}

fn together(
    ledger: &mut Ledger,
    group: &[(Op, Answer)],
) -> Result<(Vec<Outcome>, Vec<String>), rusqlite::Error> {
    ledger.begin()?;
    let now = jiff::Timestamp::now().as_millisecond();
    let outcomes = group.iter().map(|(op, _)| ledger.apply(op, now)).collect::<Result<_, _>>()?;
    Ok((outcomes, ledger.commit()?))
}
