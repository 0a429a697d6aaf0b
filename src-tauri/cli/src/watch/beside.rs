//! Looking on while a Belfry runs on the profile: it watches its servers itself, and is watched.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use belfry_core::engine::Observation;
use belfry_core::model::SourceId;
use belfry_core::settings::profile::Profile;
use belfry_core::view::View;
use belfry_core::words::Language;
use belfry_platform::instance::{Client, InstanceError, Program, Told, Watching};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::args::WatchArgs;
use crate::output;
use crate::problem::Problem;
use crate::profile;

/// A way to the Belfry that runs on the profile, if one does and its profile is meant.
pub(super) struct Beside {
    profile: Profile,
    client: Client,
}

impl Beside {
    /// Finds out whether there is one.
    ///
    /// # Errors
    /// If there is one that cannot be spoken to, or something is asked of it that a watcher cannot ask.
    pub async fn find(named: Option<&Path>, args: &WatchArgs) -> Result<Option<Self>, Problem> {
        if named.is_none() && args.url.is_some() {
            // It has a profile of its own.
            return Ok(None);
        }
        let folder = profile::folder(named)?;
        if !folder.join("profile.toml").is_file() {
            return Ok(None);
        }
        let profile = Profile::open(&folder)?;
        let client = match Client::connect(&profile).await {
            // Two watches on one profile: only one of them can be it.
            Ok(client) if client.peer.program == Program::CommandLine => {
                return Err(profile::in_use(&profile, Some(client.peer.pid)));
            }
            Ok(client) => client,
            Err(InstanceError::Nobody) => return Ok(None),
            Err(error) => return Err(Problem::failed(error)),
        };
        match args.beyond_looking_on() {
            None => Ok(Some(Self { profile, client })),
            Some(flag) => Err(Problem::Usage(format!(
                "{flag} cannot be used while Belfry (process {}) runs on this profile and is only watched; \
                 allowed: --count, --for, --json",
                client.peer.pid
            ))),
        }
    }

    /// The names of its sources, and the language that it speaks.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn names(&mut self) -> Result<(BTreeMap<SourceId, String>, Language), Problem> {
        let view = self.client.view().await.map_err(Problem::failed)?;
        let names = view.sources.into_iter().map(|source| (source.id, source.name)).collect();
        Ok((names, view.language))
    }

    /// Passes on the states that there are now, and what happens from now on, until the program ends or
    /// nobody takes it any more.
    ///
    /// # Errors
    /// If the program cannot be spoken to.
    pub async fn pass_on(
        self,
        into: mpsc::Sender<Observation>,
        known: Known,
        language: Language,
    ) -> Result<JoinHandle<()>, Problem> {
        let watching = self.client.watch().await.map_err(Problem::failed)?;
        // Asked only now, so that no change between the two is missed.
        let mut asking = Client::connect(&self.profile).await.map_err(Problem::failed)?;
        let view = asking.view().await.map_err(Problem::failed)?;
        drop(asking);
        let profile = self.profile;
        known.learn(&view);
        Ok(tokio::spawn(async move {
            for source in view.sources {
                let state = Observation::State { source: source.id, link: source.link };
                if into.send(state).await.is_err() {
                    return;
                }
            }
            happenings(watching, &into, &profile, &known, language).await;
        }))
    }
}

/// The names of the program's sources, for whoever writes lines about them.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<Mutex<BTreeMap<SourceId, String>>>);

impl Known {
    /// The name of a source.
    pub fn name(&self, source: SourceId) -> Option<String> {
        self.lock().get(&source).cloned()
    }

    fn learn(&self, view: &View) {
        self.lock().extend(view.sources.iter().map(|source| (source.id, source.name.clone())));
    }

    /// Learns the present names. Where the program cannot be asked, the lines have ids.
    async fn ask(&self, profile: &Profile) {
        let Ok(mut client) = Client::connect(profile).await else { return };
        if let Ok(view) = client.view().await {
            self.learn(&view);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SourceId, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn happenings(
    mut watching: Watching,
    into: &mpsc::Sender<Observation>,
    profile: &Profile,
    known: &Known,
    language: Language,
) {
    loop {
        match watching.next().await {
            Ok(Some(Told::Happened(observation))) => {
                if observation.source().is_some_and(|source| known.name(source).is_none()) {
                    known.ask(profile).await;
                }
                if into.send(*observation).await.is_err() {
                    return;
                }
            }
            Ok(Some(Told::Missed(count))) => {
                output::say(&language.fill("cli.lines_missing", &[("count", &count.to_string())]));
            }
            Ok(None) => return,
            Err(error) => return output::say(&error),
        }
    }
}
