//! What the fuzz targets do, with a few thousand inputs of a fixed seed.

use std::time::{Duration, Instant};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tests::{Mutations, fixtures};

#[path = "../fuzz/exercises/control.rs"]
mod control;
#[path = "../fuzz/exercises/cti.rs"]
mod cti;
#[path = "../fuzz/exercises/ice_list.rs"]
mod ice_list;
#[path = "../fuzz/exercises/link.rs"]
mod link;
#[path = "../fuzz/exercises/provisioning.rs"]
mod provisioning;
#[path = "../fuzz/exercises/rtp.rs"]
mod rtp;
#[path = "../fuzz/exercises/sdp.rs"]
mod sdp;
#[path = "../fuzz/exercises/settings.rs"]
mod settings;
#[path = "../fuzz/exercises/token.rs"]
mod token;
#[path = "../fuzz/exercises/trace.rs"]
mod trace;
#[path = "../fuzz/exercises/web.rs"]
mod web;

/// What one input may take.
const LIMIT: Duration = Duration::from_millis(50);
/// The same where an input is seconds of sound, or is written to files.
const LIMIT_OF_MUCH: Duration = Duration::from_secs(2);
/// A machine that does other things is slow now and then, a parser that is slow is slow each time.
const ATTEMPTS: u32 = 10;

fn each(what: &str, limit: Duration, inputs: impl Iterator<Item = Vec<u8>>, exercise: fn(&[u8])) {
    let mut slowest = Duration::ZERO;
    for (number, input) in inputs.enumerate() {
        // Seen only when it fails.
        println!("{what} {number}");
        let took = || {
            let begun = Instant::now();
            exercise(&input);
            begun.elapsed()
        };
        let mut quickest = took();
        for _ in 1..ATTEMPTS {
            if quickest <= limit {
                break;
            }
            quickest = quickest.min(took());
        }
        assert!(quickest <= limit, "slower than {limit:?} for {} bytes: {quickest:?}", input.len());
        slowest = slowest.max(quickest);
    }
    // `cargo xtask bench trust` reads it.
    if limit == LIMIT {
        println!("slowest input: {} us ({what})", slowest.as_micros());
    }
}

#[test]
fn damaged_descriptions_are_read_or_refused() {
    let texts: Vec<Vec<u8>> = fixtures("sdp", "sdp").into_iter().map(|(_, text)| text).collect();
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
    each("line", LIMIT, lines.clone().into_iter(), control::exercise);
    each("line", LIMIT, Mutations::of(lines, 1).take(4_000), control::exercise);
}

#[test]
fn damaged_settings_are_read_or_kept_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = store::SettingsFile::at(folder.path().join("settings.toml"));
    let settings = tests::settings("alice", "wss://pbx.example.com/ws", "example.com", "");
    file.save(&settings).expect("good settings can be saved");
    let texts = vec![std::fs::read(file.path()).expect("it was saved"), b"version = 1\n".to_vec()];
    each("settings", LIMIT_OF_MUCH, texts.clone().into_iter(), settings::exercise);
    each("settings", LIMIT_OF_MUCH, Mutations::of(texts, 1).take(300), settings::exercise);
}

