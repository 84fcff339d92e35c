//! What the fuzz targets do, with a few thousand inputs of a fixed seed.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tests::{Mutations, fixtures};

#[path = "../fuzz/exercises/contacts.rs"]
mod contacts;
#[path = "../fuzz/exercises/control.rs"]
mod control;
#[path = "../fuzz/exercises/cti.rs"]
mod cti;
#[path = "../fuzz/exercises/ice_list.rs"]
mod ice_list;
#[path = "../fuzz/limits.rs"]
mod limits;
#[path = "../fuzz/exercises/link.rs"]
mod link;
#[path = "../fuzz/exercises/mdns.rs"]
mod mdns;
#[path = "../fuzz/exercises/provisioning.rs"]
mod provisioning;
#[path = "../fuzz/exercises/ringtone.rs"]
mod ringtone;
#[path = "../fuzz/exercises/rtp.rs"]
mod rtp;
#[path = "../fuzz/exercises/sdp.rs"]
mod sdp;
#[path = "../fuzz/exercises/settings.rs"]
mod settings;
#[path = "../fuzz/exercises/stun.rs"]
mod stun;
#[path = "../fuzz/exercises/token.rs"]
mod token;
#[path = "../fuzz/exercises/trace.rs"]
mod trace;
#[path = "../fuzz/exercises/web.rs"]
mod web;

use limits::{LIMIT, LIMIT_OF_MUCH, within};

/// What the fuzzer begins with, and what it has found.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = fs::read_dir(folder).expect("the seeds are there").map(|file| file.expect("a readable folder").path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).expect("a readable file")).collect()
}

fn each(what: &str, limit: Duration, inputs: impl Iterator<Item = Vec<u8>>, exercise: fn(&[u8])) {
    let mut slowest = Duration::ZERO;
    for (number, input) in inputs.enumerate() {
        // Seen only when it fails.
        println!("{what} {number}");
        slowest = slowest.max(within(limit, &input, exercise));
    }
    // `cargo xtask bench trust` reads it.
    if limit == LIMIT {
        println!("slowest input: {} us ({what})", slowest.as_micros());
    }
}

#[test]
fn damaged_descriptions_are_read_or_refused() {
    let texts = fixtures("sdp", "sdp").into_iter().map(|(_, text)| text);
    let texts: Vec<Vec<u8>> = texts.chain(seeds("sdp")).collect();
    each("description", LIMIT, texts.clone().into_iter(), sdp::exercise);
    each("description", LIMIT, Mutations::of(texts, 8866).take(4_000), sdp::exercise);
}

#[test]
fn packets_of_any_kind_are_played_or_dropped() {
    let mut random = StdRng::seed_from_u64(3550);
    let inputs = std::iter::repeat_with(move || {
        let length = random.random_range(0..6_000);
        (0..length).map(|_| random.random()).collect()
    });
    each("packets", LIMIT_OF_MUCH, inputs.take(600), rtp::exercise);
}

#[test]
fn lines_of_the_control_socket_are_done_or_refused() {
    let lines = seeds("control");
    for line in &lines {
        let read = serde_json::from_slice::<phone::RemoteRequest>(line);
        assert!(read.is_ok(), "{:?}: {read:?}", String::from_utf8_lossy(line));
    }
    each("line", LIMIT, lines.clone().into_iter(), control::exercise);
    each("line", LIMIT, Mutations::of(lines, 1).take(4_000), control::exercise);
}

#[test]
fn damaged_settings_are_read_or_kept_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = store::SettingsFile::at(folder.path().join("settings.toml"));
    let settings = tests::settings("alice", "wss://pbx.example.com/ws", "example.com", "");
    file.save(&settings).expect("good settings can be saved");
    let mut texts = seeds("settings");
    texts.push(fs::read(file.path()).expect("it was saved"));
    each("settings", LIMIT_OF_MUCH, texts.clone().into_iter(), settings::exercise);
    each("settings", LIMIT_OF_MUCH, Mutations::of(texts, 1).take(300), settings::exercise);
}

