//! G.711: mu-law and A-law at 8 kHz, exact.

use super::{
    CodecError, from_pcm16,
    resample::{Decimator, Interpolator},
    to_pcm16,
};

/// Hub samples per G.711 sample.
const RATIO: usize = 6;

/// Which of the two laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Law {
    /// North America and Japan.
    Mu,
    /// Everywhere else.
    A,
}

impl Law {
    /// The code word of a 16-bit sample (ITU-T G.711 tables 1 and 2; the magnitude is the one's complement, so that both
    /// signs have the same decision values).
    pub(crate) fn encode(self, sample: i16) -> u8 {
        let negative = sample < 0;
        let magnitude = u16::try_from(if negative { !sample } else { sample }).unwrap_or(0);
        match self {
            Self::Mu => {
                // 14 bits, moved by 33 so that the segments are powers of two.
                let biased = ((magnitude >> 2) + 33).min(0x1FFF);
                let segment = 10 - biased.leading_zeros() as u16;
                let step = (biased >> (segment + 1)) & 0x0F;
                let code = (segment << 4 | step) as u8;
                !code & if negative { 0x7F } else { 0xFF }
            }
            Self::A => {
                let level = magnitude >> 4;
                let code = if level < 32 {
                    level
                } else {
                    let segment = 12 - level.leading_zeros() as u16;
                    segment << 4 | (level >> (segment - 1)) & 0x0F
                } as u8;
                // Even bits are inverted; a set sign bit means positive.
                (if negative { code } else { code | 0x80 }) ^ 0x55
            }
        }
    }

    /// The sample of a code word, at 16 bits.
    pub(crate) fn decode(self, code: u8) -> i16 {
        let table = match self {
            Self::Mu => &MU,
            Self::A => &A,
        };
        table[usize::from(code)]
    }
}

static MU: [i16; 256] = table(Law::Mu);
static A: [i16; 256] = table(Law::A);

const fn table(law: Law) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = match law {
            Law::Mu => {
                let bits = !(code as u8);
                let magnitude = (((((bits & 0x0F) as i16) << 1) + 33) << ((bits >> 4) & 7)) - 33;
                if bits & 0x80 == 0 { magnitude << 2 } else { -(magnitude << 2) }
            }
            Law::A => {
                let bits = code as u8 ^ 0x55;
                let (segment, step) = ((bits >> 4) & 7, (bits & 0x0F) as i16);
                let magnitude = if segment == 0 { (step << 1) + 1 } else { ((step << 1) + 33) << (segment - 1) };
                if bits & 0x80 != 0 { magnitude << 3 } else { -(magnitude << 3) }
            }
        };
        code += 1;
    }
    table
}

/// One direction of a G.711 stream: the law and the way from or to 48 kHz.
pub(crate) struct G711 {
    law: Law,
    down: Decimator,
    up: Interpolator,
}

impl G711 {
    pub(crate) fn new(law: Law) -> Self {
        Self { law, down: Decimator::new(RATIO), up: Interpolator::new(RATIO) }
    }

    pub(crate) fn encode(&mut self, samples: &[f32], payload: &mut Vec<u8>) {
        let law = self.law;
        self.down.run(samples, |sample| payload.push(law.encode(to_pcm16(sample))));
    }

    pub(crate) fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        if payload.len() * RATIO > out.len() {
            return Err(CodecError::Payload);
        }
        let mut free = out.iter_mut();
        for code in payload {
            self.up.run(from_pcm16(self.law.decode(*code)), |sample| {
                if let Some(place) = free.next() {
                    *place = sample;
                }
            });
        }
        Ok(payload.len() * RATIO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decision values of G.711: what each code word stands for is decided by comparing with them, from below.
    fn by_decision_values(law: Law, sample: i16) -> u8 {
        let negative = sample < 0;
        let magnitude = i32::from(if negative { !sample } else { sample });
        let mut upper = Vec::new();
        for segment in 0..8 {
            for step in 1..=16 {
                upper.push(match law {
                    // At 16 bits: each segment starts 132 below a power of two.
                    Law::Mu => (128 << segment) - 132 + step * (8 << segment),
                    Law::A if segment == 0 => step * 16,
                    Law::A => (256 << (segment - 1)) + step * (16 << (segment - 1)),
                });
            }
        }
        let code = upper.iter().position(|limit| magnitude < *limit).unwrap_or(127) as u8;
        match law {
            Law::Mu => !(code | if negative { 0x80 } else { 0 }),
            Law::A => (code | if negative { 0 } else { 0x80 }) ^ 0x55,
        }
    }

    #[test]
    fn every_sample_gets_the_code_word_of_the_decision_values() {
        for law in [Law::Mu, Law::A] {
            for sample in i16::MIN..=i16::MAX {
                assert_eq!(law.encode(sample), by_decision_values(law, sample), "{law:?} {sample}");
            }
        }
    }

    #[test]
    fn the_code_words_of_the_standard_come_out() {
        // G.711 tables 1a, 2a: the ends of the scale and the smallest steps.
        assert_eq!([0xFF, 0x7F, 0x80, 0x00].map(|code| Law::Mu.decode(code)), [0, 0, 32_124, -32_124]);
        assert_eq!([0xD5, 0x55, 0xAA, 0x2A].map(|code| Law::A.decode(code)), [8, -8, 32_256, -32_256]);
    }

    #[test]
    fn decoding_and_encoding_again_changes_no_code_word() {
        for law in [Law::Mu, Law::A] {
            for code in 0..=255 {
                // Mu-law has two words for zero; the positive one is the one we say.
                let expected = if law == Law::Mu && code == 0x7F { 0xFF } else { code };
                assert_eq!(law.encode(law.decode(code)), expected, "{law:?} {code:#x}");
            }
        }
    }
}
