//! Two streams against each other: frames in at one end, frames out at the other, in virtual time.

use audio::{FRAME_SAMPLES, Leg as _};
use model::MediaDirection;

use super::*;
use crate::{Payload, TelephoneEvent, dtmf::TelephoneEventPayload};

mod sources;

const EVENTS: [TelephoneEvent; 2] =
    [TelephoneEvent { number: 101, clock_hz: 8_000 }, TelephoneEvent { number: 110, clock_hz: 48_000 }];

fn payload(codec: Codec) -> Payload {
    let number = match codec {
        Codec::Opus => 111,
        Codec::G722 => 9,
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
    };
    Payload { number, codec, fec: codec == Codec::Opus, dtx: false, max_bitrate: None }
}

fn agreement(codec: Codec) -> Negotiated {
    Negotiated {
        send: payload(codec),
        receive: [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma].map(payload).to_vec(),
        telephone_events: EVENTS.to_vec(),
        red: (codec == Codec::Opus).then_some(63),
        direction: MediaDirection::SendRecv,
        remote: MediaDirection::SendRecv,
        packet_ms: None,
    }
}

/// One way: what is said goes to `near`, comes out at `far`.
struct Line {
    now: Instant,
    near: (AudioStream, StreamLeg),
    far: (AudioStream, StreamLeg),
    said: usize,
    heard: Vec<f32>,
    wire: Vec<RtpPacket>,
    keys: Vec<(char, u64)>,
    /// Each so manieth packet is lost.
    lose_each: usize,
    /// Added to sequence numbers and timestamps on the way.
    moved: (u16, u32),
}

impl Line {
    fn new(settings: StreamSettings, negotiated: &Negotiated) -> Self {
        let mut line = Self {
            now: Instant::START,
            near: AudioStream::open(settings, 1, Bell::default()),
            far: AudioStream::open(settings, 2, Bell::default()),
            said: 0,
            heard: Vec::new(),
            wire: Vec::new(),
            keys: Vec::new(),
            lose_each: usize::MAX,
            moved: (0, 0),
        };
        line.configure(negotiated);
        line.near.0.set_connected(line.now, true);
        line.far.0.set_connected(line.now, true);
        line
    }

    fn configure(&mut self, negotiated: &Negotiated) {
        self.near.0.configure(negotiated).expect("codecs set up");
        self.far.0.configure(negotiated).expect("codecs set up");
    }

    fn run(&mut self, ms: usize) {
        for _ in 0..ms / 10 {
            let frame = std::array::from_fn(|n| ((self.said + n) as f32 * 440.0 / 48_000.0 * std::f32::consts::TAU).sin() * 0.3);
            self.said += FRAME_SAMPLES;
            self.near.1.push(&frame);
            let mut sent = Vec::new();
            self.near.0.packets(self.now, &mut sent);
            for mut packet in sent {
                self.wire.push(packet.clone());
                packet.sequence = packet.sequence.wrapping_add(self.moved.0);
                packet.timestamp = packet.timestamp.wrapping_add(self.moved.1);
                if !self.wire.len().is_multiple_of(self.lose_each) {
                    let key = self.far.0.received(self.now, packet);
                    self.keys.extend(key.map(|k| (char::from(k.digit), k.duration.as_millis() as u64)));
                }
            }
            let key = self.far.0.late_dtmf(self.now);
            self.keys.extend(key.map(|k| (char::from(k.digit), k.duration.as_millis() as u64)));
            let mut frame = [0.0; FRAME_SAMPLES];
            self.far.1.pull(&mut frame);
            self.heard.extend_from_slice(&frame);
            self.now += Duration::from_millis(10);
        }
    }

    fn power(&self, from_ms: usize, to_ms: usize) -> f32 {
        let part = &self.heard[from_ms * 48..to_ms * 48];
        part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32
    }

    fn continuous(&self) -> bool {
        self.wire.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1) && w[1].ssrc == w[0].ssrc)
    }
}

