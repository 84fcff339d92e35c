use model::LineCall;

use super::{
    super::{CallEnd, CallEvent, Command, Event, Input},
    line::{ANSWER, CALL, Line, OFFER, answer, from_callee, invite, millis, seconds, uri},
};
use crate::{Message, Method, Request, Response};

const BOB: (&str, &str) = ("Contact", "<sip:bob@192.0.2.9>");

fn hang_up() -> Command {
    Command::HangUp { call: CALL, reason: String::new() }
}

/// A reliable provisional response.
fn reliable(invite: &Request, tag: &str, rseq: &str, extra: &[(&str, &str)], body: &str) -> Response {
    let headers = [&[BOB, ("Require", "100rel"), ("RSeq", rseq)], extra].concat();
    answer(invite, 183, tag, &headers, body)
}

#[test]
fn a_call_rings_is_answered_and_hung_up() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 100, "", &[], ""));
    line.wait(millis(300));
    line.receive(answer(&invite, 180, "bob", &[BOB], ""));
    line.wait(seconds(2));
    let ok = answer(&invite, 200, "bob", &[BOB, ("P-Asserted-Identity", "\"Bob\" <sip:+442@x>")], ANSWER);
    line.receive(ok.clone());
    line.receive(ok);
    line.wait(seconds(5));
    line.command(hang_up());
    let acks: Vec<_> =
        line.sent.iter().filter(|message| matches!(message, Message::Request(r) if r.method == Method::Ack)).collect();
    assert_eq!(acks.len(), 2);
    assert_eq!(acks[0], acks[1]);
    let Some(Message::Request(bye)) = line.sent.pop_back() else { panic!("BYE expected") };
    assert_eq!(bye.uri, uri("sip:bob@192.0.2.9"));
    line.receive(answer(&bye, 200, "", &[], ""));
    insta::assert_snapshot!(line.ladder);
    assert!(line.ua.is_quiet());
    line.wait(seconds(64));
    assert_eq!(line.ua.poll_timeout(), None);
}

