//! Drives the real window through `WebKitWebDriver` (W3C WebDriver), which starts the program itself.
//!
//! One HTTP connection is kept for all commands: the driver ends its session with the connection.

mod keys;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{Program, Session};
use crate::wait::until;

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A program that runs under WebDriver; it is ended when this is dropped.
#[derive(Debug)]
pub struct WebDriver {
    http: reqwest::Client,
    session: String,
    driver: Program,
}

impl WebDriver {
    /// Starts the driver inside the session, and `program` with `arguments` under it; done when its window
    /// is there.
    ///
    /// # Errors
    /// If either does not start.
    pub async fn start(session: &Session, program: &Path, arguments: &[&str]) -> Result<Self> {
        Self::start_with(session, program, arguments, &[]).await
    }

    /// Like [`Self::start`], with further variables in the environment.
    ///
    /// # Errors
    /// If either does not start.
    pub async fn start_with(
        session: &Session,
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let port = free_port().await?;
        let mut command = session.command("WebKitWebDriver");
        command.envs(environment.iter().copied());
        command.args([format!("--port={port}"), "--host=127.0.0.1".to_owned()]);
        // Without these the first command never returns.
        command.envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")]);
        let driver = session.spawn("webdriver", command)?;
        until("WebKitWebDriver", || async { Ok(TcpStream::connect(("127.0.0.1", port)).await.map(drop)?) })
            .await?;

        // Fails where a provider is chosen already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(1)
            .timeout(Duration::from_secs(30))
            .build()?;
        let mut this = Self { http, session: format!("http://127.0.0.1:{port}/session"), driver };
        let options = json!({ "binary": program, "args": arguments });
        let wanted = json!({ "browserName": "wry", "webkitgtk:browserOptions": options });
        let begun =
            this.call(Method::POST, "", Some(json!({ "capabilities": { "alwaysMatch": wanted } }))).await;
        let begun = begun.with_context(|| this.driver.said())?;
        let id = begun.get("sessionId").and_then(Value::as_str).context("no session id")?;
        this.session = format!("{}/{id}", this.session);
        Ok(this)
    }

    /// The address that the window shows.
    ///
    /// # Errors
    /// If the window is gone.
    pub async fn url(&self) -> Result<String> {
        text(self.call(Method::GET, "/url", None).await?)
    }

    /// The title of the page.
    ///
    /// # Errors
    /// If the window is gone.
    pub async fn title(&self) -> Result<String> {
        text(self.call(Method::GET, "/title", None).await?)
    }

    /// How many elements `css` matches.
    ///
    /// # Errors
    /// If the window is gone.
    pub async fn count(&self, css: &str) -> Result<usize> {
        Ok(self.elements(css).await?.len())
    }

    /// The visible texts of all elements that `css` matches.
    ///
    /// # Errors
    /// If the window is gone.
    pub async fn texts(&self, css: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for element in self.elements(css).await? {
            texts.push(text(self.call(Method::GET, &format!("/element/{element}/text"), None).await?)?);
        }
        Ok(texts)
    }

    /// The visible text of the first element that `css` matches.
    ///
    /// # Errors
    /// If there is none.
    pub async fn text(&self, css: &str) -> Result<String> {
        self.texts(css).await?.into_iter().next().with_context(|| format!("nothing matches {css}"))
    }

    /// Clicks on the first element that `css` matches, once it is there and can be clicked.
    ///
    /// # Errors
    /// If it cannot in time.
    pub async fn click(&self, css: &str) -> Result<()> {
        until(&format!("a click on {css}"), || async {
            let elements = self.elements(css).await?;
            let element = elements.first().with_context(|| format!("nothing matches {css}"))?;
            self.call(Method::POST, &format!("/element/{element}/click"), Some(json!({}))).await.map(drop)
        })
        .await
    }

    /// Presses the button, or follows the link, of this name: its text or its spoken label.
    ///
    /// # Errors
    /// If there is none in time that can be clicked.
    pub async fn press(&self, name: &str) -> Result<()> {
        let named = format!("normalize-space(.)={name:?} or @aria-label={name:?}");
        let path = format!("//button[{named}] | //a[{named}] | //label[{named}]");
        until(&format!("a press on {name}"), || async {
            let elements = self.find("xpath", &path).await?;
            let element = elements.first().context("there is none")?;
            // A page that is still being laid out would move it away from under the pointer.
            let stands = json!({ "script": STANDS_STILL, "args": [{ ELEMENT: element }] });
            self.call(Method::POST, "/execute/async", Some(stands)).await?;
            self.call(Method::POST, &format!("/element/{element}/click"), Some(json!({}))).await.map(drop)
        })
        .await
    }

