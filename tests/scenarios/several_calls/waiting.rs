//! Calls that arrive while the user is busy, away, or not to be disturbed.

use model::{CallWaiting, Cause, Command, Event, Settings, TurnedAway};
use sip::Method;
use tests::{FarCall, Scenario, ms, seconds};

/// A far end calls Alice with these settings; the answer to its INVITE: code and Contact.
fn answered_with(t: &Scenario) -> (u16, String) {
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut far = FarCall::to_phone(t.far(), &offer, "");
    let response = t.response(&Method::Invite);
    if response.code >= 300 {
        far.ack(&response, "");
    }
    let contact = response.headers.get("Contact").unwrap_or_default().to_owned();
    (response.code, contact)
}

fn turned_away(t: &Scenario) -> Vec<TurnedAway> {
    let because = |event| match event {
        Event::TurnedAway { because, .. } => Some(because),
        _ => None,
    };
    t.alice().events().into_iter().filter_map(because).collect()
}

#[test]
fn without_call_waiting_a_second_caller_hears_busy() {
    let busy = |settings: &mut Settings| settings.calls.waiting = CallWaiting::Busy;
    let t = Scenario::new().with_settings(busy).with_far();
    t.far_call();
    assert_eq!(answered_with(&t).0, 486);
    assert_eq!(turned_away(&t), [TurnedAway::Busy]);
}

#[test]
fn who_must_not_be_disturbed_is_not_and_may_be_again() {
    let away = |settings: &mut Settings| settings.calls.dnd_code = 480;
    let t = Scenario::new().with_settings(away).with_far();
    t.alice().send(Command::DoNotDisturb { on: true });
    t.run_for(ms(10));
    assert!(t.alice().snapshot().do_not_disturb);
    assert_eq!(answered_with(&t).0, 480);
    assert_eq!(turned_away(&t), [TurnedAway::DoNotDisturb]);
    t.alice().send(Command::DoNotDisturb { on: false });
    assert_eq!(answered_with(&t).0, 180);
}

#[test]
fn an_exception_rings_all_the_same() {
    let but_carol = |settings: &mut Settings| settings.calls.dnd_exceptions = vec!["carol".parse().expect("a name")];
    let t = Scenario::new().with_settings(but_carol).with_far();
    t.alice().send(Command::DoNotDisturb { on: true });
    assert_eq!(answered_with(&t).0, 180);
}

#[test]
fn every_call_is_forwarded_when_the_user_wants_it() {
    let to_700 = |settings: &mut Settings| settings.calls.forward.always = "700".into();
    let t = Scenario::new().with_settings(to_700).with_far();
    let (code, contact) = answered_with(&t);
    assert_eq!((code, contact.as_str()), (302, "<sip:700@far.invalid>"));
    assert_eq!(turned_away(&t), [TurnedAway::Forwarded]);
    assert_eq!(t.alice().live_calls(), 0);
}

#[test]
fn a_call_nobody_answers_is_forwarded_after_its_time() {
    let to_700 = |settings: &mut Settings| {
        settings.calls.forward.no_answer = "700".into();
        settings.calls.forward.no_answer_s = 10;
    };
    let t = Scenario::new().with_settings(to_700).with_far();
    let (call, mut far, _media) = t.far_rings();
    t.run_for(seconds(9));
    assert_eq!(t.alice().ringing(), Some(call));
    let response = {
        t.run_for(seconds(2));
        t.response(&Method::Invite)
    };
    assert_eq!((response.code, response.headers.get("Contact")), (302, Some("<sip:700@far.invalid>")));
    far.ack(&response, "");
    assert_eq!(t.cause("alice", call), Cause::Diverted);
}

#[test]
fn a_ringing_call_is_sent_elsewhere_by_hand() {
    let t = Scenario::new().with_far();
    let (call, mut far, _media) = t.far_rings();
    t.alice().send(Command::Redirect { call, target: "bob@example.com".parse().expect("an address") });
    let response = t.response(&Method::Invite);
    assert_eq!((response.code, response.headers.get("Contact")), (302, Some("<sip:bob@example.com>")));
    far.ack(&response, "");
    assert_eq!(t.cause("alice", call), Cause::Diverted);
}

#[test]
fn a_phone_that_answers_by_itself_holds_nobody_for_it() {
    let auto = |settings: &mut Settings| settings.calls.auto_answer = true;
    let t = Scenario::new().with_settings(auto).with_phones(["alice", "bob", "carol"]);
    t.bob().dial("alice");
    t.run_until("it answers", seconds(1), |t| t.alice().live_calls() == 1 && t.alice().ringing().is_none());
    let first = t.alice().newest_call().expect("it came");
    t.run_until("it is established", seconds(1), |t| t.alice().is_established(first));
    assert!(t.alice().view(first).is_some_and(|call| call.auto_answered));
    t.phone("carol").dial("alice");
    t.run_until("the second waits", seconds(1), |t| t.alice().ringing().is_some());
    assert_eq!(super::kit::unheld(t.alice()), [first]);
}
