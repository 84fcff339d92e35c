//! Services of the fake cloud that do something out of the ordinary, called by this phone.

use std::time::Duration;

use serde_json::{Value, json};
use sip::{CallEnd, Method};
use tests::{CloudCall, FakeCloud, Seen, ServiceCall, Way, WireMessage};

use super::sidetone::{at, client, cloud};
use crate::interop::phone::{Phone, Seat};

/// Longer than any call here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

fn caller(cloud: &FakeCloud, arguments: &[&str]) -> Seat {
    let mut verb = vec!["call"];
    verb.extend(arguments);
    at(cloud, &verb).with(&["--caller-id", "bob"]).humming()
}

/// The far end's responses to INVITEs.
fn answers(seen: &Seen, way: Way, code: u16) -> Vec<sip::Response> {
    let ours = seen.messages.iter().filter(|message| message.way == way).filter_map(WireMessage::response);
    let is_meant = |response: &sip::Response| {
        response.code == code && response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Invite)
    };
    ours.filter(is_meant).collect()
}

fn last_ended(cloud: &FakeCloud) -> CallEnd {
    cloud.wait_for("the end of the call", LONG, |seen| seen.calls.last().and_then(|call: &ServiceCall| call.ended.clone()))
}

#[test]
fn a_call_that_is_only_being_tried_can_be_given_up() {
    let cloud = cloud();
    let mut phone = caller(&cloud, &["service:trying"]).start();
    cloud.wait_for("a 100", LONG, |seen| (!answers(seen, Way::Out, 100).is_empty()).then_some(()));
    let over = phone.stop();
    assert_eq!(over.ended()["service_cause"], "NOANSWER", "{}", over.ended());
    assert!(!over.names().contains(&"ringing"), "a 100 is no ringing: {:?}", over.names());
    assert_eq!(last_ended(&cloud), CallEnd::Cancelled { code: None });
}

#[test]
fn a_service_that_says_nothing_is_given_up_after_half_a_minute() {
    let cloud = cloud();
    let (over, _phone) = caller(&cloud, &["service:silent"]).run(LONG);
    let ended = over.ended();
    // What RFC 3261 8.1.3.1 makes of a time-out.
    assert_eq!((&ended["service_cause"], &ended["code"]), (&json!("FAILED"), &json!(408)), "{ended}");
    assert_eq!(over.sentence(), "no answer from the service");
}

/// Our transport has one component: what comes for the other one comes there.
#[test]
fn a_service_that_does_not_say_that_it_multiplexes_is_heard_all_the_same() {
    let cloud = cloud();
    let (over, phone) = caller(&cloud, &["service:nomux", "--for", "3s"]).run(LONG);
    over.was_a_good_call("local");
    assert!(phone.heard().time_of_tone(tests::SERVICE_TONE_HZ) > Duration::from_secs(1));
    let answer = answers(&cloud.seen(), Way::Out, 200).pop().expect("it answered");
    assert!(!answer.session_description().expect("has one").contains("a=rtcp-mux"));
}

#[test]
fn a_service_that_holds_is_answered_the_user_is_told_and_it_is_heard_again() {
    let cloud = cloud();
    let mut phone = caller(&cloud, &["service:hold"]).start();
    let held = |from: usize, held: bool| {
        let is = |event: &Value| event["event"] == "hold" && event["hold"]["remote"] == held;
        phone.wait_for(from, "a hold by the far end", is);
        phone.now()
    };
    let from = held(0, true);
    held(from, false);
    // Each change had its answer: we may be heard, nobody, both.
    cloud.wait_for("three answers", LONG, |seen| {
        let described = answers(seen, Way::In, 200).into_iter();
        let directions: Vec<String> = described
            .filter_map(|response| response.session_description())
            .flat_map(|sdp| sdp.lines().map(str::to_owned).collect::<Vec<_>>())
            .filter(|line| ["a=recvonly", "a=inactive", "a=sendrecv"].contains(&line.as_str()))
            .collect();
        (directions == ["a=recvonly", "a=inactive", "a=sendrecv"]).then_some(())
    });
    std::thread::sleep(Duration::from_secs(2));
    let over = phone.stop();
    over.was_a_good_call("local");
    let heard = phone.heard();
    assert!(heard.time_of_tone(tests::SERVICE_TONE_HZ) > Duration::from_secs(2), "before and after");
}

