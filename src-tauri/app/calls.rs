//! The four calls of the window, and the one event that it gets. Nothing is decided here.

use std::time::Duration;

use belfry_core::action::{Action, Answer, Credentials, Failure, Outcome, Query, SecretOutcome, SecretUse};
use belfry_core::engine::{EngineHandle, Haste, Pace};
use belfry_core::model::{SecretText, Token};
use belfry_core::view::View;
use serde::{Deserialize, Deserializer};
use tauri::ipc::Invoke;
use tauri::{AppHandle, Emitter, Manager, State, Wry};
use zeroize::Zeroizing;

use crate::desktop::Desktop;
use crate::window::{self, Look};

/// The event that carries the whole [`View`].
const EVENT: &str = "view";

/// The shortest time between two such events that nobody in the window waits for.
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
async fn act(
    engine: State<'_, EngineHandle>,
    haste: State<'_, Haste>,
    action: Action,
) -> Result<Outcome, Failure> {
    let outcome = engine.act(action).await;
    haste.now();
    outcome
}

#[tauri::command]
async fn secret(
    engine: State<'_, EngineHandle>,
    haste: State<'_, Haste>,
    what: SecretUse,
    credentials: Incoming,
) -> Result<SecretOutcome, Failure> {
    let outcome = engine.secret(what, credentials.into()).await;
    haste.now();
    outcome
}

/// Credentials on their way in. The text that they were read from is overwritten; what the web engine and the
/// call's own message still hold of it is out of reach here.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    Token { token: Wiped },
    Password { user: String, password: Wiped },
    Kept,
}

/// A text that is overwritten when it is dropped.
struct Wiped(Zeroizing<String>);

impl<'de> Deserialize<'de> for Wiped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl From<Incoming> for Credentials {
    fn from(incoming: Incoming) -> Self {
        match incoming {
            Incoming::Token { token } => Self::Token(Token::new(&token.0)),
            Incoming::Password { user, mut password } => {
                Self::Password { user, password: SecretText::new(std::mem::take(&mut *password.0)) }
            }
            Incoming::Kept => Self::Kept,
        }
    }
}

/// Keeps the window up to date for as long as the engine runs: hands each view on, at most ten a
/// second, the one that the window's own act made at once, and always the last, and changes the window's look with it.
/// Without a window it does nothing.
pub async fn publish(app: AppHandle, engine: EngineHandle) {
    let mut views = Pace::new(engine.views(), GAP).hurried(&app.state::<Haste>());
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
        let incoming: Incoming = serde_json::from_str(r#"{"type":"token","token":" s3cret\n"}"#).unwrap();
        let credentials = Credentials::from(incoming);
        assert!(matches!(&credentials, Credentials::Token(token) if token.expose() == "s3cret"));
        assert!(!format!("{credentials:?}").contains("s3cret"));
        let json = r#"{"type":"password","user":"ann","password":" s3cret "}"#;
        let credentials = Credentials::from(serde_json::from_str::<Incoming>(json).unwrap());
        assert!(
            matches!(&credentials, Credentials::Password { password, .. } if password.expose() == " s3cret ")
        );
        assert!(!format!("{credentials:?}").contains("s3cret"));
    }

    #[test]
    fn a_failure_reaches_the_window_as_code_and_message() {
        use belfry_core::action::FailureCode;
        let failure = Failure::new(FailureCode::NoPage, "no page");
        let json = serde_json::to_value(&failure).unwrap();
        assert_eq!(json, serde_json::json!({ "code": "no_page", "message": "no page" }));
    }
}
