//! The network as a program sees it that only connects: its addresses, and the ways out.
//!
//! Not counted are this computer's own links, those without a carrier, and bridges without a way out: they come
//! and go with containers.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use belfry_core::ports::SystemChange;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::netlink::{ADDRESSES, LINKS, Monitor, ROUTES, Row, attribute, each_row, u32_at};
use super::reach::Network;

/// A burst of changes is over when nothing has changed for so long,
const QUIET: Duration = Duration::from_millis(250);
/// or after so long.
const AT_MOST: Duration = Duration::from_secs(1);

/// Tells of changes until nobody listens any more.
///
/// # Errors
/// If the kernel does not tell us.
pub(super) async fn watch(changes: &mpsc::Sender<SystemChange>) -> io::Result<()> {
    let mut monitor = Monitor::open()?;
    let mut network = Network::new(Reach::now()?);
    let mut change = network.is_down().then_some(SystemChange::NetworkDown);
    loop {
        if let Some(change) = change
            && changes.send(change).await.is_err()
        {
            return Ok(());
        }
        monitor.changed().await?;
        end_of_burst(&mut monitor).await?;
        change = match Reach::now() {
            Ok(reach) => network.becomes(reach),
            Err(error) => {
                // As when it changes meanwhile, which is heard as well.
                tracing::debug!(%error, "the network could not be looked at");
                None
            }
        };
    }
}

async fn end_of_burst(monitor: &mut Monitor) -> io::Result<()> {
    let latest = Instant::now() + AT_MOST;
    while let Ok(Ok(changed)) = timeout_at(latest, timeout(QUIET, monitor.changed())).await {
        changed?;
    }
    Ok(())
}

/// What leads anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Reach {
    addresses: BTreeSet<Address>,
    ways: BTreeSet<Way>,
}

/// An address of this computer's, in the network's order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    link: u32,
    address: Vec<u8>,
}

/// A route through a gateway, or for (half of) everything, as a tunnel has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    link: Option<u32>,
    family: u8,
    length: u8,
    table: u32,
    metric: u32,
    destination: Vec<u8>,
    gateway: Vec<u8>,
}

/// The links that carry something.
#[derive(Debug, Default)]
struct Links {
    carrying: BTreeSet<u32>,
    bridges: BTreeSet<u32>,
}

impl Reach {
    /// Asks the kernel.
    fn now() -> io::Result<Self> {
        let (mut links, mut ways, mut addresses) = (Links::default(), BTreeSet::new(), BTreeSet::new());
        each_row(LINKS, |row| links.add(row))?;
        each_row(ROUTES, |row| ways.extend(way(row).filter(|way| links.leads(way))))?;
        each_row(ADDRESSES, |row| addresses.extend(address(row)))?;
        addresses.retain(|address| links.counts(address.link, &ways));
        Ok(Self { addresses, ways })
    }
}

impl super::reach::Reach for Reach {
    fn is_none(&self) -> bool {
        self.addresses.is_empty()
    }

    fn keeps(&self, last: &Self) -> bool {
        self.ways == last.ways && self.addresses.is_superset(&last.addresses)
    }
}

impl Links {
    /// Takes a `struct ifinfomsg`: the index is at 4, the flags are at 8.
    fn add(&mut self, row: Row<'_>) {
        const LOOPBACK: u32 = 0x8;
        const RUNNING: u32 = 0x40;
        const LINK_INFO: u16 = 18;
        const INFO_KIND: u16 = 1;
        let (Some(index), Some(flags)) = (u32_at(row.fixed, 4), u32_at(row.fixed, 8)) else { return };
        if flags & (LOOPBACK | RUNNING) == RUNNING {
            self.carrying.insert(index);
        }
        let kind = row.attribute(LINK_INFO).and_then(|info| attribute(info, INFO_KIND));
        if kind.is_some_and(|kind| kind.starts_with(b"bridge\0")) {
            self.bridges.insert(index);
        }
    }

    fn leads(&self, way: &Way) -> bool {
        way.link.is_none_or(|link| self.carrying.contains(&link))
    }

    /// Whether an address on a link counts.
    fn counts(&self, link: u32, ways: &BTreeSet<Way>) -> bool {
        let leads_out = || ways.iter().any(|way| way.link == Some(link));
        self.carrying.contains(&link) && (!self.bridges.contains(&link) || leads_out())
    }
}

