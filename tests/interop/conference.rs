//! Several calls of one phone at Asterisk: a conference hosted here, swapping, and hold music.

use std::{collections::BTreeSet, fs, path::PathBuf, thread, time::Duration};

use serde_json::Value;

use super::{
    lab::{self, Lab, Part},
    phone::Phone,
    voice::Sound,
};

/// Louder than this a tone is heard, below the other it is not: 601 and 604 send at about -15 dBFS.
const HEARD: f64 = -35.0;
const SILENT: f64 = -50.0;

/// The user whose calls these tests make; nobody else's recordings are named after it.
const HOST: &str = "1011";

fn merge(phone: &Phone) {
    let then = phone.now();
    phone.tell(&["merge"]);
    phone.wait_for(then, "a conference", |event| event["event"] == "conference" && event["held"] == false);
}

/// What Asterisk has recorded of our user so far, by the end of the name.
fn recordings(lab: &Lab, ending: &str) -> BTreeSet<PathBuf> {
    let Ok(entries) = fs::read_dir(lab.state().join("asterisk/rec")) else { return BTreeSet::new() };
    let ours = |name: &str| name.starts_with(&format!("{HOST}-")) && name.ends_with(ending);
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(ours)).collect()
}

/// The one recording that is new.
fn recorded(lab: &Lab, ending: &str, before: &BTreeSet<PathBuf>) -> Sound {
    let now = recordings(lab, ending);
    let [file] = now.difference(before).collect::<Vec<_>>()[..] else { panic!("one new recording {ending}: {now:?}") };
    Sound::read(file)
}

/// The middle of a recording: seconds one to three before its end, where the conference was.
fn late(sound: &Sound) -> &[f32] {
    sound.part(sound.length().saturating_sub(Duration::from_millis(2_500)), Duration::from_millis(1_500))
}

fn hang_up_everything(mut phone: Phone, calls: usize) {
    for _ in 0..calls {
        let then = phone.now();
        phone.tell(&["hangup"]);
        phone.wait_from(then, "ended");
    }
    let over = phone.stop();
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    let failed: Vec<&Value> = over.events.iter().filter(|event| event["event"] == "failed").collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn everybody_in_a_conference_hears_everybody_but_himself() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let takes = recordings(lab, ".wav16");
    let (receives, sends) = (recordings(lab, "-rx.wav16"), recordings(lab, "-tx.wav16"));
    let phone = lab.at_asterisk(HOST, &["run"]).silent().start().once_registered();
    // B is a tone, C speaks and is recorded both ways, D is recorded.
    let tone = phone.dial("601");
    let then = phone.now();
    let speech = phone.dial("607");
    phone.is_held(then, tone, true);
    let then = phone.now();
    let recorder = phone.dial("605");
    phone.is_held(then, speech, true);
    merge(&phone);
    phone.is_held(then, tone, false);
    thread::sleep(Duration::from_secs(5));
    assert!(phone.hears(440.0) > HEARD, "the host hears the tone: {} dBFS", phone.hears(440.0));
    phone.tell(&["conference", "end"]);
    for _ in [tone, speech, recorder] {
        phone.wait("ended");
    }
    thread::sleep(Duration::from_secs(1));
    // What reached C: B's tone, and nothing of its own speech.
    let said = recorded(lab, "-tx.wav16", &sends);
    let to_speech = recorded(lab, "-rx.wav16", &receives);
    let level_of_tone = |sound: &Sound| tests::tone_dbfs(late(sound), 440.0);
    assert!(level_of_tone(&to_speech) > HEARD, "the tone reaches who speaks: {} dBFS", level_of_tone(&to_speech));
    let echo = Sound(without(&to_speech.0, 440.0)).likeness(&said);
    assert!(echo.heard < 0.1, "who speaks hears himself: {echo}");
    // What reached D: the tone and the speech.
    let ours: BTreeSet<PathBuf> = recordings(lab, ".wav16").difference(&takes).cloned().collect();
    let plain = ours.iter().find(|path| !path.to_string_lossy().contains("x.wav16")).expect("a recording of 605");
    let to_recorder = Sound::read(plain);
    assert!(level_of_tone(&to_recorder) > HEARD, "the tone reaches who listens: {} dBFS", level_of_tone(&to_recorder));
    let spoken = late(&said);
    let speech = Sound(without(&to_recorder.0, 440.0)).likeness(&Sound(spoken.to_vec()));
    assert!(speech.heard > 0.6, "the speech reaches who listens: {speech}");
    hang_up_everything(phone, 0);
}

