//! What speech sounds like over lossy networks, and what it costs:
//! `cargo run --release -p media --example loss -- speech.wav [scorer]`.
//!
//! Two streams talk over a simulated network in virtual time. `speech.wav` is 48 kHz mono; `scorer` is a program that is
//! given two WAV files and prints a line with `"pesq_wb": SCORE`. Without one the table has no scores.

#![expect(clippy::print_stdout, reason = "a table for people")]

use std::{collections::BTreeMap, error::Error, path::Path, process::Command, time::Duration};

use audio::{FRAME_SAMPLES, Frame, Leg as _};
use media::{AudioStream, Bell, Negotiated, Payload, PeerStatistics, RtpPacket, StreamSettings};
use model::{Codec, Instant, MediaDirection};

/// Who is at the other end.
#[derive(Clone, Copy, PartialEq)]
enum Peer {
    Red,
    Fec,
    Plain(Codec),
}

/// What the network does: delay 20 ms, jitter up to so many ms, loss in bursts of a mean length.
#[derive(Clone, Copy)]
struct Network {
    loss: f64,
    burst: f64,
    jitter_ms: f64,
    keeps_order: bool,
    /// Whether the machines of both ends are busy with something else.
    busy: bool,
}

struct Outcome {
    heard: Vec<f32>,
    concealed: f64,
    buffer_ms: f64,
    kbit_s: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let speech = arguments.next().ok_or("which speech? give a WAV file of 48 kHz mono")?;
    let scorer: Vec<String> = arguments.collect();
    let said = read(&speech)?;
    let calm = Network { loss: 0.0, burst: 1.0, jitter_ms: 0.0, keeps_order: true, busy: false };
    println!("{:<40} {:>7} {:>9} {:>10} {:>8} {:>6}", "network", "kbit/s", "buffer ms", "made up %", "seconds", "PESQ");
    for peer in [Peer::Red, Peer::Fec] {
        for loss in [0.0, 0.05, 0.10, 0.20, 0.30] {
            row(&speech, &said, &scorer, peer, Network { loss, ..calm })?;
        }
        row(&speech, &said, &scorer, peer, Network { loss: 0.10, burst: 3.0, ..calm })?;
    }
    for peer in [Peer::Red, Peer::Plain(Codec::G722), Peer::Plain(Codec::Pcma)] {
        for jitter_ms in [0.0, 30.0, 60.0] {
            for keeps_order in [true, false] {
                row(&speech, &said, &scorer, peer, Network { jitter_ms, keeps_order, ..calm })?;
            }
        }
    }
    row(&speech, &said, &scorer, Peer::Plain(Codec::Pcma), Network { loss: 0.05, ..calm })?;
    for peer in [Peer::Red, Peer::Plain(Codec::Pcma)] {
        for jitter_ms in [0.0, 30.0, 60.0] {
            row(&speech, &said, &scorer, peer, Network { jitter_ms, keeps_order: false, busy: true, ..calm })?;
        }
    }
    row(&speech, &said, &scorer, Peer::Fec, Network { loss: 0.10, busy: true, ..calm })?;
    Ok(())
}

fn row(speech: &str, said: &[f32], scorer: &[String], peer: Peer, network: Network) -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "what is measured here is how long the computing takes")]
    let started = std::time::Instant::now();
    let outcome = talk(said, peer, network)?;
    let seconds = started.elapsed().as_secs_f64() * 60.0 * 48_000.0 / said.len() as f64;
    let name = match peer {
        Peer::Red => "Opus with RED",
        Peer::Fec => "Opus with FEC",
        Peer::Plain(codec) => codec.name(),
    };
    let order = if network.keeps_order { "" } else { ", reordered" };
    let busy = if network.busy { ", busy" } else { "" };
    let name = format!("{name}, {:.0} %/{:.0}, {:.0} ms{order}{busy}", network.loss * 100.0, network.burst, network.jitter_ms);
    let heard = std::env::temp_dir().join(format!("loss-{}.wav", std::process::id()));
    write(&heard, &outcome.heard)?;
    let score = score(scorer, speech, &heard)?;
    println!(
        "{name:<40} {:>7.1} {:>9.1} {:>10.2} {seconds:>8.2} {score:>6}",
        outcome.kbit_s,
        outcome.buffer_ms,
        outcome.concealed * 100.0
    );
    Ok(std::fs::remove_file(heard)?)
}

