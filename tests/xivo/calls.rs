//! Calls on a line of a XiVO: each operation acts on the call it names, and the library's events tell of it.

use model::{CallState, Cause, Command, Event};
use serde_json::json;
use tests::{Scenario, ms, seconds};

use super::{Two, end, events, kinds, kinds_from, newest_call_id, two_calls};
use crate::several_calls::kit::{HELD, hold, merge, unheld, who_hears};

#[test]
fn f25_a_refused_call_is_told_with_the_words_of_sip() {
    let t = Scenario::new().with_xivo();
    let call = t.dial("alice", "603");
    assert!(matches!(t.cause("alice", call), Cause::Busy { code: 486 }));
    let ended = events(&t).into_iter().find(|told| told.kind == "Terminated").map(|told| told.data);
    let ended = ended.expect("its end was told");
    assert_eq!((ended.reason.as_deref(), ended.code), (Some("Busy Here"), Some(486)));
}

#[test]
fn f03_a_third_call_is_told_that_the_line_is_busy() {
    let t = Scenario::new().with_xivo();
    let first = t.call("bob", "alice");
    let second = t.dial("alice", "600");
    t.run_until("the echo answers", seconds(3), |t| t.alice().is_established(second));
    let third = t.dial("bob", "alice");
    assert!(matches!(t.cause("bob", third), Cause::Busy { code: 486 }));
    for call in [first.called, second] {
        t.alice().hang_up(call);
        t.cause("alice", call);
    }
}

#[test]
fn f26_after_a_transfer_at_the_server_the_call_shows_who_it_is_with() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    let id = newest_call_id(&t);
    let body = json!({
        "eventType": "EventEstablished", "DN": "1001", "otherDN": "1003", "otherDName": "Carol Day", "linkedId": "1.2",
        "uniqueId": t.xuc().unique_ids()[0], "userData": {"SIPCALLID": id}
    });
    t.xuc().say("PhoneEvent", &body);
    t.run_for(ms(50));
    let view = t.alice().view(talk.caller).expect("it goes on");
    assert_eq!((view.remote.name.expose(), view.remote.number.expose()), ("Carol Day", "1003"));
    t.alice().hang_up(talk.caller);
    t.cause("alice", talk.caller);
}

#[test]
fn f03_a_third_call_is_not_dialled() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, .. } = two_calls(&t);
    let third = t.dial("alice", "601");
    assert!(matches!(t.cause("alice", third), Cause::TooManyCalls { most: 2 }));
    assert_eq!(unheld(t.alice()), [second], "the two of before are as they were");
    end(&t, &[first, second]);
}

#[test]
fn f04_the_call_id_of_the_wire_is_that_of_every_event_and_of_the_cti() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    let id = newest_call_id(&t);
    assert!(t.ladder().contains("INVITE"));
    assert_eq!(t.xuc().call_ids(), std::slice::from_ref(&id), "what the XUC read off the wire");
    let shown = t.alice().view(talk.caller).and_then(|view| view.sip_call_id);
    assert_eq!(shown.as_ref().map(|shown| shown.expose()), Some(id.as_str()), "and that of the table of calls");
    end(&t, &[talk.caller]);
    let of_calls = events(&t).into_iter().filter(|told| matches!(told.group.as_str(), "incoming" | "outgoing"));
    let ids: Vec<_> = of_calls.map(|told| told.sip_call_id.expect("is always there")).collect();
    assert!(ids.len() >= 4 && ids.iter().all(|told| told.expose() == id), "{ids:?}");
}

#[test]
fn f09_what_cannot_be_dialled_says_why() {
    let t = Scenario::new().with_xivo();
    let call = t.dial("alice", "9999");
    assert!(matches!(t.cause("alice", call), Cause::NotFound { .. }));
    let ended = events(&t).into_iter().find(|told| told.kind == "Terminated").expect("its end was told");
    assert_eq!((ended.data.reason.as_deref(), ended.data.code), (Some("Not Found"), Some(404)));
}

