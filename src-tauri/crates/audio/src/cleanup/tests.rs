use super::*;
use crate::testing::{Random, frames, rms_dbfs, speech, tone_dbfs};

const RATE: usize = SAMPLE_RATE_HZ as usize;
const ECHO_ONLY: Cleanup = Cleanup { echo: true, noise: false, gain: false };

/// A loudspeaker heard by the microphone: a delay, then 80 ms of decaying reflections, `gain_db` in all.
fn echo_of(far: &[f32], delay_ms: usize, gain_db: f64) -> Vec<f32> {
    let mut random = Random::new(11);
    let taps: Vec<f32> = (0..RATE * 80 / 1_000).map(|at| random.next() * (-(at as f32) / (0.012 * RATE as f32)).exp()).collect();
    // Every eighth tap: as long a tail at an eighth of the work.
    let sparse: Vec<(usize, f32)> = taps.iter().copied().enumerate().step_by(8).collect();
    let delay = RATE * delay_ms / 1_000;
    let mut echo = vec![0f32; far.len()];
    for &(at, tap) in &sparse {
        for (out, sample) in echo.iter_mut().skip(delay + at).zip(far) {
            *out += sample * tap;
        }
    }
    let gain = 10f64.powf((gain_db + rms_dbfs(far) - rms_dbfs(&echo)) / 20.0) as f32;
    echo.iter_mut().for_each(|sample| *sample *= gain);
    echo
}

/// Adds the noise of a quiet converter, -69 dBFS.
fn with_noise(mut samples: Vec<f32>) -> Vec<f32> {
    let mut random = Random::new(5);
    samples.iter_mut().for_each(|sample| *sample += random.next() * 6.1e-4);
    samples
}

/// What the clean-up makes of `microphone` while the speaker plays `far`.
fn clean(cleanup: Cleanup, far: &[f32], microphone: &[f32]) -> Vec<f32> {
    let mut cleaner = Cleaner::new(cleanup).expect("something is switched on");
    let mut out = Vec::with_capacity(microphone.len());
    for (reference, mut frame) in frames(far).zip(frames(microphone)) {
        cleaner.clean(&reference, &mut frame);
        out.extend(frame);
    }
    out
}

/// Echo return loss enhancement between two moments.
fn erle(microphone: &[f32], out: &[f32], from_s: f64, to_s: f64) -> f64 {
    let range = (from_s * RATE as f64) as usize..(to_s * RATE as f64) as usize;
    rms_dbfs(&microphone[range.clone()]) - rms_dbfs(&out[range])
}

#[test]
fn echo_is_twenty_db_down_after_a_second_and_forty_in_the_steady_state() {
    let far = speech(1, 16, 0.5);
    for (delay_ms, gain_db) in [(10, -6.0), (40, -6.0), (150, -6.0), (40, 3.0)] {
        let microphone = with_noise(echo_of(&far, delay_ms, gain_db));
        let out = clean(ECHO_ONLY, &far, &microphone);
        let early = erle(&microphone, &out, 1.0, 2.0);
        let steady = erle(&microphone, &out, 10.0, 16.0);
        assert!(early >= 20.0, "{delay_ms} ms, {gain_db} dB: {early:.1} dB in the second second");
        assert!(steady >= 40.0, "{delay_ms} ms, {gain_db} dB: {steady:.1} dB in the steady state");
    }
}

#[test]
fn each_step_costs_the_delay_we_reckon_with_and_all_of_them_fifteen_ms() {
    let near = speech(6, 3, 0.5);
    let silence = vec![0.0; near.len()];
    let noise = Cleanup { noise: true, ..Cleanup::OFF };
    let gain = Cleanup { gain: true, ..Cleanup::OFF };
    for (cleanup, most_ms) in [(gain, 1), (noise, 7), (ECHO_ONLY, 9), (Cleanup::default(), 15)] {
        let out = clean(cleanup, &silence, &near);
        let (near, out) = (&near[2 * RATE..], &out[2 * RATE..]);
        let likeness = |delay: usize| -> f64 { near.iter().zip(&out[delay..]).map(|(near, out)| f64::from(near * out)).sum() };
        let delay = (0..RATE / 50).max_by(|&a, &b| likeness(a).total_cmp(&likeness(b))).expect("a range");
        assert!(delay <= RATE * most_ms / 1_000, "{cleanup:?}: {delay} samples");
    }
}

#[test]
fn noise_and_gain_control_leave_the_echo_canceller_its_work() {
    let far = speech(3, 12, 0.5);
    let microphone = with_noise(echo_of(&far, 40, -6.0));
    let out = clean(Cleanup::default(), &far, &microphone);
    let (early, steady) = (erle(&microphone, &out, 1.0, 2.0), erle(&microphone, &out, 8.0, 12.0));
    assert!(early >= 20.0, "{early:.1} dB in the second second");
    assert!(steady >= 30.0, "{steady:.1} dB in the steady state");
}

