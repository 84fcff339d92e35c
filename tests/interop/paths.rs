//! Other ways for the audio: by baresip behind Asterisk, over a TURN relay, to speech scored as a listener would.

use std::time::Duration;

use serde_json::Value;

use super::{
    lab::{self, Lab, Part, borrow},
    phone::{SOON, Seat},
    voice::Sound,
};

/// Calls a plain phone behind Asterisk that echoes.
fn baresip_echoes(account: &'static str) {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let user = account.split(',').next().unwrap_or(account);
    let _alone = borrow(user);
    let baresip = lab.start("baresip", &["baresip", "serve", account, "--echo"]);
    baresip.wait_for_line("registered", SOON);
    let (over, phone) = lab.at_asterisk("1001", &["call", user]).speaking().run(Duration::from_secs(30));
    over.was_a_good_call("local");
    phone.heard_the_voice();
}

#[test]
fn a_plain_phone_behind_asterisk_echoes() {
    baresip_echoes("2001");
}

#[test]
fn a_phone_with_dtls_and_ice_behind_asterisk_echoes() {
    baresip_echoes("2004,tls,dtls,ice");
}

/// A call over the relay alone, which `reached` brings us to when a secret is put in.
fn relayed(lab: &Lab, reached: &str, secret: &str) -> Seat {
    let server = reached.replace("SECRET", secret);
    lab.at_asterisk("1001", &["call", "600"]).speaking().with(&["--ice", &server, "--relay-only"])
}

fn by_datagrams(lab: &Lab) -> String {
    format!("turn:softphone:SECRET@127.0.0.1:{}", lab.port(278))
}

#[test]
fn a_relay_alone_carries_the_call() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::Coturn]) else { return };
    let by_tcp = format!("{}?transport=tcp", by_datagrams(lab));
    let by_tls = format!("turns:softphone:SECRET@localhost:{}", lab.port(249));
    for reached in [by_datagrams(lab), by_tcp, by_tls] {
        let (over, phone) = relayed(lab, &reached, "turn-secret-pw").run(Duration::from_secs(30));
        over.was_a_good_call("local");
        assert_eq!(over.media()["pair"]["local"], "relay", "{reached}");
        phone.heard_the_voice();
    }
}

#[test]
fn a_relay_that_refuses_the_secret_is_named_and_nothing_hangs() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::Coturn]) else { return };
    let (over, _phone) = relayed(lab, &by_datagrams(lab), "wrong").run(SOON);
    assert_eq!(over.exit, Some(7), "{}", over.sentence());
    assert!(over.sentence().contains("TURN") || over.sentence().contains("relay"), "{}", over.sentence());
    let at = |event: &str| over.events.iter().find(|value| value["event"] == event).and_then(|value| value["at_ms"].as_f64());
    let took = at("ended").expect("it ends") - at("dialing").expect("it was dialled");
    assert!(took < 2_000.0, "{took} ms");
}

#[test]
fn a_call_that_does_without_a_relay_still_says_that_it_refuses_the_secret() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::Coturn]) else { return };
    let server = by_datagrams(lab).replace("SECRET", "wrong");
    let (over, _phone) = lab.at_asterisk("1001", &["call", "600"]).speaking().with(&["--ice", &server]).run(SOON);
    over.was_a_good_call("local");
    let told =
        |event: &&Value| event["message"].as_str().is_some_and(|words| words.contains("refused the user name or password (401)"));
    assert_eq!(over.events.iter().filter(told).count(), 1, "{:#?}", over.events);
}

#[test]
fn a_silent_turn_server_does_not_delay_a_call() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    // Nothing listens there, and nothing says so to a socket that is not connected.
    let server = "turn:user:secret@127.0.0.1:9";
    let (over, phone) = lab.at_asterisk("1001", &["call", "600"]).speaking().with(&["--ice", server]).run(SOON);
    over.was_a_good_call("local");
    phone.heard_the_voice();
    let signalled = over.ended()["report"]["setup"]["signalled_ms"].as_f64().expect("an INVITE left");
    // 150 ms, and what a busy machine adds.
    assert!(signalled < 1_000.0, "{signalled} ms to the INVITE");
}

#[test]
fn speech_comes_back_as_a_listener_would_like_it() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let speech = Sound::read(&lab.state().join("speech-8k.wav"));
    let said = lab.state().join("speech-said.wav");
    Sound(speech.part(Duration::ZERO, Duration::from_secs(6)).to_vec()).write(&said);
    let (over, phone) = lab.at_asterisk("1001", &["call", "600"]).playing(&said).run(Duration::from_secs(30));
    over.was_a_good_call("local");
    let heard = phone.folder().join("heard.wav").display().to_string();
    let scores: Value =
        serde_json::from_str(&lab.run(&["measure", "quality", &said.display().to_string(), &heard])).expect("JSON");
    let pesq = scores["pesq_nb"].as_f64().unwrap_or_default();
    // 4.3 on a machine with nothing else to do; what a busy one costs is the benchmarks' matter. A broken path scores below 2.
    assert!(pesq >= 3.0, "PESQ {pesq} of 4.5 after two codecs and two buffers: {scores}");
}
