//! G.722 at 64 kbit/s: 16 kHz samples, two in each byte.

use audio_codec::{
    Decoder as _, Encoder as _,
    g722::{G722Decoder, G722Encoder},
};

use super::{
    CodecError, LONGEST_PACKET, from_pcm16,
    resample::{Decimator, Interpolator},
    to_pcm16,
};

/// Hub samples per G.722 sample.
const RATIO: usize = 3;

/// Both directions of a G.722 stream with the way from and to 48 kHz.
pub(crate) struct G722 {
    encoder: G722Encoder,
    decoder: G722Decoder,
    down: Decimator,
    up: Interpolator,
    pcm: Vec<i16>,
}

impl Default for G722 {
    fn default() -> Self {
        Self {
            encoder: G722Encoder::new(),
            decoder: G722Decoder::new(),
            down: Decimator::new(RATIO),
            up: Interpolator::new(RATIO),
            pcm: Vec::with_capacity(LONGEST_PACKET / RATIO),
        }
    }
}

impl G722 {
    pub(crate) fn encode(&mut self, samples: &[f32], payload: &mut Vec<u8>) -> Result<(), CodecError> {
        self.pcm.clear();
        let pcm = &mut self.pcm;
        self.down.run(samples, |sample| pcm.push(to_pcm16(sample)));
        let start = payload.len();
        payload.resize(start + self.encoder.max_encode_bytes(self.pcm.len()), 0);
        let coded = payload.get_mut(start..).unwrap_or_default();
        let length = self.encoder.encode_into(&self.pcm, coded).map_err(|e| CodecError::Encode(e.to_string()))?;
        payload.truncate(start + length);
        Ok(())
    }

    pub(crate) fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        let samples = payload.len() * 2;
        if samples * RATIO > out.len() {
            return Err(CodecError::Payload);
        }
        self.pcm.resize(samples, 0);
        let samples = self.decoder.decode_into(payload, &mut self.pcm).map_err(|_| CodecError::Payload)?;
        let mut free = out.iter_mut();
        for sample in self.pcm.iter().take(samples) {
            self.up.run(from_pcm16(*sample), |sample| {
                if let Some(place) = free.next() {
                    *place = sample;
                }
            });
        }
        Ok(samples * RATIO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_comes_back_with_little_noise() {
        let mut codec = G722::default();
        let tone: Vec<f32> = (0..48_000).map(|n| (n as f32 * std::f32::consts::TAU * 1_000.0 / 48_000.0).sin() * 0.3).collect();
        let mut heard = Vec::new();
        let mut out = vec![0.0; LONGEST_PACKET];
        for packet in tone.chunks(960) {
            let mut payload = Vec::new();
            codec.encode(packet, &mut payload).expect("whole packets encode");
            assert_eq!(payload.len(), 160);
            let samples = codec.decode(&payload, &mut out).expect("our own payload decodes");
            heard.extend_from_slice(&out[..samples]);
        }
        let power = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32;
        let best = (100..600)
            .map(|delay| {
                let error: Vec<f32> = (10_000..40_000).map(|n| heard[n + delay - 100] - tone[n - 100]).collect();
                power(&error)
            })
            .fold(f32::MAX, f32::min);
        assert!(10.0 * (power(&tone) / best).log10() > 25.0, "{:.1} dB", 10.0 * (power(&tone) / best).log10());
    }
}
