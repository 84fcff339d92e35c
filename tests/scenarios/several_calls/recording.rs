//! Calls that are taken down.

use std::{fs, path::PathBuf};

use model::{CallId, Command, Event, NoticeCode, RecordForm, RecordPolicy, RecordingFault, Settings, Trouble};
use tests::{Scenario, ms, seconds, tone, tone_dbfs};

use super::kit::merge;

/// The recordings of a phone, oldest first.
fn files(t: &Scenario, name: &str) -> Vec<PathBuf> {
    let folder = t.folder(name).join("recordings");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    files
}

/// Both channels of a file, from its second second on: left and right.
fn channels(path: &PathBuf) -> (Vec<f32>, Vec<f32>) {
    let mut reader = hound::WavReader::open(path).expect("a WAV file that is whole");
    assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 48_000));
    let samples: Vec<f32> = reader.samples::<i16>().map(|sample| f32::from(sample.expect("whole")) / 32_767.0).collect();
    let side = |at: usize| samples.iter().skip(96_000 + at).step_by(2).copied().collect();
    (side(0), side(1))
}

fn is_recording(t: &Scenario, call: CallId) -> bool {
    t.alice().view(call).is_some_and(|call| call.recording)
}

#[test]
fn a_recording_has_us_to_the_left_and_them_to_the_right_and_is_shown() {
    let t = Scenario::new().with_folders().with_phones(["alice", "bob"]);
    let call = t.call("alice", "bob").caller;
    t.run_for(seconds(1));
    assert!(!is_recording(&t, call) && files(&t, "alice").is_empty(), "nothing is recorded by default");
    t.alice().send(Command::Record { call, on: true });
    t.run_until("it is recorded", seconds(1), |t| is_recording(t, call));
    t.alice().speak(&tone(440.0, -12.0, seconds(3)));
    t.bob().speak(&tone(700.0, -12.0, seconds(3)));
    t.run_for(seconds(3));
    t.alice().send(Command::Record { call, on: false });
    t.run_until("it is complete", seconds(1), |t| !is_recording(t, call));
    let [file] = &files(&t, "alice")[..] else { panic!("one file") };
    let (left, right) = channels(file);
    assert!((tone_dbfs(&left, 440.0) + 12.0).abs() < 1.5 && tone_dbfs(&left, 700.0) < -50.0);
    assert!((tone_dbfs(&right, 700.0) + 12.0).abs() < 1.5 && tone_dbfs(&right, 440.0) < -50.0);
    let told = |on| t.alice().told(|event| matches!(event, Event::Recording { on: told, message: None, .. } if *told == on));
    assert_eq!((told(true), told(false)), (1, 1));
}

#[test]
fn where_the_policy_says_so_every_call_is_recorded_from_its_answer_to_its_end() {
    let always = |settings: &mut Settings| settings.calls.record = RecordPolicy::Always;
    let t = Scenario::new().with_folders().with_settings(always).with_phones(["alice", "bob"]);
    let talk = t.call("alice", "bob");
    t.run_until("it is recorded", seconds(1), |t| is_recording(t, talk.caller));
    t.run_for(seconds(2));
    t.alice().hang_up(talk.caller);
    t.cause("alice", talk.caller);
    t.run_for(ms(200));
    for name in ["alice", "bob"] {
        let [file] = &files(&t, name)[..] else { panic!("{name} has one file") };
        assert!(channels(file).0.len() > 40_000);
    }
}

#[test]
fn where_the_policy_forbids_it_nothing_is_recorded() {
    let never = |settings: &mut Settings| settings.calls.record = RecordPolicy::Off;
    let t = Scenario::new().with_folders().with_settings(never).with_phones(["alice", "bob"]);
    let call = t.call("alice", "bob").caller;
    t.alice().send(Command::Record { call, on: true });
    t.run_for(seconds(1));
    assert!(!is_recording(&t, call) && files(&t, "alice").is_empty());
    let notice = t.alice().snapshot().notices.last().cloned().expect("it is refused");
    assert_eq!((notice.code, notice.trouble), (NoticeCode::RecordingFailed, Trouble::RecordingOff));
}

