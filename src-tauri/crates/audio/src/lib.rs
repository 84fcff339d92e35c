//! Sound: the hub with its own 10 ms clock, the mixer, tones, clean-up of the microphone, and the devices.
//!
//! It knows frames, not packets: never RTP, SIP or calls.

mod leg;

pub use leg::{FRAME_SAMPLES, Frame, Leg, SAMPLE_RATE_HZ};
