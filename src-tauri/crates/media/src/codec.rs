//! Encoders and decoders between the hub's 48 kHz samples and payloads.

mod g711;
mod g722;
mod opus;
mod resample;

use model::Codec;

use self::{g711::G711, g722::G722};
pub(crate) use self::{
    g711::Law,
    opus::{OpusDecoder, OpusEncoder, OpusTuning, has_fec},
};

/// Samples of one millisecond at the hub's rate, the unit of all time lines here.
pub(crate) const SAMPLES_PER_MS: usize = 48;

/// Longest packet that is decoded: 120 ms, the longest Opus allows (RFC 6716 section 2.1.4).
pub(crate) const LONGEST_PACKET: usize = 120 * SAMPLES_PER_MS;

/// Why audio could not be encoded or decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The codec could not be set up.
    #[error("the {codec} codec could not be set up: {detail}")]
    Setup {
        /// Its name.
        codec: &'static str,
        /// The codec's words.
        detail: String,
    },
    /// Samples could not be encoded.
    #[error("audio could not be encoded: {0}")]
    Encode(String),
    /// The payload is none of this codec.
    #[error("the payload cannot be decoded")]
    Payload,
}

/// Clock of the RTP timestamps of a codec, in Hz (RFC 3551 section 6: G.722 counts 8000 although it samples at 16000).
pub(crate) fn clock_hz(codec: Codec) -> u32 {
    match codec {
        Codec::Opus => 48_000,
        Codec::G722 | Codec::Pcmu | Codec::Pcma => 8_000,
    }
}

/// Length of a payload in samples at 48 kHz; `None` when it is none of this codec or longer than 120 ms.
pub(crate) fn duration(codec: Codec, payload: &[u8]) -> Option<usize> {
    let samples = match codec {
        Codec::Opus => opus::duration(payload)?,
        // One byte is 1/8000 s for all three: G.722 puts two samples at 16 kHz in each.
        Codec::G722 | Codec::Pcmu | Codec::Pcma => payload.len() * 6,
    };
    (1..=LONGEST_PACKET).contains(&samples).then_some(samples)
}

/// An encoder of one codec with its state.
pub(crate) enum Encoder {
    Opus(Box<OpusEncoder>),
    G722(Box<G722>),
    G711(Box<G711>),
}

impl Encoder {
    /// A fresh encoder; `tuning` matters to Opus only.
    pub(crate) fn new(codec: Codec, tuning: OpusTuning) -> Result<Self, CodecError> {
        Ok(match codec {
            Codec::Opus => Self::Opus(Box::new(OpusEncoder::new(tuning)?)),
            Codec::G722 => Self::G722(Box::default()),
            Codec::Pcmu => Self::G711(Box::new(G711::new(Law::Mu))),
            Codec::Pcma => Self::G711(Box::new(G711::new(Law::A))),
        })
    }

    /// Changes what Opus does; nothing for the others.
    pub(crate) fn tune(&mut self, tuning: OpusTuning) -> Result<(), CodecError> {
        match self {
            Self::Opus(opus) => opus.tune(tuning),
            Self::G722(_) | Self::G711(_) => Ok(()),
        }
    }

    /// Appends the payload of `samples` (a packet's worth at 48 kHz) to `payload`. `false` means that nothing need be sent
    /// (Opus DTX).
    pub(crate) fn encode(&mut self, samples: &[f32], payload: &mut Vec<u8>) -> Result<bool, CodecError> {
        match self {
            Self::Opus(opus) => opus.encode(samples, payload),
            Self::G722(g722) => g722.encode(samples, payload).map(|()| true),
            Self::G711(g711) => {
                g711.encode(samples, payload);
                Ok(true)
            }
        }
    }
}

/// The decoders of all codecs a session may receive, each with its state.
pub(crate) struct Decoders {
    opus: Option<OpusDecoder>,
    g722: Box<G722>,
    pcmu: Box<G711>,
    pcma: Box<G711>,
}

impl Decoders {
    /// Decoders for these codecs.
    pub(crate) fn new(codecs: impl IntoIterator<Item = Codec>) -> Result<Self, CodecError> {
        let wants_opus = codecs.into_iter().any(|codec| codec == Codec::Opus);
        Ok(Self {
            opus: wants_opus.then(OpusDecoder::new).transpose()?,
            g722: Box::default(),
            pcmu: Box::new(G711::new(Law::Mu)),
            pcma: Box::new(G711::new(Law::A)),
        })
    }

    /// Decodes a payload to the front of `out` and returns how many samples at 48 kHz it gave.
    pub(crate) fn decode(&mut self, codec: Codec, payload: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        match codec {
            Codec::Opus => self.opus.as_mut().ok_or(CodecError::Payload)?.decode(payload, out),
            Codec::G722 => self.g722.decode(payload, out),
            Codec::Pcmu => self.pcmu.decode(payload, out),
            Codec::Pcma => self.pcma.decode(payload, out),
        }
    }

    /// The Opus decoder, which conceals by itself; `None` when Opus was not agreed on.
    pub(crate) fn opus(&mut self) -> Option<&mut OpusDecoder> {
        self.opus.as_mut()
    }
}

/// A sample as 16-bit linear PCM.
pub(crate) fn to_pcm16(sample: f32) -> i16 {
    // A float to integer cast saturates and makes NaN zero.
    (sample * 32_768.0).round() as i16
}

/// 16-bit linear PCM as a sample.
pub(crate) fn from_pcm16(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}
