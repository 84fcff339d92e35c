//! Lines that break: the phone comes back by itself, a call goes on meanwhile, and a dead server ends in words.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    lab::{self, Lab, Part, borrow},
    phone::{Phone, Seat},
};

/// A phone whose connection can be broken.
fn breakable(lab: &Lab, user: &str, verb: &[&str]) -> Seat {
    lab.at(user, &format!("wss://localhost:{}/ws", lab.port(410)), verb)
}

/// A phone in a call to a steady tone.
fn in_a_call(lab: &Lab) -> Phone {
    let phone = breakable(lab, "1001", &["run"]).humming().start().once_registered();
    phone.tell(&["dial", "601"]);
    phone.wait("media-connected");
    phone
}

/// Breaks the connection in a call and asserts that the audio goes on, the phone registers again, and can hang up.
fn the_call_survives(how: &str) {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::BadTls]) else { return };
    // What is done to the connections is done to all of them.
    let _alone = borrow("relay");
    let mut phone = in_a_call(lab);
    let then = phone.now();
    let before = phone.heard().length();
    lab.run(&["relay", how]);
    phone.wait_from(then, "unregistered");
    phone.wait_from(then, "registered");
    thread::sleep(Duration::from_secs(1));
    let lasted = phone.heard().length() - before;
    let heard = phone.heard();
    let gap = tests::longest_gap(heard.part(before, lasted));
    // A busy machine makes small ones by itself; waiting for the server would be a long one.
    assert!(gap <= Duration::from_millis(250), "a gap of {gap:?} in the tone");
    phone.tell(&["hangup"]);
    assert_eq!(phone.wait_from(then, "ended")["cause"]["by"], "local");
    let over = phone.stop();
    over.was_a_good_call("local");
}

#[test]
fn a_call_survives_a_connection_that_is_closed() {
    the_call_survives("cut");
}

#[test]
fn a_call_survives_a_connection_that_is_reset() {
    the_call_survives("reset");
}

#[test]
fn the_far_end_that_hangs_up_reaches_the_phone_over_its_new_connection() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::BadTls]) else { return };
    let _alone = borrow("relay");
    let mut phone = breakable(lab, "1001", &["run"]).humming().start().once_registered();
    // Asterisk knows the call by the connection it came over, and hangs up after 8 s.
    phone.tell(&["dial", "668"]);
    phone.wait("media-connected");
    let then = phone.now();
    lab.run(&["relay", "cut"]);
    phone.wait_from(then, "registered");
    assert_eq!(phone.wait_from(then, "ended")["cause"]["by"], "remote");
    phone.stop().was_a_good_call("remote");
}

#[test]
fn the_phone_comes_back_when_the_server_takes_connections_again() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::BadTls]) else { return };
    let _alone = borrow("relay");
    let phone = breakable(lab, "1001", &["run"]).humming().start().once_registered();
    let then = phone.now();
    lab.run(&["relay", "refuse"]);
    lab.run(&["relay", "cut"]);
    phone.wait_from(then, "unregistered");
    thread::sleep(Duration::from_secs(2));
    lab.run(&["relay", "allow"]);
    let allowed = Instant::now();
    phone.wait_from(then, "registered");
    assert!(allowed.elapsed() < Duration::from_secs(6), "{:?}", allowed.elapsed());
}

#[test]
fn a_network_that_says_nothing_is_noticed_when_somebody_dials() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::BadTls]) else { return };
    let _alone = borrow("relay");
    let phone = breakable(lab, "1001", &["run"]).humming().start().once_registered();
    let then = phone.now();
    lab.run(&["relay", "freeze"]);
    phone.tell(&["dial", "601"]);
    thread::sleep(Duration::from_secs(3));
    // Nothing came back yet; giving up must not need the network.
    phone.tell(&["hangup"]);
    let ended = phone.wait_from(then, "ended");
    assert_eq!(ended["cause"]["kind"], "cancelled");
    lab.run(&["relay", "thaw"]);
}

#[test]
fn a_call_goes_on_and_can_be_hung_up_while_the_network_says_nothing() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::BadTls]) else { return };
    let _alone = borrow("relay");
    let phone = in_a_call(lab);
    lab.run(&["relay", "freeze"]);
    let before = phone.heard().length();
    thread::sleep(Duration::from_secs(2));
    let heard = phone.heard();
    assert!(tests::longest_gap(heard.part(before, Duration::from_millis(1_500))) <= Duration::from_millis(250));
    phone.tell(&["hangup"]);
    assert_eq!(phone.wait("ended")["cause"]["by"], "local");
    lab.run(&["relay", "thaw"]);
}

#[test]
fn asterisk_killed_in_a_call_ends_it_in_words() {
    let Some(lab) = lab::of_its_own("killed", &[Part::Asterisk]) else { return };
    let mut phone = lab.at_asterisk("1001", &["call", "601"]).humming().with(&["--for", "180s"]).start();
    phone.wait("media-connected");
    lab.kill(Part::Asterisk);
    phone.wait("unregistered");
    let trouble = phone.wait("media-trouble");
    assert_eq!(trouble["trouble"], "no-packets-in");
    // A cable may be out for a minute; half a minute after that it is over.
    let over = phone.finish(Duration::from_secs(120));
    assert_eq!(over.exit, Some(8), "{}", over.sentence());
    assert_eq!(over.ended()["cause"]["kind"], "connection-lost");
    // Nothing was heard again, so nothing may have said that all was well.
    assert_eq!(over.names().iter().filter(|name| **name == "media-trouble").count(), 1, "{:?}", over.names());
    assert!(over.sentence().contains("connection to the server was lost"), "{}", over.sentence());
}
