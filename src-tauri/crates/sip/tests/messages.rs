//! Messages of the standards and of real peers, whole and damaged, through the parser and every typed reader.

mod exercise;

use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sip::{Headers, Message, Method, NameAddr, Uri};

use exercise::{exercise, read_all};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/sip").join(name)
}

/// The messages of a folder by name.
fn messages(name: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder(name)).expect("the fixtures are there");
    let files = files.map(|file| file.expect("a readable folder").path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "dat"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("a readable file")))
        .collect()
}

fn verdict(frame: &[u8]) -> String {
    match Message::parse(frame) {
        Ok(_) => "accept".into(),
        Err(error) => error.reply.map_or("drop".into(), |reply| reply.code.to_string()),
    }
}

fn check_verdicts(name: &str, count: usize) {
    let messages = messages(name);
    let verdicts = fs::read_to_string(folder(name).join("verdicts.txt")).expect("the verdicts are there");
    let expected: BTreeMap<_, _> =
        verdicts.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(messages.len(), count);
    assert!(messages.keys().map(String::as_str).eq(expected.keys().copied()), "each message has its verdict");
    for (name, frame) in &messages {
        assert_eq!(verdict(frame), expected[name.as_str()], "{name}: {:?}", Message::parse(frame));
        exercise(frame);
    }
}

#[test]
fn every_message_of_rfc_4475_gets_its_verdict() {
    check_verdicts("rfc4475", 49);
}

#[test]
fn every_message_of_rfc_5118_gets_its_verdict() {
    check_verdicts("rfc5118", 12);
}

#[test]
fn every_message_of_real_peers_is_read() {
    check_verdicts("peers", 36);
}

#[test]
fn what_asterisk_and_kamailio_say_is_understood() {
    let messages = messages("peers");
    let read = |name: &str| Message::parse(&messages[name]).expect(name);
    let headers = |name: &str| read(name).headers().clone();

    let invite = headers("asterisk-invite");
    assert_eq!(invite.from().expect("valid").display_name.as_deref(), Some("Zoë \"Quote\" <b>日本語</b> 😀"));
    assert_eq!(invite.session_expires().map(|timer| timer.seconds), Some(1800));
    assert_eq!(invite.min_se(), Some(90));
    assert!(invite.supported().contains(&"100rel".to_owned()));

    let challenges = headers("asterisk-401-register-sha256").challenges("WWW-Authenticate");
    let [challenge] = challenges.as_slice() else { panic!("one challenge") };
    assert_eq!((challenge.realm.as_str(), challenge.algorithm.to_string()), ("lab", "SHA-256".to_owned()));
    assert_eq!(headers("kamailio-407-invite").challenges("Proxy-Authenticate").len(), 1);
    assert!(headers("aculab-401-register").challenges("WWW-Authenticate").is_empty());

    assert_eq!(headers("kamailio-423-register").min_expires(), Some(300));
    assert_eq!(headers("kamailio-503-register").retry_after(), Some(3));
    let hops: Vec<_> =
        headers("kamailio-200-invite").record_routes().expect("valid").into_iter().map(|hop| hop.uri.port).collect();
    assert_eq!(hops, [Some(25160), Some(25180)]);
    let contact = headers("kamailio-invite").contacts().expect("valid").remove(0);
    assert_eq!(contact.uri.param("alias"), Some("127.0.0.1~52732~5"));

    let binding = headers("xivo-register").contacts().expect("valid").remove(0);
    assert_eq!((binding.uri.param("transport"), binding.expires()), (Some("wss"), Some(60)));
    assert_eq!(headers("asterisk-refer").get("r"), Some("sip:600@127.0.0.1:25060"));
    let Message::Request(invite) = read("xivo-invite-auto-answer") else { panic!("a request") };
    assert!(invite.session_description().is_some());
}

