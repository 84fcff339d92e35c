//! The lower edge of what is let through of a voice.

/// Takes the ring out of the library's high-pass filter, which comes with each of its steps: three sections that fall 68 dB between
/// 100 and 50 Hz, and the steeper a section, the longer it rings after each sound (30 ms). Here the poles of all three are cancelled,
/// and calmer ones at 85 Hz stand in their place; the zeros, at the hum, remain.
///
/// In dB at 50, 60, 80, 100, 150 and 300 Hz: the library -68, -45, -14, -1, 0, 0; with this -52, -31, -13, -6, -2, 0. PESQ-WB of one
/// recorded and four synthetic voices, cleaned and not coded: 4.12 to 4.38, which is 0.17 to 0.36 more than of the library alone.
/// Lower or calmer poles gain a tenth more, but let too much of the low end of an echo through: it is 44 dB down here.
pub(super) struct CalmEdge {
    sections: [Section; 3],
}

/// Two zeros where the library rings, two poles that do not, in transposed direct form II.
struct Section {
    ringing: [f64; 2],
    calm: [f64; 2],
    /// All three together leave what is far above the edge as loud as it was.
    gain: f64,
    state: [f64; 2],
}

impl CalmEdge {
    /// `ringing` are the denominators of the library's sections at 48 kHz; `calm` are two poles each at
    /// 85 Hz, with a Q of 0.52, 0.71 and 1.5.
    pub(super) fn new() -> Self {
        let section = |ringing, calm, gain| Section { ringing, calm, gain, state: [0.0; 2] };
        Self {
            sections: [
                section(
                    [-1.960_450_006_107_897, 0.961_186_297_907_966_7],
                    [-1.978_707_745_737_219_5, 0.978_830_227_831_627_5],
                    1.059_612_506_133_755_5,
                ),
                section(
                    [-1.992_383_416_914_997_2, 0.992_600_111_294_115_7],
                    [-1.984_328_230_322_059_7, 0.984_451_062_497_334_2],
                    0.995_933_675_691_502_6,
                ),
                section(
                    [-1.998_357_034_014_523_6, 0.998_492_849_180_519_8],
                    [-1.992_486_454_406_640_3, 0.992_609_793_543_976_9],
                    0.997_059_275_282_306_5,
                ),
            ],
        }
    }

    /// What comes from the library, at 48 kHz, without the ring.
    pub(super) fn calm(&mut self, samples: &mut [f32]) {
        for sample in samples {
            let given = f64::from(*sample);
            *sample = self.sections.iter_mut().fold(given, |given, section| section.calm(given)) as f32;
        }
    }
}

impl Section {
    fn calm(&mut self, given: f64) -> f64 {
        let given = given * self.gain;
        let calmed = given + self.state[0];
        self.state[0] = given * self.ringing[0] - calmed * self.calm[0] + self.state[1];
        self.state[1] = given * self.ringing[1] - calmed * self.calm[1];
        calmed
    }
}
