//! The fakes pass the contract suites that the real ports pass.

use belfry_core::fakes::contract::{self, Screen};
use belfry_core::fakes::{MemorySecrets, RecordingBrowser, RecordingNotifier};
use belfry_core::ports::PopupKey;

#[tokio::test]
async fn the_keychain_in_memory_keeps_its_contract() {
    contract::secret_store(async || MemorySecrets::default()).await;
}

#[tokio::test]
async fn the_recording_browser_keeps_its_contract() {
    let browser = RecordingBrowser::default();
    contract::browser(browser.clone(), async |_| browser.opened()).await;
}

/// The person before a recording notifier.
struct Person(RecordingNotifier);

impl Person {
    #[track_caller]
    #[expect(clippy::expect_used, reason = "it is a part of the test")]
    fn key(&self, summary: &str) -> PopupKey {
        let popups = self.0.on_screen();
        popups.into_iter().find(|popup| popup.summary == summary).expect("it is on the screen").key
    }
}

impl Screen for Person {
    async fn summaries(&self) -> Vec<String> {
        self.0.on_screen().into_iter().map(|popup| popup.summary).collect()
    }

    async fn click(&self, summary: &str) {
        self.0.click(self.key(summary));
    }

    #[expect(clippy::expect_used, reason = "it is a part of the test")]
    async fn choose(&self, summary: &str, label: &str) {
        let popup = self
            .0
            .on_screen()
            .into_iter()
            .find(|popup| popup.summary == summary)
            .expect("it is on the screen");
        let (action, _) = popup.actions.into_iter().find(|(_, own)| *own == label).expect("it can be chosen");
        self.0.choose(popup.key, action);
    }

    async fn dismiss(&self, summary: &str) {
        self.0.dismiss(self.key(summary));
    }
}

#[tokio::test]
async fn the_recording_notifier_keeps_its_contract() {
    contract::notifier(async || {
        let notifier = RecordingNotifier::default();
        (notifier.clone(), Person(notifier))
    })
    .await;
}
