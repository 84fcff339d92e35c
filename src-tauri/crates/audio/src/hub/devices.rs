//! The microphone's way into the hub and the speaker's way out.

use std::sync::atomic::Ordering;

use super::retired::{Bin, Retired};
use crate::{
    Capture, Flow, Playback, StreamState,
    cleanup::Cleaner,
    handle::{Gate, Gauges},
    leg::{FRAME_SAMPLES, Frame},
    levels::{Meter, SILENCE_DBFS, ZeroWatch},
    mixer::{cross_fade, make_sane},
    slot::Slot,
};

/// Capture, clean-up and mute gate.
pub(crate) struct Microphone {
    capture: Slot<Box<dyn Capture>>,
    cleaner: Option<Box<Cleaner>>,
    gate: Gate,
    /// Where the gate was in the last frame.
    gate_before: Gate,
    meter: Meter,
    zeros: ZeroWatch,
}

impl Default for Microphone {
    fn default() -> Self {
        Self {
            capture: Slot::default(),
            cleaner: None,
            gate: Gate::Open,
            gate_before: Gate::Open,
            meter: Meter::default(),
            zeros: ZeroWatch::default(),
        }
    }
}

impl Microphone {
    pub(crate) fn is_open(&self) -> bool {
        self.capture.is_in_use()
    }

    pub(crate) fn set_gate(&mut self, gate: Gate) {
        self.gate = gate;
    }

    pub(crate) fn set_cleaner(&mut self, cleaner: Option<Box<Cleaner>>, bin: &mut Bin) {
        if let Some(old) = std::mem::replace(&mut self.cleaner, cleaner) {
            bin.put(Retired::Cleaner(old));
        }
    }

    pub(crate) fn replace(&mut self, capture: Option<Box<dyn Capture>>, bin: &mut Bin) {
        if let Some(unheard) = self.capture.replace(capture) {
            bin.put(Retired::Capture(unheard));
        }
    }

    /// Writes the next 10 ms. `reference` is what the speaker played last; none when no leg hears the microphone, and
    /// then nothing is cleaned.
    pub(crate) fn read(&mut self, frame: &mut Frame, reference: Option<&Frame>, fade: &Frame, gauges: &Gauges, bin: &mut Bin) {
        self.capture(frame, fade, gauges, bin);
        make_sane(frame);
        gauges.only_zeros.store(self.capture.current.is_some() && self.zeros.add(frame), Ordering::Relaxed);
        if let Some(level) = self.meter.add(frame) {
            gauges.microphone.write(level);
        }
        if let (Some(cleaner), Some(reference)) = (&mut self.cleaner, reference) {
            cleaner.clean(reference, frame);
        }
        self.pass_gate(frame, fade);
    }

    fn capture(&mut self, frame: &mut Frame, fade: &Frame, gauges: &Gauges, bin: &mut Bin) {
        frame.fill(0.0);
        if let Some(capture) = &mut self.capture.current {
            match capture.read(frame) {
                Flow::Ok | Flow::Starved => gauges.capture.write(StreamState::Running),
                Flow::Gone => {
                    gauges.capture.write(StreamState::Gone);
                    self.capture.current.take().into_iter().for_each(|gone| bin.put(Retired::Capture(gone)));
                }
            }
        }
        if !self.capture.take_change() {
            return;
        }
        let mut old = [0.0; FRAME_SAMPLES];
        if let Some(mut leaving) = self.capture.leaving.take() {
            if leaving.read(&mut old) == Flow::Gone {
                old.fill(0.0);
            }
            make_sane(&mut old);
            bin.put(Retired::Capture(leaving));
        }
        make_sane(frame);
        cross_fade(&old, fade, frame);
        if self.capture.current.is_none() {
            gauges.capture.write(StreamState::Closed);
            gauges.microphone.write(SILENCE_DBFS);
        }
    }

    fn pass_gate(&mut self, frame: &mut Frame, fade: &Frame) {
        match (std::mem::replace(&mut self.gate_before, self.gate), self.gate) {
            (Gate::Open, Gate::Open) => {}
            (Gate::Closed, Gate::Closed) => frame.fill(0.0),
            (Gate::Closed, Gate::Open) => frame.iter_mut().zip(fade).for_each(|(sample, gain)| *sample *= gain),
            (Gate::Open, Gate::Closed) => frame.iter_mut().zip(fade).for_each(|(sample, gain)| *sample *= 1.0 - gain),
        }
    }
}

/// The playback, and what it played last.
pub(crate) struct Speaker {
    playback: Slot<Box<dyn Playback>>,
    last: Frame,
    meter: Meter,
    /// What the gauge shows.
    shown_dbfs: f32,
}

impl Default for Speaker {
    fn default() -> Self {
        Self { playback: Slot::default(), last: [0.0; FRAME_SAMPLES], meter: Meter::default(), shown_dbfs: SILENCE_DBFS }
    }
}

impl Speaker {
    /// The frame that was last sent to the loudspeaker: the echo canceller's reference.
    pub(crate) fn last(&self) -> &Frame {
        &self.last
    }

    pub(crate) fn is_changing(&self) -> bool {
        self.playback.is_changing()
    }

    /// Whether its gauge still shows a sound.
    pub(crate) fn is_sounding(&self) -> bool {
        self.shown_dbfs > SILENCE_DBFS
    }

    pub(crate) fn replace(&mut self, playback: Option<Box<dyn Playback>>, bin: &mut Bin) {
        if let Some(unheard) = self.playback.replace(playback) {
            bin.put(Retired::Playback(unheard));
        }
    }

    /// Plays the next 10 ms.
    pub(crate) fn write(&mut self, frame: &Frame, fade: &Frame, gauges: &Gauges, bin: &mut Bin) {
        self.play(frame, fade, gauges, bin);
        if let Some(level) = self.meter.add(&self.last) {
            self.shown_dbfs = level;
            gauges.speaker.write(level);
        }
    }

    fn play(&mut self, frame: &Frame, fade: &Frame, gauges: &Gauges, bin: &mut Bin) {
        self.last = *frame;
        if self.playback.take_change() {
            cross_fade(&[0.0; FRAME_SAMPLES], fade, &mut self.last);
            if let Some(mut leaving) = self.playback.leaving.take() {
                let mut fading: Frame = [0.0; FRAME_SAMPLES];
                cross_fade(frame, fade, &mut fading);
                // Whether the old device still takes it makes no difference any more.
                let _ = leaving.write(&fading);
                bin.put(Retired::Playback(leaving));
            }
            if self.playback.current.is_none() {
                gauges.playback.write(StreamState::Closed);
            }
        }
        let Some(playback) = &mut self.playback.current else {
            self.last.fill(0.0);
            return;
        };
        match playback.write(&self.last) {
            Flow::Ok | Flow::Starved => gauges.playback.write(StreamState::Running),
            Flow::Gone => {
                gauges.playback.write(StreamState::Gone);
                self.last.fill(0.0);
                self.playback.current.take().into_iter().for_each(|gone| bin.put(Retired::Playback(gone)));
            }
        }
    }
}
