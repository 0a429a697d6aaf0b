//! The thread that hears configd, whose store holds what the system knows of its network and its power
//! (`SCDynamicStore`, System Configuration Programming Guidelines). Written from the documentation; not run.

use std::time::{Duration, Instant};

use belfry_core::ports::SystemChange;
use core_foundation::array::CFArray;
use core_foundation::base::{CFType, TCFType};
use core_foundation::runloop::CFRunLoop;
use core_foundation::string::CFString;
use rustix::time::{ClockId, clock_gettime};
use system_configuration::dynamic_store::{
    SCDynamicStore, SCDynamicStoreBuilder, SCDynamicStoreCallBackContext,
};
use tokio::sync::mpsc;

use super::naps::Naps;
use super::reach::{self, Network};

/// The primary service, interface and router of each family; missing where there is none.
const WAYS: [&str; 2] = ["State:/Network/Global/IPv4", "State:/Network/Global/IPv6"];
/// What powerd keeps up to date while the computer falls asleep and wakes (IOKit).
const POWER: &str = "State:/IOKit/SystemPowerCapabilities";

/// The name of our session with configd.
const SESSION: &str = "Belfry";

/// Tells of changes until nobody listens any more.
pub(super) fn start(changes: mpsc::Sender<SystemChange>) {
    let thread = std::thread::Builder::new().name("belfry-surroundings".to_owned());
    if let Err(error) = thread.spawn(move || watch(changes)) {
        tracing::error!(%error, "sleep and the network will not be noticed");
    }
}

fn watch(changes: mpsc::Sender<SystemChange>) {
    let Some(first) = SCDynamicStoreBuilder::<()>::new(SESSION).build() else {
        return tracing::info!("configd does not answer: sleep and the network will not be noticed");
    };
    let network = Network::new(Ways::now(&first));
    if network.is_down() && changes.blocking_send(SystemChange::NetworkDown).is_err() {
        return;
    }
    let watcher = Watcher { network, naps: Naps::new(asleep()), changes };
    let context = SCDynamicStoreCallBackContext { callout: changed, info: watcher };
    let store = SCDynamicStoreBuilder::new(SESSION).callback_context(context).build();
    let keys = [WAYS[0], WAYS[1], POWER].map(CFString::from_static_string);
    let source = store.and_then(|store| {
        let no_patterns = CFArray::<CFString>::from_CFTypes(&[]);
        let told = store.set_notification_keys(&CFArray::from_CFTypes(&keys), &no_patterns);
        store.create_run_loop_source().filter(|_| told).map(|source| (store, source))
    });
    let Some((_store, source)) = source else {
        return tracing::info!("configd tells nothing: sleep and the network will not be noticed");
    };
    // The value of kCFRunLoopDefaultMode, which is a variable of another language.
    let mode = CFString::from_static_string("kCFRunLoopDefaultMode");
    CFRunLoop::get_current().add_source(&source, mode.as_concrete_TypeRef());
    CFRunLoop::run_current();
}

/// What is known, and who is told.
struct Watcher {
    network: Network<Ways>,
    naps: Naps,
    changes: mpsc::Sender<SystemChange>,
}

fn changed(store: SCDynamicStore, _keys: CFArray<CFString>, watcher: &mut Watcher) {
    let woke = watcher.naps.woke();
    let network = watcher.network.becomes(Ways::now(&store));
    for change in [woke, network].into_iter().flatten() {
        if watcher.changes.blocking_send(change).is_err() {
            CFRunLoop::get_current().stop();
        }
    }
}

/// The ways out.
#[derive(PartialEq)]
struct Ways([Option<CFType>; 2]);

impl Ways {
    fn now(store: &SCDynamicStore) -> Self {
        Self(WAYS.map(|key| store.get(key).map(|value| value.as_CFType())))
    }
}

impl reach::Reach for Ways {
    fn is_none(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    fn keeps(&self, last: &Self) -> bool {
        self == last
    }
}

/// How long the computer has slept since this was called: `CLOCK_MONOTONIC` goes on then (clock_gettime(3)), an
/// `Instant` is of `CLOCK_UPTIME_RAW`, which does not.
fn asleep() -> impl Fn() -> Duration {
    let read = || Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    let (begun, awake) = (read(), Instant::now());
    move || read().saturating_sub(begun).saturating_sub(awake.elapsed())
}