#[test]
fn f11_the_call_that_is_named_is_answered_and_the_other_held_first() {
    let t = Scenario::new().with_xivo();
    let first = t.call("bob", "alice");
    let from = kinds(&t).len();
    let second = t.ring("carol", "alice");
    t.alice().answer(second.called);
    t.run_until("carol is talked to and bob held", seconds(3), |t| unheld(t.alice()) == [second.called]);
    assert_eq!(hold(t.alice(), first.called), HELD);
    let told = kinds_from(&t, from);
    assert_eq!(told.first().map(String::as_str), Some("incoming/Setup"));
    assert!(told.contains(&"incoming/Hold".to_owned()) && told.contains(&"incoming/Connected".to_owned()), "{told:?}");
    end(&t, &[first.called, second.called]);
}

#[test]
fn f12_f13_a_conference_of_two_calls_is_held_and_taken_back_as_a_whole() {
    let t = Scenario::new().with_xivo();
    let bob = t.call("alice", "bob").caller;
    let carol = t.call("alice", "carol").caller;
    let from = kinds(&t).len();
    merge(t.alice(), &[bob, carol]);
    t.run_until("both are taken back", seconds(2), |t| unheld(t.alice()) == [bob, carol]);
    let names = ["alice", "bob", "carol"];
    assert_eq!(who_hears(&t, &names), [vec![1, 2], vec![0, 2], vec![0, 1]], "three parties, nobody himself");
    assert_eq!(kinds_from(&t, from), ["outgoing/Resume"], "of the one that was held");
    t.alice().send(Command::HoldConference);
    t.run_until("both are held", seconds(2), |t| unheld(t.alice()).is_empty());
    assert_eq!(who_hears(&t, &names), [const { Vec::<usize>::new() }; 3]);
    t.alice().send(Command::ResumeConference);
    t.run_until("both are back", seconds(2), |t| unheld(t.alice()) == [bob, carol]);
    assert_eq!(who_hears(&t, &names), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    let told = &kinds_from(&t, from)[1..];
    assert_eq!(told, ["outgoing/Hold", "outgoing/Hold", "outgoing/Resume", "outgoing/Resume"]);
    // When one hangs up, the other goes on.
    end(&t, &[bob]);
    assert_eq!(unheld(t.alice()), [carol]);
    end(&t, &[carol]);
}

#[test]
fn f14_hold_acts_on_the_call_it_names_and_taking_one_back_holds_the_other() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, first_id, second_id, .. } = two_calls(&t);
    let from = events(&t).len();
    t.alice().resume(first);
    t.run_until("they have changed places", seconds(3), |t| unheld(t.alice()) == [first]);
    let told =
        || events(&t).into_iter().skip(from).map(|told| (told.kind, told.sip_call_id.expect("is there").expose().to_owned()));
    let (mut swapped, mut expected) =
        (told().collect::<Vec<_>>(), vec![("Hold".into(), second_id), ("Resume".into(), first_id.clone())]);
    swapped.sort();
    expected.sort();
    assert_eq!(swapped, expected);
    // D1: both may be held.
    t.alice().hold(first);
    t.run_until("both are held", seconds(3), |t| unheld(t.alice()).is_empty());
    assert_eq!(told().next_back(), Some(("Hold".into(), first_id)));
    end(&t, &[first, second]);
}

#[test]
fn f15_digits_go_by_info_to_the_call_they_are_pressed_in() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, second_id, .. } = two_calls(&t);
    t.alice().press(second, "5");
    t.run_for(seconds(1));
    let info = super::requests(&t, "INFO");
    assert_eq!(info.len(), 1, "{}", t.ladder());
    assert!(info[0].contains("application/dtmf-relay") && info[0].contains("Signal=5") && info[0].contains("Duration=120"));
    assert!(info[0].contains(&second_id));
    end(&t, &[first, second]);
}

