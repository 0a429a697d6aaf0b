//! What people do in the real window by keyboard alone: nothing here touches the mouse. Wherever a key leads, the focus
//! is somewhere, and is seen.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use belfry_core::settings::profile::Profile;
use belfry_protocol::Publish;
use belfry_server::Config;
use belfry_tests::desktop::{Options, Stage, WebDriver};
use belfry_tests::wait::until;

/// The messages' titles, oldest first.
const TITLES: [&str; 4] = ["服务器今晚维护", "Backup finished", "有人回复了你", "Report is ready"];

/// Tells where the focus is, or what is wrong with it: nowhere, out of sight, or not to be seen by a ring.
const FOCUS: &str = "
    const at = document.activeElement;
    if (!at || at === document.body) return { wrong: 'the focus is nowhere' };
    const host = at.closest('.el-input__wrapper, .el-switch, .el-radio-button, .el-checkbox, .field');
    const ringed = [at, host, at.role === 'listbox' ? at.querySelector('.row.active') : null];
    const drawn = (element) => element !== null && [element, ...element.children].some((part) => {
        const style = getComputedStyle(part);
        return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    });
    const name = at.role ?? at.tagName.toLowerCase();
    if (!at.checkVisibility({ visibilityProperty: true })) return { wrong: `the focus is out of sight, at ${name}` };
    if (!ringed.some(drawn)) return { wrong: `the focus is not seen at ${at.outerHTML.slice(0, 160)}` };
    return { name, words: (at.ariaLabel ?? at.textContent).trim() };";

/// A window with [`TITLES`] in its list, and nobody at the mouse.
async fn window(stage: &Stage) -> Result<WebDriver> {
    for title in TITLES {
        let body = Some("One.\n\nTwo.".to_owned());
        let message =
            Publish { kind: "system".into(), title: title.into(), content: body, ..Publish::default() };
        stage.publish(message).await?;
    }
    let (window, _tray) = stage.drive().await?;
    lists(&window, &[3, 2, 1, 0]).await?;
    Ok(window)
}

