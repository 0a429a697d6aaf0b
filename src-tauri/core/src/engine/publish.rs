//! Rebuilds the view after each turn that changed something. Nothing here counts: the numbers are the
//! store's answer to its one query.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::run::{Engine, clock};
use super::source::SourceRun;
use super::way::moved_to;
use crate::link::{LinkState, Reason};
use crate::model::MessageId;
use crate::settings::{NetworkForm, Preferences};
use crate::store::{InboxSummary, MessageRow, SourceCount, Tab};
use crate::view::{
    Connection, LinkView, Reveal, RevealOrigin, RevealPage, SecretView, SourceHelp, SourceView, View,
};

/// How long a server may be out of reach before people are told that it is.
pub(super) const OFFLINE_AFTER: Duration = Duration::from_secs(30);

/// How long a server may take to open anew a stream that it has closed before that is shown.
const ROTATION: Duration = Duration::from_secs(5);

/// How many of the newest messages the view carries.
const NEWEST: u16 = 5;

/// The last view, and what it was made of.
pub(super) struct Publisher {
    pub views: watch::Sender<Arc<View>>,
    inbox: InboxSummary,
    newest: Vec<MessageRow>,
    sources: Vec<SourceCount>,
}

impl Publisher {
    pub fn new(views: watch::Sender<Arc<View>>) -> Self {
        Self { views, inbox: InboxSummary::default(), newest: Vec::new(), sources: Vec::new() }
    }
}

/// The view before the first turn: nothing but what is known without the store.
pub(super) fn first_view(version: &str, demo: bool, language: crate::words::Language) -> View {
    View {
        rev: 0,
        version: version.to_owned(),
        demo,
        sources: Vec::new(),
        connection: Connection::Empty,
        views: Vec::new(),
        inbox: InboxSummary::default(),
        newest: Vec::new(),
        language,
        preferences: Preferences::default(),
        notices: Vec::new(),
        reveal: None,
        hold: None,
        storage: crate::view::StorageView::default(),
        undos: Vec::new(),
    }
}

impl Engine {
    /// Publishes a new view if it differs from the last one.
    pub(super) fn publish(&mut self, now: Instant) {
        self.refresh_inbox();
        let last = self.publisher.views.borrow().clone();
        let mut view = View {
            rev: last.rev,
            version: last.version.clone(),
            demo: last.demo,
            sources: self.sources.iter().map(|run| self.source_view(run, now)).collect(),
            connection: self.connection(now),
            views: self.settings.views.clone(),
            inbox: self.publisher.inbox.clone(),
            newest: self.publisher.newest.clone(),
            language: self.language(),
            preferences: Preferences { start_at_login: self.at_login, ..self.settings.preferences.clone() },
            notices: self.notices.clone(),
            reveal: self.reveal.clone(),
            hold: self.holding.hold,
            storage: self.storage.clone(),
            undos: self.undos.views(now),
        };
        if view != *last {
            view.rev += 1;
            self.publisher.views.send_replace(Arc::new(view));
        }
    }

    /// Asks for the window to show a message, or the inbox as it is.
    pub(super) fn reveal(&mut self, message: Option<MessageId>) {
        // The user may have changed it in the system's settings since the window was last looked at.
        self.look_at_login();
        self.reveal_page(RevealPage::Inbox, message, None);
    }

    /// Asks for the window to show the settings.
    pub(super) fn reveal_settings(&mut self) {
        self.look_at_login();
        self.reveal_page(RevealPage::Settings, None, None);
    }

    /// Asks for the window to show a list, or the inbox as it is.
    pub(super) fn reveal_tab(&mut self, tab: Option<Tab>) {
        self.reveal_page(RevealPage::Inbox, None, tab);
    }

    fn reveal_page(&mut self, page: RevealPage, message: Option<MessageId>, tab: Option<Tab>) {
        self.reveals += 1;
        let activation = self.click.clone();
        self.reveal =
            Some(Reveal { seq: self.reveals, origin: RevealOrigin::User, page, message, tab, activation });
    }

