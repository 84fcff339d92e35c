//! The settings for the faces: read, checked, saved, and accounts tried before they are kept.

mod cloud;
mod diagnose;
mod ice;
mod keys;
mod provisioning;
mod trial;

use std::{fmt, path::PathBuf, sync::Arc};

use model::{
    Account, AccountTrial, Check, Command, FieldProblem, IceTrial, IceUrl, KeptWhere, Password, Secret, SecretKept, SecretKey,
    SecretView, Settings, SettingsView,
};
use providers::net::Network;
use store::{DataFolder, Invalid, KeptIn, KeyStoreError, Provisioned, SaveError, Secrets, SettingsFile};
use tokio::{
    sync::watch,
    task::{JoinError, spawn_blocking},
};
use tracing::warn;

pub use cloud::CloudFailure;
pub use keys::pin as pin_key;

use crate::{
    diagnostics,
    phone::{Phone, PhoneStopped},
    world::World,
};

/// What a phone without a settings file says.
const NOTHING_IS_KEPT: &str = "this phone was started without a settings file: changes last until it ends";

/// Minutes of sound in any form; more would only cost memory.
const LARGEST_RINGTONE: usize = 10 << 20;

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

/// Why settings were not put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotSaved {
    /// The fields that cannot stay as they are; none when it is not for the fields.
    pub problems: Vec<FieldProblem>,
    /// The sentence.
    pub message: String,
}

impl NotSaved {
    fn because(message: impl ToString) -> Self {
        Self { problems: Vec::new(), message: message.to_string() }
    }
}

impl From<PhoneStopped> for NotSaved {
    fn from(stopped: PhoneStopped) -> Self {
        Self::because(stopped)
    }
}

impl From<JoinError> for NotSaved {
    fn from(failed: JoinError) -> Self {
        warn!(%failed, "the settings could not be worked on");
        Self::because("the settings could not be worked on")
    }
}

impl From<SaveError> for NotSaved {
    fn from(error: SaveError) -> Self {
        let message = error.to_string();
        match error {
            SaveError::Invalid(invalid) => Self { problems: invalid.into_iter().map(problem).collect(), message },
            SaveError::WouldLose(_) | SaveError::Unwritable(_) => Self::because(message),
        }
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
        let locked = self.file.is_none().then(|| NOTHING_IS_KEPT.to_owned());
        SettingsView { settings, secrets, locked, provisioned: self.provisioned.view() }
    }

    /// Everything in `settings` that cannot stay as it is.
    pub fn check(settings: &Settings) -> Vec<FieldProblem> {
        let of_log = diagnostics::wrong_with(&settings.log);
        let of_log = of_log.map(|reason| FieldProblem { field: "log".into(), words: format!("is no log filter: {reason}") });
        store::check_settings(settings).into_iter().map(problem).chain(of_log).collect()
    }

    /// Writes the settings and puts them in force; secrets of accounts that are gone are forgotten.
    ///
    /// # Errors
    /// When a field cannot work, the file cannot be written, or the phone has stopped. Nothing has changed then.
    pub async fn save(&self, phone: &Phone, settings: Settings) -> Result<(), NotSaved> {
        let problems = Self::check(&settings);
        if !problems.is_empty() {
            let message = format!("{} {}", problems[0].field, problems[0].words);
            return Err(NotSaved { problems, message });
        }
        let before = Settings::clone(&self.settings.borrow());
        let (file, secrets, saved) = (self.file.clone(), Arc::clone(&self.world.secrets), settings.clone());
        spawn_blocking(move || {
            if let Some(file) = file {
                file.save(&saved)?;
            }
            for gone in before.accounts.iter().filter(|old| !saved.accounts.iter().any(|account| account.id == old.id)) {
                if let Err(error) = secrets.forget(gone) {
                    warn!(%error, "the secrets of an account that was removed are still in the key store");
                }
            }
            Ok::<_, SaveError>(())
        })
        .await??;
        phone.send(Command::SaveSettings { settings: Box::new(settings) })?;
        Ok(())
    }

    /// Keeps a sound file of the user to ring with: its path, as `calls.ringtone` takes it. No setting changes.
    ///
    /// # Errors
    /// When it cannot be played, is too large, or cannot be written.
    pub async fn keep_ringtone(&self, name: String, sound: Vec<u8>) -> Result<PathBuf, NotSaved> {
        let folder = self.folder()?;
        if sound.len() > LARGEST_RINGTONE {
            return Err(NotSaved::because("a ringtone may have 10 MB at most"));
        }
        let kept = spawn_blocking(move || {
            audio::check_ringtone(sound.clone()).map_err(|reason| format!("this file cannot be played: {reason}"))?;
            folder.keep_ringtone(&name, &sound).map_err(|error| format!("the ringtone could not be kept: {error}"))
        });
        kept.await?.map_err(NotSaved::because)
    }

    /// Keeps a secret and lets its account use it at once.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub async fn set_secret(&self, phone: &Phone, key: SecretKey, secret: Secret) -> Result<SecretKept, NotSaved> {
        let secrets = Arc::clone(&self.world.secrets);
        let kept = match spawn_blocking(move || secrets.set(key, secret)).await? {
            KeptIn::KeyStore => SecretKept { kept: KeptWhere::KeyStore, because: None },
            KeptIn::ThisRun { because } => {
                SecretKept { kept: KeptWhere::ThisRun, because: because.as_ref().map(KeyStoreError::to_string) }
            }
        };
        self.again(phone)?;
        Ok(kept)
    }

    /// Forgets a secret.
    ///
    /// # Errors
    /// When the key store does not forget it, or the phone has stopped.
    pub async fn forget_secret(&self, phone: &Phone, key: SecretKey) -> Result<(), NotSaved> {
        let secrets = Arc::clone(&self.world.secrets);
        spawn_blocking(move || secrets.remove(&key)).await?.map_err(NotSaved::because)?;
        self.again(phone)?;
        Ok(())
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
                trial::nothing_tried("the key store could not be asked")
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
    fn folder(&self) -> Result<DataFolder, NotSaved> {
        let file = self.file.as_ref().ok_or_else(|| NotSaved::because(NOTHING_IS_KEPT))?;
        file.path().parent().map(DataFolder::at).ok_or_else(|| NotSaved::because("the settings are in no folder"))
    }

    /// The settings as they are once more, so that lines take their new secrets.
    fn again(&self, phone: &Phone) -> Result<(), PhoneStopped> {
        let settings = Box::new(Settings::clone(&self.settings.borrow()));
        phone.send(Command::SaveSettings { settings })
    }
}

fn problem(invalid: Invalid) -> FieldProblem {
    FieldProblem { field: invalid.field, words: invalid.what }
}
