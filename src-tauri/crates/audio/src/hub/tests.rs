use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use model::Cleanup;

use super::*;
use crate::{
    Capture, Flow, MemoryHost, SoundHost, StreamState, ToneSpec,
    testing::{Random, rms_dbfs, roughest, speech, tone_dbfs},
};

/// The far end of a call as a test sees it: says what it was given, keeps what it hears.
#[derive(Clone, Default)]
struct FarEnd {
    says: Arc<Mutex<Vec<f32>>>,
    heard: Arc<Mutex<Vec<f32>>>,
    alive: Arc<()>,
}

impl FarEnd {
    fn saying(samples: Vec<f32>) -> Self {
        let far = Self::default();
        *far.says.lock().expect("not poisoned") = samples;
        far
    }

    fn saying_sine(hz: f64, amplitude: f64) -> Self {
        let sample = |at: usize| ((at as f64 * hz / 48_000.0 * std::f64::consts::TAU).sin() * amplitude) as f32;
        Self::saying((0..48_000 * 4).map(sample).collect())
    }

    fn heard(&self) -> Vec<f32> {
        std::mem::take(&mut *self.heard.lock().expect("not poisoned"))
    }
}

impl Leg for FarEnd {
    fn pull(&mut self, frame: &mut Frame) {
        let mut says = self.says.lock().expect("not poisoned");
        let count = says.len().min(FRAME_SAMPLES);
        frame.fill(0.0);
        for (to, from) in frame.iter_mut().zip(says.drain(..count)) {
            *to = from;
        }
    }

    fn push(&mut self, frame: &Frame) {
        self.heard.lock().expect("not poisoned").extend(frame);
    }
}

/// A hub with a microphone and a speaker in memory.
struct Desk {
    hub: Hub,
    handle: HubHandle,
    host: MemoryHost,
}

impl Desk {
    fn new() -> Self {
        let (hub, handle) = Hub::new();
        let host = MemoryHost::desk();
        handle.microphone(Some(host.open_microphone(None).expect("there is one")));
        handle.speaker(Some(host.open_speaker(None).expect("there is one")));
        Self { hub, handle, host }
    }

    fn attach(&self, id: u64, far: &FarEnd) {
        self.handle.attach(LegId(id), Box::new(far.clone()));
    }

    fn run(&mut self, ticks: usize) {
        (0..ticks).for_each(|_| self.hub.tick());
    }

    fn say(&self, samples: &[f32]) {
        self.host.say("memory:mic", samples);
    }

    fn played(&self) -> Vec<f32> {
        self.host.take_played("memory:spk")
    }
}

/// An ordinary call.
fn call(leg: u64) -> LegRoute {
    LegRoute { leg: LegId(leg), microphone: true, speaker: true, hears: Vec::new() }
}

/// A conference of the microphone, the speaker and `legs`.
fn conference(legs: &[u64]) -> Vec<LegRoute> {
    let others = |leg: u64| legs.iter().copied().filter(|&other| other != leg).map(LegId).collect();
    legs.iter().map(|&leg| LegRoute { hears: others(leg), ..call(leg) }).collect()
}

fn sine(hz: f64, amplitude: f64, ticks: usize) -> Vec<f32> {
    (0..ticks * FRAME_SAMPLES).map(|at| ((at as f64 * hz / 48_000.0 * std::f64::consts::TAU).sin() * amplitude) as f32).collect()
}

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
fn a_tone_into_a_leg_is_heard_by_its_far_end_only_and_ends_by_itself() {
    let mut desk = Desk::new();
    let parties = [FarEnd::default(), FarEnd::default()];
    desk.attach(1, &parties[0]);
    desk.attach(2, &parties[1]);
    desk.handle.route(conference(&[1, 2]));
    let digits = model::DtmfDigit::parse_all("1").expect("a digit");
    let span = std::time::Duration::from_millis(100);
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Digits { digits, tone: span, gap: span }));
    assert!(desk.handle.levels(LegId(1)).expect("attached").playing, "from the moment it is asked for");
    desk.run(19);
    assert!(desk.handle.levels(LegId(1)).expect("attached").playing);
    desk.run(1);
    assert!(!desk.handle.levels(LegId(1)).expect("attached").playing);
    assert!(tone_dbfs(&parties[0].heard()[480..4_320], 697.0) > -9.0);
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Music));
    desk.run(5);
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Music));
    desk.handle.leg_tone(LegId(1), Some(ToneSpec::Music));
    desk.run(5);
    assert!(desk.handle.levels(LegId(1)).expect("attached").playing);
    desk.handle.leg_tone(LegId(1), None);
    desk.run(1);
    assert!(!desk.handle.levels(LegId(1)).expect("attached").playing);
    assert!(parties[1].heard().iter().chain(&desk.played()).all(|&sample| sample == 0.0));
}

