//! A line that belongs to a desk phone: it is controlled by CTI, and its sound stays where it is. The desk phone is a seat of its
//! own, so that what is asked for can be heard at the far ends.

use model::{
    AccountState, CallId, CallState, Cause, Command, Direction, EndedBy, Event, Hold, LineFault, NoticeCode, TelephoneFault,
    TransferTo, TransferView,
};
use serde_json::json;
use tests::{CtiFaults, DESK_PHONE, Scenario, Seat, ms, seconds};

use super::{bob_hears_607, odd_ways_to_tell, requests, troubles};
use crate::several_calls::kit::{HELD, hold, unheld, who_hears};

fn desk(t: &Scenario) -> &Seat {
    t.phone(DESK_PHONE)
}

/// The commands about calls that the XUC got, `(command, uniqueId or destination or key)`.
fn orders(t: &Scenario) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let about = |frame: &serde_json::Value| ["uniqueId", "destination", "key"].iter().find_map(|name| text(&frame[name]));
    let frames =
        t.xuc().frames().into_iter().filter(|frame| !frame["command"].as_str().is_some_and(|name| name.starts_with("get")));
    frames.map(|frame| (text(&frame["command"]).unwrap_or_default(), about(&frame).unwrap_or_default())).collect()
}

fn is_told(t: &Scenario, code: NoticeCode, words: &str) -> bool {
    t.alice().snapshot().notices.iter().any(|notice| notice.code == code && notice.trouble.to_string().contains(words))
}

fn end(t: &Scenario, calls: &[CallId]) {
    for call in calls {
        t.alice().hang_up(*call);
        t.cause("alice", *call);
    }
}

/// Bob's call, which is held at the desk phone, and carol's, which is in conversation there; with the server's number of each.
struct Two {
    first: CallId,
    second: CallId,
    of_first: String,
    of_second: String,
}

fn two_calls(t: &Scenario) -> Two {
    let first = t.call("bob", "alice").called;
    let second = t.call("carol", "alice").called;
    t.run_until("the first is held", seconds(3), |t| unheld(t.alice()) == [second] && hold(t.alice(), first) == HELD);
    let [of_first, of_second]: [String; 2] = t.xuc().unique_ids().try_into().expect("two calls");
    Two { first, second, of_first, of_second }
}

fn transfer(t: &Scenario, call: CallId, to: TransferTo) {
    t.alice().send(Command::Transfer { call, to });
}

fn shown(t: &Scenario, call: CallId) -> Option<TransferView> {
    t.alice().view(call).and_then(|view| view.transfer)
}

/// Alice talks to bob at her desk phone, and consults `target`: both calls.
fn consulting(t: &Scenario, target: &str) -> (CallId, CallId) {
    let first = t.call("bob", "alice").called;
    transfer(t, first, TransferTo::Consult { target: target.parse().expect("a number") });
    t.run_until(
        "somebody is consulted",
        seconds(4),
        |t| matches!(shown(t, first), Some(TransferView::Consulting { with }) if t.alice().is_established(with)),
    );
    let Some(TransferView::Consulting { with }) = shown(t, first) else { panic!("it was there") };
    (first, with)
}

#[test]
fn the_line_of_a_desk_phone_is_ready_without_registering_or_opening_sip() {
    let t = Scenario::new().with_desk_phone();
    let snapshot = t.alice().snapshot();
    assert_eq!(snapshot.accounts[0].state, AccountState::Ready);
    assert!(snapshot.accounts[0].can.elsewhere && snapshot.accounts[0].can.transfer);
    assert_eq!(requests(&t, "REGISTER"), [""; 0]);
    assert_eq!(t.xuc().sip_urls().len(), 1, "the desk phone's own");
}

#[test]
fn a_call_is_dialled_at_the_desk_phone_and_no_sound_of_it_is_here() {
    let t = Scenario::new().with_desk_phone();
    let call = t.dial("alice", "600");
    assert_eq!(t.alice().told(|event| matches!(event, Event::Dialing { .. })), 1);
    t.run_until("the desk phone talks", seconds(3), |t| t.alice().is_established(call) && desk(t).live_calls() == 1);
    let view = t.alice().view(call).expect("it is shown");
    assert_eq!((view.direction, view.remote.number.expose()), (Direction::Outgoing, "600"));
    assert!(view.elsewhere && view.media.is_none() && view.dtmf.is_none() && !view.muted);
    assert_eq!((t.alice().sound.open_streams("memory:mic"), t.alice().sound.open_streams("memory:spk")), (0, 0));
    assert_eq!(t.alice().live_calls(), 1, "its steps are of one call");
    t.alice().hang_up(call);
    assert_eq!(t.cause("alice", call), Cause::HungUp { by: EndedBy::Local });
    t.run_until("the desk phone is free", seconds(2), |t| desk(t).live_calls() == 0);
    let orders = orders(&t);
    assert_eq!(orders[0], ("dial".into(), "600".into()));
    assert_eq!(orders[1].0, "hangup");
    assert!(t.alice().told(|event| matches!(event, Event::Answered { .. })) == 1);
}

