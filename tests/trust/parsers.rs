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

/// A parser, and how long it may take over one input.
struct Parser {
    /// What it reads, in a word.
    reads: &'static str,
    limit: Duration,
    exercise: fn(&[u8]),
}

impl Parser {
    fn of(reads: &'static str, exercise: fn(&[u8])) -> Self {
        Self { reads, limit: LIMIT, exercise }
    }

    /// One whose inputs are large.
    fn of_much(reads: &'static str, exercise: fn(&[u8])) -> Self {
        Self { limit: LIMIT_OF_MUCH, ..Self::of(reads, exercise) }
    }

    /// Takes each input.
    fn takes(&self, inputs: impl IntoIterator<Item = Vec<u8>>) {
        let Self { reads, limit, exercise } = *self;
        let mut slowest = Duration::ZERO;
        for (number, input) in inputs.into_iter().enumerate() {
            // Seen only when it fails.
            println!("{reads} {number}");
            slowest = slowest.max(within(limit, &input, exercise));
        }
        // `cargo xtask bench trust` reads it.
        if limit == LIMIT {
            println!("slowest input: {} us ({reads})", slowest.as_micros());
        }
    }

    /// Takes each input as it is, and so many of them damaged; the seed says how.
    fn takes_damaged(&self, inputs: Vec<Vec<u8>>, seed: u64, times: usize) {
        self.takes(inputs.clone());
        self.takes(Mutations::of(inputs, seed).take(times));
    }
}

#[test]
fn damaged_descriptions_are_read_or_refused() {
    let texts = fixtures("sdp", "sdp").into_iter().map(|(_, text)| text);
    let texts: Vec<Vec<u8>> = texts.chain(seeds("sdp")).collect();
    Parser::of("description", sdp::exercise).takes_damaged(texts, 8866, 4_000);
}

#[test]
fn packets_of_any_kind_are_played_or_dropped() {
    let mut random = StdRng::seed_from_u64(3550);
    let inputs = std::iter::repeat_with(move || {
        let length = random.random_range(0..6_000);
        (0..length).map(|_| random.random()).collect()
    });
    Parser::of_much("packets", rtp::exercise).takes(inputs.take(600));
}

#[test]
fn lines_of_the_control_socket_are_done_or_refused() {
    let lines = seeds("control");
    for line in &lines {
        let read = serde_json::from_slice::<phone::RemoteRequest>(line);
        assert!(read.is_ok(), "{:?}: {read:?}", String::from_utf8_lossy(line));
    }
    Parser::of("line", control::exercise).takes_damaged(lines, 1, 4_000);
}

#[test]
fn damaged_settings_are_read_or_kept_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = store::SettingsFile::at(folder.path().join("settings.toml"));
    let settings = tests::settings("alice", "wss://pbx.example.com/ws", "example.com", "");
    file.save(&settings).expect("good settings can be saved");
    let mut texts = seeds("settings");
    texts.push(fs::read(file.path()).expect("it was saved"));
    Parser::of_much("settings", settings::exercise).takes_damaged(texts, 1, 300);
}

#[test]
fn links_of_any_kind_are_targets_or_nothing() {
    Parser::of("link", link::exercise).takes_damaged(seeds("link"), 3966, 4_000);
}

#[test]
fn damaged_messages_are_taken_apart_for_the_trace() {
    let messages: Vec<Vec<u8>> = fixtures("sip/peers", "dat").into_iter().map(|(_, message)| message).collect();
    Parser::of("trace", trace::exercise).takes_damaged(messages, 3261, 2_000);
}

#[test]
fn frames_of_a_cti_are_read_or_refused() {
    Parser::of("frame", cti::exercise).takes_damaged(seeds("cti"), 6455, 4_000);
}

#[test]
fn tokens_of_any_kind_are_read_or_refused() {
    let encoded = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let of = |claims: &str| format!("{}.{}.c2lnbmVk", encoded(r#"{"alg":"RS256"}"#), encoded(claims)).into_bytes();
    // Mutations of the text reach the letters of BASE64; those of the claims reach what is in them.
    let claims = [br#"{"sub":"alice","aud":["0-2-0"],"iat":1780315200,"exp":9223372036854775807}"#.to_vec()];
    let damaged = Mutations::of(claims.to_vec(), 7519).take(2_000).map(|claims| of(&String::from_utf8_lossy(&claims)));
    Parser::of("token", token::exercise).takes(damaged);
    Parser::of("token", token::exercise).takes_damaged(seeds("token"), 4648, 2_000);
}

#[test]
fn what_is_provisioned_makes_sense_or_is_refused() {
    let texts = seeds("provisioning");
    for text in &texts {
        let text = String::from_utf8_lossy(text);
        assert!(store::Provisioned::of_text("a test", &text).is_ok(), "{text}");
    }
    Parser::of("provisioning", provisioning::exercise).takes_damaged(texts, 1, 1_000);
}

#[test]
fn lists_of_ice_servers_are_read_or_none() {
    Parser::of("list", ice_list::exercise).takes_damaged(seeds("ice_list"), 7065, 4_000);
}

#[test]
fn answers_of_web_servers_are_read_or_refused() {
    Parser::of("answer", web::exercise).takes_damaged(seeds("web"), 9110, 4_000);
}

#[test]
fn files_of_contacts_are_read_or_refused() {
    Parser::of_much("contacts", contacts::exercise).takes_damaged(seeds("contacts"), 6350, 600);
}

#[test]
fn messages_of_servers_are_read_or_passed_over() {
    Parser::of("message", stun::exercise).takes_damaged(seeds("stun"), 8489, 4_000);
}

#[test]
fn answers_of_anybody_in_the_network_name_an_address_or_none() {
    Parser::of("datagram", mdns::exercise).takes_damaged(seeds("mdns"), 6762, 4_000);
}

#[test]
fn sound_files_are_rung_with_or_refused() {
    let files = seeds("ringtone");
    assert!(audio::check_ringtone(files[0].clone()).is_ok());
    Parser::of("sound", ringtone::exercise).takes_damaged(files, 4, 4_000);
}
