use super::{
    super::{Command, Reliability},
    line::{ANSWER, CALL, INCOMING, Line, OFFER, in_dialog, incoming, millis, seconds},
};
use crate::{Method, Request, Response};

fn accept() -> Command {
    Command::Accept { call: INCOMING, description: Some(ANSWER.into()), headers: Vec::new() }
}

fn cancel(invite: &Request, reason: &str) -> Request {
    let mut cancel = Request::new(Method::Cancel, invite.uri.clone());
    for name in ["Via", "Max-Forwards", "From", "To", "Call-ID"] {
        cancel.headers.copy(name, &invite.headers);
    }
    cancel.headers.push("CSeq", "1 CANCEL");
    cancel.headers.push("Reason", reason);
    cancel
}

fn ack(invite: &Request, ours: &Response, body: &str) -> Request {
    in_dialog(invite, ours, Method::Ack, 1, &[], body)
}

/// A call of theirs that was answered and not yet acknowledged: their INVITE and our 200.
fn answered() -> (Line, Request, Response) {
    answered_after(OFFER, ANSWER)
}

/// The same of a call that brought no offer, so that ours is in the 200.
fn answered_with_our_offer() -> (Line, Request, Response) {
    answered_after("", OFFER)
}

fn answered_after(theirs: &str, ours: &str) -> (Line, Request, Response) {
    let mut line = Line::new();
    let invite = incoming(&line.ua.contact(), &[], theirs);
    line.receive(invite.clone());
    line.command(Command::Accept { call: INCOMING, description: Some(ours.into()), headers: Vec::new() });
    let ok = line.response(200);
    (line, invite, ok)
}

/// A call of theirs with these headers that rings; our 180 has not been looked at.
fn ringing(headers: &[(&str, &str)]) -> (Line, Request) {
    let mut line = Line::new();
    let invite = incoming(&line.ua.contact(), headers, OFFER);
    line.receive(invite.clone());
    line.command(Command::Ring { call: INCOMING });
    (line, invite)
}

#[test]
fn a_call_rings_is_answered_confirmed_and_hung_up_by_them() {
    let route = ("Record-Route", "<sip:p1.example.com;lr>");
    let (mut line, invite) = ringing(&[route, ("Supported", "timer"), ("Session-Expires", "1800")]);
    let ringing = line.response(180);
    assert_eq!(ringing.headers.get("Record-Route"), Some(route.1));
    assert!(ringing.headers.to().expect("ours").tag().is_some());
    line.wait(seconds(3));
    line.command(accept());
    let ok = line.response(200);
    assert_eq!(ok.headers.to(), ringing.headers.to());
    assert_eq!(ok.headers.require(), ["timer"]);
    line.wait(millis(600));
    assert_eq!(line.response(200), ok);
    line.receive(ack(&invite, &ok, ""));
    line.wait(seconds(60));
    line.silent();
    line.receive(in_dialog(&invite, &ok, Method::Bye, 2, &[("Reason", "Q.850;cause=16, SIP;cause=480")], ""));
    line.response(200);
    insta::assert_snapshot!(line.ladder);
    assert!(line.ua.is_quiet());
}

#[test]
fn trying_leaves_when_nothing_else_does_within_200_ms() {
    let mut line = Line::new();
    let invite = incoming(&line.ua.contact(), &[], OFFER);
    line.receive(invite.clone());
    line.wait(millis(199));
    line.silent();
    line.wait(millis(1));
    let trying = line.response(100);
    assert_eq!(trying.headers.to().expect("copied").tag(), None);
    line.receive(invite);
    line.response(100);
}

#[test]
fn a_missing_ack_ends_the_call_after_32_seconds_of_repeating() {
    let mut line = Line::new();
    line.receive(incoming(&line.ua.contact(), &[], OFFER));
    line.command(accept());
    line.wait(seconds(31));
    // T1 doubling to T2: 0, 0.5, 1.5, 3.5, 7.5, then every 4 s.
    assert_eq!(line.sent.len(), 10);
    line.sent.clear();
    line.wait(seconds(1));
    line.response(200);
    line.request(Method::Bye);
    assert!(line.told().last().expect("ended").starts_with("Ended(Failed"));
}

