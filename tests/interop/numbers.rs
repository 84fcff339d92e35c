//! What far ends do with a call: ring, refuse, divert, hang up.

use std::{thread, time::Duration};

use super::{
    lab::{self, Lab, Part},
    phone::{Over, SOON},
};

/// Calls a number that does not answer and gives how it ended.
fn refused(lab: &Lab, number: &str) -> Over {
    lab.at_asterisk("1001", &["call", number]).humming().run(SOON).0
}

/// Asserts the SIP status, the kind of cause and the exit code of calls to each number, made side by side.
fn are_refused(cases: &[(&str, u16, &str, i32)]) {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    thread::scope(|scope| {
        for (number, code, kind, exit) in cases {
            scope.spawn(move || is_refused(lab, number, *code, kind, *exit));
        }
    });
}

fn is_refused(lab: &Lab, number: &str, code: u16, kind: &str, exit: i32) {
    let over = refused(lab, number);
    assert_eq!(over.ended()["code"], code, "{number}");
    assert_eq!(over.ended()["cause"]["kind"], kind, "{number}");
    assert_eq!(over.exit, Some(exit), "{number}");
    assert!(over.sentence().contains(&code.to_string()), "{number}: {:?} names its number", over.sentence());
    assert!(!over.names().contains(&"answered"), "{number}");
}

#[test]
fn busy_numbers_and_declined_calls_have_their_own_words() {
    are_refused(&[("630", 486, "busy", 5), ("632", 603, "rejected", 5)]);
}

#[test]
fn refusals_of_the_server_have_their_own_words() {
    are_refused(&[("631", 503, "server-failed", 1), ("633", 403, "forbidden", 4)]);
    are_refused(&[("634", 404, "not-found", 5), ("635", 480, "no-answer", 5), ("636", 488, "not-acceptable", 7)]);
}

#[test]
fn any_final_response_ends_the_call_with_its_code() {
    are_refused(&[("7410", 410, "not-found", 5), ("7484", 484, "not-found", 5)]);
    are_refused(&[("7500", 500, "server-failed", 1), ("7600", 600, "busy", 5)]);
}

#[test]
fn a_redirection_is_told_and_not_followed() {
    are_refused(&[("640", 302, "moved", 5)]);
}

#[test]
fn a_number_that_rings_and_gives_up_is_not_answered() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let over = refused(lab, "623");
    over.came_in_order(&["dialing", "ringing", "ended"]);
    assert_eq!((over.exit, &over.ended()["code"]), (Some(5), &480.into()));
}

#[test]
fn a_number_that_rings_is_answered_then() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (over, phone) = lab.at_asterisk("1001", &["call", "612"]).speaking().run(Duration::from_secs(30));
    over.came_in_order(&["dialing", "ringing", "answered", "ended"]);
    over.was_a_good_call("local");
    phone.heard_the_voice();
}

#[test]
fn a_call_that_rings_is_cancelled_by_an_interruption() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let mut phone = lab.at_asterisk("1001", &["call", "620"]).humming().start();
    phone.wait("ringing");
    let over = phone.stop();
    assert_eq!((over.exit, &over.ended()["cause"]["kind"]), (Some(0), &"cancelled".into()));
}

#[test]
fn the_far_end_hangs_up() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (over, phone) = lab.at_asterisk("1001", &["call", "662"]).humming().run(SOON);
    over.was_a_good_call("remote");
    let talked = over.ended()["report"]["talked_ms"].as_u64().unwrap_or_default();
    assert!((1_800..3_500).contains(&talked), "{talked} ms");
    assert!(phone.heard().time_of_tone(440.0) >= Duration::from_millis(1_500));
}

#[test]
fn an_answer_without_any_packet_is_named_within_three_seconds() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (over, _) = lab.at_asterisk("1001", &["call", "609"]).humming().with(&["--for", "4s"]).run(SOON);
    let at = |event: &str| over.events.iter().find(|value| value["event"] == event).and_then(|value| value["at_ms"].as_f64());
    let (connected, trouble) = (at("media-connected").expect("audio connects"), at("media-trouble").expect("it is told"));
    assert!(trouble - connected <= 3_000.0, "after {} ms", trouble - connected);
    assert_eq!(over.media()["trouble"], "no-packets-in");
    assert_eq!(over.exit, Some(0));
}

#[test]
fn audio_that_comes_late_is_heard_and_the_trouble_is_over() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (over, phone) = lab.at_asterisk("1001", &["call", "622"]).humming().with(&["--for", "8s"]).run(SOON);
    over.was_a_good_call("local");
    over.came_in_order(&["answered", "media-trouble", "media-trouble", "ended"]);
    assert!(phone.heard().time_of_tone(440.0) >= Duration::from_secs(2));
}

#[test]
fn a_call_without_an_answer_of_any_kind_can_be_given_up() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let mut phone = lab.at_asterisk("1001", &["call", "621"]).humming().start();
    phone.wait("dialing");
    let over = phone.stop();
    assert_eq!((over.exit, &over.ended()["cause"]["kind"]), (Some(0), &"cancelled".into()));
}
