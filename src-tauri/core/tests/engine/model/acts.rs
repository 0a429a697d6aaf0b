//! What may happen.

use std::time::Duration;

use belfry_core::action::Action;
use belfry_core::ports::{ConnectError, FetchError, SystemChange, TransportFault};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::time::{advance, sleep};

use super::Case;
use crate::server::book::Places;
use crate::server::{Network, Server};

#[derive(Debug, Clone)]
pub enum Act {
    /// The server gets messages, and tells of them.
    Publish(u8),
    /// It tells of one without naming a place.
    PublishWithoutId,
    /// It tells of the second before the first.
    PublishInDisorder,
    /// It tells of one again.
    Repeat(u8),
    Update(u8),
    Mark(u8, bool),
    Delete(u8),
    /// It says where it is, and nothing else.
    SayPlace,
    /// It takes the place back with an empty `id:`.
    TakePlaceBack,
    /// Everything it had is lost; ids begin anew.
    BeginAnew,
    /// It forgets all but the last changes.
    Expire(u8),
    /// Its pages hold so many changes.
    PageLimit(u8),
    Rotate,
    Break,
    FallSilent,
    /// The next attempts at a stream are refused.
    Refuse(Refusal, u8),
    /// The next stream breaks after so many events.
    Cut(u8),
    PageFails,
    TellFails,
    Outage(u16),
    /// The computer sleeps for so many seconds.
    Sleep(u16),
    System(SystemChange),
    /// The program ends and starts again.
    Restart,
    ReadHere(u8),
    UnreadHere(u8),
    DeleteHere(u8),
    /// The engine gets a turn.
    Breathe,
    Wait(u16),
    /// Everything has to be right.
    Settle,
}

#[derive(Debug, Clone, Copy)]
pub enum Refusal {
    Gone,
    NoContent,
    Busy,
    NotFound,
    Html,
    Broken,
}

impl Refusal {
    fn error(self) -> ConnectError {
        let status = |status, retry_after| ConnectError::Status { status, retry_after: Some(retry_after) };
        match self {
            Self::Gone => ConnectError::Gone,
            Self::NoContent => ConnectError::NoContent,
            Self::Busy => status(503, Duration::from_secs(7)),
            Self::NotFound => ConnectError::Status { status: 404, retry_after: None },
            Self::Html => ConnectError::NotAStream { content_type: "text/html".to_owned() },
            Self::Broken => ConnectError::Fault(TransportFault::Connect("reset".to_owned())),
        }
    }
}

fn refusal(places: Places) -> impl Strategy<Value = Refusal> {
    use Refusal::{Broken, Busy, Gone, Html, NoContent, NotFound};
    let mut all = vec![NoContent, Busy, NotFound, Html, Broken];
    // Without a place nobody is told that a server has begun anew, unless places name the epoch.
    if places == Places::OfTheProtocol {
        all.push(Gone);
    }
    prop::sample::select(all)
}

pub fn acts(places: Places) -> impl Strategy<Value = Vec<Act>> {
    use SystemChange::{ClockSet, NetworkChanged, NetworkDown, NetworkUp};

    let woke = SystemChange::Woke { slept: Duration::ZERO };
    let some = any::<u8>;
    let told = prop_oneof![
        6 => (1..5u8).prop_map(Act::Publish),
        2 => Just(Act::PublishWithoutId),
        2 => Just(Act::PublishInDisorder),
        2 => some().prop_map(Act::Repeat),
        2 => some().prop_map(Act::Update),
        3 => (some(), any::<bool>()).prop_map(|(nth, read)| Act::Mark(nth, read)),
        2 => some().prop_map(Act::Delete),
        1 => Just(Act::SayPlace),
        2 => Just(Act::TakePlaceBack),
    ];
    let worse = prop_oneof![
        2 => Just(Act::BeginAnew),
        2 => (0..6u8).prop_map(Act::Expire),
        1 => (1..8u8).prop_map(Act::PageLimit),
        2 => Just(Act::Rotate),
        3 => Just(Act::Break),
        1 => Just(Act::FallSilent),
        3 => (refusal(places), 1..5u8).prop_map(|(refusal, times)| Act::Refuse(refusal, times)),
        3 => (0..8u8).prop_map(Act::Cut),
        1 => Just(Act::PageFails),
        1 => Just(Act::TellFails),
        1 => (1..2_000u16).prop_map(Act::Outage),
        1 => (1..2_000u16).prop_map(Act::Sleep),
        2 => prop::sample::select(vec![ClockSet, NetworkChanged, NetworkDown, NetworkUp, woke]).prop_map(Act::System),
        2 => Just(Act::Restart),
    ];
    let here = prop_oneof![
        some().prop_map(Act::ReadHere),
        some().prop_map(Act::UnreadHere),
        some().prop_map(Act::DeleteHere)
    ];
    let time =
        prop_oneof![4 => Just(Act::Breathe), 2 => (1..40u16).prop_map(Act::Wait), 1 => Just(Act::Settle)];
    vec(prop_oneof![6 => told, 4 => worse, 1 => here, 4 => time], 1..50)
}

