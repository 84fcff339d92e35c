//! Levels, trials of the sound devices, and how it rings.

use audio::{DeviceRole, RingPattern, RingSound};
use model::{Command, DeviceTrial, Levels, Ringtone, TrialStage};
use tests::{Scenario, Seat, ms, seconds, tone, tone_dbfs};

/// How far the trial is; none when there is none.
fn stage(seat: &Seat) -> Option<TrialStage> {
    seat.snapshot().trial.as_ref().map(|trial| trial.stage.clone())
}

fn is_over(seat: &Seat) -> bool {
    matches!(stage(seat), Some(TrialStage::Over { .. }))
}

/// What the trial that is over says to be wrong.
fn trouble(seat: &Seat) -> Option<String> {
    match stage(seat) {
        Some(TrialStage::Over { trouble }) => trouble.map(|trouble| trouble.to_string()),
        other => panic!("the trial is not over: {other:?}"),
    }
}

#[test]
fn levels_follow_what_is_said_and_heard() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    assert_eq!(t.alice().phone.levels().calls, []);
    let call = t.call("alice", "bob").caller;
    t.alice().speak(&tone(440.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    let Levels { microphone_dbfs, calls, .. } = t.alice().phone.levels();
    let [of_call] = calls[..] else { panic!("one call: {calls:?}") };
    // A sine of -12 dBFS at its peaks has 3 dB less in the mean.
    assert!((microphone_dbfs + 15.0).abs() < 1.0 && (of_call.out_dbfs + 15.0).abs() < 1.0, "{microphone_dbfs} {of_call:?}");
    assert_eq!(of_call.call, call);
    let of_bob = t.bob().phone.levels();
    assert!((of_bob.calls[0].in_dbfs + 15.0).abs() < 2.0 && (of_bob.speaker_dbfs + 15.0).abs() < 2.0, "{of_bob:?}");
    t.alice().hang_up(call);
    t.run_for(seconds(8));
    assert_eq!(t.alice().phone.levels().calls, []);
}

#[test]
fn who_looks_at_the_levels_opens_the_devices_and_nobody_else_does() {
    let t = Scenario::new().with_phones(["alice"]);
    t.run_for(seconds(1));
    assert_eq!(t.alice().sound.open_streams("memory:mic"), 0);
    let open = t.alice().phone.open_devices().expect("the phone runs");
    t.run_for(seconds(1));
    assert_eq!(t.alice().sound.open_streams("memory:mic"), 1);
    t.alice().speak(&tone(440.0, -12.0, seconds(1)));
    t.run_for(ms(500));
    assert!((t.alice().phone.levels().microphone_dbfs + 15.0).abs() < 1.0);
    drop(open);
    t.run_for(seconds(5));
    assert_eq!(t.alice().sound.open_streams("memory:mic"), 0);
}

#[test]
fn a_microphone_is_tried_by_hearing_what_it_heard() {
    let t = Scenario::new().with_phones(["alice"]);
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Microphone });
    t.run_until("it records", seconds(1), |t| stage(t.alice()) == Some(TrialStage::Recording));
    t.alice().speak(&tone(440.0, -12.0, seconds(2)));
    t.run_until("it plays", seconds(4), |t| stage(t.alice()) == Some(TrialStage::Playing));
    assert!(tone_dbfs(&t.alice().take_heard(), 440.0) < -80.0, "nothing is heard while it records");
    t.run_for(ms(1_500));
    assert!((tone_dbfs(&t.alice().take_heard()[24_000..48_000], 440.0) + 12.0).abs() < 0.5);
    t.run_until("it is over", seconds(3), |t| is_over(t.alice()));
    assert_eq!(trouble(t.alice()), None);
    t.alice().send(Command::StopTrial);
    t.run_for(seconds(5));
    assert_eq!(stage(t.alice()), None);
    assert_eq!(t.alice().sound.open_streams("memory:mic"), 0);
}

#[test]
fn a_microphone_that_gives_nothing_is_told_in_words() {
    let t = Scenario::new().with_phones(["alice"]);
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Microphone });
    t.run_until("it is over", seconds(8), |t| is_over(t.alice()));
    let words = trouble(t.alice()).expect("it heard nothing");
    assert!(words.contains("nothing but silence"), "{words}");
    t.alice().send(Command::StopTrial);
    // Until the device is closed, which may be used again soon.
    t.run_for(seconds(5));
    t.alice().sound.unplug("memory:mic");
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Microphone });
    t.run_until("it is over", seconds(3), |t| is_over(t.alice()));
    let words = trouble(t.alice()).expect("there is none");
    assert!(words.contains("no microphone"), "{words}");
    t.alice().sound.plug("memory:mic", DeviceRole::Microphone);
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Microphone });
    t.run_until("it records once it is there", seconds(2), |t| stage(t.alice()) == Some(TrialStage::Recording));
}

#[test]
fn speaker_and_ringer_are_tried_by_their_sound() {
    let t = Scenario::new().with_phones(["alice"]);
    t.alice().sound.plug("memory:bell", DeviceRole::Speaker);
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Speaker });
    t.run_for(seconds(2));
    assert!(t.alice().take_heard().iter().any(|sample| sample.abs() > 0.05));
    t.run_until("it is over", seconds(3), |t| is_over(t.alice()));
    assert_eq!(trouble(t.alice()), None);
    let ringtone = Some(Ringtone::Marimba);
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Ringer { ringtone } });
    t.run_for(seconds(1));
    let rings: Vec<RingSound> = t.alice().sound.rings().into_iter().map(|(_, tone)| tone.sound).collect();
    assert_eq!(rings, [RingSound::Pattern(RingPattern::Marimba)]);
    t.alice().send(Command::StopTrial);
    t.run_for(ms(100));
    assert_eq!(t.alice().sound.rings(), []);
}

#[test]
fn a_call_takes_the_devices_from_a_trial_and_none_begins_in_a_call() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Speaker });
    t.run_for(ms(500));
    assert_eq!(stage(t.alice()), Some(TrialStage::Playing));
    t.call("bob", "alice");
    t.run_for(seconds(1));
    assert_eq!(stage(t.alice()), None);
    t.alice().take_heard();
    t.bob().speak(&tone(700.0, -12.0, seconds(1)));
    t.run_for(ms(800));
    assert!((tone_dbfs(&t.alice().take_heard()[19_200..], 700.0) + 12.0).abs() < 2.0);
    t.alice().send(Command::StartTrial { trial: DeviceTrial::Microphone });
    t.run_for(ms(100));
    let words = trouble(t.alice()).expect("it is refused");
    assert!(words.contains("a call has the sound devices"), "{words}");
}

#[test]
fn it_rings_as_the_settings_say() {
    let t = Scenario::new().with_settings(|settings| settings.calls.ringtone = Ringtone::Digital).with_phones(["alice", "bob"]);
    t.ring("bob", "alice");
    t.run_for(ms(200));
    let rings: Vec<RingSound> = t.alice().sound.rings().into_iter().map(|(_, tone)| tone.sound).collect();
    assert_eq!(rings, [RingSound::Pattern(RingPattern::Digital)]);
}
