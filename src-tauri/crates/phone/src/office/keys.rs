//! Taking another key of a server for the one it is known by.

use model::{Account, AccountId, AccountState, AccountStep, OfflineCause, Refusal, Settings, TrialFact};
use providers::net::KeyPin;

use super::Office;
use crate::Phone;

impl Office {
    /// Knows the server of an account by the key `found` from now on. Only a key for which the account is offline is taken:
    /// what the user has compared is what he gets.
    ///
    /// # Errors
    /// When the server has not shown that key, or the settings cannot be saved.
    pub async fn accept_key(&self, phone: &Phone, account: &AccountId, found: &str) -> Result<(), Refusal> {
        let mut settings = Settings::clone(&self.settings.borrow());
        pin(&mut settings, account, found, shown(phone, account))?;
        self.save(phone, settings).await
    }

    /// The key that the server of an account shows instead of the one it is known by; ten seconds at most.
    pub async fn other_key(&self, account: Account) -> Option<KeyPin> {
        let trial = self.try_account(account, None).await;
        let tls = trial.failed().filter(|failed| failed.step == AccountStep::Tls)?;
        let TrialFact::Offline { cause } = &tls.fact else { return None };
        other_key(cause)
    }
}

/// Pins an account to the key `found`, if it is the one that was `shown`.
///
/// # Errors
/// When there is no such account, or the server has not shown that key.
pub fn pin(settings: &mut Settings, account: &AccountId, found: &str, shown: Option<KeyPin>) -> Result<(), Refusal> {
    let found: KeyPin = found.parse().map_err(|_| Refusal::NotAFingerprint)?;
    let account = settings.accounts.iter_mut().find(|known| known.id == *account).ok_or(Refusal::NoAccount)?;
    match account.provider.pin_mut() {
        Some(pin) if shown == Some(found) => *pin = found.to_string(),
        Some(_) | None => return Err(Refusal::KeyNotShown),
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
