//! The way of the speaker's sound: the hub's frames → resampler → ring → device callback.

use std::{sync::Arc, time::Duration};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{
    drift::{DriftControl, Level, Order},
    intake::cross_fade,
    meter::{Meter, Pulse},
};
use crate::{Flow, Frame, SAMPLE_RATE_HZ, resample::Resampler};

/// What fits between hub and callback.
const RING_S: f64 = 0.250;

/// How late a callback is expected to be before anything is known: the hub and the device both wake up within a
/// millisecond or two on an idle machine.
const EXPECTED_DIPS_S: f64 = 0.003;

/// Samples over which sound fades out when it breaks off.
const FADE_SAMPLES: f32 = 240.0;

/// Makes both ends for a device of `rate_hz`.
pub(crate) fn outlet(rate_hz: u32) -> (PlaybackEnd, Outlet) {
    let meter = Arc::new(Meter::default());
    let (producer, consumer) = RingBuffer::new((f64::from(rate_hz) * RING_S) as usize);
    let hub = Outlet {
        ring: producer,
        meter: Arc::clone(&meter),
        pulse: Pulse::default(),
        resampler: Resampler::new(SAMPLE_RATE_HZ, rate_hz),
        drift: DriftControl::new(EXPECTED_DIPS_S),
        rate_hz: f64::from(rate_hz),
        held: None,
        began: false,
    };
    (PlaybackEnd { ring: consumer, meter, last: 0.0 }, hub)
}

/// The callback's end.
pub(crate) struct PlaybackEnd {
    ring: Consumer<f32>,
    meter: Arc<Meter>,
    /// The last sample played, for fading out.
    last: f32,
}

impl PlaybackEnd {
    /// A callback of the device begins, at `now` of its clock; what it takes is heard `beyond` later. Runs on the
    /// device's thread, as `next` does: no lock, no allocation, no log, no panic.
    pub(crate) fn called(&mut self, now: Duration, beyond: Duration) {
        self.meter.called(now);
        self.meter.set_beyond(beyond);
    }

    /// The next sample to play.
    pub(crate) fn next(&mut self) -> f32 {
        if self.meter.is_playing() {
            match self.ring.pop() {
                Ok(sample) => {
                    self.last = sample;
                    return sample;
                }
                Err(_) => self.meter.run_dry(),
            }
        }
        // Towards silence in about 5 ms, and then exactly there.
        self.last = if self.last.abs() < 1e-4 { 0.0 } else { self.last * (1.0 - 5.0 / FADE_SAMPLES) };
        self.last
    }

    /// The numbers both ends share.
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }
}

/// The hub's end.
pub(crate) struct Outlet {
    ring: Producer<f32>,
    meter: Arc<Meter>,
    pulse: Pulse,
    resampler: Resampler,
    drift: DriftControl,
    rate_hz: f64,
    /// A frame that will be merged into the next one, because too much waits.
    held: Option<Frame>,
    began: bool,
}

impl Outlet {
    /// Takes the next frame, at `now` of the device's clock.
    pub(crate) fn write(&mut self, frame: &Frame, now: Duration) -> Flow {
        if self.pulse.is_gone(&self.meter) {
            return Flow::Gone;
        }
        let dry = !self.meter.is_playing();
        if dry {
            if self.began {
                self.drift.starved();
            }
            self.pad(now);
        } else {
            match self.drift.observe(self.level(now)) {
                Order::Speed(speed) => self.resampler.set_speed(speed),
                Order::Skip if self.held.is_none() => {
                    self.held = Some(*frame);
                    return Flow::Ok;
                }
                Order::Skip => {}
            }
        }
        let fitted = match self.held.take() {
            Some(mut held) => {
                cross_fade(&mut held, frame);
                self.put(&held)
            }
            None => self.put(frame),
        };
        self.meter.play();
        let starved = (dry && self.began) || !fitted;
        self.began = true;
        if starved { Flow::Starved } else { Flow::Ok }
    }

    /// How long until a frame written now is heard.
    pub(crate) fn delay(&self) -> Duration {
        let waiting_s = self.waiting() as f64 / self.rate_hz + self.resampler.delay_s();
        Duration::from_secs_f64(waiting_s) + self.meter.beyond()
    }

    /// Puts silence in front of sound that begins, so that the buffer is as long as it shall be from the first frame on.
    fn pad(&mut self, now: Duration) {
        let missing_s = self.drift.target_s() - self.level(now).smooth_s;
        for _ in 0..(missing_s * self.rate_hz) as usize {
            // A full ring has enough in it.
            if self.ring.push(0.0).is_err() {
                return;
            }
        }
    }

    fn put(&mut self, frame: &Frame) -> bool {
        let mut fitted = true;
        for sample in frame {
            self.resampler.feed(*sample, |sample| fitted &= self.ring.push(sample).is_ok());
        }
        fitted
    }

    /// Samples between the resampler and the callback.
    pub(crate) fn waiting(&self) -> usize {
        self.ring.buffer().capacity() - self.ring.slots()
    }

    fn level(&self, now: Duration) -> Level {
        let since_last_s = self.meter.since_last(now).as_secs_f64().min(RING_S);
        let smooth_s = self.waiting() as f64 / self.rate_hz - since_last_s;
        // The device takes a period at once, and sooner or later it does so right before the hub writes.
        Level { smooth_s, floor_s: smooth_s }
    }
}
