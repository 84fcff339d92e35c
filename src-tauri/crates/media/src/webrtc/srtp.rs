//! SRTP and SRTCP (RFC 3711, RFC 7714) with the keys of one DTLS handshake.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use rtc::{
    crypto::RTCCryptoProvider,
    dtls::{extension::extension_use_srtp::SrtpProtectionProfile, state::State},
    rtp,
    shared::{error::Error, marshal::Unmarshal as _},
    srtp::{
        config::{Config, LABEL_EXTRACTOR_DTLS_SRTP},
        context::Context,
        option::{srtcp_replay_protection, srtp_replay_protection},
        protection_profile::ProtectionProfile,
    },
};

use crate::RtpPacket;

/// Packets of reordering that are told from replays (RFC 3711 section 3.3.2 asks for 64 at least): 5 s of 20 ms packets.
const REPLAY_WINDOW: usize = 256;

/// Sources of the far end that are told apart; it has one, and another after a transfer. Who goes beyond has the one heard longest
/// ago forgotten.
const MOST_SOURCES: usize = 32;

/// Sources that nothing genuine has come of. The library remembers each for ever, also one that anybody made up, so that they are
/// forgotten together.
const MOST_STRANGERS: usize = 64;

/// Both directions.
pub(crate) struct SrtpPair {
    local: Context,
    remote: Sources,
}

/// The far end's sources.
struct Sources {
    keys: Keys,
    /// Each with what is known of it, the one heard last at the end.
    heard: Vec<(u32, Context)>,
    strangers: Context,
    /// Those that `strangers` knows.
    claimed: Vec<u32>,
}

/// What the far end's packets are protected with.
struct Keys {
    crypto: Arc<dyn RTCCryptoProvider>,
    profile: ProtectionProfile,
    key: Vec<u8>,
    salt: Vec<u8>,
}

impl Keys {
    fn context(&self) -> Result<Context, Error> {
        let replay = (Some(srtp_replay_protection(REPLAY_WINDOW)), Some(srtcp_replay_protection(REPLAY_WINDOW)));
        Context::new(&self.key, &self.salt, self.profile, replay.0, replay.1, self.crypto.crypto())
    }
}

impl Sources {
    fn new(keys: Keys) -> Result<Self, Error> {
        Ok(Self { strangers: keys.context()?, keys, heard: Vec::new(), claimed: Vec::new() })
    }

    /// Undoes the protection of what claims to come from `source`.
    fn unprotect(&mut self, source: u32, unprotect: impl Fn(&mut Context) -> Result<BytesMut, Error>) -> Result<BytesMut, Error> {
        if let Some(at) = self.heard.iter().position(|(heard, _)| *heard == source) {
            let plain = unprotect(&mut self.heard[at].1)?;
            self.heard[at..].rotate_left(1);
            return Ok(plain);
        }
        if !self.claimed.contains(&source) {
            if self.claimed.len() == MOST_STRANGERS {
                self.claimed.clear();
                self.strangers = self.keys.context()?;
            }
            self.claimed.push(source);
        }
        let plain = unprotect(&mut self.strangers)?;
        let mut own = self.keys.context()?;
        // Once more, for what it is to be known by.
        unprotect(&mut own)?;
        if self.heard.len() == MOST_SOURCES {
            self.heard.remove(0);
        }
        self.heard.push((source, own));
        Ok(plain)
    }
}

