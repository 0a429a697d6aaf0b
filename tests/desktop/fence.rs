//! What the window cannot do, whatever runs in its page: reach the network, run text as a script, leave the
//! program's own page, open another window, or call anything but the four calls. And what never gets into
//! it, or into anything else that outlives the moment: a token.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use belfry_protocol::Publish;
use belfry_tests::desktop::{Options, Session, Stage, WebDriver};
use belfry_tests::wait::until;
use serde_json::{Value, json};

/// Waits for the breach of the content security policy that `attempt` leads to, and names the directive.
async fn breach(window: &WebDriver, attempt: &str) -> Result<Value> {
    let script = format!(
        "const done = arguments[0];
        addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), {{ once: true }});
        // Some attempts throw beside the breach that they report.
        try {{ {attempt} }} catch {{}}"
    );
    window.run_async(&script).await.with_context(|| format!("no breach: {attempt}"))
}

/// What became of a call that goes round the page's own code: `kept` or the reason for which it was refused.
async fn invoke(window: &WebDriver, command: &str, arguments: &Value) -> Result<String> {
    let script = format!(
        "const done = arguments[0];
        window.__TAURI_INTERNALS__.invoke({command}, {arguments})
            .then(() => done('kept'), (reason) => done('refused: ' + JSON.stringify(reason)));",
        command = json!(command),
    );
    let outcome = window.run_async(&script).await?;
    Ok(outcome.as_str().context("no text")?.to_owned())
}

#[tokio::test]
async fn the_page_reaches_no_network_and_runs_no_text() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let (window, _tray) = stage.drive().await?;
    // A server that is there, so that only the policy can be what refuses.
    let health = format!("{}/health", stage.server.api_url());
    for (attempt, directive) in [
        (format!("fetch('{health}').catch(() => {{}})"), "connect-src"),
        (format!("new EventSource('{health}')"), "connect-src"),
        (format!("new Image().src = '{health}'"), "img-src"),
        (
            format!(
                "const frame = document.createElement('iframe'); frame.src = '{health}'; document.body.append(frame)"
            ),
            "frame-src",
        ),
        (
            format!(
                "const far = document.createElement('script'); far.src = '{health}'; document.body.append(far)"
            ),
            "script-src-elem",
        ),
        (
            "const near = document.createElement('script'); near.textContent = 'window.ran = 1'; \
             document.body.append(near)"
                .to_owned(),
            "script-src-elem",
        ),
        (
            "const button = document.createElement('button'); button.setAttribute('onclick', 'window.ran = 1'); \
             document.body.append(button); button.click()"
                .to_owned(),
            "script-src-attr",
        ),
    ] {
        assert_eq!(breach(&window, &attempt).await?, directive, "{attempt}");
    }
    assert_eq!(window.run("return window.ran ?? null").await?, Value::Null);
    window.quit().await
}

#[tokio::test]
async fn the_page_cannot_be_left() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let (window, _tray) = stage.drive().await?;
    let home = until("the inbox", || async {
        let url = window.url().await?;
        ensure!(url.ends_with("/inbox"), "the address is {url}");
        Ok(url)
    })
    .await?;
    let away = stage.server.api_url();
    assert_eq!(window.run(&format!("return window.open('{away}')")).await?, Value::Null);
    for attempt in [
        format!("location.href = '{away}'"),
        "location.href = 'file:///etc/passwd'".to_owned(),
        "location.href = 'data:text/html,gone'".to_owned(),
        format!(
            "const link = document.createElement('a'); link.href = '{away}'; link.target = '_blank'; \
             document.body.append(link); link.click()"
        ),
        format!(
            "const form = document.createElement('form'); form.action = '{away}'; \
             document.body.append(form); form.submit()"
        ),
    ] {
        // A page that was left would be gone, and with it the mark.
        window.run("window.mark = 'here'").await?;
        window.run(&attempt).await?;
        let stayed = "const done = arguments[0]; setTimeout(() => done(window.mark ?? null), 300)";
        assert_eq!(window.run_async(stayed).await?, "here", "{attempt}");
        assert_eq!(window.url().await?, home, "{attempt}");
    }
    assert_eq!(
        stage.session.pages_opened().all().unwrap_or_default(),
        [""; 0],
        "nor does the browser open anything"
    );
    window.quit().await
}

