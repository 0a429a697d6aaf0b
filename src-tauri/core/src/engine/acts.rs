//! Carrying out what people ask for.

use crate::action::{Action, Failure, FailureCode, Outcome};
use crate::dialect::{Target, link_in_body, target};
use crate::engine::handle::Reply;
use crate::engine::run::{Engine, clock};
use crate::link::{Input, NoToken};
use crate::model::{Message, MessageId, ReadState, ServerUrl, SiteUrl, SourceId, Token, WebLink};
use crate::policy::PopupKey;
use crate::ports::{BrowserError, PopupEvent, PopupSignal, SecretError, SecretKey};
use crate::settings::{NewSource, Preferences, SecretPlace, SourceSettings, file};
use crate::store::{Announcement, StoreError};
use crate::view::SecretView;

/// Work that an action began and that ends later.
pub(super) enum Job {
    /// The keychain has answered to a token.
    Stored { source: SourceId, token: Token, result: Result<(), SecretError>, reply: Reply },
    /// The keychain has answered to a sign-out.
    Erased { source: SourceId, result: Result<(), SecretError>, reply: Reply },
    /// The keychain has been asked at start whether there is a token.
    Looked { source: SourceId, result: Result<Option<Token>, SecretError> },
    /// The browser has been started, or not. Nobody waits where a popup was clicked.
    Browsed { message: MessageId, wanted: Wanted, result: Result<(), BrowserError>, reply: Option<Reply> },
}

/// What the user was after when a page was to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The message, by whatever way: without a browser it is shown in the inbox.
    Message,
    /// The page.
    Page,
}

type Done = Result<Outcome, Failure>;

impl Engine {
    /// Carries out an action; the answer goes out after the view that shows it.
    pub(super) fn act(&mut self, action: Action, reply: Reply) {
        let result = match action {
            Action::Open { id } => return self.open_message(id, Some(reply)),
            Action::FollowLink { id } => return self.follow_link(id, reply),
            Action::OpenLink { id, url } => return self.open_link(id, &url, reply),
            Action::SignOut { source } => return self.sign_out(source, reply),
            Action::MarkRead { ids } => self.mark_read(&ids, ReadState::Read),
            Action::MarkUnread { ids } => self.mark_read(&ids, ReadState::Unread),
            Action::MarkAllRead => self.mark_all_read(),
            Action::ShowInbox => {
                self.reveal(None);
                Ok(Outcome::Done)
            }
            Action::Show { link } => self.show_link(&link),
            Action::Revealed { seq } => {
                self.reveal.take_if(|reveal| reveal.seq <= seq);
                Ok(Outcome::Done)
            }
            Action::RetryNow => {
                self.retry_now();
                Ok(Outcome::Done)
            }
            Action::AddSource { source } => self.add_source(&source),
            Action::SavePreferences { preferences } => self.save_preferences(preferences),
        };
        self.replies.push((reply, result));
    }

