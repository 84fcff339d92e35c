//! Calls that Asterisk moves on our word: transferred, parked, picked up where they ring.

use std::{thread, time::Duration};

use super::{
    lab::{self, Borrowed, Lab, Part},
    phone::Phone,
};

/// What each phone sounds.
const HOST_HZ: f64 = 700.0;
const PARTNER_HZ: f64 = 1_100.0;
const TARGET_HZ: f64 = 1_600.0;
/// What 601 plays.
const TONE_HZ: f64 = 440.0;

/// Louder than this a tone is heard, below the other it is not.
const HEARD: f64 = -35.0;
const SILENT: f64 = -50.0;

/// A phone that transfers, and the one it talks to.
struct Talk {
    host: Phone,
    partner: Phone,
    call: u64,
    _alone: Borrowed,
}

impl Talk {
    fn start(lab: &Lab) -> Self {
        let alone = lab::borrow("1002");
        let partner = lab.at_asterisk("1002", &["run", "--auto-answer"]).sounding(PARTNER_HZ).start().once_registered();
        let host = lab.at_asterisk("1001", &["run"]).sounding(HOST_HZ).start().once_registered();
        let call = host.dial("1002");
        partner.wait("media-connected");
        Self { host, partner, call, _alone: alone }
    }

    /// Tells the host something about the call.
    fn tell(&self, verb: &[&str]) {
        self.host.tell(&[verb, &["--call", &self.call.to_string()]].concat());
    }

    /// The call is over here because it goes on elsewhere.
    fn is_transferred(&self) {
        let ended = self.host.ended(0, self.call);
        assert_eq!(ended["cause"]["kind"], "transferred", "{ended}");
    }
}

/// A phone that rings until it is told to answer. Its user is given back after it has gone: what is bound last is dropped first.
fn target(lab: &Lab) -> (Borrowed, Phone) {
    let alone = lab::borrow("1003");
    (alone, lab.at_asterisk("1003", &["run"]).sounding(TARGET_HZ).start().once_registered())
}

/// Waits until a phone hears a tone.
fn hears(phone: &Phone, who: &str, hz: f64) {
    comes_to(phone, &format!("{who} does not hear"), hz, |level| level > HEARD);
}

/// Waits until a phone hears a tone no longer.
fn is_rid_of(phone: &Phone, who: &str, hz: f64) {
    comes_to(phone, &format!("{who} still hears"), hz, |level| level < SILENT);
}

fn comes_to(phone: &Phone, otherwise: &str, hz: f64, fits: fn(f64) -> bool) {
    for _ in 0..80 {
        thread::sleep(Duration::from_millis(250));
        if fits(phone.hears(hz)) {
            return;
        }
    }
    panic!("{otherwise} {hz} Hz: {} dBFS", phone.hears(hz));
}

#[test]
fn a_call_is_sent_to_a_number_that_answers() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let talk = Talk::start(lab);
    talk.tell(&["transfer", "601"]);
    talk.is_transferred();
    hears(&talk.partner, "who was transferred", TONE_HZ);
    is_rid_of(&talk.partner, "who was moved", HOST_HZ);
}

#[test]
fn a_call_is_sent_to_a_phone_that_rings_and_then_answers() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (_alone, target) = target(lab);
    let talk = Talk::start(lab);
    talk.tell(&["transfer", "1003"]);
    target.wait("incoming");
    target.tell(&["answer"]);
    talk.is_transferred();
    hears(&talk.partner, "who was transferred", TARGET_HZ);
    hears(&target, "the target", PARTNER_HZ);
}

#[test]
fn a_call_sent_to_a_busy_number_is_told_to_have_met_one() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let talk = Talk::start(lab);
    talk.tell(&["transfer", "630"]);
    let failed = talk.host.wait_for(0, "the failure", |event| event["transfer"]["step"] == "failed");
    assert_eq!(failed["message"], "busy (486)");
    // By then Asterisk has let go of both: a blind transfer at it gives nobody back.
    assert_eq!(talk.host.ended(0, talk.call)["cause"]["by"], "remote");
}