impl Case {
    pub async fn apply(&mut self, act: Act) {
        let server = &self.server;
        match act {
            Act::Publish(count) => server.publish(count.into()),
            Act::PublishWithoutId => server.publish_without_id(),
            Act::PublishInDisorder => server.publish_in_disorder(),
            Act::Repeat(nth) => server.repeat(nth.into()),
            Act::Update(nth) => {
                let id = choose(server, nth);
                server.change(|book| book.update(id?));
            }
            Act::Mark(nth, read) => {
                let id = choose(server, nth);
                server.change(|book| book.mark(id?, read));
            }
            Act::Delete(nth) => {
                let id = choose(server, nth);
                server.change(|book| book.delete(id?));
            }
            Act::SayPlace => server.send_id(Some(server.book(|book| book.head()))),
            Act::TakePlaceBack => server.send_id(None),
            Act::BeginAnew => server.begin_anew(),
            Act::Expire(keep) => server.expire(keep.into()),
            Act::PageLimit(limit) => server.page_limit(limit.into()),
            Act::Rotate => server.rotate(),
            Act::Break => server.break_off(),
            Act::FallSilent => server.fall_silent(),
            Act::Refuse(refusal, times) => {
                self.dropped |= matches!(refusal, Refusal::Gone);
                let refusals = (0..times).map(|_| refusal.error());
                server.faults(|faults| faults.refusals.extend(refusals));
            }
            Act::Cut(after) => server.faults(|faults| faults.cut = Some(after.into())),
            Act::PageFails => server.faults(|faults| {
                faults.page = Some(FetchError::Status { status: 500, retry_after: None });
            }),
            Act::TellFails => server.faults(|faults| {
                faults.tell = Some(FetchError::Status { status: 503, retry_after: None });
            }),
            Act::Outage(seconds) => {
                server.network(Network::Down);
                server.break_off();
                sleep(Duration::from_secs(seconds.into())).await;
                self.server.network(Network::Up);
            }
            Act::Sleep(seconds) => {
                server.fall_silent();
                advance(Duration::from_secs(seconds.into())).await;
                self.world.surroundings.tell(SystemChange::Woke { slept: Duration::ZERO }).await;
            }
            Act::System(change) => self.world.surroundings.tell(change).await,
            Act::Restart => self.restart().await,
            Act::ReadHere(nth) => drop(self.user(nth, |id| Action::MarkRead { ids: vec![id] }).await),
            Act::UnreadHere(nth) => drop(self.user(nth, |id| Action::MarkUnread { ids: vec![id] }).await),
            Act::DeleteHere(nth) => {
                let deleted = self.user(nth, |id| Action::Delete { ids: vec![id] }).await;
                self.deleted.extend(deleted);
            }
            Act::Breathe => sleep(Duration::from_millis(1)).await,
            Act::Wait(seconds) => sleep(Duration::from_secs(seconds.into())).await,
            Act::Settle => self.settle().await,
        }
    }
}

/// One of the messages that the server has.
fn choose(server: &Server, nth: u8) -> Option<u32> {
    server.book(|book| book.present().nth(usize::from(nth) % book.len().max(1)).map(|message| message.id))
}