#[test]
fn a_refused_invite_is_acknowledged_and_told_with_its_words() {
    let mut line = Line::new();
    let invite = line.dial();
    line.events.clear();
    line.receive(answer(&invite, 486, "bob", &[], ""));
    let ack = line.request(Method::Ack);
    assert_eq!(ack.headers.via(), invite.headers.via());
    assert_eq!(line.told(), [r#"Ended(Refused { code: 486, text: "Busy Here", moved_to: [], retry_after: None })"#]);
    assert!(line.ua.is_quiet());
}

#[test]
fn a_diversion_is_handed_up_and_not_followed() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 302, "bob", &[("Contact", "<sip:carol@example.com>;q=1, <sip:dave@example.com>")], ""));
    line.request(Method::Ack);
    line.silent();
    match line.events.back() {
        Some(Event::Call(_, CallEvent::Ended(CallEnd::Refused { code: 302, moved_to, .. }))) => {
            assert_eq!(moved_to, &[uri("sip:carol@example.com"), uri("sip:dave@example.com")]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_challenged_invite_goes_out_again_and_its_ack_carries_the_credentials() {
    let mut line = Line::new();
    let first = line.dial();
    let challenge = r#"Digest realm="example.com", nonce="n", qop="auth", algorithm=MD5"#;
    line.receive(answer(&first, 407, "p", &[("Proxy-Authenticate", challenge)], ""));
    line.request(Method::Ack);
    let second = line.request(Method::Invite);
    assert_eq!(first.headers.call_id(), second.headers.call_id());
    assert_eq!(first.headers.from(), second.headers.from());
    assert_eq!(second.headers.cseq().expect("ours").number, first.headers.cseq().expect("ours").number + 1);
    line.receive(answer(&second, 200, "bob", &[BOB], ANSWER));
    let ack = line.request(Method::Ack);
    assert_eq!(ack.headers.get("Proxy-Authorization"), second.headers.get("Proxy-Authorization"));
    assert_eq!(ack.headers.cseq().expect("ours").number, second.headers.cseq().expect("ours").number);
}

#[test]
fn a_second_challenge_to_the_same_answer_ends_the_call() {
    let mut line = Line::new();
    for _ in 0..2 {
        if line.sent.is_empty() && line.events.is_empty() {
            line.command(invite(CALL, "sip:bob@example.com", Some(OFFER)));
        }
        let invite = line.request(Method::Invite);
        line.receive(answer(&invite, 401, "p", &[("WWW-Authenticate", r#"Digest realm="example.com", nonce="n""#)], ""));
        line.request(Method::Ack);
    }
    assert!(line.told().last().expect("ended").starts_with("Ended(Refused { code: 401"));
}

#[test]
fn forks_are_numbered_and_the_one_that_answers_late_is_acknowledged_and_ended() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 180, "desk", &[("Contact", "<sip:desk@192.0.2.1>")], ""));
    line.receive(answer(&invite, 183, "cell", &[("Contact", "<sip:cell@192.0.2.2>")], ANSWER));
    line.receive(answer(&invite, 200, "cell", &[("Contact", "<sip:cell@192.0.2.2>")], ANSWER));
    let late = answer(&invite, 200, "desk", &[("Contact", "<sip:desk@192.0.2.1>")], ANSWER);
    line.receive(late.clone());
    line.request(Method::Ack);
    assert_eq!(line.request(Method::Ack).uri, uri("sip:desk@192.0.2.1"));
    let bye = line.request(Method::Bye);
    assert_eq!(bye.uri, uri("sip:desk@192.0.2.1"));
    line.receive(late);
    assert_eq!(line.request(Method::Ack).uri, uri("sip:desk@192.0.2.1"));
    line.receive(answer(&bye, 200, "", &[], ""));
    insta::assert_snapshot!(line.ladder);
}

#[test]
fn a_flood_of_forks_is_not_remembered() {
    let mut line = Line::new();
    let invite = line.dial();
    for fork in 0..200 {
        line.receive(answer(&invite, 180, &format!("tag-{fork}"), &[BOB], ""));
    }
    let rings = line.told().iter().filter(|event| event.starts_with("Progress")).count();
    assert_eq!(rings, 16);
}

#[test]
fn a_call_that_a_hundred_others_answer_too_is_ended_with_whom_it_is() {
    let mut line = Line::new();
    let invite = line.answered_call();
    let mut ended = 0;
    for fork in 0..100 {
        line.receive(answer(&invite, 200, &format!("tag-{fork}"), &[BOB], ANSWER));
        line.request(Method::Ack);
        while !line.sent.is_empty() {
            line.request(Method::Bye);
            ended += 1;
        }
    }
    assert_eq!(ended, 16, "strangers cost us no more than a few requests");
    line.command(hang_up());
    assert_eq!(line.request(Method::Bye).headers.to().expect("ours").tag(), Some("bob"));
}

#[test]
fn each_fork_confirms_its_reliable_responses_on_its_own_route() {
    let mut line = Line::new();
    let invite = line.dial();
    let route = ("Record-Route", "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>");
    line.receive(reliable(&invite, "desk", "1", &[route], ANSWER));
    let prack = line.request(Method::Prack);
    assert_eq!(prack.uri, uri("sip:bob@192.0.2.9"));
    let routes: Vec<String> = prack.headers.routes().expect("ours").iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"]);
    let cseq = invite.headers.cseq().expect("ours");
    assert_eq!(prack.headers.get("RAck"), Some(format!("1 {cseq}").as_str()));
    // Again, out of order, and then another fork, whose numbers are its own.
    line.receive(reliable(&invite, "desk", "1", &[route], ANSWER));
    line.receive(reliable(&invite, "desk", "3", &[route], ""));
    line.silent();
    line.receive(reliable(&invite, "cell", "1", &[], ""));
    assert_eq!(line.request(Method::Prack).headers.rack().expect("ours").rseq, 1);
    line.receive(reliable(&invite, "desk", "2", &[route], ""));
    assert_eq!(line.request(Method::Prack).headers.rack().expect("ours").rseq, 2);
    line.receive(answer(&invite, 200, "desk", &[BOB, route], ""));
    line.request(Method::Ack);
    let told = line.told();
    assert_eq!(
        told.last().map(String::as_str),
        Some("Answered { fork: 0, answer: None, remote: None, x_headers: XHeaders([]) }")
    );
    insta::assert_snapshot!(line.ladder);
}

#[test]
fn who_does_not_offer_100rel_confirms_what_requires_it_all_the_same() {
    let mut form_of = super::line::config();
    form_of.form.supported = &["outbound"];
    let mut line = Line::with(form_of);
    let invite = line.dial();
    assert_eq!(invite.headers.get("Supported"), Some("outbound"));
    line.receive(reliable(&invite, "bob", "7", &[], ANSWER));
    assert_eq!(line.request(Method::Prack).headers.rack().expect("ours").rseq, 7);
    assert!(line.told().iter().any(|event| event.contains("Progress")), "its description counts");
}

#[test]
fn an_early_dialog_that_has_its_answer_takes_update_both_ways() {
    let mut line = Line::new();
    let invite = line.dial();
    let progress = reliable(&invite, "bob", "1", &[("Allow", "UPDATE")], ANSWER);
    line.receive(progress.clone());
    let prack = line.request(Method::Prack);
    line.receive(answer(&prack, 200, "", &[], ""));
    line.told();
    line.receive(from_callee(&invite, &progress, Method::Update, 1, OFFER));
    assert_eq!(line.told(), ["Reoffered { fork: 0, offer: Some(Personal(..)) }"]);
    line.command(Command::AnswerReoffer { call: CALL, description: ANSWER.into() });
    assert_eq!(line.response(200).session_description().as_deref(), Some(ANSWER));
    line.command(Command::Update { call: CALL, offer: OFFER.into() });
    let update = line.request(Method::Update);
    line.receive(answer(&update, 200, "", &[BOB], ANSWER));
    assert_eq!(line.told(), ["ReofferAnswered { answer: Personal(..) }"]);
}

#[test]
fn an_early_answer_without_a_tag_is_that_of_the_one_fork_there_is() {
    // RFC 3261 12.1 has a tag in each response that makes a dialog; there are gateways that find theirs only when they answer.
    let answered = Some("Answered { fork: 0, answer: None, remote: None, x_headers: XHeaders([]) }");
    for tags in [["", "", "bob"], ["", "bob", "bob"], ["bob", "", "bob"], ["", "", ""]] {
        let mut line = Line::new();
        let invite = line.dial();
        line.receive(answer(&invite, 180, tags[0], &[BOB], if tags[0].is_empty() { ANSWER } else { "" }));
        line.receive(answer(&invite, 183, tags[1], &[BOB], ANSWER));
        let ok = answer(&invite, 200, tags[2], &[BOB], "");
        line.receive(ok.clone());
        assert_eq!(line.request(Method::Ack).headers.to().expect("ours").tag(), Some(tags[2]).filter(|tag| !tag.is_empty()));
        assert_eq!(line.told().last().map(String::as_str), answered, "{tags:?}");
        line.silent();
        line.receive(from_callee(&invite, &ok, Method::Bye, 1, ""));
        line.response(200);
        assert_eq!(line.told(), ["Ended(Bye { code: None })"], "{tags:?}");
    }
}

#[test]
fn what_has_no_tag_is_of_no_fork_where_there_are_several() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 180, "desk", &[BOB], ""));
    line.receive(answer(&invite, 180, "cell", &[BOB], ""));
    line.receive(answer(&invite, 183, "", &[BOB], ANSWER));
    line.told();
    line.receive(answer(&invite, 200, "cell", &[BOB], ANSWER));
    line.request(Method::Ack);
    assert!(line.told()[0].starts_with("Answered { fork: 1, answer: Some"));
    line.receive(answer(&invite, 200, "desk", &[BOB], ANSWER));
    line.request(Method::Ack);
    line.request(Method::Bye);
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let mut line = Line::new();
    let invite = line.dial();
    line.command(Command::HangUp { call: CALL, reason: "SIP;cause=200;text=\"Call completed elsewhere\"".into() });
    line.silent();
    line.receive(answer(&invite, 180, "bob", &[BOB], ""));
    let cancel = line.request(Method::Cancel);
    assert_eq!(cancel.headers.via(), invite.headers.via());
    assert_eq!(cancel.headers.cseq().expect("ours").number, invite.headers.cseq().expect("ours").number);
    line.receive(answer(&cancel, 200, "bob", &[], ""));
    line.receive(answer(&invite, 487, "bob", &[], ""));
    line.request(Method::Ack);
    insta::assert_snapshot!(line.ladder);
    assert!(line.ua.is_quiet());
}

#[test]
fn an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 180, "bob", &[BOB], ""));
    line.command(hang_up());
    let cancel = line.request(Method::Cancel);
    line.receive(answer(&invite, 200, "bob", &[BOB], ANSWER));
    line.request(Method::Ack);
    let bye = line.request(Method::Bye);
    line.receive(answer(&cancel, 481, "bob", &[], ""));
    line.receive(answer(&bye, 200, "", &[], ""));
    line.wait(seconds(40));
    assert!(line.ua.is_quiet());
    assert_eq!(line.told().iter().filter(|event| event.starts_with("Ended")).count(), 1);
}

