//! Calls to an echo: what was said comes back, by every codec.

use std::time::Duration;

use super::{
    lab::{self, Part},
    phone::{Over, Phone, practice},
};

/// Longer than the voice and a busy machine take.
const A_CALL: Duration = Duration::from_secs(30);

/// Asserts a good call by `codec` whose echo brought the voice back.
fn came_back((over, phone): &(Over, Phone), codec: &str) {
    over.came_in_order(&["started", "registered", "dialing", "answered", "ended"]);
    over.came_in_order(&["dialing", "media-connected", "ended"]);
    over.was_a_good_call("local");
    assert_eq!(over.media()["codec"], codec);
    let setup = &over.ended()["report"]["setup"];
    assert!(["signalled_ms", "answered_ms", "media_ms", "first_packet_ms"].iter().all(|step| setup[step].is_f64()), "{setup}");
    phone.heard_the_voice();
}

fn asterisk_echo(user: &str, arguments: &[&str], codec: &str) {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    came_back(&lab.at_asterisk(user, &["call", "600"]).speaking().with(arguments).run(A_CALL), codec);
}

#[test]
fn the_practice_exchange_echoes_by_every_codec() {
    for codec in ["opus", "g722", "pcmu", "pcma"] {
        came_back(&practice(&["call", "600"]).speaking().with(&["--codecs", codec]).run(A_CALL), codec);
    }
}

#[test]
fn the_practice_exchange_echoes_packets_of_10_ms() {
    let call = practice(&["call", "600"]).speaking().with(&["--packet-ms", "10"]).run(A_CALL);
    came_back(&call, "opus");
    // The exchange says in its answer how it wants ours; what it sends is as we want it.
    let per_second = packets_a_second(&call.0, "packets_received");
    assert!((90.0..110.0).contains(&per_second), "{per_second} packets a second");
}

#[test]
fn asterisk_echoes_opus() {
    asterisk_echo("1001", &[], "opus");
}

#[test]
fn asterisk_echoes_g722() {
    asterisk_echo("1001", &["--codecs", "g722"], "g722");
}

#[test]
fn asterisk_echoes_pcmu() {
    asterisk_echo("1001", &["--codecs", "pcmu"], "pcmu");
}

#[test]
fn asterisk_echoes_pcma() {
    asterisk_echo("1001", &["--codecs", "pcma"], "pcma");
}

#[test]
fn an_account_with_opus_alone_and_one_with_pcmu_alone_agree_on_that() {
    // Others watch whether it is free, and call it.
    let _alone = lab::borrow("1003");
    asterisk_echo("1003", &[], "opus");
    asterisk_echo("1004", &[], "pcmu");
}

#[test]
fn packets_are_as_long_as_asterisk_asks_for() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    // We offer 10 ms, it answers 20.
    let call = lab.at_asterisk("1001", &["call", "600"]).speaking().with(&["--packet-ms", "10"]).run(A_CALL);
    came_back(&call, "opus");
    let per_second = packets_a_second(&call.0, "packets_sent");
    assert!((45.0..55.0).contains(&per_second), "{per_second} packets a second");
}

#[test]
fn discontinuous_transmission_saves_packets_and_keeps_the_voice() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    // Three seconds of voice and three of silence.
    let call = lab.at_asterisk("1001", &["call", "600"]).speaking().with(&["--dtx", "--for", "6s"]);
    let (over, phone) = call.run(A_CALL);
    assert_eq!(over.exit, Some(0), "{}", over.sentence());
    phone.heard_the_voice();
    let per_second = packets_a_second(&over, "packets_sent");
    assert!(per_second < 43.0, "{per_second} packets a second");
    // A file that has been spoken to its end is a microphone without a sound; packets are not missed.
    assert_ne!(over.media()["trouble"], "no-packets-in");
}

fn packets_a_second(over: &Over, which: &str) -> f64 {
    let talked = over.ended()["report"]["talked_ms"].as_f64().unwrap_or(1.0);
    over.media()[which].as_f64().unwrap_or_default() * 1_000.0 / talked
}