#[test]
fn each_codec_carries_the_tone_at_its_level_with_steady_numbers() {
    for codec in [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma] {
        for packet_ms in [10, 20] {
            let mut line = Line::new(StreamSettings { packet_ms, ..StreamSettings::default() }, &agreement(codec));
            line.run(3_000);
            let power = line.power(500, 3_000);
            assert!((power / 0.045 - 1.0).abs() < 0.15, "{codec:?}: {power}");
            assert_eq!(line.wire.len(), 3_000 / packet_ms as usize);
            assert!(line.continuous() && line.wire[0].marker && !line.wire[1].marker);
            let step = packet_ms * if codec == Codec::Opus { 48 } else { 8 };
            assert!(line.wire.windows(2).all(|w| w[1].timestamp.wrapping_sub(w[0].timestamp) == step));
        }
    }
}

#[test]
fn numbers_go_on_through_hold_another_codec_and_digits() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.run(500);
    line.configure(&Negotiated { direction: MediaDirection::Inactive, ..agreement(Codec::Opus) });
    let before = line.wire.len();
    line.run(1_000);
    assert_eq!(line.wire.len(), before);
    line.configure(&agreement(Codec::Pcmu));
    assert!(line.near.0.send_dtmf(
        &DtmfDigit::parse_all("42").expect("digits"),
        Duration::from_millis(100),
        Duration::from_millis(70)
    ));
    line.run(1_000);
    assert!(line.near.0.dtmf_idle());
    assert!(line.continuous());
    assert_eq!(line.keys, [('4', 100), ('2', 100)]);
    assert!(line.wire[before].payload_type == 101 && line.wire[before].marker);
    assert!(line.power(2_200, 2_500) > 0.03, "the tone is back after the digits");
}

#[test]
fn the_time_of_digits_and_comfort_noise_counts_as_no_loss() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Pcmu));
    line.run(2_000);
    assert!(line.near.0.send_dtmf(
        &DtmfDigit::parse_all("159").expect("digits"),
        Duration::from_millis(100),
        Duration::from_millis(70)
    ));
    line.run(2_000);
    assert_eq!(line.keys.len(), 3);
    let figures = |line: &mut Line| line.far.0.statistics(line.now, &PeerStatistics::default());
    assert_eq!(figures(&mut line).concealed, 0.0);
    // A pause of theirs: one packet of comfort noise (RFC 3389), which nobody agreed on, then nothing for half a second.
    let last = line.wire.last().expect("sent").clone();
    let noise = RtpPacket { payload_type: 13, sequence: last.sequence + 1, payload: vec![70].into(), ..last };
    line.far.0.received(line.now, noise);
    line.moved = (1, 4_000);
    let mut frame = [0.0; FRAME_SAMPLES];
    for _ in 0..50 {
        line.far.1.pull(&mut frame);
        line.now += Duration::from_millis(10);
    }
    line.run(2_000);
    let figures = figures(&mut line);
    assert_eq!((figures.concealed, figures.loss_in), (0.0, 0.0));
    assert!(figures.mos.is_some_and(|mos| mos > 4.0), "{figures:?}");
}

#[test]
fn sound_after_a_pause_that_a_later_digit_overtakes_is_no_loss() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Pcmu));
    line.run(2_000);
    // They say nothing for 200 ms and send nothing; then a packet of audio, which a key's overtakes.
    let mut frame = [0.0; FRAME_SAMPLES];
    for _ in 0..20 {
        line.far.1.pull(&mut frame);
        line.now += Duration::from_millis(10);
    }
    let last = line.wire.last().expect("sent").clone();
    let key = TelephoneEventPayload { event: 5, end: true, duration: 160 }.to_bytes().to_vec().into();
    let (sequence, timestamp) = (last.sequence + 2, last.timestamp + 2_000);
    line.far.0.received(line.now, RtpPacket { payload_type: 101, sequence, timestamp, payload: key, ..last.clone() });
    let (sequence, timestamp) = (last.sequence + 1, last.timestamp + 160 + 1_600);
    line.far.0.received(line.now, RtpPacket { sequence, timestamp, ..last });
    line.moved = (2, 1_600 + 160);
    line.run(2_000);
    let figures = line.far.0.statistics(line.now, &PeerStatistics::default());
    assert_eq!((figures.concealed, figures.loss_in), (0.0, 0.0));
}