#[test]
fn a_leg_that_says_nonsense_harms_nobody() {
    struct Broken;
    impl Leg for Broken {
        fn pull(&mut self, frame: &mut Frame) {
            frame.fill(1e30);
            frame[0] = f32::NAN;
            frame[1] = f32::INFINITY;
        }
        fn push(&mut self, _: &Frame) {}
    }
    struct Deafening;
    impl Leg for Deafening {
        fn pull(&mut self, frame: &mut Frame) {
            frame.fill(f32::MAX);
        }
        fn push(&mut self, _: &Frame) {}
    }
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(440.0, 0.1);
    desk.handle.attach(LegId(1), Box::new(Broken));
    desk.handle.attach(LegId(2), Box::new(Deafening));
    desk.handle.attach(LegId(4), Box::new(Deafening));
    desk.attach(3, &far);
    desk.handle.route(conference(&[1, 2, 3, 4]));
    desk.run(20);
    desk.handle.detach(LegId(2));
    desk.handle.detach(LegId(4));
    desk.run(200);
    assert!(far.heard().iter().chain(&desk.played()).all(|sample| sample.abs() <= 1.0));
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
fn routes_may_come_before_their_legs_and_name_legs_that_never_come() {
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(440.0, 0.5);
    desk.handle.route(vec![LegRoute { hears: vec![LegId(7), LegId(9), LegId(9)], ..call(7) }, call(8)]);
    desk.run(3);
    desk.attach(7, &far);
    desk.run(20);
    assert!(tone_dbfs(&far.heard()[4_800..], 440.0) > -7.0);
}

#[test]
fn a_detached_or_replaced_leg_is_dropped_and_heard_no_more() {
    let mut desk = Desk::new();
    let (first, second) = (FarEnd::saying_sine(440.0, 0.5), FarEnd::saying_sine(700.0, 0.5));
    desk.attach(1, &first);
    desk.handle.route(vec![call(1)]);
    desk.run(10);
    desk.attach(1, &second);
    desk.run(20);
    assert_eq!(Arc::strong_count(&first.alive), 1);
    desk.played();
    desk.run(20);
    let played = desk.played();
    assert!(tone_dbfs(&played, 440.0) < -100.0 && tone_dbfs(&played, 700.0) > -7.0);
    desk.handle.detach(LegId(1));
    desk.run(2);
    assert_eq!(Arc::strong_count(&second.alive), 1);
    assert!(desk.handle.levels(LegId(1)).is_none());
}

#[test]
fn figures_tell_levels_silence_and_lost_devices() {
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(440.0, 0.1);
    desk.attach(1, &far);
    desk.handle.route(vec![call(1)]);
    desk.say(&sine(440.0, 0.5, 30));
    desk.run(25);
    let levels = desk.handle.levels(LegId(1)).expect("attached");
    assert!((levels.heard_dbfs + 23.0).abs() < 0.2 && (levels.sent_dbfs + 9.0).abs() < 0.2, "{levels:?}");
    let microphone = desk.handle.microphone_levels();
    assert!((microphone.dbfs + 9.0).abs() < 0.2 && !microphone.only_zeros && microphone.stream == StreamState::Running);
    assert!((desk.handle.speaker_dbfs() + 23.0).abs() < 0.2, "{}", desk.handle.speaker_dbfs());
    desk.run(110);
    assert!(desk.handle.microphone_levels().only_zeros);
    desk.host.unplug("memory:mic");
    desk.host.unplug("memory:spk");
    desk.run(1);
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Gone);
    assert_eq!(desk.handle.speaker_state(), StreamState::Gone);
    desk.host.plug("memory:mic", crate::DeviceRole::Microphone);
    desk.handle.microphone(Some(desk.host.open_microphone(None).expect("it is back")));
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Running, "the old one's end is not the new one's");
    desk.run(1);
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Running);
    desk.handle.microphone(None);
    desk.run(1);
    assert_eq!(desk.handle.microphone_levels().stream, StreamState::Closed);
    assert_eq!(desk.host.open_streams("memory:mic") + desk.host.open_streams("memory:spk"), 0);
}

#[test]
fn the_hub_is_idle_until_there_is_something_to_do() {
    let (mut hub, handle) = Hub::new();
    hub.tick();
    assert!(hub.is_idle());
    handle.key_tone(model::DtmfDigit::try_from('5').expect("a digit"));
    assert!(!hub.is_idle(), "a command waits");
    (0..11).for_each(|_| hub.tick());
    assert!(hub.is_idle(), "the tone is over");
    handle.attach(LegId(1), Box::new(FarEnd::default()));
    hub.tick();
    assert!(!hub.is_idle());
    handle.detach(LegId(1));
    hub.tick();
    assert!(hub.is_idle());
}