#[test]
fn f15_digits_go_in_the_audio_stream_where_that_is_set() {
    let in_stream = |settings: &mut model::Settings| {
        if let model::Provider::Xivo(xivo) = &mut settings.accounts[0].provider {
            xivo.dtmf = model::DtmfMode::Rfc4733;
        }
    };
    let t = Scenario::new().with_settings(in_stream).with_xivo();
    let talk = t.call("alice", "bob");
    t.alice().press(talk.caller, "4#");
    t.run_for(seconds(2));
    assert_eq!((t.bob().digits().as_str(), super::requests(&t, "INFO").len()), ("4#", 0));
    end(&t, &[talk.caller]);
}

#[test]
fn f15_a_key_is_refused_without_a_call_in_conversation_and_two_at_once_are() {
    let t = Scenario::new().with_xivo();
    let press = |key: &str| t.xuc().say("WebRTCCmd", &json!({"command": "SendDtmf", "key": key}));
    press("5");
    t.run_for(ms(50));
    assert_eq!(super::troubles(&t), 1, "nobody is in conversation");
    let talk = t.ring("bob", "alice");
    t.alice().press(talk.called, "5");
    press("5");
    t.run_for(ms(50));
    let refused = |event: &Event| matches!(event, Event::Failed { .. });
    assert_eq!(t.alice().told(refused), 3, "neither the user nor another program is heard before it is answered");
    t.alice().answer(talk.called);
    t.run_until("they talk", seconds(2), |t| t.alice().is_established(talk.called));
    press("55");
    press("x");
    t.run_for(seconds(1));
    assert_eq!(super::requests(&t, "INFO"), [""; 0]);
    end(&t, &[talk.called]);
}

#[test]
fn f19_the_microphone_of_the_named_call_is_silent_while_its_packets_go_on() {
    let t = Scenario::new().with_xivo();
    let bob = t.call("alice", "bob").caller;
    let carol = t.call("alice", "carol").caller;
    let messages = t.ladder().lines().count();
    t.alice().send(Command::Mute { call: carol, muted: true });
    t.run_for(ms(100));
    assert!(t.alice().view(carol).is_some_and(|view| view.muted) && t.alice().view(bob).is_some_and(|view| !view.muted));
    assert_eq!(t.alice().told(|event| matches!(event, Event::Microphone { call, muted: true } if *call == carol)), 1);
    assert_eq!(who_hears(&t, &["alice", "carol"]), [vec![1], vec![]]);
    assert!(!t.ladder().lines().skip(messages).any(|line| line.contains("INVITE")), "nothing is signalled");
    t.alice().send(Command::Mute { call: carol, muted: false });
    assert_eq!(who_hears(&t, &["alice", "carol"]), [vec![1], vec![0]]);
    end(&t, &[bob, carol]);
}

#[test]
fn f27_hanging_up_ends_the_call_it_names_and_is_told_once() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, first_id, .. } = two_calls(&t);
    end(&t, &[first]);
    t.run_for(seconds(1));
    assert!(t.alice().is_established(second));
    let ends: Vec<_> = events(&t).into_iter().filter(|told| told.kind == "Terminated").collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].sip_call_id.as_ref().map(|id| id.expose()), Some(first_id.as_str()));
    end(&t, &[second]);
    // An unanswered one is cancelled.
    let ringing = t.dial("alice", "604");
    t.run_until("it rings", seconds(3), |t| matches!(t.alice().state(ringing), Some(CallState::Ringing)));
    end(&t, &[ringing]);
    assert!(t.ladder().contains("CANCEL"));
}

#[test]
fn f24_an_incoming_call_that_is_missed_is_told_in_two_events() {
    let t = Scenario::new().with_xivo();
    let from = kinds(&t).len();
    let talk = t.ring("bob", "alice");
    t.bob().hang_up(talk.caller);
    t.cause("alice", talk.called);
    assert_eq!(kinds_from(&t, from), ["incoming/Setup", "incoming/Terminated"]);
    let setup = &events(&t)[from];
    assert_eq!(setup.data.caller.as_ref().map(|caller| caller.expose()), Some("bob"), "F26: the user part of From");
    assert!(t.alice().told(|event| matches!(event, Event::Incoming { .. })) == 1);
}

