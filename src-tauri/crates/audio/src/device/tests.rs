//! Devices with clocks of their own, against both ends, in virtual time.

use std::time::Duration;

use super::{
    intake::{CaptureEnd, Intake, intake},
    outlet::{Outlet, PlaybackEnd, outlet},
};
use crate::{FRAME_SAMPLES, Flow, Frame, testing::Random};

const FRAMES_PER_MINUTE: u64 = 6_000;

/// A device that calls back every `period` samples of its own clock, which is `ppm` faster than ours, and up to
/// `late_s` late.
struct Device {
    rate_hz: f64,
    period: usize,
    late_s: f64,
    calls: usize,
    due_s: f64,
    random: Random,
}

impl Device {
    fn new(rate_hz: u32, ppm: f64, period: usize, late_s: f64) -> Self {
        // It begins at some moment between two frames.
        let rate_hz = f64::from(rate_hz) * (1.0 + ppm / 1e6);
        Self { rate_hz, period, late_s, calls: 0, due_s: 0.001_7, random: Random::new(7) }
    }

    /// The callbacks due until `now_s`.
    fn run_until(&mut self, now_s: f64, mut callback: impl FnMut(usize, Duration)) {
        while self.due_s <= now_s {
            self.calls += 1;
            callback(self.period, Duration::from_secs_f64(self.due_s));
            self.due_s = 0.001_7 + self.moved_s() + f64::from(self.random.next().abs()) * self.late_s;
        }
    }

    /// How much sound it has delivered or taken.
    fn moved_s(&self) -> f64 {
        (self.calls * self.period) as f64 / self.rate_hz
    }
}

/// What an experiment saw.
#[derive(Debug)]
struct Seen {
    starved: u32,
    least_s: f64,
    most_s: f64,
    sum_s: f64,
    frames: f64,
}

impl Seen {
    fn nothing() -> Self {
        Self { starved: 0, least_s: f64::MAX, most_s: 0.0, sum_s: 0.0, frames: 0.0 }
    }

    fn delay(&mut self, delay_s: f64) {
        self.least_s = self.least_s.min(delay_s);
        self.most_s = self.most_s.max(delay_s);
        self.sum_s += delay_s;
        self.frames += 1.0;
    }

    fn mean_s(&self) -> f64 {
        self.sum_s / self.frames
    }
}

/// The frames after which a stream is settled: 20 s.
const SETTLED: u64 = 2_000;

fn record(device: &mut Device, (end, intake): &mut (CaptureEnd, Intake), minutes: u64) -> Seen {
    let mut seen = Seen::nothing();
    let mut frame: Frame = [0.0; FRAME_SAMPLES];
    for tick in 1..minutes * FRAMES_PER_MINUTE {
        let now_s = tick as f64 * 0.010;
        device.run_until(now_s, |count, now| end.take(vec![0.25; count].into_iter(), now));
        let flow = intake.read(&mut frame, Duration::from_secs_f64(now_s));
        if tick > 100 {
            seen.starved += u32::from(flow != Flow::Ok);
        }
        if tick > SETTLED {
            let waiting_s = intake.waiting() as f64 / device.rate_hz;
            seen.delay(now_s - 0.001_7 - device.moved_s() + waiting_s);
        }
    }
    seen
}

fn play(device: &mut Device, (end, outlet): &mut (PlaybackEnd, Outlet), minutes: u64) -> Seen {
    let mut seen = Seen::nothing();
    for tick in 1..minutes * FRAMES_PER_MINUTE {
        let now_s = tick as f64 * 0.010;
        device.run_until(now_s, |count, now| {
            end.called(now, Duration::ZERO);
            let heard: f32 = (0..count).map(|_| end.next()).sum();
            assert!(heard.is_finite());
        });
        let flow = outlet.write(&[0.25; FRAME_SAMPLES], Duration::from_secs_f64(now_s));
        if tick > 100 {
            seen.starved += u32::from(flow != Flow::Ok);
        }
        if tick > SETTLED {
            let waiting_s = outlet.waiting() as f64 / device.rate_hz;
            // Of the frame's first sample: the last one is 10 ms behind.
            seen.delay(device.moved_s() + waiting_s + 0.001_7 - now_s - 0.010);
        }
    }
    seen
}

#[test]
fn a_microphone_with_a_wrong_clock_never_starves_and_keeps_its_delay_for_ten_minutes() {
    for (minutes, rate_hz, ppm, period) in [
        (10, 48_000, 300.0, 480_u32),
        (3, 48_000, -300.0, 480),
        (3, 48_000, -300.0, 24),
        (3, 44_100, 300.0, 441),
        (3, 16_000, -300.0, 160),
        (3, 8_000, 300.0, 80),
        (3, 96_000, 300.0, 512),
    ] {
        let mut device = Device::new(rate_hz, ppm, period as usize, 0.0);
        let expected = Duration::from_secs_f64(f64::from(period) / f64::from(rate_hz));
        let seen = record(&mut device, &mut intake(rate_hz, expected), minutes);
        assert_eq!(seen.starved, 0, "{rate_hz} {ppm} {period}: {seen:?}");
        assert!(seen.most_s - seen.least_s < 0.003, "{rate_hz} {ppm} {period}: {seen:?}");
        assert!(seen.most_s < 0.016, "{rate_hz} {ppm} {period}: {seen:?}");
    }
}

