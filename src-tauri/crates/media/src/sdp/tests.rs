//! Descriptions of real programs, descriptions that must be refused, and ours.

use model::{CandidateKind, Codec, MediaDirection};
use proptest::prelude::*;

use super::*;
use crate::{Payload, TelephoneEvent};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../../tests/fixtures/sdp/", $name, ".sdp"))
    };
}

const CODECS: [Codec; 4] = [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma];

const OFFERS: [(&str, &str); 9] = [
    ("asterisk-offer", fixture!("asterisk-offer")),
    ("asterisk-reoffer-pcmu", fixture!("asterisk-reoffer-pcmu")),
    ("chromium-offer", fixture!("chromium-offer")),
    ("chromium-video-offer", fixture!("chromium-video-offer")),
    ("firefox-offer", fixture!("firefox-offer")),
    ("freeswitch-offer", fixture!("freeswitch-offer")),
    ("rtpengine-offer", fixture!("rtpengine-offer")),
    ("linphone-sdes-offer", fixture!("linphone-sdes-offer")),
    ("xivo-offer", fixture!("xivo-offer")),
];

const ANSWERS: [(&str, &str); 3] = [
    ("asterisk-answer", fixture!("asterisk-answer")),
    ("chromium-answer", fixture!("chromium-answer")),
    ("xivo-answer", fixture!("xivo-answer")),
];

fn offer(text: &str) -> RemoteDescription {
    RemoteDescription::offer(text, &CODECS).expect(text)
}

fn refusal(text: &str) -> Refusal {
    RemoteDescription::offer(text, &CODECS).expect_err(text)
}

fn terms() -> AudioTerms {
    AudioTerms { codecs: CODECS.to_vec(), packet_ms: 20, dtx: false }
}

fn ours() -> TransportDescription {
    TransportDescription {
        ice_ufrag: "uFrA".into(),
        ice_pwd: "pwdpwdpwdpwdpwdpwdpwdpwd".into(),
        ice_lite: false,
        fingerprints: vec![Fingerprint { algorithm: "sha-256".into(), digest: (0..32).collect() }],
        setup: Setup::Actpass,
        candidates: [
            "1 1 udp 2113937151 192.0.2.10 40000 typ host",
            "2 1 udp 2105458943 127.0.0.1 40001 typ host",
            "3 1 udp 1677729535 198.51.100.9 41000 typ srflx raddr 192.0.2.10 rport 40000",
        ]
        .iter()
        .map(|line| line.parse().expect("a candidate"))
        .collect(),
    }
}

fn numbers(description: &RemoteDescription) -> Vec<u8> {
    description.audio.formats.iter().map(|format| format.number).collect()
}

#[test]
fn offers_of_real_programs_are_understood() {
    for (name, text, formats, candidates) in [
        ("asterisk-offer", fixture!("asterisk-offer"), &[107, 9, 0, 8, 101, 102][..], 1),
        ("asterisk-reoffer-pcmu", fixture!("asterisk-reoffer-pcmu"), &[0, 102], 1),
        ("chromium-offer", fixture!("chromium-offer"), &[111, 63, 9, 0, 8, 110, 126], 1),
        ("chromium-video-offer", fixture!("chromium-video-offer"), &[111, 63, 110, 126], 1),
        ("firefox-offer", fixture!("firefox-offer"), &[109, 9, 0, 8, 101], 2),
        ("freeswitch-offer", fixture!("freeswitch-offer"), &[102, 0, 8, 103, 101], 1),
        ("rtpengine-offer", fixture!("rtpengine-offer"), &[8, 0, 101], 2),
        ("xivo-offer", fixture!("xivo-offer"), &[111, 8, 0, 101], 1),
    ] {
        let description = offer(text);
        assert_eq!(numbers(&description), formats, "{name}");
        assert_eq!(description.transport.candidates.len(), candidates, "{name}");
        assert_eq!(description.transport.setup, Setup::Actpass, "{name}");
        assert_eq!(description.audio.direction, MediaDirection::SendRecv, "{name}");
        assert_eq!(description.transport.fingerprints.len(), 1, "{name}");
    }
}

#[test]
fn parameters_of_opus_are_read() {
    let freeswitch = offer(fixture!("freeswitch-offer"));
    assert_eq!(
        freeswitch.audio.formats[0].kind,
        FormatKind::Audio { codec: Codec::Opus, fec: true, dtx: false, max_bitrate: Some(30_000) }
    );
    assert_eq!(freeswitch.audio.packet_ms, Some(20));
    let asterisk = offer(fixture!("asterisk-offer"));
    assert_eq!(
        asterisk.audio.formats[0].kind,
        FormatKind::Audio { codec: Codec::Opus, fec: false, dtx: false, max_bitrate: None }
    );
}

