//! What goes wrong between a phone and its XiVO, and heals without hands.

use model::{AccountState, Event};
use serde_json::json;
use tests::{CtiFaults, OTHER_PHONE, Scenario, ms, seconds};

use super::{end, events, kinds, kinds_from, newest_call_id, odd_ways_to_tell, troubles};
use crate::several_calls::kit::who_hears;

/// How often it was told in words that the registration is gone with its connection.
fn lost_in_words(t: &Scenario) -> usize {
    t.alice().told(|event| matches!(event, Event::Unregistered { message, .. } if message.contains("connection")))
}

#[test]
fn a_token_that_is_not_good_any_more_when_sip_comes_back_is_got_anew_while_a_call_keeps_its_audio() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    t.xuc().forget_token();
    t.alice().cable.cut_sip();
    t.run_until("it is told", seconds(2), |t| lost_in_words(t) == 1);
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]]);
    t.run_until("it is registered again", seconds(3), |t| t.alice().is_registered());
    assert_eq!(t.xuc().asked(), ["auth/login", "auth/check", "auth/login"], "the CTI is open all the time, and is not touched");
    assert_eq!((t.xuc().sip_urls().len(), troubles(&t)), (2, 0));
    t.run_for(seconds(2));
    assert!(t.alice().is_established(talk.caller) && t.bob().is_established(talk.called));
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]]);
    end(&t, &[talk.caller]);
    // A WebSocket that is refused asks for a new token as well, and for no more of them than an Edge takes.
    t.xuc().refuses_connections(Some(403));
    t.alice().cable.cut_sip();
    let before = t.xuc().knocks();
    t.run_for(seconds(60));
    assert!((4..20).contains(&(t.xuc().knocks() - before)), "{} in a minute", t.xuc().knocks() - before);
    t.xuc().refuses_connections(None);
    t.run_until("it is back", seconds(40), |t| t.alice().is_registered());
}

#[test]
fn a_call_goes_on_without_the_cti_which_comes_back_by_itself() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    t.xuc().refuses(Some(503));
    t.xuc().close_cti();
    t.run_for(seconds(20));
    assert!(t.alice().is_established(talk.caller) && t.bob().is_established(talk.called));
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]]);
    assert_eq!(t.alice().account(), AccountState::Registered);
    let is_told = |event: &Event| matches!(event, Event::Failed { message, .. } if message.starts_with("calls go on, but"));
    assert_eq!((t.alice().told(is_told), troubles(&t)), (1, 1), "it is told in words, once");
    t.xuc().refuses(None);
    t.run_until("the CTI is back", seconds(40), |t| t.xuc().is_open());
    t.run_for(ms(50));
    assert!(t.xuc().commands().len() >= 6, "{:?}", t.xuc().commands());
    assert!(t.alice().is_established(talk.caller));
    assert_eq!(t.xuc().sip_urls().len(), 1);
    t.alice().hang_up(talk.caller);
    t.cause("alice", talk.caller);
}

#[test]
fn a_xuc_that_restarts_is_found_again_with_everything() {
    let t = Scenario::new().with_xivo();
    t.xuc().refuses(Some(502));
    t.xuc().forget_token();
    t.alice().cable.cut();
    t.run_for(seconds(10));
    assert!(matches!(t.alice().account(), AccountState::Offline { .. } | AccountState::Connecting));
    t.xuc().refuses(None);
    t.run_until("it is registered and the CTI open", seconds(70), |t| t.alice().is_registered() && t.xuc().is_open());
    // The token of before was not known any more: it signed in anew, by itself.
    assert!(t.xuc().asked().iter().filter(|path| *path == "auth/login").count() >= 2);
    assert!(kinds(&t).contains(&"registration/Unregistered".to_owned()));
    let talk = t.call("bob", "alice");
    t.bob().hang_up(talk.caller);
    t.cause("alice", talk.called);
}

#[test]
fn a_call_keeps_its_audio_while_the_xuc_restarts() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    t.xuc().refuses(Some(502));
    t.xuc().forget_token();
    t.alice().cable.cut();
    t.run_for(seconds(3));
    assert!(!t.xuc().is_open() && !t.alice().is_registered(), "both connections are gone");
    assert!(troubles(&t) == 1 && lost_in_words(&t) == 1, "both are told in words, each once");
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]]);
    t.xuc().refuses(None);
    t.run_until("both are back", seconds(60), |t| t.alice().is_registered() && t.xuc().is_open());
    t.run_for(seconds(2));
    assert!(t.alice().is_established(talk.caller) && t.bob().is_established(talk.called));
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]]);
    end(&t, &[talk.caller]);
    t.cause("bob", talk.called);
}

