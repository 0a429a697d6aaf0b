//! What a `belfry://` link shows. Links come from anywhere, so nothing here does more than show.

use super::run::Engine;
use crate::action::{Failure, FailureCode, Link, Outcome};
use crate::model::{MessageId, Origin, RemoteId};
use crate::store::StoreError;
use crate::view::RevealOrigin;

impl Engine {
    /// Has the window show what a link names. A message that is not here is shown by its number all the same, for
    /// the window says that it is not; one that is named by its server has none then, and leads to the inbox.
    pub(super) fn show_link(&mut self, link: &Link) -> Result<Outcome, Failure> {
        let done = self.reveal_link(link);
        self.reveal.iter_mut().for_each(|reveal| reveal.origin = RevealOrigin::Link);
        done
    }

    fn reveal_link(&mut self, link: &Link) -> Result<Outcome, Failure> {
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
        let named = match link {
            Link::Message(id) => Some(*id),
            Link::Inbox(_) | Link::Remote { .. } => None,
        };
        self.reveal(message.or(named));
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
