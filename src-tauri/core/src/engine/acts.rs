//! Carrying out what people ask for.

use crate::action::{Action, Attention, Deed, Failure, FailureCode, Outcome, ProbeReport, SecretOutcome};
use crate::dialect::{Target, link_in_body, target};
use crate::engine::all_of::Stretch;
use crate::engine::export::Exported;
use crate::engine::handle::Reply;
use crate::engine::run::Engine;
use crate::engine::secrets::{Prepared, SecretReply};
use crate::engine::sign_in::KeychainAnswer;
use crate::engine::tokens::Turn;
use crate::model::{ActivationToken, Message, MessageId, MessageKind, PopupPlace, SourceId, WebLink};
use crate::policy::{PopupAction, PopupKey, SnoozeSpan};
use crate::ports::{BrowserError, NotifyError, PopupEvent, PopupSignal, ProxyLogin, SecretError};
use crate::settings::{ReplyClick, SourceSettings};
use crate::store::{Announcement, StoreError, Tab};

/// Work that an action began and that ends later.
pub(super) enum Job {
    /// The keychain has answered.
    Keychain { source: SourceId, answer: KeychainAnswer },
    /// The keychain has answered about the token of a source that was removed.
    LeftoverErased { source: SourceId, result: Result<(), SecretError>, reply: Option<Reply> },
    /// A token is ready to be kept, or there is none.
    Prepared { source: SourceId, turn: Turn, result: Result<Prepared, Failure>, reply: SecretReply },
    /// The token of a source that is to be added is ready to be kept, or there is none.
    ReadyToAdd { source: Box<SourceSettings>, result: Result<Prepared, Failure>, reply: SecretReply },
    /// The keychain has answered about a proxy's user and password.
    ProxyLoginKept {
        source: SourceId,
        login: ProxyLogin,
        result: Result<(), SecretError>,
        reply: SecretReply,
    },
    /// A server has been looked at.
    Tried { report: ProbeReport, reply: SecretReply },
    /// The desktop has taken a popup that was a try, or not.
    Tested { result: Result<(), NotifyError>, reply: Reply },
    /// What a stretch of an act on everything that matches is about is known, or not.
    Matched { stretch: Result<Stretch, Failure> },
    /// A report has been written into a file, or not.
    ReportSaved { result: Exported, reply: Reply },
    /// The desktop has taken off what an earlier run left on the screen, or there is none.
    ClearedAway { left: Vec<PopupPlace>, result: Result<(), NotifyError> },
    /// Nobody waits for what came of it.
    Abandoned,
    /// All messages have been written into a file, or not.
    Exported { result: Exported, reply: Reply },
    /// The browser has been started, or not. Nobody waits where a popup was clicked.
    Browsed {
        message: MessageId,
        wanted: Wanted,
        activation: Option<ActivationToken>,
        result: Result<(), BrowserError>,
        reply: Option<Reply>,
    },
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
        if action.ids().len() > Action::MOST_IDS {
            let most = format!("one action names {} messages at most", Action::MOST_IDS);
            return self.replies.push((reply, Err(Failure::new(FailureCode::Invalid, most))));
        }
        self.bulk.leave_alone(action.ids());
        let result = match action {
            Action::Open { id } => return self.open_message(id, Some(reply)),
            Action::FollowLink { id } => return self.follow_link(id, reply),
            Action::OpenLink { id, url } => return self.open_link(id, &url, reply),
            Action::Export => return self.export(reply),
            Action::DeleteAll => return self.delete_all(reply),
            Action::SaveReport { text } => return self.save_report(text, reply),
            Action::TestPopup { sound } => return self.test_popup(&sound, reply),
            Action::SignOut { source } => return self.sign_out(source, reply),
            Action::MarkSeen { ids } => self.see(&ids),
            Action::MarkRead { ids } => self.sort(&Deed::MarkRead, &ids),
            Action::MarkUnread { ids } => self.sort(&Deed::MarkUnread, &ids),
            Action::MarkAllRead => self.mark_all_read(),
            Action::AllOf { of, deed } => return self.all_of(of, &deed, reply),
            Action::Archive { ids } => self.sort(&Deed::Archive, &ids),
            Action::Unarchive { ids } => self.sort(&Deed::Unarchive, &ids),
            Action::Snooze { ids, span } => self.sort(&Deed::Snooze { span }, &ids),
            Action::Wake { ids } => self.sort(&Deed::Wake, &ids),
            Action::Pin { ids } => self.sort(&Deed::Pin, &ids),
            Action::Unpin { ids } => self.sort(&Deed::Unpin, &ids),
            Action::Delete { ids } => self.sort(&Deed::Delete, &ids),
            Action::Undo { undo } => return self.undo(undo, reply),
            Action::RebuildIndex => self.rebuild_index(),
            Action::StartDemo => self.start_demo(),
            Action::ShowInbox => {
                self.reveal(None);
                Ok(Outcome::Done)
            }
            Action::ShowSettings => {
                self.reveal_settings();
                Ok(Outcome::Done)
            }
            Action::NoTray => {
                self.announce_no_tray();
                Ok(Outcome::Done)
            }
            Action::Show { link } => self.show_link(&link),
            Action::Revealed { seq } => {
                self.reveal.take_if(|reveal| reveal.seq <= seq);
                Ok(Outcome::Done)
            }
            Action::Attend { to } => {
                if to == Attention::Inbox && self.attention != Attention::Inbox {
                    self.inbox_is_in_sight();
                }
                self.attention = to;
                // The settings say what the system says, and it may have been changed while nobody looked.
                self.look_at_login();
                Ok(Outcome::Done)
            }
            Action::Pause { span } => self.pause(span),
            Action::Resume => self.resume(),
            Action::RetryNow => {
                self.retry_now();
                Ok(Outcome::Done)
            }
            Action::AddSource { source } => self.add_source(&source),
            Action::EditSource { source, change } => self.edit_source(source, &change),
            Action::MoveSource { source, to } => self.move_source(source, to),
            Action::RemoveSource { source } => return self.remove_source(source, reply),
            Action::DismissGap { source } => self.dismiss_gap(source),
            Action::DismissNotices => {
                self.notices.clear();
                Ok(Outcome::Done)
            }
            Action::SaveView { view } => self.save_view(view),
            Action::RenameView { name, to } => self.rename_view(&name, &to),
            Action::MoveView { name, to } => self.move_view(&name, to),
            Action::RemoveView { name } => self.remove_view(&name),
            Action::SavePreferences { preferences } => self.save_preferences(preferences),
        };
        self.replies.push((reply, result));
    }

    /// Carries out what a click asked for; its token goes to whatever is shown in answer.
    pub(super) fn by_click(&mut self, activation: Option<ActivationToken>, act: impl FnOnce(&mut Self)) {
        self.click = activation;
        act(self);
        self.click = None;
    }

    /// What a popup's click or end means.
    pub(super) fn popup_event(&mut self, event: &PopupEvent) {
        let was_there = self.announcer.closed(event.key);
        match (event.key, event.signal) {
            (PopupKey::Message(id), PopupSignal::Opened) => {
                self.set_announcement(&[id], Announcement::Clicked);
                self.open_message(id, None);
            }
            (PopupKey::Message(id), PopupSignal::Chosen(action)) => {
                self.set_announcement(&[id], Announcement::Clicked);
                let done = match action {
                    PopupAction::MarkRead => self.sort(&Deed::MarkRead, &[id]),
                    PopupAction::Snooze => self.sort(&Deed::Snooze { span: SnoozeSpan::Hour }, &[id]),
                };
                if let Err(failure) = done {
                    tracing::warn!("what was chosen on a popup came to nothing: {failure}");
                }
            }
            (PopupKey::Message(id), PopupSignal::Dismissed | PopupSignal::Closed) if was_there => {
                self.set_announcement(&[id], Announcement::Dismissed);
            }
            (PopupKey::Flood, PopupSignal::Dismissed) if was_there => self.dismiss_flood(),
            (PopupKey::Flood | PopupKey::CatchUp, PopupSignal::Opened) => {
                self.reveal_tab(Some(Tab::Unread));
            }
            (PopupKey::SignIn | PopupKey::Keychain | PopupKey::NoTray, PopupSignal::Opened) => {
                self.reveal(None)
            }
            // Taken back by Belfry itself, or nothing to remember.
            (
                PopupKey::Message(_)
                | PopupKey::Flood
                | PopupKey::CatchUp
                | PopupKey::SignIn
                | PopupKey::Keychain
                | PopupKey::NoTray,
                PopupSignal::Dismissed | PopupSignal::Closed,
            )
            | (
                PopupKey::Flood
                | PopupKey::CatchUp
                | PopupKey::SignIn
                | PopupKey::Keychain
                | PopupKey::NoTray,
                PopupSignal::Chosen(_),
            )
            | (PopupKey::Test, _) => {}
        }
    }

    /// Goes on where a job has ended.
    pub(super) fn job_done(&mut self, job: Job) {
        match job {
            Job::Keychain { source, answer } => self.keychain_answered(source, answer),
            Job::LeftoverErased { source, result, reply } => self.leftover_erased(source, result, reply),
            Job::ProxyLoginKept { source, login, result, reply } => {
                self.proxy_login_kept(source, login, result, reply);
            }
            Job::ReadyToAdd { source, result, reply } => self.ready_to_add(*source, result, reply),
            Job::Prepared { source, turn, result, reply } => self.prepared(source, turn, result, reply),
            Job::Tried { report, reply } => {
                self.secret_replies.push((reply, Ok(SecretOutcome::Probed { report })));
            }
            Job::Matched { stretch } => self.matched(stretch),
            Job::ReportSaved { result, reply } => self.report_saved(result, reply),
            Job::ClearedAway { left, result } => self.cleared_away(&left, result),
            Job::Abandoned => {}
            Job::Tested { result, reply } => {
                let failed = |error: NotifyError| Failure::new(FailureCode::Popup, error.to_string());
                self.replies.push((reply, result.map(|()| Outcome::Done).map_err(failed)));
            }
            Job::Exported { result, reply } => self.exported(result, reply),
            Job::Browsed { message, wanted, activation, result, reply } => {
                let result = match result {
                    Ok(()) => self.see(&[message]),
                    Err(error) => {
                        tracing::warn!(%error, "a page could not be opened");
                        if wanted == Wanted::Message {
                            self.by_click(activation, |engine| engine.reveal(Some(message)));
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
                Some(page) => {
                    let click = match message.kind {
                        MessageKind::Reply => self.settings.preferences.notifications.reply_click,
                        MessageKind::System
                        | MessageKind::Notification
                        | MessageKind::Message
                        | MessageKind::Other(_) => ReplyClick::Page,
                    };
                    match click {
                        ReplyClick::Page => return self.browse(id, &page, Wanted::Message, reply),
                        ReplyClick::Inbox => {
                            self.reveal(Some(id));
                            Ok(Outcome::Done)
                        }
                        ReplyClick::Both => {
                            self.reveal(Some(id));
                            return self.browse(id, &page, Wanted::Message, reply);
                        }
                    }
                }
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
                    Failure::new(FailureCode::LinkRefused, "links of this kind are not opened")
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
        let activation = self.click.clone();
        let opening = self.ports.browser.open(page, activation.clone());
        self.jobs.push(Box::pin(async move {
            Job::Browsed { message, wanted, activation, result: opening.await, reply }
        }));
    }

    pub(super) fn message(&self, id: MessageId) -> Result<(Message, &SourceSettings), Failure> {
        let missing = || Failure::new(FailureCode::NotFound, format!("there is no message {id}"));
        let message = self.store.message(id).map_err(storage_failed)?.ok_or_else(missing)?;
        let source = self.settings.sources.iter().find(|source| source.id == message.source);
        Ok((message, source.ok_or_else(missing)?))
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