    fn refresh_inbox(&mut self) {
        if !std::mem::take(&mut self.inbox_changed) {
            return;
        }
        self.index_clock.changed(clock());
        let read = || -> Result<_, crate::store::StoreError> {
            let now = self.clock_now();
            let (inbox, newest) = (self.store.summary(now)?, self.store.newest(NEWEST, now)?);
            Ok((inbox, newest, self.store.source_counts(now)?, self.store.next_wake()?))
        };
        match read() {
            Ok((inbox, newest, sources, next_wake)) => {
                self.next_wake = next_wake;
                if inbox.unread == 0 {
                    self.announcer.clear_summaries();
                }
                self.publisher.inbox = inbox;
                self.publisher.newest = newest;
                self.publisher.sources = sources;
            }
            Err(error) => {
                tracing::error!(%error, "the inbox could not be summed up");
                self.storage_troubled(&error);
            }
        }
    }

    fn source_view(&self, run: &SourceRun, now: Instant) -> SourceView {
        let id = run.id();
        let counts = self.publisher.sources.iter().find(|counts| counts.source == id);
        SourceView {
            id,
            name: run.settings.name.clone(),
            url: run.settings.url.to_string(),
            moved_to: run
                .link
                .moved_to()
                .map(str::to_owned)
                .or_else(|| moved_to(self.ports.transport.as_ref(), &run.settings)),
            site: run.settings.site.as_ref().map(ToString::to_string),
            templates: run.settings.templates_in_force(),
            link_schemes: run.settings.link_schemes.clone(),
            mark: run.settings.mark,
            network: NetworkForm::from(&run.settings.network),
            link: run.link_view().clone(),
            connection: source_connection(run, now),
            help: help(run.tokens.place, run.link_view()),
            secret: run.tokens.place,
            unread: counts.map_or(0, SourceCount::unread),
            kinds: counts.map(|counts| counts.kinds.clone()).unwrap_or_default(),
            untold: run.outbox.untold(),
            gap: run.gap.clone(),
        }
    }

    /// The connections as a whole: the worst source decides.
    fn connection(&self, now: Instant) -> Connection {
        let each = self.sources.iter().map(|run| source_connection(run, now));
        each.max_by_key(|state| severity(*state)).unwrap_or(Connection::Empty)
    }

    /// When a connection that is missing has to be called otherwise for that.
    pub(super) fn missing_deadline(&self, now: Instant) -> Option<Instant> {
        let missing = self.sources.iter().filter_map(SourceRun::missing_since);
        missing.flat_map(|since| [since + ROTATION, since + OFFLINE_AFTER]).filter(|at| *at > now).min()
    }
}

fn source_connection(run: &SourceRun, now: Instant) -> Connection {
    match run.tokens.place {
        SecretView::Checking => Connection::Connecting,
        SecretView::Keychain
        | SecretView::Session
        | SecretView::Missing
        | SecretView::Locked
        | SecretView::Absent => connection(run.link_view(), run.missing_since(), now),
    }
}

/// What a person can do about a source.
fn help(secret: SecretView, link: &LinkView) -> SourceHelp {
    match (link.state, link.reason) {
        _ if secret == SecretView::Checking => SourceHelp::Nothing,
        (LinkState::Live | LinkState::Opening, _) => SourceHelp::Nothing,
        (LinkState::Waiting | LinkState::Polling, _) => SourceHelp::Retry,
        (LinkState::Stopped, Some(Reason::KeychainLocked)) => SourceHelp::UnlockKeychain,
        (LinkState::Stopped, Some(Reason::NotEncrypted)) => SourceHelp::AllowPlainHttp,
        (LinkState::Stopped, Some(reason)) if wants_sign_in(reason) => SourceHelp::SignIn,
        (LinkState::Stopped, Some(_)) => SourceHelp::Retry,
        (LinkState::Stopped, None) => SourceHelp::SignIn,
    }
}

/// How one connection's state is told to people.
fn connection(link: &LinkView, missing_since: Option<Instant>, now: Instant) -> Connection {
    let missing = missing_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
    let long = missing >= OFFLINE_AFTER;
    match link.state {
        // That a server opens its streams anew now and then is no failure, however long it wants to be left alone.
        LinkState::Opening | LinkState::Waiting
            if link.reason == Some(Reason::Rotated) && link.attempt == 0 =>
        {
            if missing < ROTATION {
                Connection::Live
            } else {
                Connection::Connecting
            }
        }
        LinkState::Live => Connection::Live,
        LinkState::Waiting if link.reason == Some(Reason::NoNetwork) => Connection::Offline,
        LinkState::Polling if long && out_of_reach(link.reason) => Connection::Offline,
        LinkState::Polling => Connection::Polling,
        LinkState::Opening | LinkState::Waiting if long => Connection::Offline,
        LinkState::Opening | LinkState::Waiting => Connection::Connecting,
        LinkState::Stopped => match link.reason {
            Some(reason) if wants_sign_in(reason) => Connection::SignIn,
            _ => Connection::Offline,
        },
    }
}

