//! Kamailio as registrar and proxy, rtpengine between WebRTC and plain RTP, SIPp's odd requests.

use std::{process::Output, time::Duration};

use super::{
    lab::{self, Lab, Part},
    phone::{Phone, SOON},
    voice::Sound,
};

#[test]
fn two_phones_call_each_other_and_hear_each_other() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let mut called = lab.at_kamailio("3002", &["run", "--auto-answer"]).speaking().start().once_registered();
    let (over, caller) = lab.at_kamailio("3001", &["call", "3002"]).speaking().run(Duration::from_secs(30));
    over.was_a_good_call("local");
    caller.heard_the_voice();
    called.wait("ended");
    called.stop().was_a_good_call("remote");
    called.heard_the_voice();
}

#[test]
fn a_plain_phone_behind_rtpengine_echoes() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let baresip = lab.start("baresip", &["baresip", "serve", "3004@kamailio", "--echo"]);
    baresip.wait_for_line("registered", SOON);
    let (over, phone) = lab.at_kamailio("3003", &["call", "3004"]).speaking().run(Duration::from_secs(30));
    over.was_a_good_call("local");
    phone.heard_the_voice();
}

#[test]
fn a_plain_phone_behind_rtpengine_calls() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let phone = lab.at_kamailio("3005", &["run", "--auto-answer"]).humming().start().once_registered();
    // It hangs up at the end of what it plays.
    let tone = lab.state().join("three-seconds.wav");
    Sound(tests::tone(440.0, -10.0, Duration::from_secs(3))).write(&tone);
    let play = tone.display().to_string();
    let arguments = ["baresip", "call", "3006@kamailio", "3005", "--seconds", "4", "--play", &play];
    let mut baresip = lab.start("baresip", &arguments);
    phone.wait("media-connected");
    assert_eq!(baresip.finish(SOON), Some(0));
    let ended = phone.wait("ended");
    assert_eq!(ended["cause"]["by"], "remote");
    let heard = phone.heard().time_of_tone(440.0);
    assert!(heard >= Duration::from_millis(2_300), "{heard:?} of 3 s");
}

#[test]
fn responses_of_the_proxy_end_a_call_with_their_code() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    for (number, code, exit) in [("54040", 404, 5), ("54860", 486, 5), ("55030", 503, 1), ("56030", 603, 5)] {
        let (over, _phone) = lab.at_kamailio("3007", &["call", number]).humming().run(SOON);
        let ended = (over.ended()["code"].as_u64(), over.exit);
        // Kamailio 5.6 makes 500 of a code that it computed itself.
        assert!([(Some(code), Some(exit)), (Some(500), Some(1))].contains(&ended), "{number}: {}", over.sentence());
    }
}

#[test]
fn a_user_who_is_not_there_is_not_answered() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let (over, _phone) = lab.at_kamailio("3007", &["call", "3998"]).humming().run(SOON);
    assert_eq!((&over.ended()["code"], over.exit), (&480.into(), Some(5)));
}

/// Sends a scenario of SIPp to a user by the proxy; its exit code says whether the phone did what is due.
fn sipp(lab: &Lab, scenario: &str, user: &str) -> Output {
    // All of them use the same port.
    let _alone = lab::borrow("sipp");
    // It sends no audio, so that the phone looks for another path; SIPp shall not take that for a fault of its script.
    let output = lab.command(&["sipp", scenario, user, "-pause_msg_ign"]).output().expect("the lab's commands start");
    let words = String::from_utf8_lossy(&output.stdout).lines().rev().take(40).collect::<Vec<_>>().join("\n");
    assert!(output.status.success(), "{scenario}: {words}{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn at_sipp(lab: &Lab, user: &str, arguments: &[&str]) -> Phone {
    lab.at_kamailio(user, &["run"]).humming().with(arguments).start().once_registered()
}

#[test]
fn a_call_and_one_whose_offer_comes_late_are_answered() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let mut phone = at_sipp(lab, "3008", &["--auto-answer"]);
    for scenario in ["call", "late-offer"] {
        let then = phone.now();
        sipp(lab, scenario, "3008");
        let ended = phone.wait_from(then, "ended");
        assert_eq!(ended["cause"]["by"], "remote", "{scenario}");
    }
    assert_eq!(phone.stop().names().iter().filter(|name| **name == "answered").count(), 2);
}

#[test]
fn a_cancelled_call_is_missed() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let phone = at_sipp(lab, "3009", &[]);
    sipp(lab, "cancel", "3009");
    assert_eq!(phone.wait("ended")["cause"]["kind"], "missed");
}

#[test]
fn requests_that_cannot_be_honoured_do_not_ring() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let mut phone = at_sipp(lab, "3010", &["--auto-answer"]);
    for scenario in ["require-unknown", "unknown-method", "options"] {
        sipp(lab, scenario, "3010");
    }
    let over = phone.stop();
    assert!(!over.names().contains(&"incoming"), "{:?}", over.names());
}
