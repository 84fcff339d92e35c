//! Taking another key of a server for the one it is known by.

use model::{Account, AccountId, AccountState, AccountStep, OfflineCause, Settings};
use providers::net::KeyPin;

use super::{NotSaved, Office};
use crate::Phone;

/// What refuses a key that nobody can have compared.
const NOT_SHOWN: &str = "the server has not shown that key: look at its fingerprint once more";

impl Office {
    /// Knows the server of an account by the key `found` from now on. Only a key for which the account is offline is taken:
    /// what the user has compared is what he gets.
    ///
    /// # Errors
    /// When the server has not shown that key, or the settings cannot be saved.
    pub async fn accept_key(&self, phone: &Phone, account: &AccountId, found: &str) -> Result<(), NotSaved> {
        let mut settings = Settings::clone(&self.settings.borrow());
        pin(&mut settings, account, found, shown(phone, account)).map_err(NotSaved::because)?;
        self.save(phone, settings).await
    }

    /// The key that the server of an account shows instead of the one it is known by; ten seconds at most.
    pub async fn other_key(&self, account: Account) -> Option<KeyPin> {
        let trial = self.try_account(account, None).await;
        let tls = trial.failed().filter(|failed| failed.step == AccountStep::Tls)?;
        other_key(tls.cause.as_ref()?)
    }
}

/// Pins an account to the key `found`, if it is the one that was `shown`.
///
/// # Errors
/// A sentence that says why not.
pub fn pin(settings: &mut Settings, account: &AccountId, found: &str, shown: Option<KeyPin>) -> Result<(), String> {
    let found: KeyPin = found.parse().map_err(|invalid| format!("{invalid}"))?;
    let Some(account) = settings.accounts.iter_mut().find(|known| known.id == *account) else {
        return Err(format!("there is no account {account}"));
    };
    match account.provider.pin_mut() {
        Some(pin) if shown == Some(found) => *pin = found.to_string(),
        Some(_) | None => return Err(NOT_SHOWN.into()),
    }
    Ok(())
}

/// The key for which the account is offline.
fn shown(phone: &Phone, account: &AccountId) -> Option<KeyPin> {
    let snapshot = phone.snapshot();
    let view = snapshot.accounts.iter().find(|view| view.id == *account)?;
    match &view.state {
        AccountState::Offline { cause, .. } => other_key(cause),
        AccountState::Disabled
        | AccountState::Connecting
        | AccountState::Registering
        | AccountState::Registered
        | AccountState::Ready => None,
    }
}

fn other_key(cause: &OfflineCause) -> Option<KeyPin> {
    match cause {
        OfflineCause::KeyChanged { found, .. } => found.parse().ok(),
        _ => None,
    }
}
