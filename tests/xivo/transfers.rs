//! Transfers, which the XUC carries out.

use model::{CallId, Command, Direction, NoticeCode, TransferTo, TransferView};
use tests::{Scenario, Seat, ms, seconds};

use super::{Two, bob_hears_607, end, events, kinds_from, two_calls};
use crate::several_calls::kit::{HELD, hold, unheld};

fn consult(t: &Scenario, call: CallId, target: &str) {
    let target = target.parse().expect("can be dialled");
    t.alice().send(Command::Transfer { call, to: TransferTo::Consult { target } });
}

fn blind(t: &Scenario, call: CallId, target: &str) {
    let target = target.parse().expect("can be dialled");
    t.alice().send(Command::Transfer { call, to: TransferTo::Blind { target } });
}

fn shown(seat: &Seat, call: CallId) -> Option<TransferView> {
    seat.view(call).and_then(|view| view.transfer)
}

fn is_told(t: &Scenario, words: &str) -> bool {
    let snapshot = t.alice().snapshot();
    snapshot.notices.iter().any(|notice| notice.code == NoticeCode::TransferFailed && notice.trouble.to_string().contains(words))
}

/// Alice talks to bob, and consults `target`: both calls.
fn consulting(t: &Scenario, target: &str) -> (CallId, CallId) {
    let first = t.call("bob", "alice").called;
    consult(t, first, target);
    t.run_until(
        "somebody is consulted",
        seconds(3),
        |t| matches!(shown(t.alice(), first), Some(TransferView::Consulting { with }) if t.alice().is_established(with)),
    );
    let Some(TransferView::Consulting { with }) = shown(t.alice(), first) else { panic!("it was there") };
    (first, with)
}

#[test]
fn f16_a_consultation_holds_first_and_is_shown_as_a_call_to_whom_it_is_with() {
    let t = Scenario::new().with_xivo();
    let from = kinds_from(&t, 0).len();
    let (first, with) = consulting(&t, "608");
    assert_eq!(hold(t.alice(), first), HELD);
    let frame = t.xuc().frames().into_iter().find(|frame| frame["command"] == "attendedTransfer").expect("was asked for");
    assert_eq!((frame["destination"].as_str(), frame.as_object().map(|frame| frame.len())), (Some("608"), Some(3)));
    let view = t.alice().view(with).expect("is there");
    assert_eq!((view.direction, view.remote.number.expose()), (Direction::Outgoing, "608"));
    assert!(!t.alice().snapshot().calls.iter().any(|call| call.id == with && call.auto_answered), "it was ordered here: no beep");
    let told: Vec<_> = kinds_from(&t, from);
    let at = |kind: &str| told.iter().position(|told| told == kind);
    // Setup and Connected of the first; then it is held before the consultation comes.
    assert!(at("incoming/Hold") < told.iter().rposition(|told| told == "incoming/Setup"), "{told:?}");
    assert_eq!(
        told[told.len() - 4..],
        ["incoming/Setup", "incoming/AutoAnswered", "incoming/Connected", "incoming/RemoteMediaAdded"]
    );
    end(&t, &[with]);
    // D6: the first call is the user's again.
    t.run_until("bob is back", seconds(3), |t| unheld(t.alice()) == [first]);
    end(&t, &[first]);
}

#[test]
fn f17_completing_connects_the_two_and_ends_both_calls_without_error() {
    let t = Scenario::new().with_xivo();
    let (first, with) = consulting(&t, "608");
    t.alice().send(Command::CompleteTransfer { call: first });
    for call in [first, with] {
        t.cause("alice", call);
    }
    assert!(t.xuc().commands().contains(&"completeTransfer".to_owned()));
    assert_eq!(t.alice().live_calls(), 0);
    // The one who was consulted hums, and bob hears it now.
    t.run_for(seconds(3));
    let _earlier = t.bob().take_heard();
    t.run_for(seconds(1));
    assert!(tests::tone_dbfs(&t.bob().take_heard(), 659.26) > -35.0);
    let ends = events(&t).into_iter().filter(|told| told.kind == "Terminated").count();
    assert_eq!(ends, 2);
    assert!(t.alice().snapshot().notices.is_empty());
}

#[test]
fn f17_cancelling_ends_the_consultation_and_gives_the_first_call_back() {
    let t = Scenario::new().with_xivo();
    let (first, with) = consulting(&t, "608");
    t.alice().send(Command::CancelTransfer { call: first });
    t.cause("alice", with);
    t.run_until("bob is back", seconds(3), |t| unheld(t.alice()) == [first]);
    assert!(t.xuc().commands().contains(&"cancelTransfer".to_owned()));
    assert_eq!(shown(t.alice(), first), None);
    end(&t, &[first]);
}

