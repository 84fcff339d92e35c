//! An RTC runtime without sockets: peers in memory that find one another by what their descriptions say, and a path
//! between them that loses, delays, reorders and repeats packets.

mod air;
mod peer;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use media::{Peer, PeerError, PeerSettings, RtcRuntime};

pub use self::air::{Air, Path};
use self::peer::FakePeer;
use crate::time::VirtualClock;

/// One machine's way to open peer connections.
#[derive(Clone)]
pub struct FakeRtc {
    air: Air,
    owner: String,
}

impl FakeRtc {
    pub(crate) fn new(air: Air, owner: &str) -> Self {
        Self { air, owner: owner.to_owned() }
    }
}

#[async_trait]
impl RtcRuntime for FakeRtc {
    async fn open(&self, settings: PeerSettings) -> Result<Box<dyn Peer>, PeerError> {
        Ok(Box::new(FakePeer::new(self.air.clone(), &self.owner, &settings)?))
    }
}

/// How the STUN and TURN servers of a machine are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IceServers {
    /// They answer at once.
    #[default]
    Answering,
    /// They never answer.
    Silent,
    /// Relays do not take the user name or password.
    Refusing,
}

/// An air that is shared by a scenario.
pub(crate) fn air(clock: VirtualClock, seed: u64) -> Air {
    Air::new(Arc::new(clock), seed)
}

/// Loss of the path is noticed after this long (RFC 7675: consent is asked for each second; the real runtime's own limit).
const INTERRUPTED_AFTER: Duration = Duration::from_secs(4);
/// It is given up after this long, as in the real runtime.
const FAILED_AFTER: Duration = Duration::from_secs(95);
/// A path that is never found is given up after this long, as in the real runtime.
const PATIENCE: Duration = Duration::from_secs(30);
