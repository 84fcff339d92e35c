//! One DTLS association (RFC 6347, RFC 5764) as a machine: datagrams and time in, datagrams and SRTP keys out.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use model::MediaFault;
use rtc::{
    dtls::{
        config::{ClientAuthType, ConfigBuilder, HandshakeConfig},
        endpoint::{Endpoint, EndpointEvent},
        extension::extension_use_srtp::SrtpProtectionProfile,
    },
    shared::{TransportProtocol, error::Error},
};

use super::{flights::Flights, identity::Identity, srtp::SrtpPair};
use crate::sdp::Fingerprint;

/// First retransmission of a flight. RFC 6347 4.2.4.1 proposes a second; on a call that is silence, and ICE has just shown
/// that the path is quicker.
const FLIGHT_INTERVAL: Duration = Duration::from_millis(200);
/// Longest handshake; after it the association has failed.
const PATIENCE: Duration = Duration::from_secs(15);
/// The endpoint keys its associations by address. ICE moves ours from one address to another, so it gets a constant one.
const TUNNEL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// A HelloVerifyRequest is repeated after these pauses. A server has no timer for it (RFC 6347 4.2.1), but a client whose ICE
/// is still a moment behind ours drops it unseen and says hello again only after a second: a fifth of all calls to Asterisk.
const VERIFY_AGAIN_AFTER: [Duration; 5] = [
    Duration::from_millis(15),
    Duration::from_millis(30),
    Duration::from_millis(60),
    Duration::from_millis(120),
    Duration::from_millis(240),
];

/// What an association tells.
pub(crate) enum AssociationEvent {
    Established(Box<SrtpPair>),
    /// The far end sent close_notify.
    Closed,
    Failed(MediaFault),
}

pub(crate) struct Association {
    endpoint: Endpoint,
    client: Option<Arc<HandshakeConfig>>,
    identity: Arc<Identity>,
    give_up_at: Option<Instant>,
    established: bool,
    verify: Option<VerifyAgain>,
    flights: Flights,
}

/// Our HelloVerifyRequest, until the client has taken it.
struct VerifyAgain {
    datagram: BytesMut,
    sent: usize,
    at: Option<Instant>,
}

