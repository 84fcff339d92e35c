use super::*;
use crate::{
    leg::{FRAME_SAMPLES, SAMPLE_RATE_HZ},
    testing::{Random, rms_dbfs, roughest, speech, tone_dbfs},
    tones::dtmf::{HIGH_HZ, LOW_HZ, frequencies},
};

const MS: usize = SAMPLE_RATE_HZ as usize / 1_000;

/// The first `ms` of a tone, and whether it was over by then.
fn play(tone: &ToneSpec, ms: usize) -> (Vec<f32>, Played) {
    let mut source = tone.source();
    let mut samples = Vec::new();
    let mut played = Played::More;
    let mut frame = [0.0; FRAME_SAMPLES];
    for _ in 0..ms / 10 {
        played = source.fill(&mut frame);
        samples.extend(frame);
    }
    (samples, played)
}

/// Lengths in ms of sound and pause, in turn, where a pause is at least 15 ms of exact silence.
fn rhythm(samples: &[f32]) -> Vec<usize> {
    // A tone begins and ends with a sample or two of zero.
    let in_ms = |samples: usize| (samples + MS / 2) / MS;
    let mut lengths = Vec::new();
    let mut begin = 0;
    let mut at = 0;
    while at < samples.len() {
        let silent = samples[at..].iter().take_while(|&&sample| sample == 0.0).count();
        if silent >= 15 * MS {
            lengths.push(in_ms(at - begin));
            lengths.push(in_ms(silent));
            begin = at + silent;
        }
        at += silent.max(1);
    }
    lengths
}

fn digits(text: &str) -> Vec<DtmfDigit> {
    DtmfDigit::parse_all(text).expect("these are digits")
}

fn keys(text: &str, tone_ms: u64, gap_ms: u64) -> ToneSpec {
    ToneSpec::Digits { digits: digits(text), tone: Duration::from_millis(tone_ms), gap: Duration::from_millis(gap_ms) }
}

/// What a detector finds in samples.
fn detect(samples: &[f32]) -> String {
    let mut detector = DtmfDetector::new();
    samples
        .chunks_exact(FRAME_SAMPLES)
        .filter_map(|chunk| detector.add(chunk.try_into().expect("a frame")))
        .map(char::from)
        .collect()
}

#[test]
fn british_ringback_has_its_double_ring() {
    let (samples, played) = play(&ToneSpec::Ringback(Country::of_code("gb")), 6_000);
    assert_eq!(played, Played::More);
    assert_eq!(rhythm(&samples), [400, 200, 400, 2_000, 400, 200, 400, 2_000]);
    let ring = &samples[10 * MS..390 * MS];
    assert!((tone_dbfs(ring, 400.0) - tone_dbfs(ring, 450.0)).abs() < 0.2);
}

#[test]
fn every_tone_of_every_country_is_equally_loud_and_never_clicks() {
    for code in Country::codes().chain(["elsewhere"]) {
        let country = Country::of_code(code);
        for tone in [ToneSpec::Ringback(country), ToneSpec::Busy(country), ToneSpec::Congestion(country)] {
            let (samples, _) = play(&tone, 7_000);
            let steady = rms_dbfs(&samples[20 * MS..160 * MS]);
            assert!((steady + 21.0).abs() < 0.6, "{code} {tone:?}: {steady:.2} dBFS");
            assert!(roughest(&samples) < 0.002, "{code} {tone:?}: {}", roughest(&samples));
            assert!(!rhythm(&samples).is_empty(), "{code} {tone:?} has pauses");
        }
    }
}

#[test]
fn a_steady_sine_is_clean_and_as_loud_as_it_says_even_after_ten_minutes() {
    let mut source = ToneSpec::Sine { hz: 1_000.0, dbfs: -10.0 }.source();
    let mut frame = [0.0; FRAME_SAMPLES];
    (0..60_000).for_each(|_| assert_eq!(source.fill(&mut frame), Played::More));
    let mut samples = Vec::new();
    for _ in 0..100 {
        source.fill(&mut frame);
        samples.extend(frame);
    }
    assert!((tone_dbfs(&samples, 1_000.0) + 10.0).abs() < 0.01);
    for harmonic in 2..8 {
        assert!(tone_dbfs(&samples, 1_000.0 * f64::from(harmonic)) < -110.0);
    }
}

#[test]
fn keys_have_their_two_frequencies_with_two_db_of_twist() {
    for digit in digits("0123456789*#ABCD") {
        let (samples, played) = play(&keys(&char::from(digit).to_string(), 200, 50), 250);
        assert_eq!(played, Played::Last);
        let (low, high) = frequencies(digit).expect("a key");
        let tone = &samples[10 * MS..190 * MS];
        assert!((tone_dbfs(tone, low) + 8.0).abs() < 0.1 && (tone_dbfs(tone, high) + 6.0).abs() < 0.1, "{digit}");
        let others = LOW_HZ.iter().chain(&HIGH_HZ).filter(|&&hz| hz != low && hz != high);
        assert!(others.into_iter().all(|&hz| tone_dbfs(tone, hz) < -60.0), "{digit}");
        assert!(samples[200 * MS..].iter().all(|&sample| sample == 0.0), "the pause is silence");
    }
}

