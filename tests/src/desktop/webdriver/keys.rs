//! Keys pressed in the window as a hand would press them (W3C WebDriver, actions of a key input source).

use anyhow::Result;
use reqwest::Method;
use serde_json::json;

use super::WebDriver;

impl WebDriver {
    /// Presses keys, as a hand would that touches nothing else: each after the other, `Ctrl+` and `Shift+` held down
    /// before it. A key is a sign, or has the name that a browser gives it.
    ///
    /// # Errors
    /// If the window is gone.
    pub async fn keys(&self, chords: &[&str]) -> Result<()> {
        let mut steps = Vec::new();
        for chord in chords {
            let (held, key) = held_and_key(chord);
            let step = |kind: &str, key: &str| json!({ "type": kind, "value": key });
            steps.extend(held.iter().map(|key| step("keyDown", key)));
            steps.extend([step("keyDown", &key), step("keyUp", &key)]);
            steps.extend(held.iter().rev().map(|key| step("keyUp", key)));
        }
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": steps });
        self.call(Method::POST, "/actions", Some(json!({ "actions": [keyboard] }))).await.map(drop)
    }

    /// Types a text, sign by sign, into whatever has the focus.
    ///
    /// # Errors
    /// If the window is gone.
    pub async fn types(&self, text: &str) -> Result<()> {
        let signs: Vec<String> = text.chars().map(String::from).collect();
        self.keys(&signs.iter().map(String::as_str).collect::<Vec<_>>()).await
    }
}

/// The keys that are held down for a chord, and the key itself, by their code points in the standard (WebDriver,
/// section 17.4.2).
fn held_and_key(chord: &str) -> (Vec<&'static str>, String) {
    let mut held = Vec::new();
    let mut rest = chord;
    for (name, code) in [("Ctrl+", "\u{e009}"), ("Shift+", "\u{e008}")] {
        if let Some(key) = rest.strip_prefix(name) {
            held.push(code);
            rest = key;
        }
    }
    let key = match rest {
        "Enter" => "\u{e007}",
        "Tab" => "\u{e004}",
        "Escape" => "\u{e00c}",
        "Space" => " ",
        "ArrowUp" => "\u{e013}",
        "ArrowDown" => "\u{e015}",
        "Home" => "\u{e011}",
        "End" => "\u{e010}",
        "Delete" => "\u{e017}",
        sign => sign,
    };
    (held, key.to_owned())
}