#[test]
fn answers_of_real_programs_are_understood() {
    for (name, text, formats, setup) in [
        ("asterisk-answer", fixture!("asterisk-answer"), &[111, 9, 0, 8, 110, 126][..], Setup::Active),
        ("chromium-answer", fixture!("chromium-answer"), &[107, 9, 0, 8, 101, 102], Setup::Active),
        ("xivo-answer", fixture!("xivo-answer"), &[8, 101], Setup::Active),
    ] {
        let description = RemoteDescription::answer(text, 0, &CODECS).expect(name);
        assert_eq!(numbers(&description), formats, "{name}");
        assert_eq!(description.transport.setup, setup, "{name}");
    }
}

#[test]
fn what_cannot_be_answered_is_refused_in_words() {
    let chromium = fixture!("chromium-offer");
    let without =
        |line: &str| -> String { chromium.lines().filter(|text| !text.starts_with(line)).collect::<Vec<_>>().join("\r\n") };
    for (text, code, words) in [
        ("", 400, "empty"),
        ("INVITE sip:a@b SIP/2.0\r\n", 400, "no line"),
        ("v=1\r\n", 400, "v=0"),
        ("o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\n", 400, "v=0"),
        ("v=0\r\nm=audio\r\n", 400, "media line"),
        ("v=0\r\nm=audio 99999 UDP/TLS/RTP/SAVPF 0\r\n", 400, "media line"),
        ("v=0\r\ns=-\r\n", 488, "no audio"),
        (&"v=0\r\n".repeat(20_000), 400, "longer"),
        (&format!("v=0\r\n{}", "a=x\r\n".repeat(2_000)), 400, "attributes"),
        (&format!("v=0\r\n{}", "m=audio 9 X 0\r\n".repeat(40)), 400, "sections"),
        (fixture!("plain-offer"), 488, "plain RTP"),
        (fixture!("linphone-sdes-offer"), 488, "SDES"),
        (&without("a=fingerprint"), 488, "fingerprint"),
        (&without("a=ice-ufrag"), 488, "ICE"),
        (&without("a=ice-pwd"), 488, "ICE"),
        (&chromium.replace("sha-256", "md5"), 488, "hash"),
        (&chromium.replace("m=audio 45555", "m=audio 0"), 488, "port 0"),
        (&chromium.replace("m=audio", "m=video"), 488, "no audio"),
        (&chromium.replace("111 63 9 0 8 13 110 126", "13 110 126"), 488, "codec"),
        (&chromium.replace("111 63 9 0 8 13 110 126", "18"), 488, "codec"),
    ] {
        let refusal = refusal(text);
        assert_eq!(refusal.code, code, "{refusal}: {}", text.chars().take(200).collect::<String>());
        assert!(refusal.to_string().contains(words), "{refusal}");
    }
}

#[test]
fn of_several_audio_sections_the_first_that_can_be_had_is_taken() {
    let chromium = fixture!("chromium-offer");
    let (session, audio) = chromium.split_once("m=audio").expect("it has audio");
    let plain = "m=audio 40000 RTP/AVP 0 8\nc=IN IP4 192.0.2.7\na=sendrecv\n";
    let both = offer(&format!("{session}{plain}m=audio{audio}{plain}"));
    assert_eq!(both.audio_index, 1);
    let answer = LocalSession::new(1).answer(&both, &terms(), &ours(), (Setup::Active, MediaDirection::SendRecv));
    let text = answer.expect("codecs in common").text;
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("m=audio 0 RTP/AVP") && lines[2].starts_with("m=audio 0 RTP/AVP"), "{text}");
    assert!(lines[1].starts_with("m=audio 41000 UDP/TLS/RTP/SAVPF"), "{text}");
    let refusal = refusal(&format!("{session}m=audio 0 RTP/AVP 0\n{plain}m=audio 9 UDP/TLS/RTP/SAVPF 0\n"));
    assert!(refusal.to_string().contains("plain RTP"), "the first that was meant tells why: {refusal}");
}

