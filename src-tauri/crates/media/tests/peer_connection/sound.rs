//! The far end's mouth and ear: RTP packets of a tone and of keys, made and read without any code of ours.

use std::{collections::VecDeque, iter::repeat_n, sync::Arc, time::Duration};

use audio_codec::{CodecType, create_decoder, create_encoder};
use bytes::Bytes;
use calls::io::Description;
use model::{Codec, DtmfDigit};
use opus::{Application, Channels};
use rtc::rtp;
use tokio::{
    sync::{mpsc, watch},
    time::{interval, timeout},
};
use webrtc::media_stream::track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP};

use crate::tone::{Ear, Heard, OURS, THEIRS};

/// Payload types, in both directions.
pub const OPUS: u8 = 111;
pub const PCMU: u8 = 0;

const PACKET: Duration = Duration::from_millis(20);
/// Samples of a packet at 48 kHz.
const SAMPLES: usize = 960;
/// Pause in the packets after which nothing is heard any more.
const PAUSE: Duration = Duration::from_millis(150);
const PAUSE_SAMPLES: usize = 7_200;
/// Packets of a key: 80 ms, and its end three times (RFC 4733 section 2.5.1.4).
const KEY_PACKETS: u16 = 4;
const KEY_ENDS: u16 = 3;

/// The payload type of telephone-event, and its clock.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    number: u8,
    clock_hz: u32,
}

impl Events {
    /// The first of an answer.
    pub fn of(answer: &Description) -> Option<Self> {
        answer.expose().lines().find_map(|line| {
            let (number, name) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
            let clock_hz = name.strip_prefix("telephone-event/")?.parse().ok()?;
            Some(Self { number: number.parse().ok()?, clock_hz })
        })
    }

    /// The packets of one key.
    fn of_key(self, digit: DtmfDigit) -> impl Iterator<Item = Bytes> {
        let ticks = (self.clock_hz / 50) as u16;
        (1..=KEY_PACKETS + KEY_ENDS).map(move |packet| {
            let end = if packet > KEY_PACKETS { 0x80 } else { 0 };
            let [high, low] = (packet.min(KEY_PACKETS) * ticks).to_be_bytes();
            Bytes::copy_from_slice(&[digit.event(), end | 10, high, low])
        })
    }
}

/// Sends a packet each 20 ms: of the tone or, while there are any, of the keys pressed.
pub async fn speak(track: Arc<TrackLocalStaticRTP>, codec: Codec, ssrc: u32, mut keys: mpsc::Receiver<(Events, DtmfDigit)>) {
    let mut encode = encoder(codec);
    let mut tone = THEIRS.samples();
    let (payload_type, packet_ticks) = if codec == Codec::Opus { (OPUS, 960) } else { (PCMU, 160) };
    let (mut sequence, mut timestamp) = (0_u16, 0_u32);
    let mut key = VecDeque::new();
    let mut ticks = interval(PACKET);
    loop {
        ticks.tick().await;
        if key.is_empty()
            && let Ok((events, digit)) = keys.try_recv()
        {
            key.extend(events.of_key(digit).map(|payload| (events.number, timestamp, payload)));
        }
        let samples: Vec<f32> = tone.by_ref().take(SAMPLES).collect();
        let mut header = rtp::Header { version: 2, sequence_number: sequence, ssrc, ..rtp::Header::default() };
        let payload = match key.pop_front() {
            Some((number, began, payload)) => {
                (header.payload_type, header.timestamp, header.marker) = (number, began, began == timestamp);
                payload
            }
            None => {
                (header.payload_type, header.timestamp) = (payload_type, timestamp);
                encode(&samples)
            }
        };
        sequence = sequence.wrapping_add(1);
        timestamp = timestamp.wrapping_add(packet_ticks);
        // Before it is negotiated the track takes nothing; nobody listens then.
        let _ = track.write_rtp(rtp::Packet { header, payload }).await;
    }
}

/// Measures our tone in the packets that come, and collects our keys.
pub async fn listen(mut packets: mpsc::Receiver<rtp::Packet>, heard: watch::Sender<Heard>, digits: mpsc::Sender<DtmfDigit>) {
    let (mut opus, mut pcmu) = (decoder(Codec::Opus), decoder(Codec::Pcmu));
    let mut ear = Ear::new(OURS);
    let mut last_key = None;
    loop {
        let packet = match timeout(PAUSE, packets.recv()).await {
            Ok(Some(packet)) => packet,
            Ok(None) => return,
            Err(_) => {
                heard.send_replace(ear.hear(repeat_n(0.0, PAUSE_SAMPLES)));
                continue;
            }
        };
        match packet.header.payload_type {
            OPUS => heard.send_replace(ear.hear(opus(&packet.payload))),
            PCMU => heard.send_replace(ear.hear(pcmu(&packet.payload))),
            101 | 110 => {
                let [event, flags, ..] = packet.payload[..] else { panic!("a short telephone-event: {packet:?}") };
                if flags & 0x80 != 0 && last_key.replace(packet.header.timestamp) != Some(packet.header.timestamp) {
                    let digit = DtmfDigit::from_event(event).expect("a key");
                    digits.send(digit).await.expect("the test runs");
                }
                continue;
            }
            other => panic!("payload type {other} was not agreed on"),
        };
    }
}

type Encode = Box<dyn FnMut(&[f32]) -> Bytes + Send>;
type Decode = Box<dyn FnMut(&[u8]) -> Vec<f32> + Send>;

/// From 48 kHz. The tone is far below 4 kHz, so every sixth sample is a fair one at 8 kHz.
fn encoder(codec: Codec) -> Encode {
    if codec == Codec::Opus {
        let mut encoder = opus::Encoder::new(48_000, Channels::Mono, Application::Voip).expect("an encoder");
        Box::new(move |samples| encoder.encode_vec_float(samples, 1_275).expect("a packet").into())
    } else {
        let mut encoder = create_encoder(CodecType::PCMU);
        Box::new(move |samples| {
            let sparse: Vec<i16> = samples.iter().step_by(6).map(|sample| (sample * 32_767.0) as i16).collect();
            encoder.encode(&sparse).into()
        })
    }
}

/// To 48 kHz; PCMU in straight lines, which is fair for a tone far below 4 kHz.
fn decoder(codec: Codec) -> Decode {
    if codec == Codec::Opus {
        let mut decoder = opus::Decoder::new(48_000, Channels::Mono).expect("a decoder");
        Box::new(move |payload| {
            let mut samples = vec![0.0; 5_760];
            let length = decoder.decode_float(payload, &mut samples, false).expect("a good packet");
            samples.truncate(length);
            samples
        })
    } else {
        let mut decoder = create_decoder(CodecType::PCMU);
        let mut before = 0.0;
        Box::new(move |payload| {
            let mut samples = Vec::new();
            for sample in decoder.decode(payload).iter().map(|sample| f32::from(*sample) / 32_768.0) {
                samples.extend((1..=6).map(|n| before + (sample - before) * n as f32 / 6.0));
                before = sample;
            }
            samples
        })
    }
}
