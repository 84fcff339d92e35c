//! What the fuzz targets do, with a few thousand inputs of a fixed seed.

use std::time::Instant;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tests::{Mutations, fixtures, seconds};

#[path = "../fuzz/exercises/control.rs"]
mod control;
#[path = "../fuzz/exercises/link.rs"]
mod link;
#[path = "../fuzz/exercises/rtp.rs"]
mod rtp;
#[path = "../fuzz/exercises/sdp.rs"]
mod sdp;
#[path = "../fuzz/exercises/settings.rs"]
mod settings;
#[path = "../fuzz/exercises/trace.rs"]
mod trace;

fn each(what: &str, inputs: impl Iterator<Item = Vec<u8>>, exercise: fn(&[u8])) {
    for (number, input) in inputs.enumerate() {
        // Seen only when it fails.
        println!("{what} {number}");
        let begun = Instant::now();
        exercise(&input);
        // Far above what any takes, for machines that do other things: what is quadratic takes minutes.
        assert!(begun.elapsed() < seconds(2), "{:?} for {} bytes", begun.elapsed(), input.len());
    }
}

#[test]
fn damaged_descriptions_are_read_or_refused() {
    let texts: Vec<Vec<u8>> = fixtures("sdp", "sdp").into_iter().map(|(_, text)| text).collect();
    each("description", texts.clone().into_iter(), sdp::exercise);
    each("description", Mutations::of(texts, 8866).take(4_000), sdp::exercise);
}

#[test]
fn packets_of_any_kind_are_played_or_dropped() {
    let mut random = StdRng::seed_from_u64(3550);
    let inputs = std::iter::repeat_with(move || {
        let length = random.random_range(0..6_000);
        (0..length).map(|_| random.random()).collect()
    });
    each("packets", inputs.take(600), rtp::exercise);
}

#[test]
fn lines_of_the_control_socket_are_done_or_refused() {
    let lines = [
        r#""status""#,
        r#"{"command":{"command":"dial","target":"600","account":null,"headers":[["X-A","b"]]}}"#,
        r#"{"command":{"command":"answer","call":1}}"#,
        r#"{"command":{"command":"send-dtmf","call":4294967295,"digits":["1","D"]}}"#,
        r#"{"command":{"command":"save-settings","settings":{"version":1,"accounts":[],"log":"info"}}}"#,
        r#"{"command":{"command":"dismiss-notice","notice":0}}"#,
    ];
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    for line in &lines {
        let read = serde_json::from_slice::<phone::RemoteRequest>(line);
        assert!(read.is_ok(), "{:?}: {read:?}", String::from_utf8_lossy(line));
    }
    each("line", lines.clone().into_iter(), control::exercise);
    each("line", Mutations::of(lines, 1).take(4_000), control::exercise);
}

#[test]
fn damaged_settings_are_read_or_kept_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = store::SettingsFile::at(folder.path().join("settings.toml"));
    let settings = tests::settings("alice", "wss://pbx.example.com/ws", "example.com", "");
    file.save(&settings).expect("good settings can be saved");
    let texts = vec![std::fs::read(file.path()).expect("it was saved"), b"version = 1\n".to_vec()];
    each("settings", texts.clone().into_iter(), settings::exercise);
    each("settings", Mutations::of(texts, 1).take(300), settings::exercise);
}

#[test]
fn links_of_any_kind_are_targets_or_nothing() {
    let links = ["tel:+44-20-7946-0123", "sip:alice@example.com;user=phone?subject=x", "callto:600", "sips:%61lice@[::1]:5061"];
    let links: Vec<Vec<u8>> = links.iter().map(|link| link.as_bytes().to_vec()).collect();
    each("link", links.clone().into_iter(), link::exercise);
    each("link", Mutations::of(links, 3966).take(4_000), link::exercise);
}

#[test]
fn damaged_messages_are_taken_apart_for_the_trace() {
    let messages: Vec<Vec<u8>> = fixtures("sip/peers", "dat").into_iter().map(|(_, message)| message).collect();
    each("trace", messages.clone().into_iter(), trace::exercise);
    each("trace", Mutations::of(messages, 3261).take(2_000), trace::exercise);
}