#[test]
fn f27_a_call_at_the_desk_phone_is_answered_heard_there_and_hung_up_by_cti() {
    let t = Scenario::new().with_desk_phone();
    let talk = t.ring("bob", "alice");
    let view = t.alice().view(talk.called).expect("it is shown");
    assert_eq!((view.direction, view.remote.name.expose(), view.remote.number.expose()), (Direction::Incoming, "bob", "bob"));
    t.alice().answer(talk.called);
    t.run_until("both talk", seconds(3), |t| t.alice().is_established(talk.called) && t.bob().is_established(talk.caller));
    assert_eq!(who_hears(&t, &[DESK_PHONE, "bob"]), [vec![1], vec![0]]);
    let unique_id = t.xuc().unique_ids()[0].clone();
    t.alice().hang_up(talk.called);
    t.cause("bob", talk.caller);
    assert_eq!(t.cause("alice", talk.called), Cause::HungUp { by: EndedBy::Local });
    assert_eq!(orders(&t), [("answer".into(), unique_id.clone()), ("hangup".into(), unique_id)]);
    assert_eq!(t.alice().told(|event| matches!(event, Event::Ended { .. })), 1);
}

#[test]
fn a_call_that_stops_ringing_at_the_desk_phone_was_missed_and_one_that_is_declined_was_not() {
    let t = Scenario::new().with_desk_phone();
    let talk = t.ring("bob", "alice");
    t.bob().hang_up(talk.caller);
    assert_eq!(t.cause("alice", talk.called), Cause::Missed);
    let talk = t.ring("bob", "alice");
    t.alice().decline(talk.called);
    assert_eq!(t.cause("alice", talk.called), Cause::Declined);
    t.cause("bob", talk.caller);
}

#[test]
fn what_is_done_at_the_desk_phone_itself_is_shown() {
    let t = Scenario::new().with_desk_phone();
    let talk = t.ring("bob", "alice");
    let there = desk(&t).ringing().expect("it rings there");
    desk(&t).answer(there);
    t.run_until("it is answered", seconds(2), |t| t.alice().is_established(talk.called));
    desk(&t).hold(there);
    t.run_until("it is held", seconds(2), |t| hold(t.alice(), talk.called) == HELD);
    desk(&t).resume(there);
    t.run_until("it is back", seconds(2), |t| hold(t.alice(), talk.called) == Hold::default());
    desk(&t).hang_up(there);
    assert_eq!(t.cause("alice", talk.called), Cause::HungUp { by: EndedBy::Remote });
}

#[test]
fn of_two_calls_that_ring_at_the_desk_phone_the_one_that_is_named_is_answered() {
    let t = Scenario::new().with_desk_phone();
    let first = t.ring("bob", "alice");
    let carol = t.dial("carol", "alice");
    t.run_until("both ring", seconds(2), |t| t.alice().live_calls() == 2);
    let second = t.alice().newest_call().expect("carol's");
    t.alice().answer(second);
    t.run_until("carol is talked to", seconds(2), |t| t.alice().is_established(second) && t.phone("carol").is_established(carol));
    assert_eq!(t.alice().state(first.called), Some(CallState::Incoming));
    end(&t, &[second, first.called]);
}

#[test]
fn of_two_calls_at_the_desk_phone_the_one_that_is_named_is_held_taken_back_and_hung_up() {
    let t = Scenario::new().with_desk_phone();
    let Two { first, second, of_first, of_second } = two_calls(&t);
    t.alice().resume(first);
    t.run_until("they have changed places", seconds(4), |t| unheld(t.alice()) == [first]);
    assert_eq!(who_hears(&t, &[DESK_PHONE, "bob", "carol"]), [vec![1], vec![0], vec![]]);
    t.alice().hold(first);
    t.run_until("both are held", seconds(3), |t| unheld(t.alice()).is_empty());
    t.alice().resume(second);
    t.run_until("carol is talked to", seconds(3), |t| unheld(t.alice()) == [second]);
    t.alice().hang_up(first);
    assert_eq!(t.cause("alice", first), Cause::HungUp { by: EndedBy::Local });
    assert!(t.alice().is_established(second) && unheld(t.alice()) == [second]);
    let asked: Vec<_> = orders(&t).into_iter().filter(|(command, _)| command == "hold" || command == "hangup").collect();
    let hold = |of: &String| ("hold".to_owned(), of.clone());
    let expected =
        [hold(&of_second), hold(&of_first), hold(&of_first), hold(&of_second), ("hangup".to_owned(), of_first.clone())];
    assert_eq!(asked, expected);
    end(&t, &[second]);
}

