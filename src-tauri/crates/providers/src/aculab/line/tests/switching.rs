//! What changes while an account is online, and ends no call: whether it is called, and its token.

use calls::io::{LineEvent, LineRequest};
use model::{AccountState, TokenView};
use sip::Method;

use super::bench::*;
use crate::Input;

fn ended(bench: &Bench) -> bool {
    bench.events.iter().any(|event| matches!(event, LineEvent::Ended { .. }))
}

#[test]
fn a_call_outlives_the_end_of_being_called_and_its_connection_goes_with_it() {
    let mut bench = Bench::registered(600);
    bench.answered_call("service:echo");
    bench.tell(Input::AcceptCalls(false));
    assert_eq!(bench.states.last(), Some(&AccountState::Ready));
    let goodbye = bench.last(Method::Register);
    assert!(goodbye.headers.get("Contact").is_some_and(|contact| contact.ends_with(";expires=0")));
    assert!(!goodbye.headers.has("Authorization"));
    bench.answer(Method::Register, 200, &[], "");
    assert!(!ended(&bench) && !bench.net.iter().any(|request| request.contains("close")), "{:?}", bench.net);
    // Nothing is refreshed any more.
    let registers = bench.requests(&Method::Register).len();
    bench.run_s(1_200);
    assert_eq!(bench.requests(&Method::Register).len(), registers);
    bench.request(LineRequest::HangUp { call: CALL });
    bench.answer(Method::Bye, 200, &[], "");
    bench.run_s(33);
    assert!(bench.net.last().is_some_and(|request| request.contains("close")), "{:?}", bench.net);
    bench.tell(Input::AcceptCalls(true));
    bench.open();
    bench.grant(600);
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
}

#[test]
fn being_called_again_in_a_call_registers_over_its_connection() {
    let mut bench = Bench::registered(600);
    bench.answered_call("service:echo");
    bench.tell(Input::AcceptCalls(false));
    bench.answer(Method::Register, 200, &[], "");
    bench.tell(Input::AcceptCalls(true));
    assert_eq!(bench.last(Method::Register).headers.get("Authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    bench.grant(600);
    assert_eq!((bench.states.last(), bench.net.len()), (Some(&AccountState::Registered), 1));
    assert!(!ended(&bench));
}

#[test]
fn without_a_call_the_connection_is_closed_once_the_goodbye_is_answered() {
    let mut bench = Bench::registered(600);
    bench.tell(Input::AcceptCalls(false));
    assert_eq!(bench.net.len(), 1, "it waits for the answer");
    bench.answer(Method::Register, 200, &[], "");
    bench.run_s(33);
    assert!(bench.net.last().is_some_and(|request| request.contains("close")), "{:?}", bench.net);
    // An account that waits for its next try does not try any more.
    let mut bench = Bench::registered(600);
    bench.lose();
    bench.tell(Input::AcceptCalls(false));
    bench.run_s(600);
    assert_eq!((bench.net.len(), bench.states.last()), (1, Some(&AccountState::Ready)));
}

#[test]
fn a_new_token_is_registered_with_at_once_and_said_to_be_of_somebody_else() {
    let mut bench = Bench::registered(600);
    bench.answered_call("service:echo");
    let ours = TokenView { client: "myClientId".into(), cloud: String::new(), fits: true };
    assert!(bench.events.contains(&LineEvent::SignedInAs(Some(ours))));
    bench.tell(Input::Token(model::Secret::new(HOUR)));
    assert_eq!(bench.last(Method::Register).headers.get("Authorization"), Some(format!("Bearer {HOUR}").as_str()));
    bench.grant(600);
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    // It is of cloud 0-0-0. That is said, and no reason to refuse it.
    let strange = TokenView { client: "myClientId".into(), cloud: "0-0-0".into(), fits: false };
    assert!(bench.events.contains(&LineEvent::SignedInAs(Some(strange))));
    assert!(!ended(&bench));
}

#[test]
fn requests_in_a_call_that_mean_nothing_to_us_are_answered() {
    let mut bench = Bench::registered(600);
    bench.answered_call("service:echo");
    for (method, headers, code) in
        [("MESSAGE", "", 200), ("OPTIONS", "", 200), ("NOTIFY", "", 489), ("REFER", "Refer-To: <sip:x@example.com>\r\n", 603)]
    {
        bench.in_call(method, headers);
        assert_eq!(bench.responses().last(), Some(&code), "{method}");
    }
    bench.in_call_with("INFO", "Content-Type: application/x-anything\r\n", "whatever");
    assert_eq!(bench.responses().last(), Some(&200), "its body is not ours to judge");
    assert!(!ended(&bench));
}