#[test]
fn f25_a_socket_and_a_registration_that_are_refused_are_told_with_their_reason() {
    let t = Scenario::new().with_xivo();
    let from = events(&t).len();
    t.alice().cable.weather(|weather| weather.refusing = Some(model::OfflineCause::NoAnswer));
    t.alice().cable.cut_sip();
    t.run_for(seconds(5));
    let told = kinds_from(&t, from);
    assert_eq!(told[..2], ["registration/Unregistered", "general/Failed"], "{told:?}");
    let reason_of_last =
        |kind: &str| events(&t).into_iter().rev().find(|told| told.kind == kind).and_then(|told| told.data.reason);
    assert!(reason_of_last("Failed").is_some_and(|reason| !reason.is_empty()));
    t.alice().cable.mend();
    t.run_until("it is registered again", seconds(35), |t| t.alice().is_registered());
    let from = events(&t).len();
    t.xuc().changes_line(|line| line["password"] = json!("of before"));
    t.run_until("it is refused", seconds(10), |t| kinds_from(t, from).contains(&"registration/Unregistered".to_owned()));
    t.run_for(seconds(1));
    let reason = reason_of_last("Unregistered");
    assert!(reason.as_ref().is_some_and(|reason| reason != "Stopped" && !reason.is_empty()), "{reason:?}");
}

#[test]
fn a_dead_cti_is_noticed_by_its_pings() {
    let t = Scenario::new().with_xivo();
    t.xuc().answers_pings(false);
    t.run_for(seconds(14));
    assert_eq!(troubles(&t), 0);
    t.run_for(seconds(8));
    assert_eq!(troubles(&t), 1);
    assert!(t.alice().is_registered());
}

#[test]
fn a_call_keeps_its_audio_while_sip_is_away_and_the_cti_goes_on() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    t.alice().cable.weather(|weather| weather.refusing = Some(model::OfflineCause::NoAnswer));
    t.alice().cable.cut_sip();
    t.run_for(seconds(3));
    assert!(t.xuc().is_open(), "the CTI is another connection");
    assert!(!t.alice().is_registered() && t.alice().is_established(talk.caller));
    assert!(kinds(&t).contains(&"registration/Unregistered".to_owned()));
    assert_eq!(lost_in_words(&t), 1);
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]]);
    t.alice().cable.mend();
    t.run_until("it is registered again", seconds(35), |t| t.alice().is_registered());
    assert!(t.alice().is_established(talk.caller) && t.bob().is_established(talk.called));
    assert_eq!(who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]]);
    end(&t, &[talk.caller]);
    t.cause("bob", talk.called);
}

#[test]
fn the_next_socket_takes_the_newest_token() {
    let t = Scenario::new().with_xivo();
    t.run_for(seconds(400));
    t.alice().cable.cut_sip();
    t.run_until("it is registered again", seconds(35), |t| t.alice().is_registered() && t.xuc().sip_urls().len() == 2);
    let urls = t.xuc().sip_urls();
    assert!(!urls[1].ends_with("token=token1.b.c"), "{urls:?}");
}

#[test]
fn what_the_cti_says_twice_in_disorder_and_in_odd_forms_does_no_harm() {
    for faults in odd_ways_to_tell() {
        let t = Scenario::new().with_xivo();
        t.xuc().goes_wrong(faults);
        let talk = t.call("bob", "alice");
        t.alice().hold(talk.called);
        t.run_for(seconds(8));
        t.alice().resume(talk.called);
        t.run_for(seconds(1));
        assert!(t.alice().is_established(talk.called));
        end(&t, &[talk.called]);
        assert_eq!(troubles(&t), 0, "{faults:?}");
    }
}