    /// Types `text` over whatever is in the field of this label, or spoken label.
    ///
    /// # Errors
    /// If there is none in time that takes it.
    pub async fn fill(&self, label: &str, text: &str) -> Result<()> {
        let path =
            format!("//input[@id=//label[normalize-space(.)={label:?}]/@for or @aria-label={label:?}]");
        until(&format!("the field {label}"), || async {
            let elements = self.find("xpath", &path).await?;
            let element = elements.first().context("there is none")?;
            // The driver's own way of emptying a field tells the page nothing.
            let select = "arguments[0].focus(); arguments[0].select()";
            let select = json!({ "script": select, "args": [{ ELEMENT: element }] });
            self.call(Method::POST, "/execute/sync", Some(select)).await?;
            let keys = json!({ "text": text });
            self.call(Method::POST, &format!("/element/{element}/value"), Some(keys)).await.map(drop)
        })
        .await
    }

    /// Waits until the page's text has these words.
    ///
    /// # Errors
    /// If it has not in time; with what it has.
    pub async fn says(&self, words: &str) -> Result<()> {
        until(&format!("the words {words:?}"), || async {
            let text = self.text("body").await?;
            ensure!(text.contains(words), "it says {text}");
            Ok(())
        })
        .await
    }

    /// Runs a script in the page; its `return` value comes back.
    ///
    /// # Errors
    /// If it throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        self.call(Method::POST, "/execute/sync", Some(json!({ "script": script, "args": [] }))).await
    }

    /// Runs a script in the page that ends by calling its last argument, `arguments[0]`, with its result.
    ///
    /// # Errors
    /// If it throws, or does not end within the driver's limit.
    pub async fn run_async(&self, script: &str) -> Result<Value> {
        self.call(Method::POST, "/execute/async", Some(json!({ "script": script, "args": [] }))).await
    }

    /// What driver and program have said so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.driver.said()
    }

    /// Writes a picture of the page as PNG, after it has been drawn.
    ///
    /// # Errors
    /// If it cannot be taken or written.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        // Two frames and a moment: with less the picture can be of the frame before.
        let drawn = "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)));";
        self.run_async(drawn).await?;
        let picture = text(self.call(Method::GET, "/screenshot", None).await?)?;
        std::fs::write(file, BASE64_STANDARD.decode(picture)?).with_context(|| file.display().to_string())
    }

    /// Ends the program as the driver does, by closing its window.
    ///
    /// # Errors
    /// If the driver does not answer.
    pub async fn quit(self) -> Result<()> {
        self.call(Method::DELETE, "", None).await.map(drop)
    }

    async fn elements(&self, css: &str) -> Result<Vec<String>> {
        self.find("css selector", css).await
    }

    async fn find(&self, using: &str, what: &str) -> Result<Vec<String>> {
        let query = json!({ "using": using, "value": what });
        let found = self.call(Method::POST, "/elements", Some(query)).await?;
        let found = found.as_array().context("elements are no list")?;
        let id = |element: &Value| Some(element.get(ELEMENT)?.as_str()?.to_owned());
        found.iter().map(|element| id(element).context("an element without an id")).collect()
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.session));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let mut answer: Value = response.json().await?;
        let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
        ensure!(status.is_success(), "{method} {path}: {status}: {value}");
        Ok(value)
    }
}

/// Ends when an element, scrolled to the middle, is at the same place in two frames.
const STANDS_STILL: &str = "const [element, done] = arguments;
    element.scrollIntoView({ block: 'center' });
    let last = '';
    const look = () => {
        const place = JSON.stringify(element.getBoundingClientRect());
        if (place === last) return done();
        last = place;
        requestAnimationFrame(() => requestAnimationFrame(look));
    };
    look();";

/// A port that nobody uses now; the driver cannot be told to pick one itself.
async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port())
}

fn text(value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(anyhow!("{other} is no text")),
    }
}
