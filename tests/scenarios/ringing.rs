//! Calls that ring when their connection breaks: whoever gives up meanwhile cannot say so.

use calls::io::MediaRequest;
use model::{CallId, CallState, Cause, LineFault};
use sip::Method;
use tests::{FarCall, FarMedia, FarTalk, Scenario, ms, seconds};

/// A call of somebody who takes UPDATE rings, and its connection has been replaced.
fn rings_behind_another_connection(t: &Scenario) -> (CallId, FarCall, FarMedia) {
    let media = t.far_media();
    let mut far = FarCall::to_phone(t.far(), &t.far_offer(&media), "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n");
    let ringing = t.response(&Method::Invite);
    assert_eq!(ringing.code, 180);
    far.learn(&ringing);
    let call = t.alice().ringing().expect("it rings");
    t.alice().cable.cut();
    (call, far, media)
}

fn lose(t: &Scenario) {
    t.alice().cable.refuse();
    t.alice().cable.cut();
    t.run_for(seconds(2));
}

#[test]
fn an_answer_without_a_connection_goes_over_the_next_one() {
    let t = Scenario::new().with_far();
    let (call, mut far, media) = t.far_rings();
    lose(&t);
    assert_eq!((t.alice().state(call), t.alice().sound.rings().len()), (Some(CallState::Incoming), 1), "it rings on");
    t.alice().answer(call);
    t.run_for(seconds(8));
    t.alice().cable.mend();
    t.run_until("it is registered again", seconds(10), |t| t.alice().is_registered());
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 200);
    media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
    far.ack(&response, "");
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    assert_eq!(t.talks(&FarTalk { call, far, media }), (true, true));
}

#[test]
fn a_caller_who_gave_up_meanwhile_was_missed() {
    let t = Scenario::new().with_far();
    let (call, mut far, _media) = rings_behind_another_connection(&t);
    let asked = t.request(&Method::Update);
    far.respond(&asked, 481, "Call/Transaction Does Not Exist", "");
    let refusal = t.response(&Method::Invite);
    assert_eq!(refusal.code, 487);
    far.ack(&refusal, "");
    assert_eq!(t.cause("alice", call), Cause::Missed);
    assert_eq!(t.alice().sound.rings(), []);
}

#[test]
fn a_caller_who_waits_is_asked_until_he_is_answered_or_gives_up() {
    let t = Scenario::new().with_far();
    let (call, mut far, media) = rings_behind_another_connection(&t);
    for _ in 0..3 {
        let asked = t.request_within(&Method::Update, seconds(11));
        far.respond(&asked, 200, "OK", "");
    }
    assert_eq!(t.alice().state(call), Some(CallState::Incoming));
    t.alice().answer(call);
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 200);
    media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
    far.ack(&response, "");
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    t.run_for(seconds(20));
    assert!(t.far().take_request(&Method::Update).is_none());
}

#[test]
fn a_call_whose_account_stays_away_rings_for_half_a_minute_and_is_missed() {
    let t = Scenario::new().with_far();
    let (call, _far, _media) = t.far_rings();
    lose(&t);
    t.run_for(seconds(30));
    assert_eq!(t.alice().state(call), Some(CallState::Incoming));
    t.run_for(seconds(4));
    assert_eq!(t.alice().cause(call), Some(Cause::ConnectionLost));
    assert_eq!(t.alice().sound.rings(), []);
}

#[test]
fn who_answers_a_call_that_nobody_waits_in_is_told_what_was_missing() {
    for comes_back in [false, true] {
        let t = Scenario::new().with_far();
        let (call, _far, _media) = t.far_rings();
        lose(&t);
        if comes_back {
            t.alice().cable.mend();
            t.run_until("it is registered again", seconds(10), |t| t.alice().is_registered());
        }
        t.alice().answer(call);
        t.run_for(seconds(33));
        let unheard = Cause::LineFailed { fault: LineFault::AnswerNotConfirmed };
        assert_eq!(t.alice().cause(call), Some(if comes_back { unheard } else { Cause::ConnectionLost }));
        t.run_for(ms(500));
        assert_eq!(t.alice().live_calls(), 0);
    }
}