/// All of `said` through the network; 5 s of silence before it, in which the far end's reports arrive, are cut off again.
fn talk(said: &[f32], peer: Peer, network: Network) -> Result<Outcome, Box<dyn Error>> {
    const LEAD_S: usize = 5;
    let agreed = agreement(peer);
    let (mut near, mut near_leg) = AudioStream::open(StreamSettings::default(), 1, Bell::default());
    let (mut far, mut far_leg) = AudioStream::open(StreamSettings::default(), 2, Bell::default());
    near.configure(&agreed)?;
    far.configure(&agreed)?;
    near.set_connected(Instant::START, true);
    far.set_connected(Instant::START, true);
    let mut random = Random(7);
    let mut bad = false;
    let mut on_the_way: BTreeMap<(u64, u32), RtpPacket> = BTreeMap::new();
    let (mut last_arrival, mut sent, mut bytes) = (0.0_f64, 0, 0);
    let (mut sent_now, mut lost_now) = (0.0, 0.0);
    let mut report = PeerStatistics::default();
    let mut heard = Vec::new();
    let (mut buffer, mut measured) = (0.0, 0);
    let silence = vec![0.0; LEAD_S * 48_000];
    let tail = vec![0.0; 48_000];
    let (mut mouth, mut ear) = (Ticks::new(0.0), Ticks::new(6.3));
    for (n, sound) in [&silence, said, &tail].concat().chunks_exact(FRAME_SAMPLES).enumerate() {
        let spoken = mouth.next(network.busy, &mut random);
        while ear.at < spoken {
            let now = at(ear.at);
            let later = on_the_way.split_off(&((ear.at * 1e3) as u64, 0));
            for ((arrival, _), packet) in std::mem::replace(&mut on_the_way, later) {
                far.received(Instant::START + Duration::from_micros(arrival), packet);
            }
            let mut frame: Frame = [0.0; FRAME_SAMPLES];
            far_leg.pull(&mut frame);
            heard.extend_from_slice(&frame);
            if heard.len().is_multiple_of(48_000) {
                let statistics = far.statistics(now, &PeerStatistics::default());
                if heard.len() > LEAD_S * 48_000 {
                    buffer += statistics.buffer_ms;
                    measured += 1;
                }
            }
            ear.next(network.busy, &mut random);
        }
        let mut frame: Frame = [0.0; FRAME_SAMPLES];
        // Real microphones are never digitally silent.
        frame.iter_mut().zip(sound).for_each(|(place, sample)| *place = *sample + (random.next() as f32 - 0.5) * 1e-4);
        near_leg.push(&frame);
        let mut packets = Vec::new();
        near.packets(at(spoken), &mut packets);
        for packet in packets {
            sent += 1;
            bytes += packet.payload.len() + 12;
            sent_now += 1.0;
            let leave = 1.0 / network.burst;
            bad = match (network.burst > 1.0, bad) {
                (false, _) => random.next() < network.loss,
                (true, true) => random.next() >= leave,
                (true, false) => random.next() < network.loss * leave / (1.0 - network.loss),
            };
            let mut arrival = spoken + 20.0 + random.next() * network.jitter_ms;
            if bad {
                lost_now += 1.0;
                continue;
            }
            if network.keeps_order {
                arrival = arrival.max(last_arrival);
                last_arrival = arrival;
            }
            on_the_way.insert(((arrival * 1e3) as u64, sent), packet);
        }
        if n % 100 == 99 {
            report.fraction_lost_out = Some(lost_now / f64::max(sent_now, 1.0));
            (sent_now, lost_now) = (0.0, 0.0);
            near.statistics(at(spoken), &report);
        }
    }
    let now = at(mouth.at);
    let statistics = far.statistics(now, &PeerStatistics::default());
    heard.drain(..LEAD_S * 48_000);
    let seconds = now.since_start().as_secs_f64();
    Ok(Outcome {
        heard,
        concealed: statistics.concealed,
        buffer_ms: buffer / f64::from(measured.max(1)),
        kbit_s: bytes as f64 * 8.0 / 1e3 / seconds,
    })
}

fn at(ms: f64) -> Instant {
    Instant::START + Duration::from_secs_f64(ms / 1e3)
}

/// When a hub wakes up, in ms.
struct Ticks {
    due: f64,
    at: f64,
}

impl Ticks {
    fn new(first: f64) -> Self {
        Self { due: first, at: first }
    }

    /// The time of this tick; sets that of the next. As the hub's clock does it: late ticks are made up for at twice the pace.
    fn next(&mut self, busy: bool, random: &mut Random) -> f64 {
        let now = self.at;
        self.due += 10.0;
        let chance = random.next();
        let most = match chance {
            _ if !busy => 0.0,
            ..0.01 => 60.0,
            ..0.15 => 12.0,
            _ => 2.0,
        };
        self.at = f64::max(self.due, now + 5.0) + random.next() * most;
        now
    }
}

fn agreement(peer: Peer) -> Negotiated {
    let codec = if let Peer::Plain(codec) = peer { codec } else { Codec::Opus };
    let payload = Payload { number: 111, codec, fec: codec == Codec::Opus, dtx: false, max_bitrate: None };
    Negotiated {
        send: payload.clone(),
        receive: vec![payload],
        telephone_events: Vec::new(),
        red: (peer == Peer::Red).then_some(63),
        direction: MediaDirection::SendRecv,
        remote: MediaDirection::SendRecv,
        packet_ms: None,
    }
}

fn score(scorer: &[String], speech: &str, heard: &Path) -> Result<String, Box<dyn Error>> {
    let Some((program, arguments)) = scorer.split_first() else { return Ok("-".to_owned()) };
    let output = Command::new(program).args(arguments).arg(speech).arg(heard).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let score = text.split("\"pesq_wb\":").nth(1).and_then(|rest| rest.split([',', '}']).next());
    Ok(score.ok_or_else(|| format!("no score in {text:?}"))?.trim().to_owned())
}

fn read(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut reader = hound::WavReader::open(path)?;
    if reader.spec().sample_rate != 48_000 || reader.spec().channels != 1 {
        return Err("the speech must be 48 kHz mono".into());
    }
    Ok(reader.samples::<i16>().map(|sample| sample.map(|s| f32::from(s) / 32_768.0)).collect::<Result<_, _>>()?)
}

fn write(path: &Path, samples: &[f32]) -> Result<(), Box<dyn Error>> {
    let spec = hound::WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample((sample * 32_768.0) as i16)?;
    }
    Ok(writer.finalize()?)
}

/// A small generator with a fixed seed, so that each run is the same.
struct Random(u64);

impl Random {
    /// 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