#[test]
fn what_comes_while_nothing_is_heard_is_no_loss_afterwards() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Pcmu));
    line.run(1_000);
    let nothing = Negotiated { direction: MediaDirection::SendOnly, ..agreement(Codec::Pcmu) };
    line.far.0.configure(&nothing).expect("codecs set up");
    line.run(500);
    line.far.0.configure(&agreement(Codec::Pcmu)).expect("codecs set up");
    line.run(1_000);
    let figures = line.far.0.statistics(line.now, &PeerStatistics::default());
    assert_eq!((figures.concealed, figures.loss_in), (0.0, 0.0));
}

#[test]
fn what_a_far_end_that_we_hold_numbers_and_does_not_send_is_no_loss() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Pcmu));
    line.run(1_000);
    let held = Negotiated { direction: MediaDirection::SendOnly, ..agreement(Codec::Pcmu) };
    line.far.0.configure(&held).expect("codecs set up");
    line.lose_each = 1;
    line.run(500);
    line.lose_each = usize::MAX;
    line.far.0.configure(&agreement(Codec::Pcmu)).expect("codecs set up");
    line.run(1_000);
    assert_eq!(line.far.0.statistics(line.now, &PeerStatistics::default()).loss_in, 0.0);
}

#[test]
fn who_holds_us_owes_no_packets() {
    let held = Negotiated { direction: MediaDirection::RecvOnly, remote: MediaDirection::SendOnly, ..agreement(Codec::Opus) };
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.run(500);
    line.far.0.configure(&held).expect("codecs set up");
    let silent = |line: &mut Line| {
        line.now += Duration::from_secs(10);
        line.far.0.statistics(line.now, &PeerStatistics::default()).trouble
    };
    assert_eq!(silent(&mut line), None);
    line.far.0.configure(&agreement(Codec::Opus)).expect("codecs set up");
    assert_eq!(silent(&mut line), Some(MediaTrouble::NoPacketsIn));
}

#[test]
fn digits_take_the_clock_of_the_audio_where_it_is_agreed_on() {
    for (codec, events, number) in
        [(Codec::Opus, &EVENTS[..], 110), (Codec::Opus, &EVENTS[..1], 101), (Codec::Pcmu, &EVENTS[..], 101)]
    {
        let mut line =
            Line::new(StreamSettings::default(), &Negotiated { telephone_events: events.to_vec(), ..agreement(codec) });
        line.run(100);
        line.near.0.send_dtmf(&DtmfDigit::parse_all("7").expect("digits"), Duration::from_millis(100), Duration::from_millis(70));
        line.run(500);
        let of_digit: Vec<_> = line.wire.iter().filter(|p| p.payload_type == number).collect();
        assert_eq!(of_digit.len(), 7, "{codec:?} {number}");
        assert!(of_digit.iter().all(|p| p.timestamp == of_digit[0].timestamp));
        assert_eq!(line.keys, [('7', 100)]);
    }
}

#[test]
fn digits_wait_for_the_path_and_lose_none() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.near.0.set_connected(line.now, false);
    let (tone, gap) = (Duration::from_millis(100), Duration::from_millis(70));
    assert!(line.near.0.send_dtmf(&DtmfDigit::parse_all("58").expect("digits"), tone, gap));
    line.run(500);
    assert!(line.keys.is_empty() && !line.near.0.dtmf_idle(), "nothing left on a path that is not there");
    let sent = line.near.0.statistics(line.now, &PeerStatistics::default()).packets_sent;
    assert!(line.wire.is_empty() && sent == 0, "nor is audio made for it");
    line.near.0.set_connected(line.now, true);
    line.run(500);
    assert_eq!(line.keys, [('5', 100), ('8', 100)]);
    assert!(line.near.0.dtmf_idle() && line.continuous());
}

#[test]
fn without_telephone_event_digits_are_refused() {
    let mut line = Line::new(StreamSettings::default(), &Negotiated { telephone_events: Vec::new(), ..agreement(Codec::Opus) });
    assert!(!line.near.0.send_dtmf(
        &DtmfDigit::parse_all("1").expect("digits"),
        Duration::from_millis(100),
        Duration::from_millis(70)
    ));
    assert!(line.near.0.dtmf_idle());
}

