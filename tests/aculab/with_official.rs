//! This phone and the official clients call each other through the fake cloud: what each hears of the other, keys, refusals
//! and who gives up.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tests::tone;

use super::{
    official::{Client, Official, Version},
    sidetone,
};
use crate::interop::{phone::Phone, voice::Sound};

/// What each of them says. Ours falls silent, so that keys can be told from it.
const OURS_HZ: f64 = 400.0;
const THEIRS_HZ: f64 = 700.0;
const WE_HUM: Duration = Duration::from_secs(6);

/// A pair at one account: this phone, and an official client.
struct Pair {
    ours: Phone,
    theirs: Client,
    _folder: tempfile::TempDir,
}

/// A file with our tone, and silence behind it.
fn our_tone(folder: &tempfile::TempDir) -> PathBuf {
    let file = folder.path().join("ours.wav");
    let mut sound = tone(OURS_HZ, -10.0, WE_HUM);
    sound.resize(48_000 * 60, 0.0);
    Sound(sound).write(&file);
    file
}

impl Pair {
    fn at(official: &'static Official, version: Version, account: usize, ids: (&str, &str)) -> Self {
        let theirs = official.client(version, account, ids.1, THEIRS_HZ);
        theirs.register();
        let folder = tempfile::tempdir().expect("a folder");
        let seat = sidetone::client(&official.cloud, theirs.key(), ids.0, &["run"]);
        let ours = seat.playing(&our_tone(&folder)).start().once_registered();
        Self { ours, theirs, _folder: folder }
    }

    /// We call them, and it rings there; where to wait from, at ours and at theirs.
    fn we_ring(&self) -> (usize, usize) {
        let (ours, theirs) = (self.ours.now(), self.theirs.now());
        self.ours.tell(&["dial", &format!("client:{}", self.theirs.id)]);
        let incoming = self.theirs.told(theirs, "onIncoming");
        assert_eq!(incoming["type"], "client", "{incoming}");
        self.ours.wait_from(ours, "ringing");
        (ours, theirs)
    }

    /// They call us, and it rings here.
    fn they_ring(&self, id: &str) -> (usize, usize) {
        let ours = self.ours.now();
        let theirs = self.theirs.call_client(id);
        let incoming = self.ours.wait_from(ours, "incoming");
        assert_eq!(incoming["remote"]["number"], format!("client:{}", self.theirs.id), "{incoming}");
        self.theirs.told(theirs, "onRinging");
        (ours, theirs)
    }

    /// In a call, each hears the other's tone, and then the other's keys.
    fn hear_each_other(&self, ours: usize) {
        self.theirs.hears(OURS_HZ);
        std::thread::sleep(WE_HUM);
        self.theirs.heard();
        self.ours.tell(&["dtmf", "5"]);
        self.theirs.hears_key('5');
        self.theirs.ask("sendDtmf", json!({"digits": "7"}));
        self.ours.wait_for(ours, "their key", |value| value["event"] == "dtmf" && value["digit"] == "7");
    }

    fn ended(&self, ours: usize) -> Value {
        self.ours.wait_from(ours, "ended")
    }

    /// All calls are over: what we have heard of their tone.
    fn we_heard_them(mut self) {
        self.ours.stop();
        let heard = self.ours.heard().time_of_tone(THEIRS_HZ);
        assert!(heard >= Duration::from_secs(4), "{heard:?} of their tone");
    }
}

fn we_call(version: Version, account: usize, ids: (&str, &str)) {
    let Some(official) = Official::at_hand() else { return };
    let pair = Pair::at(official, version, account, ids);
    let (ours, theirs) = pair.we_ring();
    pair.theirs.ask("answer", json!({}));
    pair.ours.wait_from(ours, "media-connected");
    pair.hear_each_other(ours);
    pair.ours.tell(&["hangup"]);
    assert_eq!(pair.theirs.cause(theirs), "NORMAL");
    assert_eq!(pair.ended(ours)["cause"]["by"], "local");

    for (code, cause) in [(486, "BUSY"), (603, "BUSY"), (480, "UNOBTAINABLE"), (404, "UNOBTAINABLE"), (500, "FAILED")] {
        let (ours, theirs) = pair.we_ring();
        pair.theirs.ask("reject", json!({"code": code}));
        let ended = pair.ended(ours);
        assert_eq!((&ended["code"], &ended["service_cause"]), (&json!(code), &json!(cause)), "{ended}");
        assert_eq!(pair.theirs.cause(theirs), "NORMAL");
    }

    // We give up.
    let (ours, theirs) = pair.we_ring();
    pair.ours.tell(&["hangup"]);
    assert_eq!(pair.theirs.cause(theirs), "NORMAL");
    assert_eq!(pair.ended(ours)["service_cause"], "NOANSWER");
    pair.we_heard_them();
}

