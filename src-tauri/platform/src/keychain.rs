//! The system's keychain, through keyring and the stores beneath it.
//!
//! One plain named thread makes all calls, one after another, outside any runtime: they block, some for
//! ever. Whoever asks gets an answer in time: [`SecretError::Locked`] where the thread does not return.
//! There is never a second thread behind a stuck one.

mod vault;

#[cfg(not(target_os = "linux"))]
mod native;
#[cfg(target_os = "linux")]
mod secret_service;
#[cfg(target_os = "linux")]
mod watch;

#[cfg(not(target_os = "linux"))]
use self::native as system;
#[cfg(target_os = "linux")]
use self::secret_service as system;

#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use belfry_core::model::Token;
use belfry_core::ports::{BoxFuture, SecretError, SecretKey, SecretStore};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use self::vault::{Vault, attempt};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much longer an answer may take while the thread gets on with the questions before it.
const QUEUE_PATIENCE: Duration = Duration::from_secs(8);

/// How often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(100);

/// Questions that wait for the thread.
const QUEUE: usize = 16;

/// The system's keychain. Nothing is asked of it before the first call.
#[derive(Clone)]
pub struct Keychain {
    questions: mpsc::Sender<Question>,
    work: Arc<Work>,
}

enum Question {
    Get { key: SecretKey, answer: Answer<Option<Token>> },
    Peek { key: SecretKey, answer: Answer<Option<Token>> },
    Set { key: SecretKey, token: Token, answer: Answer<()> },
    Erase { key: SecretKey, answer: Answer<()> },
}

type Answer<T> = oneshot::Sender<Result<T, SecretError>>;

impl Keychain {
    /// A thread that will open the system's keychain when it is asked something.
    #[must_use]
    pub fn new() -> Self {
        Self::over(system::System::open)
    }

    /// A thread that will open what `open` opens, again after each failure.
    fn over<V: Vault>(open: impl FnMut() -> Result<V, SecretError> + Send + 'static) -> Self {
        let (questions, inbox) = mpsc::channel(QUEUE);
        let work = Arc::new(Work::default());
        let working = Arc::clone(&work);
        let thread = std::thread::Builder::new().name("belfry-keychain".to_owned());
        if let Err(error) = thread.spawn(move || answer_all(inbox, &working, open)) {
            // The inbox is gone with the closure, so that every question is answered with `Absent`.
            tracing::error!(%error, "there will be no keychain");
        }
        Self { questions, work }
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(Answer<T>) -> Question,
    ) -> BoxFuture<'static, Result<T, SecretError>> {
        if self.work.is_stuck() {
            return Box::pin(std::future::ready(Err(SecretError::Locked)));
        }
        let (sender, answer) = oneshot::channel();
        let (questions, question) = (self.questions.clone(), question(sender));
        let work = Arc::clone(&self.work);
        Box::pin(async move {
            let asked = async {
                questions.send(question).await.map_err(|_| SecretError::Absent)?;
                let ended = |_| SecretError::Failed("the keychain's thread has ended".to_owned());
                answer.await.map_err(ended)?
            };
            in_time(asked, &work).await
        })
    }
}

/// Waits for an answer: [`PATIENCE`], and longer only while the thread gets on with the questions before it,
/// as at the start with many sources. The thread passes over a question whose asker has gone.
async fn in_time<T>(
    asked: impl Future<Output = Result<T, SecretError>>,
    work: &Work,
) -> Result<T, SecretError> {
    let mut asked = pin!(asked);
    if let Ok(answer) = timeout(PATIENCE, &mut asked).await {
        return answer;
    }
    let end = Instant::now() + QUEUE_PATIENCE;
    while !work.is_stuck() && Instant::now() < end {
        if let Ok(answer) = timeout(LOOK, &mut asked).await {
            return answer;
        }
    }
    Err(SecretError::Locked)
}

impl Default for Keychain {
    fn default() -> Self {
        Self::new()
    }
}

impl SecretStore for Keychain {
    fn get(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        self.ask(|answer| Question::Get { key, answer })
    }

    fn peek(&self, key: SecretKey) -> BoxFuture<'static, Result<Option<Token>, SecretError>> {
        self.ask(|answer| Question::Peek { key, answer })
    }

    fn set(&self, key: SecretKey, token: Token) -> BoxFuture<'static, Result<(), SecretError>> {
        self.ask(|answer| Question::Set { key, token, answer })
    }

    fn erase(&self, key: SecretKey) -> BoxFuture<'static, Result<(), SecretError>> {
        self.ask(|answer| Question::Erase { key, answer })
    }

    #[cfg(target_os = "linux")]
    fn report_to(&self, changes: mpsc::Sender<()>) {
        watch::start(changes);
    }

    /// Neither system tells.
    #[cfg(not(target_os = "linux"))]
    fn report_to(&self, _changes: mpsc::Sender<()>) {}
}

/// Since when the thread has been working on one question.
struct Work {
    epoch: Instant,
    /// Milliseconds after `epoch`; zero while it waits for questions.
    since: AtomicU64,
}

impl Default for Work {
    fn default() -> Self {
        Self { epoch: Instant::now(), since: AtomicU64::new(0) }
    }
}

impl Work {
    /// Whether the thread has been at one question for longer than anyone waits.
    fn is_stuck(&self) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        since != 0 && Duration::from_millis(self.now().saturating_sub(since)) >= PATIENCE
    }

    fn begin(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
    }

    fn end(&self) {
        self.since.store(0, Ordering::Relaxed);
    }

    /// Never zero.
    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

fn answer_all<V: Vault>(
    mut inbox: mpsc::Receiver<Question>,
    work: &Work,
    mut open: impl FnMut() -> Result<V, SecretError>,
) {
    let mut vault = None;
    while let Some(question) = inbox.blocking_recv() {
        work.begin();
        match question {
            Question::Get { key, answer } => {
                reply(answer, || attempt(&mut vault, &mut open, |vault| vault.get(key)));
            }
            Question::Peek { key, answer } => {
                reply(answer, || attempt(&mut vault, &mut open, |vault| vault.peek(key)));
            }
            Question::Set { key, token, answer } => {
                reply(answer, || attempt(&mut vault, &mut open, |vault| vault.set(key, &token)));
            }
            Question::Erase { key, answer } => {
                reply(answer, || attempt(&mut vault, &mut open, |vault| vault.erase(key)));
            }
        }
        work.end();
    }
}

/// Finds the answer, unless nobody waits for it any more: who has been told that the keychain is locked
/// must not find a token stored later.
fn reply<T>(answer: Answer<T>, find: impl FnOnce() -> Result<T, SecretError>) {
    if !answer.is_closed() {
        // The asker may have gone in the meantime.
        let _ = answer.send(find());
    }
}
