//! Who hears whom, and how well.

use super::*;

#[test]
fn a_single_call_passes_both_ways_bit_for_bit() {
    let mut desk = Desk::new();
    let (mine, theirs) = (speech(1, 1, 0.9), speech(2, 1, 0.9));
    let far = FarEnd::saying(theirs.clone());
    desk.attach(1, &far);
    desk.handle.route(vec![call(1)]);
    desk.say(&mine);
    desk.run(50);
    // The first frame fades in.
    let range = FRAME_SAMPLES..50 * FRAME_SAMPLES;
    assert_eq!(far.heard()[range.clone()], mine[range.clone()]);
    assert_eq!(desk.played()[range.clone()], theirs[range]);
}

#[test]
fn in_a_conference_everyone_hears_the_others_and_nobody_hears_himself() {
    let mut desk = Desk::new();
    let tones = [440.0, 700.0, 1_000.0, 1_300.0, 1_700.0];
    let parties: Vec<FarEnd> = tones.iter().map(|&hz| FarEnd::saying_sine(hz, 0.1)).collect();
    for (id, far) in parties.iter().enumerate() {
        desk.attach(id as u64, far);
    }
    desk.handle.route(conference(&[0, 1, 2, 3, 4]));
    desk.say(&sine(2_100.0, 0.1, 100));
    desk.run(100);
    let steady = |samples: Vec<f32>| samples[48_000 / 2..].to_vec();
    for (own, far) in parties.iter().enumerate() {
        let heard = steady(far.heard());
        for (other, &hz) in tones.iter().enumerate() {
            let level = tone_dbfs(&heard, hz);
            if own == other {
                assert!(level < -120.0, "party {own} hears itself at {level:.1} dBFS");
            } else {
                assert!((level + 20.0).abs() < 0.1, "party {own} hears {other} at {level:.1} dBFS");
            }
        }
        assert!((tone_dbfs(&heard, 2_100.0) + 20.0).abs() < 0.1, "party {own} hears the microphone");
    }
    let played = steady(desk.played());
    assert!(tones.iter().all(|&hz| (tone_dbfs(&played, hz) + 20.0).abs() < 0.1), "the speaker plays all");
    assert!(tone_dbfs(&played, 2_100.0) < -120.0, "the speaker does not play the microphone");
}

#[test]
fn in_a_conference_one_who_speaks_alone_passes_bit_for_bit() {
    let mut desk = Desk::new();
    let words = speech(3, 1, 0.9);
    let parties = [FarEnd::saying(words.clone()), FarEnd::default(), FarEnd::default()];
    for (id, far) in parties.iter().enumerate() {
        desk.attach(id as u64, far);
    }
    desk.handle.route(conference(&[0, 1, 2]));
    desk.run(100);
    assert_eq!(parties[1].heard()[FRAME_SAMPLES..], words[FRAME_SAMPLES..]);
    assert!(parties[0].heard().iter().all(|&sample| sample == 0.0), "the speaking one hears exact silence");
}

#[test]
fn separate_calls_do_not_hear_each_other() {
    let mut desk = Desk::new();
    let parties = [FarEnd::saying_sine(440.0, 0.5), FarEnd::saying_sine(700.0, 0.5)];
    desk.attach(1, &parties[0]);
    desk.attach(2, &parties[1]);
    desk.handle.route(vec![call(1), LegRoute { leg: LegId(2), microphone: false, speaker: false, hears: vec![] }]);
    desk.run(20);
    assert!(parties.iter().all(|far| far.heard().iter().all(|&sample| sample == 0.0)));
    assert!(tone_dbfs(&desk.played()[4_800..], 700.0) < -120.0);
}

#[test]
fn a_leg_that_hears_itself_is_an_echo() {
    let mut desk = Desk::new();
    let words = speech(4, 1, 0.9);
    let far = FarEnd::saying(words.clone());
    desk.attach(1, &far);
    desk.handle.route(vec![LegRoute { leg: LegId(1), microphone: false, speaker: false, hears: vec![LegId(1)] }]);
    desk.run(100);
    assert_eq!(far.heard()[FRAME_SAMPLES..], words[FRAME_SAMPLES..]);
}