fn they_call(version: Version, account: usize, ids: (&str, &str)) {
    let Some(official) = Official::at_hand() else { return };
    let pair = Pair::at(official, version, account, ids);
    let (ours, theirs) = pair.they_ring(ids.0);
    pair.ours.tell(&["answer"]);
    pair.ours.wait_from(ours, "media-connected");
    pair.theirs.told(theirs, "onConnected");
    pair.hear_each_other(ours);
    pair.theirs.ask("disconnect", json!({}));
    assert_eq!(pair.theirs.cause(theirs), "NORMAL");
    assert_eq!(pair.ended(ours)["cause"]["by"], "remote");

    // We decline, as the person here wants it.
    for (code, cause) in [("486", "BUSY"), ("603", "BUSY"), ("480", "UNOBTAINABLE"), ("404", "UNOBTAINABLE"), ("500", "FAILED")] {
        let (ours, theirs) = pair.they_ring(ids.0);
        pair.ours.tell(&["decline", "--code", code]);
        assert_eq!(pair.theirs.cause(theirs), cause, "{code}");
        assert_eq!(pair.ended(ours)["cause"]["kind"], "declined", "{code}");
    }

    // They give up.
    let (ours, theirs) = pair.they_ring(ids.0);
    pair.theirs.ask("disconnect", json!({}));
    assert_eq!(pair.theirs.cause(theirs), "NOANSWER");
    pair.ended(ours);
    pair.we_heard_them();
}

#[test]
fn this_phone_calls_version_4() {
    we_call(Version::Four, 10, ("sidetone-a", "official-a"));
}

#[test]
fn this_phone_calls_version_3() {
    we_call(Version::Three, 11, ("sidetone-b", "official-b"));
}

/// Only version 4 knows headers of an application's own.
#[test]
fn headers_reach_the_other_end_with_the_call_and_with_the_answer() {
    let Some(official) = Official::at_hand() else { return };
    let pair = Pair::at(official, Version::Four, 12, ("sidetone-e", "official-e"));
    let (ours, theirs) = (pair.ours.now(), pair.theirs.now());
    let options = json!({"extraSipHeaders": ["X-Order: 17", "X-Order: 18"]});
    pair.theirs.ask("callClient", json!({"id": "sidetone-e", "token": pair.theirs.token(), "options": options}));
    assert_eq!(pair.ours.wait_from(ours, "incoming")["headers"], json!([["X-Order", "17"], ["X-Order", "18"]]));
    pair.ours.tell(&["answer", "--header", "X-Seat: 4"]);
    pair.theirs.told(theirs, "onConnected");
    assert_eq!(pair.theirs.ask("sipHeaders", json!({"name": "X-Seat"})), json!(["4"]));
    pair.ours.tell(&["hangup"]);
    assert_eq!(pair.theirs.cause(theirs), "NORMAL");

    let (ours, theirs) = pair.we_ring();
    pair.theirs.ask("answer", json!({"options": {"extraSipHeaders": ["X-Desk: left"]}}));
    assert_eq!(pair.ours.wait_from(ours, "answered")["headers"], json!([["X-Desk", "left"]]));
    pair.ours.wait_from(ours, "media-connected");
    pair.theirs.ask("disconnect", json!({}));
    assert_eq!(pair.theirs.cause(theirs), "NORMAL");
    pair.ended(ours);
}

#[test]
fn version_4_calls_this_phone() {
    they_call(Version::Four, 12, ("sidetone-c", "official-c"));
}

#[test]
fn version_3_calls_this_phone() {
    they_call(Version::Three, 13, ("sidetone-d", "official-d"));
}
