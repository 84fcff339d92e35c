//! Transfers: the far end is sent to somebody else, or sends us.

use calls::io::MediaRequest;
use model::{
    AllowTransfers, CallId, Cause, Command, EndedBy, Event, NoticeCode, TransferFault, TransferStage, TransferTo, TransferView,
};
use sip::{Method, Request};
use tests::{FarCall, FarTalk, Scenario, Seat, ms, seconds};

use super::kit::{FREE, HELD, agree, hold, invite_and_hold, pick_up, reinvite};

fn blind(target: &str) -> TransferTo {
    TransferTo::Blind { target: target.parse().expect("somebody") }
}

fn transfer(seat: &Seat, call: CallId, to: TransferTo) {
    seat.send(Command::Transfer { call, to });
}

fn shown(seat: &Seat, call: CallId) -> Option<TransferView> {
    seat.view(call).and_then(|view| view.transfer)
}

fn is_told(seat: &Seat, words: &str) -> bool {
    let snapshot = seat.snapshot();
    snapshot.notices.iter().any(|notice| notice.code == NoticeCode::TransferFailed && notice.trouble.to_string().contains(words))
}

/// Alice transfers a held call, and the far end has taken her REFER.
fn referred(t: &Scenario, talk: &FarTalk) -> Request {
    transfer(t.alice(), talk.call, blind("carol"));
    agree(t, talk, &reinvite(t));
    let refer = t.request(&Method::Refer);
    talk.far.respond(&refer, 202, "Accepted", "");
    refer
}

#[test]
fn a_blind_transfer_holds_first_and_ends_the_call_when_the_target_answers() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    transfer(t.alice(), talk.call, blind("carol"));
    let held = reinvite(&t);
    t.run_for(ms(500));
    assert!(t.far().take_request(&Method::Refer).is_none(), "the hold comes first");
    agree(&t, &talk, &held);
    let refer = t.request(&Method::Refer);
    assert_eq!(refer.headers.get("Refer-To"), Some("<sip:carol@far.invalid>"));
    talk.far.respond(&refer, 202, "Accepted", "");
    talk.far.notify("active;expires=60", "100 Trying");
    talk.far.notify("active;expires=60", "180 Ringing");
    t.run_for(ms(50));
    assert_eq!(shown(t.alice(), talk.call), Some(TransferView::Moving { stage: TransferStage::Ringing }));
    talk.far.notify("terminated;reason=noresource", "200 OK");
    let bye = t.request(&Method::Bye);
    talk.far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", talk.call), Cause::Transferred);
    t.finish();
}

#[test]
fn a_far_end_that_hangs_up_at_once_has_gone_where_it_was_sent() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    referred(&t, &talk);
    talk.far.bye();
    assert_eq!(t.cause("alice", talk.call), Cause::Transferred);
    t.finish();
}

#[test]
fn a_busy_target_gives_the_call_back_and_says_why() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    referred(&t, &talk);
    talk.far.notify("terminated;reason=noresource", "486 Busy Here");
    agree(&t, &talk, &reinvite(&t));
    assert_eq!(hold(t.alice(), talk.call), FREE);
    assert_eq!(
        shown(t.alice(), talk.call),
        Some(TransferView::Failed { fault: TransferFault::Ended { cause: Cause::Busy { code: 486 } } })
    );
    assert!(is_told(t.alice(), "busy (486)"));
    assert_eq!(t.talks(&talk), (true, true));
    t.run_for(seconds(10));
    assert_eq!(shown(t.alice(), talk.call), None, "a failure is shown for a moment");
}

#[test]
fn a_refused_transfer_gives_the_call_back() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    transfer(t.alice(), talk.call, blind("carol"));
    agree(&t, &talk, &reinvite(&t));
    let refer = t.request(&Method::Refer);
    talk.far.respond(&refer, 603, "Decline", "");
    agree(&t, &talk, &reinvite(&t));
    assert_eq!(hold(t.alice(), talk.call), FREE);
    assert!(is_told(t.alice(), "refused the transfer (603 Decline)"));
}