#[test]
fn a_call_is_put_through_to_whom_was_asked_first() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (_alone, target) = target(lab);
    let talk = Talk::start(lab);
    let then = talk.host.now();
    talk.tell(&["transfer", "--consult", "1003"]);
    target.wait("incoming");
    target.tell(&["answer"]);
    let second = talk.host.connected(then);
    talk.host.is_held(then, talk.call, true);
    hears(&talk.host, "who asks", TARGET_HZ);
    hears(&target, "who is asked", HOST_HZ);
    is_rid_of(&talk.host, "who asks", PARTNER_HZ);
    is_rid_of(&talk.partner, "who waits", HOST_HZ);
    talk.tell(&["complete-transfer"]);
    talk.is_transferred();
    talk.host.ended(then, second);
    hears(&talk.partner, "who was transferred", TARGET_HZ);
    hears(&target, "the target", PARTNER_HZ);
}

#[test]
fn a_call_is_put_through_while_the_target_rings() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (_alone, target) = target(lab);
    let talk = Talk::start(lab);
    talk.tell(&["transfer", "--consult", "1003"]);
    target.wait("incoming");
    let then = target.now();
    talk.tell(&["complete-transfer"]);
    // The one call to the target gives way to the other.
    target.wait_from(then, "incoming");
    target.tell(&["answer"]);
    talk.is_transferred();
    hears(&talk.partner, "who was transferred", TARGET_HZ);
    hears(&target, "the target", PARTNER_HZ);
}

#[test]
fn who_asks_a_busy_number_first_has_his_call_back() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let talk = Talk::start(lab);
    let then = talk.host.now();
    talk.tell(&["transfer", "--consult", "630"]);
    let failed = talk.host.wait_for(then, "the failure", |event| event["transfer"]["step"] == "failed");
    assert_eq!(failed["message"], "busy (486)");
    hears(&talk.host, "who transferred", PARTNER_HZ);
    hears(&talk.partner, "who was not transferred", HOST_HZ);
}

#[test]
fn two_calls_are_joined() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (_alone, target) = target(lab);
    let talk = Talk::start(lab);
    let then = talk.host.now();
    talk.host.tell(&["dial", "1003"]);
    target.wait("incoming");
    target.tell(&["answer"]);
    let other = talk.host.connected(then);
    talk.host.is_held(then, talk.call, true);
    talk.tell(&["transfer", "--to", &other.to_string()]);
    talk.is_transferred();
    talk.host.ended(then, other);
    hears(&talk.partner, "who was transferred", TARGET_HZ);
    hears(&target, "the target", PARTNER_HZ);
}

#[test]
fn a_call_is_parked_with_music_and_fetched() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let talk = Talk::start(lab);
    talk.tell(&["transfer", "700"]);
    talk.is_transferred();
    thread::sleep(Duration::from_secs(3));
    let heard = talk.partner.heard();
    let music = heard.part(heard.length().saturating_sub(Duration::from_secs(1)), Duration::from_secs(1));
    assert!(tests::rms_dbfs(music) > -45.0, "the music: {} dBFS", tests::rms_dbfs(music));
    is_rid_of(&talk.partner, "who was moved", HOST_HZ);
    talk.host.dial("701");
    hears(&talk.host, "who fetches", PARTNER_HZ);
    hears(&talk.partner, "who was parked", HOST_HZ);
}

#[test]
fn a_call_that_rings_elsewhere_is_picked_up() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let (_alone, ringing) = target(lab);
    let caller = lab.at_asterisk("1001", &["run"]).sounding(PARTNER_HZ).start().once_registered();
    let host = lab.at_asterisk("1004", &["run"]).sounding(HOST_HZ).start().once_registered();
    caller.tell(&["dial", "1003"]);
    ringing.wait("incoming");
    host.dial("*851003");
    hears(&host, "who picked up", PARTNER_HZ);
    hears(&caller, "the caller", HOST_HZ);
    let ended = ringing.wait("ended");
    assert_eq!(ended["cause"]["kind"], "answered-elsewhere", "{ended}");
}
