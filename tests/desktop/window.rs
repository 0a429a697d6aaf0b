//! The real window, driven by WebDriver: what is opened is read, the counts fall, and a popup leads to its
//! message.

use anyhow::{Result, ensure};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Options, Stage, WebDriver, popups_in_inbox};
use belfry_tests::wait::until;

fn message(kind: &str, title: &str) -> Publish {
    Publish {
        kind: kind.into(),
        title: title.into(),
        content: Some("One.\n\nTwo.".into()),
        ..Publish::default()
    }
}

/// Waits until `css` has exactly this text.
async fn says(window: &WebDriver, css: &str, text: &str) -> Result<()> {
    until(&format!("{css} to say {text}"), || async {
        let said = window.text(css).await?;
        ensure!(said == text, "it says {said}");
        Ok(())
    })
    .await
}

async fn has(window: &WebDriver, css: &str, count: usize) -> Result<()> {
    until(&format!("{count} {css}"), || async {
        let found = window.count(css).await?;
        ensure!(found == count, "there are {found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn opening_marks_read_and_mark_all_empties_the_bell() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    for (kind, title) in [("reply", "First"), ("system", "Second"), ("notification", "Third")] {
        stage.publish(message(kind, title)).await?;
    }
    let (window, _tray) = stage.drive().await?;
    has(&window, "[role=option]", 3).await?;
    says(&window, ".bell .el-badge__content", "3").await?;

    window.click("[role=option]").await?;
    says(&window, ".bell .el-badge__content", "2").await?;
    has(&window, "[role=option].unread", 2).await?;
    let url = window.url().await?;
    ensure!(url.contains("/inbox?messageId="), "the address is {url}");
    says(&window, "article h2", "Third").await?;

    window.click("button.all").await?;
    has(&window, "[role=option].unread", 0).await?;
    until("no badge", || async {
        let badge = "return [...document.querySelectorAll('.bell .el-badge__content')].filter(e => e.checkVisibility()).length";
        ensure!(window.run(badge).await? == 0, "there is a badge");
        Ok(())
    })
    .await?;
    window.quit().await
}

#[tokio::test]
async fn a_popup_leads_the_open_window_to_its_message() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    stage.prefer(popups_in_inbox()).await?;
    stage.publish(message("system", "Down at six")).await?;
    let (window, _tray) = stage.drive().await?;
    has(&window, "[role=option]", 1).await?;

    ensure!(stage.session.dunst().shown()?.is_empty(), "what was there before the first contact is no news");
    stage.publish(message("system", "Up again")).await?;
    stage.session.dunst().click().await?;
    says(&window, "article h2", "Up again").await?;
    let url = window.url().await?;
    ensure!(url.contains("/inbox?messageId="), "the address is {url}");
    has(&window, "[role=option].unread", 1).await?;
    says(&window, "[role=option].unread bdi", "Down at six").await?;
    window.quit().await
}
