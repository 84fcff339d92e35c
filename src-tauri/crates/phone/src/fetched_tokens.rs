//! Tokens that lines fetched, on their way into the key store: one after another, for a newer one must not be overtaken.

use std::sync::Arc;

use model::{AccountId, Secret, SecretKey};
use store::{KeptIn, KeyStoreError, Secrets};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};
use tracing::{debug, info_span, warn};

use crate::spawn::spawn;

/// Tokens that may wait while the user is asked to unlock his key store; an account fetches one in minutes.
const WAITING: usize = 64;

/// The way into the key store.
pub(crate) struct FetchedTokens {
    inbox: mpsc::Sender<(AccountId, Option<Secret>)>,
    task: JoinHandle<()>,
}

impl FetchedTokens {
    pub(crate) fn start(secrets: Arc<Secrets>) -> Self {
        let (inbox, mut wanted) = mpsc::channel(WAITING);
        let task = spawn("fetched tokens", info_span!("fetched tokens"), async move {
            while let Some((account, token)) = wanted.recv().await {
                let secrets = Arc::clone(&secrets);
                match spawn_blocking(move || keep(&secrets, account, token)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => warn!(%error, "a token that is no good is still in the key store"),
                    Err(failed) => warn!(%failed, "the key store could not be asked"),
                }
            }
        });
        Self { inbox, task }
    }

    /// Keeps the token of an account in the place of an earlier one; with none, only forgets that.
    pub(crate) fn keep(&self, account: AccountId, token: Option<Secret>) {
        if self.inbox.try_send((account, token)).is_err() {
            warn!("a token is not kept: the key store is too slow");
        }
    }

    /// Ends when all of them are kept.
    pub(crate) async fn written(self) {
        drop(self.inbox);
        if let Err(failed) = self.task.await {
            warn!(%failed, "fetched tokens could not be kept");
        }
    }
}

fn keep(secrets: &Secrets, account: AccountId, token: Option<Secret>) -> Result<(), KeyStoreError> {
    let key = SecretKey::FetchedToken { account };
    let Some(token) = token else { return secrets.remove(&key) };
    if let KeptIn::ThisRun { because: Some(error) } = secrets.set(key, token) {
        debug!(%error, "a token is kept for this run only");
    }
    Ok(())
}
