//! A session description of a stranger: as an offer, answered; as an answer to ours, applied.

use std::hint::black_box;

use media::sdp::{AudioTerms, Fingerprint, LocalSession, RemoteDescription, Setup, TransportDescription, negotiate};
use model::{Codec, MediaDirection};

const CODECS: [Codec; 4] = [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma];

fn transport() -> TransportDescription {
    TransportDescription {
        ice_ufrag: "abcd".into(),
        ice_pwd: "abcdefghijklmnopqrstuvwx".into(),
        ice_lite: false,
        fingerprints: vec![Fingerprint { algorithm: "sha-256".into(), digest: vec![7; 32] }],
        setup: Setup::Actpass,
        candidates: Vec::new(),
    }
}

/// Reads `bytes` both ways. An answer of ours must be one that we could read.
pub fn exercise(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let terms = AudioTerms { codecs: CODECS.to_vec(), packet_ms: 20, dtx: false };
    let mut local = LocalSession::new(1);
    if let Ok(remote) = RemoteDescription::offer(&text, &CODECS) {
        let how = (Setup::Active, MediaDirection::SendRecv.and(remote.audio.direction.reversed()));
        if let Some(answer) = local.answer(&remote, &terms, &transport(), how) {
            black_box(negotiate(&answer.formats, &remote.audio, MediaDirection::SendRecv));
            let sections = answer.text.lines().filter(|line| line.starts_with("m=")).count();
            // Blanks before a line are forgiven.
            let theirs = text.lines().filter(|line| line.trim_start().starts_with("m=")).count();
            assert!(sections <= theirs, "an answer has the sections of its offer (RFC 3264 section 6): {}", answer.text);
            assert!(!answer.text.contains("\r\n\r\n"), "an empty line ends a body: {}", answer.text);
        }
    }
    let mut local = LocalSession::new(1);
    let offer = local.offer(&terms, &transport(), MediaDirection::SendRecv);
    if let Ok(remote) = RemoteDescription::answer(&text, local.audio_index(), &CODECS) {
        black_box(negotiate(&offer.formats, &remote.audio, MediaDirection::SendRecv));
        local.answered(&offer);
    }
}