    /// Takes a token inwards.
    pub(super) fn secret(&mut self, source: SourceId, token: Token, reply: Reply) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else {
            return self.replies.push((reply, Err(no_such_source(source))));
        };
        if token.is_empty() {
            let failure = Failure::new(FailureCode::Invalid, "the token is empty");
            return self.replies.push((reply, Err(failure)));
        }
        match run.settings.secrets {
            SecretPlace::Session => {
                self.keep_for_session(source, token);
                self.replies.push((reply, Ok(Outcome::Done)));
            }
            SecretPlace::Keychain => {
                let key = SecretKey { profile: self.profile.id, source };
                let storing = self.ports.secrets.set(key, token.clone());
                self.jobs.push(Box::pin(async move {
                    Job::Stored { source, token, result: storing.await, reply }
                }));
            }
        }
    }

    /// Asks the keychain whether a source has a token, so that nothing is tried without one.
    pub(super) fn look_for_token(&mut self, index: usize) {
        let run = &mut self.sources[index];
        let source = run.id();
        if run.settings.secrets == SecretPlace::Session && run.session.is_none() {
            run.secret = SecretView::Missing;
            return run.link.handle(clock(), Input::SignedOut(NoToken::SignedOut));
        }
        let looking = self.ports.secrets.get(SecretKey { profile: self.profile.id, source });
        self.jobs.push(Box::pin(async move { Job::Looked { source, result: looking.await } }));
    }

    /// What a popup's click or end means.
    pub(super) fn popup_event(&mut self, event: PopupEvent) {
        let was_there = self.announcer.closed(event.key);
        match (event.key, event.signal) {
            (PopupKey::Message(id), PopupSignal::Opened) => {
                self.set_announcement(&[id], Announcement::Clicked);
                self.open_message(id, None);
            }
            (PopupKey::Message(id), PopupSignal::Closed) if was_there => {
                self.set_announcement(&[id], Announcement::Dismissed);
            }
            (PopupKey::Flood | PopupKey::CatchUp | PopupKey::SignIn, PopupSignal::Opened) => {
                self.reveal(None)
            }
            // Taken back by Belfry itself, or nothing to remember.
            (
                PopupKey::Message(_) | PopupKey::Flood | PopupKey::CatchUp | PopupKey::SignIn,
                PopupSignal::Closed,
            ) => {}
        }
    }

    /// Goes on where a job has ended.
    pub(super) fn job_done(&mut self, job: Job) {
        match job {
            Job::Stored { source, token, result, reply } => {
                let result = self.stored(source, token, result);
                self.replies.push((reply, result));
            }
            Job::Erased { source, result, reply } => {
                let result = result.map_err(keychain_failed).map(|()| Outcome::Done);
                tracing::info!(%source, erased = result.is_ok(), "signed out");
                self.replies.push((reply, result));
            }
            Job::Looked { source, result } => self.looked(source, result),
            Job::Browsed { message, wanted, result, reply } => {
                let result = match result {
                    Ok(()) => self.mark_read(&[message], ReadState::Read),
                    Err(error) => {
                        tracing::warn!(%error, "a page could not be opened");
                        if wanted == Wanted::Message {
                            self.reveal(Some(message));
                        }
                        Err(Failure::new(FailureCode::Browser, error.to_string()))
                    }
                };
                self.replies.extend(reply.map(|reply| (reply, result)));
            }
        }
    }

    fn stored(&mut self, source: SourceId, token: Token, result: Result<(), SecretError>) -> Done {
        match result {
            Ok(()) => {
                self.signed_in(source, SecretView::Keychain, None);
                Ok(Outcome::Done)
            }
            // The view says that the token is kept in memory only.
            Err(error @ (SecretError::Absent | SecretError::Locked | SecretError::Failed(_))) => {
                tracing::warn!(%error, "the token is kept in memory only");
                self.keep_for_session(source, token);
                Ok(Outcome::Done)
            }
            Err(error @ SecretError::TooLong) => Err(keychain_failed(error)),
        }
    }

    fn keep_for_session(&mut self, source: SourceId, token: Token) {
        self.signed_in(source, SecretView::Session, Some(token));
    }

    fn signed_in(&mut self, source: SourceId, place: SecretView, session: Option<Token>) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        run.secret = place;
        run.session = session;
        run.link.handle(clock(), Input::SignedIn);
        let _ = self.announcer.withdraw(PopupKey::SignIn);
    }

    fn looked(&mut self, source: SourceId, result: Result<Option<Token>, SecretError>) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else { return };
        match run.secret {
            SecretView::Checking | SecretView::Missing | SecretView::Locked | SecretView::Absent => {}
            // The user was faster than the keychain.
            SecretView::Keychain | SecretView::Session => return,
        }
        let (place, input) = token_input(&result);
        run.secret = place;
        run.link.handle(clock(), input);
    }

    fn sign_out(&mut self, source: SourceId, reply: Reply) {
        let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) else {
            return self.replies.push((reply, Err(no_such_source(source))));
        };
        run.session = None;
        run.secret = SecretView::Missing;
        run.link.handle(clock(), Input::SignedOut(NoToken::SignedOut));
        let erasing = self.ports.secrets.erase(SecretKey { profile: self.profile.id, source });
        self.jobs.push(Box::pin(async move { Job::Erased { source, result: erasing.await, reply } }));
    }

    fn retry_now(&mut self) {
        for index in 0..self.sources.len() {
            let run = &mut self.sources[index];
            match run.secret {
                SecretView::Keychain | SecretView::Session => run.link.handle(clock(), Input::RetryNow),
                // The keychain may have been unlocked in the meantime.
                SecretView::Missing | SecretView::Locked | SecretView::Absent => self.look_for_token(index),
                SecretView::Checking => {}
            }
        }
    }

    /// What a click on the message's popup does.
    fn open_message(&mut self, id: MessageId, reply: Option<Reply>) {
        let result = match self.message(id) {
            Ok((message, source)) => match page_on_click(&message, source) {
                Some(page) => return self.browse(id, &page, Wanted::Message, reply),
                None => {
                    self.reveal(Some(id));
                    Ok(Outcome::Done)
                }
            },
            Err(failure) => Err(failure),
        };
        self.replies.extend(reply.map(|reply| (reply, result)));
    }

    fn follow_link(&mut self, id: MessageId, reply: Reply) {
        let failure = match self.message(id) {
            Ok((message, source)) => match target(&message, source) {
                Target::Page(page) => return self.browse(id, &page, Wanted::Page, Some(reply)),
                Target::Inbox => Failure::new(FailureCode::NoPage, "the message leads to no page"),
                Target::Refused => {
                    Failure::new(FailureCode::LinkRefused, "only http and https links are opened")
                }
            },
            Err(failure) => failure,
        };
        self.replies.push((reply, Err(failure)));
    }

    fn open_link(&mut self, id: MessageId, url: &str, reply: Reply) {
        let failure = match self.message(id) {
            Ok((message, source)) => match link_in_body(&message, source, url) {
                Some(page) => return self.browse(id, &page, Wanted::Page, Some(reply)),
                None => Failure::new(FailureCode::LinkRefused, "the message's text has no such web address"),
            },
            Err(failure) => failure,
        };
        self.replies.push((reply, Err(failure)));
    }

    fn browse(&mut self, message: MessageId, page: &WebLink, wanted: Wanted, reply: Option<Reply>) {
        let opening = self.ports.browser.open(page);
        self.jobs
            .push(Box::pin(async move { Job::Browsed { message, wanted, result: opening.await, reply } }));
    }

    fn message(&self, id: MessageId) -> Result<(Message, &SourceSettings), Failure> {
        let missing = || Failure::new(FailureCode::NotFound, format!("there is no message {id}"));
        let message = self.store.message(id).map_err(storage_failed)?.ok_or_else(missing)?;
        let source = self.settings.sources.iter().find(|source| source.id == message.source);
        Ok((message, source.ok_or_else(missing)?))
    }

    fn mark_read(&mut self, ids: &[MessageId], read: ReadState) -> Done {
        let now = self.clock_now();
        let changed = self.store.mark_read(ids, read, now).map_err(storage_failed)?;
        self.inbox_changed |= !changed.is_empty();
        if read == ReadState::Read {
            self.withdraw(&changed);
        }
        Ok(Outcome::Done)
    }

    fn mark_all_read(&mut self) -> Done {
        let now = self.clock_now();
        let changed = self.store.mark_all_read(now).map_err(storage_failed)?;
        self.inbox_changed |= !changed.is_empty();
        self.withdraw(&changed);
        Ok(Outcome::Done)
    }

    fn add_source(&mut self, new: &NewSource) -> Done {
        let invalid = |text: String| Failure::new(FailureCode::Invalid, text);
        let name = new.name.trim();
        if name.is_empty() {
            return Err(invalid("the name is empty".to_owned()));
        }
        let url: ServerUrl = new.url.parse().map_err(|error| invalid(format!("{error}")))?;
        if let Some(twin) = self.settings.sources.iter().find(|other| other.name == name || other.url == url)
        {
            return Err(invalid(format!("the source {:?} has this name or address already", twin.name)));
        }
        let mut source = SourceSettings::new(name, url);
        source.secrets = new.secrets;
        if let Some(site) = new.site.as_deref().map(str::trim).filter(|site| !site.is_empty()) {
            let site: SiteUrl = site.parse().map_err(|error| invalid(format!("{error}")))?;
            source.site = Some(site);
        }
        self.change_settings(|settings| settings.sources.push(source.clone()))?;
        let id = source.id;
        self.add_run(source);
        Ok(Outcome::SourceAdded { source: id })
    }

    fn save_preferences(&mut self, preferences: Preferences) -> Done {
        self.change_settings(|settings| settings.preferences = preferences)?;
        Ok(Outcome::Done)
    }

    /// Saves changed settings and takes them over once they are on disk.
    fn change_settings(
        &mut self,
        change: impl FnOnce(&mut crate::settings::Settings),
    ) -> Result<(), Failure> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        file::save(&self.profile.settings_path(), &settings)
            .map_err(|error| Failure::new(FailureCode::Settings, error.to_string()))?;
        self.settings = settings;
        self.settings_out.send_replace(std::sync::Arc::new(self.settings.clone()));
        Ok(())
    }
}

