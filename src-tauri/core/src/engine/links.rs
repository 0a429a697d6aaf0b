//! What a `belfry://` link shows. Links come from anywhere, so nothing here does more than show.

use super::run::Engine;
use crate::action::{Failure, FailureCode, Link, Outcome};
use crate::model::{MessageId, Origin, RemoteId};
use crate::store::StoreError;

impl Engine {
    /// Has the window show what a link names; the inbox where that is not here.
    pub(super) fn show_link(&mut self, link: &Link) -> Result<Outcome, Failure> {
        let found = match link {
            Link::Inbox(tab) => {
                self.reveal_tab(tab.clone());
                return Ok(Outcome::Done);
            }
            Link::Message(id) => self.store.message(*id).map(|message| message.map(|message| message.id)),
            Link::Remote { source, id } => self.find_remote(source, id),
        };
        let message = found.unwrap_or_else(|error| {
            tracing::error!(%error, "a link's message could not be looked up");
            None
        });
        self.reveal(message);
        let missing = || Failure::new(FailureCode::NotFound, "the link's message is not here");
        message.map(|_| Outcome::Done).ok_or_else(missing)
    }

    /// The newest message with this id of a server's, among the sources of that origin.
    fn find_remote(&self, origin: &Origin, id: &RemoteId) -> Result<Option<MessageId>, StoreError> {
        let mut found = None;
        for source in &self.settings.sources {
            if source.url.origin() == *origin || source.site().origin() == *origin {
                found = found.max(self.store.find(source.id, id)?);
            }
        }
        Ok(found)
    }
}
