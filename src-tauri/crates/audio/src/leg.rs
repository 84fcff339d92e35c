//! One party of a call, as the hub knows it.

/// Samples per second inside the hub.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// Samples of one frame: 10 ms, mono.
pub const FRAME_SAMPLES: usize = 480;

/// 10 ms of sound, 48 kHz mono, full scale -1.0 to 1.0.
pub type Frame = [f32; FRAME_SAMPLES];

/// What the hub mixes: the far end of a call. Called on the hub's thread every 10 ms: no lock that another thread may
/// hold for long, no allocation in the steady state, no panic.
pub trait Leg: Send {
    /// Writes the next 10 ms of what the far end says.
    fn pull(&mut self, frame: &mut Frame);

    /// Takes the next 10 ms of what the far end shall hear.
    fn push(&mut self, frame: &Frame);
}