#[test]
fn attaching_muting_routing_and_detaching_do_not_click() {
    let mut desk = Desk::new();
    let parties = [FarEnd::saying_sine(300.0, 0.3), FarEnd::saying_sine(300.0, 0.3)];
    desk.say(&sine(300.0, 0.3, 400));
    desk.attach(1, &parties[0]);
    desk.handle.route(vec![call(1)]);
    desk.run(20);
    desk.handle.mute();
    desk.run(20);
    desk.handle.unmute();
    desk.attach(2, &parties[1]);
    desk.run(20);
    desk.handle.route(conference(&[1, 2]));
    desk.run(20);
    desk.handle.tone(Some(ToneSpec::Sine { hz: 300.0, dbfs: -10.0 }));
    desk.run(7);
    desk.handle.tone(None);
    desk.run(20);
    desk.handle.detach(LegId(2));
    desk.handle.route(vec![call(1)]);
    desk.run(20);
    desk.handle.microphone(None);
    desk.run(20);
    // Three sines of 300 Hz bend by 0.0014 per sample squared at most, a fade adds little. A hard cut bends by 0.3.
    for heard in [parties[0].heard(), parties[1].heard(), desk.played()] {
        let bend = roughest(&heard);
        assert!(bend < 0.003, "{bend}");
    }
}

#[test]
fn mute_is_exact_silence_and_the_tone_for_the_user_stays_with_the_user() {
    let mut desk = Desk::new();
    let far = FarEnd::default();
    desk.attach(1, &far);
    desk.handle.route(vec![call(1)]);
    desk.say(&speech(5, 1, 0.9));
    desk.handle.mute();
    desk.handle.tone(Some(ToneSpec::Sine { hz: 425.0, dbfs: -20.0 }));
    desk.run(50);
    assert!(far.heard()[FRAME_SAMPLES..].iter().all(|&sample| sample == 0.0));
    assert!((tone_dbfs(&desk.played()[4_800..], 425.0) + 20.0).abs() < 0.1);
}

#[test]
fn many_loud_legs_stay_inside_full_scale() {
    let mut desk = Desk::new();
    let legs: Vec<u64> = (0..20).collect();
    for &id in &legs {
        desk.attach(id, &FarEnd::saying(speech(id + 1, 1, 0.9)));
    }
    desk.handle.route(conference(&legs));
    desk.run(100);
    let played = desk.played();
    assert!(played.iter().all(|sample| sample.abs() <= 1.0));
    assert!(rms_dbfs(&played) > -20.0);
}

#[test]
fn a_recording_has_what_was_said_to_the_left_and_what_was_heard_to_the_right() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("call.wav");
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(700.0, 0.25);
    desk.attach(1, &far);
    desk.handle.route(vec![call(1)]);
    let recording = CallRecording::begin(&path, model::RecordForm::Wav).expect("the folder is writable");
    desk.handle.record(LegId(1), Some(recording.clone()));
    let sine = |at: usize| ((at as f64 * 440.0 / 48_000.0 * std::f64::consts::TAU).sin() * 0.25) as f32;
    desk.say(&(0..48_000).map(sine).collect::<Vec<f32>>());
    desk.run(100);
    desk.handle.record(LegId(1), None);
    desk.run(1);
    recording.finish();
    assert!(recording.trouble().is_none());
    let mut reader = hound::WavReader::open(&path).expect("a WAV file");
    assert_eq!((reader.spec().channels, reader.duration()), (2, 48_000));
    let samples: Vec<f32> = reader.samples::<i16>().map(|sample| f32::from(sample.expect("whole")) / 32_767.0).collect();
    let side = |at: usize| samples.iter().skip(24_000).skip(at).step_by(2).copied().collect::<Vec<f32>>();
    let (left, right) = (side(0), side(1));
    assert!((tone_dbfs(&left, 440.0) + 12.0).abs() < 1.0 && tone_dbfs(&left, 700.0) < -60.0);
    assert!((tone_dbfs(&right, 700.0) + 12.0).abs() < 1.0 && tone_dbfs(&right, 440.0) < -60.0);
    assert!(CallRecording::begin(&path, model::RecordForm::Wav).is_err(), "a file that is there is not written over");
}