impl SrtpPair {
    pub(crate) fn from_handshake(state: &State, crypto: &Arc<dyn RTCCryptoProvider>) -> Result<Self, Error> {
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm => ProtectionProfile::AeadAes256Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            _ => return Err(Error::ErrNoSuchSrtpProfile),
        };
        let mut config = Config { profile, ..Config::default() };
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len())?;
        config.set_session_keys_from_keying_material(material.as_ref(), state.is_client())?;
        let keys = config.keys;
        let local = Context::new(&keys.local_master_key, &keys.local_master_salt, profile, None, None, crypto.crypto())?;
        let (key, salt) = (keys.remote_master_key, keys.remote_master_salt);
        let remote = Sources::new(Keys { crypto: Arc::clone(crypto), profile, key, salt })?;
        Ok(Self { local, remote })
    }

    pub(crate) fn protect(&mut self, packet: &RtpPacket) -> Result<BytesMut, Error> {
        let mut plain = BytesMut::with_capacity(12 + packet.payload.len());
        plain.put_u8(0x80);
        plain.put_u8(u8::from(packet.marker) << 7 | packet.payload_type & 0x7f);
        plain.put_u16(packet.sequence);
        plain.put_u32(packet.timestamp);
        plain.put_u32(packet.ssrc);
        plain.extend_from_slice(&packet.payload);
        self.local.encrypt_rtp(&plain)
    }

    pub(crate) fn unprotect(&mut self, bytes: &[u8]) -> Result<RtpPacket, Error> {
        let source = bytes.get(8..12).and_then(|source| source.try_into().ok()).ok_or(Error::ErrTooShortRtp)?;
        let plain = self.remote.unprotect(u32::from_be_bytes(source), |context| context.decrypt_rtp(bytes));
        let mut plain: Bytes = plain?.freeze();
        let packet = rtp::Packet::unmarshal(&mut plain)?;
        Ok(RtpPacket {
            payload_type: packet.header.payload_type,
            marker: packet.header.marker,
            sequence: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            ssrc: packet.header.ssrc,
            payload: packet.payload,
        })
    }

    pub(crate) fn protect_control(&mut self, plain: &[u8]) -> Result<BytesMut, Error> {
        self.local.encrypt_rtcp(plain)
    }

    pub(crate) fn unprotect_control(&mut self, bytes: &[u8]) -> Result<BytesMut, Error> {
        let source = bytes.get(4..8).and_then(|source| source.try_into().ok()).ok_or(Error::ErrTooShortRtcp)?;
        self.remote.unprotect(u32::from_be_bytes(source), |context| context.decrypt_rtcp(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: ProtectionProfile = ProtectionProfile::AeadAes128Gcm;

    /// The far end's packets, and our end for them.
    fn ends() -> (Context, Sources) {
        let crypto = rtc::crypto::default_provider().expect("cryptography");
        let (key, salt) = (vec![7; 16], vec![9; 12]);
        let far = Context::new(&key, &salt, PROFILE, None, None, crypto.crypto()).expect("keys of the right length");
        (far, Sources::new(Keys { crypto, profile: PROFILE, key, salt }).expect("keys of the right length"))
    }

    fn protected(far: &mut Context, source: u32, sequence: u16) -> Vec<u8> {
        let plain = [&[0x80, 0][..], &sequence.to_be_bytes(), &[0; 4], &source.to_be_bytes(), b"sound"].concat();
        far.encrypt_rtp(&plain).expect("it is protected").to_vec()
    }

    fn is_heard(sources: &mut Sources, source: u32, bytes: &[u8]) -> bool {
        sources.unprotect(source, |context| context.decrypt_rtp(bytes)).is_ok()
    }

    #[test]
    fn sources_that_anybody_made_up_are_forgotten_and_the_real_one_is_not() {
        let (mut far, mut ours) = ends();
        let first = protected(&mut far, 1, 1);
        assert!(is_heard(&mut ours, 1, &first));
        for made_up in 2..10_000_u32 {
            let mut forged = first.clone();
            forged[8..12].copy_from_slice(&made_up.to_be_bytes());
            assert!(!is_heard(&mut ours, made_up, &forged));
        }
        assert!(ours.claimed.len() <= MOST_STRANGERS && ours.heard.len() == 1);
        assert!(!is_heard(&mut ours, 1, &first), "a replay");
        assert!(is_heard(&mut ours, 1, &protected(&mut far, 1, 2)) && is_heard(&mut ours, 9_999, &protected(&mut far, 9_999, 1)));
    }

    #[test]
    fn the_number_of_a_long_stream_goes_on_beside_others() {
        let (mut far, mut ours) = ends();
        for number in 0..140_000_u32 {
            assert!(is_heard(&mut ours, 1, &protected(&mut far, 1, number as u16)), "packet {number}");
            if number % 1_000 == 0 {
                let other = 100 + number / 1_000;
                assert!(is_heard(&mut ours, other, &protected(&mut far, other, 5)), "source {other}");
            }
        }
        assert_eq!(ours.heard.len(), MOST_SOURCES);
    }
}
