//! Sound: the hub with its own 10 ms clock, the mixer, tones, clean-up of the microphone, and the devices.
//!
//! It knows frames, not packets: never RTP, SIP or calls.

mod cleanup;
mod device;
mod driver;
mod handle;
mod host;
mod hub;
mod leg;
mod levels;
mod limiter;
mod memory;
mod mixer;
mod null;
mod ogg;
mod pace;
mod player;
mod priority;
mod recording;
mod resample;
mod ringer;
mod slot;
#[cfg(test)]
mod testing;
mod tones;
mod trial;
mod watch;
mod wav;

pub use device::CpalHost;
pub use driver::{HubThread, start};
pub use handle::{HubHandle, LegId, LegRoute};
pub use host::{Capture, Device, DeviceId, DeviceRole, Flow, Playback, Ringing, SoundError, SoundHost, find_device};
pub use hub::Hub;
pub use leg::{FRAME_SAMPLES, Frame, Leg, SAMPLE_RATE_HZ};
pub use levels::{LegLevels, MicrophoneLevels, SILENCE_DBFS, StreamState};
pub use memory::MemoryHost;
pub use null::NullHost;
pub use recording::CallRecording;
pub use ringer::{RingPattern, RingSound, RingTone, check_ringtone, ring_anyhow};
pub use tones::{Country, DtmfDetector, Played, Repeat, Source, ToneSpec};
pub use trial::{TrialProgress, TrialState, microphone_trial};
pub use watch::{DeviceChange, DeviceWatch};
pub use wav::{WavFiles, WavHost};