#[test]
fn who_never_ends_a_cancelled_invite_is_forgotten() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 180, "bob", &[BOB], ""));
    line.command(hang_up());
    line.wait(seconds(33));
    assert!(line.ua.is_quiet());
    assert_eq!(line.ua.poll_timeout(), None);
}

#[test]
fn an_invite_that_nobody_answered_is_the_same_one_to_another_server() {
    let mut line = Line::new();
    let invite = line.dial();
    line.command(Command::Abandon { call: CALL });
    line.silent();
    assert!(line.told().last().expect("ended").starts_with("Ended(Unanswered)"));
    line.handle(Input::Disconnected);
    line.handle(Input::Connected);
    line.silent();
    let again = line.dial();
    for name in ["From", "To", "Call-ID", "CSeq"] {
        assert_eq!(again.headers.get(name), invite.headers.get(name), "{name}");
    }
    assert_ne!(again.headers.get("Via"), invite.headers.get("Via"), "another transaction");
    line.receive(answer(&again, 200, "bob", &[BOB], ANSWER));
    line.request(Method::Ack);
    line.command(Command::Abandon { call: CALL });
    line.silent();

    let mut line = Line::new();
    let invite = line.dial();
    line.command(Command::Abandon { call: CALL });
    line.command(self::invite(LineCall::Dialled(2), "sip:bob@example.com", Some(OFFER)));
    assert_ne!(line.request(Method::Invite).headers.get("Call-ID"), invite.headers.get("Call-ID"), "another call");
}

