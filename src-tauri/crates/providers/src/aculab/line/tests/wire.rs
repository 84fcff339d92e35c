//! What goes over the wire, beside captures of the cloud's own clients. The order of header fields is free (RFC 3261 7.3.1);
//! random parts are masked. Ours differ in the methods of Allow, in User-Agent, and in `gruu`, which is not supported here.

use calls::io::LineRequest;
use sip::{Message, Method, Request};

use super::bench::*;
use crate::Input;

/// The head of a request, sorted, with its random parts masked.
fn head(request: &Request) -> Vec<String> {
    let mut text = String::from_utf8(Message::Request(request.clone()).to_bytes()).expect("is text");
    let via = request.headers.via().expect("has one");
    let mut masks = vec![
        (via.branch().expect("has one").to_owned(), "BRANCH"),
        (via.host, "RND.invalid"),
        (request.headers.from().expect("has one").tag().expect("has one").to_owned(), "TAG"),
        (request.headers.call_id().expect("has one").to_owned(), "CALL-ID"),
    ];
    masks.extend(request.headers.get("Allow").map(|methods| (methods.to_owned(), "METHODS")));
    if let Some(contact) = request.headers.contacts().ok().and_then(|contacts| contacts.into_iter().next()) {
        masks.push((contact.uri.user_text(), "RND"));
    }
    for (random, mask) in masks {
        text = text.replace(&random, mask);
    }
    let head = text.split("\r\n\r\n").next().expect("has one");
    let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
    lines[1..].sort();
    lines
}

#[track_caller]
fn assert_head(request: &Request, captured: &str) {
    let mut captured: Vec<String> = captured.trim().lines().map(|line| line.trim().to_owned()).collect();
    captured.push(format!("User-Agent: Sidetone/{}", env!("CARGO_PKG_VERSION")));
    captured[1..].sort();
    assert_eq!(head(request), captured);
}

#[test]
fn register_is_as_captured() {
    let bench = Bench::registering();
    assert_eq!(bench.net, ["open wss://webrtc-1-2-0.aculabcloud.net/sipproxy"]);
    let register = bench.last(Method::Register);
    let captured = format!(
        "REGISTER sip:abc123key.webrtc-1-2-0.aculabcloud.net SIP/2.0
        Via: SIP/2.0/WSS RND.invalid;branch=BRANCH
        To: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>
        From: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG
        CSeq: 2 REGISTER
        Call-ID: CALL-ID
        Max-Forwards: 70
        Allow: METHODS
        Authorization: Bearer {TOKEN}
        Contact: <sip:RND@RND.invalid;transport=ws>;expires=600
        Supported: outbound, path
        Content-Length: 0"
    );
    assert_head(&register, &captured);
    let contact = register.headers.contacts().expect("reads")[0].uri.clone();
    assert_eq!(contact.user_text().len(), 8);
    assert_eq!(contact.host.len(), "hjvmbfhvlajs.invalid".len());
    // First who we are, then the question for servers.
    let order: Vec<Method> = bench
        .sent
        .iter()
        .filter_map(|message| match message {
            Message::Request(request) => Some(request.method.clone()),
            Message::Response(_) => None,
        })
        .collect();
    assert_eq!(order, [Method::Register, Method::Options]);
}

#[test]
fn the_question_for_servers_is_as_captured_and_each_is_a_new_one() {
    let mut bench = Bench::registered(600);
    let first = bench.last(Method::Options);
    assert_head(
        &first,
        "OPTIONS sip:webrtc-1-2-0.aculabcloud.net SIP/2.0
        Via: SIP/2.0/WSS RND.invalid;branch=BRANCH
        To: <sip:webrtc-1-2-0.aculabcloud.net>
        From: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG
        CSeq: 1 OPTIONS
        Call-ID: CALL-ID
        Max-Forwards: 70
        X-AculabTurnRequest: 1
        Supported: outbound
        Content-Length: 0",
    );
    bench.run_s(29);
    assert_eq!(bench.requests(&Method::Options).len(), 1);
    bench.run_s(2);
    let second = bench.last(Method::Options);
    assert_ne!(first.headers.call_id(), second.headers.call_id());
    assert_ne!(first.headers.from().expect("reads").tag(), second.headers.from().expect("reads").tag());
}

