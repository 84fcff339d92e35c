//! What is done to the microphone's sound: echo, noise, gain.
//!
//! Delay it adds: gain 1 ms, noise 7 ms, echo 9 ms, all of them 15 ms; nothing when it is off.

mod edge;

use edge::CalmEdge;
use model::Cleanup;
use sonora::{
    AudioProcessing, Config, StreamConfig,
    config::{AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, MaxProcessingRate, NoiseSuppression, Pipeline},
};

use crate::leg::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ};

/// Gain before anything is known of the speaker. The library's own 15 dB make most voices too loud, and cut, at first.
const INITIAL_GAIN_DB: f32 = 5.0;

/// The clean-up as it is set; a microphone without any needs none.
pub(crate) struct Cleaner {
    processing: AudioProcessing,
    edge: CalmEdge,
    echo: bool,
}

impl Cleaner {
    /// The steps that are switched on; none when there is nothing to do.
    pub(crate) fn new(cleanup: Cleanup) -> Option<Self> {
        if cleanup.is_off() {
            return None;
        }
        let config = Config {
            pipeline: Pipeline { maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz, ..Pipeline::default() },
            high_pass_filter: Some(HighPassFilter::default()),
            echo_canceller: cleanup.echo.then(EchoCanceller::default),
            noise_suppression: cleanup.noise.then(NoiseSuppression::default),
            gain_controller2: cleanup.gain.then(|| GainController2 {
                adaptive_digital: Some(AdaptiveDigital { initial_gain_db: INITIAL_GAIN_DB, ..AdaptiveDigital::default() }),
                ..GainController2::default()
            }),
            ..Config::default()
        };
        let mono = StreamConfig::new(SAMPLE_RATE_HZ, 1);
        let processing = AudioProcessing::builder().config(config).capture_config(mono).render_config(mono).build();
        Some(Self { processing, edge: CalmEdge::new(), echo: cleanup.echo })
    }

    /// Cleans the next 10 ms of the microphone. `reference` is what was last sent to the speaker.
    pub(crate) fn clean(&mut self, reference: &Frame, microphone: &mut Frame) {
        let mut out = [0.0; FRAME_SAMPLES];
        if self.echo {
            let analysed = self.processing.process_render_f32(&[reference], &mut [&mut out]);
            analysed.expect("10 ms of 48 kHz mono are a format of the echo canceller");
        }
        let cleaned = self.processing.process_capture_f32(&[&*microphone], &mut [&mut out]);
        cleaned.expect("10 ms of 48 kHz mono are a format of the echo canceller");
        self.edge.calm(&mut out);
        *microphone = out;
    }
}

#[cfg(test)]
mod tests;
