//! The program is killed while the daemon has a popup and has not answered about it, whatever that popup is: at the next
//! start every message has been told, and only those of which that popup spoke are told again, in one catch-up.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use belfry_core::model::{MessageId, Timestamp};
use belfry_core::store::{Announcement, Reader, Store};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Popup, Silence};
use belfry_tests::wait::until;

use super::scene::{CATCH_UP, Scene, USER};

impl Scene {
    /// Starts the program before a daemon that takes some popups without an answer, and kills it once it has such a one.
    async fn killed_with(&self, silence: Silence, taken: impl FnMut(&Popup) -> bool) -> Result<()> {
        self.daemon.keep_silent(silence);
        let program = self.start("").await?;
        self.daemon.popup(taken).await.with_context(|| program.said())?;
        self.kill(program).await?;
        self.daemon.keep_silent(Silence::Never);
        Ok(())
    }

    /// Starts the program twice more. Gives back what has been caught up with since the first popup.
    async fn caught_up(&self) -> Result<Vec<String>> {
        self.starts_again("after").await?;
        self.starts_again("once more").await?;
        assert_eq!((self.told("after"), self.told("once more")), ((1, 0), (1, 0)));
        let popups = self.daemon.popups().into_iter();
        Ok(popups.filter(|popup| popup.call.summary == CATCH_UP).map(|popup| popup.call.body).collect())
    }

    async fn publish_together(&self, titles: impl Iterator<Item = String>) -> Result<()> {
        let kind = "system".to_owned();
        let message = |title| Publish { to: USER.into(), kind: kind.clone(), title, ..Publish::default() };
        self.stage.server.publish_many(titles.map(message).collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// Waits until the ledger says so of the newest message.
    async fn newest_is(&self, state: Announcement) -> Result<MessageId> {
        let database = self.stage.profile.join("messages.db");
        until("the word in the ledger", || async {
            let newest = Reader::open(&database)?.decisions(1)?.pop().context("no message")?;
            ensure!(newest.announced.state == state, "{newest:?}");
            Ok(newest.id)
        })
        .await
    }
}

fn titles(count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(|number| format!("message {number}"))
}

#[tokio::test]
async fn of_five_that_are_due_at_once_only_the_first_is_told_again() -> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    scene.publish_together(titles(5)).await?;
    scene.killed_with(Silence::ToAll, |popup| popup.call.body == "message 1").await?;
    let own = |scene: &Scene| titles(5).map(|title| scene.told(&title).0).collect::<Vec<_>>();
    assert_eq!(own(&scene), [1, 0, 0, 0, 0], "one at a time");
    let caught_up = scene.caught_up().await?;
    ensure!(caught_up.len() == 1 && caught_up[0].contains("5 messages arrived"), "{caught_up:?}");
    assert_eq!(own(&scene), [1, 0, 0, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn of_a_flood_only_what_the_summary_spoke_of_is_told_again() -> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    let program = scene.start("").await?;
    scene.daemon.keep_silent(Silence::To("more message"));
    scene.publish_together(titles(9)).await?;
    scene.daemon.popup(|popup| popup.call.summary.contains("more message")).await?;
    scene.kill(program).await?;
    scene.daemon.keep_silent(Silence::Never);
    let caught_up = scene.caught_up().await?;
    ensure!(caught_up.len() == 1 && caught_up[0].contains("4 messages arrived"), "{caught_up:?}");
    for title in titles(5) {
        assert_eq!(scene.told(&title), (1, 0), "{title}");
    }
    Ok(())
}

#[tokio::test]
async fn a_catch_up_that_was_in_flight_is_told_once_more() -> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    scene.publish_together(titles(7)).await?;
    scene.killed_with(Silence::ToAll, |popup| popup.call.summary == CATCH_UP).await?;
    let caught_up = scene.caught_up().await?;
    ensure!(caught_up.iter().all(|body| body.contains("7 messages arrived")), "{caught_up:?}");
    assert_eq!(caught_up.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_is_told_at_the_end_of_a_pause_is_told_once_more() -> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    let program = scene.start("").await?;
    scene.stage.ctl(&["pause"], "").await?;
    scene.publish("held back").await?;
    scene.newest_is(Announcement::Due).await?;
    scene.daemon.keep_silent(Silence::ToAll);
    scene.stage.ctl(&["resume"], "").await?;
    scene.daemon.popup(|popup| popup.call.summary == CATCH_UP).await?;
    scene.kill(program).await?;
    scene.daemon.keep_silent(Silence::Never);
    assert_eq!(scene.caught_up().await?.len(), 2);
    assert_eq!(scene.told("held back"), (0, 2));
    Ok(())
}

#[tokio::test]
async fn an_update_that_was_in_flight_is_told_once_more() -> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    let program = scene.start("").await?;
    let message = |title: &str| Publish {
        to: USER.into(),
        kind: "system".into(),
        title: title.into(),
        ..Publish::default()
    };
    let published = scene.stage.server.publish(message("draft")).await?;
    let popup = scene.daemon.popup(|popup| popup.call.body == "draft").await?;
    scene.newest_is(Announcement::Announced).await?;
    scene.daemon.keep_silent(Silence::ToAll);
    scene.stage.server.update(USER, &published.id, message("final")).await?;
    let updated = scene.daemon.popup(|popup| popup.call.body == "final").await?;
    assert_eq!(updated.id, popup.id, "it is replaced in place");
    scene.kill(program).await?;
    scene.daemon.keep_silent(Silence::Never);
    assert_eq!(scene.caught_up().await?.len(), 1);
    assert_eq!((scene.told("draft"), scene.told("final")), ((0, 0), (1, 1)));
    Ok(())
}

#[tokio::test]
async fn a_message_whose_snooze_was_over_is_told_once_more() -> Result<()> {
    let scene = Scene::set().await?;
    scene.starts_again("met").await?;
    scene.starts_again("put off").await?;
    let id = scene.newest_is(Announcement::Announced).await?;
    let database = scene.stage.profile.join("messages.db");
    // Put off for an hour, long ago: it is over when the program runs.
    let then = Timestamp(0);
    Store::open(&database)?.snooze(&[id], then.after(Duration::from_secs(3600)), then)?;
    scene.killed_with(Silence::ToAll, |popup| popup.call.body == "put off" && popup.id > 2).await?;
    let caught_up = scene.caught_up().await?;
    assert_eq!((caught_up.len(), scene.told("put off")), (1, (2, 1)), "when it came, and when it came back");
    Ok(())
}
