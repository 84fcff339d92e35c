//! Settings are put in force. Nothing waits for a key store: it may ask its user to unlock it, for minutes.

use std::{sync::Arc, time::Duration};

use model::{AccountId, NoticeCode, Refusal, Settings, Trouble};
use store::{KeyStoreError, Secrets};
use tokio::{
    sync::mpsc,
    task::{JoinError, spawn_blocking},
    time::timeout,
};
use tracing::{info_span, warn};

use super::RunLoop;
use crate::{office::of_key_store, spawn::spawn};

/// A key store answers in milliseconds, after a while it is told that this one does not.
const SILENT_AFTER: Duration = Duration::from_secs(10);

/// What came of asking the key store.
pub(crate) enum Asked {
    /// It says nothing so far.
    Silent { number: u32 },
    /// The settings with all secrets that it gave, and why it did not give the others.
    Answered { number: u32, settings: Box<Settings>, failure: Option<Refusal> },
}

/// The questions to the key store. Who asks anew wants no answer to what he asked before.
pub(crate) struct Asking {
    number: u32,
    outbox: mpsc::Sender<Asked>,
}

impl Asking {
    pub(crate) fn new(outbox: mpsc::Sender<Asked>) -> Self {
        Self { number: 0, outbox }
    }

    /// Asks for what the accounts do not have.
    fn ask(&mut self, secrets: Arc<Secrets>, settings: Settings) {
        self.number = self.number.wrapping_add(1);
        let (number, outbox) = (self.number, self.outbox.clone());
        spawn("secrets", info_span!("secrets"), async move {
            let mut asked = spawn_blocking(move || fill(&secrets, settings));
            let answer = match timeout(SILENT_AFTER, &mut asked).await {
                Ok(answer) => answer,
                Err(_) => {
                    // The run loop is gone only when the phone has stopped.
                    let _heard = outbox.send(Asked::Silent { number }).await;
                    asked.await
                }
            };
            match answer {
                Ok((settings, failure)) => {
                    let _heard = outbox.send(Asked::Answered { number, settings: Box::new(settings), failure }).await;
                }
                Err(panicked) => not_asked(&panicked),
            }
        });
    }
}

fn fill(secrets: &Secrets, mut settings: Settings) -> (Settings, Option<Refusal>) {
    let mut failure = None;
    for account in settings.accounts.iter_mut().filter(|account| account.enabled) {
        if let Err(error) = secrets.fill(account) {
            failure = Some(of_key_store(error));
        }
    }
    (settings, failure)
}

fn not_asked(panicked: &JoinError) {
    warn!(%panicked, "the key store could not be asked");
}

impl RunLoop {
    /// Puts a configuration in force for the drivers; call control takes it by itself. Lines whose secrets the key store has
    /// follow when it has given them.
    pub(super) fn configure(&mut self, settings: Settings) {
        self.assistants.configure(&settings);
        self.desk.configure(&settings);
        self.shelf.configure(&settings);
        self.recordings.configure(&settings);
        let incomplete = settings.accounts.iter().filter(|account| account.enabled && !Secrets::are_in(account));
        let asked_for: Vec<AccountId> = incomplete.map(|account| account.id.clone()).collect();
        self.lines.configure(&settings, &asked_for);
        self.sessions.configure(&settings, &asked_for);
        // Also when there is nothing to ask: an older answer is none any more.
        self.asking.ask(Arc::clone(&self.world.secrets), settings);
    }

    pub(super) fn on_secrets(&mut self, asked: Asked) {
        match asked {
            Asked::Silent { number } if number == self.asking.number => {
                let detail = format!("no answer for {} seconds", SILENT_AFTER.as_secs());
                let refusal = of_key_store(KeyStoreError::Failing { detail });
                self.fail(NoticeCode::KeyStore, Trouble::Refused { refusal });
            }
            Asked::Answered { number, settings, failure } if number == self.asking.number => {
                if let Some(refusal) = failure {
                    self.fail(NoticeCode::KeyStore, Trouble::Refused { refusal });
                }
                self.lines.configure(&settings, &[]);
                self.sessions.configure(&settings, &[]);
            }
            // Newer settings are asked for.
            Asked::Silent { .. } | Asked::Answered { .. } => {}
        }
        self.publish();
    }
}
