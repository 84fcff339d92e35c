//! Secrets at rest: the key store of the desktop, and what is known for this run only.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use model::{Account, AccountId, IceServer, KeptWhere, Password, Secret, SecretKey};

/// The name under which the key store lists what is ours.
const SERVICE: &str = "sidetone";

/// Where secrets are kept; one of the seams of the world. Calls may block while the user is asked to unlock it.
pub trait SecretStore: Send + Sync {
    /// The secret; `None` when there is none under this key.
    fn get(&self, key: &SecretKey) -> Result<Option<Secret>, KeyStoreError>;

    /// Keeps a secret, in the place of an older one.
    fn set(&self, key: &SecretKey, secret: &Secret) -> Result<(), KeyStoreError>;

    /// Forgets a secret; fine when there was none.
    fn delete(&self, key: &SecretKey) -> Result<(), KeyStoreError>;
}

/// Why the key store did not do what was asked. It never quotes a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// There is none, as on a machine without a desktop. Looking again helps only after a restart of the program.
    #[error("there is no key store on this machine or it does not run ({detail})")]
    Missing {
        /// What the system said.
        detail: String,
    },
    /// It is locked, and the user did not unlock it.
    #[error("the key store is locked ({detail})")]
    Locked {
        /// What the system said.
        detail: String,
    },
    /// What it holds is no text.
    #[error("what the key store holds is no text")]
    NotText,
    /// It failed otherwise.
    #[error("the key store failed: {detail}")]
    Failing {
        /// What the system said.
        detail: String,
    },
}

/// Where a secret is now kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptIn {
    /// In the key store: it is there after a restart.
    KeyStore,
    /// In memory: it must be given again after a restart. The user must hear why.
    ThisRun {
        /// What the key store said; `None` when the user wanted it so.
        because: Option<KeyStoreError>,
    },
}

/// The key store of the desktop: the Secret Service, the Keychain or the Credential Manager.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyStore;

impl KeyStore {
    fn entry(key: &SecretKey) -> Result<keyring::Entry, KeyStoreError> {
        // The library looks for the store once per process and remembers the failure; only here can it be told from
        // others.
        if let Err(error) = keyring::Entry::store_status() {
            return Err(KeyStoreError::Missing { detail: said(error) });
        }
        keyring::Entry::new(SERVICE, &key.to_string()).map_err(explain)
    }
}

