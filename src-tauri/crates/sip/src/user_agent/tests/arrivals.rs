use super::{
    super::{Command, Role},
    line::{CALL, INCOMING, Line, OFFER, config, in_dialog, incoming, seconds, uri},
};
use crate::{Method, Request, UserAgentConfig};

fn refused(line: &mut Line, request: Request, code: u16) -> crate::Response {
    line.receive(request);
    let response = line.response(code);
    assert!(line.told().is_empty(), "nobody hears of it");
    response
}

fn outside(line: &Line, method: Method, extra: &[(&str, &str)]) -> Request {
    let mut request = incoming(&line.ua.contact(), extra, "");
    request.headers.set("CSeq", format!("1 {method}"));
    request.method = method;
    request
}

#[test]
fn what_could_not_be_honoured_is_refused_before_ringing() {
    let line = || Line::new();
    let contact = |line: &Line| line.ua.contact();

    let mut unknown = line();
    let invite = incoming(&contact(&unknown), &[("Require", "100rel, teleport, Mind-Reading")], OFFER);
    let response = refused(&mut unknown, invite, 420);
    assert_eq!(response.headers.get("Unsupported"), Some("teleport, mind-reading"));

    let mut text = line();
    let mut invite = incoming(&contact(&text), &[], "");
    invite.set_body("text/plain", "hello");
    assert_eq!(refused(&mut text, invite, 415).headers.get("Accept"), Some("application/sdp"));

    let mut short = line();
    let invite = incoming(&contact(&short), &[("Supported", "timer"), ("Session-Expires", "30")], OFFER);
    assert_eq!(refused(&mut short, invite, 422).headers.min_se(), Some(90));

    let mut nobody = line();
    refused(&mut nobody, incoming(&uri("sip:mallory@example.com"), &[], OFFER), 404);
    let mut phone = line();
    refused(&mut phone, incoming(&uri("tel:+44"), &[], OFFER), 416);

    let mut replaces = line();
    let invite = incoming(&contact(&replaces), &[("Replaces", "x;to-tag=1;from-tag=2")], OFFER);
    refused(&mut replaces, invite, 481);

    let mut no_contact = line();
    let mut invite = incoming(&contact(&no_contact), &[], OFFER);
    invite.headers.remove("Contact");
    refused(&mut no_contact, invite, 400);
}

#[test]
fn our_user_our_contact_and_our_other_names_are_ours() {
    for target in ["sip:alice@example.com", "sip:alice@192.0.2.55:5062;transport=ws", "sip:2001@example.com", "sips:alice@x"] {
        let mut line = Line::with(UserAgentConfig { aliases: vec!["2001".into()], ..config() });
        line.receive(incoming(&uri(target), &[], OFFER));
        assert_eq!(line.told(), ["Incoming { offer: true, replaces: None }"], "{target}");
    }
    let mut server = Line::with(UserAgentConfig { role: Role::Server, ..config() });
    server.receive(incoming(&uri("sip:600@anywhere.example"), &[], OFFER));
    assert_eq!(server.told(), ["Incoming { offer: true, replaces: None }"]);
}

#[test]
fn methods_outside_of_calls_get_their_answers() {
    for (method, extra, code) in [
        (Method::Options, &[][..], 200),
        (Method::Message, &[], 405),
        (Method::Register, &[], 405),
        (Method::Subscribe, &[("Event", "presence")], 489),
        (Method::Notify, &[("Event", "presence")], 489),
        (Method::Refer, &[("Refer-To", "<sip:x@y>")], 403),
        (Method::Bye, &[], 481),
        (Method::Update, &[], 481),
        (Method::Other("DANCE".into()), &[], 501),
    ] {
        let mut line = Line::new();
        let request = outside(&line, method.clone(), extra);
        let response = refused(&mut line, request, code);
        if let 200 | 405 | 501 = code {
            assert!(response.headers.allow().contains(&"INVITE".to_owned()), "{method}");
        }
    }
    let mut line = Line::new();
    let request = outside(&line, Method::Notify, &[("Event", "message-summary;id=1")]);
    line.receive(request);
    line.response(200);
    assert_eq!(line.told(), ["Notified message-summary"]);
}

#[test]
fn what_cannot_be_read_is_refused_and_a_newer_version_too() {
    let mut line = Line::new();
    for (start, code) in [("INVITE sip:alice@example.com SIP/2.0", 400), ("INVITE sip:alice@example.com SIP/7.0", 505)] {
        let text = format!(
            "{start}\nVia: SIP/2.0/WSS p;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=1\nTo: <sip:a@x>\nCall-ID: 1\nCSeq: 1 INVITE\nContent-Length: 99\n\n"
        );
        line.receive_text(&text);
        assert!(line.response(code).headers.to().expect("copied").tag().is_some());
    }
    for noise in ["", "\n\n", "hello", "SIP/2.0 200 OK\n\n"] {
        line.receive_text(noise);
        line.silent();
    }
}

