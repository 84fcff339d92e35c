use model::LineCall;

use super::{
    super::Command,
    line::{ANSWER, CALL, INCOMING, Line, answer, from_callee, in_dialog, invite, uri},
};
use crate::{Method, Request, Response};

fn notify(invite: &Request, theirs: &Response, number: u32, state: &str, status: &str) -> Request {
    let mut notify = from_callee(invite, theirs, Method::Notify, number, "");
    notify.headers.push("Event", "refer");
    notify.headers.push("Subscription-State", state);
    notify.set_body("message/sipfrag;version=2.0", format!("SIP/2.0 {status}\r\n"));
    notify
}

#[test]
fn a_blind_transfer_is_accepted_and_reported_to_its_end() {
    let mut line = Line::new();
    let invite = line.dial();
    let theirs = answer(&invite, 200, "bob", &[("Contact", "<sip:bob@192.0.2.9>")], ANSWER);
    line.receive(theirs.clone());
    line.command(Command::Refer { call: CALL, target: uri("sip:carol@example.com"), replaces: None });
    line.request(Method::Ack);
    let refer = line.request(Method::Refer);
    assert_eq!(refer.headers.get("Refer-To"), Some("<sip:carol@example.com>"));
    assert_eq!(refer.headers.get("Referred-By"), Some("<sip:alice@example.com>"));
    line.receive(answer(&refer, 202, "", &[], ""));
    line.receive(notify(&invite, &theirs, 1, "active;expires=60", "100 Trying"));
    line.receive(notify(&invite, &theirs, 2, "active", "180 Ringing"));
    line.receive(notify(&invite, &theirs, 3, "terminated;reason=noresource", "200 OK"));
    line.receive(notify(&invite, &theirs, 4, "active", "200 OK"));
    insta::assert_snapshot!(line.ladder);
}