impl Association {
    pub(crate) fn new(identity: &Arc<Identity>, remote: Vec<Fingerprint>, is_client: bool) -> Result<Self, Error> {
        let verify = move |certificates: &[Vec<u8>], _: &[_]| match certificates.first() {
            Some(certificate) if remote.iter().any(|fingerprint| fingerprint.is_of(certificate)) => Ok(()),
            Some(_) => Err(Error::ErrNoMatchingCertificateFingerprint),
            None => Err(Error::ErrNonCertificate),
        };
        let config = ConfigBuilder::default()
            .with_crypto_provider(identity.crypto.clone())
            .with_certificates(vec![identity.certificate.clone()])
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // Certificates are self-signed; the fingerprint in the signalling vouches for them (RFC 5763).
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(Arc::new(verify)))
            .with_flight_interval(FLIGHT_INTERVAL)
            .build(is_client, None)?;
        let config = Arc::new(config);
        let (server, client) = if is_client { (None, Some(config)) } else { (Some(config), None) };
        let endpoint = Endpoint::new(TUNNEL, TransportProtocol::UDP, server);
        Ok(Self {
            endpoint,
            client,
            identity: Arc::clone(identity),
            give_up_at: None,
            established: false,
            verify: None,
            flights: Flights::default(),
        })
    }

    /// Whether its handshake is on its way or done.
    pub(crate) fn has_begun(&self) -> bool {
        self.established || self.give_up_at.is_some()
    }

    /// Whether there are keys.
    pub(crate) fn is_established(&self) -> bool {
        self.established
    }

    /// The path is there: a client says hello, a server begins to wait.
    pub(crate) fn start(&mut self, now: Instant) -> Result<(), Error> {
        if !self.has_begun() {
            self.give_up_at = Some(now + PATIENCE);
        }
        match self.client.take() {
            Some(config) => self.endpoint.connect(now, TUNNEL, config, None),
            None => Ok(()),
        }
    }

    pub(crate) fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) -> Vec<AssociationEvent> {
        // Before our own hello there is nothing a client could be answered.
        if self.client.is_some() {
            return Vec::new();
        }
        if !self.flights.admit(self.established, bytes) {
            tracing::debug!("a DTLS datagram was dropped: it is broken, or one too many");
            return Vec::new();
        }
        self.verify = None;
        let events = match self.endpoint.read(now, TUNNEL, None, BytesMut::from(bytes)) {
            Ok(events) => events,
            Err(error) if self.established => {
                tracing::debug!(%error, "a DTLS record was dropped");
                return Vec::new();
            }
            Err(error @ (Error::ErrNoMatchingCertificateFingerprint | Error::ErrNonCertificate)) => {
                self.give_up_at = None;
                tracing::debug!(%error, "the far end's certificate is refused");
                return vec![AssociationEvent::Failed(MediaFault::Certificate)];
            }
            // No use to wait for the end of our patience; what else it may be about, the number tells.
            Err(Error::ErrAlertFatalOrClose) if let Some(alert) = plain_alert(bytes) => {
                self.give_up_at = None;
                return vec![AssociationEvent::Failed(MediaFault::BrokenOff { alert: alert.to_string() })];
            }
            Err(error) => {
                tracing::debug!(%error, "a DTLS flight was not understood");
                return Vec::new();
            }
        };
        events.into_iter().filter_map(|event| self.event(event)).collect()
    }

    fn event(&mut self, event: EndpointEvent) -> Option<AssociationEvent> {
        match event {
            EndpointEvent::HandshakeComplete => {
                self.established = true;
                self.give_up_at = None;
                let keys = self.endpoint.get_connection_state(TUNNEL).ok_or(Error::ErrNoSuchSrtpProfile);
                Some(match keys.and_then(|state| SrtpPair::from_handshake(state, &self.identity.crypto)) {
                    Ok(pair) => AssociationEvent::Established(Box::new(pair)),
                    Err(error) => {
                        tracing::debug!(%error, "no SRTP keys came out of DTLS");
                        AssociationEvent::Failed(MediaFault::NoKeys)
                    }
                })
            }
            EndpointEvent::PeerClosed => Some(AssociationEvent::Closed),
            // SCTP is not spoken here; whatever else there may be one day is no audio either.
            _ => None,
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<AssociationEvent> {
        if self.give_up_at.is_some_and(|at| at <= now) {
            self.give_up_at = None;
            return Some(AssociationEvent::Failed(MediaFault::Handshake));
        }
        if let Some(verify) = self.verify.as_mut().filter(|verify| verify.at.is_some_and(|at| at <= now)) {
            verify.at = None;
        }
        if self.endpoint.poll_timeout(&TUNNEL).is_some_and(|at| at <= now)
            && let Err(error) = self.endpoint.handle_timeout(TUNNEL, now)
        {
            tracing::debug!(%error, "a DTLS flight could not be repeated");
        }
        None
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let verify = self.verify.as_ref().and_then(|verify| verify.at);
        [self.give_up_at, self.endpoint.poll_timeout(&TUNNEL), verify].into_iter().flatten().min()
    }

    pub(crate) fn poll_datagram(&mut self, now: Instant) -> Option<BytesMut> {
        if let Some(transmit) = self.endpoint.poll_transmit() {
            if is_verify_request(&transmit.message) {
                self.verify =
                    Some(VerifyAgain { datagram: transmit.message.clone(), sent: 0, at: Some(now + VERIFY_AGAIN_AFTER[0]) });
            }
            return Some(transmit.message);
        }
        // Its moment has come when it has none.
        let verify = self.verify.as_mut().filter(|verify| verify.at.is_none())?;
        verify.sent += 1;
        let datagram = verify.datagram.clone();
        match VERIFY_AGAIN_AFTER.get(verify.sent) {
            Some(pause) => verify.at = Some(now + *pause),
            None => self.verify = None,
        }
        Some(datagram)
    }

    /// Queues close_notify.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.established
            && let Err(error) = self.endpoint.close(now)
        {
            tracing::debug!(%error, "the DTLS association was not closed in order");
        }
    }
}

/// Whether a datagram is a HelloVerifyRequest: a record of type handshake (22) whose message has the type 3 (RFC 6347 4.2.1,
/// 4.3.2).
fn is_verify_request(datagram: &[u8]) -> bool {
    datagram.first() == Some(&22) && datagram.get(13) == Some(&3)
}

/// The description of an unencrypted alert (RFC 5246 section 7.2), behind the 13 bytes of a record's header.
fn plain_alert(datagram: &[u8]) -> Option<u8> {
    const ALERT: u8 = 21;
    match datagram {
        [ALERT, _, _, 0, 0, _, _, _, _, _, _, _, _, _, description, ..] => Some(*description),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "an Instant of the RTC crates can be had in no other way")]
mod tests {
    use super::{super::flights::tests::hello, *};

    #[test]
    fn a_hello_in_pieces_of_one_byte_does_not_end_the_program() {
        let identity = Arc::new(Identity::generate().expect("a certificate"));
        let fingerprint = identity.fingerprint.clone();
        let mut association = Association::new(&identity, vec![fingerprint], false).expect("a server");
        let now = Instant::now();
        association.start(now).expect("it waits");
        for piece in 0..30_000_u32 {
            let datagram = hello(piece as u16, 31_000, piece, 1);
            assert!(association.handle_datagram(now, &datagram).is_empty());
        }
    }
}
