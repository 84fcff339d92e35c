//! Calls whose connection is replaced by another.

use super::{
    super::{Command, Input},
    line::{ANSWER, CALL, INCOMING, Line, OFFER, answer, incoming, seconds},
};
use crate::{Method, Request};

const BOB: (&str, &str) = ("Contact", "<sip:bob@192.0.2.9>");

/// A call of ours at an account that registers, with what its 200 said besides.
fn registered_call(extra: &[(&str, &str)]) -> Line {
    let mut line = Line::new();
    line.command(Command::Register);
    is_taken(&mut line);
    let invite = line.dial();
    line.receive(answer(&invite, 200, "bob", &[&[BOB], extra].concat(), ANSWER));
    line.request(Method::Ack);
    line.events.clear();
    line
}

fn is_taken(line: &mut Line) {
    let register = line.request(Method::Register);
    let contact = register.headers.get("Contact").expect("it names one").to_owned();
    line.receive(answer(&register, 200, "s", &[("Contact", &contact)], ""));
    line.events.clear();
}

fn reconnect(line: &mut Line) {
    line.handle(Input::Disconnected);
    line.handle(Input::Connected);
}

fn names_us(request: &Request, line: &Line) -> bool {
    request.headers.contacts().is_ok_and(|contacts| contacts.iter().any(|contact| contact.uri == line.ua.contact()))
}

#[test]
fn the_far_end_is_told_the_new_way_once_the_server_knows_it() {
    let mut line = registered_call(&[("Allow", "INVITE, UPDATE")]);
    reconnect(&mut line);
    let register = line.request(Method::Register);
    line.request(Method::Ack);
    line.silent();
    let challenge = [("WWW-Authenticate", r#"Digest realm="example.com", nonce="n", qop="auth""#)];
    line.receive(answer(&register, 401, "s", &challenge, ""));
    is_taken(&mut line);
    let update = line.request(Method::Update);
    assert!(names_us(&update, &line) && update.body.is_empty(), "{update:?}");
    line.receive(answer(&update, 200, "", &[BOB], ""));
    // The next refresh of the registration is over the same connection.
    line.wait(seconds(590));
    is_taken(&mut line);
    line.silent();
    assert!(line.told().is_empty());
}

#[test]
fn a_far_end_that_takes_no_update_is_offered_the_same_again() {
    let mut line = registered_call(&[]);
    reconnect(&mut line);
    line.command(Command::Reoffer { call: CALL, offer: Some(OFFER.into()) });
    // What the user wants tells the way by itself.
    let register = line.request(Method::Register);
    line.request(Method::Ack);
    let wish = line.request(Method::Invite);
    line.receive(answer(&register, 200, "s", &[], ""));
    line.silent();
    line.receive(answer(&wish, 200, "", &[BOB], ANSWER));
    line.request(Method::Ack);
    line.events.clear();

    reconnect(&mut line);
    let register = line.request(Method::Register);
    line.request(Method::Ack);
    line.receive(answer(&register, 200, "s", &[], ""));
    line.events.clear();
    let again = line.request(Method::Invite);
    assert!(names_us(&again, &line) && again.session_description().as_deref() == Some(OFFER), "{again:?}");
    line.receive(answer(&again, 200, "", &[BOB], ANSWER));
    line.request(Method::Ack);
    assert_eq!(line.told(), ["Refreshed { answer: Personal(..) }"]);
}

#[test]
fn who_does_not_register_tells_the_new_way_at_once() {
    let mut line = Line::new();
    line.answered_call();
    reconnect(&mut line);
    line.request(Method::Ack);
    line.request(Method::Update);
    line.silent();
}

#[test]
fn a_new_way_that_cannot_be_told_ends_no_call_but_one_that_is_forgotten() {
    for code in [408, 500, 481] {
        let mut line = registered_call(&[("Allow", "UPDATE"), ("Session-Expires", "1800;refresher=uas")]);
        reconnect(&mut line);
        is_taken_behind_the_ack(&mut line);
        let update = line.request(Method::Update);
        line.receive(answer(&update, code, "", &[], ""));
        if code == 481 {
            line.request(Method::Bye);
            assert_eq!(line.told(), ["Ended(Failed { fault: Forgotten })"]);
        } else {
            line.silent();
            assert!(line.told().is_empty(), "{code}");
        }
    }
}

fn is_taken_behind_the_ack(line: &mut Line) {
    let register = line.request(Method::Register);
    line.request(Method::Ack);
    line.receive(answer(&register, 200, "s", &[], ""));
    line.events.clear();
}

/// A call of theirs that rings at an account without a registration, and whose connection was replaced.
fn ringing_behind_another_connection(extra: &[(&str, &str)]) -> Line {
    let mut line = Line::new();
    line.receive(incoming(&line.ua.contact(), extra, OFFER));
    line.command(Command::Ring { call: INCOMING });
    line.response(180);
    line.events.clear();
    reconnect(&mut line);
    line
}

#[test]
fn a_caller_who_could_not_call_off_over_the_old_connection_is_asked_whether_he_still_calls() {
    let mut line = ringing_behind_another_connection(&[("Allow", "INVITE, UPDATE")]);
    for _ in 0..2 {
        let update = line.request(Method::Update);
        assert!(names_us(&update, &line) && update.body.is_empty(), "{update:?}");
        line.receive(answer(&update, 200, "", &[BOB], ""));
        line.wait(seconds(9));
        line.silent();
        line.wait(seconds(1));
    }
    assert!(line.told().is_empty());
    let update = line.request(Method::Update);
    line.receive(answer(&update, 481, "", &[], ""));
    line.response(487);
    assert_eq!(line.told(), ["Ended(Cancelled { code: None })"]);
    line.wait(seconds(200));
    assert!(line.ua.is_quiet());
}

#[test]
fn a_caller_who_cannot_be_asked_or_says_something_else_may_still_be_there() {
    let mut line = ringing_behind_another_connection(&[]);
    line.silent();
    for code in [403, 405, 408, 500] {
        let mut line = ringing_behind_another_connection(&[("Allow", "INVITE, UPDATE")]);
        let update = line.request(Method::Update);
        line.receive(answer(&update, code, "", &[], ""));
        line.silent();
        assert!(line.told().is_empty(), "{code}");
    }
    line.command(Command::Accept { call: INCOMING, description: Some(ANSWER.into()), headers: Vec::new() });
    line.response(200);
}

#[test]
fn an_answer_that_found_no_connection_goes_over_the_next_one() {
    let mut line = Line::new();
    line.receive(incoming(&line.ua.contact(), &[], OFFER));
    line.command(Command::Ring { call: INCOMING });
    line.response(180);
    line.handle(Input::Disconnected);
    line.command(Command::Accept { call: INCOMING, description: Some(ANSWER.into()), headers: Vec::new() });
    line.wait(seconds(10));
    line.sent.clear();
    line.handle(Input::Connected);
    line.response(200);
}
