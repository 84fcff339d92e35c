//! One peer connection in memory.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use media::{
    Peer, PeerError, PeerEvent, PeerSettings, PeerStatistics, Roles, RtpPacket,
    sdp::{Candidate, Fingerprint, Setup, TransportDescription},
};
use model::{CandidateKind, CandidatePair, IcePolicy, Instant};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Air, IceServers};

pub(super) struct FakePeer {
    air: Air,
    id: u32,
    woken: Arc<Notify>,
    /// When there are candidates to tell.
    gathered_at: Instant,
    /// Why there is no candidate.
    nothing: Option<String>,
}

/// Where every relay is.
const RELAY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), 3478);

impl FakePeer {
    pub(super) fn new(air: Air, owner: &str, settings: &PeerSettings) -> Result<Self, PeerError> {
        let (id, woken) = air.enter(owner)?;
        air.given_servers(owner, &settings.ice_servers);
        let has_relay = settings.ice_servers.iter().any(|server| server.url.relays);
        let (mut gathering, mut nothing) = (Duration::ZERO, None);
        match air.servers_are(owner) {
            IceServers::Silent if !settings.ice_servers.is_empty() => gathering = settings.gather_for,
            IceServers::Refusing if has_relay => {
                air.refuse_relay(id, RELAY);
                let why = format!("the TURN server {RELAY} refused the user name or password (401)");
                nothing = (settings.ice_policy == IcePolicy::RelayOnly).then_some(why);
            }
            IceServers::Answering | IceServers::Silent | IceServers::Refusing => {}
        }
        Ok(Self { gathered_at: air.clock.now() + gathering, air, id, woken, nothing })
    }
}

impl Drop for FakePeer {
    fn drop(&mut self) {
        self.air.close(self.id);
    }
}

#[async_trait]
impl Peer for FakePeer {
    async fn local(&self) -> Result<TransportDescription, PeerError> {
        sleep(self.gathered_at.since(self.air.clock.now())).await;
        if let Some(why) = &self.nothing {
            return Err(PeerError::System(format!("there is no address to be reached at: {why}")));
        }
        let (ice_ufrag, ice_pwd, digest) =
            self.air.identity(self.id).ok_or_else(|| PeerError::System("the connection is closed".into()))?;
        let [.., port_high, port_low] = self.id.to_be_bytes();
        let host = Candidate {
            foundation: "1".into(),
            component: 1,
            transport: "udp".into(),
            priority: 2_130_706_431,
            address: Ipv4Addr::new(192, 0, 2, 1).to_string(),
            port: u16::from_be_bytes([port_high, port_low]) | 0x8000,
            kind: CandidateKind::Host,
            related: None,
        };
        Ok(TransportDescription {
            ice_ufrag,
            ice_pwd,
            ice_lite: false,
            fingerprints: vec![Fingerprint { algorithm: "sha-256".into(), digest }],
            setup: Setup::Actpass,
            candidates: vec![host],
        })
    }

    async fn restart(&self) -> Result<(), PeerError> {
        self.air.renew_credentials(self.id);
        Ok(())
    }

    async fn discard_restart(&self) {
        self.air.forget_new_credentials(self.id);
    }

    async fn connect(&self, remote: TransportDescription, _roles: Roles) -> Result<(), PeerError> {
        self.air.connect(self.id, remote);
        Ok(())
    }

    async fn send(&self, packet: RtpPacket) -> Result<(), PeerError> {
        self.air.send(self.id, &packet);
        Ok(())
    }

    async fn event(&self) -> PeerEvent {
        loop {
            assert!(!self.air.is_broken(self.id), "a fault of the test");
            match self.air.next(self.id) {
                Ok(event) => return event,
                // Either way it is looked again.
                Err(Some(wait)) => drop(timeout(wait, self.woken.notified()).await),
                Err(None) => self.woken.notified().await,
            }
        }
    }

    async fn statistics(&self) -> PeerStatistics {
        let path = self.air.figures();
        PeerStatistics {
            round_trip_ms: Some(path.delay.as_secs_f64() * 2000.0),
            fraction_lost_out: Some(path.loss),
            jitter_out_ms: Some(path.jitter.as_secs_f64() * 500.0),
            pair: Some(CandidatePair { local: CandidateKind::Host, remote: CandidateKind::Host }),
            addresses: Some((([203, 0, 113, 77], 4000).into(), ([203, 0, 113, 78], 5000).into())),
        }
    }

    async fn close(&self) {
        self.air.close(self.id);
    }
}
