//! What a far end does to a call in progress, and before it answers.

use std::{thread, time::Duration};

use super::{
    lab::{self, Part},
    phone::{Over, Phone, SOON},
};

/// Ringback here is made of these (GB) tones; a far end's own sound must not be mixed with it.
const OUR_RINGBACK_HZ: [f64; 2] = [400.0, 450.0];

fn call(number: &str, length: &str) -> Option<(Over, Phone)> {
    let lab = lab::with(&[Part::Asterisk])?;
    Some(lab.at_asterisk("1001", &["call", number]).humming().with(&["--for", length]).run(Duration::from_secs(40)))
}

#[test]
fn offers_in_a_call_change_the_codec_and_the_audio_goes_on() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    // Opus at first, PCMU alone after 3 s, an echo from then on.
    let mut phone = lab.at_asterisk("1001", &["call", "643"]).humming().with(&["--for", "7s"]).start();
    let over = phone.finish(SOON);
    over.was_a_good_call("local");
    assert_eq!(over.media()["codec"], "pcmu");
    let heard = phone.heard().time_of_sound();
    assert!(heard >= Duration::from_secs(2), "{heard:?} of the echo");
}

#[test]
fn offers_back_and_forth_leave_a_call_that_can_be_hung_up() {
    let Some((over, _phone)) = call("642", "8s") else { return };
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    assert_eq!(over.ended()["cause"]["by"], "local");
    // PCMU alone after 3 s, everything after 6 s.
    assert_eq!(over.media()["codec"], "opus", "{}", over.media());
    assert!(!over.names().contains(&"failed"));
}

#[test]
fn another_caller_name_in_mid_call_leaves_the_echo_as_it_was() {
    let Some((over, phone)) = call("644", "7s") else { return };
    over.was_a_good_call("local");
    assert!(phone.heard().time_of_sound() >= Duration::from_secs(2));
}

#[test]
fn a_transfer_by_the_far_end_is_followed() {
    // Asterisk asks for it after two seconds.
    let Some((over, phone)) = call("641", "6s") else { return };
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    over.came_in_order(&["dialing", "answered", "dialing", "answered", "ended", "ended"]);
    let heard = phone.heard().time_of_sound();
    assert!(heard >= Duration::from_secs(2), "{heard:?} of the echo");
}

#[test]
fn audio_before_the_answer_is_heard_without_our_ringback() {
    let Some((over, phone)) = call("650", "2s") else { return };
    over.came_in_order(&["dialing", "early-media", "answered", "ended"]);
    over.was_a_good_call("local");
    let early = phone.heard();
    let level = |hz: f64| tests::tone_dbfs(early.part(Duration::from_secs(1), Duration::from_secs(3)), hz);
    assert!(level(440.0) > -40.0 && level(480.0) > -40.0, "their tones: {} and {} dBFS", level(440.0), level(480.0));
    for hz in OUR_RINGBACK_HZ {
        assert!(level(hz) < level(440.0) - 20.0, "ringback at {hz} Hz: {} dBFS", level(hz));
    }
}

#[test]
fn an_announcement_before_a_refusal_is_heard_to_its_end() {
    let Some((over, phone)) = call("651", "2s") else { return };
    over.came_in_order(&["dialing", "early-media", "ended"]);
    assert_eq!((over.exit, &over.ended()["code"]), (Some(5), &480.into()));
    assert!(!over.names().contains(&"answered"));
    let heard = phone.heard().time_of_sound();
    assert!(heard >= Duration::from_secs(6), "{heard:?} of 12 s of speech with pauses");
}

#[test]
fn ringback_stops_where_the_far_end_begins_to_play() {
    let Some((over, phone)) = call("652", "1s") else { return };
    over.came_in_order(&["dialing", "ringing", "early-media", "answered", "ended"]);
    over.was_a_good_call("local");
    let at = |event: &str| over.events.iter().find(|value| value["event"] == event).and_then(|value| value["at_ms"].as_f64());
    let (ringing, early) = (at("ringing").expect("it rang"), at("early-media").expect("it played"));
    let ringback = Duration::from_secs_f64((early - ringing) / 1_000.0);
    assert!(ringback > Duration::from_millis(1_500), "{ringback:?}");
    let heard = phone.heard();
    let level = |from: Duration, hz: f64| tests::tone_dbfs(heard.part(from, Duration::from_secs(2)), hz);
    // The recording begins with the ringback.
    let after = ringback + Duration::from_millis(500);
    assert!(level(after, 440.0) > level(after, 400.0) + 20.0, "{} over {} dBFS", level(after, 440.0), level(after, 400.0));
    assert!(level(Duration::ZERO, 400.0) > -45.0, "our ringback: {} dBFS", level(Duration::ZERO, 400.0));
}

#[test]
fn holding_a_call_and_taking_it_back_brings_the_audio_back() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let mut phone = lab.at_asterisk("1001", &["run"]).humming().start().once_registered();
    phone.tell(&["dial", "601"]);
    phone.wait("media-connected");
    phone.tell(&["hold"]);
    phone.wait_for(0, "hold", |event| event["event"] == "hold" && event["hold"]["local"] == true);
    thread::sleep(Duration::from_secs(1));
    let held = phone.heard().length();
    let then = phone.now();
    phone.tell(&["resume"]);
    phone.wait_for(then, "resume", |event| event["event"] == "hold" && event["hold"]["local"] == false);
    thread::sleep(Duration::from_secs(2));
    phone.tell(&["hangup"]);
    phone.wait("ended");
    phone.stop().was_a_good_call("local");
    let heard = phone.heard();
    let resumed = heard.part(held + Duration::from_millis(500), Duration::from_millis(1_400));
    assert!(tests::tone_dbfs(resumed, 440.0) > -40.0, "{} dBFS", tests::tone_dbfs(resumed, 440.0));
}
