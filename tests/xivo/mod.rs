//! An account at a XiVO, as its user lives with it. Tests of a row of the specification's acceptance table begin with its number.

mod assistant;
mod calls;
mod desk_phone;
mod devices;
mod faults;
mod program;
mod remote;
mod rooms;
mod signing_in;
mod transfers;
mod unique_account;
mod vectors;
mod watching;

use model::{CallId, Event, ServiceEvent};
use tests::{CtiFaults, Scenario, seconds};

/// The events of XiVO's own library that alice's phone told.
fn events(t: &Scenario) -> Vec<ServiceEvent> {
    all_events(t).into_iter().filter(|told| !matches!(told.group.as_str(), "cti" | "phone")).collect()
}

/// Those, and what the CTI told.
fn all_events(t: &Scenario) -> Vec<ServiceEvent> {
    let events = t.alice().events().into_iter().filter_map(|event| match event {
        Event::Service { told, .. } => Some(*told),
        _ => None,
    });
    events.collect()
}

/// `group/type` of each, from number `from` on.
fn kinds_from(t: &Scenario, from: usize) -> Vec<String> {
    events(t).into_iter().skip(from).map(|told| format!("{}/{}", told.group, told.kind)).collect()
}

fn kinds(t: &Scenario) -> Vec<String> {
    kinds_from(t, 0)
}

fn troubles(t: &Scenario) -> usize {
    t.alice().told(|event| matches!(event, Event::Failed { call: None, .. }))
}

/// `Call-ID` of the call that alice's phone dialled or got last.
fn newest_call_id(t: &Scenario) -> String {
    let begins = |told: &ServiceEvent| matches!(told.kind.as_str(), "Setup" | "Establishing");
    let id = events(t).into_iter().rev().find(begins).and_then(|told| told.sip_call_id);
    id.expect("a call was told of").expose().to_owned()
}

/// The requests of this method that alice's phone sent, as they were.
fn requests(t: &Scenario, method: &str) -> Vec<String> {
    let sent = t.messages().rungs().into_iter().filter(|rung| rung.from == "alice" && rung.what == method);
    sent.map(|rung| rung.text).collect()
}

/// A call with bob that alice answered and holds, and one with the echo that she is in; each with its `Call-ID`.
struct Two {
    first: CallId,
    first_id: String,
    second: CallId,
    second_id: String,
}

fn two_calls(t: &Scenario) -> Two {
    let first = t.call("bob", "alice");
    let first_id = newest_call_id(t);
    let second = t.dial("alice", "600");
    t.run_until("the echo answers and bob is held", seconds(3), |t| {
        t.alice().is_established(second) && crate::several_calls::kit::unheld(t.alice()) == [second]
    });
    Two { first: first.called, first_id, second, second_id: newest_call_id(t) }
}

/// Bob is where he was sent: at 607, which hums.
fn bob_hears_607(t: &Scenario) {
    t.run_for(seconds(2));
    let _earlier = t.bob().take_heard();
    t.run_for(seconds(1));
    assert!(tests::tone_dbfs(&t.bob().take_heard(), 523.25) > -35.0, "bob hears where he was sent");
}

/// What a CTI may do to its news without any harm to who hears them.
fn odd_ways_to_tell() -> [CtiFaults; 4] {
    [
        CtiFaults { twice: true, ..CtiFaults::default() },
        CtiFaults { odd: true, ..CtiFaults::default() },
        CtiFaults { disordered: true, ..CtiFaults::default() },
        CtiFaults { twice: true, odd: true, ..CtiFaults::default() },
    ]
}

fn end(t: &Scenario, calls: &[CallId]) {
    for call in calls {
        t.alice().hang_up(*call);
        t.cause("alice", *call);
    }
}
