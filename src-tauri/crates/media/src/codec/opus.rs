//! Opus at 48 kHz mono (RFC 6716, RFC 7587).

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use opus::{Application, Bitrate, Channels, Decoder, Encoder, Signal};

use super::CodecError;

/// Samples per second of both directions.
const RATE_HZ: u32 = 48_000;

/// Encoder effort, 0 to 10, by how many encode at once. By PESQ on two kinds of speech at 32 kbit/s: 5 gives 4.36 and 3.48, 7
/// gives 4.41 and 3.75; a synthetic voice loses more, 9 gives 4.03, 7 gives 3.87 and, with error correction, less still. 9 is a
/// tenth of the CPU of a call more than 7. With many calls at once, frames in time are worth more: 9 costs four times what 0 does.
const EFFORT: [(usize, i32); 4] = [(4, 9), (8, 7), (16, 5), (usize::MAX, 1)];

/// How many encoders there are in this process.
static ENCODERS: AtomicUsize = AtomicUsize::new(0);

/// Longest payload we make: a full packet within the usual MTU.
const LONGEST_PAYLOAD: usize = 1_275;

/// What the encoder is to do; changes at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpusTuning {
    /// Target, bit/s.
    pub(crate) bitrate: u32,
    /// Whether each packet carries a coarse copy of the one before.
    pub(crate) fec: bool,
    /// Loss to be ready for, in percent.
    pub(crate) loss_percent: u8,
    /// Whether nothing is sent in silence.
    pub(crate) dtx: bool,
}

/// Our microphone as Opus.
pub(crate) struct OpusEncoder {
    encoder: Encoder,
    tuning: OpusTuning,
    effort: i32,
}

impl Drop for OpusEncoder {
    fn drop(&mut self) {
        ENCODERS.fetch_sub(1, Relaxed);
    }
}

impl OpusEncoder {
    pub(crate) fn new(tuning: OpusTuning) -> Result<Self, CodecError> {
        let mut encoder = Encoder::new(RATE_HZ, Channels::Mono, Application::Voip).map_err(setup)?;
        encoder.set_signal(Signal::Voice).map_err(setup)?;
        ENCODERS.fetch_add(1, Relaxed);
        let mut this = Self { encoder, tuning, effort: -1 };
        this.apply(tuning)?;
        this.exert(ENCODERS.load(Relaxed))?;
        Ok(this)
    }

    /// Changes what the encoder does, without a break in the sound.
    pub(crate) fn tune(&mut self, tuning: OpusTuning) -> Result<(), CodecError> {
        if tuning == self.tuning { Ok(()) } else { self.apply(tuning) }
    }

    fn apply(&mut self, tuning: OpusTuning) -> Result<(), CodecError> {
        self.encoder.set_bitrate(Bitrate::Bits(i32::try_from(tuning.bitrate).unwrap_or(32_000))).map_err(setup)?;
        self.encoder.set_inband_fec(tuning.fec).map_err(setup)?;
        self.encoder.set_packet_loss_perc(i32::from(tuning.loss_percent.min(100))).map_err(setup)?;
        self.encoder.set_dtx(tuning.dtx).map_err(setup)?;
        self.tuning = tuning;
        Ok(())
    }

    /// Takes as much effort as so many encoders at once leave for each.
    fn exert(&mut self, encoders: usize) -> Result<(), CodecError> {
        let effort = EFFORT.iter().find(|(most, _)| encoders <= *most).map_or(0, |(_, effort)| *effort);
        if effort != self.effort {
            self.encoder.set_complexity(effort).map_err(setup)?;
            self.effort = effort;
        }
        Ok(())
    }

    /// Appends a packet; `false` when DTX says that it need not be sent.
    pub(crate) fn encode(&mut self, samples: &[f32], payload: &mut Vec<u8>) -> Result<bool, CodecError> {
        self.exert(ENCODERS.load(Relaxed))?;
        let start = payload.len();
        payload.resize(start + LONGEST_PAYLOAD, 0);
        let space = payload.get_mut(start..).unwrap_or_default();
        let length = self.encoder.encode_float(samples, space).map_err(|e| CodecError::Encode(e.to_string()))?;
        payload.truncate(start + length);
        // Up to two bytes are a header without sound.
        Ok(length > 2 || !self.tuning.dtx)
    }
}

/// The far end's Opus, with what libopus does about lost packets.
pub(crate) struct OpusDecoder(Decoder);

impl OpusDecoder {
    pub(crate) fn new() -> Result<Self, CodecError> {
        Decoder::new(RATE_HZ, Channels::Mono).map(Self).map_err(setup)
    }

    /// Decodes a packet to the front of `out`.
    pub(crate) fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        if payload.is_empty() {
            // libopus takes an empty packet for a lost one.
            return Err(CodecError::Payload);
        }
        self.0.decode_float(payload, out, false).map_err(|_| CodecError::Payload)
    }

    /// The packet before `next`, as its forward error correction tells it; fills `out`, a multiple of 2.5 ms.
    pub(crate) fn recover(&mut self, next: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        if next.is_empty() {
            return Err(CodecError::Payload);
        }
        self.0.decode_float(next, out, true).map_err(|_| CodecError::Payload)
    }

    /// Makes up what was lost, from what was heard before: fades out, or goes on with comfort noise during DTX. Fills
    /// `out`, a multiple of 2.5 ms.
    pub(crate) fn conceal(&mut self, out: &mut [f32]) -> Result<usize, CodecError> {
        self.0.decode_float(&[], out, false).map_err(|_| CodecError::Payload)
    }
}

/// Length of a packet in samples (RFC 6716 section 3.1).
pub(crate) fn duration(payload: &[u8]) -> Option<usize> {
    if payload.is_empty() { None } else { opus::packet::get_nb_samples(payload, RATE_HZ).ok() }
}

/// Whether a packet carries a coarse copy of the one before it (LBRR, RFC 6716 section 4.2.3 and 4.2.4).
pub(crate) fn has_fec(payload: &[u8]) -> bool {
    // The configurations from 16 on are CELT, which has none. The flag follows one voice activity flag for each frame of
    // 20 ms; it is a bit at the head of the first frame, which in a packet of one frame is the second byte.
    match payload {
        [toc, flags, ..] if *toc < 0x80 && toc & 3 == 0 => {
            let frames = match toc >> 3 {
                2 | 6 | 10 => 2,
                3 | 7 | 11 => 3,
                _ => 1,
            };
            flags >> (7 - frames) & 1 == 1
        }
        _ => false,
    }
}

fn setup(error: opus::Error) -> CodecError {
    CodecError::Setup { codec: "Opus", detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_encoders_at_once_take_less_effort_each_and_one_takes_all() {
        let tuning = OpusTuning { bitrate: 32_000, fec: false, loss_percent: 0, dtx: false };
        let mut encoder = OpusEncoder::new(tuning).expect("Opus sets up");
        let efforts = [1, 4, 5, 8, 9, 16, 17, 50, 1].map(|encoders| {
            encoder.exert(encoders).expect("an effort that Opus knows");
            encoder.encoder.get_complexity().expect("Opus tells")
        });
        assert_eq!(efforts, [9, 9, 7, 7, 5, 5, 1, 1, 9]);
    }
}