#[test]
fn a_folder_that_cannot_be_written_ends_the_recording_and_not_the_call() {
    let nowhere = |settings: &mut Settings| {
        // On no system is there a folder below a program.
        let program = std::env::current_exe().expect("this program is a file");
        settings.calls.recordings_folder = program.join("none").to_string_lossy().into_owned();
    };
    let t = Scenario::new().with_settings(nowhere).with_phones(["alice", "bob"]);
    let call = t.call("alice", "bob").caller;
    t.alice().send(Command::Record { call, on: true });
    t.run_until("it is told", seconds(1), |t| t.alice().told(|event| matches!(event, Event::Recording { on: false, .. })) == 1);
    let notice = t.alice().snapshot().notices.last().cloned().expect("it is told");
    assert_eq!(notice.code, NoticeCode::RecordingFailed);
    assert!(matches!(notice.trouble, Trouble::Recording { fault: RecordingFault::Folder { .. } }), "{}", notice.trouble);
    assert!(t.alice().is_established(call) && !is_recording(&t, call));
}

#[test]
fn a_far_end_that_shall_know_of_it_hears_a_beep() {
    let beeping = |settings: &mut Settings| settings.calls.beep_on_record = true;
    let t = Scenario::new().with_folders().with_settings(beeping).with_phones(["alice", "bob"]);
    let call = t.call("alice", "bob").caller;
    t.bob().take_heard();
    t.alice().send(Command::Record { call, on: true });
    t.run_for(ms(500));
    let heard = t.bob().take_heard();
    assert!(tone_dbfs(&heard[9_600..19_200], 1_400.0) > -30.0);
}

#[test]
fn of_a_conference_a_member_is_recorded_with_all_he_hears() {
    let t = Scenario::new().with_folders().with_phones(["alice", "bob", "carol"]);
    let (bob, carol) = (t.call("alice", "bob").caller, t.call("alice", "carol").caller);
    merge(t.alice(), &[bob, carol]);
    t.run_for(ms(500));
    t.alice().send(Command::Record { call: bob, on: true });
    t.run_until("it is recorded", seconds(1), |t| is_recording(t, bob));
    t.phone("carol").speak(&tone(700.0, -12.0, seconds(3)));
    t.run_for(seconds(3));
    t.alice().hang_up(bob);
    t.cause("alice", bob);
    t.run_for(ms(200));
    let [file] = &files(&t, "alice")[..] else { panic!("one file") };
    let (left, right) = channels(file);
    assert!(tone_dbfs(&left, 700.0) > -16.0 && tone_dbfs(&right, 700.0) < -50.0);
}

#[test]
fn a_recording_is_written_as_opus_where_that_is_wanted() {
    let small = |settings: &mut Settings| settings.calls.record_form = RecordForm::Opus;
    let t = Scenario::new().with_folders().with_settings(small).with_phones(["alice", "bob"]);
    let call = t.call("alice", "bob").caller;
    t.alice().send(Command::Record { call, on: true });
    t.run_until("it is recorded", seconds(1), |t| is_recording(t, call));
    t.alice().speak(&tone(440.0, -12.0, seconds(3)));
    t.run_for(seconds(3));
    t.alice().send(Command::Record { call, on: false });
    t.run_until("it is complete", seconds(1), |t| !is_recording(t, call));
    let [file] = &files(&t, "alice")[..] else { panic!("one file") };
    assert_eq!(file.extension().and_then(|kind| kind.to_str()), Some("opus"));
    let bytes = fs::read(file).expect("it can be read");
    assert!(bytes.starts_with(b"OggS") && bytes[28..].starts_with(b"OpusHead"));
    // Where the sound ends is in the head of the last page (RFC 3533 section 6).
    let last = bytes.windows(4).rposition(|word| word == b"OggS").expect("a page");
    let end = u64::from_le_bytes(bytes[last + 6..last + 14].try_into().expect("eight bytes"));
    assert!((140_000..160_000).contains(&end), "{end} samples of three seconds");
    assert!(bytes.len() < 40_000, "{} bytes", bytes.len());
}