#[test]
fn nobody_there_is_told_after_32_seconds_and_ringing_for_ever_is_a_408_after_three_minutes() {
    let mut line = Line::new();
    line.dial();
    line.wait(seconds(32));
    assert!(line.told().last().expect("ended").starts_with("Ended(Unanswered)"));
    assert!(line.ua.is_quiet());

    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 180, "bob", &[BOB], ""));
    line.wait(seconds(180));
    assert!(line.told().last().expect("ended").starts_with("Ended(Refused { code: 408"));
    line.request(Method::Cancel);
}

#[test]
fn an_invite_without_offer_is_acknowledged_with_the_answer() {
    let mut line = Line::new();
    line.command(invite(CALL, "sip:bob@example.com", None));
    let invite = line.request(Method::Invite);
    assert!(!invite.headers.supported().contains(&"100rel".to_owned()));
    let ok = answer(&invite, 200, "bob", &[BOB], OFFER);
    line.receive(ok.clone());
    line.silent();
    line.command(Command::AckAnswer { call: CALL, answer: ANSWER.into() });
    let ack = line.request(Method::Ack);
    assert_eq!(ack.session_description().as_deref(), Some(ANSWER));
    line.receive(ok);
    assert_eq!(line.request(Method::Ack), ack);
}

#[test]
fn an_answer_without_any_description_ends_the_call() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 200, "bob", &[BOB], ""));
    line.request(Method::Ack);
    line.request(Method::Bye);
    assert!(line.told().last().expect("ended").starts_with("Ended(Failed"));
}