impl SecretStore for KeyStore {
    fn get(&self, key: &SecretKey) -> Result<Option<Secret>, KeyStoreError> {
        match Self::entry(key)?.get_secret() {
            Ok(secret) => String::from_utf8(secret).map(|secret| Some(Secret::new(secret))).map_err(|_| KeyStoreError::NotText),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    fn set(&self, key: &SecretKey, secret: &Secret) -> Result<(), KeyStoreError> {
        // As bytes: the Credential Manager takes 2560 of them (CRED_MAX_CREDENTIAL_BLOB_SIZE), and the library would write each
        // letter of a password as two.
        Self::entry(key)?.set_secret(secret.expose().as_bytes()).map_err(explain)
    }

    fn delete(&self, key: &SecretKey) -> Result<(), KeyStoreError> {
        match Self::entry(key)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(explain(error)),
        }
    }
}

fn explain(error: keyring::Error) -> KeyStoreError {
    match error {
        keyring::Error::NoDefaultStore => KeyStoreError::Missing { detail: said(&error) },
        keyring::Error::NoStorageAccess(_) => KeyStoreError::Locked { detail: said(&error) },
        // These two carry the secret's bytes.
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => KeyStoreError::NotText,
        error => KeyStoreError::Failing { detail: said(&error) },
    }
}

/// What the system said, or the library where it says nothing.
fn said(error: &keyring::Error) -> String {
    match error {
        keyring::Error::NoStorageAccess(cause) | keyring::Error::PlatformFailure(cause) => cause.to_string(),
        error => error.to_string(),
    }
}

/// A store that forgets at the end of the run: for tests, and for who wants nothing kept.
#[derive(Default)]
pub struct InMemory(Mutex<BTreeMap<SecretKey, Secret>>);

impl InMemory {
    fn with<T>(&self, use_it: impl FnOnce(&mut BTreeMap<SecretKey, Secret>) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SecretStore for InMemory {
    fn get(&self, key: &SecretKey) -> Result<Option<Secret>, KeyStoreError> {
        Ok(self.with(|secrets| secrets.get(key).cloned()))
    }

    fn set(&self, key: &SecretKey, secret: &Secret) -> Result<(), KeyStoreError> {
        self.with(|secrets| secrets.insert(key.clone(), secret.clone()));
        Ok(())
    }

    fn delete(&self, key: &SecretKey) -> Result<(), KeyStoreError> {
        self.with(|secrets| secrets.remove(key));
        Ok(())
    }
}

/// All secrets of the accounts: those of this run before those of the key store.
pub struct Secrets {
    store: Arc<dyn SecretStore>,
    this_run: InMemory,
    /// Accounts that are there for this run only.
    passing: Mutex<BTreeSet<AccountId>>,
}

impl Secrets {
    /// Secrets over `store`, none given for this run yet.
    pub fn new(store: Arc<dyn SecretStore>) -> Self {
        Self { store, this_run: InMemory::default(), passing: Mutex::default() }
    }

    /// Whether the account has all of its secrets already, so that nobody need be asked for them.
    pub fn are_in(account: &Account) -> bool {
        let mut account = account.clone();
        let known = account.passwords().into_iter().all(|(_, password)| *password != Password::Unknown);
        known && !account.provider.ice_servers().iter().any(needs_credential)
    }

    /// Puts the account's secrets into it, where it does not have them already. What the key store could not give is
    /// left as it is, and its error is returned once, for the user to hear.
    pub fn fill(&self, account: &mut Account) -> Result<(), KeyStoreError> {
        for (key, password) in account.passwords() {
            if *password == Password::Unknown
                && let Some(kept) = self.get(&key)?
            {
                *password = Password::Known(kept);
            }
        }
        for server in account.provider.ice_servers_mut().iter_mut().filter(|server| needs_credential(server)) {
            if let Some(credential) = self.get(&SecretKey::turn(&account.id, &server.url, server.username.expose()))? {
                server.credential = credential;
            }
        }
        Ok(())
    }

    /// Keeps the secrets that `account` carries: in the key store, or for this run when that fails. Secrets it does not
    /// carry stay as they were kept.
    pub fn keep(&self, account: &Account) -> KeptIn {
        let mut kept = KeptIn::KeyStore;
        for (key, secret) in carried(account) {
            if let failed @ KeptIn::ThisRun { .. } = self.set(key, secret) {
                kept = failed;
            }
        }
        kept
    }

    /// Keeps one secret: in the key store, or for this run when that fails or its account is there for no longer.
    pub fn set(&self, key: SecretKey, secret: Secret) -> KeptIn {
        if self.is_passing(&key) {
            self.this_run.with(|secrets| drop(secrets.insert(key, secret)));
            return KeptIn::ThisRun { because: None };
        }
        match self.store.set(&key, &secret) {
            Ok(()) => {
                // One of an earlier failure must not win over the one just kept.
                self.this_run.with(|secrets| drop(secrets.remove(&key)));
                KeptIn::KeyStore
            }
            Err(error) => {
                self.this_run.with(|secrets| drop(secrets.insert(key, secret)));
                KeptIn::ThisRun { because: Some(error) }
            }
        }
    }

    /// Forgets one secret.
    ///
    /// # Errors
    /// When the key store does not do it; for this run it is forgotten all the same.
    pub fn remove(&self, key: &SecretKey) -> Result<(), KeyStoreError> {
        self.this_run.with(|secrets| drop(secrets.remove(key)));
        self.store.delete(key)
    }

    /// Where a secret is. One that the key store does not tell about counts as kept nowhere.
    pub fn whereabouts(&self, key: &SecretKey) -> KeptWhere {
        if self.this_run.with(|secrets| secrets.contains_key(key)) {
            return KeptWhere::ThisRun;
        }
        match self.store.get(key) {
            Ok(Some(_)) => KeptWhere::KeyStore,
            Ok(None) | Err(_) => KeptWhere::Nowhere,
        }
    }

    /// Every secret that an account can have.
    pub fn keys_of(account: &Account) -> Vec<SecretKey> {
        let relays = account.provider.ice_servers().iter().filter(|server| server.url.relays);
        let passwords = account.clone().passwords().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        passwords
            .into_iter()
            .chain(relays.map(|server| SecretKey::turn(&account.id, &server.url, server.username.expose())))
            .collect()
    }

    /// Keeps the secrets that `account` carries for this run, and those it gets later too; none goes to the key store. For
    /// accounts given by the environment or on the command line.
    pub fn keep_for_this_run(&self, account: &Account) -> KeptIn {
        self.passing.lock().unwrap_or_else(PoisonError::into_inner).insert(account.id.clone());
        self.this_run.with(|secrets| secrets.extend(carried(account)));
        KeptIn::ThisRun { because: None }
    }

    /// Forgets the secrets of an account that was removed. Tries them all and returns the first error.
    pub fn forget(&self, account: &Account) -> Result<(), KeyStoreError> {
        self.forget_left(std::slice::from_ref(account), &[])
    }

    /// Forgets what accounts needed before and need no longer: of those that were removed, and of their servers. Tries all and
    /// returns the first error.
    pub fn forget_left(&self, before: &[Account], after: &[Account]) -> Result<(), KeyStoreError> {
        let needed: BTreeSet<SecretKey> = after.iter().flat_map(Self::keys_of).collect();
        let left = before.iter().flat_map(Self::keys_of).filter(|key| !needed.contains(key));
        left.map(|key| self.remove(&key)).fold(Ok(()), Result::and)
    }

    fn get(&self, key: &SecretKey) -> Result<Option<Secret>, KeyStoreError> {
        match self.this_run.get(key)? {
            Some(secret) => Ok(Some(secret)),
            None if self.is_passing(key) => Ok(None),
            None => self.store.get(key),
        }
    }

    fn is_passing(&self, key: &SecretKey) -> bool {
        self.passing.lock().unwrap_or_else(PoisonError::into_inner).contains(key.account())
    }
}

fn needs_credential(server: &IceServer) -> bool {
    server.url.relays && server.credential.expose().is_empty()
}

fn carried(account: &Account) -> Vec<(SecretKey, Secret)> {
    let mut carried = Vec::new();
    for (key, password) in account.clone().passwords() {
        if let Password::Known(password) = password {
            carried.push((key, password.clone()));
        }
    }
    for server in account.provider.ice_servers().iter().filter(|server| server.url.relays && !needs_credential(server)) {
        carried.push((SecretKey::turn(&account.id, &server.url, server.username.expose()), server.credential.clone()));
    }
    carried
}

#[cfg(test)]
mod tests;
