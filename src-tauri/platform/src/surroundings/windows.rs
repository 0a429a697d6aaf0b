//! The thread that hears Windows: `NetworkInformation` of its runtime, and the power manager's word on waking
//! (`PowerRegisterSuspendResumeNotification`). Written from the documentation; not run.

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::net::IpAddr;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use belfry_core::ports::SystemChange;
use tokio::sync::mpsc;
use windows::Networking::Connectivity::{NetworkInformation, NetworkStatusChangedEventHandler};
use windows::Win32::Foundation::{ERROR_SUCCESS, HANDLE, WIN32_ERROR};
use windows::Win32::System::Power::{
    DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS, PowerRegisterSuspendResumeNotification,
};
use windows::Win32::UI::WindowsAndMessaging::{DEVICE_NOTIFY_CALLBACK, PBT_APMRESUMEAUTOMATIC};

use super::reach::{self, Network};

/// Most events that wait. One says as much as several.
const QUEUE: usize = 16;

/// Something that Windows has said.
#[derive(Debug, Clone, Copy)]
enum Event {
    Woke,
    Network,
}

/// Who hears of waking. Windows calls a function that knows nothing of threads.
static SLEEPERS: Mutex<Vec<SyncSender<Event>>> = Mutex::new(Vec::new());

/// Tells of changes until nobody listens any more.
pub(super) fn start(changes: mpsc::Sender<SystemChange>) {
    let thread = std::thread::Builder::new().name("belfry-surroundings".to_owned());
    if let Err(error) = thread.spawn(move || watch(&changes)) {
        tracing::error!(%error, "sleep and the network will not be noticed");
    }
}

fn watch(changes: &mpsc::Sender<SystemChange>) {
    let (events, heard) = sync_channel(QUEUE);
    if hear_power(events.clone()) != ERROR_SUCCESS {
        tracing::info!("sleep will not be noticed");
    }
    let handler = NetworkStatusChangedEventHandler::new(move |_| {
        // Where it is full, one that says the same is waiting.
        let _ = events.try_send(Event::Network);
        Ok(())
    });
    if let Err(error) = NetworkInformation::NetworkStatusChanged(&handler) {
        tracing::info!(%error, "another network will not be noticed");
    }
    let mut network = Network::new(Reach::now());
    let mut change = network.is_down().then_some(SystemChange::NetworkDown);
    loop {
        if let Some(change) = change
            && changes.blocking_send(change).is_err()
        {
            return;
        }
        change = match heard.recv() {
            // An `Instant` goes on in sleep: QueryPerformanceCounter counts it.
            Ok(Event::Woke) => Some(SystemChange::Woke { slept: Duration::ZERO }),
            Ok(Event::Network) => network.becomes(Reach::now()),
            Err(_) => return,
        };
    }
}

/// Has Windows tell of waking; once for the whole program.
fn hear_power(events: SyncSender<Event>) -> WIN32_ERROR {
    let mut sleepers = SLEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
    let first = sleepers.is_empty();
    sleepers.push(events);
    if !first {
        return ERROR_SUCCESS;
    }
    let called =
        DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS { Callback: Some(power_changed), Context: std::ptr::null_mut() };
    let mut registration = std::ptr::null_mut();
    #[expect(unsafe_code, reason = "Windows tells of waking in no other way to a program without a window")]
    // SAFETY: both places live until the call returns, which copies what is in them; the function that is named uses no
    // context, never goes away, and is never unregistered.
    unsafe {
        let recipient = HANDLE((&raw const called).cast_mut().cast());
        PowerRegisterSuspendResumeNotification(DEVICE_NOTIFY_CALLBACK, recipient, &raw mut registration)
    }
}

extern "system" fn power_changed(_context: *const c_void, what: u32, _setting: *const c_void) -> u32 {
    if what == PBT_APMRESUMEAUTOMATIC {
        let sleepers = SLEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        for sleeper in sleepers.iter() {
            let _ = sleeper.try_send(Event::Woke);
        }
    }
    ERROR_SUCCESS.0
}

/// What leads anywhere.
#[derive(Debug, Default, PartialEq)]
struct Reach {
    addresses: BTreeSet<IpAddr>,
    /// The adapter by which the Internet is reached.
    way: Option<u128>,
}

impl Reach {
    /// Asks Windows. What it does not say is taken for missing.
    fn now() -> Self {
        let way = NetworkInformation::GetInternetConnectionProfile()
            .and_then(|profile| profile.NetworkAdapter()?.NetworkAdapterId());
        let hosts = NetworkInformation::GetHostNames().into_iter().flatten();
        let address = hosts.filter_map(|host| host.CanonicalName().ok()?.to_string().parse().ok());
        Self { addresses: address.filter(leads).collect(), way: way.ok().map(|id| id.to_u128()) }
    }
}

/// Whether an address reaches further than its link.
fn leads(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    }
}

impl reach::Reach for Reach {
    fn is_none(&self) -> bool {
        self.addresses.is_empty()
    }

    fn keeps(&self, last: &Self) -> bool {
        self.way == last.way && self.addresses.is_superset(&last.addresses)
    }
}