#[test]
fn reported_loss_switches_red_on_and_the_tone_has_no_hole() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.lose_each = 5;
    for _ in 0..10 {
        line.near.0.statistics(line.now, &PeerStatistics { fraction_lost_out: Some(0.2), ..PeerStatistics::default() });
        line.run(1_000);
    }
    assert!(line.wire.iter().all(|packet| packet.payload_type == 63));
    let statistics = line.far.0.statistics(line.now, &PeerStatistics::default());
    assert!((statistics.loss_in - 0.2).abs() < 0.01, "{}", statistics.loss_in);
    assert!(statistics.concealed < 0.02, "{}", statistics.concealed);
    let weakest = (1_000..10_000).step_by(10).map(|ms| line.power(ms, ms + 10)).fold(f32::MAX, f32::min);
    assert!(weakest > 0.02, "{weakest}");
    for _ in 0..60 {
        line.near.0.statistics(line.now, &PeerStatistics { fraction_lost_out: Some(0.0), ..PeerStatistics::default() });
    }
    line.run(100);
    assert_eq!(line.wire.last().map(|packet| packet.payload_type), Some(111));
}

#[test]
fn coarse_copies_are_not_taken_from_the_audio_but_stay_within_the_far_ends_limit() {
    for (limit, most) in [(None, 1.9), (Some(32_000), 1.1)] {
        let agreed =
            Negotiated { red: None, send: Payload { max_bitrate: limit, ..payload(Codec::Opus) }, ..agreement(Codec::Opus) };
        let mut line = Line::new(StreamSettings::default(), &agreed);
        let mut bytes = |loss: f64| {
            let before = line.wire.len();
            for _ in 0..8 {
                line.near.0.statistics(line.now, &PeerStatistics { fraction_lost_out: Some(loss), ..PeerStatistics::default() });
                line.run(500);
            }
            line.wire[before..].iter().map(|packet| packet.payload.len()).sum::<usize>() as f64
        };
        let (calm, lossy) = (bytes(0.0), bytes(0.1));
        let least = if limit.is_none() { 1.3 } else { 0.8 };
        assert!((least..most).contains(&(lossy / calm)), "{limit:?}: {calm} then {lossy} bytes");
    }
}

#[test]
fn a_limit_of_ours_is_kept_though_the_far_end_allows_more() {
    let bits_per_second = |max_bitrate: Option<u32>| {
        let mut line = Line::new(StreamSettings { max_bitrate, ..StreamSettings::default() }, &agreement(Codec::Opus));
        line.run(4_000);
        line.wire.iter().map(|packet| packet.payload.len()).sum::<usize>() * 8 / 4
    };
    let (free, limited) = (bits_per_second(None), bits_per_second(Some(12_000)));
    assert!(free > 20_000 && limited < 14_000, "{free} and {limited} bit/s");
}

#[test]
fn the_figures_tell_what_happened() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.run(5_000);
    let peer = PeerStatistics { round_trip_ms: Some(20.0), ..PeerStatistics::default() };
    let (near, far) = (line.near.0.statistics(line.now, &peer), line.far.0.statistics(line.now, &peer));
    assert_eq!((near.codec, near.packets_sent, far.packets_received), (Some(Codec::Opus), 250, 250));
    assert!(far.loss_in == 0.0 && far.jitter_ms < 1.0 && far.concealed == 0.0);
    assert!((5.0..=30.0).contains(&far.buffer_ms), "{}", far.buffer_ms);
    assert!(far.mos.is_some_and(|mos| mos > 4.3), "{:?}", far.mos);
    assert!((near.level_out_dbfs + 13.5).abs() < 1.0 && (far.level_in_dbfs + 13.5).abs() < 1.0);
    // Nobody speaks on the way back, and what was never heard has no quality.
    assert_eq!((near.packets_received, near.mos), (0, None));
    assert_eq!(line.near.0.trouble(line.now), Some(MediaTrouble::NoPacketsIn));
}

