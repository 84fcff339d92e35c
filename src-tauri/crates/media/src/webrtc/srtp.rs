//! SRTP and SRTCP (RFC 3711, RFC 7714) with the keys of one DTLS handshake.

use bytes::{BufMut, Bytes, BytesMut};
use rtc::{
    crypto::RTCCrypto,
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

/// Both directions.
pub(crate) struct SrtpPair {
    local: Context,
    remote: Context,
}

impl SrtpPair {
    pub(crate) fn from_handshake(state: &State, crypto: &dyn RTCCrypto) -> Result<Self, Error> {
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm => ProtectionProfile::AeadAes256Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            _ => return Err(Error::ErrNoSuchSrtpProfile),
        };
        let mut config = Config { profile, ..Config::default() };
        let material = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len())?;
        config.set_session_keys_from_keying_material(material.as_ref(), state.is_client())?;
        let keys = &config.keys;
        let local = Context::new(&keys.local_master_key, &keys.local_master_salt, profile, None, None, crypto)?;
        let replay = (Some(srtp_replay_protection(REPLAY_WINDOW)), Some(srtcp_replay_protection(REPLAY_WINDOW)));
        let remote = Context::new(&keys.remote_master_key, &keys.remote_master_salt, profile, replay.0, replay.1, crypto)?;
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
        let mut plain: Bytes = self.remote.decrypt_rtp(bytes)?.freeze();
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
        self.remote.decrypt_rtcp(bytes)
    }
}
