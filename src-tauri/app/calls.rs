//! The four calls of the window, and the one event that it gets. Nothing is decided here.

use std::fmt;
use std::time::Duration;

use belfry_core::action::{Action, Answer, Failure, Outcome, Query};
use belfry_core::engine::{EngineHandle, Pace};
use belfry_core::model::{SourceId, Token};
use belfry_core::view::View;
use serde::{Deserialize, Deserializer};
use tauri::ipc::Invoke;
use tauri::{AppHandle, Emitter, Manager, State, Wry};
use zeroize::Zeroizing;

use crate::desktop::Desktop;
use crate::window::{self, Look};

/// The event that carries the whole [`View`].
const EVENT: &str = "view";

/// The shortest time between two such events.
const GAP: Duration = Duration::from_millis(100);

/// Answers the window's calls.
pub fn answer() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![view, query, act, secret]
}

#[tauri::command]
fn view(engine: State<'_, EngineHandle>) -> View {
    View::clone(&engine.view())
}

#[tauri::command]
async fn query(engine: State<'_, EngineHandle>, query: Query) -> Result<Answer, Failure> {
    engine.query(query).await
}

#[tauri::command]
async fn act(engine: State<'_, EngineHandle>, action: Action) -> Result<Outcome, Failure> {
    engine.act(action).await
}

#[tauri::command]
async fn secret(
    engine: State<'_, EngineHandle>,
    source: SourceId,
    token: Incoming,
) -> Result<Outcome, Failure> {
    engine.secret(source, token.0).await
}

/// A token on its way in. The text that it was read from is overwritten; what the web engine and the
/// call's own message still hold of it is out of reach here.
struct Incoming(Token);

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Incoming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Ok(Self(Token::new(&text)))
    }
}

/// Keeps the window up to date for as long as the engine runs: hands each view on, at most ten a
/// second and always the last, and changes the window's look with it. Without a window it does nothing.
pub async fn publish(app: AppHandle, engine: EngineHandle) {
    let mut views = Pace::new(engine.views(), GAP);
    let mut themes = app.state::<Desktop>().themes();
    let mut worn = None;
    loop {
        tokio::select! {
            view = views.next() => {
                let Ok(view) = view else { return };
                worn = hand_on(&app, &view, worn);
            }
            Ok(()) = themes.changed() => worn = dress(&app, &Look::of(&engine.view()), None),
        }
    }
}

fn hand_on(app: &AppHandle, view: &View, worn: Option<Look>) -> Option<Look> {
    if app.get_webview_window(window::LABEL).is_some()
        && let Err(error) = app.emit_to(window::LABEL, EVENT, view)
    {
        tracing::warn!("the window did not get the view: {error}");
    }
    dress(app, &Look::of(view), worn)
}

/// Puts a look on the window unless it wears it already; gives back what it wears.
fn dress(app: &AppHandle, look: &Look, worn: Option<Look>) -> Option<Look> {
    let window = app.get_webview_window(window::LABEL)?;
    if worn.as_ref() != Some(look) {
        look.put_on(&window);
    }
    Some(look.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incoming_token_is_trimmed_and_never_printed() {
        let incoming: Incoming = serde_json::from_str("\" s3cret\\n\"").unwrap();
        assert_eq!(incoming.0.expose(), "s3cret");
        assert!(!format!("{incoming:?}").contains("s3cret"));
    }

    #[test]
    fn a_failure_reaches_the_window_as_code_and_message() {
        use belfry_core::action::FailureCode;
        let failure = Failure::new(FailureCode::NoPage, "no page");
        let json = serde_json::to_value(&failure).unwrap();
        assert_eq!(json, serde_json::json!({ "code": "no_page", "message": "no page" }));
    }
}
