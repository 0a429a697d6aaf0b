//! A Secret Service whose collection is locked and whose prompts nobody ever answers, as on a machine
//! where nobody can be asked (Secret Service API 0.2). It has no items.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::StreamExt;
use tokio::task::JoinHandle;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, ObjectPath, Variant};

const SERVICE: &str = "org.freedesktop.secrets";
const SESSION: &str = "/org/freedesktop/secrets/session/1";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/1";

/// The running service; ends when dropped.
pub struct Stubborn {
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    open: AtomicBool,
    prompts: AtomicUsize,
}

impl Stubborn {
    /// Takes the service's name on the session bus.
    pub async fn start() -> Self {
        let connection = Connection::session().await.unwrap();
        let calls = MessageStream::from(&connection);
        connection.request_name(SERVICE).await.unwrap();
        let state = Arc::new(State::default());
        let task = tokio::spawn(answer(connection, calls, Arc::clone(&state)));
        Self { state, task }
    }

    /// How often it has been asked to prompt.
    pub fn prompts(&self) -> usize {
        self.state.prompts.load(Ordering::SeqCst)
    }

    /// Somebody else opens the collection.
    pub fn open(&self) {
        self.state.open.store(true, Ordering::SeqCst);
    }
}

impl Drop for Stubborn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(connection: Connection, mut calls: MessageStream, state: Arc<State>) {
    while let Some(Ok(call)) = calls.next().await {
        let header = call.header();
        if header.message_type() != Type::MethodCall {
            continue;
        }
        let none: Vec<ObjectPath<'_>> = Vec::new();
        let path = |path: &'static str| ObjectPath::from_static_str(path).unwrap();
        let sent = match header.member().unwrap().as_str() {
            "OpenSession" => connection.reply(&header, &(session_key(&call), path(SESSION))).await,
            "ReadAlias" => connection.reply(&header, &path(COLLECTION)).await,
            "SearchItems" => connection.reply(&header, &(&none, &none)).await,
            "Unlock" => connection.reply(&header, &(&none, path(PROMPT))).await,
            "Get" => {
                let locked = !state.open.load(Ordering::SeqCst);
                connection.reply(&header, &Variant::from(locked)).await
            }
            "GetAll" => connection.reply(&header, &HashMap::<String, Variant<'_>>::new()).await,
            "Prompt" => {
                // The reply says that the prompt is shown; the signal that says how it ended never comes.
                state.prompts.fetch_add(1, Ordering::SeqCst);
                connection.reply(&header, &()).await
            }
            other => panic!("nobody should call {other} on a locked collection"),
        };
        sent.unwrap();
    }
}

/// What a service answers to the opening of a session: nothing for a plain one, else a public key.
fn session_key(call: &Message) -> Variant<'static> {
    let body = call.body();
    let (algorithm, _input): (&str, Variant<'_>) = body.deserialize().unwrap();
    if algorithm == "plain" { Variant::from("") } else { Variant::from(vec![2_u8; 128]) }
}
