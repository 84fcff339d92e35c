//! The real RTC runtime: ICE, DTLS-SRTP and RTP over UDP sockets.
//!
//! [`transport`] is the machine, put together from the sans-I/O parts of the `rtc` family (ICE agent, DTLS, SRTP, TURN
//! client); [`peer`] waits for its sockets and timers, inside [`crate::Peer::event`], so that a session needs no second
//! task. The peer connection of the same family is not used: see the decision record on the media transport.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Bell, Peer, PeerError, PeerSettings, RtcRuntime};

mod addresses;
mod association;
mod associations;
mod checks;
mod flights;
mod ice;
mod identity;
mod lookups;
mod peer;
mod probe;
mod reading;
mod reports;
mod servers;
mod sockets;
mod srtp;
mod streams;
#[cfg(test)]
mod tests;
mod transport;

use identity::Identity;
use peer::UdpPeer;
pub use probe::{ProbeEnd, ProbeStep, ServerProbe};

/// Opens connections that share one certificate.
pub struct WebrtcRuntime {
    identity: Arc<Identity>,
}

impl WebrtcRuntime {
    /// Makes the certificate.
    pub fn new() -> Result<Self, PeerError> {
        Ok(Self { identity: Arc::new(Identity::generate()?) })
    }
}

#[async_trait]
impl RtcRuntime for WebrtcRuntime {
    async fn open(&self, settings: PeerSettings) -> Result<Box<dyn Peer>, PeerError> {
        Ok(Box::new(UdpPeer::open(Arc::clone(&self.identity), settings)?))
    }

    fn bell(&self) -> Bell {
        Bell::of_the_reactor()
    }
}
