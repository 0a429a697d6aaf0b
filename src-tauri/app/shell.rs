//! The desktop side of a running engine: Tauri's main loop, and the tasks that follow the view.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use belfry_core::action::{Action, Attention, Credentials, Link, SecretUse};
use belfry_core::engine::{EngineHandle, Haste, SettingsOf};
use belfry_core::model::ActivationToken;
use belfry_core::ports::BoxFuture;
use belfry_platform::instance::{Front, Host, Raise, Server, Serving};
use tauri::{AppHandle, Manager, RunEvent, WindowEvent};

use crate::desktop::Desktop;
use crate::end::{self, Ending};
use crate::start::Started;
use crate::window::{self, Inbox, Opening};
use crate::{calls, tray};

/// What the program does first.
#[derive(Debug, Clone)]
pub struct First {
    /// Whether it opens its window.
    pub opening: Opening,
    /// What a link asks to be shown.
    pub link: Option<Link>,
}

/// Shows a running engine on the desktop until the user or the system ends the program.
///
/// # Errors
/// If the main loop cannot be made.
pub fn run(started: Started, first: First) -> tauri::Result<ExitCode> {
    let Started { engine, profile, socket, mut demo } = started;
    let inbox = Arc::new(Inbox::new(profile.folder.join("webview")));
    let sign_in = demo.as_mut().and_then(|demo| demo.sign_in.take());

    let app = tauri::Builder::default()
        .invoke_handler(calls::answer())
        .manage(engine.clone())
        .manage(Haste::default())
        .manage(inbox.clone())
        .manage(Ending::default())
        .manage(serve(socket, engine.clone(), inbox.clone()))
        .setup(move |app| {
            app.manage(Desktop::look());
            follow(app.handle(), &engine, first);
            if let Some((source, token)) = sign_in {
                tauri::async_runtime::spawn(async move {
                    if let Err(failure) =
                        engine.secret(SecretUse::Keep { source }, Credentials::Token(token)).await
                    {
                        tracing::error!("the demo could not sign in: {failure}");
                    }
                });
            }
            Ok(())
        })
        .build(crate::context())?;

    let code = app.run_return(move |app, event| match event {
        // The last window was closed: the program stays in the tray.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } if label == window::LABEL => {
            inbox.closed.notify_one();
            // The page has no chance to say so.
            let engine = app.state::<EngineHandle>().inner().clone();
            tauri::async_runtime::spawn(async move {
                let _ = engine.act(Action::Attend { to: Attention::Elsewhere }).await;
            });
        }
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            // The system hands links to the running program itself. What is none of ours is no link.
            for link in urls.iter().filter_map(|url| url.as_str().parse().ok()) {
                let engine = app.state::<EngineHandle>().inner().clone();
                tauri::async_runtime::spawn(async move { show(&engine, Some(link)).await });
            }
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => {
            let engine = app.state::<EngineHandle>().inner().clone();
            tauri::async_runtime::spawn(async move { show(&engine, None).await });
        }
        _ => {}
    });
    if let Some(demo) = demo {
        demo.stop();
    }
    tracing::info!(code, "ended");
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Serves the profile's socket to second starts and to `belfryctl`.
fn serve(socket: io::Result<Server>, engine: EngineHandle, inbox: Arc<Inbox>) -> Option<Serving> {
    let socket = match socket {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!("a second start and belfryctl cannot reach this program: {error}");
            return None;
        }
    };
    let front = Some(Arc::new(Door { engine: engine.clone(), inbox }) as Arc<dyn Front>);
    Some(tauri::async_runtime::block_on(async {
        socket.serve(Host { engine, front, settings: SettingsOf::Profile })
    }))
}

/// Where second starts come in.
struct Door {
    engine: EngineHandle,
    inbox: Arc<Inbox>,
}

impl Front for Door {
    fn raise(&self, Raise { link, activation }: Raise) -> BoxFuture<'static, ()> {
        self.inbox.may_take_focus(activation.and_then(ActivationToken::new));
        let engine = self.engine.clone();
        Box::pin(async move { show(&engine, link).await })
    }
}

/// Shows what a link leads to, or the inbox as it is.
async fn show(engine: &EngineHandle, link: Option<Link>) {
    let action = link.map_or(Action::ShowInbox, |link| Action::Show { link });
    if let Err(failure) = engine.act(action).await {
        tracing::info!("a link leads to nothing that is here: {failure}");
    }
}

/// Starts what follows the view, and what waits for the system.
fn follow(app: &AppHandle, engine: &EngineHandle, first: First) {
    let spawn = tauri::async_runtime::spawn::<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>;
    spawn(Box::pin(window::reveal(app.clone(), engine.clone(), first.opening)));
    spawn(Box::pin(tray::run(app.clone(), engine.clone())));
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    spawn(Box::pin(crate::launcher::run(app.clone(), engine.clone())));
    spawn(Box::pin(calls::publish(app.clone(), engine.clone())));
    spawn(Box::pin(end::with_engine(app.clone(), engine.clone())));
    spawn(Box::pin(end::on_signal(app.clone())));
    let desktop = app.clone();
    spawn(Box::pin(async move { desktop.state::<Desktop>().follow().await }));
    if let Some(link) = first.link {
        let engine = engine.clone();
        spawn(Box::pin(async move { show(&engine, Some(link)).await }));
    }
}
