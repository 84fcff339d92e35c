//! A sender, a network and a listener in virtual time, with a seed.

use std::collections::BTreeMap;

use audio::{FRAME_SAMPLES, Frame};
use bytes::Bytes;
use model::Codec;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::{Coded, JitterBuffer, Playout};
use crate::codec::{Decoders, Encoder, OpusTuning, clock_hz};

/// What the network does to packet `n`, sent at a time in ms: its delay in ms, or nothing when it is lost.
pub(super) trait Network: FnMut(usize, f64, &mut StdRng) -> Option<f64> {}

impl<T: FnMut(usize, f64, &mut StdRng) -> Option<f64>> Network for T {}

/// What the sender sends.
pub(super) struct Sender {
    pub(super) codec: Codec,
    pub(super) packet_ms: usize,
    /// How much faster than ours its clock is, in parts per million.
    pub(super) drift_ppm: f64,
    pub(super) seconds: usize,
    pub(super) fec: bool,
    pub(super) dtx: bool,
    /// Old copies that come with each packet.
    pub(super) copies: usize,
    /// Changes what is sent: packet number, then the packet.
    pub(super) tamper: fn(usize, &mut Coded),
    /// The sound, at 48 kHz by the sample's number.
    pub(super) sound: fn(usize) -> f32,
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            codec: Codec::Opus,
            packet_ms: 20,
            drift_ppm: 0.0,
            seconds: 20,
            fec: false,
            dtx: false,
            copies: 0,
            tamper: |_, _| {},
            sound: tone,
        }
    }
}

/// 220 Hz with two harmonics: as periodic as a vowel.
pub(super) fn tone(n: usize) -> f32 {
    let phase = n as f64 * 220.0 / 48_000.0;
    [(1.0, 0.2), (2.0, 0.1), (3.0, 0.05)]
        .iter()
        .map(|(h, a)| ((phase * h).fract() * std::f64::consts::TAU).sin() * a)
        .sum::<f64>() as f32
}

/// A bend of the signal that is heard as a click over the tone.
const CLICK: f32 = 0.02;

/// Many harmonics in syllables, so that a speech codec takes it for speech.
pub(super) fn voice(n: usize) -> f32 {
    let at = n as f64 / 48_000.0;
    let pitch = 120.0 * at + 4.0 * (at * 3.0).sin();
    let syllable = (0.5 + 0.5 * (at * 4.0 * std::f64::consts::TAU).sin()).powi(2);
    (1..20).map(|h| (f64::from(h) * pitch * std::f64::consts::TAU).sin() / f64::from(h)).sum::<f64>() as f32
        * 0.2
        * syllable as f32
}

/// What was heard.
pub(super) struct Heard {
    pub(super) sound: Vec<f32>,
    /// The buffer's own figures after each frame.
    pub(super) playout: Vec<Playout>,
}

/// How late this machine wakes the hub, in ms.
pub(super) trait Load: FnMut(&mut StdRng) -> f64 {}

impl<T: FnMut(&mut StdRng) -> f64> Load for T {}

/// Lets it all happen on a machine that has nothing else to do.
pub(super) fn listen(sender: &Sender, seed: u64, network: impl Network) -> Heard {
    listen_under(|_| 0.0, sender, seed, network)
}