#[test]
fn a_call_that_the_cti_never_tells_of_is_noticed_asked_for_and_told() {
    let t = Scenario::new().with_xivo();
    t.xuc().goes_wrong(CtiFaults { silent_about_calls: true, ..CtiFaults::default() });
    let talk = t.call("alice", "bob");
    let asked = |t: &Scenario| t.xuc().commands().iter().filter(|command| *command == "getCurrentCallsPhoneEvents").count();
    let before = asked(&t);
    t.run_for(seconds(8));
    assert_eq!((asked(&t), troubles(&t)), (before + 1, 1), "the list of calls is asked for, then it is told");
    assert!(t.alice().is_established(talk.caller), "and the call goes on");
    // A list that tells of it heals the next one.
    end(&t, &[talk.caller]);
    let talk = t.call("alice", "bob");
    t.run_for(seconds(2));
    t.xuc().goes_wrong(CtiFaults::default());
    t.run_for(seconds(8));
    assert_eq!(troubles(&t), 1);
    end(&t, &[talk.caller]);
}

#[test]
fn a_call_of_another_user_agent_on_the_line_is_told_in_words() {
    let t = Scenario::new().with_xivo();
    let step = json!({
        "eventType": "EventEstablished", "DN": "1001", "otherDN": "1005", "uniqueId": "1.9", "linkedId": "1.9",
        "userData": {"SIPCALLID": "elsewhere@x"}
    });
    t.xuc().say("PhoneEvent", &step);
    t.run_for(seconds(8));
    // The list that was asked for no longer tells of it: it was healed, and there is nothing to tell.
    assert_eq!(troubles(&t), 0);
    t.xuc().keeps_telling_of(step.clone());
    t.xuc().say("PhoneEvent", &step);
    t.run_for(seconds(8));
    let is_told = |event: &Event| matches!(event, Event::Failed { message, .. } if message.contains("another phone may have it"));
    assert_eq!(t.alice().told(is_told), 1);
    t.run_for(seconds(60));
    assert_eq!(t.alice().told(is_told), 1, "once is enough");
}

#[test]
fn another_phone_that_takes_the_line_is_noticed_and_told_and_the_line_taken_back_while_a_call_keeps_its_audio() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    let t = t.with_other_phone_on_the_line();
    // Until it is noticed, calls ring there.
    let stray = t.dial("carol", "alice");
    t.run_until("it rings there", seconds(2), |t| t.phone(OTHER_PHONE).ringing().is_some());
    t.phone("carol").hang_up(stray);
    let is_told =
        |words: &'static str| move |event: &Event| matches!(event, Event::Failed { message, .. } if message.contains(words));
    t.run_until("it is told", seconds(16), |t| t.alice().told(is_told("it was taken back")) == 1);
    t.run_for(seconds(1));
    let talks = |t: &Scenario| {
        assert!(t.alice().is_established(talk.caller) && t.bob().is_established(talk.called));
        assert_eq!(crate::several_calls::kit::who_hears(t, &["alice", "bob"]), [vec![1], vec![0]]);
        assert_eq!(t.alice().account(), AccountState::Registered);
    };
    talks(&t);
    let back = t.ring("carol", "alice");
    t.alice().decline(back.called);
    t.cause("carol", back.caller);
    // It comes again and again: that is told once.
    for _ in 0..4 {
        t.phone(OTHER_PHONE).cable.cut();
        t.run_for(seconds(20));
        talks(&t);
    }
    assert_eq!((t.alice().told(is_told("take the line from each other")), troubles(&t)), (1, 2));
    assert!(!kinds(&t).contains(&"registration/Unregistered".to_owned()));
    let back = t.ring("carol", "alice");
    end(&t, &[back.called, talk.caller]);
}

#[test]
fn without_call_ids_the_two_sides_of_a_call_are_joined_by_number_and_moment() {
    let t = Scenario::new().with_xivo();
    t.xuc().leaves_call_ids_out();
    let talk = t.call("alice", "bob");
    t.run_for(seconds(10));
    assert_eq!(troubles(&t), 0);
    assert!(!newest_call_id(&t).is_empty());
    end(&t, &[talk.caller]);
}

#[test]
fn a_line_that_is_changed_during_a_call_is_taken_after_it() {
    let t = Scenario::new().with_xivo();
    let talk = t.call("alice", "bob");
    let urls = t.xuc().sip_urls().len();
    t.xuc().changes_line(|line| line["number"] = json!("1011"));
    t.run_for(seconds(2));
    assert!(t.alice().is_established(talk.caller));
    assert_eq!(t.xuc().sip_urls().len(), urls);
    end(&t, &[talk.caller]);
    t.run_until("the new line is registered", seconds(10), |t| t.xuc().sip_urls().len() == urls + 1 && t.alice().is_registered());
}
