//! The world this process lives in: real, with the user's folder.

use std::{path::PathBuf, sync::Arc};

use audio::SoundHost;
use exchange::{Practice, PracticeWorld};
use model::{Clock, Settings, Trouble};
use phone::{LogLevel, RealWorld, World};
use store::{DataFolder, KeyStore, Provisioned, Secrets, SettingsFile};

use crate::exit::{Exit, Failure};

/// The user's folder and key store, and the log.
pub(crate) struct Setting {
    pub(crate) folder: DataFolder,
    pub(crate) secrets: Arc<Secrets>,
    /// What others have set.
    pub(crate) provisioned: Provisioned,
    /// What is logged.
    pub(crate) log: LogLevel,
    /// Of the process: what it prints carries its time.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Setting {
    pub(crate) fn new(folder: Option<PathBuf>, log: LogLevel, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let folder = match folder {
            Some(folder) => DataFolder::at(folder),
            None => DataFolder::of_user().map_err(Failure::usage)?,
        };
        let provisioned = Provisioned::load(&folder);
        Ok(Self { folder, secrets: Arc::new(Secrets::new(Arc::new(KeyStore))), provisioned, log, clock })
    }

    /// The settings, with a sentence about what is wrong with them, if anything.
    pub(crate) fn load(&self) -> (Settings, Option<String>) {
        let loaded = self.file().load();
        let mut troubles = self.provisioned.troubles();
        troubles.extend(loaded.trouble.map(Trouble::from));
        let sentences: Vec<String> = troubles.iter().map(ToString::to_string).collect();
        (loaded.settings, (!sentences.is_empty()).then(|| sentences.join("; ")))
    }

    /// The settings file of the folder.
    pub(crate) fn file(&self) -> SettingsFile {
        SettingsFile::at(self.folder.settings_file()).under(self.provisioned.clone())
    }

    /// The real world with these sound devices.
    pub(crate) fn world(&self, sound: Arc<dyn SoundHost>) -> Result<RealWorld, Failure> {
        RealWorld::with_clock(Arc::clone(&self.clock), sound, Arc::clone(&self.secrets))
            .map_err(|error| Failure::new(Exit::Failed, error))
    }
}

/// The practice exchange, when any account needs it.
pub(crate) async fn practice_for(settings: &Settings, world: &World) -> Result<Option<Practice>, Failure> {
    if !settings.needs_practice() {
        return Ok(None);
    }
    let beside = PracticeWorld { clock: Arc::clone(&world.clock), rtc: Arc::clone(&world.rtc), seed: world.randomness.seed() };
    Practice::start(beside).await.map(Some).map_err(|error| Failure::new(Exit::Failed, error))
}