#[test]
fn a_longer_session_interval_is_taken_over_from_a_422() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 422, "bob", &[("Min-SE", "3600")], ""));
    line.request(Method::Ack);
    let again = line.request(Method::Invite);
    assert_eq!(again.headers.session_expires().expect("ours").seconds, 3600);
    assert_eq!(again.headers.min_se(), Some(3600));
    assert_eq!(again.headers.call_id(), invite.headers.call_id());
}

#[test]
fn headers_of_ours_and_broken_ones_end_the_call_before_anything_is_sent() {
    for (name, value) in [("Contact", "x"), ("m", "x"), ("X-A", "1\r\nVia: y"), ("X A", "1"), ("", "1")] {
        let mut line = Line::new();
        let Command::Invite(mut invite) = invite(CALL, "sip:bob@example.com", Some(OFFER)) else { panic!() };
        invite.headers = vec![(name.into(), value.into())];
        line.command(Command::Invite(invite));
        line.silent();
        assert!(line.told()[0].starts_with("Ended(Failed"), "{name}");
    }
}

#[test]
fn replaces_of_the_target_becomes_a_header() {
    let mut line = Line::new();
    line.command(invite(CALL, "sip:bob@example.com?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Via=x", Some(OFFER)));
    let invite = line.request(Method::Invite);
    assert_eq!(invite.headers.get("Replaces"), Some("a@b;to-tag=1;from-tag=2"));
    assert_eq!(invite.headers.require(), ["replaces"]);
    assert_eq!(invite.headers.all("Via").count(), 1);
    assert_eq!(invite.uri, uri("sip:bob@example.com"));
}

#[test]
fn the_route_of_the_answer_counts_and_strict_routers_get_the_address() {
    let mut line = Line::new();
    let invite = line.dial();
    line.receive(answer(&invite, 180, "bob", &[BOB, ("Record-Route", "<sip:old.example.com;lr>")], ""));
    line.receive(answer(
        &invite,
        200,
        "bob",
        &[BOB, ("Record-Route", "<sip:loose.example.com;lr>, <sip:strict.example.com>")],
        ANSWER,
    ));
    let ack = line.request(Method::Ack);
    assert_eq!(ack.uri, uri("sip:strict.example.com"));
    let routes: Vec<String> = ack.headers.routes().expect("ours").iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["<sip:loose.example.com;lr>", "<sip:bob@192.0.2.9>"]);
}

#[test]
fn what_was_unanswered_goes_out_again_over_a_new_connection() {
    let mut line = Line::new();
    let invite = line.answered_call();
    line.handle(Input::Disconnected);
    line.command(Command::Reoffer { call: CALL, offer: Some(OFFER.into()) });
    line.silent();
    line.wait(seconds(4));
    line.handle(Input::Connected);
    let ack = line.request(Method::Ack);
    assert_eq!(ack.headers.cseq().expect("ours").number, invite.headers.cseq().expect("ours").number);
    let again = line.request(Method::Invite);
    line.receive(answer(&again, 200, "", &[BOB], ANSWER));
    line.request(Method::Ack);
    assert_eq!(line.told(), ["ReofferAnswered { answer: Personal(..) }"]);
}

#[test]
fn a_challenge_to_bye_is_answered() {
    let mut line = Line::new();
    line.answered_call();
    line.command(hang_up());
    let bye = line.request(Method::Bye);
    line.receive(answer(&bye, 407, "", &[("Proxy-Authenticate", r#"Digest realm="example.com", nonce="n", qop="auth""#)], ""));
    let again = line.request(Method::Bye);
    assert!(again.headers.has("Proxy-Authorization"));
    assert!(!line.ua.is_quiet());
    line.receive(answer(&again, 200, "", &[], ""));
    line.wait(seconds(64));
    assert!(line.ua.is_quiet());
}