#[test]
fn f11_of_two_ringing_calls_the_one_that_is_named_is_answered() {
    let t = Scenario::new().with_xivo();
    let first = t.ring("bob", "alice").called;
    t.dial("carol", "alice");
    t.run_until("both ring", seconds(2), |t| t.alice().live_calls() == 2);
    let second = t.alice().newest_call().expect("carol's");
    t.alice().answer(second);
    t.run_until("carol's is answered", seconds(2), |t| t.alice().is_established(second));
    assert_eq!(t.alice().state(first), Some(CallState::Incoming));
    end(&t, &[second, first]);
}

#[test]
fn f15_a_digit_goes_to_the_call_that_is_named_though_another_is_in_conversation() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, first_id, .. } = two_calls(&t);
    t.alice().press(first, "7");
    t.run_for(seconds(1));
    let info = super::requests(&t, "INFO");
    assert!(info.len() == 1 && info[0].contains("Signal=7") && info[0].contains(&first_id), "{info:?}");
    assert_eq!(t.bob().digits(), "7");
    assert_eq!(unheld(t.alice()), [second], "nothing else has changed");
    end(&t, &[first, second]);
}

#[test]
fn f19_the_microphone_of_the_call_that_is_named_is_switched_and_not_that_of_the_one_in_conversation() {
    let t = Scenario::new().with_xivo();
    let Two { first, second, .. } = two_calls(&t);
    let muted = |call| t.alice().view(call).is_some_and(|view| view.muted);
    t.alice().send(Command::Mute { call: first, muted: true });
    t.run_for(ms(50));
    assert!(muted(first) && !muted(second));
    // It is kept until the call is taken back.
    t.alice().resume(first);
    t.run_until("bob is back", seconds(3), |t| unheld(t.alice()) == [first]);
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![]]);
    end(&t, &[first, second]);
}

#[test]
fn f12_the_member_that_is_named_leaves_the_conference_and_the_other_goes_on() {
    let t = Scenario::new().with_xivo();
    let bob = t.call("alice", "bob").caller;
    let carol = t.call("alice", "carol").caller;
    merge(t.alice(), &[bob, carol]);
    t.run_until("both are taken back", seconds(2), |t| unheld(t.alice()) == [bob, carol]);
    t.alice().hold(bob);
    t.run_until("bob is held", seconds(2), |t| unheld(t.alice()) == [carol] && hold(t.alice(), bob) == HELD);
    assert!(t.alice().snapshot().conference.is_none());
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![2], vec![], vec![0]]);
    end(&t, &[bob, carol]);
}

/// 6.2: stopping ends the calls and the registration, and tells both.
#[test]
fn a_line_that_is_switched_off_ends_its_calls_and_signs_off_and_each_is_told_once() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    let from = events(&t).len();
    let mut settings = model::Settings::clone(&t.alice().phone.settings().borrow());
    settings.accounts[0].enabled = false;
    t.alice().send(Command::SaveSettings { settings: Box::new(settings) });
    t.cause("bob", talk.called);
    t.run_for(seconds(3));
    let told: Vec<_> =
        events(&t).into_iter().skip(from).map(|told| (format!("{}/{}", told.group, told.kind), told.data.reason)).collect();
    let of = |kind: &str| told.iter().filter(|(known, _)| known == kind).map(|(_, reason)| reason.clone()).collect::<Vec<_>>();
    assert_eq!(of("outgoing/Terminated").len(), 1, "{told:?}");
    assert_eq!(of("registration/Unregistered"), [Some("Stopped".to_owned())]);
    assert_eq!((super::requests(&t, "BYE").len(), t.xuc().is_open()), (1, false));
    assert!(super::requests(&t, "REGISTER").last().is_some_and(|register| register.contains("expires=0")));
}
