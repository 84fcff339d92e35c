//! Sound: the hub with its own 10 ms clock, the mixer, tones, clean-up of the microphone, and the devices.
//!
//! It knows frames, not packets: never RTP, SIP or calls.

mod host;
mod leg;
mod memory;
mod null;
mod ringer;

pub use host::{Capture, Device, DeviceId, DeviceRole, Flow, Playback, Ringing, SoundError, SoundHost, find_device};
pub use leg::{FRAME_SAMPLES, Frame, Leg, SAMPLE_RATE_HZ};
pub use memory::MemoryHost;
pub use null::NullHost;
pub use ringer::{RingPattern, RingSound, RingTone};
