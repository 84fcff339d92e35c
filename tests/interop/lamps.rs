//! Lamps of Asterisk, and calls that ring at one and are picked up elsewhere.

use super::{
    lab::{self, Part},
    phone::Phone,
};

/// Makes a number a favourite with a lamp.
fn watch(phone: &Phone, number: &str) {
    phone.tell(&["contacts", "add", number, "--number", &format!("work:{number}"), "--favourite", "--lamp"]);
}

fn shows(phone: &Phone, from: usize, number: &str, lamp: &str) {
    let what = format!("{number} {lamp}");
    phone.wait_for(from, &what, |event| event["event"] == "lamp" && event["number"] == number && event["lamp"] == lamp);
}

#[test]
fn a_lamp_follows_the_state_that_the_exchange_gives_it() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    lab.run(&["lamp", "lamp1", "NOT_INUSE"]);
    let phone = lab.at_asterisk("1001", &["run"]).humming().start().once_registered();
    watch(&phone, "lamp1");
    shows(&phone, 0, "lamp1", "free");
    for (state, lamp) in [("RINGING", "ringing"), ("INUSE", "busy"), ("NOT_INUSE", "free"), ("BUSY", "busy")] {
        let then = phone.now();
        lab.run(&["lamp", "lamp1", state]);
        shows(&phone, then, "lamp1", lamp);
    }
}

#[test]
fn the_lamp_of_a_phone_rings_and_is_busy_with_it() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = lab::borrow("1003");
    let ringing = lab.at_asterisk("1003", &["run"]).humming().start().once_registered();
    let phone = lab.at_asterisk("1001", &["run"]).humming().start().once_registered();
    watch(&phone, "1003");
    shows(&phone, 0, "1003", "free");
    let caller = lab.at_asterisk("1004", &["run"]).humming().start().once_registered();
    caller.tell(&["dial", "1003"]);
    shows(&phone, 0, "1003", "ringing");
    ringing.tell(&["answer"]);
    shows(&phone, 0, "1003", "busy");
    let then = phone.now();
    caller.tell(&["hangup"]);
    shows(&phone, then, "1003", "free");
}
