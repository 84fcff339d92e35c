//! A sound host for machines and programs without sound: its microphone is silent, its speaker goes nowhere.

use std::time::Duration;

use crate::{Capture, Device, DeviceId, Flow, Frame, Playback, RingTone, Ringing, SoundError, SoundHost};

/// No sound. Has no devices to choose from, and opens whatever is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullHost;

impl SoundHost for NullHost {
    fn devices(&self) -> Result<Vec<Device>, SoundError> {
        Ok(Vec::new())
    }

    fn open_microphone(&self, _: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        Ok(Box::new(Silent))
    }

    fn open_speaker(&self, _: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        Ok(Box::new(Silent))
    }

    fn ring(&self, _: Option<&DeviceId>, _: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        Ok(Box::new(Silent))
    }
}

/// Every stream of the null host.
struct Silent;

impl Capture for Silent {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        frame.fill(0.0);
        Flow::Ok
    }
}

impl Playback for Silent {
    fn write(&mut self, _: &Frame) -> Flow {
        Flow::Ok
    }

    fn delay(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

impl Ringing for Silent {
    fn is_gone(&self) -> bool {
        false
    }
}