#[test]
fn headers_go_to_a_service_and_come_back_from_it() {
    let cloud = cloud();
    let call = [
        "service:headers",
        "--header",
        "X-Colour: blue",
        "--header",
        "X-Colour: green",
        "--header",
        "X-Order: 17",
        "--for",
        "1s",
    ];
    let (over, _phone) = caller(&cloud, &call).run(LONG);
    over.was_a_good_call("local");
    let answer = answers(&cloud.seen(), Way::Out, 200).pop().expect("it answered");
    let told: Vec<&str> = answer.headers.all("X-Colour").collect();
    assert_eq!((told, answer.headers.get("X-Order")), (vec!["blue", "green"], Some("17")));
    let (over, _phone) = caller(&cloud, &["service:headers", "--header", "Subject: hello"]).run(LONG);
    assert!(over.sentence().contains("extraSipHeader must start with 'X-'"), "{}", over.sentence());
}

#[test]
fn a_service_without_a_way_for_audio_is_hung_up_on_within_fifteen_seconds() {
    let cloud = cloud();
    let (over, _phone) = caller(&cloud, &["service:noice"]).run(LONG);
    let ended = over.ended();
    assert_eq!(ended["service_cause"], "FAILED", "{ended}");
    assert!(!over.names().contains(&"media-connected"), "{:?}", over.names());
    let message = ended["message"].as_str().unwrap_or_default();
    assert!(message.contains("audio"), "{message}");
    assert_eq!(last_ended(&cloud), CallEnd::Bye { code: None });
    let seen = cloud.seen();
    let sent = |method: &Method, way: Way| {
        let mut messages = seen.messages.iter().filter(|message| message.way == way);
        messages.find(|message| message.request().is_some_and(|request| request.method == *method)).map(|message| message.at)
    };
    let (ack, bye) = (sent(&Method::Ack, Way::In).expect("answered"), sent(&Method::Bye, Way::In).expect("hung up"));
    assert!(bye.since(ack) <= Duration::from_secs(20), "{:?}", bye.since(ack));
}

#[test]
fn a_service_that_calls_back_reaches_the_registered_client() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let phone: Phone = client(&cloud, &key, "bob", &["run"]).humming().start().once_registered();
    let from = phone.now();
    phone.tell(&["dial", "service:callback"]);
    let ended = phone.wait_from(from, "ended");
    assert_eq!((&ended["service_cause"], &ended["cause"]["by"]), (&json!("NORMAL"), &json!("remote")), "{ended}");
    let incoming = phone.wait_from(from, "incoming");
    assert_eq!(incoming["remote"]["number"], "callback", "{incoming}");
    let from = phone.now();
    phone.tell(&["answer"]);
    phone.wait_from(from, "media-connected");
    phone.tell(&["hangup"]);
    assert_eq!(phone.wait_from(from, "ended")["cause"]["by"], "local");
}

#[test]
fn a_call_that_rings_here_too_long_is_unobtainable_and_one_too_many_is_busy() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let phone = client(&cloud, &key, "alice", &["run"]).humming().start().once_registered();
    let first = cloud.call("alice", "441908000000", "tone");
    phone.wait("incoming");
    let second = cloud.call("alice", "441908000001", "tone");
    let end = cloud.wait_for("the refusal", LONG, |seen| seen.calls[second].ended.clone());
    assert!(matches!(end, CallEnd::Refused { code: 486, .. }), "one call at once: {end:?}");
    // Nobody heard of the second one, and it was not said to ring.
    let rang = answers(&cloud.seen(), Way::In, 180).len();
    assert_eq!(rang, 1, "only the first rings, and says so once");
    phone.tell(&["hangup"]);
    let end = cloud.wait_for("the other refusal", LONG, |seen| seen.calls[first].ended.clone());
    assert!(matches!(end, CallEnd::Refused { code: 486, .. }), "{end:?}");
}