fn rfc4475(name: &str) -> Message {
    let frame = messages("rfc4475").remove(name).expect("the message is there");
    Message::parse(&frame).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_tortuous_invite_loses_nothing() {
    let message = rfc4475("wsinv");
    let headers = message.headers();
    assert_eq!(headers.from().expect("valid").display_name.as_deref(), Some(r#"J Rosenberg \""#));
    assert_eq!(headers.from().expect("valid").tag(), Some("98asjd8"));
    assert_eq!(headers.to().expect("valid").tag(), Some("1918181833n"));
    assert_eq!(headers.cseq().expect("valid").to_string(), "9 INVITE");
    assert_eq!(headers.max_forwards(), Some(68));
    let vias = headers.vias().expect("valid");
    let hops: Vec<_> = vias.iter().map(|via| (via.transport.as_str(), via.host.as_str(), via.branch())).collect();
    assert_eq!(
        hops,
        [
            ("UDP", "192.0.2.2", Some("390skdjuw")),
            ("TCP", "spindle.example.com", Some("z9hG4bK9ikj8")),
            ("UDP", "192.168.255.111", Some("z9hG4bK30239")),
        ]
    );
    let contact = headers.contacts().expect("valid").remove(0);
    assert_eq!(contact.display_name.as_deref(), Some(r#"Quoted string """#));
    assert_eq!((contact.params.get("newparam"), contact.params.get("q")), (Some("newvalue"), Some("0.33")));
    assert_eq!(headers.routes().expect("valid").len(), 1);
    let Message::Request(request) = message else { panic!("a request") };
    assert_eq!(request.body.len(), 150);
    assert!(request.session_description().expect("a description").contains("rtpmap:31 LPC"));
}

#[test]
fn the_second_request_of_a_frame_is_not_part_of_the_first() {
    let Message::Request(request) = rfc4475("dblreq") else { panic!("a request") };
    assert_eq!((request.method, request.body.len()), (Method::Register, 0));
}

#[test]
fn binary_bodies_arrive_byte_for_byte() {
    let Message::Request(request) = rfc4475("mpart01") else { panic!("a request") };
    assert_eq!(request.body.len(), 553);
    assert!(request.body.windows(4).any(|bytes| bytes == [0x30, 0x82, 0x01, 0x52]));
}

#[test]
fn brackets_decide_what_is_a_port() {
    let messages = messages("rfc5118");
    let uri = |name: &str| match Message::parse(&messages[name]).expect(name) {
        Message::Request(request) => request.uri,
        Message::Response(_) => panic!("a request"),
    };
    assert_eq!(uri("port-ambiguous").port, None);
    assert_eq!(uri("port-unambiguous").port, Some(5070));
    for name in ["via-received-param-with-delim", "via-received-param-no-delim"] {
        let via = Message::parse(&messages[name]).expect(name).headers().via().expect(name);
        assert_eq!(via.received().map(|address| address.trim_matches(['[', ']'])), Some("2001:db8::9:255"));
    }
}

/// Longer than any message may take to be read and written, in a debug build.
const SLOW: Duration = Duration::from_millis(50);

/// How long the work takes; repeated when it seems slow, because the machine may have been busy with something else.
#[expect(clippy::disallowed_methods, reason = "real time is what is asked for")]
fn fastest(work: impl Fn()) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..10 {
        let started = Instant::now();
        work();
        fastest = fastest.min(started.elapsed());
        if fastest < SLOW {
            break;
        }
    }
    fastest
}

/// All fixtures.
fn all_messages() -> Vec<Vec<u8>> {
    ["rfc4475", "rfc5118", "peers"].iter().flat_map(|name| messages(name).into_values()).collect()
}

/// One of the ways in which messages get damaged, by accident or on purpose.
fn damage(random: &mut StdRng, frame: &mut Vec<u8>, other: &[u8]) {
    const PIECES: [&[u8]; 16] = [
        b"\r\n",
        b"\r\n\r\n",
        b"\r\n ",
        b",",
        b"\"",
        b"\\",
        b"<",
        b">",
        b"%00",
        b"\0",
        b"\xff",
        b"\xc3",
        b":",
        b";;=",
        b"99999999999999999999",
        "é☎".as_bytes(),
    ];
    let at = random.random_range(0..=frame.len());
    let end = random.random_range(at..=frame.len()).min(at + 200);
    match random.random_range(0..7) {
        0 => frame.truncate(at),
        1 => {
            if let Some(byte) = frame.get_mut(at) {
                *byte ^= 1 << random.random_range(0..8);
            }
        }
        2 => drop(frame.drain(at..end)),
        3 => {
            let copy = frame[at..end].repeat(random.random_range(1..5));
            frame.splice(at..at, copy);
        }
        4 => {
            let from = random.random_range(0..=other.len());
            let to = random.random_range(from..=other.len()).min(from + 300);
            frame.splice(at..end, other[from..to].iter().copied());
        }
        _ => {
            let piece = PIECES[random.random_range(0..PIECES.len())];
            frame.splice(at..at, piece.iter().copied());
        }
    }
}

#[test]
fn damaged_messages_are_read_or_refused_and_never_slow() {
    let pieces = all_messages();
    let seeds: Vec<_> = pieces.iter().filter(|frame| Message::parse(frame).is_ok()).collect();
    let mut random = StdRng::seed_from_u64(4475);
    let mut accepted = 0;
    for round in 0..24_000 {
        let mut frame = seeds[random.random_range(0..seeds.len())].clone();
        let other = &pieces[random.random_range(0..pieces.len())];
        for _ in 0..random.random_range(1..4) {
            damage(&mut random, &mut frame, other);
        }
        let took = fastest(|| exercise(&frame));
        assert!(took < SLOW, "round {round} took {took:?}: {}", String::from_utf8_lossy(&frame));
        accepted += u32::from(Message::parse(&frame).is_ok());
    }
    // Damage that refuses everything, or nothing, would test little.
    assert!((4_000..20_000).contains(&accepted), "{accepted} of 24000 were accepted");
}

/// Messages as large as they may be, made to cost as much as they can.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let head = "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/WSS c;branch=z9hG4bK1\r\nFrom: <sip:d@e>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n";
    let lines = |line: &str| format!("{head}{}\r\n", format!("{line}\r\n").repeat(250)).into_bytes();
    let filled = |name: &str, piece: &str| lines(&format!("{name}: {}", piece.repeat(240 / piece.len())));
    let long = |name: &str, start: &str, piece: &str| {
        let line = format!("{name}: {start}{}\r\n", piece.repeat(8_000 / piece.len()));
        format!("{head}{}\r\n", line.repeat(7)).into_bytes()
    };
    let body = |content_type: &str, piece: &str| {
        format!("{head}Content-Type: {content_type}\r\n\r\n{}", piece.repeat(64_000 / piece.len())).into_bytes()
    };
    vec![
        ("many vias", filled("Via", "SIP/2.0/WS a,")),
        ("many contacts", filled("m", "<sip:a@b>,")),
        ("commas", filled("Contact", ",")),
        ("open quotes", filled("Route", "\"")),
        ("backslashes", long("Contact", "\"", "\\")),
        ("open angles", filled("Record-Route", "<")),
        ("challenges", long("WWW-Authenticate", "Digest ", "Digest realm=a,nonce=b,")),
        ("parameters", long("Contact", "<sip:a@b>", ";a=b")),
        ("uri parameters", long("Contact", "<sip:a@b", ";a=b")),
        ("escapes", long("Contact", "<sip:", "%41")),
        ("option tags", long("Supported", "", "a,")),
        ("control characters", long("Subject", "", "\0\u{1}")),
        ("folds", format!("{head}X: y\r\n{}\r\n", " z\r\n".repeat(4_000)).into_bytes()),
        ("line breaks", "\r\n".repeat(32_000).into_bytes()),
        ("one line", "A".repeat(65_000).into_bytes()),
        ("line feeds", format!("{head}{}", "\n".repeat(60_000)).into_bytes()),
        ("parts", body("multipart/mixed;boundary=b", "--b\r\n\r\n")),
        ("nested parts", body("multipart/mixed;boundary=b", "--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n")),
        ("almost delimiters", body("multipart/mixed;boundary=bb", "--b\n")),
    ]
}

#[test]
fn the_largest_hostile_messages_cost_little() {
    for (name, frame) in hostile() {
        assert!(frame.len() <= sip::MAX_MESSAGE, "{name}: {}", frame.len());
        let took = fastest(|| exercise(&frame));
        assert!(took < SLOW, "{name} took {took:?}");
    }
}

#[test]
#[ignore = "prints how long the largest hostile messages take"]
#[expect(clippy::print_stdout, reason = "its only purpose")]
fn time_of_hostile_messages() {
    for (name, frame) in hostile() {
        let parse = (0..10).map(|_| fastest(|| drop(black_box(Message::parse(&frame))))).min();
        let all = (0..10).map(|_| fastest(|| exercise(&frame))).min();
        println!("{name:20} {:6} bytes: parse {parse:?}, everything {all:?}", frame.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(frame in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        exercise(&frame);
    }

    #[test]
    fn any_header_values_are_read_or_refused(values in proptest::collection::vec((0..20_usize, "\\PC{0,80}"), 0..12)) {
        const NAMES: [&str; 20] = [
            "Via", "From", "To", "Contact", "Route", "Record-Route", "CSeq", "Expires", "Session-Expires", "RAck", "Replaces", "Reason",
            "WWW-Authenticate", "Proxy-Authenticate", "Content-Type", "Retry-After", "Supported", "Max-Forwards", "Content-Length", "Min-SE",
        ];
        let mut text = String::from("SIP/2.0 401 No\r\nVia: SIP/2.0/WSS c\r\nFrom: <sip:d@e>\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n");
        values.iter().for_each(|(name, value)| text.push_str(&format!("{}: {value}\r\n", NAMES[*name])));
        exercise(format!("{text}\r\nv=0").as_bytes());
        let mut headers = Headers::new();
        values.iter().for_each(|(name, value)| headers.push(NAMES[*name], value));
        read_all(&headers);
    }

    #[test]
    fn names_and_addresses_come_back_as_they_were(name in "\\PC{0,40}", user in "\\PC{1,30}", value in "\\PC{0,20}") {
        let mut address = NameAddr::new(Uri::sip(&user, "example.com").with_param("x", &value)).with_display_name(&name);
        address.set_tag("t");
        address.params.set("text", &value);
        let again: NameAddr = address.to_string().parse().expect("what we write can be read");
        prop_assert_eq!(again.uri.user_text(), user);
        prop_assert_eq!(again.params.text("text"), Some(value));
        prop_assert_eq!(again.display_name.unwrap_or_default(), name);
        prop_assert_eq!(again.uri, address.uri);
    }
}