#[test]
fn links_of_any_kind_are_targets_or_nothing() {
    let links = ["tel:+44-20-7946-0123", "sip:alice@example.com;user=phone?subject=x", "callto:600", "sips:%61lice@[::1]:5061"];
    let links: Vec<Vec<u8>> = links.iter().map(|link| link.as_bytes().to_vec()).collect();
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
    let frames = [
        r#"{"msgType":"LoggedOn"}"#,
        r#"{"msgType":"LineConfig","ctiMessage":{"id":"7","name":"abc","xivoIp":"pbx.example.com","password":"x","webRtc":true,"sipPort":"5060","sipProxyName":"default"}}"#,
        r#"{"msgType":"IceConfig","ctiMessage":{"stunConfig":{"urls":["stun:stun.example.com:3478"]},"turnConfig":{"urls":["turn:turn.example.com?transport=tcp"],"username":"1:a","credential":"b","ttl":600}}}"#,
        r#"{"msgType":"PhoneEvent","ctiMessage":{"eventType":"EventRinging","DN":"1000","otherDN":"1001","linkedId":"1.2","uniqueId":"1.3","userData":{"SIPCALLID":"a@b"}}}"#,
        r#"{"msgType":"CallHistory","ctiMessage":[{"start":"2026-01-01 10:00:00","duration":"00:00:07","srcNum":"1000","dstNum":"1001","status":"emitted"}]}"#,
        r#"{"msgType":"DirectoryResult","ctiMessage":{"entries":[{"status":0,"entry":["a","1000"],"contact_id":"1","favorite":false}],"headers":["Name","Number"]}}"#,
        r#"{"msgType":"WebRTCCmd","ctiMessage":{"command":"Answer","sipCallId":"a@b"}}"#,
    ];
    let frames: Vec<Vec<u8>> = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
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
    let tokens: Vec<Vec<u8>> = claims.iter().map(|claims| of(&String::from_utf8_lossy(claims))).collect();
    each("token", LIMIT, tokens.clone().into_iter(), token::exercise);
    each("token", LIMIT, Mutations::of(tokens, 4648).take(2_000), token::exercise);
}

#[test]
fn what_is_provisioned_makes_sense_or_is_refused() {
    let text = "contact = \"4711\"\nlocked = [\"network\"]\n[features]\nrecording = \"off\"\npopup = \"allow\"\n\
                [settings]\ncountry = \"DE\"\n[settings.calls]\nlimit = 4\n";
    let texts = vec![text.as_bytes().to_vec(), b"[settings.updates]\ncheck = false\n".to_vec()];
    for text in &texts {
        let text = String::from_utf8_lossy(text);
        assert!(store::Provisioned::of_text("a test", &text).is_ok(), "{text}");
    }
    each("provisioning", LIMIT, texts.clone().into_iter(), provisioning::exercise);
    each("provisioning", LIMIT, Mutations::of(texts, 1).take(1_000), provisioning::exercise);
}

#[test]
fn lists_of_ice_servers_are_read_or_none() {
    let lists = [
        r#"[{"urls":["stun:s.example.com"]},{"urls":["turn:t.example.com?transport=udp","turns:t.example.com:443"],"username":"1:x","credential":"s"}]"#,
        r#"[{"url":"stun:[2001:db8::1]:3478"},{"urls":"turn:a","username":"u"}]"#,
    ];
    let lists: Vec<Vec<u8>> = lists.iter().map(|list| list.as_bytes().to_vec()).collect();
    each("list", LIMIT, lists.clone().into_iter(), ice_list::exercise);
    each("list", LIMIT, Mutations::of(lists, 7065).take(4_000), ice_list::exercise);
}

#[test]
fn answers_of_web_servers_are_read_or_refused() {
    let answers = [
        (200_u16, r#"{"login":"alice","token":"eyJhbGciOiJSUzI1NiJ9.e30.c2ln","TTL":3600}"#),
        (401, r#"{"error":"InvalidCredentials","message":"no"}"#),
        (200, r#"[{"client_id":"alice","last_modified":"2026-01-01_10:00:00","expires":"2026-01-01_11:00:00"}]"#),
        (400, r#"{"error":{"code":"0123","text":"no","details":["a","b"]}}"#),
    ];
    let answers = answers.iter().map(|(status, body)| [&status.to_be_bytes()[..], body.as_bytes()].concat());
    let answers: Vec<Vec<u8>> = answers.collect();
    each("answer", LIMIT, answers.clone().into_iter(), web::exercise);
    each("answer", LIMIT, Mutations::of(answers, 9110).take(4_000), web::exercise);
}
