//! The settings for the faces: read, checked, saved, and accounts tried before they are kept.

mod cloud;
mod diagnose;
mod ice;
mod keys;
mod provisioning;
mod trial;

use std::{fmt, io, path::PathBuf, sync::Arc};

use model::{
    Account, AccountTrial, Check, Command, FieldFault, FieldProblem, IceTrial, IceUrl, KeptWhere, Password, Refusal, Secret,
    SecretKept, SecretKey, SecretView, Settings, SettingsView, TrialFact,
};
use providers::net::Network;
use store::{DataFolder, KeptIn, KeyStoreError, Provisioned, SaveError, Secrets, SettingsFile};
use tokio::{
    sync::watch,
    task::{JoinError, spawn_blocking},
};
use tracing::warn;

pub use keys::pin as pin_key;

use crate::{
    diagnostics,
    phone::{Phone, PhoneStopped},
    world::World,
};

/// Minutes of sound in any form; more would only cost memory.
const LARGEST_RINGTONE_MB: u32 = 10;

/// The way to the settings. Clones are the same office.
#[derive(Clone)]
pub struct Office {
    world: World,
    file: Option<SettingsFile>,
    provisioned: Provisioned,
    shown: provisioning::Shown,
    settings: watch::Receiver<Arc<Settings>>,
}

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Office").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Work that broke down.
fn broken(failed: JoinError) -> Refusal {
    warn!(%failed, "the settings could not be worked on");
    Refusal::Broken
}

fn not_saved(error: SaveError) -> Refusal {
    match error {
        SaveError::Invalid(problems) => Refusal::Fields { problems },
        SaveError::WouldLose(problem) => Refusal::FileUnread { fault: problem.fault() },
        SaveError::Unwritable(problem) => unwritten(&problem),
    }
}

fn unwritten(problem: &io::Error) -> Refusal {
    Refusal::FileUnwritten { detail: problem.to_string() }
}

pub(crate) fn of_key_store(error: KeyStoreError) -> Refusal {
    match error {
        KeyStoreError::Missing { detail } => Refusal::NoKeyStore { detail },
        KeyStoreError::Locked { detail } => Refusal::KeyStoreLocked { detail },
        KeyStoreError::NotText => Refusal::KeyStoreNotText,
        KeyStoreError::Failing { detail } => Refusal::KeyStoreFailed { detail },
    }
}

impl Office {
    pub(crate) fn new(
        world: World,
        file: Option<SettingsFile>,
        provisioned: Provisioned,
        settings: watch::Receiver<Arc<Settings>>,
    ) -> Self {
        Self { world, file, provisioned, shown: provisioning::Shown::default(), settings }
    }

    pub(crate) fn network(&self) -> Arc<dyn Network> {
        Arc::clone(&self.world.network)
    }

    /// The settings in force, and where their secrets are.
    pub async fn settings(&self) -> SettingsView {
        let settings = Settings::clone(&self.settings.borrow());
        let (secrets, accounts) = (Arc::clone(&self.world.secrets), settings.accounts.clone());
        let views = spawn_blocking(move || {
            let keys = accounts.iter().flat_map(Secrets::keys_of);
            keys.map(|key| SecretView { kept: secrets.whereabouts(&key), key }).collect()
        });
        let secrets = views.await.unwrap_or_else(|failed| {
            warn!(%failed, "the key store could not be asked");
            Vec::new()
        });
        let locked = self.file.is_none().then_some(Refusal::NothingIsKept);
        SettingsView { settings, secrets, locked, provisioned: self.provisioned.view() }
    }

    /// Everything in `settings` that cannot stay as it is.
    pub fn check(settings: &Settings) -> Vec<FieldProblem> {
        let of_log = diagnostics::wrong_with(&settings.log);
        let of_log = of_log.map(|detail| FieldProblem { field: "log".into(), fault: FieldFault::NotALogFilter { detail } });
        store::check_settings(settings).into_iter().chain(of_log).collect()
    }

    /// Writes the settings and puts them in force; secrets of accounts and servers that are gone are forgotten.
    ///
    /// # Errors
    /// When a field cannot work, the file cannot be written, or the phone has stopped. Nothing has changed then.
    pub async fn save(&self, phone: &Phone, settings: Settings) -> Result<(), Refusal> {
        let problems = Self::check(&settings);
        if !problems.is_empty() {
            return Err(Refusal::Fields { problems });
        }
        let before = Settings::clone(&self.settings.borrow());
        let (file, secrets, saved) = (self.file.clone(), Arc::clone(&self.world.secrets), settings.clone());
        spawn_blocking(move || {
            if let Some(file) = file {
                file.save(&saved).map_err(not_saved)?;
            }
            if let Err(error) = secrets.forget_left(&before.accounts, &saved.accounts) {
                warn!(%error, "secrets that are needed no longer are still in the key store");
            }
            Ok::<_, Refusal>(())
        })
        .await
        .map_err(broken)??;
        phone.send(Command::SaveSettings { settings: Box::new(settings) })?;
        Ok(())
    }

