//! Stopping the phone, in whatever it is doing. What must hold then is checked at the end of every scenario: it stops in
//! time, nothing is left open, every call has ended.

use sip::Method;
use tests::{FarCall, Registering, Scenario, ms, seconds};

#[test]
fn a_phone_stops_while_it_connects() {
    let t = Scenario::new().with_unregistered_far();
    t.alice().cable.weather(|weather| weather.deaf = true);
    t.run_for(seconds(1));
    t.finish();
}

#[test]
fn a_phone_stops_while_it_registers() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Ignored);
    t.run_for(seconds(1));
    t.finish();
}

#[test]
fn a_phone_stops_before_it_has_begun() {
    Scenario::new().with_unregistered_far().finish();
}

#[test]
fn a_phone_stops_while_it_waits_for_its_server() {
    let t = Scenario::new().with_far();
    t.alice().cable.refuse();
    t.alice().cable.cut();
    t.run_for(seconds(10));
    t.finish();
}

#[test]
fn a_phone_stops_over_a_connection_that_is_dead() {
    let t = Scenario::new().with_far();
    let _talk = t.far_call();
    t.alice().cable.weather(|weather| weather.frozen = true);
    t.run_for(seconds(1));
    t.finish();
}

#[test]
fn a_phone_stops_while_nobody_answers_its_call() {
    let t = Scenario::new().with_far();
    t.dial("alice", "carol");
    t.request(&Method::Invite);
    t.finish();
}

#[test]
fn a_phone_stops_while_the_far_end_rings_and_cancels() {
    let t = Scenario::new().with_far();
    t.dial("alice", "carol");
    let invite = t.request(&Method::Invite);
    FarCall::of(t.far(), &invite).reply(180, "Ringing", "");
    t.run_for(ms(100));
    t.finish();
    assert!(t.far().take_request(&Method::Cancel).is_some());
}

#[test]
fn a_phone_stops_while_it_rings_and_declines() {
    let t = Scenario::new().with_far();
    let _ringing = t.far_rings();
    t.finish();
    assert_eq!(t.response(&Method::Invite).code, 486);
}

#[test]
fn a_phone_stops_in_a_call_and_hangs_up() {
    let t = Scenario::new().with_far();
    let _talk = t.far_call();
    t.finish();
    assert!(t.far().take_request(&Method::Bye).is_some());
}

#[test]
fn a_phone_stops_while_its_hold_is_pending() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.alice().hold(talk.call);
    t.request(&Method::Invite);
    t.finish();
}

#[test]
fn a_phone_stops_while_the_path_is_lost() {
    let t = Scenario::new().with_far();
    let _talk = t.far_calls();
    t.air().cut("alice");
    t.run_for(seconds(10));
    t.finish();
}

#[test]
fn a_phone_stops_at_once_where_a_call_was_prepared_and_never_dialled() {
    let t = Scenario::new().with_far();
    t.alice().send(model::Command::Prepare { account: None });
    t.run_for(ms(200));
    let begun = t.now();
    t.finish();
    assert!(t.now().since(begun) < ms(500), "{:?}", t.now().since(begun));
}
