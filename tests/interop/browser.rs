//! Chromium with JsSIP and with SIP.js: each calls the other, both hear, either hangs up, digits arrive.

use std::{fs, time::Duration};

use serde_json::Value;

use super::{
    lab::{self, Lab, Part},
    phone::{Phone, SOON, is_the_voice},
    program::Program,
    voice::{Sound, long_voice_file, voice_file},
};

/// Chromium takes its time on a busy machine.
const CHROMIUM: Duration = Duration::from_secs(60);

/// A browser that answers every call, and says a tone of `hz`.
fn answering(lab: &Lab, stack: &str, user: &str, hz: f64) -> Program {
    let tone = tone_file(lab, hz);
    let arguments = ["peer", "serve", "--stack", stack, "--server", "kamailio", "--user", user, "--play", &tone];
    let peer = lab.start(&format!("{stack} {user}"), &arguments);
    peer.wait_for_value(0, "registration", CHROMIUM, |value| value["type"] == "registered");
    peer
}

fn tone_file(lab: &Lab, hz: f64) -> String {
    let file = lab.state().join(format!("tone-{hz}.wav"));
    if !file.is_file() {
        Sound(tests::tone(hz, -10.0, Duration::from_secs(20))).write(&file);
    }
    file.display().to_string()
}

/// The phone calls the browser, and hears its tone.
fn we_call(stack: &str, ours: &str, theirs: &str) {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let peer = answering(lab, stack, theirs, 700.0);
    let arguments = ["--for", "5s", "--dtmf", "42#"];
    let (over, phone) = lab.at_kamailio(ours, &["call", theirs]).speaking().with(&arguments).run(Duration::from_secs(40));
    over.was_a_good_call("local");
    assert_eq!(over.media()["codec"], "opus");
    let heard = phone.heard().time_of_tone(700.0);
    assert!(heard >= Duration::from_secs(3), "{heard:?} of their tone in 5 s");
    peer.find_from(0, "end of the call", SOON, |line| {
        ["\"ended\"", "\"bye\""].iter().any(|end| line.contains(end)).then_some(())
    });
}

/// The browser calls the phone, hears its voice, presses keys and hangs up.
fn they_call(stack: &str, ours: &str, theirs: &str) {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let mut phone: Phone = lab.at_kamailio(ours, &["run", "--auto-answer"]).playing(long_voice_file()).start().once_registered();
    let (tone, record) = (tone_file(lab, 900.0), lab.state().join(format!("{stack}-heard.wav")));
    let record = record.display().to_string();
    let mut arguments = vec!["peer", "call", "--stack", stack, "--server", "kamailio", "--user", theirs, "--to", ours];
    arguments.extend(["--play", &tone, "--record", &record, "--seconds", "8", "--dtmf", "159#"]);
    let mut peer = lab.start(&format!("{stack} {theirs}"), &arguments);
    assert_eq!(peer.finish(CHROMIUM), Some(0));
    let verdict = peer.values().into_iter().rfind(|value| value["type"] == "verdict").unwrap_or(Value::Null);
    assert_eq!(verdict["stats"]["in"]["codec"], "audio/opus", "{verdict}");
    phone.wait("ended");
    let over = phone.stop();
    assert_eq!(over.ended()["cause"]["by"], "remote");
    let keys: String =
        over.events.iter().filter(|event| event["event"] == "dtmf").filter_map(|event| event["digit"].as_str()).collect();
    assert_eq!(keys, "159#");
    let heard = phone.heard().time_of_tone(900.0);
    assert!(heard >= Duration::from_secs(6), "{heard:?} of their tone in 8 s");
    is_the_voice(&Sound::read(fs::canonicalize(&record).expect("the browser has recorded").as_path()));
}

#[test]
fn jssip_answers_and_both_hear() {
    we_call("jssip", "3031", "3032");
}

#[test]
fn sip_js_answers_and_both_hear() {
    we_call("sipjs", "3033", "3034");
}

#[test]
fn jssip_calls_and_both_hear() {
    they_call("jssip", "3035", "3036");
}

#[test]
fn sip_js_calls_and_both_hear() {
    they_call("sipjs", "3037", "3038");
}

#[test]
fn a_browser_behind_asterisk_is_called_and_hears_us() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (_theirs, _ours) = (lab::borrow("1003"), lab::borrow("1002"));
    let record = lab.state().join("behind-asterisk.wav").display().to_string();
    let voice = voice_file().display().to_string();
    let mut phone = lab.at_asterisk("1002", &["run", "--auto-answer"]).humming().start().once_registered();
    let mut arguments = vec!["peer", "call", "--user", "1003", "--to", "1002", "--play", &voice];
    arguments.extend(["--record", &record, "--seconds", "4"]);
    let mut peer = lab.start("jssip 1003", &arguments);
    assert_eq!(peer.finish(CHROMIUM), Some(0));
    phone.wait("ended");
    phone.stop().was_a_good_call("remote");
    // Chromium plays its file from the start over and over, wherever the call begins.
    let heard = phone.heard().time_of_sound();
    assert!(heard >= Duration::from_secs(2), "{heard:?}");
    assert!(Sound::read(record.as_ref()).time_of_sound() >= Duration::from_secs(2));
}