#[test]
fn keys_go_into_the_call_in_conversation_and_never_into_another_than_the_one_that_is_named() {
    let t = Scenario::new().with_desk_phone();
    let Two { first, second, .. } = two_calls(&t);
    t.alice().press(first, "1");
    t.run_for(ms(200));
    assert!(is_told(&t, NoticeCode::DtmfFailed, "take this one back first"));
    assert_eq!((t.phone("bob").digits(), t.phone("carol").digits()), (String::new(), String::new()));
    t.alice().press(second, "57");
    t.run_for(seconds(3));
    assert_eq!((t.phone("bob").digits(), t.phone("carol").digits()), (String::new(), "57".into()));
    end(&t, &[first, second]);
}

#[test]
fn what_is_no_business_of_a_desk_phone_is_refused_in_words() {
    let t = Scenario::new().with_desk_phone();
    let call = t.call("bob", "alice").called;
    t.alice().send(Command::Mute { call, muted: true });
    t.alice().send(Command::Record { call, on: true });
    t.run_for(ms(50));
    assert!(is_told(&t, NoticeCode::DialFailed, "cannot be done with a call of another telephone"));
    assert!(is_told(&t, NoticeCode::RecordingFailed, "at the other telephone"));
    assert!(t.alice().view(call).is_some_and(|view| !view.muted && !view.recording));
    end(&t, &[call]);
}

#[test]
fn a_blind_transfer_moves_the_call_it_names_though_another_is_in_conversation_at_the_desk_phone() {
    let t = Scenario::new().with_desk_phone();
    let Two { first, second, .. } = two_calls(&t);
    transfer(&t, first, TransferTo::Blind { target: "607".parse().expect("a number") });
    assert_eq!(t.cause("alice", first), Cause::Transferred);
    assert!(t.alice().is_established(second), "the other one stays");
    bob_hears_607(&t);
    end(&t, &[second]);
}

#[test]
fn a_consultation_at_the_desk_phone_is_completed() {
    let t = Scenario::new().with_desk_phone();
    let (first, with) = consulting(&t, "608");
    let view = t.alice().view(with).expect("is there");
    assert_eq!((view.direction, view.remote.number.expose(), hold(t.alice(), first)), (Direction::Outgoing, "608", HELD));
    t.alice().send(Command::CompleteTransfer { call: first });
    assert_eq!((t.cause("alice", first), t.cause("alice", with)), (Cause::Transferred, Cause::Transferred));
    t.run_for(seconds(3));
    let _earlier = t.bob().take_heard();
    t.run_for(seconds(1));
    assert!(tests::tone_dbfs(&t.bob().take_heard(), 659.26) > -35.0, "bob hears whom alice consulted");
    assert_eq!(desk(&t).live_calls(), 0);
    assert!(t.alice().snapshot().notices.is_empty());
}

#[test]
fn a_consultation_at_the_desk_phone_is_cancelled_and_the_first_call_is_taken_back() {
    let t = Scenario::new().with_desk_phone();
    let (first, with) = consulting(&t, "608");
    t.alice().send(Command::CancelTransfer { call: first });
    assert_eq!(t.cause("alice", with), Cause::Cancelled);
    t.run_until("bob is back", seconds(5), |t| unheld(t.alice()) == [first]);
    assert_eq!(who_hears(&t, &[DESK_PHONE, "bob"]), [vec![1], vec![0]]);
    assert_eq!(shown(&t, first), None);
    end(&t, &[first]);
}

#[test]
fn a_busy_target_gives_the_desk_phone_its_first_call_back_and_says_so() {
    let t = Scenario::new().with_desk_phone();
    let first = t.call("bob", "alice").called;
    transfer(&t, first, TransferTo::Consult { target: "603".parse().expect("a number") });
    t.run_until("it failed, and bob is back", seconds(15), |t| {
        matches!(shown(t, first), Some(TransferView::Failed { .. })) && unheld(t.alice()) == [first]
    });
    assert!(is_told(&t, NoticeCode::TransferFailed, "the transfer did not work"));
    end(&t, &[first]);
}