#[test]
fn lite_and_bundled_is_who_says_so_of_this_audio() {
    let chromium = fixture!("chromium-offer");
    assert!(!offer(chromium).transport.ice_lite);
    assert!(offer(&chromium.replace("t=0 0", "t=0 0\na=ice-lite")).transport.ice_lite);
    assert!(offer(&chromium.replace("a=sendrecv", "a=sendrecv\na=ice-lite")).transport.ice_lite);
    let bundles = |text: &str| {
        let answer = LocalSession::new(1).answer(&offer(text), &terms(), &ours(), (Setup::Active, MediaDirection::SendRecv));
        answer.expect("codecs in common").text.contains("a=group:BUNDLE 0\r\n")
    };
    assert!(bundles(chromium));
    assert!(!bundles(&chromium.replace("a=group:BUNDLE 0", "a=group:BUNDLE 7")), "an answer bundles what the offer does");
    assert!(bundles(&chromium.replace("a=group:BUNDLE 0", "a=group:LS 7\na=group:BUNDLE 8 9\na=group:BUNDLE 0")));
}

#[test]
fn an_answer_that_refuses_the_audio_is_a_refusal() {
    let answer = fixture!("asterisk-answer").replace("m=audio 28332", "m=audio 0");
    let refusal = RemoteDescription::answer(&answer, 0, &CODECS).expect_err("port 0");
    assert_eq!((refusal.code, refusal.to_string().contains("refused")), (488, true));
}

#[test]
fn codecs_the_user_does_not_want_are_not_in_common() {
    let description = RemoteDescription::offer(fixture!("chromium-offer"), &[Codec::Pcma]).expect("PCMA is offered");
    let codecs: Vec<_> = description.audio.formats.iter().filter_map(Format::codec).collect();
    assert_eq!(codecs, [Codec::Pcma]);
}