/// A sound without one tone: what is left when the best fit of it is taken out, 50 ms at a time.
fn without(samples: &[f32], hz: f64) -> Vec<f32> {
    let angle = |at: usize| std::f64::consts::TAU * hz * at as f64 / 48_000.0;
    samples
        .chunks_exact(2_400)
        .flat_map(|block| {
            let fit = |wave: fn(f64) -> f64| {
                2.0 * block.iter().enumerate().map(|(at, sample)| f64::from(*sample) * wave(angle(at))).sum::<f64>() / 2_400.0
            };
            let (sine, cosine) = (fit(f64::sin), fit(f64::cos));
            let left = move |(at, sample): (usize, &f32)| sample - (sine * angle(at).sin() + cosine * angle(at).cos()) as f32;
            block.iter().enumerate().map(left).collect::<Vec<f32>>()
        })
        .collect()
}

#[test]
fn two_tones_are_swapped_met_and_split() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let phone = lab.at_asterisk(HOST, &["run"]).silent().start().once_registered();
    let both = |phone: &Phone| {
        thread::sleep(Duration::from_secs(2));
        (phone.hears(440.0), phone.hears(1_004.0))
    };
    let low = phone.dial("601");
    let then = phone.now();
    let high = phone.dial("604");
    phone.is_held(then, low, true);
    let (at_440, at_1004) = both(&phone);
    assert!(at_440 < SILENT && at_1004 > HEARD, "after dialling: {at_440}, {at_1004} dBFS");
    let then = phone.now();
    phone.tell(&["swap"]);
    phone.is_held(then, high, true);
    phone.is_held(then, low, false);
    let (at_440, at_1004) = both(&phone);
    assert!(at_440 > HEARD && at_1004 < SILENT, "after swapping: {at_440}, {at_1004} dBFS");
    merge(&phone);
    let (at_440, at_1004) = both(&phone);
    assert!(at_440 > HEARD && at_1004 > HEARD, "in the conference: {at_440}, {at_1004} dBFS");
    let then = phone.now();
    phone.tell(&["split"]);
    phone.is_held(then, low, true);
    phone.is_held(then, high, true);
    let (at_440, at_1004) = both(&phone);
    assert!(at_440 < SILENT && at_1004 < SILENT, "after the split: {at_440}, {at_1004} dBFS");
    hang_up_everything(phone, 2);
}

#[test]
fn who_is_held_hears_the_music_of_the_exchange() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _user = lab::borrow("1002");
    let held = lab.at_asterisk("1002", &["run", "--auto-answer"]).silent().start().once_registered();
    let phone = lab.at_asterisk(HOST, &["run"]).silent().start().once_registered();
    let call = phone.dial("1002");
    held.wait("media-connected");
    thread::sleep(Duration::from_secs(1));
    let before = held.heard().length();
    let then = phone.now();
    phone.tell(&["hold"]);
    phone.is_held(then, call, true);
    thread::sleep(Duration::from_secs(3));
    let heard = held.heard();
    let music = heard.part(before + Duration::from_secs(1), Duration::from_secs(2));
    assert!(tests::rms_dbfs(music) > -45.0, "the music: {} dBFS", tests::rms_dbfs(music));
    hang_up_everything(phone, 1);
}