#[test]
fn a_call_to_a_service_is_as_captured_and_bears_no_token() {
    let mut bench = Bench::registered(600);
    bench.prepare("service:echo");
    bench.invite("service:echo", &[("X-One", "1"), ("X-Two", "2")]);
    let length = SDP.len();
    let invite = bench.last(Method::Invite);
    let captured = format!(
        "INVITE sip:echo@sip-1-2-0.aculab.com;transport=tcp SIP/2.0
        Via: SIP/2.0/WSS RND.invalid;branch=BRANCH
        To: <sip:echo@sip-1-2-0.aculab.com;transport=tcp>
        From: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG
        CSeq: 1 INVITE
        Call-ID: CALL-ID
        Max-Forwards: 70
        Allow: METHODS
        X-One: 1
        X-Two: 2
        Contact: <sip:RND@RND.invalid;transport=ws;ob>
        Supported: outbound
        Content-Type: application/sdp
        Content-Length: {length}"
    );
    assert_head(&invite, &captured);
    // Those of the user stand behind the token's place and before the contact, in their order.
    let names: Vec<&str> = invite.headers.iter().map(|(name, _)| name).collect();
    let at = |name| names.iter().position(|other| *other == name).expect(name);
    assert!(at("Max-Forwards") < at("X-One") && at("X-One") < at("X-Two") && at("X-Two") < at("Contact"), "{names:?}");
    let register = bench.last(Method::Register);
    let user = |request: &Request| request.headers.contacts().expect("reads")[0].uri.user_text();
    assert_eq!(user(&invite), user(&register), "the contact is the same for all");
}

#[test]
fn a_call_to_a_client_bears_the_token_and_what_follows_does_not() {
    let mut bench = Bench::registered(600);
    bench.answered_call("client:bob");
    let invite = bench.last(Method::Invite);
    let length = SDP.len();
    let captured = format!(
        "INVITE sip:bob@abc123key.webrtc-1-2-0.aculabcloud.net;transport=tcp SIP/2.0
        Via: SIP/2.0/WSS RND.invalid;branch=BRANCH
        To: <sip:bob@abc123key.webrtc-1-2-0.aculabcloud.net;transport=tcp>
        From: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG
        CSeq: 1 INVITE
        Call-ID: CALL-ID
        Max-Forwards: 70
        Allow: METHODS
        Authorization: Bearer {TOKEN}
        Contact: <sip:RND@RND.invalid;transport=ws;ob>
        Supported: outbound
        Content-Type: application/sdp
        Content-Length: {length}"
    );
    assert_head(&invite, &captured);
    assert!(!bench.last(Method::Ack).headers.has("Authorization"));
    bench.request(LineRequest::HangUp { call: CALL });
    assert!(!bench.last(Method::Bye).headers.has("Authorization"));
}

#[test]
fn bye_and_cancel_are_as_captured() {
    let mut bench = Bench::registered(600);
    bench.answered_call("service:echo");
    bench.request(LineRequest::HangUp { call: CALL });
    assert_head(
        &bench.last(Method::Bye),
        "BYE sip:svc@127.0.0.1:5060;transport=tcp SIP/2.0
        Via: SIP/2.0/WSS RND.invalid;branch=BRANCH
        To: <sip:echo@sip-1-2-0.aculab.com;transport=tcp>;tag=far
        From: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG
        CSeq: 2 BYE
        Call-ID: CALL-ID
        Max-Forwards: 70
        Supported: outbound
        Content-Length: 0",
    );
    let mut bench = Bench::registered(600);
    bench.dial("service:ring");
    bench.answer(Method::Invite, 180, &[], "");
    bench.request(LineRequest::HangUp { call: CALL });
    let (cancel, invite) = (bench.last(Method::Cancel), bench.last(Method::Invite));
    // As much of it as was captured; the rest is that of any CANCEL.
    assert_eq!(
        head(&cancel),
        [
            "CANCEL sip:ring@sip-1-2-0.aculab.com;transport=tcp SIP/2.0",
            "CSeq: 1 CANCEL",
            "Call-ID: CALL-ID",
            "Content-Length: 0",
            "From: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG",
            "Max-Forwards: 70",
            "To: <sip:ring@sip-1-2-0.aculab.com;transport=tcp>",
            "Via: SIP/2.0/WSS RND.invalid;branch=BRANCH",
        ]
    );
    for name in ["Via", "To", "From", "Call-ID"] {
        assert_eq!(cancel.headers.get(name), invite.headers.get(name), "{name}");
    }
}

