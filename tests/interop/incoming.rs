//! Asterisk calls the phone: answered, cancelled, digits both ways, either side hangs up.

use std::{fs, thread, time::Duration};

use serde_json::Value;

use super::{
    lab::{self, Lab, Part, borrow},
    phone::{Phone, SOON},
};

/// A phone that answers every call, of a user whom only this test has meanwhile.
fn answering(lab: &Lab, user: &str) -> Phone {
    lab.at_asterisk(user, &["run", "--auto-answer"]).humming().start().once_registered()
}

/// The keys that came, as text.
fn keys(events: &[Value]) -> String {
    events.iter().filter(|event| event["event"] == "dtmf").filter_map(|event| event["digit"].as_str()).collect()
}

#[test]
fn a_call_from_asterisk_is_answered_and_its_tone_heard() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let mut phone = answering(lab, "1002");
    lab.run(&["call-from-asterisk", "1002", "--to", "663", "--caller", "\"Zoë Test\" <4711>", "--wait"]);
    let incoming = phone.wait("incoming");
    assert_eq!((&incoming["remote"]["name"], &incoming["remote"]["number"]), (&"Zoë Test".into(), &"4711".into()));
    phone.wait("ended");
    let over = phone.stop();
    over.came_in_order(&["registered", "incoming", "answered", "media-connected", "ended", "unregistered"]);
    over.was_a_good_call("remote");
    let heard = phone.heard().time_of_tone(440.0);
    assert!(heard >= Duration::from_millis(2_300), "{heard:?} of 3 s");
}

#[test]
fn we_hang_up_a_call_from_asterisk() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let mut phone = answering(lab, "1002");
    lab.run(&["call-from-asterisk", "1002", "--to", "601", "--wait"]);
    phone.wait("media-connected");
    thread::sleep(Duration::from_secs(1));
    phone.tell(&["hangup"]);
    let ended = phone.wait("ended");
    assert_eq!(ended["cause"]["by"], "local");
    assert_eq!(calls_of(lab, "1002"), "");
    phone.stop().was_a_good_call("local");
}

#[test]
fn a_call_in_progress_is_ended_when_the_phone_is() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let mut phone = answering(lab, "1002");
    lab.run(&["call-from-asterisk", "1002", "--to", "601", "--wait"]);
    phone.wait("media-connected");
    let over = phone.stop();
    over.came_in_order(&["answered", "ended", "unregistered"]);
    assert_eq!(calls_of(lab, "1002"), "");
}

#[test]
fn a_caller_who_gives_up_is_missed() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let mut phone = lab.at_asterisk("1002", &["run"]).humming().start().once_registered();
    lab.command(&["call-from-asterisk", "1002", "--ring", "2", "--wait"]).output().expect("the lab calls");
    phone.wait("incoming");
    let ended = phone.wait("ended");
    assert_eq!(ended["cause"]["kind"], "missed");
    assert!(!phone.stop().names().contains(&"answered"));
}

#[test]
fn a_ringing_call_can_be_declined_and_the_next_answered() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let mut phone = lab.at_asterisk("1002", &["run"]).humming().start().once_registered();
    lab.run(&["call-from-asterisk", "1002", "--to", "601"]);
    phone.wait("incoming");
    phone.tell(&["hangup"]);
    assert_eq!(phone.wait("ended")["cause"]["kind"], "declined");
    let then = phone.now();
    lab.run(&["call-from-asterisk", "1002", "--to", "601"]);
    phone.wait_from(then, "incoming");
    phone.tell(&["answer"]);
    phone.wait_from(then, "media-connected");
    assert_eq!(phone.stop().exit, Some(0));
}

#[test]
fn digits_of_asterisk_arrive_once_and_in_order() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let mut phone = lab.at_asterisk("1001", &["call", "645"]).humming().start();
    let over = phone.finish(SOON);
    assert_eq!(keys(&over.events), "123#*A");
    assert_eq!((over.exit, &over.ended()["cause"]["by"]), (Some(0), &"remote".into()));
}

#[test]
fn asterisk_reads_our_digits_by_rfc_4733() {
    asterisk_reads("1001", &[]);
}

#[test]
fn asterisk_reads_our_digits_by_info() {
    asterisk_reads("1007", &["--dtmf-mode", "info"]);
}

fn asterisk_reads(user: &str, arguments: &[&str]) {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let seat = lab.at_asterisk(user, &["call", "671"]).humming().with(&["--dtmf", "1590*A"]);
    let phone = seat.with(arguments).start();
    phone.wait("media-connected");
    assert_eq!(read_of(lab, user, 6), "1590*A");
}

/// The digits that Asterisk has read of a user at 671, once there are so many.
pub(super) fn read_of(lab: &Lab, user: &str, digits: usize) -> String {
    // Asterisk notes each digit by itself: when, who, which.
    let log = lab.state().join("asterisk/log/dtmf.log");
    let mut read = String::new();
    for _ in 0..150 {
        let lines = fs::read_to_string(&log).unwrap_or_default();
        let words = lines.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        read = words.filter(|words| words.get(1) == Some(&user)).filter_map(|words| words.get(2).copied()).collect();
        if read.len() >= digits {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    read
}

#[test]
fn odd_and_hidden_caller_names_arrive_as_they_were_sent() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let called = lab.at_asterisk("1002", &["run"]).humming().start().once_registered();
    let remote_of = |number: &str| {
        let then = called.now();
        let mut caller = lab.at_asterisk("1001", &["call", number]).humming().start();
        let incoming = called.wait_from(then, "incoming");
        caller.stop();
        called.wait_from(then, "ended");
        incoming["remote"].clone()
    };
    assert_eq!(remote_of("*841002")["name"], "Zoë \"Quote\" <b>日本語</b> 😀");
    let hidden = remote_of("*831002");
    assert_eq!(hidden["name"].as_str().map(str::to_lowercase).as_deref(), Some("anonymous"), "{hidden}");
    // With the headers of other makers: a request to answer at once, and a ring of its own.
    for prefix in ["*80", "*81", "*82"] {
        assert_eq!(remote_of(&format!("{prefix}1002"))["number"], "1001");
    }
}

#[test]
fn an_account_with_video_is_called_by_audio() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1005");
    let mut phone = answering(lab, "1005");
    lab.run(&["call-from-asterisk", "1005", "--to", "662", "--auto-answer", "--header", "X-Test: 1", "--wait"]);
    phone.wait("ended");
    phone.stop().was_a_good_call("remote");
}

/// Asterisk's calls with a user.
fn calls_of(lab: &Lab, user: &str) -> String {
    let is_theirs = |line: &&str| line.contains(&format!("PJSIP/{user}"));
    // The far end's answer to our BYE is not waited for by everybody; it comes within moments.
    for _ in 0..20 {
        let channels = lab.run(&["asterisk-cli", "core show channels concise"]);
        if !channels.lines().any(|line| is_theirs(&line)) {
            return String::new();
        }
        thread::sleep(Duration::from_millis(100));
    }
    lab.run(&["asterisk-cli", "core show channels concise"])
}
