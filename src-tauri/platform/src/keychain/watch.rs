//! Notices on the session bus that the Secret Service may answer otherwise than before: it comes or goes, a
//! collection is locked or unlocked, an item is changed or deleted. What it answers then is not known here.
//!
//! A thread of its own sleeps until the bus has something to say. It never calls the service, so that it
//! neither starts one nor waits for one.

use std::num::NonZeroUsize;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const BUS: &str = "org.freedesktop.DBus";

/// Reports changes until nobody listens any more, or until the bus is gone.
pub(super) fn start(changes: mpsc::Sender<()>) {
    let watching = move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            if let Err(error) = runtime.block_on(watch(&changes)) {
                tracing::info!(%error, "the keychain will not be heard when it is unlocked");
            }
        }
        Err(error) => tracing::error!(%error, "the keychain will not be heard when it is unlocked"),
    };
    let thread = std::thread::Builder::new().name("belfry-keywatch".to_owned());
    if let Err(error) = thread.spawn(watching) {
        tracing::error!(%error, "the keychain will not be heard when it is unlocked");
    }
}

async fn watch(changes: &mpsc::Sender<()>) -> Result<(), zbus::Error> {
    let connection = Connection::session().await?;
    let mut news = news(&connection).await?;
    loop {
        let come = tokio::select! {
            come = news.next() => come,
            () = changes.closed() => return Ok(()),
        };
        match come {
            // A full channel holds a report already.
            Some(Ok(_)) => drop(changes.try_send(())),
            // The bus has ended, as it does with the session.
            Some(Err(error)) => {
                tracing::debug!(%error, "the keychain is not heard any more");
                return Ok(());
            }
            None => return Ok(()),
        }
    }
}

/// The signals of the bus about the service's name, and those of the service about its collections
/// (Secret Service API 0.2, sections 2 and 4).
async fn news(
    connection: &Connection,
) -> Result<impl Stream<Item = zbus::Result<Message>> + use<>, zbus::Error> {
    let signal = || MatchRule::builder().msg_type(Type::Signal);
    let owners = signal().sender(BUS).interface(BUS).member("NameOwnerChanged").arg(0, NAME).build()?;
    let service = signal().sender(NAME).path_namespace(PATH).build()?;
    let queue = NonZeroUsize::new(8);
    let owners = MessageStream::for_match_rule(owners, connection, queue).await?;
    let service = MessageStream::for_match_rule(service, connection, queue).await?;
    Ok(futures_util::stream::select(owners, service))
}