#[test]
fn a_transfer_of_which_nothing_is_heard_is_given_up() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    referred(&t, &talk);
    let back = t.request_within(&Method::Invite, seconds(35));
    agree(&t, &talk, &back);
    assert_eq!(hold(t.alice(), talk.call), FREE);
    assert!(is_told(t.alice(), "nothing was heard"));
}

#[test]
fn a_call_held_by_the_user_stays_held_when_its_transfer_fails() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    t.alice().hold(talk.call);
    agree(&t, &talk, &reinvite(&t));
    transfer(t.alice(), talk.call, blind("carol"));
    let refer = t.request(&Method::Refer);
    talk.far.respond(&refer, 202, "Accepted", "");
    talk.far.notify("terminated", "404 Not Found");
    t.run_until("it has failed", seconds(1), |t| is_told(t.alice(), "no such number"));
    t.run_for(seconds(1));
    assert_eq!(hold(t.alice(), talk.call), HELD);
}

#[test]
fn a_far_end_that_refuses_the_hold_is_transferred_all_the_same() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    transfer(t.alice(), talk.call, blind("carol"));
    let asked = reinvite(&t);
    talk.far.respond(&asked, 488, "Not Acceptable Here", "");
    t.request(&Method::Ack);
    let refer = t.request_within(&Method::Refer, seconds(5));
    talk.far.respond(&refer, 202, "Accepted", "");
}

#[test]
fn hanging_up_in_the_middle_of_a_transfer_ends_the_call() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    referred(&t, &talk);
    t.alice().hang_up(talk.call);
    let bye = t.request(&Method::Bye);
    talk.far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", talk.call), Cause::HungUp { by: EndedBy::Local });
    t.finish();
}

#[test]
fn an_attended_transfer_names_the_other_call_and_ends_both() {
    let t = Scenario::new().with_far();
    let first = t.far_call();
    let to = TransferTo::Consult { target: "carol".parse().expect("somebody") };
    transfer(t.alice(), first.call, to);
    let (one, other) = (t.request(&Method::Invite), t.request(&Method::Invite));
    let is_inside = |invite: &Request| invite.headers.get("To").is_some_and(|to| to.contains("tag="));
    let (invite, held) = if is_inside(&one) { (other, one) } else { (one, other) };
    agree(&t, &first, &held);
    let with = t.alice().newest_call().expect("the consultation");
    assert_eq!(shown(t.alice(), first.call), Some(TransferView::Consulting { with }));
    let mut second = pick_up(&t, with, &invite);
    assert_eq!(t.talks(&second), (true, true));
    t.alice().send(Command::CompleteTransfer { call: first.call });
    let refer = t.request(&Method::Refer);
    let target = refer.headers.get("Refer-To").expect("there").to_owned();
    assert!(target.contains("carol@far.invalid?Replaces=") && target.contains("to-tag"), "{target}");
    let mut first = first;
    first.far.respond(&refer, 202, "Accepted", "");
    first.far.notify("active", "100 Trying");
    first.far.notify("terminated", "200 OK");
    second.far.bye();
    t.run_until("both are over", seconds(2), |t| t.alice().snapshot().calls.iter().all(|call| call.answered_ms.is_some()));
    assert_eq!(t.cause("alice", first.call), Cause::Transferred);
    assert!(t.alice().cause(with).is_some());
}

#[test]
fn a_consulted_target_that_is_busy_gives_the_first_call_back() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol", "dave"]);
    let bob = t.call("alice", "bob").caller;
    t.call("carol", "dave");
    transfer(t.alice(), bob, TransferTo::Consult { target: "carol".parse().expect("somebody") });
    t.run_until("Bob is held and Carol rings", seconds(2), |t| {
        hold(t.alice(), bob).local && t.phone("carol").ringing().is_some()
    });
    let ringing = t.phone("carol").ringing().expect("it rings");
    t.phone("carol").decline(ringing);
    t.run_until("Bob is back", seconds(2), |t| hold(t.alice(), bob) == FREE && is_told(t.alice(), "busy"));
}