#[test]
fn numbers_that_start_anew_are_heard_again_within_100_ms() {
    for codec in [Codec::Opus, Codec::G722, Codec::Pcmu] {
        for number in [0, 1, 30, 64, 99, 101, 700, 2_000, 20_000, 40_000, 65_000] {
            for timestamp in [0, 40_000, 1_000_000_000, 3_000_000_000] {
                let mut line = Line::new(StreamSettings::default(), &agreement(codec));
                line.run(3_000);
                // Back by so many numbers, which for the large ones is forwards.
                line.moved = (0_u16.wrapping_sub(number), 0_u32.wrapping_sub(timestamp));
                line.run(3_000);
                let weakest = |from_ms: usize, to_ms: usize| {
                    (from_ms..to_ms).step_by(10).map(|ms| line.power(ms, ms + 10)).fold(f32::MAX, f32::min)
                };
                let case = format!("{codec:?}, {number} numbers and {timestamp} ticks back");
                assert!(weakest(3_130, 6_000) > 0.02, "{}: {case}", weakest(3_130, 6_000));
                let silent = (3_000..3_130).step_by(10).filter(|ms| line.power(*ms, ms + 10) < 1e-4).count() * 10;
                assert!(silent <= 60, "{silent} ms of silence: {case}");
                let buffer_ms = line.far.0.statistics(line.now, &PeerStatistics::default()).buffer_ms;
                assert!(buffer_ms < 30.0, "{buffer_ms} ms: {case}");
            }
        }
    }
}

#[test]
fn packets_that_no_longer_come_are_the_worst_quality_and_no_good_memory() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.run(5_000);
    line.lose_each = 1;
    line.run(3_000);
    let far = line.far.0.statistics(line.now, &PeerStatistics::default());
    assert_eq!((far.trouble, far.mos), (Some(MediaTrouble::NoPacketsIn), Some(1.0)));
    // On hold none are due.
    line.configure(&Negotiated { direction: MediaDirection::Inactive, ..agreement(Codec::Opus) });
    let far = line.far.0.statistics(line.now, &PeerStatistics::default());
    assert!(far.trouble.is_none() && far.mos.is_some_and(|mos| mos > 4.0), "{far:?}");
}

#[test]
fn a_leg_that_was_not_pulled_for_long_starts_with_what_is_new() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Pcma));
    line.run(1_000);
    // Ten seconds pass in which the hub does not ask.
    for _ in 0..500 {
        line.near.1.push(&[0.1; FRAME_SAMPLES]);
        line.near.1.push(&[0.1; FRAME_SAMPLES]);
        let mut sent = Vec::new();
        line.near.0.packets(line.now, &mut sent);
        for packet in sent {
            line.far.0.received(line.now, packet);
        }
        line.now += Duration::from_millis(20);
    }
    line.run(6_000);
    let delay = line.far.0.statistics(line.now, &PeerStatistics::default()).buffer_ms;
    assert!(delay < 30.0, "{delay} ms");
    assert!(line.power(6_500, 7_000) > 0.03);
}

#[test]
fn hostile_packets_do_no_harm() {
    let mut line = Line::new(StreamSettings::default(), &agreement(Codec::Opus));
    line.run(1_000);
    let mut random = 7_u64;
    for n in 0..20_000_u32 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bytes: Vec<u8> = (0..(random >> 40) % 40).map(|k| (random >> (k % 8 * 8)) as u8 ^ k as u8).collect();
        let packet = RtpPacket {
            payload_type: [111, 63, 101, 110, 9, 0, 8, 77][(random >> 33) as usize % 8],
            marker: random & 1 == 1,
            sequence: (random >> 20) as u16,
            timestamp: (random >> 8) as u32,
            ssrc: (random >> 60) as u32,
            payload: bytes.into(),
        };
        line.far.0.received(line.now, packet);
        if n % 5 == 0 {
            line.run(10);
        }
    }
    assert!(line.heard.iter().all(|sample| sample.is_finite()));
    line.run(5_000);
    assert!(line.power(line.heard.len() / 48 - 1_000, line.heard.len() / 48) > 0.03, "the call goes on");
}

#[tokio::test]
async fn ready_waits_for_a_whole_packet() {
    let (mut stream, mut leg) = AudioStream::open(StreamSettings::default(), 1, Bell::default());
    leg.push(&[0.0; FRAME_SAMPLES]);
    assert!(if_ready(stream.ready()).await.is_none());
    leg.push(&[0.0; FRAME_SAMPLES]);
    assert!(if_ready(stream.ready()).await.is_some());
    stream.packets(Instant::START, &mut Vec::new());
    assert!(if_ready(stream.ready()).await.is_none());
}

/// What a future gives if it is ready after a few polls.
async fn if_ready<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        value = future => Some(value),
        () = async { for _ in 0..4 { tokio::task::yield_now().await } } => None,
    }
}
