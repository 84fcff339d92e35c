//! Accounts that are special: other names, other digests, timers, refusals.

use std::time::Duration;

use super::{
    lab::{self, Lab, Part, borrow},
    phone::{SOON, Seat},
};

/// Asserts that an echo call from `user` works.
fn can_call(seat: impl FnOnce(&Lab) -> Seat) {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (over, phone) = seat(lab).speaking().run(Duration::from_secs(30));
    over.was_a_good_call("local");
    phone.heard_the_voice();
}

#[test]
fn another_user_name_and_an_odd_realm_and_password_are_taken() {
    can_call(|lab| {
        let seat = lab.at_asterisk("1009", &["call", "600"]).password("p@ss:w%rd &<é> 1009");
        seat.with(&["--auth-user", "auth-1009", "--realm", "other realm", "--name-shown", "Zoë \"Ünïcode\""])
    });
}

#[test]
fn a_password_for_another_realm_stays_here() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let seat = lab.at_asterisk("1001", &["call", "600"]).humming().with(&["--realm", "another realm"]);
    let (over, _phone) = seat.run(SOON);
    assert_eq!(over.exit, Some(4), "{}", over.sentence());
}

#[test]
fn digests_by_sha_256_are_answered() {
    can_call(|lab| lab.at_asterisk("1011", &["call", "600"]));
}

#[test]
fn an_account_with_one_contact_can_call() {
    can_call(|lab| lab.at_asterisk("1006", &["call", "600"]));
}

#[test]
fn session_timers_of_90_seconds_are_agreed() {
    can_call(|lab| lab.at_asterisk("1008", &["call", "600"]));
}

#[test]
fn a_registration_of_ten_seconds_stays_alive() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1010");
    let mut phone =
        lab.at_asterisk("1010", &["run", "--auto-answer"]).humming().with(&["--expires", "10"]).start().once_registered();
    // Once past the time for which it has registered, it still is.
    std::thread::sleep(Duration::from_secs(13));
    lab.run(&["call-from-asterisk", "1010", "--to", "661", "--wait"]);
    phone.wait("ended");
    let over = phone.stop();
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    assert_eq!(over.names().iter().filter(|name| **name == "registered").count(), 1, "it was registered all the time");
}

#[test]
fn a_registrar_that_refuses_is_told() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    for (user, words) in [("3403", "403"), ("3503", "503")] {
        let (over, _phone) = lab.at_kamailio(user, &["call", "3998"]).humming().run(SOON);
        assert_eq!(over.exit, Some(4), "{}", over.sentence());
        assert!(over.sentence().contains(words), "{}", over.sentence());
    }
}

#[test]
fn a_registrar_that_wants_longer_registrations_gets_them() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let seat = lab.at_kamailio("3423", &["call", "53040"]).humming().with(&["--expires", "60"]);
    let (over, _phone) = seat.run(SOON);
    over.came_in_order(&["registered", "dialing", "ended"]);
}
