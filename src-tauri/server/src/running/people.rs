//! Where tokens and users come from when a server starts, and how their files are followed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::folder::Folder;
use super::start::StartError;
use crate::access::Access;
use crate::accounts::{self, Account};
use crate::config::{Config, Tokens};
use crate::tokens::{self, Grant, Mark};

/// A file to follow, and its mark from before it was read.
type Followed = (PathBuf, Option<Mark>);

/// Everybody who may use the server.
pub(super) struct People {
    pub grants: Vec<Grant>,
    pub accounts: Vec<Account>,
    token_file: Option<Followed>,
    users_file: Option<Followed>,
}

impl People {
    /// Reads the files, and makes the first token pair where that is asked for; it is the second result then.
    pub fn find(config: &Config, folder: &Folder) -> Result<(Self, Option<Vec<Grant>>), StartError> {
        let (mut made, mut token_file) = (None, None);
        let grants = match &config.tokens {
            Tokens::Random { users } => tokens::random(users),
            Tokens::Given(grants) => grants.clone(),
            Tokens::File(path) => read_tokens(path, &mut token_file)?,
            Tokens::DataFolder => {
                let path = folder.path().join("tokens");
                made = tokens::create_first(&path)
                    .map_err(|source| StartError::Tokens { path: path.clone(), source })?;
                read_tokens(&path, &mut token_file)?
            }
        };
        let mut people = Self { grants, accounts: Vec::new(), token_file, users_file: None };
        if let Some(path) = &config.users {
            people.users_file = Some((path.clone(), Mark::of(path)));
            people.accounts =
                accounts::read(path).map_err(|source| StartError::Users { path: path.clone(), source })?;
        }
        Ok((people, made))
    }

    /// Keeps `access` as the files say, until `stop`.
    pub fn follow(self, access: &Arc<Access>, tasks: &TaskTracker, stop: &CancellationToken) {
        if let Some((path, mark)) = self.token_file {
            let access = access.clone();
            let take = move |path: &Path| {
                let grants = tokens::read(path)?;
                let lines = grants.len();
                access.replace(grants);
                Ok(lines)
            };
            tasks.spawn(tokens::follow(path, mark, take, stop.clone()));
        }
        if let Some((path, mark)) = self.users_file {
            let access = access.clone();
            let take = move |path: &Path| {
                let accounts = accounts::read(path)?;
                let lines = accounts.len();
                access.replace_accounts(accounts);
                Ok(lines)
            };
            tasks.spawn(tokens::follow(path, mark, take, stop.clone()));
        }
    }
}

fn read_tokens(path: &Path, followed: &mut Option<Followed>) -> Result<Vec<Grant>, StartError> {
    *followed = Some((path.to_owned(), Mark::of(path)));
    tokens::read(path).map_err(|source| StartError::Tokens { path: path.to_owned(), source })
}