#[test]
fn reports_without_a_status_and_after_the_last_one_are_taken() {
    let mut line = Line::new();
    let invite = line.dial();
    let theirs = answer(&invite, 200, "bob", &[("Contact", "<sip:bob@192.0.2.9>")], ANSWER);
    line.receive(theirs.clone());
    line.request(Method::Ack);
    line.told();
    let report = |line: &mut Line, number, state, status: &str| {
        let mut notify = notify(&invite, &theirs, number, state, status);
        if status.is_empty() {
            notify.set_body("", "");
        }
        line.receive(notify);
        line.response(200);
        line.told()
    };
    let refer = |line: &mut Line| {
        line.command(Command::Refer { call: CALL, target: uri("sip:carol@example.com"), replaces: None });
        let refer = line.request(Method::Refer);
        line.receive(answer(&refer, 202, "", &[], ""));
        line.told();
    };
    refer(&mut line);
    assert!(report(&mut line, 1, "pending", "").is_empty());
    assert!(report(&mut line, 2, "active", "200 OK")[0].contains("code: 200"));
    assert!(report(&mut line, 3, "active", "200 OK").is_empty());
    assert!(report(&mut line, 4, "terminated;reason=noresource", "200 OK").is_empty());
    refer(&mut line);
    let ended = report(&mut line, 5, "terminated;reason=timeout", "");
    assert_eq!(ended, [r#"ReferProgress { code: 100, text: "", last: Terminated }"#]);
}

#[test]
fn word_of_a_transfer_before_does_not_count_for_the_one_that_is_asked_for_now() {
    let mut line = Line::new();
    let invite = line.dial();
    let theirs = answer(&invite, 200, "bob", &[("Contact", "<sip:bob@192.0.2.9>")], ANSWER);
    line.receive(theirs.clone());
    line.request(Method::Ack);
    let refer = |line: &mut Line| {
        line.command(Command::Refer { call: CALL, target: uri("sip:carol@example.com"), replaces: None });
        let challenge = [("WWW-Authenticate", r#"Digest realm="example.com", nonce="n", qop="auth""#)];
        let refused = line.request(Method::Refer);
        line.receive(answer(&refused, 401, "", &challenge, ""));
        let refer = line.request(Method::Refer);
        line.receive(answer(&refer, 202, "", &[], ""));
        line.told();
        refer.headers.cseq().expect("ours").number
    };
    let mut number = 0;
    let mut report = |line: &mut Line, event: &str, state: &str, status: &str| {
        number += 1;
        let mut notify = notify(&invite, &theirs, number, state, status);
        notify.headers.set("Event", event);
        line.receive(notify);
        line.response(200);
        line.told()
    };
    let named = |number: u32| format!("refer;id={number}");
    let first = refer(&mut line);
    assert!(report(&mut line, &named(first), "active", "486 Busy Here")[0].contains("code: 486"));
    let second = refer(&mut line);
    assert_ne!(first, second);
    assert!(report(&mut line, &named(first), "terminated;reason=noresource", "486 Busy Here").is_empty(), "by its id");
    assert!(report(&mut line, &named(second), "active", "100 Trying")[0].contains("code: 100"));
    assert!(report(&mut line, &named(second), "active", "486 Busy Here")[0].contains("code: 486"));
    refer(&mut line);
    assert!(report(&mut line, "refer", "terminated;reason=noresource", "486 Busy Here").is_empty(), "what was told before");
    assert!(report(&mut line, "refer", "terminated;reason=noresource", "486 Busy Here")[0].contains("code: 486"), "once");
    refer(&mut line);
    assert!(report(&mut line, "refer", "active", "100 Trying")[0].contains("code: 100"), "without an id");
    assert!(report(&mut line, &named(77_777), "active", "180 Ringing")[0].contains("code: 180"), "or with another's");
    assert!(report(&mut line, "refer", "terminated", "200 OK")[0].contains("code: 200"));
}

#[test]
fn an_attended_transfer_names_the_other_call_from_the_far_ends_side() {
    let mut line = Line::new();
    line.answered_call();
    let other = LineCall::Dialled(2);
    line.command(invite(other, "sip:carol@example.com", Some(ANSWER)));
    let to_carol = line.request(Method::Invite);
    let refer = Command::Refer { call: CALL, target: uri("sip:carol@192.0.2.3"), replaces: Some(other) };
    line.command(refer.clone());
    assert!(line.told().last().expect("refused").starts_with("ReferAnswered { code: 481"));
    line.receive(answer(&to_carol, 200, "carol", &[("Contact", "<sip:carol@192.0.2.3>")], ANSWER));
    line.request(Method::Ack);
    line.command(refer);
    let sent = line.request(Method::Refer);
    let target = sent.headers.get("Refer-To").expect("there").to_owned();
    let tag = to_carol.headers.from().expect("ours").tag().expect("tagged").to_owned();
    let call_id = to_carol.headers.call_id().expect("ours");
    assert_eq!(target, format!("<sip:carol@192.0.2.3?Replaces={call_id}%3Bto-tag%3Dcarol%3Bfrom-tag%3D{tag}>"));
}

#[test]
fn being_transferred_is_asked_for_taken_on_and_reported() {
    let mut line = Line::new();
    let (invite, ok) = line.accepted_call();
    let refer = |number| {
        let headers = [
            ("Refer-To", "<sip:carol@example.com>"),
            ("Referred-By", "<sip:bob@example.com>"),
            ("Contact", "<sip:bob@192.0.2.9>"),
        ];
        in_dialog(&invite, &ok, Method::Refer, number, &headers, "")
    };
    line.receive(refer(2));
    line.receive(refer(3));
    line.response(491);
    line.command(Command::AcceptRefer { call: INCOMING });
    line.response(202);
    line.command(Command::NotifyRefer { call: INCOMING, code: 180, text: String::new() });
    line.command(Command::NotifyRefer { call: INCOMING, code: 486, text: "Busy\r\nVia: x".into() });
    line.command(Command::NotifyRefer { call: INCOMING, code: 200, text: String::new() });
    let states: Vec<_> = (0..3).map(|_| line.request(Method::Notify)).collect();
    line.silent();
    let last = &states[2];
    assert!(last.headers.get("Subscription-State").expect("there").starts_with("terminated"));
    assert_eq!(last.body, b"SIP/2.0 486 BusyVia: x\r\n");
    assert_eq!(states[0].headers.get("Event"), Some("refer;id=2"));
    line.receive(refer(4));
    line.command(Command::RefuseRefer { call: INCOMING, code: 603 });
    line.response(603);
}

#[test]
fn a_refer_that_names_nobody_or_another_method_is_refused() {
    let mut line = Line::new();
    let (invite, ok) = line.accepted_call();
    for (number, headers, code) in [
        (2, &[][..], 400),
        (3, &[("Refer-To", "<sip:a@x>, <sip:b@x>")], 400),
        (4, &[("Refer-To", "<http://example.com/>")], 416),
        (5, &[("Refer-To", "<sip:a@x;method=BYE>")], 403),
    ] {
        line.receive(in_dialog(&invite, &ok, Method::Refer, number, headers, ""));
        line.response(code);
    }
    assert!(line.told().is_empty());
}