#[test]
fn hold_is_read_in_its_old_and_new_forms() {
    let chromium = fixture!("chromium-offer");
    for (text, direction) in [
        (chromium.replace("a=sendrecv", "a=sendonly"), MediaDirection::SendOnly),
        (chromium.replace("a=sendrecv", "a=recvonly"), MediaDirection::RecvOnly),
        (chromium.replace("a=sendrecv", "a=inactive"), MediaDirection::Inactive),
        (chromium.replace("a=sendrecv\n", ""), MediaDirection::SendRecv),
        (chromium.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"), MediaDirection::SendOnly),
        // Before the first candidate is found a browser writes this, and wants to hear us.
        (chromium.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0").replace("audio 45555", "audio 9"), MediaDirection::SendRecv),
        (chromium.replace("a=sendrecv\n", "").replace("t=0 0", "t=0 0\na=sendonly"), MediaDirection::SendOnly),
    ] {
        assert_eq!(offer(&text).audio.direction, direction);
    }
}

#[test]
fn transport_lines_may_stand_at_the_session_or_with_the_bundle() {
    let firefox = offer(fixture!("firefox-offer"));
    assert_eq!(firefox.transport.fingerprints[0].algorithm, "sha-256");
    let video = fixture!("chromium-video-offer");
    let (session, audio_first) = video.split_once("m=audio").expect("it has audio");
    let (audio, video) = audio_first.split_once("m=video").expect("it has video");
    // The video carries the transport, the audio only its part of the bundle.
    let audio: String =
        audio.lines().filter(|line| !line.starts_with("a=ice") && !line.starts_with("a=finger")).collect::<Vec<_>>().join("\n");
    let swapped = format!("{}m=video{video}m=audio{audio}\n", session.replace("BUNDLE 0 1", "BUNDLE 1 0"));
    assert_eq!(offer(&swapped).transport.ice_ufrag, "xUIv");
    assert_eq!(offer(&swapped).audio_index, 1);
}

#[test]
fn our_offer_reads_well_to_gateways() {
    let mut session = LocalSession::new(1 << 20);
    insta::assert_snapshot!(session.offer(&terms(), &ours(), MediaDirection::SendRecv).text);
}

#[test]
fn our_answer_mirrors_sections_and_numbers() {
    let remote = offer(fixture!("chromium-video-offer"));
    let mut session = LocalSession::new(1 << 20);
    let answer = session.answer(&remote, &terms(), &ours(), (Setup::Active, MediaDirection::SendRecv)).expect("Opus is common");
    insta::assert_snapshot!(answer.text);
}

#[test]
fn the_version_counts_changes_only() {
    let mut session = LocalSession::new(9);
    let version = |text: &str| text.lines().find_map(|line| line.strip_prefix("o=- ")?.split(' ').nth(1)?.parse::<u64>().ok());
    let first = session.offer(&terms(), &ours(), MediaDirection::SendRecv).text;
    let same = session.offer(&terms(), &ours(), MediaDirection::SendRecv).text;
    let held = session.offer(&terms(), &ours(), MediaDirection::SendOnly).text;
    assert_eq!([version(&first), version(&same), version(&held)], [Some(1), Some(1), Some(2)]);
    assert_eq!(first, same);
}

#[test]
fn a_later_offer_keeps_the_far_ends_sections_and_numbers() {
    let remote = offer(&fixture!("chromium-video-offer").replace("126", "101").replace("111", "102"));
    let mut session = LocalSession::new(9);
    session.answer(&remote, &terms(), &ours(), (Setup::Active, MediaDirection::SendRecv)).expect("Opus is common");
    let offer = session.offer(&terms(), &ours(), MediaDirection::SendOnly).text;
    let media: Vec<&str> = offer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(media, ["m=audio 41000 UDP/TLS/RTP/SAVPF 102 63 9 0 8 110 101", "m=video 0 UDP/TLS/RTP/SAVPF 96 97"]);
    assert!(offer.contains("a=fmtp:63 102/102"), "{offer}");
}

#[test]
fn numbers_never_stand_for_two_things() {
    // Their telephone-event took the number that is our Opus; Opus must move.
    let text = fixture!("rtpengine-offer").replace("101", "111");
    let mut session = LocalSession::new(9);
    session.answer(&offer(&text), &terms(), &ours(), (Setup::Active, MediaDirection::SendRecv)).expect("PCMA is common");
    let formats = session.offer(&terms(), &ours(), MediaDirection::SendRecv).formats;
    let mut numbers: Vec<u8> = formats.iter().map(|format| format.number).collect();
    numbers.sort_unstable();
    let before = numbers.len();
    numbers.dedup();
    assert_eq!(numbers.len(), before, "{formats:?}");
}

#[test]
fn the_default_candidate_is_the_widest_reaching() {
    let mut session = LocalSession::new(9);
    let port = |session: &mut LocalSession, transport: &TransportDescription| {
        let text = session.offer(&terms(), transport, MediaDirection::SendRecv).text;
        text.lines().find(|line| line.starts_with("m=audio")).and_then(|line| line.split(' ').nth(1).map(str::to_owned))
    };
    let mut transport = ours();
    assert_eq!(port(&mut session, &transport).as_deref(), Some("41000"));
    transport.candidates.retain(|candidate| candidate.kind == CandidateKind::Host);
    assert_eq!(port(&mut session, &transport).as_deref(), Some("40000"));
    transport.candidates.clear();
    assert_eq!(port(&mut session, &transport).as_deref(), Some("9"));
}

#[test]
fn both_ends_agree_on_the_same() {
    let remote = RemoteDescription::answer(fixture!("asterisk-answer"), 0, &CODECS).expect("an answer");
    let offer = LocalSession::new(9).offer(&terms(), &ours(), MediaDirection::SendRecv);
    let agreed = negotiate(&offer.formats, &remote.audio, MediaDirection::SendRecv).expect("codecs are in common");
    assert_eq!(agreed.send, Payload { number: 111, codec: Codec::Opus, fec: false, dtx: false, max_bitrate: None });
    assert_eq!(agreed.receive.iter().map(|payload| payload.number).collect::<Vec<_>>(), [111, 9, 0, 8]);
    let events = [TelephoneEvent { number: 110, clock_hz: 48_000 }, TelephoneEvent { number: 126, clock_hz: 8_000 }];
    assert_eq!(agreed.telephone_events, events);
    assert_eq!((agreed.red, agreed.packet_ms), (None, Some(20)));
}

#[test]
fn redundancy_is_agreed_on_where_both_know_it() {
    let remote = offer(fixture!("chromium-offer"));
    let answer =
        LocalSession::new(9).answer(&remote, &terms(), &ours(), (Setup::Active, MediaDirection::SendRecv)).expect("Opus");
    let agreed = negotiate(&answer.formats, &remote.audio, MediaDirection::SendRecv).expect("Opus");
    assert_eq!(agreed.red, Some(63));
    let other = offer(&fixture!("chromium-offer").replace("a=fmtp:63 111/111", "a=fmtp:63 9/9"));
    let answer = LocalSession::new(9).answer(&other, &terms(), &ours(), (Setup::Active, MediaDirection::SendRecv)).expect("Opus");
    assert!(!answer.text.contains("red/48000"), "{}", answer.text);
    assert_eq!(negotiate(&answer.formats, &other.audio, MediaDirection::SendRecv).and_then(|agreed| agreed.red), None);
}

#[test]
fn numbers_that_differ_are_each_ends_own() {
    let text = fixture!("asterisk-answer").replace("111", "96");
    let remote = RemoteDescription::answer(&text, 0, &CODECS).expect("an answer");
    let offer = LocalSession::new(9).offer(&terms(), &ours(), MediaDirection::SendRecv);
    let agreed = negotiate(&offer.formats, &remote.audio, MediaDirection::SendRecv).expect("Opus");
    assert_eq!(agreed.send.number, 96);
    let opus = |number: u8| agreed.receive.iter().any(|payload| payload.number == number && payload.codec == Codec::Opus);
    assert!(opus(111) && opus(96), "{:?}", agreed.receive);
}

#[test]
fn direction_is_what_both_allow() {
    for (remote, wanted, flows) in [
        (MediaDirection::SendRecv, MediaDirection::SendRecv, MediaDirection::SendRecv),
        (MediaDirection::SendOnly, MediaDirection::SendRecv, MediaDirection::RecvOnly),
        (MediaDirection::RecvOnly, MediaDirection::SendRecv, MediaDirection::SendOnly),
        (MediaDirection::SendOnly, MediaDirection::SendOnly, MediaDirection::Inactive),
        (MediaDirection::Inactive, MediaDirection::SendRecv, MediaDirection::Inactive),
        (MediaDirection::SendRecv, MediaDirection::SendOnly, MediaDirection::SendOnly),
    ] {
        let mut description = offer(fixture!("chromium-offer"));
        description.audio.direction = remote;
        let formats = description.audio.formats.clone();
        let agreed = negotiate(&formats, &description.audio, wanted).expect("Opus");
        assert_eq!((agreed.direction, agreed.remote), (flows, remote));
    }
}

/// Runs a text through everything that reads one; what is understood must also be answerable.
fn read(text: &str) {
    let readings = [RemoteDescription::offer(text, &CODECS), RemoteDescription::answer(text, 0, &CODECS)];
    for description in readings.into_iter().flatten() {
        let answer = LocalSession::new(7).answer(&description, &terms(), &ours(), (Setup::Passive, MediaDirection::SendRecv));
        let answer = answer.expect("what has a codec in common can be answered");
        let again = RemoteDescription::answer(&answer.text, description.audio_index, &CODECS).expect("ours is a good answer");
        assert!(negotiate(&answer.formats, &description.audio, MediaDirection::SendRecv).is_some());
        assert_eq!(again.sections.len(), description.sections.len());
    }
}

#[test]
fn twenty_thousand_damaged_descriptions_do_no_harm() {
    let texts: Vec<&str> = OFFERS.iter().chain(&ANSWERS).map(|(_, text)| *text).collect();
    let mut state = 0x5EED_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for round in 0..20_000 {
        let mut bytes = texts[round % texts.len()].as_bytes().to_vec();
        for _ in 0..=random(6) {
            let (at, other) = (random(bytes.len()), random(bytes.len()));
            match random(6) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes.truncate(at),
                2 => {
                    let part = bytes[at.min(other)..at.max(other)].to_vec();
                    bytes.splice(other..other, part);
                }
                3 => drop(bytes.drain(at.min(other)..at.max(other))),
                4 => drop(bytes.splice(at..at, "é\u{2028}".bytes())),
                _ => drop(bytes.splice(at..at, [b"\r\na=", b" 999", b"\nm=a", b"::::", b"/-1/"][random(5)].iter().copied())),
            }
            if bytes.is_empty() {
                break;
            }
        }
        read(&String::from_utf8_lossy(&bytes));
    }
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in "\\PC{0,400}") {
        read(&text);
        read(&format!("v=0\r\n{text}"));
    }

    #[test]
    fn any_lines_can_be_read(lines in prop::collection::vec("[vosctmab]=[ -~]{0,60}", 0..40)) {
        read(&format!("v=0\n{}", lines.join("\n")));
    }
}

#[test]
fn a_zero_byte_behind_a_description_is_nothing() {
    let text = fixture!("asterisk-offer");
    assert_eq!(offer(&format!("{text}\0")), offer(text));
    assert_eq!(refusal(&text.replace("s=", "s\0=")).code, 400);
}
