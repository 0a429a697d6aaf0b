//! The parts of a desktop that a watch has not: popups count as shown, pages go nowhere.

use belfry_core::model::WebLink;
use belfry_core::ports::{
    BoxFuture, Browser, BrowserError, Notifier, NotifierEvent, NotifyError, Popup, PopupKey,
};
use tokio::sync::mpsc;

/// A screen that takes every popup and shows none.
pub(super) struct NoScreen;

impl Notifier for NoScreen {
    fn show(&self, _popup: Popup) -> BoxFuture<'static, Result<(), NotifyError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn withdraw(&self, _key: PopupKey) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    fn report_to(&self, _events: mpsc::Sender<NotifierEvent>) {}
}

/// No browser.
pub(super) struct NoBrowser;

impl Browser for NoBrowser {
    fn open(&self, _page: &WebLink) -> BoxFuture<'static, Result<(), BrowserError>> {
        Box::pin(std::future::ready(Err(BrowserError("belfryctl opens no pages".to_owned()))))
    }
}