#[test]
fn the_same_request_by_two_ways_rings_once() {
    let mut line = Line::new();
    let invite = incoming(&line.ua.contact(), &[], OFFER);
    line.receive(invite.clone());
    line.told();
    let mut merged = invite;
    merged.headers.set("Via", "SIP/2.0/WSS proxy.example.com;branch=z9hG4bK-other");
    refused(&mut line, merged, 482);
}

#[test]
fn requests_in_dialogs_that_we_do_not_have_are_refused() {
    let mut line = Line::new();
    for method in [Method::Invite, Method::Bye, Method::Info, Method::Update, Method::Refer, Method::Notify, Method::Options] {
        let mut request = outside(&line, method, &[]);
        request.headers.set("To", "<sip:alice@example.com>;tag=gone");
        refused(&mut line, request, 481);
    }
}

#[test]
fn numbers_that_go_back_are_refused() {
    let mut line = Line::new();
    let (invite, ok) = line.accepted_call();
    line.receive(in_dialog(&invite, &ok, Method::Info, 9, &[], ""));
    line.response(200);
    line.receive(in_dialog(&invite, &ok, Method::Info, 8, &[], ""));
    line.response(500);
}

#[test]
fn info_with_digits_is_told_and_other_info_refused() {
    let mut line = Line::new();
    let (invite, ok) = line.accepted_call();
    for (number, kind, code) in [(2, "application/dtmf-relay", 200), (3, "application/dtmf", 200), (4, "text/html", 415)] {
        let mut info = in_dialog(&invite, &ok, Method::Info, number, &[], "");
        info.set_body(kind, "Signal=5\r\nDuration=160\r\n");
        line.receive(info);
        line.response(code);
    }
    assert_eq!(line.told().len(), 2);
}

#[test]
fn a_flood_of_invites_meets_a_wall() {
    let mut line = Line::new();
    for number in 0..1000 {
        let mut invite = incoming(&line.ua.contact(), &[], OFFER);
        invite.headers.set("Via", format!("SIP/2.0/WSS p;branch=z9hG4bK-{number}"));
        invite.headers.set("Call-ID", format!("flood-{number}"));
        line.receive(invite);
    }
    assert_eq!(line.told().len(), 64);
    assert_eq!(line.sent.len(), 1000 - 64);
    assert_eq!(line.response(503).headers.retry_after(), Some(5));
    line.wait(seconds(33));
    line.command(Command::HangUp { call: INCOMING, reason: String::new() });
    line.sent.clear();
    let late = incoming(&line.ua.contact(), &[], OFFER);
    line.receive(late);
    line.wait(seconds(0));
    assert!(line.told().iter().any(|event| event.starts_with("Incoming")));
}

#[test]
fn strangers_who_never_acknowledge_keep_nobody_else_away() {
    let mut line = Line::new();
    let (invite, ok) = line.accepted_call();
    for number in 0..1000 {
        let mut flood = incoming(&line.ua.contact(), &[("Require", "nothing-we-know")], OFFER);
        flood.headers.set("Via", format!("SIP/2.0/WSS p;branch=z9hG4bK-{number}"));
        flood.headers.set("Call-ID", format!("flood-{number}"));
        line.receive(flood);
        line.response(420);
    }
    // Whoever talks to us changes and ends his call, and another one calls.
    line.receive(in_dialog(&invite, &ok, Method::Options, 2, &[], ""));
    line.response(200);
    line.told();
    let mut other = incoming(&line.ua.contact(), &[], OFFER);
    other.headers.set("Via", "SIP/2.0/WSS p;branch=z9hG4bK-other");
    other.headers.set("Call-ID", "other");
    line.receive(other);
    assert!(line.told().iter().any(|event| event.starts_with("Incoming")));
    line.receive(in_dialog(&invite, &ok, Method::Bye, 3, &[], ""));
    line.response(200);
}

#[test]
fn replaces_of_a_call_of_ours_is_handed_up_with_it() {
    let mut line = Line::new();
    let ours = line.answered_call();
    let tag = ours.headers.from().expect("ours").tag().expect("tagged").to_owned();
    let call_id = ours.headers.call_id().expect("ours").to_owned();
    let replaces = format!("{call_id};to-tag={tag};from-tag=bob");
    let early = format!("{replaces};early-only");
    line.receive(incoming(&line.ua.contact(), &[("Replaces", &early)], OFFER));
    line.response(486);
    let mut invite = incoming(&line.ua.contact(), &[("Replaces", &replaces)], OFFER);
    invite.headers.set("Via", "SIP/2.0/WSS p;branch=z9hG4bK-2");
    invite.headers.set("Call-ID", "in-2");
    line.receive(invite);
    assert_eq!(line.told(), [format!("Incoming {{ offer: true, replaces: Some({CALL:?}) }}")]);
}