#[test]
fn f17_a_consultation_is_cancelled_without_the_cti_too() {
    let t = Scenario::new().with_xivo();
    let (first, with) = consulting(&t, "608");
    t.xuc().refuses(Some(503));
    t.xuc().close_cti();
    t.run_for(ms(500));
    t.alice().send(Command::CancelTransfer { call: first });
    t.cause("alice", with);
    t.run_until("bob is back", seconds(5), |t| unheld(t.alice()) == [first]);
    end(&t, &[first]);
}

#[test]
fn a_busy_target_gives_the_first_call_back_and_says_so() {
    let t = Scenario::new().with_xivo();
    let first = t.call("bob", "alice").called;
    consult(&t, first, "603");
    t.run_until("it failed, and bob is back", seconds(8), |t| {
        matches!(shown(t.alice(), first), Some(TransferView::Failed { .. })) && unheld(t.alice()) == [first]
    });
    assert!(is_told(&t, "the transfer did not work"));
    end(&t, &[first]);
}

#[test]
fn without_the_cti_nobody_can_be_consulted_and_that_is_told() {
    let t = Scenario::new().with_xivo();
    let first = t.call("bob", "alice").called;
    t.xuc().refuses(Some(503));
    t.xuc().close_cti();
    t.run_for(ms(500));
    consult(&t, first, "608");
    t.run_until("bob is back", seconds(5), |t| {
        matches!(shown(t.alice(), first), Some(TransferView::Failed { .. })) && unheld(t.alice()) == [first]
    });
    assert!(is_told(&t, "its CTI is not connected"));
    end(&t, &[first]);
}

#[test]
fn a_server_that_never_calls_gives_the_first_call_back() {
    let t = Scenario::new().with_xivo();
    let first = t.call("bob", "alice").called;
    t.xuc().ignores_orders();
    consult(&t, first, "608");
    t.run_until("bob is back", seconds(15), |t| {
        matches!(shown(t.alice(), first), Some(TransferView::Failed { .. })) && unheld(t.alice()) == [first]
    });
    assert!(is_told(&t, "the server did not call"));
    end(&t, &[first]);
}

#[test]
fn somebody_is_consulted_only_while_there_is_no_other_call() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, .. } = two_calls(&t);
    consult(&t, second, "608");
    t.run_for(seconds(1));
    assert!(is_told(&t, "no other call"));
    assert!(!t.xuc().commands().contains(&"attendedTransfer".to_owned()));
    assert_eq!(unheld(t.alice()), [second]);
    end(&t, &[first, second]);
}

#[test]
fn a_blind_transfer_moves_the_call_it_names_though_another_is_in_conversation() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, .. } = two_calls(&t);
    assert_eq!(unheld(t.alice()), [second]);
    blind(&t, first, "607");
    t.cause("alice", first);
    assert!(t.xuc().commands().contains(&"directTransfer".to_owned()));
    assert!(t.alice().is_established(second), "the other one stays");
    bob_hears_607(&t);
    end(&t, &[second]);
}

#[test]
fn the_two_far_ends_of_calls_that_were_dialled_are_connected() {
    let t = Scenario::new().with_xivo();
    let bob = t.call("alice", "bob").caller;
    let other = t.dial("alice", "607");
    t.run_until("it answers", seconds(3), |t| t.alice().is_established(other) && unheld(t.alice()) == [other]);
    t.alice().send(Command::Transfer { call: bob, to: TransferTo::Call { call: other } });
    for call in [bob, other] {
        t.cause("alice", call);
    }
    t.run_for(seconds(2));
    assert_eq!(t.alice().live_calls(), 0);
    assert_eq!(t.bob().live_calls(), 1);
}

#[test]
fn f16_nobody_is_consulted_about_a_call_that_is_named_while_another_is_in_conversation() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, .. } = two_calls(&t);
    consult(&t, first, "608");
    t.run_for(seconds(1));
    assert!(is_told(&t, "no other call"));
    assert!(!t.xuc().commands().contains(&"attendedTransfer".to_owned()), "the server would have taken the other one");
    assert_eq!(unheld(t.alice()), [second]);
    end(&t, &[first, second]);
}

#[test]
fn f17_completing_and_cancelling_are_about_the_call_that_is_named_and_not_about_the_one_in_conversation() {
    let t = Scenario::new().with_xivo();
    let (first, with) = consulting(&t, "608");
    t.alice().send(Command::CompleteTransfer { call: with });
    t.alice().send(Command::CancelTransfer { call: with });
    t.run_for(seconds(1));
    assert!(is_told(&t, "nobody is being consulted about this call"));
    let orders = |t: &Scenario| {
        let is_order = |command: &String| matches!(command.as_str(), "completeTransfer" | "cancelTransfer");
        t.xuc().commands().into_iter().filter(is_order).count()
    };
    assert_eq!(orders(&t), 0);
    assert!(t.alice().is_established(with) && hold(t.alice(), first) == HELD);
    t.alice().send(Command::CancelTransfer { call: first });
    t.cause("alice", with);
    t.run_until("bob is back", seconds(3), |t| unheld(t.alice()) == [first]);
    assert_eq!(orders(&t), 1);
    end(&t, &[first]);
}