#[test]
fn a_speaker_with_a_wrong_clock_never_starves_and_keeps_its_delay_for_ten_minutes() {
    for (minutes, rate_hz, ppm, period) in [
        (10, 48_000, 300.0, 480_u32),
        (3, 48_000, -300.0, 480),
        (3, 48_000, -300.0, 64),
        (3, 44_100, 300.0, 441),
        (3, 16_000, -300.0, 160),
        (3, 8_000, 300.0, 80),
        (3, 96_000, 300.0, 512),
    ] {
        let mut device = Device::new(rate_hz, ppm, period as usize, 0.0);
        let seen = play(&mut device, &mut outlet(rate_hz), minutes);
        assert_eq!(seen.starved, 0, "{rate_hz} {ppm} {period}: {seen:?}");
        assert!(seen.most_s - seen.least_s < 0.004, "{rate_hz} {ppm} {period}: {seen:?}");
        assert!(seen.most_s < 0.016, "{rate_hz} {ppm} {period}: {seen:?}");
    }
}

#[test]
fn late_callbacks_make_the_buffer_longer_once_and_not_for_every_one_of_them() {
    let mut device = Device::new(48_000, 100.0, 480, 0.008);
    let seen = record(&mut device, &mut intake(48_000, Duration::from_millis(10)), 10);
    assert!(seen.starved <= 2, "{seen:?}");
    assert!((0.010..0.020).contains(&seen.mean_s()), "{seen:?}");
    let mut device = Device::new(48_000, -100.0, 480, 0.008);
    let seen = play(&mut device, &mut outlet(48_000), 10);
    assert!(seen.starved <= 2, "{seen:?}");
    assert!((0.010..0.020).contains(&seen.mean_s()), "{seen:?}");
}

#[test]
fn a_buffer_that_got_too_long_is_short_again_within_a_second() {
    let (mut end, mut intake) = intake(48_000, Duration::from_millis(10));
    let mut frame: Frame = [0.0; FRAME_SAMPLES];
    let now = |tick: u64| Duration::from_millis(tick * 10);
    for tick in 0..200 {
        end.take(vec![0.25; 480].into_iter(), now(tick));
        assert_ne!(intake.read(&mut frame, now(tick)), Flow::Gone);
    }
    // The hub slept for 80 ms.
    for tick in 200..208 {
        end.take(vec![0.25; 480].into_iter(), now(tick));
    }
    for tick in 208..308 {
        end.take(vec![0.25; 480].into_iter(), now(tick));
        assert_eq!(intake.read(&mut frame, now(tick)), Flow::Ok);
        assert!(frame.iter().all(|sample| (sample - 0.25).abs() < 1e-3), "the cut is not heard");
    }
    assert!(intake.waiting() <= 480 * 3 + 240, "{}", intake.waiting());
}

#[test]
fn a_microphone_that_breaks_off_fades_out_starves_and_is_gone_after_half_a_second() {
    let (mut end, mut intake) = intake(48_000, Duration::from_millis(10));
    let mut frame: Frame = [0.0; FRAME_SAMPLES];
    let mut flows = Vec::new();
    for tick in 0..200_u64 {
        let now = Duration::from_millis(tick * 10);
        if tick < 100 {
            end.take(vec![0.5; 480].into_iter(), now);
        }
        flows.push(intake.read(&mut frame, now));
        let steepest = frame.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.01, "tick {tick}: {steepest}");
    }
    let gone = flows.iter().position(|flow| *flow == Flow::Gone).unwrap_or(0);
    assert!((148..=151).contains(&gone), "{gone}");
    assert_eq!(flows[120..gone].iter().filter(|flow| **flow != Flow::Starved).count(), 0);
    assert!(flows[gone..].iter().all(|flow| *flow == Flow::Gone));
}

#[test]
fn a_speaker_that_ran_dry_starts_again_with_its_buffer_filled() {
    let (mut end, mut outlet) = outlet(48_000);
    let mut device = Device::new(48_000, 0.0, 480, 0.0);
    let mut flows = Vec::new();
    let mut heard = Vec::new();
    for tick in 1..300_u64 {
        let now_s = tick as f64 * 0.010;
        device.run_until(now_s, |count, now| {
            end.called(now, Duration::ZERO);
            heard.extend((0..count).map(|_| end.next()));
        });
        // The hub is away for 100 ms.
        if !(150..160).contains(&tick) {
            flows.push(outlet.write(&[0.5; FRAME_SAMPLES], Duration::from_secs_f64(now_s)));
        }
    }
    assert_eq!(flows.iter().filter(|flow| **flow == Flow::Starved).count(), 1);
    let silence = heard[100 * 480..].iter().filter(|sample| **sample == 0.0).count();
    assert!((80 * 48..110 * 48).contains(&silence), "{silence} samples");
}
