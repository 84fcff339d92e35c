//! The phone itself, started before any window and independent of it.

use std::{path::PathBuf, sync::Arc};

use audio::CpalHost;
use exchange::{Practice, PracticeWorld};
use model::Trouble;
use phone::{Phone, PhoneOptions, RealWorld, RemoteControl, Show, desktop::Kiosk, serve_remote};
use store::{DataFolder, KeyStore, Provisioned, Secrets, SettingsFile};
use tokio::sync::mpsc;

use crate::failure::Failure;

/// Second starts and links that may wait for the window.
const WAITING: usize = 16;

/// A running phone with what belongs to it. Dropping it without [`Engine::stop`] leaves registrations to expire.
pub(crate) struct Engine {
    pub(crate) phone: Phone,
    pub(crate) folder: DataFolder,
    control: RemoteControl,
    _practice: Practice,
    _world: RealWorld,
}

/// The user's folder, or the one that was named.
pub(crate) fn folder(named: Option<PathBuf>) -> Result<DataFolder, Failure> {
    named.map_or_else(|| DataFolder::of_user().map_err(Failure::usage), |folder| Ok(DataFolder::at(folder)))
}

impl Engine {
    /// Starts the phone, as a kiosk where it is one; also returned: who wants the window, from now on.
    pub(crate) async fn start(folder: DataFolder, kiosk: Option<&Kiosk>) -> Result<(Self, mpsc::Receiver<Show>), Failure> {
        let provisioned = Provisioned::load(&folder);
        let file = SettingsFile::at(folder.settings_file()).under(provisioned.clone());
        let loaded = file.load();
        let mut troubles = provisioned.troubles();
        troubles.extend(loaded.trouble.map(Trouble::from));
        for trouble in &troubles {
            tracing::warn!(%trouble, "the settings could not be read whole");
        }
        let secrets = Arc::new(Secrets::new(Arc::new(KeyStore)));
        let real = RealWorld::new(Arc::new(CpalHost::new()), secrets).map_err(Failure::new)?;
        let world = real.world().clone();
        // Always there: an account for it may be added at any time.
        let beside = PracticeWorld { clock: world.clock.clone(), rtc: world.rtc.clone(), seed: world.randomness.seed() };
        let practice = Practice::start(beside).await.map_err(Failure::new)?;
        let options = PhoneOptions {
            settings: kiosk.map_or_else(|| loaded.settings.clone(), |kiosk| kiosk.settings(loaded.settings.clone())),
            practice: Some(practice.account().clone()),
            instance: world.instance(&folder),
            folder: Some(folder.clone()),
            settings_file: Some(file),
            provisioned,
            troubles,
        };
        let (phone, _) = Phone::start(world, options);
        let asking = phone.clone();
        phone::spawn("provisioning", tracing::info_span!("provisioning"), async move {
            asking.office().refresh_provisioning(&asking).await;
        });
        let (window, shows) = mpsc::channel(WAITING);
        let control = serve_remote(folder.path(), phone.clone(), Some(window)).await.map_err(Failure::new)?;
        Ok((Self { phone, folder, control, _practice: practice, _world: real }, shows))
    }

    /// Ends calls and signs off.
    pub(crate) async fn stop(self) {
        drop(self.control);
        self.phone.stop().await;
    }
}
