//! Everything the phone touches outside of itself: the seven seams.

use std::sync::Arc;

use audio::{HubHandle, HubThread, SoundHost};
use media::{RtcRuntime, WebrtcRuntime};
use model::{Clock, Instant};
use providers::net::{Network, Sockets};
use store::{DataFolder, Secrets};

/// The world a phone lives in: the real one, or a test's.
#[derive(Clone)]
pub struct World {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Connections to servers.
    pub network: Arc<dyn Network>,
    /// Peer connections.
    pub rtc: Arc<dyn RtcRuntime>,
    /// Sound devices.
    pub sound: Arc<dyn SoundHost>,
    /// The sound hub, driven by whoever made the world: a thread in the real one, virtual time in a test's.
    pub hub: HubHandle,
    /// Where random numbers come from.
    pub randomness: Arc<dyn Randomness>,
    /// Passwords and credentials.
    pub secrets: Arc<Secrets>,
}

/// The real world, with the thread that belongs to it.
pub struct RealWorld {
    world: World,
    _hub: HubThread,
}

/// The machine does not give what a phone needs.
#[derive(Debug, thiserror::Error)]
pub enum NoWorld {
    /// No threads.
    #[error("no threads can be had: {0}")]
    NoThreads(#[from] std::io::Error),
    /// No peer connections.
    #[error(transparent)]
    NoRtc(#[from] media::PeerError),
}

impl RealWorld {
    /// The machine as it is, with these sound devices and secrets.
    ///
    /// # Errors
    /// When no threads can be had, or no peer connections.
    pub fn new(sound: Arc<dyn SoundHost>, secrets: Arc<Secrets>) -> Result<Self, NoWorld> {
        Self::with_clock(Arc::new(SystemClock::start()), sound, secrets)
    }

    /// The same with a clock that was started before.
    ///
    /// # Errors
    /// When no threads can be had, or no peer connections.
    pub fn with_clock(clock: Arc<dyn Clock>, sound: Arc<dyn SoundHost>, secrets: Arc<Secrets>) -> Result<Self, NoWorld> {
        let (hub_thread, hub) = audio::start(Arc::clone(&clock))?;
        let world = World {
            network: Arc::new(Sockets::new(Arc::clone(&clock))),
            rtc: Arc::new(WebrtcRuntime::new()?),
            clock,
            sound,
            hub,
            randomness: Arc::new(SystemRandomness),
            secrets,
        };
        Ok(Self { world, _hub: hub_thread })
    }

    /// The world, to start a phone in. It must not outlive `self`.
    pub fn world(&self) -> &World {
        &self.world
    }
}

impl World {
    /// The URN by which registrars know this phone; a passing one when none can be kept in `folder`.
    pub fn instance(&self, folder: &DataFolder) -> String {
        let seed = self.randomness.seed();
        let random: [u8; 16] = std::array::from_fn(|at| seed[at]);
        store::instance(folder, random).unwrap_or_else(|error| {
            tracing::warn!(%error, "the phone's instance cannot be kept");
            store::urn(random)
        })
    }
}

/// Where random numbers come from; machines get a seed and stay deterministic.
pub trait Randomness: Send + Sync {
    /// A fresh seed, unpredictable in the real world.
    fn seed(&self) -> [u8; 32];
}

/// The operating system's random numbers.
#[derive(Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the system has random numbers; without them no call could be kept private");
        seed
    }
}

/// The machine's monotonic clock.
#[derive(Debug)]
pub struct SystemClock(tokio::time::Instant);

impl SystemClock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the real clock is read")]
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the real clock is read")]
    fn now(&self) -> Instant {
        Instant::after_start(tokio::time::Instant::now().duration_since(self.0))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place where the real clock is read")]
    fn unix_seconds(&self) -> i64 {
        match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
        }
    }
}
