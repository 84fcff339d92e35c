use super::{
    super::{Command, Input},
    line::{ANSWER, CALL, INCOMING, Line, OFFER, answer, config, from_callee, in_dialog, millis, seconds},
};
use crate::{Method, Request, Response, UserAgentConfig};

const BOB: (&str, &str) = ("Contact", "<sip:bob@192.0.2.9>");

fn reoffer() -> Command {
    Command::Reoffer { call: CALL, offer: Some(OFFER.into()) }
}

/// A call of ours whose 200 was `theirs`.
fn talking() -> (Line, Request, Response) {
    talking_with(&[("Allow", "INVITE, UPDATE")])
}

fn talking_with(extra: &[(&str, &str)]) -> (Line, Request, Response) {
    let mut line = Line::new();
    let invite = line.dial();
    let theirs = answer(&invite, 200, "bob", &[&[BOB], extra].concat(), ANSWER);
    line.receive(theirs.clone());
    line.request(Method::Ack);
    line.events.clear();
    (line, invite, theirs)
}

#[test]
fn a_changed_offer_is_answered_acknowledged_and_its_repetition_too() {
    let (mut line, ..) = talking();
    line.command(reoffer());
    let invite = line.request(Method::Invite);
    let ok = answer(&invite, 200, "", &[("Contact", "<sip:bob@192.0.2.77>")], ANSWER);
    line.receive(ok.clone());
    let ack = line.request(Method::Ack);
    assert_eq!(ack.uri.host, "192.0.2.77");
    line.receive(ok);
    assert_eq!(line.request(Method::Ack), ack);
    assert_eq!(line.told(), ["ReofferAnswered { answer: Personal(..) }"]);
}

#[test]
fn asking_for_their_offer_sends_our_answer_in_the_ack() {
    let (mut line, ..) = talking();
    line.command(Command::Reoffer { call: CALL, offer: None });
    let invite = line.request(Method::Invite);
    assert!(invite.body.is_empty());
    line.receive(answer(&invite, 200, "", &[BOB], OFFER));
    line.silent();
    line.command(Command::AckAnswer { call: CALL, answer: ANSWER.into() });
    assert_eq!(line.request(Method::Ack).session_description().as_deref(), Some(ANSWER));
}

