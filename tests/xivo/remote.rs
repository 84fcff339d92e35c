//! Other programs of the user: what they ask for by their own CTI reaches this phone as remote commands.

use model::{CallState, Direction};
use serde_json::json;
use tests::{Scenario, ms, seconds};

use super::{Two, end, events, newest_call_id, troubles, two_calls};
use crate::several_calls::kit::unheld;

#[test]
fn f30_another_program_answers() {
    let t = Scenario::new().with_xivo();
    let talk = t.ring("bob", "alice");
    t.xuc().say("WebRTCCmd", &json!({"command": "Answer", "sipCallId": newest_call_id(&t)}));
    t.run_until("it is established", seconds(2), |t| t.alice().is_established(talk.called));
    t.bob().hang_up(talk.caller);
    t.cause("alice", talk.called);
}

#[test]
fn f30_of_two_ringing_calls_another_program_answers_the_one_it_names() {
    let t = Scenario::new().with_xivo();
    let first = t.ring("bob", "alice");
    t.dial("carol", "alice");
    t.run_until("both ring", seconds(2), |t| t.alice().live_calls() == 2);
    let second = t.alice().newest_call().expect("carol's");
    let of_second = t.xuc().unique_ids()[1].clone();
    t.xuc().other_program(&json!({"command": "answer", "uniqueId": of_second}));
    t.run_until("carol's is answered", seconds(2), |t| t.alice().is_established(second));
    assert_eq!(t.alice().state(first.called), Some(CallState::Incoming));
    end(&t, &[second]);
    t.alice().decline(first.called);
    t.cause("alice", first.called);
}

#[test]
fn f30_other_programs_act_on_the_call_they_name_and_not_on_the_one_in_conversation() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, first_id, .. } = two_calls(&t);
    // The one that is held is named: its microphone, and not that of the other.
    t.xuc().say("WebRTCCmd", &json!({"command": "ToggleMicrophone", "sipCallId": first_id}));
    t.run_for(ms(50));
    assert!(t.alice().view(first).is_some_and(|view| view.muted));
    assert!(t.alice().view(second).is_some_and(|view| !view.muted));
    // By the server's number of it: taking it back holds the other one first, and one is ongoing after the swap.
    let of_first = t.xuc().unique_ids()[0].clone();
    t.xuc().other_program(&json!({"command": "hold", "uniqueId": of_first}));
    t.run_until("they have changed places", seconds(3), |t| unheld(t.alice()) == [first]);
    t.xuc().say("WebRTCCmd", &json!({"command": "Hold", "sipCallId": first_id}));
    t.run_until("both are held", seconds(3), |t| unheld(t.alice()).is_empty());
    // Which of two is meant is not guessed, and a call that is not here is not either.
    for (number, command) in [json!({"command": "Hold"}), json!({"command": "Hold", "sipCallId": "strange@x"})].iter().enumerate()
    {
        t.xuc().say("WebRTCCmd", command);
        t.run_for(ms(50));
        assert_eq!(troubles(&t), number + 1);
    }
    t.xuc().say("WebRTCCmd", &json!({"command": "Dance", "sipCallId": first_id}));
    t.run_for(ms(50));
    assert_eq!(troubles(&t), 2, "what is not known is passed over");
    end(&t, &[first, second]);
}

#[test]
fn f30_a_key_of_another_program_goes_to_the_calls_in_conversation() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, second_id, .. } = two_calls(&t);
    t.xuc().other_program(&json!({"command": "sendDtmf", "key": "7"}));
    t.run_for(seconds(1));
    let info = super::requests(&t, "INFO");
    assert!(info.len() == 1 && info[0].contains("Signal=7") && info[0].contains(&second_id), "{info:?}");
    end(&t, &[first, second]);
}

#[test]
fn f30_another_program_hangs_up_the_call_it_names() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, .. } = two_calls(&t);
    let of_first = t.xuc().unique_ids()[0].clone();
    t.xuc().other_program(&json!({"command": "hangup", "uniqueId": of_first}));
    t.cause("alice", first);
    assert!(t.alice().is_established(second));
    end(&t, &[second]);
}

#[test]
fn f28_a_call_that_another_program_dials_is_answered_at_once_and_shown_as_outgoing() {
    for to in ["600", "bob"] {
        let t = Scenario::new().with_xivo();
        let begun = t.now();
        t.xuc().other_program(&json!({"command": "dial", "destination": to, "variables": {"ticket": "77"}}));
        t.run_until("alice's phone has answered", ms(500), |t| {
            t.alice()
                .snapshot()
                .calls
                .iter()
                .any(|call| matches!(call.state, CallState::Connecting | CallState::Established { .. }))
        });
        assert!(t.now().since(begun) < ms(500));
        assert_eq!(t.alice().ringing(), None);
        if to == "bob" {
            t.run_until("bob's phone rings", seconds(2), |t| t.bob().ringing().is_some());
            t.bob().answer(t.bob().ringing().expect("it rings"));
        }
        t.run_until("it is established", seconds(3), |t| {
            t.alice().snapshot().calls.iter().any(|call| matches!(call.state, CallState::Established { .. }))
        });
        let view = t.alice().snapshot().calls[0].clone();
        assert_eq!((view.direction, view.remote.number.expose()), (Direction::Outgoing, to));
        let told: Vec<_> = events(&t).into_iter().skip(2).map(|told| (told.kind, told.data.auto_answer)).collect();
        assert_eq!(told[0], ("Setup".to_owned(), Some(true)));
        assert_eq!(told[1].0, "AutoAnswered");
        assert_eq!(told[2].0, "Connected");
        end(&t, &[view.id]);
    }
}

#[test]
fn f28_where_the_account_does_not_let_it_such_a_call_rings_like_any_other() {
    let not = |settings: &mut model::Settings| {
        if let model::Provider::Xivo(xivo) = &mut settings.accounts[0].provider {
            xivo.auto_answer = false;
        }
    };
    let t = Scenario::new().with_settings(not).with_xivo();
    t.xuc().other_program(&json!({"command": "dial", "destination": "600"}));
    t.run_until("it rings", seconds(2), |t| t.alice().ringing().is_some());
    t.run_for(seconds(2));
    let ringing = t.alice().ringing().expect("it rings on");
    assert_eq!(t.alice().view(ringing).map(|view| view.direction), Some(Direction::Incoming));
    t.alice().decline(ringing);
    t.cause("alice", ringing);
}