#[test]
fn hanging_up_before_the_ack_waits_for_it() {
    let (mut line, invite, ok) = answered();
    line.command(Command::HangUp { call: INCOMING, reason: String::new() });
    assert_eq!(line.told().last().map(String::as_str), Some("Ended(Local)"));
    line.silent();
    line.receive(ack(&invite, &ok, ""));
    line.request(Method::Bye);
}

#[test]
fn a_call_that_is_rejected_after_its_answer_ends_with_that_reason() {
    let (mut line, invite, ok) = answered();
    line.receive(ack(&invite, &ok, ""));
    line.command(Command::Reject { call: INCOMING, code: 486, text: String::new(), headers: Vec::new() });
    let bye = line.request(Method::Bye);
    assert_eq!(bye.headers.get("Reason"), Some(r#"SIP;cause=486;text="Rejected""#));
    assert_eq!(line.told().last().map(String::as_str), Some("Ended(Local)"));
}

#[test]
fn cancel_ends_the_ringing_with_487_and_tells_why() {
    for (reason, code) in [
        ("SIP;cause=200;text=\"Call completed elsewhere\"", "Some(200)"),
        ("Q.850;cause=26", "Some(200)"),
        ("Q.850;cause=16", "None"),
        ("nonsense;;", "None"),
    ] {
        let (mut line, invite) = ringing(&[]);
        let ringing = line.response(180);
        line.receive(cancel(&invite, reason));
        assert_eq!(line.response(200).headers.to(), ringing.headers.to());
        let terminated = line.response(487);
        assert_eq!(line.told().last(), Some(&format!("Ended(Cancelled {{ code: {code} }})")));
        let mut ack = ack(&invite, &terminated_with_contact(&terminated, &ringing), "");
        ack.headers.set("Via", invite.headers.get("Via").expect("ours"));
        line.receive(ack);
        line.wait(seconds(60));
        line.silent();
        assert!(line.ua.is_quiet());
    }
}

/// `in_dialog` reads our contact, which a refusal does not have.
fn terminated_with_contact(terminated: &Response, ringing: &Response) -> Response {
    let mut response = terminated.clone();
    response.headers.copy("Contact", &ringing.headers);
    response
}

#[test]
fn cancel_after_the_answer_changes_nothing() {
    let (mut line, invite, ok) = answered();
    line.receive(cancel(&invite, ""));
    line.response(200);
    line.silent();
    line.receive(ack(&invite, &ok, ""));
    assert_eq!(line.told().last().map(String::as_str), Some("Confirmed { answer: None }"));
}

#[test]
fn a_call_without_offer_gets_ours_and_the_ack_has_the_answer() {
    let (mut line, invite, ok) = answered_with_our_offer();
    assert_eq!(ok.session_description().as_deref(), Some(OFFER));
    line.receive(ack(&invite, &ok, ANSWER));
    assert_eq!(line.told(), ["Incoming { offer: false, replaces: None }", "Confirmed { answer: Some(Personal(..)) }"]);
}

#[test]
fn what_an_ack_carries_that_nobody_asked_for_is_not_listened_to() {
    let (mut line, invite, ok) = answered();
    line.receive(ack(&invite, &ok, OFFER));
    assert_eq!(line.told(), ["Incoming { offer: true, replaces: None }", "Confirmed { answer: None }"]);
}

#[test]
fn a_changed_offer_that_overtakes_the_answer_to_ours_is_put_off() {
    let (mut line, invite, ok) = answered_with_our_offer();
    line.told();
    line.receive(in_dialog(&invite, &ok, Method::Invite, 2, &[], OFFER));
    line.response(491);
    line.receive(ack(&invite, &ok, ANSWER));
    assert_eq!(line.told(), ["Confirmed { answer: Some(Personal(..)) }"]);
}

#[test]
fn a_prack_that_our_answer_has_overtaken_is_taken() {
    let (mut line, invite) = ringing(&[("Require", "100rel")]);
    let rseq = line.response(180).headers.rseq().expect("reliable");
    line.command(Command::Accept { call: INCOMING, description: Some(ANSWER.into()), headers: Vec::new() });
    let ok = line.response(200);
    line.receive(ack(&invite, &ok, ""));
    let prack = |number, rseq: u32| in_dialog(&invite, &ok, Method::Prack, number, &[("RAck", &format!("{rseq} 1 INVITE"))], "");
    line.receive(prack(2, rseq + 1));
    line.response(481);
    line.receive(prack(3, rseq));
    line.response(200);
    line.receive(prack(4, rseq));
    line.response(481);
    line.wait(seconds(60));
    line.silent();
}

#[test]
fn who_requires_100rel_gets_each_response_reliably_and_one_at_a_time() {
    let (mut line, invite) = ringing(&[("Require", "100rel")]);
    let ringing = line.response(180);
    let first = ringing.headers.rseq().expect("reliable");
    line.command(Command::Progress {
        call: INCOMING,
        code: 183,
        description: Some(ANSWER.into()),
        reliable: Reliability::Acknowledged,
    });
    line.silent();
    line.wait(millis(500));
    assert_eq!(line.response(180), ringing);
    let rack = |rseq: u32| format!("{rseq} 1 INVITE");
    line.receive(in_dialog(&invite, &ringing, Method::Prack, 2, &[("RAck", &rack(first + 7))], ""));
    line.response(481);
    line.receive(in_dialog(&invite, &ringing, Method::Prack, 3, &[("RAck", &rack(first))], ""));
    line.response(200);
    assert_eq!(line.response(183).headers.rseq(), Some(first + 1));
    // The answer is on its way, so the 200 waits for its PRACK (RFC 3262 section 5), and then has none.
    line.command(Command::Accept { call: INCOMING, description: None, headers: Vec::new() });
    line.silent();
    line.receive(in_dialog(&invite, &ringing, Method::Prack, 4, &[("RAck", &rack(first + 1))], ""));
    line.response(200);
    let ok = line.response(200);
    assert_eq!((ok.headers.cseq().expect("copied").method, ok.session_description()), (Method::Invite, None));
    line.receive(ack(&invite, &ok, ""));
    let masked = line.ladder.replace(&first.to_string(), "N").replace(&(first + 1).to_string(), "N+1");
    insta::assert_snapshot!(masked.replace(&(first + 7).to_string(), "N+7"));
}

#[test]
fn callers_who_never_acknowledge_a_refusal_keep_the_user_neither_from_dialling_nor_from_being_called() {
    let mut line = Line::new();
    let contact = line.ua.contact();
    let arrive = |line: &mut Line, number: u32| {
        let mut invite = incoming(&contact, &[], OFFER);
        invite.headers.set("Call-ID", format!("flood-{number}"));
        invite.headers.set("Via", format!("SIP/2.0/WSS proxy.example.com;branch=z9hG4bK-flood-{number}"));
        line.receive(invite);
    };
    for number in 0..256 {
        arrive(&mut line, number);
        let call = crate::CallKey::Received(number);
        line.command(Command::Reject { call, code: 486, text: "Busy Here".into(), headers: Vec::new() });
        line.response(486);
    }
    line.dial();
    arrive(&mut line, 256);
    line.silent();
    assert_eq!(line.told().last().map(|told| told.starts_with("Incoming")), Some(true));
}

#[test]
fn who_never_confirms_a_reliable_response_is_refused() {
    let (mut line, _invite) = ringing(&[("Require", "100rel")]);
    line.wait(seconds(32));
    assert!(line.told().last().expect("ended").starts_with("Ended(Failed"));
    line.sent.retain(|message| matches!(message, crate::Message::Response(response) if response.code > 199));
    line.response(504);
}

#[test]
fn an_offer_in_a_reliable_response_is_answered_by_its_prack() {
    let mut line = Line::new();
    let invite = incoming(&line.ua.contact(), &[("Supported", "100rel")], "");
    line.receive(invite.clone());
    let reliable = Reliability::Acknowledged;
    line.command(Command::Progress { call: INCOMING, code: 183, description: Some(OFFER.into()), reliable });
    let progress = line.response(183);
    let rack = format!("{} 1 INVITE", progress.headers.rseq().expect("reliable"));
    line.receive(in_dialog(&invite, &progress, Method::Prack, 2, &[("RAck", &rack)], ANSWER));
    line.response(200);
    assert_eq!(line.told().last().map(String::as_str), Some("EarlyAnswer { answer: Personal(..) }"));
}

#[test]
fn a_call_rings_no_longer_than_its_expires() {
    let (mut line, _invite) = ringing(&[("Expires", "20")]);
    line.response(180);
    line.wait(seconds(20));
    line.response(487);
    assert_eq!(line.told().last().map(String::as_str), Some("Ended(Cancelled { code: None })"));
}

#[test]
fn ringing_is_said_again_each_minute() {
    let (mut line, _invite) = ringing(&[]);
    line.wait(seconds(125));
    for _ in 0..3 {
        line.response(180);
    }
    line.silent();
}

#[test]
fn a_refusal_carries_its_headers_and_a_hang_up_is_one() {
    let mut line = Line::new();
    line.receive(incoming(&line.ua.contact(), &[], OFFER));
    let headers = vec![("Retry-After".into(), "60".into())];
    line.command(Command::Reject { call: INCOMING, code: 486, text: "Not now".into(), headers });
    let busy = line.response(486);
    assert_eq!((busy.reason.as_str(), busy.headers.retry_after()), ("Not now", Some(60)));

    let mut line = Line::new();
    line.receive(incoming(&line.ua.contact(), &[], OFFER));
    line.command(Command::HangUp { call: INCOMING, reason: String::new() });
    line.response(480);
    assert_eq!(line.told().last().map(String::as_str), Some("Ended(Local)"));
}

#[test]
fn commands_for_calls_that_are_not_there_do_nothing() {
    let mut line = Line::new();
    for call in [CALL, INCOMING] {
        line.command(Command::Accept { call, description: None, headers: Vec::new() });
        line.command(Command::HangUp { call, reason: String::new() });
        line.command(Command::AnswerReoffer { call, description: ANSWER.into() });
    }
    line.silent();
    assert!(line.told().is_empty());
}

#[test]
fn an_answer_to_what_was_taken_back_is_none_to_the_offer_that_follows() {
    for word in [Some("to the first"), None] {
        let mut line = Line::new();
        let (invite, ok) = line.accepted_call();
        let taken_back = in_dialog(&invite, &ok, Method::Invite, 2, &[], OFFER);
        let mut cancel = taken_back.clone();
        cancel.method = Method::Cancel;
        cancel.headers.set("CSeq", "2 CANCEL");
        line.receive(taken_back);
        line.receive(cancel);
        line.response(200);
        line.response(487);
        line.receive(in_dialog(&invite, &ok, Method::Invite, 3, &[], OFFER));
        assert_eq!(line.told().len(), 3);
        line.command(match word {
            Some(text) => Command::AnswerReoffer { call: INCOMING, description: text.into() },
            None => Command::RefuseReoffer { call: INCOMING, code: 487 },
        });
        line.silent();
        line.command(Command::AnswerReoffer { call: INCOMING, description: ANSWER.into() });
        assert_eq!(line.response(200).session_description().as_deref(), Some(ANSWER));
    }
}