/// Whether not even the history answers.
fn out_of_reach(reason: Option<Reason>) -> bool {
    reason.is_some_and(|why| why.is_unreached() || matches!(why, Reason::TimedOut | Reason::Proxy))
}

/// Whether the user can mend it by signing in, or by unlocking the keychain.
fn wants_sign_in(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::SignedOut
            | Reason::Rejected
            | Reason::Forbidden
            | Reason::KeychainLocked
            | Reason::KeychainAbsent
    )
}

fn severity(connection: Connection) -> u8 {
    match connection {
        Connection::Empty => 0,
        Connection::Live => 1,
        Connection::Polling => 2,
        Connection::Connecting => 3,
        Connection::Offline => 4,
        Connection::SignIn => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn told(state: LinkState, reason: Option<Reason>, down_s: u64) -> Connection {
        let link = LinkView { state, reason, since: Timestamp(0), attempt: 0, retry_at: None };
        let start = Instant::now();
        connection(&link, Some(start), start + Duration::from_secs(down_s))
    }

    #[test]
    fn what_helps_is_a_token_the_keychain_or_impatience() {
        let told = |state, reason| {
            let link = LinkView { state, reason, since: Timestamp(0), attempt: 0, retry_at: None };
            help(SecretView::Keychain, &link)
        };
        for reason in [Reason::Rejected, Reason::SignedOut, Reason::Forbidden, Reason::KeychainAbsent] {
            assert_eq!(told(LinkState::Stopped, Some(reason)), SourceHelp::SignIn, "{reason:?}");
        }
        assert_eq!(told(LinkState::Stopped, Some(Reason::KeychainLocked)), SourceHelp::UnlockKeychain);
        assert_eq!(told(LinkState::Stopped, Some(Reason::NotEncrypted)), SourceHelp::AllowPlainHttp);
        assert_eq!(told(LinkState::Stopped, Some(Reason::Gone)), SourceHelp::Retry);
        assert_eq!(told(LinkState::Waiting, Some(Reason::Broken)), SourceHelp::Retry);
        assert_eq!(told(LinkState::Polling, Some(Reason::NoStream)), SourceHelp::Retry);
        assert_eq!(told(LinkState::Live, None), SourceHelp::Nothing);
    }

    #[test]
    fn a_lost_connection_is_connecting_for_30_s_and_then_offline() {
        assert_eq!(told(LinkState::Waiting, Some(Reason::Broken), 29), Connection::Connecting);
        assert_eq!(told(LinkState::Opening, Some(Reason::Broken), 30), Connection::Offline);
    }

    #[test]
    fn a_stream_that_the_server_opens_anew_is_not_shown_as_lost() {
        let rotated = |state, down_s| told(state, Some(Reason::Rotated), down_s);
        assert_eq!(rotated(LinkState::Waiting, 0), Connection::Live);
        assert_eq!(rotated(LinkState::Opening, 4), Connection::Live);
        assert_eq!(rotated(LinkState::Waiting, 5), Connection::Connecting);
        assert_eq!(
            rotated(LinkState::Waiting, 60),
            Connection::Connecting,
            "as long as the server has asked for"
        );
    }

    #[test]
    fn polling_a_server_that_is_out_of_reach_is_offline() {
        assert_eq!(told(LinkState::Polling, Some(Reason::NoStream), 90), Connection::Polling);
        assert_eq!(told(LinkState::Polling, Some(Reason::Unreachable), 29), Connection::Polling);
        assert_eq!(told(LinkState::Polling, Some(Reason::Unreachable), 30), Connection::Offline);
    }

    #[test]
    fn signed_out_asks_to_sign_in_and_gone_is_offline() {
        assert_eq!(told(LinkState::Stopped, Some(Reason::Rejected), 0), Connection::SignIn);
        assert_eq!(told(LinkState::Stopped, Some(Reason::SignedOut), 0), Connection::SignIn);
        assert_eq!(told(LinkState::Stopped, Some(Reason::Forbidden), 0), Connection::SignIn);
        assert_eq!(told(LinkState::Stopped, Some(Reason::Gone), 0), Connection::Offline);
    }
}