#[test]
fn a_consultation_is_given_up_and_the_first_call_comes_back() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let bob = t.call("alice", "bob").caller;
    transfer(t.alice(), bob, TransferTo::Consult { target: "carol".parse().expect("somebody") });
    t.run_until("Carol rings", seconds(2), |t| t.phone("carol").ringing().is_some());
    t.alice().send(Command::CancelTransfer { call: bob });
    t.run_until("Bob is back", seconds(2), |t| hold(t.alice(), bob) == FREE && t.phone("carol").ringing().is_none());
    assert_eq!(shown(t.alice(), bob), None);
}

#[test]
fn who_is_transferred_is_asked_and_then_talks_to_the_target() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let talk = t.call("alice", "bob");
    transfer(t.alice(), talk.caller, blind("carol"));
    t.run_until("Bob is asked", seconds(2), |t| {
        shown(t.bob(), talk.called) == Some(TransferView::Asked { target: "carol".into() })
    });
    t.bob().send(Command::AllowTransfer { call: talk.called, allow: true });
    t.run_until("Carol rings", seconds(2), |t| t.phone("carol").ringing().is_some());
    let ringing = t.phone("carol").ringing().expect("it rings");
    t.phone("carol").answer(ringing);
    assert_eq!(t.cause("alice", talk.caller), Cause::Transferred);
    let new = t.bob().newest_call().expect("Bob's call to Carol");
    t.run_until("Bob talks to Carol", seconds(2), |t| t.bob().is_established(new) && t.phone("carol").is_established(ringing));
    t.run_until("Bob's first call is over", seconds(2), |t| t.bob().cause(talk.called).is_some());
    t.finish();
}

/// The far end sends Alice to Dave, who has answered her; the far end has been told. Her two calls.
fn sent_to_dave(t: &Scenario) -> (FarTalk, FarTalk) {
    let mut old = t.far_call();
    old.far.request(&Method::Refer, "Refer-To: <sip:dave@far.invalid>\r\n", "");
    assert_eq!(t.response(&Method::Refer).code, 202);
    told(t, &old, "SIP/2.0 100");
    let (invite, held) = invite_and_hold(t);
    agree(t, &old, &held);
    let new = pick_up(t, t.alice().newest_call().expect("the call to Dave"), &invite);
    told(t, &old, "SIP/2.0 200");
    assert_eq!((hold(t.alice(), old.call), hold(t.alice(), new.call)), (HELD, FREE));
    (old, new)
}

/// The far end hears how the call it asked for is getting on.
fn told(t: &Scenario, talk: &FarTalk, status: &str) {
    let notify = t.request(&Method::Notify);
    assert!(String::from_utf8_lossy(&notify.body).starts_with(status), "{notify:?}");
    talk.far.respond(&notify, 200, "OK", "");
}

fn obedient() -> Scenario {
    Scenario::new().with_settings(|settings| settings.calls.allow_transfers = AllowTransfers::Always).with_far()
}

#[test]
fn who_sends_us_on_and_never_hangs_up_is_hung_up_on() {
    let t = obedient();
    let (old, new) = sent_to_dave(&t);
    t.run_for(seconds(4));
    assert!(t.far().take_request(&Method::Bye).is_none(), "he has the first word");
    let bye = t.request_within(&Method::Bye, seconds(2));
    assert_eq!(bye.headers.get("Call-ID"), Some(old.far.call_id()));
    old.far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", old.call), Cause::Transferred);
    assert_eq!(t.talks(&new), (true, true));
    t.finish();
}