#[test]
fn a_service_is_told_what_a_call_is_declined_with_and_other_codes_are_refused_in_words() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let phone = client(&cloud, &key, "alice", &["run"]).humming().start().once_registered();
    for (options, code) in [(&[][..], 486), (&["603"][..], 603), (&["480"][..], 480), (&["404"][..], 404), (&["699"][..], 699)] {
        let from = phone.now();
        let placed = cloud.call("alice", "441908000000", "tone");
        phone.wait_from(from, "incoming");
        for wrong in ["302", "200", "700", "busy"] {
            let (exit, words) = phone.try_to_tell(&["decline", "--code", wrong]);
            assert_eq!(exit, Some(2), "{words}");
            assert!(words.contains(&format!("\"{wrong}\" declines no call: only 400 to 699 do")), "{words}");
        }
        let verb: Vec<&str> = ["decline"].into_iter().chain(options.iter().flat_map(|code| ["--code", *code])).collect();
        phone.tell(&verb);
        let ended = phone.wait_from(from, "ended");
        // What the official client tells whoever rejects.
        assert_eq!((&ended["cause"]["kind"], &ended["service_cause"]), (&json!("declined"), &json!("NORMAL")), "{ended}");
        let end = cloud.wait_for("the refusal", LONG, |seen| seen.calls[placed].ended.clone());
        assert!(matches!(end, CallEnd::Refused { code: told, .. } if told == code), "{end:?}");
    }
    let (exit, words) = phone.try_to_tell(&["decline"]);
    assert_eq!((exit, words.trim()), (Some(9), "sidetone-cli: the running phone has no such call"));
}

#[test]
fn a_call_that_is_rejected_after_its_answer_ends_with_the_code_as_its_reason() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let phone = client(&cloud, &key, "alice", &["run"]).humming().start().once_registered();
    let placed = cloud.call("alice", "441908000000", "tone");
    let incoming = phone.wait("incoming");
    phone.tell(&["answer"]);
    phone.wait("media-connected");
    let (exit, _) = phone.try_to_tell(&["decline"]);
    assert_eq!(exit, Some(9), "nothing rings, and no conversation ends by chance");
    phone.tell(&["decline", "--call", &incoming["call"].to_string(), "--code", "480"]);
    let ended = phone.wait("ended");
    assert_eq!((&ended["cause"]["kind"], &ended["service_cause"]), (&json!("hung-up"), &json!("NORMAL")), "{ended}");
    let end = cloud.wait_for("the end", LONG, |seen| seen.calls[placed].ended.clone());
    assert_eq!(end, CallEnd::Bye { code: Some(480) });
    let bye = cloud
        .seen()
        .messages
        .iter()
        .filter(|message| message.way == Way::In)
        .filter_map(WireMessage::request)
        .find_map(|request| (request.method == Method::Bye).then(|| request.headers.get("Reason").map(str::to_owned)));
    assert_eq!(bye.flatten().as_deref(), Some("SIP;cause=480;text=\"Rejected\""));
}

#[test]
fn headers_of_a_service_that_calls_and_of_one_that_answers_are_told() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let call = ["call", "service:headers", "--header", "X-Colour: blue", "--header", "X-Colour: green", "--for", "1s"];
    let (over, _phone) = client(&cloud, &key, "bob", &call).humming().run(LONG);
    let answered = over.events.iter().find(|event| event["event"] == "answered").expect("it answered");
    assert_eq!(answered["headers"], json!([["X-Colour", "blue"], ["X-Colour", "green"]]));

    let phone = client(&cloud, &key, "alice", &["run"]).humming().start().once_registered();
    let hostile = "\u{202e}<b>$(reboot)</b>";
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    cloud.place(CloudCall {
        key,
        client: "alice".to_owned(),
        from: "441908000000".to_owned(),
        service: "tone".to_owned(),
        ring_for: LONG,
        headers: vec![header("X-Queue", "sales"), header("Subject", "not ours to show"), header("X-Note", hostile)],
    });
    let sent = json!([["X-Queue", "sales"], ["X-Note", hostile]]);
    assert_eq!(phone.wait("incoming")["headers"], sent);
    phone.tell(&["answer"]);
    assert_eq!(phone.wait("answered")["headers"], sent, "those of its INVITE");
    phone.tell(&["hangup"]);
    phone.wait("ended");
}