#[test]
fn two_calls_at_the_desk_phone_are_connected_with_each_other() {
    let t = Scenario::new().with_desk_phone();
    let bob = t.call("bob", "alice").called;
    let other = t.dial("alice", "607");
    t.run_until("it answers", seconds(4), |t| unheld(t.alice()) == [other]);
    transfer(&t, bob, TransferTo::Call { call: other });
    assert_eq!((t.cause("alice", bob), t.cause("alice", other)), (Cause::Transferred, Cause::Transferred));
    assert_eq!(t.bob().live_calls(), 1);
}

#[test]
fn the_desk_phone_makes_a_conference_of_its_two_calls_and_of_no_others() {
    let t = Scenario::new().with_desk_phone();
    let alone = t.call("bob", "alice").called;
    t.alice().send(Command::Merge { calls: vec![alone] });
    t.run_for(ms(50));
    assert!(is_told(&t, NoticeCode::ConferenceFailed, "its two answered calls"));
    end(&t, &[alone]);
    let Two { first, second, .. } = two_calls(&t);
    t.alice().send(Command::Merge { calls: vec![first, second] });
    t.run_until("both are in conversation", seconds(2), |t| unheld(t.alice()) == [first, second]);
    assert!(orders(&t).contains(&("conference".into(), String::new())));
    end(&t, &[first, second]);
}

#[test]
fn who_takes_a_call_here_has_the_one_at_the_desk_phone_held_and_the_other_way_round() {
    let t = Scenario::new().with_desk_phone_and_sip();
    let there = t.call("bob", "alice").called;
    t.dial("carol", "dave");
    t.run_until("it rings here", seconds(2), |t| t.alice().ringing().is_some());
    let here = t.alice().ringing().expect("it rings");
    assert!(!t.alice().view(here).expect("is shown").elsewhere);
    t.alice().answer(here);
    t.run_until("the desk phone holds", seconds(3), |t| t.alice().is_established(here) && unheld(t.alice()) == [here]);
    t.alice().resume(there);
    t.run_until("the call here is held", seconds(4), |t| unheld(t.alice()) == [there]);
    t.alice().send(Command::Merge { calls: vec![here, there] });
    t.run_for(ms(50));
    assert!(is_told(&t, NoticeCode::ConferenceFailed, "cannot be in a conference with one that is here"));
    end(&t, &[here, there]);
}

#[test]
fn a_number_dialled_before_the_line_is_known_is_dialled_at_the_desk_phone() {
    let t = Scenario::new().with_unready_desk_phone();
    t.alice().cable.weather(|weather| weather.delay = ms(100));
    let call = t.dial("alice", "600");
    t.run_until("the desk phone talks", seconds(8), |t| t.alice().is_established(call));
    assert!(t.alice().view(call).is_some_and(|view| view.elsewhere));
    end(&t, &[call]);
}

#[test]
fn without_the_cti_the_desk_phone_cannot_be_controlled_and_what_it_did_meanwhile_is_found_out() {
    let t = Scenario::new().with_desk_phone();
    let first = t.call("bob", "alice").called;
    t.xuc().refuses(Some(503));
    t.xuc().close_cti();
    t.run_until("it is told", seconds(3), |t| matches!(t.alice().account(), AccountState::Offline { .. }));
    t.alice().hold(first);
    t.run_for(ms(50));
    assert!(is_told(&t, NoticeCode::HoldFailed, "its CTI is not connected"));
    assert!(t.alice().is_established(first), "it is shown as it was");
    // Meanwhile bob hangs up and carol is talked to.
    t.bob().hang_up(t.bob().newest_call().expect("his"));
    t.run_for(seconds(1));
    t.dial("carol", "alice");
    t.run_until("it rings there", seconds(3), |t| desk(t).ringing().is_some());
    desk(&t).answer(desk(&t).ringing().expect("it rings"));
    t.run_for(seconds(1));
    t.xuc().refuses(None);
    t.run_until("the line is back", seconds(70), |t| t.alice().account() == AccountState::Ready);
    t.cause("alice", first);
    t.run_until("carol's call is shown", seconds(2), |t| t.alice().live_calls() == 1);
    let second = t.alice().newest_call().expect("carol's");
    assert!(t.alice().is_established(second));
    end(&t, &[second]);
}