/// Reads a `struct ifaddrmsg`: the flags are at 2, the scope is at 3, the link's index is at 4. An address that
/// is still being tried, or that reaches no further than its link, is none.
fn address(row: Row<'_>) -> Option<Address> {
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    const FLAGS: u16 = 8;
    const OPTIMISTIC: u32 = 0x4;
    const FAILED: u32 = 0x8;
    const TENTATIVE: u32 = 0x40;
    const SCOPE_LINK: u8 = 253;
    let flags = match row.attribute(FLAGS) {
        Some(flags) => u32_at(flags, 0)?,
        None => u32::from(*row.fixed.get(2)?),
    };
    let tried = flags & FAILED == 0 && (flags & TENTATIVE == 0 || flags & OPTIMISTIC != 0);
    let address = row.attribute(LOCAL).or_else(|| row.attribute(ADDRESS))?;
    let address = Address { link: u32_at(row.fixed, 4)?, address: address.to_vec() };
    (tried && *row.fixed.get(3)? < SCOPE_LINK).then_some(address)
}

/// Reads a `struct rtmsg`: family, length of the destination, table at 4, type at 7, flags at 8.
fn way(row: Row<'_>) -> Option<Way> {
    const DESTINATION: u16 = 1;
    const LINK: u16 = 4;
    const GATEWAY: u16 = 5;
    const METRIC: u16 = 6;
    const SEVERAL: u16 = 9;
    const TABLE: u16 = 15;
    const VIA: u16 = 18;
    const UNICAST: u8 = 1;
    const CLONED: u32 = 0x200;
    let &[family, length, _, _, table, _, _, kind, ..] = row.fixed else { return None };
    let number = |kind| row.attribute(kind).and_then(|value| u32_at(value, 0));
    let gateway = [GATEWAY, VIA, SEVERAL].into_iter().find_map(|kind| row.attribute(kind));
    if kind != UNICAST || u32_at(row.fixed, 8)? & CLONED != 0 || (gateway.is_none() && length > 1) {
        return None;
    }
    Some(Way {
        link: number(LINK),
        family,
        length,
        table: number(TABLE).unwrap_or(u32::from(table)),
        metric: number(METRIC).unwrap_or_default(),
        destination: row.attribute(DESTINATION).unwrap_or_default().to_vec(),
        gateway: gateway.unwrap_or_default().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network with these addresses, and ways out through these gateways.
    fn reach(addresses: &[u8], gateways: &[u8]) -> Reach {
        let address = |last: &u8| Address { link: 2, address: vec![192, 0, 2, *last] };
        let way = |last: &u8| Way {
            link: Some(2),
            family: 2,
            length: 0,
            table: 254,
            metric: 0,
            destination: Vec::new(),
            gateway: vec![192, 0, 2, *last],
        };
        Reach { addresses: addresses.iter().map(address).collect(), ways: gateways.iter().map(way).collect() }
    }

    #[track_caller]
    fn check(states: &[(Reach, Option<SystemChange>)]) {
        let mut network = Network::new(reach(&[7], &[1]));
        for (at, (next, expected)) in states.iter().enumerate() {
            assert_eq!(network.becomes(next.clone()), *expected, "step {at}");
        }
    }

    #[test]
    fn what_is_lost_or_goes_another_way_is_another_network_and_what_is_gained_is_one_more() {
        check(&[
            (reach(&[7], &[1]), None),
            (reach(&[7, 8], &[1]), Some(SystemChange::NetworkUp)),
            (reach(&[8], &[1]), Some(SystemChange::NetworkChanged)),
            (reach(&[8], &[2]), Some(SystemChange::NetworkChanged)),
            (reach(&[8], &[2, 3]), Some(SystemChange::NetworkChanged)),
            (reach(&[9], &[2, 3]), Some(SystemChange::NetworkChanged)),
        ]);
    }

    #[test]
    fn after_a_time_without_a_network_the_same_one_is_not_another_one() {
        check(&[
            (reach(&[], &[]), Some(SystemChange::NetworkDown)),
            (reach(&[], &[1]), None),
            (reach(&[7], &[1]), Some(SystemChange::NetworkUp)),
            (reach(&[], &[]), Some(SystemChange::NetworkDown)),
            (reach(&[4], &[1]), Some(SystemChange::NetworkChanged)),
        ]);
    }

    #[test]
    fn this_computer_is_asked() {
        let reach = Reach::now().unwrap();
        let loopback = |address: &Address| address.address == [127, 0, 0, 1];
        assert!(!reach.addresses.iter().any(loopback), "{reach:?}");
    }
}
