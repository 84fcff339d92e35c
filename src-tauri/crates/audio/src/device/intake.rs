//! The way of the microphone's sound: device callback → ring → resampler → the hub's frames.

use std::{sync::Arc, time::Duration};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{
    drift::{DriftControl, Level, Order},
    meter::{Meter, Pulse},
};
use crate::{FRAME_SAMPLES, Flow, Frame, SAMPLE_RATE_HZ, resample::Resampler};

/// What fits between callback and hub. More than that is never worth hearing.
const RING_S: f64 = 0.250;

/// With this much waiting, the hub was away: the past is thrown away at once.
const FLOOD_S: f64 = 0.120;

/// Samples over which sound fades out when it breaks off, and in when it begins: 5 ms.
const FADE_SAMPLES: usize = 240;

const FRAME_S: f64 = FRAME_SAMPLES as f64 / SAMPLE_RATE_HZ as f64;

/// Makes both ends for a device of `rate_hz` that delivers about `period` at a time.
pub(crate) fn intake(rate_hz: u32, period: Duration) -> (CaptureEnd, Intake) {
    let meter = Arc::new(Meter::default());
    let (producer, consumer) = RingBuffer::new((f64::from(rate_hz) * RING_S) as usize);
    let hub = Intake {
        ring: consumer,
        meter: Arc::clone(&meter),
        pulse: Pulse::default(),
        resampler: Resampler::new(rate_hz, SAMPLE_RATE_HZ),
        drift: DriftControl::new(period.as_secs_f64()),
        period_s: period.as_secs_f64(),
        rate_hz: f64::from(rate_hz),
        flowing: false,
        last: 0.0,
    };
    (CaptureEnd { ring: producer, meter }, hub)
}

/// The callback's end.
pub(crate) struct CaptureEnd {
    ring: Producer<f32>,
    meter: Arc<Meter>,
}

impl CaptureEnd {
    /// Takes what the device recorded until `now` of its clock. Runs on the device's thread: no lock, no allocation, no
    /// log, no panic.
    pub(crate) fn take(&mut self, samples: impl ExactSizeIterator<Item = f32>, now: Duration) {
        self.meter.called(now);
        let fits = self.ring.slots().min(samples.len());
        if let Ok(chunk) = self.ring.write_chunk_uninit(fits) {
            chunk.fill_from_iter(samples);
        }
    }

    /// The numbers both ends share.
    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }
}

/// The hub's end.
pub(crate) struct Intake {
    ring: Consumer<f32>,
    meter: Arc<Meter>,
    pulse: Pulse,
    resampler: Resampler,
    drift: DriftControl,
    /// Time between two callbacks, as it was seen lately.
    period_s: f64,
    rate_hz: f64,
    /// Whether the last frame was sound of the device to its end.
    flowing: bool,
    /// The last sample given, for fading out.
    last: f32,
}

impl Intake {
    /// Writes the next frame, at `now` of the device's clock.
    pub(crate) fn read(&mut self, frame: &mut Frame, now: Duration) -> Flow {
        if self.pulse.is_gone(&self.meter) {
            self.fade_out(frame, 0);
            return Flow::Gone;
        }
        if self.ring.slots() as f64 > FLOOD_S * self.rate_hz {
            self.flowing = false;
        }
        let starts = !self.flowing;
        if starts && !self.prime(now) {
            frame.fill(0.0);
            return Flow::Starved;
        }
        if self.fill(frame) < FRAME_SAMPLES {
            self.drift.starved();
            return Flow::Starved;
        }
        if starts {
            fade_in(frame);
        }
        let level = self.level(now);
        match self.drift.observe(level) {
            Order::Speed(speed) => self.resampler.set_speed(speed),
            Order::Skip => {
                let mut next = [0.0; FRAME_SAMPLES];
                self.fill(&mut next);
                cross_fade(frame, &next);
            }
        }
        self.last = frame[FRAME_SAMPLES - 1];
        Flow::Ok
    }

    /// Samples between the callback and the resampler.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.ring.slots()
    }

    /// Waits until a frame and the reserve are there, and throws away what is there too much.
    fn prime(&mut self, now: Duration) -> bool {
        let since_last_s = self.meter.since_last(now).as_secs_f64().min(self.period_s);
        let wanted_s = FRAME_S + (self.drift.target_s() - since_last_s).max(0.0);
        let wanted = (wanted_s * self.rate_hz).ceil() as usize;
        let surplus = self.ring.slots().checked_sub(wanted);
        if let Some(chunk) = surplus.and_then(|surplus| self.ring.read_chunk(surplus).ok()) {
            chunk.commit_all();
        }
        surplus.is_some()
    }

    /// Fills a frame with what is there, and fades out where that ends. Gives the number of samples that were there.
    fn fill(&mut self, frame: &mut Frame) -> usize {
        self.flowing = true;
        for index in 0..FRAME_SAMPLES {
            let Some(sample) = self.resampler.pull(|| self.ring.pop().ok()) else {
                self.fade_out(frame, index);
                return index;
            };
            frame[index] = sample;
            self.last = sample;
        }
        FRAME_SAMPLES
    }

    fn fade_out(&mut self, frame: &mut Frame, from: usize) {
        for (index, sample) in frame.iter_mut().skip(from).enumerate() {
            *sample = self.last * (1.0 - index as f32 / FADE_SAMPLES as f32).max(0.0);
        }
        self.last = 0.0;
        self.flowing = false;
    }

    fn level(&mut self, now: Duration) -> Level {
        let gap_s = self.meter.take_longest_gap().as_secs_f64();
        if gap_s > 0.0 {
            // A longer period is learnt in ten callbacks, so that one late callback does not make one.
            let share = if gap_s > self.period_s { 0.1 } else { 0.01 };
            self.period_s += (gap_s.min(FLOOD_S) - self.period_s) * share;
        }
        let since_last_s = self.meter.since_last(now).as_secs_f64();
        let there_s = self.ring.slots() as f64 / self.rate_hz;
        let smooth_s = there_s + since_last_s.min(2.0 * self.period_s);
        // The callback's place in the frame wanders with the clocks: some day it comes right after the hub looked.
        Level { smooth_s, floor_s: there_s.min(smooth_s - self.period_s) }
    }
}

/// Lets a frame begin from silence.
fn fade_in(frame: &mut Frame) {
    for (index, sample) in frame.iter_mut().take(FADE_SAMPLES).enumerate() {
        // Squared: the resampler begins with the step from nothing to the device's sound.
        *sample *= (index as f32 / FADE_SAMPLES as f32).powi(2);
    }
}

/// Makes one frame of two: begins as `frame`, ends as `next`.
pub(crate) fn cross_fade(frame: &mut Frame, next: &Frame) {
    for (index, (sample, next)) in frame.iter_mut().zip(next).enumerate() {
        let share = index as f32 / FRAME_SAMPLES as f32;
        *sample += (next - *sample) * share;
    }
}