#[tokio::test]
async fn the_page_can_call_the_four_calls_and_no_other() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let (window, _tray) = stage.drive().await?;
    // So that a refusal of the others says something.
    assert_eq!(invoke(&window, "view", &json!({})).await?, "kept");
    for (command, arguments) in [
        ("plugin:event|emit", json!({ "event": "view", "payload": {} })),
        ("plugin:event|emit_to", json!({ "target": { "kind": "Any" }, "event": "view", "payload": {} })),
        ("plugin:window|close", json!({})),
        ("plugin:window|create", json!({ "options": { "label": "second" } })),
        ("plugin:webview|create_webview_window", json!({ "options": { "label": "second" } })),
        ("plugin:app|version", json!({})),
        ("plugin:path|resolve_directory", json!({ "directory": 1 })),
        ("plugin:opener|open_url", json!({ "url": "https://example.org/" })),
        ("plugin:shell|open", json!({ "path": "https://example.org/" })),
        ("no_such_call", json!({})),
    ] {
        let outcome = invoke(&window, command, &arguments).await?;
        ensure!(outcome.starts_with("refused"), "{command}: {outcome}");
    }
    assert_eq!(window.run("return typeof window.__TAURI__").await?, "undefined");
    window.quit().await
}

#[tokio::test]
async fn a_hostile_message_brings_no_markup_of_its_own() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let far = stage.server.api_url();
    let content = format!(
        "<script>window.ran = 1</script><img src=x onerror=\"window.ran = 1\"><iframe src=\"{far}\"></iframe>\n\n\
         [a](javascript:window.ran=1) [b](data:text/html,x) ![c]({far}/pixel.png) <style>*{{display:none}}</style>\n\n\
         <svg onload=\"window.ran = 1\"></svg> <form action=\"{far}\"><input></form>"
    );
    let title = "<b onmouseover=\"window.ran = 1\">T</b>".to_owned();
    stage
        .publish(Publish { kind: "system".into(), title, content: Some(content), ..Publish::default() })
        .await?;
    let (window, _tray) = stage.drive().await?;
    window.click("[role=option]").await?;
    until("the message", || async {
        ensure!(
            window.text("article h2").await?.contains("<b onmouseover"),
            "the title is not shown as text"
        );
        Ok(())
    })
    .await?;
    let foreign = "return [...document.querySelectorAll('article script, article img[src], article iframe, \
        article style, article form, article input, article b, article a[href^=\"javascript\" i], \
        article a[href^=\"data\" i], article [onload], article [onerror]')].map((e) => e.outerHTML)";
    assert_eq!(window.run(foreign).await?, json!([]));
    assert_eq!(window.run("return window.ran ?? null").await?, Value::Null);
    window.quit().await
}

#[tokio::test]
async fn the_token_is_nowhere_but_in_the_keychain_however_much_is_logged() -> Result<()> {
    let stage = Stage::set(Options::default()).await?;
    let needle = "needle-in-the-inbox";
    let publish = Publish { kind: "system".into(), title: needle.into(), ..Publish::default() };
    stage.publish(publish).await?;
    let (window, _tray) = stage.drive_with(&[("BELFRY_LOG", "trace")]).await?;
    window.click("[role=option]").await?;

    let page = "const done = arguments[0];
        const call = (command, rest) => window.__TAURI_INTERNALS__.invoke(command, rest);
        const stores = [{ ...localStorage }, { ...sessionStorage }, document.cookie];
        call('view').then((view) => Promise.all([
            view, call('query', { query: { type: 'message', id: view.newest[0].id } }),
        ])).then((answers) => done(JSON.stringify([document.documentElement.outerHTML, stores, answers])), done);";
    let page = window.run_async(page).await?;
    let page = page.as_str().context("the page says nothing")?;
    let (processes, names) = processes(&stage.session)?;
    ensure!(names.iter().any(|name| name.contains("WebKit")), "no web process among {names:?}");
    let log = log(&stage.profile)?;
    ensure!(log.contains("DEBUG"), "the log is not as loud as it was asked to be");
    ensure!(page.contains(needle), "the search would not find what is there");

    let token = stage.token()?;
    for (sink, text) in [("page", page), ("processes", &processes), ("log", &log), ("output", &window.said())]
    {
        assert!(!text.contains(&token), "the token stands in: {sink}");
    }
    window.quit().await
}

/// Arguments and environments of all processes of the session, and the names of these processes.
fn processes(session: &Session) -> Result<(String, Vec<String>)> {
    let mark = format!("DESKTOP_SESSION_ID={}", session.folder().display());
    let (mut texts, mut names) = (String::new(), Vec::new());
    for process in std::fs::read_dir("/proc")?.flatten() {
        let read = |file: &str| std::fs::read(process.path().join(file)).unwrap_or_default();
        let environment = String::from_utf8_lossy(&read("environ")).into_owned();
        if environment.split('\0').any(|entry| entry == mark) {
            texts.push_str(&environment);
            texts.push_str(&String::from_utf8_lossy(&read("cmdline")));
            names.push(String::from_utf8_lossy(&read("comm")).trim().to_owned());
        }
    }
    Ok((texts, names))
}

fn log(profile: &Path) -> Result<String> {
    let mut text = String::new();
    let folder = belfry_core::settings::profile::Profile::open(profile)?.log_folder();
    for file in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        text.push_str(&String::from_utf8_lossy(&std::fs::read(file?.path())?));
    }
    Ok(text)
}
