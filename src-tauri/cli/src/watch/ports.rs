//! The parts of a desktop that a watch has not: popups count as shown, pages go nowhere.

use belfry_core::model::{ActivationToken, PopupPlace, WebLink};
use belfry_core::ports::{
    BoxFuture, Browser, BrowserError, Notifier, NotifierEvent, NotifyError, Popup, PopupKey, ShowResult,
};
use tokio::sync::mpsc;

/// A screen that takes every popup and shows none.
pub(super) struct NoScreen;

impl Notifier for NoScreen {
    fn show(&self, _popup: Popup) -> BoxFuture<'static, ShowResult> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn withdraw(&self, _key: PopupKey) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    fn clear_away(&self, _left: Vec<PopupPlace>) -> BoxFuture<'static, Result<(), NotifyError>> {
        Box::pin(std::future::ready(Err(NotifyError::Absent("belfryctl has no screen".to_owned()))))
    }

    fn report_to(&self, _events: mpsc::Sender<NotifierEvent>) {}
}

/// No browser.
pub(super) struct NoBrowser;

impl Browser for NoBrowser {
    fn open(
        &self,
        _page: &WebLink,
        _activation: Option<ActivationToken>,
    ) -> BoxFuture<'static, Result<(), BrowserError>> {
        Box::pin(std::future::ready(Err(BrowserError("belfryctl opens no pages".to_owned()))))
    }
}