#[test]
fn a_step_that_was_never_told_is_found_out_by_what_the_telephone_is_doing() {
    let t = Scenario::new().with_desk_phone();
    let talk = t.call("bob", "alice");
    t.xuc().goes_wrong(CtiFaults { silent_about_calls: true, ..CtiFaults::default() });
    t.bob().hang_up(talk.caller);
    t.run_for(seconds(2));
    assert!(t.alice().is_established(talk.called), "nobody has said so");
    t.xuc().goes_wrong(CtiFaults::default());
    t.xuc().say("PhoneStatusUpdate", &json!({"status": 0}));
    t.run_for(seconds(4));
    assert!(t.alice().is_established(talk.called), "it may be late");
    t.run_until("the list heals it", seconds(3), |t| t.alice().cause(talk.called).is_some());
    assert_eq!(troubles(&t), 0, "what is healed needs no words");
}

#[test]
fn a_telephone_that_is_said_to_be_busy_without_a_call_is_told_once() {
    let t = Scenario::new().with_desk_phone();
    let busy = json!({"status": "BUSY"});
    t.xuc().say("PhoneStatusUpdate", &busy);
    t.run_for(seconds(7));
    let is_told = |event: &Event| matches!(event, Event::Failed { message, .. } if message.contains("tells of none"));
    assert_eq!(t.alice().told(is_told), 1);
    t.xuc().say("PhoneStatusUpdate", &busy);
    t.run_for(seconds(60));
    assert_eq!(t.alice().told(is_told), 1, "once is enough");
    // When it matched again meanwhile, it is news.
    t.xuc().say("PhoneStatusUpdate", &json!({"status": "AVAILABLE"}));
    t.xuc().say("PhoneStatusUpdate", &busy);
    t.run_for(seconds(7));
    assert_eq!(t.alice().told(is_told), 2);
}

#[test]
fn what_the_desk_phone_does_not_do_is_noticed_and_told() {
    let t = Scenario::new().with_desk_phone();
    let first = t.call("bob", "alice").called;
    t.xuc().ignores_orders();
    t.alice().hang_up(first);
    t.run_until("it is told", seconds(8), |t| is_told(t, NoticeCode::DialFailed, "the desk phone did not end the call"));
    assert!(t.alice().is_established(first));
    let call = t.dial("alice", "600");
    let cause = t.cause("alice", call);
    assert_eq!(cause, Cause::AccountNotReady { fault: LineFault::Telephone { fault: TelephoneFault::NotCalled } });
    desk(&t).hang_up(desk(&t).newest_call().expect("bob's"));
    t.cause("alice", first);
}

#[test]
fn what_the_cti_says_of_a_desk_phone_twice_in_disorder_and_in_odd_forms_does_no_harm() {
    for faults in odd_ways_to_tell() {
        let t = Scenario::new().with_desk_phone();
        t.xuc().goes_wrong(faults);
        t.dial("bob", "alice");
        t.run_until("it rings there", seconds(2), |t| desk(t).ringing().is_some());
        let there = desk(&t).ringing().expect("it rings");
        desk(&t).answer(there);
        t.run_for(seconds(8));
        desk(&t).hold(there);
        t.run_for(seconds(8));
        assert_eq!(t.alice().live_calls(), 1, "{faults:?}");
        desk(&t).hang_up(there);
        t.run_for(seconds(8));
        // In disorder the last frame of all is told with the next one only.
        t.xuc().goes_wrong(CtiFaults::default());
        t.xuc().say("PhoneStatusUpdate", &json!({"status": "AVAILABLE"}));
        t.run_for(seconds(8));
        assert_eq!((t.alice().live_calls(), troubles(&t)), (0, 0), "{faults:?}");
        assert_eq!(t.alice().told(|event| matches!(event, Event::Ended { .. })), 1, "{faults:?}");
    }
}

#[test]
fn a_line_that_goes_to_a_desk_phone_is_controlled_from_then_on_and_registers_when_it_comes_back() {
    let t = Scenario::new().with_xivo();
    t.xuc().changes_line(|line| line["hasDevice"] = json!(true));
    t.run_until("it is controlled", seconds(5), |t| t.alice().account() == AccountState::Ready);
    assert!(t.alice().snapshot().accounts[0].can.elsewhere);
    t.xuc().changes_line(|line| line["hasDevice"] = json!(false));
    t.run_until("it is registered", seconds(5), |t| t.alice().is_registered());
    assert!(!t.alice().snapshot().accounts[0].can.elsewhere);
    let talk = t.call("bob", "alice");
    assert!(!t.alice().view(talk.called).expect("is shown").elsewhere);
    end(&t, &[talk.called]);
}
