//! The world this process lives in: real, with the user's folder.

use std::{path::PathBuf, sync::Arc};

use audio::{HubThread, SoundHost};
use exchange::{Exchange, ExchangeWorld};
use media::WebrtcRuntime;
use model::{Clock, Password, Settings, SipAccount};
use phone::{SystemClock, SystemRandomness, World};
use providers::net::Sockets;
use store::{DataFolder, KeyStore, Secrets, SettingsFile};

use crate::exit::{Exit, Failure};

/// The user name of the practice account.
const PRACTICE_USER: &str = "practice";

/// The user's folder and key store.
pub(crate) struct Setting {
    pub(crate) folder: DataFolder,
    pub(crate) secrets: Arc<Secrets>,
}

/// A world with the threads that belong to it.
pub(crate) struct RunningWorld {
    pub(crate) world: World,
    _hub: HubThread,
}

/// The practice exchange with its own hub.
pub(crate) struct Practice {
    pub(crate) account: SipAccount,
    _exchange: Exchange,
    _hub: HubThread,
}

impl Setting {
    pub(crate) fn new(folder: Option<PathBuf>) -> Result<Self, Failure> {
        let folder = match folder {
            Some(folder) => DataFolder::at(folder),
            None => DataFolder::of_user().map_err(Failure::usage)?,
        };
        Ok(Self { folder, secrets: Arc::new(Secrets::new(Arc::new(KeyStore))) })
    }

    /// The settings, with a sentence about what is wrong with them, if anything.
    pub(crate) fn load(&self) -> (Settings, Option<String>) {
        let loaded = SettingsFile::at(self.folder.settings_file()).load();
        (loaded.settings, loaded.trouble.map(|trouble| trouble.to_string()))
    }

    /// The URN by which registrars know this phone; a passing one when none can be kept.
    pub(crate) fn instance(&self, world: &World) -> String {
        let seed = world.randomness.seed();
        let random: [u8; 16] = std::array::from_fn(|at| seed[at]);
        store::instance(&self.folder, random).unwrap_or_else(|error| {
            tracing::warn!(%error, "the phone's instance cannot be kept");
            store::urn(random)
        })
    }

    /// The real world with these sound devices.
    pub(crate) fn world(&self, sound: Arc<dyn SoundHost>) -> Result<RunningWorld, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let (hub_thread, hub) = audio::start(Arc::clone(&clock)).map_err(no_threads)?;
        let world = World {
            network: Arc::new(Sockets::new(Arc::clone(&clock))),
            rtc: Arc::new(WebrtcRuntime::new().map_err(|error| Failure::new(Exit::Failed, error))?),
            clock,
            sound,
            hub,
            randomness: Arc::new(SystemRandomness),
            secrets: Arc::clone(&self.secrets),
        };
        Ok(RunningWorld { world, _hub: hub_thread })
    }
}

impl Practice {
    /// Starts the practice exchange beside the phone.
    pub(crate) async fn start(world: &World) -> Result<Self, Failure> {
        let (hub_thread, hub) = audio::start(Arc::clone(&world.clock)).map_err(no_threads)?;
        let exchange_world =
            ExchangeWorld { clock: Arc::clone(&world.clock), rtc: Arc::clone(&world.rtc), hub, seed: world.randomness.seed() };
        let exchange = Exchange::start(exchange_world, &[PRACTICE_USER])
            .await
            .map_err(|error| Failure::new(Exit::Failed, format!("the practice exchange cannot start: {error}")))?;
        let mut account = crate::account::at_server(exchange.url(), PRACTICE_USER);
        account.domain = exchange.domain().to_owned();
        account.password = exchange.password(PRACTICE_USER).cloned().map_or(Password::Unknown, Password::Known);
        Ok(Self { account, _exchange: exchange, _hub: hub_thread })
    }
}

fn no_threads(error: std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("no threads can be had: {error}"))
}
