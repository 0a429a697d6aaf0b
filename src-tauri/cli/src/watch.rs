//! `watch`: the engine without a window, its progress as lines.
//!
//! The engine works on its own thread, the lines are written by another, and this one waits for whatever
//! ends them: a signal, the time given, or what the lines say. What is written is progress, not the record:
//! a reader that is too slow slows the engine, and ends nothing.

mod beside;
mod lines;
mod plan;
mod ports;
mod token;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use belfry_core::engine::{self, EngineConfig, EngineHandle, FirstContact, Ports};
use belfry_core::ports::{NoDemo, NoLoginItem};
use belfry_platform::instance::{Host, Server, Serving};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::beside::{Beside, Known};
use self::lines::{End, Ended, Lines};
use self::plan::Plan;
use crate::args::WatchArgs;
use crate::output::Format;
use crate::problem::Problem;
use crate::{output, signals};

/// How many observations wait for the writer. So many messages may be stored beyond the last line.
const QUEUE: usize = 512;

/// How long the engine, and then the writer, may take to end. What is stored is safe before.
const END_PATIENCE: Duration = Duration::from_secs(3);

/// Watches until something ends it.
///
/// # Errors
/// If nothing can be watched, or it ends badly.
pub async fn run(named: Option<&Path>, args: WatchArgs, format: Format) -> Result<(), Problem> {
    let told_to_stop = signals::told_to_stop()?;
    let limit = async {
        match args.limit {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    };
    let (observer, observations) = mpsc::channel(QUEUE);
    let (watched, mut writer, given) = match Beside::find(named, &args).await? {
        Some(mut beside) => {
            let (names, language) = beside.names().await?;
            let known = Known::default();
            let new_name = known.clone();
            let new_name = Box::new(move |source| new_name.name(source));
            let lines = Lines::new(names, new_name, language, args.count, format);
            let writer = write(lines, observations)?;
            (Watched::Beside(beside.pass_on(observer, known, language).await?), writer, None)
        }
        None => {
            let mut plan = Plan::make(named, &args).await?;
            let names = plan.settings.sources.iter().map(|source| (source.id, source.name.clone())).collect();
            let language = output::language(&plan.settings);
            let session = plan.session.take();
            let limits = plan.settings.sources.first().map(|source| source.limits.clone());
            let settings = plan.settings_of;
            let socket = socket(&plan);
            let (handle, folder) = start(plan, args.since.clone().unwrap_or_default(), observer)?;
            let host = Host { engine: handle.clone(), front: None, settings };
            let engine = handle.clone();
            let new_name = Box::new(move |id| {
                let view = engine.view();
                view.sources.iter().find(|source| source.id == id).map(|source| source.name.clone())
            });
            let lines = Lines::new(names, new_name, language, args.count, format);
            let serving = socket.map(|socket| socket.serve(host));
            let writer = write(lines, observations)?;
            let given =
                session.map(|(source, token)| (handle.clone(), source, token, limits.unwrap_or_default()));
            (Watched::Own { handle, serving, _folder: folder }, writer, given)
        }
    };

    let mut trouble = None;
    let refused = async {
        if let Some((engine, source, token, limits)) = given {
            token::hand_in(&engine, source, token, &limits, &mut trouble).await?;
        }
        std::future::pending().await
    };
    let by_itself = tokio::select! {
        ended = &mut writer => Some(ended),
        () = told_to_stop => None,
        () = limit => None,
        refused = refused => return refused,
    };
    watched.end().await;
    if let Some(trouble) = trouble {
        return Err(Problem::Unreachable(trouble));
    }
    let ended = match by_itself {
        Some(ended) => ended,
        // What was said last is still to be written, unless nobody reads it.
        None => timeout(END_PATIENCE, writer).await.unwrap_or(Ok(Ended::unread())),
    };
    verdict(ended.map_err(|_| Problem::failed("the writer ended early"))?)
}

/// What is watched.
enum Watched {
    /// An engine of our own, on a profile whose folder may go with it.
    Own { handle: EngineHandle, serving: Option<Serving>, _folder: Option<tempfile::TempDir> },
    /// That of a Belfry which goes on without us; this passes on what it says.
    Beside(JoinHandle<()>),
}

impl Watched {
    /// Ends the watching, and with it the observations.
    async fn end(&self) {
        match self {
            Self::Own { handle, serving, .. } => {
                // While the profile is still ours: the next program may make its own socket at once.
                if let Some(serving) = serving {
                    serving.end().await;
                }
                if timeout(END_PATIENCE, handle.stop()).await.is_err() {
                    tracing::warn!("the engine did not end in time");
                }
            }
            Self::Beside(passing_on) => passing_on.abort(),
        }
    }
}

/// The profile's socket, through which other commands reach this engine. Nobody knows of a profile that goes
/// with the watch; and where there is no place for a socket, the watch works without.
fn socket(plan: &Plan) -> Option<Server> {
    if plan.folder.is_some() {
        return None;
    }
    match Server::bind(&plan.profile, &plan.lock) {
        Ok(socket) => Some(socket),
        Err(error) => {
            tracing::warn!("other commands cannot reach this watch: {error}");
            None
        }
    }
}

fn start(
    plan: Plan,
    first_contact: FirstContact,
    observer: mpsc::Sender<engine::Observation>,
) -> Result<(EngineHandle, Option<tempfile::TempDir>), Problem> {
    let utc_offset = jiff::Zoned::now().offset().seconds();
    let handle = engine::start(EngineConfig {
        profile: plan.profile,
        lock: plan.lock,
        settings: plan.settings,
        settings_of: plan.settings_of,
        notices: Vec::new(),
        ports: Ports {
            transport: Arc::new(belfry_platform::HttpTransport::new()),
            secrets: plan.keychain,
            notifier: Arc::new(ports::NoScreen),
            browser: Arc::new(ports::NoBrowser),
            login: Arc::new(NoLoginItem),
            demo: Arc::new(NoDemo),
            clock: Arc::new(belfry_platform::SystemClock),
            surroundings: Arc::new(belfry_platform::SystemSurroundings),
        },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        demo: false,
        system_language: belfry_platform::system_language(),
        utc_offset,
        seed: seed(),
        exports: None,
        connects: true,
        first_contact,
        observer: Some(observer),
    })?;
    Ok((handle, plan.folder))
}

/// Puts the writer on a thread of its own: standard output may block for as long as its reader likes.
fn write(
    lines: Lines,
    observations: mpsc::Receiver<engine::Observation>,
) -> Result<oneshot::Receiver<Ended>, Problem> {
    let (done, ended) = oneshot::channel();
    std::thread::Builder::new().name("belfry-lines".to_owned()).spawn(move || {
        // Nobody listens any more where the end was not waited for.
        let _ = done.send(lines.write(observations));
    })?;
    Ok(ended)
}

/// What the end of a watch means to whoever started it.
fn verdict(ended: Ended) -> Result<(), Problem> {
    match ended.end {
        End::Refused(words) => Err(Problem::Refused(words)),
        End::Stopped(words) if ended.reached => Err(Problem::failed(words)),
        End::Stopped(words) => Err(Problem::Unreachable(words)),
        End::Unwritable(error) => Err(error.into()),
        End::Done if ended.reached => Ok(()),
        End::Done => {
            Err(Problem::Unreachable(format!("the server was never reached: {}", ended.last_reason)))
        }
    }
}

/// A seed for jitter, different in each process.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