#[test]
fn links_of_any_kind_are_targets_or_nothing() {
    let links = seeds("link");
    each("link", LIMIT, links.clone().into_iter(), link::exercise);
    each("link", LIMIT, Mutations::of(links, 3966).take(4_000), link::exercise);
}

#[test]
fn damaged_messages_are_taken_apart_for_the_trace() {
    let messages: Vec<Vec<u8>> = fixtures("sip/peers", "dat").into_iter().map(|(_, message)| message).collect();
    each("trace", LIMIT, messages.clone().into_iter(), trace::exercise);
    each("trace", LIMIT, Mutations::of(messages, 3261).take(2_000), trace::exercise);
}

#[test]
fn frames_of_a_cti_are_read_or_refused() {
    let frames = seeds("cti");
    each("frame", LIMIT, frames.clone().into_iter(), cti::exercise);
    each("frame", LIMIT, Mutations::of(frames, 6455).take(4_000), cti::exercise);
}

#[test]
fn tokens_of_any_kind_are_read_or_refused() {
    let encoded = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let of = |claims: &str| format!("{}.{}.c2lnbmVk", encoded(r#"{"alg":"RS256"}"#), encoded(claims)).into_bytes();
    // Mutations of the text reach the letters of BASE64; those of the claims reach what is in them.
    let claims = [br#"{"sub":"alice","aud":["0-2-0"],"iat":1780315200,"exp":9223372036854775807}"#.to_vec()];
    let damaged = Mutations::of(claims.to_vec(), 7519).take(2_000).map(|claims| of(&String::from_utf8_lossy(&claims)));
    each("token", LIMIT, damaged, token::exercise);
    let tokens = seeds("token");
    each("token", LIMIT, tokens.clone().into_iter(), token::exercise);
    each("token", LIMIT, Mutations::of(tokens, 4648).take(2_000), token::exercise);
}

#[test]
fn what_is_provisioned_makes_sense_or_is_refused() {
    let texts = seeds("provisioning");
    for text in &texts {
        let text = String::from_utf8_lossy(text);
        assert!(store::Provisioned::of_text("a test", &text).is_ok(), "{text}");
    }
    each("provisioning", LIMIT, texts.clone().into_iter(), provisioning::exercise);
    each("provisioning", LIMIT, Mutations::of(texts, 1).take(1_000), provisioning::exercise);
}

#[test]
fn lists_of_ice_servers_are_read_or_none() {
    let lists = seeds("ice_list");
    each("list", LIMIT, lists.clone().into_iter(), ice_list::exercise);
    each("list", LIMIT, Mutations::of(lists, 7065).take(4_000), ice_list::exercise);
}

#[test]
fn answers_of_web_servers_are_read_or_refused() {
    let answers = seeds("web");
    each("answer", LIMIT, answers.clone().into_iter(), web::exercise);
    each("answer", LIMIT, Mutations::of(answers, 9110).take(4_000), web::exercise);
}

#[test]
fn files_of_contacts_are_read_or_refused() {
    let files = seeds("contacts");
    each("contacts", LIMIT_OF_MUCH, files.clone().into_iter(), contacts::exercise);
    each("contacts", LIMIT_OF_MUCH, Mutations::of(files, 6350).take(600), contacts::exercise);
}

#[test]
fn messages_of_servers_are_read_or_passed_over() {
    let messages = seeds("stun");
    each("message", LIMIT, messages.clone().into_iter(), stun::exercise);
    each("message", LIMIT, Mutations::of(messages, 8489).take(4_000), stun::exercise);
}

#[test]
fn answers_of_anybody_in_the_network_name_an_address_or_none() {
    let answers = seeds("mdns");
    each("datagram", LIMIT, answers.clone().into_iter(), mdns::exercise);
    each("datagram", LIMIT, Mutations::of(answers, 6762).take(4_000), mdns::exercise);
}

#[test]
fn sound_files_are_rung_with_or_refused() {
    let files = seeds("ringtone");
    assert!(audio::check_ringtone(files[0].clone()).is_ok());
    each("sound", LIMIT, files.clone().into_iter(), ringtone::exercise);
    each("sound", LIMIT, Mutations::of(files, 4).take(4_000), ringtone::exercise);
}
