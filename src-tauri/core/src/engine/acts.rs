//! Carrying out what people ask for.

use crate::action::{Action, Failure, FailureCode, Outcome};
use crate::dialect::{Target, link_in_body, target};
use crate::engine::handle::Reply;
use crate::engine::run::Engine;
use crate::engine::sign_in::{KeychainAnswer, no_such_source};
use crate::model::{Message, MessageId, ReadState, ServerUrl, SiteUrl, SourceId, WebLink};
use crate::policy::PopupKey;
use crate::ports::{BrowserError, PopupEvent, PopupSignal};
use crate::settings::{NewSource, Preferences, SourceSettings, file};
use crate::store::{Announcement, StoreError};

/// Work that an action began and that ends later.
pub(super) enum Job {
    /// The keychain has answered.
    Keychain { source: SourceId, answer: KeychainAnswer },
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

pub(super) type Done = Result<Outcome, Failure>;

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
            Action::Archive { ids } => self.archive(&ids),
            Action::Unarchive { ids } => self.unarchive(&ids),
            Action::Delete { ids } => self.delete(&ids),
            Action::Undo { undo } => self.undo(undo),
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
            Job::Keychain { source, answer } => self.keychain_answered(source, answer),
            Job::Browsed { message, wanted, result, reply } => {
                let result = match result {
                    Ok(()) => self.mark_read(&[message], ReadState::Read).map(|_| Outcome::Done),
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

    /// Saves changed settings of one source and takes them over.
    pub(super) fn change_source(
        &mut self,
        source: SourceId,
        change: impl FnOnce(&mut SourceSettings),
    ) -> Result<(), Failure> {
        let Some(at) = self.settings.sources.iter().position(|other| other.id == source) else {
            return Err(no_such_source(source));
        };
        let mut changed = self.settings.sources[at].clone();
        change(&mut changed);
        if changed == self.settings.sources[at] {
            return Ok(());
        }
        self.change_settings(|settings| settings.sources[at] = changed.clone())?;
        if let Some(run) = self.sources.iter_mut().find(|run| run.id() == source) {
            run.settings = changed;
        }
        Ok(())
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

pub(super) fn storage_failed(error: StoreError) -> Failure {
    Failure::new(FailureCode::Storage, error.to_string())
}
