//! What is heard over a bad path, without devices, and with many calls at once.

use model::{CallId, CallState, CallView, Codec, Command, Event, Hold, NoticeCode};
use tests::{Path, Scenario, Seat, Talk, longest_gap, ms, rms_dbfs, seconds, tone, tone_dbfs};

/// What Bob hears of a tone of Alice's between the third second and the thirteenth.
fn heard_over(path: Path, seed: u64) -> Vec<f32> {
    let t = Scenario::seeded(seed).with_phones(["alice", "bob"]);
    t.air().path(path);
    t.call("alice", "bob");
    t.alice().speak(&tone(440.0, -12.0, seconds(14)));
    t.run_for(seconds(3));
    t.bob().take_heard();
    t.run_for(seconds(10));
    t.bob().take_heard()
}

#[test]
fn a_tone_survives_ten_percent_of_loss_and_packets_that_overtake_one_another() {
    for seed in 1..4 {
        let heard = heard_over(Path { delay: ms(20), jitter: ms(30), loss: 0.1, twice: 0.02 }, seed);
        assert!((tone_dbfs(&heard, 440.0) + 12.0).abs() < 2.0, "seed {seed}: {} dBFS", tone_dbfs(&heard, 440.0));
        assert!(longest_gap(&heard) <= ms(60), "seed {seed}: {:?}", longest_gap(&heard));
    }
}

#[test]
fn a_tone_over_a_good_path_has_no_hole_at_all() {
    let heard = heard_over(Path { delay: ms(10), ..Path::default() }, 1);
    assert!((tone_dbfs(&heard, 440.0) + 12.0).abs() < 0.5, "{} dBFS", tone_dbfs(&heard, 440.0));
    assert_eq!(longest_gap(&heard), ms(0));
}

fn device_notices(seat: &Seat) -> usize {
    seat.snapshot().notices.iter().filter(|notice| notice.code == NoticeCode::Device).count()
}

/// Whether each hears the other.
fn talk(t: &Scenario) -> (bool, bool) {
    t.alice().speak(&tone(440.0, -12.0, seconds(2)));
    t.bob().speak(&tone(700.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    t.alice().take_heard();
    t.bob().take_heard();
    t.run_for(ms(500));
    let heard = (tone_dbfs(&t.alice().take_heard(), 700.0) > -16.0, tone_dbfs(&t.bob().take_heard(), 440.0) > -16.0);
    t.run_for(ms(600));
    heard
}

#[test]
fn devices_pulled_out_of_a_call_are_told_and_used_again_when_they_are_back() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let call = t.call("alice", "bob");
    assert_eq!(talk(&t), (true, true));
    t.alice().unplug();
    t.run_until("it is told", seconds(2), |t| device_notices(t.alice()) >= 2);
    t.run_for(seconds(10));
    assert!(t.alice().is_established(call.caller) && t.bob().is_established(call.called));
    t.alice().plug();
    t.run_for(seconds(3));
    assert_eq!(device_notices(t.alice()), 0, "nothing is wrong any more");
    assert_eq!(talk(&t), (true, true));
}

#[test]
fn a_machine_without_sound_calls_says_so_and_hears_once_there_is_some() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    t.alice().unplug();
    t.call("bob", "alice");
    t.run_until("it is told", seconds(3), |t| {
        t.alice().told(|event| matches!(event, Event::Failed { message, .. } if message.contains("no microphone"))) == 1
    });
    t.bob().take_heard();
    t.run_for(seconds(1));
    assert!(rms_dbfs(&t.bob().take_heard()) < -80.0);
    t.alice().plug();
    t.run_for(seconds(3));
    assert_eq!(talk(&t), (true, true));
}

#[test]
fn a_better_device_is_used_as_soon_as_it_is_plugged_in() {
    let t = Scenario::new()
        .with_settings(|settings| settings.devices.speakers = vec!["memory:headset".into()])
        .with_phones(["alice", "bob"]);
    t.call("alice", "bob");
    assert_eq!(t.alice().sound.open_streams("memory:spk"), 1);
    t.alice().sound.plug("memory:headset", audio::DeviceRole::Speaker);
    t.run_for(seconds(3));
    assert_eq!(t.alice().sound.open_streams("memory:headset"), 1);
    assert_eq!(t.alice().sound.open_streams("memory:spk"), 0);
    t.alice().sound.unplug("memory:headset");
    t.run_for(seconds(3));
    assert_eq!(t.alice().sound.open_streams("memory:spk"), 1);
}

#[test]
fn who_talks_is_told_which_device_has_the_place_of_one_that_is_gone_until_it_is_back() {
    let t = Scenario::new()
        .with_settings(|settings| settings.devices.speakers = vec!["memory:headset".into()])
        .with_phones(["alice", "bob"]);
    t.alice().sound.plug("memory:headset", audio::DeviceRole::Speaker);
    let told = || -> Vec<String> {
        let snapshot = t.alice().snapshot();
        let devices = snapshot.notices.iter().filter(|notice| notice.code == NoticeCode::Device);
        devices.map(|notice| notice.trouble.to_string()).collect()
    };
    t.call("alice", "bob");
    assert_eq!(told(), [""; 0]);
    t.alice().sound.unplug("memory:headset");
    t.run_for(seconds(3));
    assert_eq!(told(), ["the speaker is gone; spk is used instead"]);
    t.alice().sound.plug("memory:headset", audio::DeviceRole::Speaker);
    t.run_for(seconds(3));
    assert_eq!(told(), [""; 0], "it is used again");
}

#[test]
fn fifty_calls_at_once_all_carry_audio_and_all_end() {
    let many = |settings: &mut model::Settings| {
        settings.calls.limit = 60;
        settings.calls.codecs = vec![Codec::Pcmu];
    };
    let t = Scenario::new().with_settings(many).with_phones(["alice", "bob"]);
    let talks: Vec<Talk> = (0..50).map(|_| t.call("alice", "bob")).collect();
    let calls: Vec<CallId> = talks.iter().map(|talk| talk.caller).collect();
    t.alice().send(Command::Merge { calls: calls.clone() });
    t.bob().send(Command::Merge { calls: talks.iter().map(|talk| talk.called).collect() });
    let is_free = |call: &CallView| call.state == CallState::Established { hold: Hold::default() };
    t.run_until("nobody is held", seconds(10), |t| t.alice().snapshot().calls.iter().all(is_free));
    t.run_for(seconds(2));
    for seat in [t.alice(), t.bob()] {
        let snapshot = seat.snapshot();
        assert_eq!(snapshot.calls.len(), 50);
        for call in &snapshot.calls {
            let media = call.media.as_ref().expect("figures come each second");
            assert!(media.packets_received >= 50 && media.loss_in == 0.0, "{}: {media:?}", seat.name);
        }
    }
    for call in calls {
        t.alice().hang_up(call);
    }
    t.run_until("all are over", seconds(2), |t| t.alice().live_calls() + t.bob().live_calls() == 0);
}