#[test]
fn a_call_that_sent_us_on_and_was_taken_back_stays() {
    let t = obedient();
    let (old, new) = sent_to_dave(&t);
    t.alice().resume(old.call);
    for _ in 0..2 {
        let changed = reinvite(&t);
        let is_old = changed.headers.get("Call-ID") == Some(old.far.call_id());
        agree(&t, if is_old { &old } else { &new }, &changed);
    }
    t.run_for(seconds(10));
    assert!(t.far().take_request(&Method::Bye).is_none());
    assert_eq!((hold(t.alice(), old.call), hold(t.alice(), new.call)), (FREE, HELD));
}

#[test]
fn a_call_that_sent_us_on_is_not_lost_with_the_one_it_led_to() {
    let t = obedient();
    let (old, mut new) = sent_to_dave(&t);
    new.far.bye();
    t.response(&Method::Bye);
    t.run_for(seconds(10));
    assert!(t.far().take_request(&Method::Bye).is_none());
    assert_eq!(hold(t.alice(), old.call), HELD);
}

#[test]
fn who_is_asked_may_refuse_and_the_call_goes_on() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let talk = t.call("alice", "bob");
    transfer(t.alice(), talk.caller, blind("carol"));
    t.run_until("Bob is asked", seconds(2), |t| shown(t.bob(), talk.called).is_some());
    t.bob().send(Command::AllowTransfer { call: talk.called, allow: false });
    t.run_until("Alice has Bob back", seconds(2), |t| hold(t.alice(), talk.caller) == FREE && is_told(t.alice(), "refused"));
}

#[test]
fn who_never_allows_transfers_is_not_asked() {
    let t = Scenario::new()
        .with_settings(|settings| settings.calls.allow_transfers = AllowTransfers::Never)
        .with_phones(["alice", "bob", "carol"]);
    let talk = t.call("alice", "bob");
    transfer(t.alice(), talk.caller, blind("carol"));
    t.run_until("it is refused", seconds(2), |t| is_told(t.alice(), "refused the transfer"));
    assert_eq!(shown(t.bob(), talk.called), None);
}

#[test]
fn a_question_nobody_answers_is_refused_in_time() {
    let t = Scenario::new().with_phones(["alice", "bob", "carol"]);
    let talk = t.call("alice", "bob");
    transfer(t.alice(), talk.caller, blind("carol"));
    t.run_until("Bob is asked", seconds(2), |t| shown(t.bob(), talk.called).is_some());
    t.run_until("it is refused", seconds(30), |t| is_told(t.alice(), "refused the transfer"));
    assert!(!hold(t.bob(), talk.called).local);
}

#[test]
fn who_takes_the_place_of_a_call_arrives_before_he_is_answered() {
    let t = Scenario::new().with_far();
    let old = t.far_call();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let far = FarCall::to_phone(t.far(), &offer, &format!("Replaces: {}\r\nRequire: replaces\r\n", old.far.replaces()));
    let answer = t.response(&Method::Invite);
    assert_eq!(answer.code, 200, "nobody is asked, and nothing rings (RFC 3891 section 3)");
    media.ask(MediaRequest::Apply { answer: answer.session_description().expect("an answer").into() });
    let mut new = FarTalk { call: t.alice().newest_call().expect("the new call"), far, media };
    new.far.ack(&answer, "");
    let bye = t.request(&Method::Bye);
    old.far.respond(&bye, 200, "OK", "");
    assert_eq!(t.cause("alice", old.call), Cause::Transferred);
    t.run_until("the new call is established", seconds(2), |t| t.alice().is_established(new.call));
    assert_eq!(t.talks(&new), (true, true));
    let told = |fits: &dyn Fn(&Event) -> bool| t.alice().told_at(fits).expect("it was told");
    let arrived = told(
        &|event| matches!(event, Event::Incoming { call, replaces, .. } if *call == new.call && *replaces == Some(old.call)),
    );
    let answered = told(&|event| matches!(event, Event::Answered { call, .. } if *call == new.call));
    assert!(arrived <= answered, "it arrives at {arrived} and is answered at {answered} ms");
    t.finish();
}