/// A REGISTER that takes the registration back, as captured.
const GOODBYE: &str = "REGISTER sip:abc123key.webrtc-1-2-0.aculabcloud.net SIP/2.0
    Via: SIP/2.0/WSS RND.invalid;branch=BRANCH
    To: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>
    From: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG
    CSeq: 3 REGISTER
    Call-ID: CALL-ID
    Max-Forwards: 70
    Contact: <sip:RND@RND.invalid;transport=ws>;expires=0
    Supported: outbound, path
    Content-Length: 0";

#[test]
fn a_goodbye_is_as_captured_and_bears_no_token() {
    let mut bench = Bench::registered(600);
    bench.tell(Input::AcceptCalls(false));
    assert_head(&bench.last(Method::Register), GOODBYE);
}

#[test]
fn an_answer_is_as_captured_with_headers_of_the_user() {
    let mut bench = Bench::registered(600);
    bench.incoming("\"Alice Example\" <sip:441908000000@sip-1-2-0.aculab.com>");
    let call = bench.arrived();
    let headers = vec![("X-One".to_owned(), "1".into()), ("X-One".to_owned(), "2".into())];
    bench.request(LineRequest::Answer { call, description: SDP.into(), headers });
    let Some(Message::Response(response)) = bench.sent.last() else { panic!("no answer") };
    let text = String::from_utf8(Message::Response(response.clone()).to_bytes()).expect("is text");
    let tag = response.headers.to().expect("has one").tag().expect("has one").to_owned();
    let contact = response.headers.contacts().expect("reads")[0].uri.clone();
    let text = text.replace(&tag, "TAG").replace(&contact.user_text(), "RND").replace(&contact.host, "RND.invalid");
    let mut lines: Vec<&str> = text.split("\r\n\r\n").next().expect("has one").split("\r\n").collect();
    lines.retain(|line| !["Allow:", "Server:", "Content-Length:"].iter().any(|name| line.starts_with(name)));
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        [
            "SIP/2.0 200 OK",
            "CSeq: 1 INVITE",
            "Call-ID: in1",
            "Contact: <sip:RND@RND.invalid;transport=ws>",
            "Content-Type: application/sdp",
            "From: \"Alice Example\" <sip:441908000000@sip-1-2-0.aculab.com>;tag=ft1",
            "Supported: outbound",
            "To: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>;tag=TAG",
            "Via: SIP/2.0/WSS 127.0.0.1:443;branch=z9hG4bKin",
            "X-One: 1",
            "X-One: 2",
        ]
    );
}

#[test]
fn callers_of_the_first_interface_have_the_key_of_all_of_them() {
    let mut bench = Bench::new(&account(CALLER));
    bench.prepare("echo");
    bench.open();
    bench.list(200, "[]");
    bench.invite("echo", &[]);
    let invite = bench.last(Method::Invite);
    assert_eq!(invite.uri.to_string(), "sip:echo@sip-1-2-0.aculab.com;transport=tcp");
    let from = invite.headers.get("From").expect("has one");
    assert!(from.starts_with("<sip:bob@acc2.webrtc-1-2-0.aculabcloud.net>;tag="), "{from}");
    assert!(!invite.headers.has("Authorization"));
    assert!(bench.requests(&Method::Register).is_empty());
}