/// What the keychain's answer means to the machine and to the view.
pub(super) fn token_input(result: &Result<Option<Token>, SecretError>) -> (SecretView, Input) {
    match result {
        Ok(Some(_)) => (SecretView::Keychain, Input::SignedIn),
        Ok(None) => (SecretView::Missing, Input::SignedOut(NoToken::SignedOut)),
        Err(SecretError::Locked) => (SecretView::Locked, Input::SignedOut(NoToken::KeychainLocked)),
        Err(SecretError::Absent | SecretError::TooLong | SecretError::Failed(_)) => {
            (SecretView::Absent, Input::SignedOut(NoToken::KeychainAbsent))
        }
    }
}

/// The page that a click on the popup opens. Kinds without a template lead to the inbox, whatever link the
/// message carries; that link is one click further.
fn page_on_click(message: &Message, source: &SourceSettings) -> Option<WebLink> {
    source.template(&message.kind)?;
    match target(message, source) {
        Target::Page(page) => Some(page),
        Target::Inbox | Target::Refused => None,
    }
}

fn no_such_source(source: SourceId) -> Failure {
    Failure::new(FailureCode::NotFound, format!("there is no source {source}"))
}

fn keychain_failed(error: SecretError) -> Failure {
    Failure::new(FailureCode::Keychain, error.to_string())
}

fn storage_failed(error: StoreError) -> Failure {
    Failure::new(FailureCode::Storage, error.to_string())
}