/// Lets it all happen.
pub(super) fn listen_under(mut load: impl Load, sender: &Sender, seed: u64, mut network: impl Network) -> Heard {
    let mut random = StdRng::seed_from_u64(seed);
    let mut on_the_way: BTreeMap<(u64, usize, usize), Coded> = BTreeMap::new();
    let tuning = OpusTuning { bitrate: 32_000, fec: sender.fec, loss_percent: if sender.fec { 10 } else { 0 }, dtx: sender.dtx };
    let mut encoder = Encoder::new(sender.codec, tuning).expect("the codec sets up");
    let samples = sender.packet_ms * 48;
    let ticks = (sender.packet_ms as u32) * clock_hz(sender.codec) / 1_000;
    let mut sent: Vec<(i64, u32, Bytes)> = Vec::new();
    for n in 0..sender.seconds * 1_000 / sender.packet_ms {
        let sound: Vec<f32> = (0..samples).map(|k| (sender.sound)(n * samples + k)).collect();
        let mut payload = Vec::new();
        if !encoder.encode(&sound, &mut payload).expect("whole packets encode") {
            continue;
        }
        let (number, timestamp) = (sent.len() as i64, 0xFFFF_0000_u32.wrapping_add(n as u32 * ticks));
        sent.push((number, timestamp, payload.into()));
        let at = (n + 1) as f64 * sender.packet_ms as f64 * (1.0 - sender.drift_ppm / 1e6);
        let Some(delay) = network(n, at, &mut random) else { continue };
        for (order, (number, timestamp, payload)) in sent.iter().rev().take(sender.copies + 1).rev().enumerate() {
            let copy = *timestamp != sent.last().expect("one was sent").1;
            let mut coded = Coded {
                codec: sender.codec,
                number: *number,
                timestamp: *timestamp,
                restarted: false,
                copy,
                payload: payload.clone(),
            };
            (sender.tamper)(n, &mut coded);
            on_the_way.insert((((at + delay) * 1_000.0) as u64, n, order), coded);
        }
    }
    let mut buffer = JitterBuffer::new();
    let mut decoders = Decoders::new([sender.codec]).expect("decoders set up");
    let mut heard = Heard { sound: Vec::new(), playout: Vec::new() };
    let mut frame: Frame = [0.0; FRAME_SAMPLES];
    let mut due = random.random_range(0.0..10.0);
    let mut at = due;
    while at < sender.seconds as f64 * 1_000.0 {
        at += load(&mut random);
        let later = on_the_way.split_off(&((at * 1_000.0) as u64, 0, 0));
        for (_, coded) in std::mem::replace(&mut on_the_way, later) {
            buffer.insert(coded);
        }
        buffer.pull(&mut decoders, &mut frame);
        buffer.spent().for_each(drop);
        heard.sound.extend_from_slice(&frame);
        heard.playout.push(buffer.playout());
        // As the hub's clock does it: late ticks are made up for at twice the pace, a long sleep is not.
        due += 10.0;
        if at - due > 100.0 {
            due = at + 10.0;
        }
        at = f64::max(due, at + 5.0);
    }
    heard
}

impl Heard {
    /// Mean delay in the buffer between two times, in ms.
    pub(super) fn delay_ms(&self, from_s: usize, to_s: usize) -> f64 {
        let frames = &self.playout[from_s * 100..to_s * 100];
        frames.iter().map(|p| p.delay as f64 / 48.0).sum::<f64>() / frames.len() as f64
    }

    /// Share of what was played between two times that was made up.
    pub(super) fn concealed(&self, from_s: usize, to_s: usize) -> f64 {
        let (first, last) = (self.playout[from_s * 100], self.playout[to_s * 100 - 1]);
        (last.concealed - first.concealed) as f64 / ((last.played - first.played) as f64).max(1.0)
    }

    /// Longest stretch below -40 dB of the tone, in ms, from a second on.
    pub(super) fn longest_hole_ms(&self, from_s: usize, to_s: usize) -> f64 {
        let mut longest = 0;
        let mut hole = 0;
        for block in self.sound[from_s * 48_000..to_s * 48_000].chunks(48) {
            let power = block.iter().map(|s| s * s).sum::<f32>() / block.len() as f32;
            hole = if power < 1e-5 { hole + 1 } else { 0 };
            longest = longest.max(hole);
        }
        f64::from(longest)
    }

    /// Jumps that the tone itself, whose steepest bend is 0.002, cannot make.
    pub(super) fn clicks(&self, from_s: usize, to_s: usize) -> usize {
        self.clicks_above(CLICK, from_s, to_s)
    }

    /// Bends of more than this between one sample and the next.
    pub(super) fn clicks_above(&self, bend: f32, from_s: usize, to_s: usize) -> usize {
        let sound = &self.sound[from_s * 48_000..to_s * 48_000];
        sound.windows(3).filter(|w| (w[0] - 2.0 * w[1] + w[2]).abs() > bend).count()
    }
}