/// Presses keys one by one; after each the focus is seen somewhere.
async fn press(window: &WebDriver, chords: &[&str]) -> Result<()> {
    for chord in chords {
        window.keys(&[chord]).await?;
        until(&format!("the focus after {chord}"), || async {
            let focus = window.run(FOCUS).await?;
            ensure!(focus.get("wrong").is_none(), "{focus}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Waits until the focus is at something of this role or element.
async fn focused(window: &WebDriver, name: &str) -> Result<()> {
    until(&format!("the focus at a {name}"), || async {
        let focus = window.run(FOCUS).await?;
        ensure!(focus.get("name").is_some_and(|at| at == name), "it is at {focus}");
        Ok(())
    })
    .await
}

/// Waits until the focus is at what says these words.
async fn focused_on(window: &WebDriver, words: &str) -> Result<()> {
    until(&format!("the focus on {words}"), || async {
        let focus = window.run(FOCUS).await?;
        ensure!(focus.get("words").is_some_and(|said| said == words), "it is at {focus}");
        Ok(())
    })
    .await
}

/// Waits until the list has these of [`TITLES`].
async fn lists(window: &WebDriver, titles: &[usize]) -> Result<()> {
    let titles: Vec<&str> = titles.iter().map(|index| TITLES[*index]).collect();
    until(&format!("a list of {titles:?}"), || async {
        let listed = window.texts("[role=option] .title").await?;
        ensure!(listed == titles, "it has {listed:?}");
        Ok(())
    })
    .await
}

/// Waits until a message is open.
async fn reads(window: &WebDriver, title: &str) -> Result<()> {
    until(&format!("{title} open"), || async {
        let shown = window.text("article h2").await?;
        ensure!(shown == title, "it shows {shown}");
        Ok(())
    })
    .await
}

/// Waits until the window's title, and with it every count, says how much is unread.
async fn unread(window: &WebDriver, count: usize) -> Result<()> {
    let wanted = if count == 0 { "Belfry".to_owned() } else { format!("({count}) Belfry") };
    until(&format!("the title {wanted}"), || async {
        let title = window.run("return document.title").await?;
        ensure!(title == wanted, "it is {title}");
        Ok(())
    })
    .await
}

/// Waits until it is said how many are chosen. Of a part that may be shortened WebKit's driver does not find the text.
async fn chosen(window: &WebDriver, words: &str) -> Result<()> {
    let script = "const count = document.querySelector('[role=toolbar] [role=status]');
                  return count?.checkVisibility() && count.clientWidth > 40 ? count.textContent.trim() : ''";
    until(&format!("the words {words}"), || async {
        let said = window.run(script).await?;
        ensure!(said == words, "it says {said}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_unread_are_read_through_one_after_the_other() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let window = window(&stage).await?;
    press(&window, &["n"]).await?;
    reads(&window, TITLES[3]).await?;
    unread(&window, 3).await?;
    press(&window, &["j", "j", "k", "Enter"]).await?;
    reads(&window, TITLES[2]).await?;
    unread(&window, 2).await?;
    for left in [1, 0] {
        press(&window, &["n"]).await?;
        unread(&window, left).await?;
    }
    reads(&window, TITLES[0]).await?;
    // What was read by having been seen comes back by the key that undoes.
    press(&window, &["Ctrl+z"]).await?;
    unread(&window, 1).await?;
    press(&window, &["u"]).await?;
    unread(&window, 0).await?;
    focused(&window, "listbox").await?;
    window.quit().await
}

#[tokio::test]
async fn several_are_chosen_put_away_and_brought_back() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let window = window(&stage).await?;
    press(&window, &["j", "Shift+ArrowDown"]).await?;
    chosen(&window, "2 selected").await?;
    press(&window, &["Shift+ArrowDown", "Shift+ArrowUp", "e"]).await?;
    window.says("Archived · 2 messages").await?;
    lists(&window, &[1, 0]).await?;
    focused(&window, "listbox").await?;
    press(&window, &["Ctrl+z"]).await?;
    lists(&window, &[3, 2, 1, 0]).await?;
    unread(&window, 4).await?;
    focused(&window, "listbox").await?;
    press(&window, &["Ctrl+a"]).await?;
    chosen(&window, "4 selected").await?;
    press(&window, &["Escape", "Ctrl+a", "Delete"]).await?;
    window.says("Nothing here yet").await?;
    press(&window, &["Ctrl+z"]).await?;
    lists(&window, &[3, 2, 1, 0]).await?;
    focused(&window, "listbox").await?;
    window.quit().await
}

#[tokio::test]
async fn a_search_for_chinese_words_and_the_way_back() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let window = window(&stage).await?;
    press(&window, &["/"]).await?;
    focused_on(&window, "Search messages").await?;
    window.types("维护").await?;
    lists(&window, &[0]).await?;
    assert_eq!(window.texts("mark").await?, ["维护"]);
    press(&window, &["ArrowDown", "Enter"]).await?;
    reads(&window, TITLES[0]).await?;
    press(&window, &["/"]).await?;
    window.types("backup 回复").await?;
    window.says("Nothing found").await?;
    press(&window, &["Escape"]).await?;
    lists(&window, &[3, 2, 1, 0]).await?;
    press(&window, &["Escape"]).await?;
    focused(&window, "listbox").await?;
    window.quit().await
}

#[tokio::test]
async fn the_palette_leads_to_a_setting_and_two_keys_lead_back() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let window = window(&stage).await?;
    press(&window, &["j", "Ctrl+k"]).await?;
    window.types("storage").await?;
    press(&window, &["Enter"]).await?;
    window.says("Export").await?;
    press(&window, &["Tab", "g", "i"]).await?;
    lists(&window, &[3, 2, 1, 0]).await?;
    focused(&window, "listbox").await?;
    press(&window, &["Ctrl+k"]).await?;
    // In the other language the same thing is found.
    window.types("深色").await?;
    press(&window, &["Enter"]).await?;
    until("a dark page", || async {
        let theme = window.run("return document.documentElement.dataset.theme").await?;
        ensure!(theme == "dark", "it is {theme}");
        Ok(())
    })
    .await?;
    focused(&window, "listbox").await?;
    press(&window, &["?", "Escape"]).await?;
    focused(&window, "listbox").await?;
    window.quit().await
}

#[tokio::test]
async fn one_is_pinned_another_put_off_and_brought_back() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let window = window(&stage).await?;
    press(&window, &["j", "p"]).await?;
    window.says("Pinned").await?;
    press(&window, &["j", "s"]).await?;
    focused_on(&window, "In an hour").await?;
    press(&window, &["Escape"]).await?;
    press(&window, &["s"]).await?;
    focused_on(&window, "In an hour").await?;
    press(&window, &["Tab", "Tab", "Enter"]).await?;
    lists(&window, &[3, 1, 0]).await?;
    unread(&window, 3).await?;
    focused(&window, "listbox").await?;
    press(&window, &["Ctrl+z"]).await?;
    lists(&window, &[3, 2, 1, 0]).await?;
    unread(&window, 4).await?;
    window.quit().await
}

/// A minute is what a first run may take; the rest of it is for reading.
#[tokio::test]
async fn the_first_run_is_short_and_goes_without_a_mouse() -> Result<()> {
    let stage = Stage::bare(Options::default(), Config::default()).await?;
    let body = Publish { kind: "system".into(), title: TITLES[1].into(), ..Publish::default() };
    stage.publish(body).await?;
    let begin = Instant::now();
    let window = stage.open_window(&[]).await?;
    window.says("Connect your first message server").await?;
    let there = begin.elapsed();
    let mut keys = 0;
    let mut controls = 0;
    for (label, text) in
        [("Name", "Forum"), ("Address of the API", &stage.server.api_url()), ("Token", &stage.token()?)]
    {
        while !at_field(&window, label).await? {
            press(&window, &["Tab"]).await?;
            controls += 1;
            ensure!(controls < 40, "no way leads to {label}");
        }
        window.types(text).await?;
        keys += text.chars().count();
    }
    press(&window, &["Enter"]).await?;
    lists(&window, &[1]).await?;
    let whole = begin.elapsed();
    press(&window, &["n"]).await?;
    reads(&window, TITLES[1]).await?;
    println!(
        "the first run, from the start of the program to its first message: {} ms, {} ms of them until the window \
         is there; {controls} × Tab, {keys} signs in 3 fields, 1 × Enter",
        whole.as_millis(),
        there.as_millis()
    );
    ensure!(whole < Duration::from_secs(60), "the first run takes {whole:?}");
    let profile = Profile::open(&stage.profile)?;
    ensure!(profile.settings_path().exists(), "nothing is kept of it");
    window.quit().await
}

/// Whether the field of this label has the focus.
async fn at_field(window: &WebDriver, label: &str) -> Result<bool> {
    let script = format!(
        "const at = document.activeElement;
         return document.querySelector(`label[for=\"${{at?.id}}\"]`)?.textContent.trim() === {label:?}"
    );
    window.run(&script).await?.as_bool().context("no answer")
}