#[test]
fn a_refused_offer_leaves_the_call_and_silence_is_a_408() {
    let (mut line, ..) = talking();
    line.command(reoffer());
    let invite = line.request(Method::Invite);
    line.receive(answer(&invite, 488, "", &[], ""));
    line.request(Method::Ack);
    assert_eq!(line.told(), [r#"ReofferRefused { code: 488, text: "Not Acceptable Here" }"#]);
    line.command(reoffer());
    line.request(Method::Invite);
    line.wait(seconds(32));
    assert!(line.told()[0].starts_with("ReofferRefused { code: 408"));
    line.silent();
}

#[test]
fn a_longer_session_interval_is_taken_over_in_a_call_too() {
    let (mut line, ..) = talking();
    line.command(reoffer());
    let invite = line.request(Method::Invite);
    line.receive(answer(&invite, 422, "", &[("Min-SE", "3600")], ""));
    line.request(Method::Ack);
    assert_eq!(line.request(Method::Invite).headers.min_se(), Some(3600));
}

#[test]
fn an_offer_that_is_only_ever_being_tried_is_given_up_after_a_minute() {
    let (mut line, ..) = talking();
    line.command(reoffer());
    let invite = line.request(Method::Invite);
    line.receive(answer(&invite, 100, "", &[], ""));
    line.wait(seconds(60));
    assert!(line.told()[0].starts_with("ReofferRefused { code: 408"));
    line.request(Method::Cancel);
    line.command(reoffer());
    line.request(Method::Invite);
}

#[test]
fn a_dialog_the_far_end_has_lost_ends_the_call() {
    let (mut line, ..) = talking();
    line.command(reoffer());
    let invite = line.request(Method::Invite);
    line.receive(answer(&invite, 481, "", &[], ""));
    line.request(Method::Ack);
    let bye = line.request(Method::Bye);
    assert!(bye.headers.get("Reason").is_some_and(|reason| reason.starts_with("SIP;cause=481")));
    assert_eq!(line.told().last().map(String::as_str), Some("Ended(Failed { fault: Forgotten })"));
}

#[test]
fn crossing_offers_are_refused_and_ours_is_sent_again_after_two_to_four_seconds() {
    let (mut line, first, theirs) = talking();
    line.command(reoffer());
    let ours = line.request(Method::Invite);
    line.receive(from_callee(&first, &theirs, Method::Invite, 1, OFFER));
    line.response(491);
    line.receive(answer(&ours, 491, "", &[], ""));
    line.request(Method::Ack);
    line.wait(millis(2_099));
    line.silent();
    line.wait(millis(1_902));
    let again = line.request(Method::Invite);
    line.receive(answer(&again, 200, "", &[BOB], ANSWER));
    let shown =
        line.ladder.lines().filter(|text| !text.contains("Sent")).map(|text| text.split_once(' ').map_or("", |(_, rest)| rest));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_offer_that_keeps_crossing_is_given_up() {
    let (mut line, ..) = talking();
    line.command(reoffer());
    for _ in 0..6 {
        let ours = line.request(Method::Invite);
        line.receive(answer(&ours, 491, "", &[], ""));
        line.request(Method::Ack);
        line.wait(seconds(5));
    }
    line.silent();
    assert_eq!(line.told().len(), 1);
}

#[test]
fn their_offer_goes_first_when_ours_waits_after_a_crossing() {
    let (mut line, first, theirs) = talking();
    line.command(reoffer());
    let ours = line.request(Method::Invite);
    line.receive(answer(&ours, 491, "", &[], ""));
    line.request(Method::Ack);
    line.receive(from_callee(&first, &theirs, Method::Invite, 1, OFFER));
    let told = line.told();
    assert!(told[0].starts_with("ReofferRefused { code: 491"));
    assert!(told[1].starts_with("Reoffered"));
    line.command(Command::AnswerReoffer { call: CALL, description: ANSWER.into() });
    line.response(200);
}

#[test]
fn a_second_invite_before_the_answer_to_the_first_is_put_off() {
    let (mut line, first, theirs) = talking();
    line.receive(from_callee(&first, &theirs, Method::Invite, 1, OFFER));
    line.receive(from_callee(&first, &theirs, Method::Invite, 2, OFFER));
    assert!(line.response(500).headers.retry_after().is_some_and(|seconds| seconds <= 10));
    line.command(Command::RefuseReoffer { call: CALL, code: 488 });
    line.response(488);
}

#[test]
fn their_offers_are_answered_refused_and_taken_back() {
    let mut line = Line::new();
    let (invite, ok) = line.accepted_call();
    let again = in_dialog(&invite, &ok, Method::Invite, 2, &[], "");
    line.receive(again.clone());
    assert_eq!(line.told(), ["Reoffered { fork: 0, offer: None }"]);
    line.command(Command::AnswerReoffer { call: INCOMING, description: OFFER.into() });
    line.response(200);
    // Our offer is out until the ACK: theirs may not come in between.
    line.receive(in_dialog(&invite, &ok, Method::Update, 3, &[], OFFER));
    line.response(491);
    line.receive(in_dialog(&invite, &ok, Method::Ack, 2, &[], ANSWER));
    assert_eq!(line.told(), ["ReofferConfirmed { answer: Some(Personal(..)) }"]);

    let third = in_dialog(&invite, &ok, Method::Invite, 4, &[], OFFER);
    line.receive(third.clone());
    let mut cancel = third;
    cancel.method = Method::Cancel;
    cancel.headers.set("CSeq", "4 CANCEL");
    line.receive(cancel);
    line.response(200);
    line.response(487);
    assert_eq!(line.told().last().map(String::as_str), Some("ReofferWithdrawn"));
}

#[test]
fn an_offer_right_after_our_answer_waits_for_the_ack() {
    let mut line = Line::new();
    let invite = super::line::incoming(&line.ua.contact(), &[], OFFER);
    line.receive(invite.clone());
    line.command(Command::Accept { call: INCOMING, description: Some(ANSWER.into()), headers: Vec::new() });
    let ok = line.response(200);
    line.command(Command::Reoffer { call: INCOMING, offer: Some(OFFER.into()) });
    line.silent();
    line.receive(in_dialog(&invite, &ok, Method::Ack, 1, &[], ""));
    line.request(Method::Invite);
}

#[test]
fn bye_ends_what_waits_for_an_answer() {
    let (mut line, first, theirs) = talking();
    line.receive(from_callee(&first, &theirs, Method::Invite, 1, OFFER));
    line.receive(from_callee(&first, &theirs, Method::Bye, 2, ""));
    line.response(200);
    line.response(487);
    assert_eq!(line.told().last().map(String::as_str), Some("Ended(Bye { code: None })"));
}

#[test]
fn a_change_of_ours_that_is_accepted_after_their_bye_is_acknowledged() {
    let (mut line, first, theirs) = talking();
    line.command(reoffer());
    let ours = line.request(Method::Invite);
    line.receive(from_callee(&first, &theirs, Method::Bye, 1, ""));
    line.response(200);
    let ok = answer(&ours, 200, "", &[BOB], ANSWER);
    line.receive(ok.clone());
    let ack = line.request(Method::Ack);
    line.receive(ok);
    assert_eq!(line.request(Method::Ack), ack);
    assert_eq!(line.told().last().map(String::as_str), Some("Ended(Bye { code: None })"));
    line.wait(seconds(200));
    line.silent();
    assert!(line.ua.is_quiet());
}

#[test]
fn an_update_without_offer_is_a_sign_of_life_and_may_bring_a_new_name() {
    let (mut line, first, theirs) = talking();
    let mut update = from_callee(&first, &theirs, Method::Update, 1, "");
    update.headers.push("P-Asserted-Identity", "\"Carol\" <sip:carol@example.com>");
    update.headers.push("Supported", "timer");
    update.headers.push("Session-Expires", "120;refresher=uas");
    line.receive(update);
    let ok = line.response(200);
    assert_eq!(ok.headers.session_expires().expect("granted").to_string(), "120;refresher=uas");
    assert_eq!(line.told(), ["RemoteChanged { remote: Remote { name: Personal(..), number: Personal(..), uri: Personal(..) } }"]);
    line.wait(seconds(60));
    line.request(Method::Update);
}

#[test]
fn a_session_is_refreshed_by_update_where_allowed() {
    let (mut line, ..) = talking_with(&[("Allow", "UPDATE"), ("Session-Expires", "90;refresher=uac"), ("Require", "timer")]);
    line.wait(seconds(45));
    let update = line.request(Method::Update);
    line.receive(answer(&update, 200, "", &[BOB, ("Session-Expires", "90;refresher=uac")], ""));
    line.wait(seconds(45));
    let update = line.request(Method::Update);
    assert!(update.body.is_empty());
    line.receive(answer(&update, 405, "", &[], ""));
    let invite = line.request(Method::Invite);
    line.receive(answer(&invite, 200, "", &[BOB, ("Session-Expires", "90;refresher=uac")], ANSWER));
    insta::assert_snapshot!(line.ladder);
}

#[test]
fn who_offers_nothing_keeps_a_timer_that_the_far_end_asks_for_all_the_same() {
    let mut form_of = config();
    form_of.session_expires = None;
    form_of.form.supported = &["outbound"];
    let mut line = Line::with(form_of);
    let invite = line.dial();
    assert_eq!(invite.headers.supported(), ["outbound"]);
    let asks = [BOB, ("Allow", "UPDATE"), ("Session-Expires", "90;refresher=uac"), ("Require", "timer")];
    line.receive(answer(&invite, 200, "bob", &asks, ANSWER));
    line.request(Method::Ack);
    // A change of the call before the refresh is one, too.
    line.command(reoffer());
    let again = line.request(Method::Invite);
    assert_eq!(again.headers.get("Session-Expires"), Some("90;refresher=uac"));
    assert_eq!(again.headers.supported(), ["outbound", "timer"], "RFC 4028 section 7.4");
    line.receive(answer(&again, 200, "", &[BOB, ("Session-Expires", "90;refresher=uac")], ANSWER));
    line.request(Method::Ack);
    line.wait(seconds(45));
    let update = line.request(Method::Update);
    assert_eq!(update.headers.supported(), ["outbound", "timer"]);
    assert_eq!(update.headers.get("Session-Expires"), Some("90;refresher=uac"));
}

#[test]
fn a_session_is_refreshed_by_the_same_offer_where_update_is_not_allowed() {
    let (mut line, first, _) = talking_with(&[("Session-Expires", "90;refresher=uac")]);
    line.wait(seconds(45));
    let invite = line.request(Method::Invite);
    assert_eq!(invite.session_description(), first.session_description());
    // A wish of the user's is not lost meanwhile.
    line.command(reoffer());
    line.silent();
    line.receive(answer(&invite, 200, "", &[BOB, ("Session-Expires", "90;refresher=uac")], ANSWER));
    line.request(Method::Ack);
    line.request(Method::Invite);
    assert_eq!(line.told(), ["Refreshed { answer: Personal(..) }"]);
}

#[test]
fn a_wish_behind_a_refresh_is_made_whatever_becomes_of_that() {
    let behind_a_refresh = || {
        let (mut line, ..) = talking_with(&[("Session-Expires", "900;refresher=uac")]);
        line.wait(seconds(450));
        let refresh = line.request(Method::Invite);
        line.command(Command::Reoffer { call: CALL, offer: Some(ANSWER.into()) });
        line.silent();
        (line, refresh)
    };
    let is_made = |line: &mut Line| {
        let wish = line.request(Method::Invite);
        assert_eq!(wish.session_description().as_deref(), Some(ANSWER));
        line.receive(answer(&wish, 200, "", &[BOB], OFFER));
        line.request(Method::Ack);
        let told = line.told();
        assert_eq!(told.last().map(String::as_str), Some("ReofferAnswered { answer: Personal(..) }"));
    };

    let (mut line, refresh) = behind_a_refresh();
    line.receive(answer(&refresh, 491, "", &[], ""));
    line.request(Method::Ack);
    line.wait(seconds(5));
    is_made(&mut line);

    let (mut line, refresh) = behind_a_refresh();
    line.receive(answer(&refresh, 422, "", &[("Min-SE", "3600")], ""));
    line.request(Method::Ack);
    let refresh = line.request(Method::Invite);
    line.receive(answer(&refresh, 200, "", &[BOB], ANSWER));
    line.request(Method::Ack);
    is_made(&mut line);

    let (mut line, refresh) = behind_a_refresh();
    line.receive(answer(&refresh, 100, "", &[], ""));
    line.wait(seconds(60));
    line.request(Method::Cancel);
    is_made(&mut line);
}

#[test]
fn a_refresh_that_another_change_holds_up_is_made_after_it() {
    let (mut line, _, _) = talking_with(&[("Session-Expires", "90;refresher=uac")]);
    line.wait(seconds(44));
    line.command(reoffer());
    let ours = line.request(Method::Invite);
    line.wait(seconds(2));
    line.silent();
    line.receive(answer(&ours, 488, "", &[], ""));
    line.request(Method::Ack);
    line.wait(seconds(1));
    let refresh = line.request(Method::Invite);
    line.receive(answer(&refresh, 200, "", &[BOB, ("Session-Expires", "90;refresher=uac")], ANSWER));
    line.request(Method::Ack);
    line.wait(seconds(40));
    line.silent();
}

#[test]
fn a_refresh_that_meets_nobody_ends_the_call() {
    for (code, fault) in [(408, "Vanished"), (481, "Forgotten")] {
        let (mut line, ..) = talking_with(&[("Allow", "UPDATE"), ("Session-Expires", "90;refresher=uac")]);
        line.wait(seconds(45));
        let update = line.request(Method::Update);
        line.receive(answer(&update, code, "", &[], ""));
        line.request(Method::Bye);
        assert_eq!(line.told().last().cloned(), Some(format!("Ended(Failed {{ fault: {fault} }})")));
    }
}

#[test]
fn a_far_end_that_forgets_to_refresh_is_hung_up_on() {
    let (mut line, ..) = talking_with(&[("Session-Expires", "90;refresher=uas")]);
    line.wait(seconds(59));
    line.silent();
    line.wait(seconds(1));
    line.request(Method::Bye);
}

#[test]
fn without_a_wish_of_ours_no_interval_is_asked_for() {
    let mut line = Line::with(UserAgentConfig { session_expires: None, ..config() });
    assert_eq!(line.dial().headers.session_expires(), None);
}

#[test]
fn each_digit_by_info_is_answered_for_itself() {
    let (mut line, ..) = talking();
    for digit in ["1", "2"] {
        let body = format!("Signal={digit}\r\n").into();
        line.command(Command::Info { call: CALL, content_type: "application/dtmf-relay".into(), body });
    }
    let (first, second) = (line.request(Method::Info), line.request(Method::Info));
    assert_eq!(second.body, b"Signal=2\r\n");
    line.receive(answer(&first, 200, "", &[], ""));
    line.receive(answer(&second, 415, "", &[], ""));
    assert_eq!(line.told(), ["InfoAnswered { code: 200 }", "InfoAnswered { code: 415 }"]);
}

/// A REFER of ours in a call that has been answered with `code`.
fn referred(code: u16, extra: &[(&str, &str)]) -> Line {
    let (mut line, ..) = talking_with(extra);
    line.command(Command::Refer { call: CALL, target: super::line::uri("sip:carol@example.com"), replaces: None });
    let refer = line.request(Method::Refer);
    line.receive(answer(&refer, code, "", &[], ""));
    assert!(line.told()[0].starts_with(&format!("ReferAnswered {{ code: {code}")));
    line
}

#[test]
fn a_refer_to_a_dialog_the_far_end_has_lost_ends_the_call() {
    for (extra, method) in [(&[("Allow", "UPDATE")][..], Method::Update), (&[], Method::Invite)] {
        for (code, fault) in [(481, "Forgotten"), (408, "Vanished")] {
            let mut line = referred(481, extra);
            let question = line.request(method.clone());
            line.receive(answer(&question, code, "", &[], ""));
            if method == Method::Invite {
                line.request(Method::Ack);
            }
            line.request(Method::Bye);
            assert_eq!(line.told(), [format!("Ended(Failed {{ fault: {fault} }})")], "{method}");
        }
    }
}

#[test]
fn a_refer_that_meets_no_such_transfer_leaves_a_call_that_is_there() {
    let mut line = referred(481, &[("Allow", "UPDATE")]);
    let question = line.request(Method::Update);
    line.receive(answer(&question, 200, "", &[BOB], ""));
    line.silent();
    assert!(line.told().is_empty());
    let mut line = referred(603, &[("Allow", "UPDATE")]);
    line.silent();
    line.command(reoffer());
    line.request(Method::Invite);
}

#[test]
fn every_request_that_belongs_to_the_call_ends_it_when_the_far_end_has_lost_it() {
    let asks = [
        (Command::Info { call: CALL, content_type: "application/dtmf-relay".into(), body: "Signal=1".into() }, Method::Info),
        (Command::Update { call: CALL, offer: OFFER.into() }, Method::Update),
        (reoffer(), Method::Invite),
    ];
    for (command, method) in asks {
        let (mut line, ..) = talking();
        line.command(command);
        let ours = line.request(method.clone());
        line.receive(answer(&ours, 481, "", &[], ""));
        if method == Method::Invite {
            line.request(Method::Ack);
        }
        line.request(Method::Bye);
        assert_eq!(line.told().last().map(String::as_str), Some("Ended(Failed { fault: Forgotten })"), "{method}");
    }
}

#[test]
fn a_report_of_a_transfer_that_nobody_waits_for_ends_no_call() {
    // RFC 5057 section 5.1: it is the report's subscription that is not there.
    let mut line = Line::new();
    let (invite, ok) = line.accepted_call();
    let headers = [("Refer-To", "<sip:carol@example.com>"), BOB];
    line.receive(in_dialog(&invite, &ok, Method::Refer, 2, &headers, ""));
    line.command(Command::AcceptRefer { call: INCOMING });
    line.response(202);
    let report = line.request(Method::Notify);
    line.told();
    line.receive(answer(&report, 481, "", &[], ""));
    line.silent();
    assert!(line.told().is_empty());
}

#[test]
fn a_refresh_that_nobody_heard_because_there_was_no_connection_ends_no_call() {
    for extra in
        [&[("Allow", "UPDATE"), ("Session-Expires", "1800;refresher=uac")][..], &[("Session-Expires", "1800;refresher=uac")]]
    {
        let (mut line, ..) = talking_with(extra);
        line.wait(seconds(890));
        line.handle(Input::Disconnected);
        line.wait(seconds(60));
        line.handle(Input::Connected);
        line.wait(seconds(20));
        let again =
            line.sent.iter().any(|sent| matches!(sent, crate::Message::Request(request) if request.method != Method::Bye));
        assert!(line.told().is_empty(), "{}", line.ladder);
        assert!(again, "{}", line.ladder);
    }
}
