//! Sound devices of calls at a XiVO: choosing others, and having none.

use audio::DeviceRole;
use model::Event;
use tests::{Scenario, ms, seconds, tone, tone_dbfs};

use super::end;

#[test]
fn f08_the_far_end_is_heard_on_the_chosen_speaker_and_on_another_during_a_call() {
    let t = Scenario::new().with_settings(|settings| settings.devices.speakers = vec!["memory:headset".into()]).with_xivo();
    let talk = t.call("alice", "bob");
    t.bob().speak(&tone(700.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    t.alice().take_heard();
    t.run_for(ms(500));
    assert!(tone_dbfs(&t.alice().take_heard(), 700.0) > -16.0, "while the chosen one is missing, the one there is");
    t.run_for(seconds(1));
    t.alice().sound.plug("memory:headset", DeviceRole::Speaker);
    t.run_for(seconds(3));
    t.bob().speak(&tone(700.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    t.alice().sound.take_played("memory:headset");
    t.run_for(ms(500));
    assert!(tone_dbfs(&t.alice().sound.take_played("memory:headset"), 700.0) > -16.0);
    assert_eq!(t.alice().sound.open_streams("memory:spk"), 0);
    end(&t, &[talk.caller]);
}

#[test]
fn f31_a_call_without_a_microphone_is_told_in_words_and_heard_all_the_same() {
    let t = Scenario::new().with_xivo();
    t.alice().sound.unplug("memory:mic");
    let talk = t.call("bob", "alice");
    t.run_until("it is told", seconds(3), |t| {
        t.alice().told(|event| matches!(event, Event::Failed { message, .. } if message.contains("no microphone"))) == 1
    });
    t.bob().speak(&tone(700.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    t.alice().take_heard();
    t.run_for(ms(500));
    assert!(tone_dbfs(&t.alice().take_heard(), 700.0) > -16.0, "she hears him");
    t.alice().sound.plug("memory:mic", DeviceRole::Microphone);
    t.run_for(seconds(3));
    t.alice().speak(&tone(440.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    t.bob().take_heard();
    t.run_for(ms(500));
    assert!(tone_dbfs(&t.bob().take_heard(), 440.0) > -16.0, "and is heard once there is one");
    end(&t, &[talk.called]);
}

#[test]
fn f31_a_call_with_neither_microphone_nor_speaker_is_told_in_words_and_heard_as_soon_as_there_is_one() {
    let t = Scenario::new().with_xivo();
    t.alice().sound.unplug("memory:mic");
    t.alice().sound.unplug("memory:spk");
    let talk = t.call("bob", "alice");
    let is_told = |t: &Scenario, words: &str| {
        t.alice().told(|event| matches!(event, Event::Failed { message, .. } if message.contains(words))) > 0
    };
    t.run_until("both are told", seconds(3), |t| is_told(t, "no microphone") && is_told(t, "no speaker"));
    t.run_for(seconds(2));
    assert!(t.alice().is_established(talk.called) && t.alice().is_registered(), "nothing else comes of it");
    t.alice().sound.plug("memory:spk", DeviceRole::Speaker);
    t.alice().sound.plug("memory:mic", DeviceRole::Microphone);
    t.run_for(seconds(3));
    t.bob().speak(&tone(700.0, -12.0, seconds(2)));
    t.alice().speak(&tone(440.0, -12.0, seconds(2)));
    t.run_for(seconds(1));
    t.alice().take_heard();
    t.bob().take_heard();
    t.run_for(ms(500));
    assert!(tone_dbfs(&t.alice().take_heard(), 700.0) > -16.0 && tone_dbfs(&t.bob().take_heard(), 440.0) > -16.0);
    end(&t, &[talk.called]);
}