#[test]
fn near_speech_loses_at_most_three_db_in_double_talk() {
    let far = speech(1, 16, 0.5);
    let echo = echo_of(&far, 40, -6.0);
    // The near end speaks in the second half only, 4.3 dB louder than the echo.
    let mut near = vec![0.0; 8 * RATE];
    near.extend(speech(2, 8, 0.35));
    let gain = 10f64.powf((4.3 + rms_dbfs(&echo[8 * RATE..]) - rms_dbfs(&near[8 * RATE..])) / 20.0) as f32;
    near.iter_mut().for_each(|sample| *sample *= gain);
    let microphone: Vec<f32> = with_noise(echo).iter().zip(&near).map(|(echo, near)| echo + near).collect();
    let out = clean(ECHO_ONLY, &far, &microphone);
    let lost = rms_dbfs(&near[10 * RATE..]) - rms_dbfs(&out[10 * RATE..]);
    assert!(lost <= 3.0, "{lost:.1} dB lost");
}

#[test]
fn near_speech_alone_keeps_its_level() {
    let near = with_noise(speech(2, 10, 0.35));
    let silence = vec![0.0; near.len()];
    for (cleanup, most) in [(ECHO_ONLY, 1.0), (Cleanup { noise: true, ..Cleanup::OFF }, 2.5), (Cleanup::default(), 4.0)] {
        let out = clean(cleanup, &silence, &near);
        let change = rms_dbfs(&out[4 * RATE..]) - rms_dbfs(&near[4 * RATE..]);
        assert!(change.abs() <= most, "{cleanup:?}: {change:.2} dB");
    }
}

#[test]
fn soft_speech_is_raised_when_gain_control_is_on() {
    let near = with_noise(speech(2, 12, 0.02));
    let silence = vec![0.0; near.len()];
    let out = clean(Cleanup { gain: true, ..Cleanup::OFF }, &silence, &near);
    let raised = rms_dbfs(&out[8 * RATE..]) - rms_dbfs(&near[8 * RATE..]);
    assert!(raised >= 9.0, "{raised:.1} dB");
}

#[test]
fn the_first_words_of_a_loud_voice_are_not_cut() {
    let near = speech(2, 2, 0.35);
    let silence = vec![0.0; near.len()];
    let out = clean(Cleanup { gain: true, ..Cleanup::OFF }, &silence, &near);
    let raised = rms_dbfs(&out) - rms_dbfs(&near);
    assert!(raised <= 6.0, "{raised:.1} dB louder");
}

#[test]
fn steady_noise_is_reduced() {
    let mut random = Random::new(9);
    let noise: Vec<f32> = (0..6 * RATE).map(|_| random.next() * 0.02).collect();
    let silence = vec![0.0; noise.len()];
    let out = clean(Cleanup { noise: true, ..Cleanup::OFF }, &silence, &noise);
    let reduced = rms_dbfs(&noise[4 * RATE..]) - rms_dbfs(&out[4 * RATE..]);
    assert!(reduced >= 9.0, "{reduced:.1} dB");
}

#[test]
fn nothing_switched_on_costs_nothing() {
    assert!(Cleaner::new(Cleanup::OFF).is_none());
}

#[test]
fn a_click_does_not_ring() {
    for cleanup in [Cleanup { echo: false, noise: false, gain: true }, ECHO_ONLY] {
        let mut click = vec![0.0; 2 * RATE];
        click[RATE] = 0.5;
        let out = clean(cleanup, &vec![0.0; 2 * RATE], &click);
        let energy = |samples: &[f32]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
        // It arrives within 15 ms.
        let rings = 10.0 * (energy(&out[RATE + RATE * 45 / 1_000..]) / energy(&out)).log10();
        assert!(rings < -55.0, "{cleanup:?}: {rings:.1} dB are heard 30 ms later");
    }
}

#[test]
fn hum_is_taken_away_and_deep_voices_are_left() {
    for (hz, loses) in [(50.0, 45.0..60.0), (60.0, 25.0..40.0), (100.0, 3.0..7.0), (150.0, -0.5..3.0), (300.0, -0.5..1.5)] {
        let step = std::f64::consts::TAU * hz / RATE as f64;
        let tone: Vec<f32> = (0..3 * RATE).map(|at| 0.1 * (at as f64 * step).sin() as f32).collect();
        let out = clean(ECHO_ONLY, &vec![0.0; tone.len()], &tone);
        let lost = tone_dbfs(&tone[2 * RATE..], hz) - tone_dbfs(&out[2 * RATE..], hz);
        assert!(loses.contains(&lost), "{hz} Hz: {lost:.1} dB");
    }
}
