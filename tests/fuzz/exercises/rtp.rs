//! Packets of a stranger, decrypted: any payload, number, time and source, through the jitter buffer and the decoders.

use std::{hint::black_box, time::Duration};

use audio::{FRAME_SAMPLES, Leg};
use bytes::Bytes;
use media::{AudioStream, Bell, Negotiated, Payload, PeerStatistics, RtpPacket, StreamSettings, TelephoneEvent};
use model::{Codec, Instant, MediaDirection};

fn agreed() -> Negotiated {
    let payload = |number, codec| Payload { number, codec, fec: true, dtx: false, max_bitrate: None };
    let receive = vec![payload(111, Codec::Opus), payload(9, Codec::G722), payload(0, Codec::Pcmu), payload(8, Codec::Pcma)];
    Negotiated {
        send: receive[0].clone(),
        receive,
        telephone_events: vec![TelephoneEvent { number: 110, clock_hz: 48_000 }, TelephoneEvent { number: 101, clock_hz: 8_000 }],
        red: Some(63),
        direction: MediaDirection::SendRecv,
        remote: MediaDirection::SendRecv,
        packet_ms: Some(20),
    }
}

/// The next `N` bytes, zeros where there are none left.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    let there = N.min(bytes.len());
    taken[..there].copy_from_slice(&bytes[..there]);
    *bytes = &bytes[there..];
    taken
}

/// Reads `bytes` as a row of packets, each behind eleven bytes of header and length, and plays them.
pub fn exercise(mut bytes: &[u8]) {
    let (mut stream, mut leg) = AudioStream::open(StreamSettings::default(), 1, Bell::default());
    stream.configure(&agreed()).expect("all codecs are there");
    let mut now = Instant::START;
    stream.set_connected(now, true);
    let mut frame = [0.0; FRAME_SAMPLES];
    let (mut sequence, mut timestamp) = (0u16, 0u32);
    for _ in 0..256 {
        if bytes.is_empty() {
            break;
        }
        let [kind, jump, far_high, far_low, time, time_high, time_low, source, wait, length_high, length_low] = take(&mut bytes);
        // Most packets follow one another; some jump.
        sequence = if jump < 200 { sequence.wrapping_add(1) } else { u16::from_be_bytes([far_high, far_low]) };
        timestamp =
            if time < 200 { timestamp.wrapping_add(960) } else { u32::from_be_bytes([time_high, time_low, time, source]) };
        let length = usize::from(u16::from_be_bytes([length_high, length_low]) % 1_500).min(bytes.len());
        let (payload, rest) = bytes.split_at(length);
        bytes = rest;
        let packet = RtpPacket {
            payload_type: [111, 9, 0, 8, 110, 101, 63, kind % 128][usize::from(kind % 8)],
            marker: kind > 127,
            sequence,
            timestamp,
            ssrc: u32::from(source % 4),
            payload: Bytes::copy_from_slice(payload),
        };
        black_box(stream.received(now, packet));
        for _ in 0..wait % 4 {
            now += Duration::from_millis(10);
            leg.pull(&mut frame);
            assert!(frame.iter().all(|sample| sample.is_finite()), "a sample that is no number");
        }
        black_box(stream.late_dtmf(now));
    }
    let figures = stream.statistics(now, &PeerStatistics::default());
    assert!((0.0..=1.0).contains(&figures.loss_in) && (0.0..=1.0).contains(&figures.concealed), "{figures:?}");
    assert!(figures.mos.is_none_or(|mos| (1.0..=4.5).contains(&mos)) && figures.jitter_ms.is_finite(), "{figures:?}");
}
