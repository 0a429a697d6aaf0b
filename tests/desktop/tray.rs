//! Life in the tray: no window until one is asked for, none left after it is closed, and an end on request.

use anyhow::Result;
use belfry_protocol::Publish;
use belfry_tests::desktop::{Options, Stage};
use belfry_tests::wait::{PATIENCE, until};

#[tokio::test]
async fn the_window_comes_on_a_left_click_and_goes_when_closed() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let mut belfry = stage.start(&["--hidden"]).await?;
    let screen = stage.session.screen();
    assert_eq!(screen.windows_of(belfry.pid).await?, [], "--hidden starts without a window");

    belfry.tray.activate().await?;
    let first = screen.window_of(belfry.pid).await?;
    screen.close(&first).await?;
    screen.no_window_of(belfry.pid).await?;
    assert!(belfry.program.is_running()?, "closing the window leaves the program in the tray");

    belfry.tray.activate().await?;
    screen.window_of(belfry.pid).await?;
    belfry.tray.choose("Quit Belfry").await?;
    assert!(belfry.program.ended(PATIENCE).await?.success());
    Ok(())
}

#[tokio::test]
async fn the_menu_lists_the_newest_and_marks_all_read() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&["--hidden"]).await?;
    for number in 1..=6 {
        let title = format!("Message {number}");
        stage.publish(Publish { kind: "system".into(), title, ..Publish::default() }).await?;
    }
    belfry.tray_shows(6).await?;
    let labels: Vec<String> = belfry.tray.menu().await?.into_iter().map(|item| item.label).collect();
    let newest: Vec<&String> = labels.iter().filter(|label| label.contains("Message ")).collect();
    assert_eq!(newest, ["● Message 6", "● Message 5", "● Message 4", "● Message 3", "● Message 2"]);

    belfry.tray.choose("Mark all as read").await?;
    belfry.tray_shows(0).await
}

#[tokio::test]
async fn a_start_without_hidden_has_a_window_and_the_tray_leads_back_to_it() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let belfry = stage.start(&[]).await?;
    let window = stage.session.screen().window_of(belfry.pid).await?;
    stage.session.run("xdotool", ["windowminimize", &window.id]).await?;
    belfry.tray.choose("Open inbox").await?;
    let id = u64::from_str_radix(window.id.trim_start_matches("0x"), 16)?;
    until("the window in front", || async {
        let active = stage.session.screen().active_window().await?;
        anyhow::ensure!(active == id, "{active:#x} is in front");
        Ok(())
    })
    .await
}