    /// Keeps a sound file of the user to ring with: its path, as `calls.ringtone` takes it. No setting changes.
    ///
    /// # Errors
    /// When it cannot be played, is too large, or cannot be written.
    pub async fn keep_ringtone(&self, name: String, sound: Vec<u8>) -> Result<PathBuf, Refusal> {
        let folder = self.folder()?;
        if sound.len() >> 20 >= LARGEST_RINGTONE_MB as usize {
            return Err(Refusal::SoundTooLarge { most_mb: LARGEST_RINGTONE_MB });
        }
        let kept = spawn_blocking(move || {
            audio::check_ringtone(sound.clone()).map_err(|detail| Refusal::SoundUnplayable { detail })?;
            folder.keep_ringtone(&name, &sound).map_err(|problem| unwritten(&problem))
        });
        kept.await.map_err(broken)?
    }

    /// Keeps a secret and lets its account use it at once.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub async fn set_secret(&self, phone: &Phone, key: SecretKey, secret: Secret) -> Result<SecretKept, Refusal> {
        let secrets = Arc::clone(&self.world.secrets);
        let kept = match spawn_blocking(move || secrets.set(key, secret)).await.map_err(broken)? {
            KeptIn::KeyStore => SecretKept { kept: KeptWhere::KeyStore, because: None },
            KeptIn::ThisRun { because } => SecretKept { kept: KeptWhere::ThisRun, because: because.map(of_key_store) },
        };
        self.again(phone)?;
        Ok(kept)
    }

    /// Forgets a secret. Its account goes on without it at once, whatever the key store says.
    ///
    /// # Errors
    /// When the key store does not forget it, or the phone has stopped.
    pub async fn forget_secret(&self, phone: &Phone, key: SecretKey) -> Result<(), Refusal> {
        let secrets = Arc::clone(&self.world.secrets);
        let forgotten = spawn_blocking(move || secrets.remove(&key)).await.map_err(broken)?;
        self.again(phone)?;
        forgotten.map_err(of_key_store)
    }

    /// Tries an account as it would be used, with its kept password unless another is given; ten seconds at most. Nothing
    /// of it stays behind.
    pub async fn try_account(&self, mut account: Account, password: Option<Secret>) -> AccountTrial {
        if let Some(given) = password {
            account.passwords().into_iter().for_each(|(_, password)| *password = Password::Known(given.clone()));
        }
        let secrets = Arc::clone(&self.world.secrets);
        let filled = spawn_blocking(move || {
            // A key store that fails leaves the password out; the server will say so.
            let _told = secrets.fill(&mut account);
            account
        });
        match filled.await {
            Ok(account) => trial::run(&self.world, account).await,
            Err(failed) => {
                warn!(%failed, "the key store could not be asked");
                trial::nothing_tried(TrialFact::NoKeyStore)
            }
        }
    }

    /// Looks at everything that a call of `account` depends on: names, certificate, connection, registration, each STUN and
    /// TURN server, the NAT, the clock. Within a minute; no call waits for it.
    pub async fn diagnose(&self, account: Account) -> Vec<Check> {
        diagnose::run(self, &self.world, account).await
    }

    /// Tries a STUN or TURN server of `account` on its own, with its kept credential unless another is given; ten seconds at
    /// most, and no call waits for it. None when the account has no such server.
    pub async fn try_ice(&self, mut account: Account, url: &IceUrl, credential: Option<Secret>) -> Option<IceTrial> {
        if credential.is_none() {
            let secrets = Arc::clone(&self.world.secrets);
            let filled = spawn_blocking(move || {
                // A key store that fails leaves the credential out; the server will say so.
                let _told = secrets.fill(&mut account);
                account
            });
            account = filled.await.inspect_err(|failed| warn!(%failed, "the key store could not be asked")).ok()?;
        }
        let mut server = account.provider.ice_servers().iter().find(|server| server.url == *url)?.clone();
        if let Some(credential) = credential {
            server.credential = credential;
        }
        let ca_file = account.provider.ca_file();
        let ca_file = (!ca_file.is_empty()).then(|| ca_file.into());
        Some(ice::run(&self.world, server, ca_file).await)
    }

    /// The folder of the settings, where all is kept that belongs to them.
    fn folder(&self) -> Result<DataFolder, Refusal> {
        let file = self.file.as_ref().ok_or(Refusal::NothingIsKept)?;
        file.path().parent().map(DataFolder::at).ok_or(Refusal::NothingIsKept)
    }

    /// The settings as they are once more, so that lines take their new secrets.
    fn again(&self, phone: &Phone) -> Result<(), PhoneStopped> {
        let settings = Box::new(Settings::clone(&self.settings.borrow()));
        phone.send(Command::SaveSettings { settings })
    }
}