#[test]
fn a_row_of_keys_keeps_its_lengths_to_the_sample() {
    let (samples, played) = play(&keys("159", 105, 55), 480);
    assert_eq!(played, Played::Last);
    assert_eq!(rhythm(&samples), [105, 55, 105, 55, 105, 55]);
}

#[test]
fn a_pressed_key_is_heard_softly_for_a_tenth_of_a_second() {
    let (samples, played) = play(&ToneSpec::Key(digits("7")[0]), 100);
    assert_eq!(played, Played::Last);
    let level = rms_dbfs(&samples);
    assert!((-26.0..-20.0).contains(&level), "{level:.1}");
}

#[test]
fn the_detector_finds_every_key_once() {
    let row = "0123456789*#ABCD";
    for (tone, gap) in [(50, 50), (100, 100), (250, 40)] {
        let (samples, _) = play(&keys(row, tone, gap), (tone + gap) as usize * row.len() + 50);
        assert_eq!(detect(&samples), row, "{tone} ms and {gap} ms");
    }
}

#[test]
fn the_detector_tells_a_key_pressed_twice_from_one_held() {
    assert_eq!(detect(&play(&keys("55", 80, 60), 400).0), "55");
    assert_eq!(detect(&play(&keys("5", 2_000, 60), 2_200).0), "5");
}

#[test]
fn the_detector_hears_soft_and_noisy_keys() {
    let (samples, _) = play(&keys("147#", 80, 80), 700);
    let mut random = Random::new(3);
    let noisy: Vec<f32> = samples.iter().map(|sample| (sample + random.next() * 0.1) * 0.05).collect();
    assert_eq!(detect(&noisy), "147#");
}

#[test]
fn the_detector_does_not_take_speech_music_or_progress_tones_for_keys() {
    for seed in 1..6 {
        assert_eq!(detect(&speech(seed, 20, 0.9)), "");
    }
    assert_eq!(detect(&play(&ToneSpec::Music, 60_000).0), "");
    for code in Country::codes() {
        assert_eq!(detect(&play(&ToneSpec::Ringback(Country::of_code(code)), 7_000).0), "", "{code}");
    }
    assert_eq!(detect(&[f32::NAN; FRAME_SAMPLES * 20]), "");
}

#[test]
fn the_detector_recovers_from_nonsense() {
    let mut samples = vec![f32::NAN; FRAME_SAMPLES * 20];
    samples.extend(vec![0.0; FRAME_SAMPLES * 5]);
    samples.extend(play(&keys("3", 100, 50), 200).0);
    assert_eq!(detect(&samples), "3");
}

#[test]
fn music_and_ring_patterns_never_end_clip_or_click() {
    let patterns = RingPattern::ALL.map(ToneSpec::Ringtone);
    for tone in patterns.iter().chain([&ToneSpec::Music]) {
        let (samples, played) = play(tone, 45_000);
        assert_eq!(played, Played::More);
        let loudest = samples.iter().fold(0f32, |loudest, sample| loudest.max(sample.abs()));
        assert!((0.03..0.95).contains(&loudest), "{tone:?}: {loudest}");
        assert!(roughest(&samples) < 0.1, "{tone:?}: {}", roughest(&samples));
    }
    let (music, _) = play(&ToneSpec::Music, 40_960);
    let loudness: Vec<f64> = music.chunks(SAMPLE_RATE_HZ as usize).map(rms_dbfs).collect();
    assert!(loudness.iter().all(|level| (-32.0..-14.0).contains(level)), "{loudness:?}");
}

#[test]
fn ringing_starts_at_once() {
    for pattern in RingPattern::ALL {
        let (samples, _) = play(&ToneSpec::Ringtone(pattern), 50);
        assert!(rms_dbfs(&samples) > -45.0, "{pattern:?}");
    }
}

#[test]
fn a_buffer_plays_to_its_last_sample_and_from_the_start_again_if_asked() {
    let sound: Arc<[f32]> = (0..700).map(|at| at as f32 / 700.0).collect();
    let spec = |repeat| ToneSpec::Samples { samples: Arc::clone(&sound), repeat };
    let (once, played) = play(&spec(Repeat::Once), 20);
    assert_eq!((&once[..700], played), (&*sound, Played::Last));
    assert!(once[700..].iter().all(|&sample| sample == 0.0));
    let (ever, played) = play(&spec(Repeat::Forever), 50);
    assert_eq!((&ever[700..1_400], &ever[1_400..2_100], played), (&*sound, &*sound, Played::More));
    let nothing = ToneSpec::Samples { samples: Arc::new([]), repeat: Repeat::Forever };
    assert_eq!(play(&nothing, 10).1, Played::Last);
}
