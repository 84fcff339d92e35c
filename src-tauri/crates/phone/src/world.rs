//! Everything the phone touches outside of itself: the seven seams.

use std::sync::Arc;

use audio::{HubHandle, SoundHost};
use media::RtcRuntime;
use model::{Clock, Instant};
use providers::net::Network;
use store::Secrets;

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