#[test]
fn the_microphone_is_cleaned_only_while_a_leg_hears_it_and_somebody_wants_it() {
    // Seen from outside: the high-pass of the clean-up takes 20 Hz away.
    struct Hum(usize);
    impl Capture for Hum {
        fn read(&mut self, frame: &mut Frame) -> Flow {
            for sample in frame.iter_mut() {
                *sample = (self.0 as f32 * 20.0 / 48_000.0 * std::f32::consts::TAU).sin() * 0.5;
                self.0 = (self.0 + 1) % 2_400;
            }
            Flow::Ok
        }
    }
    let (mut hub, handle) = Hub::new();
    let far = FarEnd::default();
    handle.microphone(Some(Box::new(Hum(0))));
    handle.attach(LegId(1), Box::new(far.clone()));
    handle.route(vec![call(1)]);
    (0..100).for_each(|_| hub.tick());
    let raw = rms_dbfs(&far.heard()[24_000..]);
    handle.cleanup(Cleanup { noise: true, ..Cleanup::OFF });
    (0..100).for_each(|_| hub.tick());
    let cleaned = rms_dbfs(&far.heard()[24_000..]);
    handle.cleanup(Cleanup::OFF);
    (0..100).for_each(|_| hub.tick());
    let raw_again = rms_dbfs(&far.heard()[24_000..]);
    assert!(cleaned < raw - 10.0, "{raw:.1} {cleaned:.1}");
    assert!((raw_again - raw).abs() < 0.01);
}

#[test]
fn the_far_end_does_not_hear_itself_through_the_room() {
    /// A loudspeaker in front of a microphone: what is played comes back 30 ms later, half as loud.
    #[derive(Clone)]
    struct Room(Arc<Mutex<VecDeque<Frame>>>);
    impl crate::Playback for Room {
        fn write(&mut self, frame: &Frame) -> Flow {
            self.0.lock().expect("not poisoned").push_back(*frame);
            Flow::Ok
        }
        fn delay(&self) -> Option<std::time::Duration> {
            None
        }
    }
    impl Capture for Room {
        fn read(&mut self, frame: &mut Frame) -> Flow {
            *frame = self.0.lock().expect("not poisoned").pop_front().unwrap_or([0.0; FRAME_SAMPLES]).map(|sample| sample * 0.5);
            Flow::Ok
        }
    }
    let room = Room(Arc::new(Mutex::new(VecDeque::from([[0.0; FRAME_SAMPLES]; 2]))));
    let (mut hub, handle) = Hub::new();
    let far = FarEnd::saying(speech(8, 8, 0.5));
    handle.microphone(Some(Box::new(room.clone())));
    handle.speaker(Some(Box::new(room)));
    handle.cleanup(Cleanup { echo: true, ..Cleanup::OFF });
    handle.attach(LegId(1), Box::new(far.clone()));
    handle.route(vec![call(1)]);
    (0..700).for_each(|_| hub.tick());
    let heard = far.heard();
    assert!(rms_dbfs(&heard[2 * 48_000..]) < -60.0, "{:.1} dBFS", rms_dbfs(&heard[2 * 48_000..]));
}

#[test]
fn any_order_of_commands_leaves_the_hub_sound() {
    struct Counted(Arc<AtomicUsize>);
    impl Leg for Counted {
        fn pull(&mut self, frame: &mut Frame) {
            frame.fill(0.25);
        }
        fn push(&mut self, frame: &Frame) {
            assert!(frame.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let mut random = Random::new(77);
    let mut pick = |below: u64| ((random.next() + 1.0) * 0.5 * below as f32) as u64 % below;
    let mut desk = Desk::new();
    for _ in 0..3_000 {
        match pick(8) {
            0 | 1 => {
                alive.fetch_add(1, Ordering::Relaxed);
                desk.handle.attach(LegId(pick(12)), Box::new(Counted(Arc::clone(&alive))));
            }
            2 => desk.handle.detach(LegId(pick(12))),
            3 => {
                let legs: Vec<u64> = (0..pick(13)).map(|_| pick(14)).collect();
                desk.handle.route(conference(&legs));
            }
            4 => desk.handle.leg_tone(LegId(pick(12)), Some(ToneSpec::Music)),
            5 => desk.handle.tone(Some(ToneSpec::AutoAnswer)),
            _ => desk.run(pick(4) as usize),
        }
    }
    (0..12).for_each(|id| desk.handle.detach(LegId(id)));
    desk.run(2);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// A leg with a mistake in it.
struct Broken;

impl Leg for Broken {
    fn pull(&mut self, _: &mut Frame) {
        panic!("a fault of the test");
    }

    fn push(&mut self, _: &Frame) {}
}

#[test]
fn a_leg_that_panics_is_let_go_and_the_others_sound_on() {
    let mut desk = Desk::new();
    let far = FarEnd::saying_sine(700.0, 0.25);
    desk.attach(1, &far);
    desk.handle.attach(LegId(2), Box::new(Broken));
    desk.handle.route(conference(&[1, 2]));
    desk.run(50);
    desk.played();
    desk.run(50);
    assert!(tone_dbfs(&desk.played(), 700.0) > -13.0);
    assert_eq!(desk.hub.parties.len(), 1);
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
