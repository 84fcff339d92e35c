//! The lower edge of what is let through of a voice.

/// Takes most of the ring out of the library's high-pass filter, which comes with each of its steps: three sections that fall 68 dB
/// between 100 and 50 Hz, the steepest of which rings for 30 ms after each sound. Here its poles are cancelled, and calmer ones
/// stand in their place. Hum is as far down, voices lose 2 dB at 150 Hz, and gain 0.10 (a deep one) to 0.15 (a high one) of PESQ-WB;
/// calmer still would be 0.3, but would take more of deep voices than the echo canceller is allowed to.
pub(super) struct CalmEdge {
    /// Transposed direct form II.
    state: [f64; 2],
}

/// Denominator of the library's third section at 48 kHz; the numerator here.
const RINGING: [f64; 2] = [-1.998_357_034_014_523_6, 0.998_492_849_180_519_8];

/// Two poles at 100 Hz with a Q of 1.6, at 48 kHz.
const CALM: [f64; 2] = [-1.991_681_498_468_195, 0.991_852_144_321_809];

/// Leaves what is far above the edge as loud as it was.
const GAIN: f64 = 1.0 / 1.003_343;

impl CalmEdge {
    pub(super) fn new() -> Self {
        Self { state: [0.0; 2] }
    }

    /// What comes from the library, at 48 kHz, without the ring.
    pub(super) fn calm(&mut self, samples: &mut [f32]) {
        for sample in samples {
            let given = f64::from(*sample) * GAIN;
            let calmed = given + self.state[0];
            self.state[0] = given * RINGING[0] - calmed * CALM[0] + self.state[1];
            self.state[1] = given * RINGING[1] - calmed * CALM[1];
            *sample = calmed as f32;
        }
    }
}
