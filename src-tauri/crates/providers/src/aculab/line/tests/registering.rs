//! Registering, and what becomes of it (`onIncomingState`).

use std::time::Duration;

use model::AccountState;
use sip::Method;

use super::bench::*;
use crate::Input;

/// Whether the account is ready, the cloud's name for the cause, and whether it is tried again by itself.
fn state(bench: &Bench) -> (bool, &'static str, bool) {
    match bench.states.last().expect("one was told") {
        AccountState::Registered => (true, "NORMAL", false),
        AccountState::Offline { cause, retry_in_s } => (false, cause.service_name(), retry_in_s.is_some()),
        other => panic!("{other:?}"),
    }
}

/// Registers and is answered so.
fn answered(code: u16, headers: &[(&str, &str)]) -> Bench {
    let mut bench = Bench::registering();
    bench.answer(Method::Register, code, headers, "");
    bench
}

const INVALID: (&str, &str) =
    ("WWW-Authenticate", r#"Bearer realm="aculab", error="invalid_token", error_description="expired""#);
const DIGEST: (&str, &str) = ("WWW-Authenticate", r#"Digest realm="aculab", nonce="n", algorithm=MD5, qop="auth""#);

#[test]
fn every_answer_to_register_has_its_state() {
    let ours = Bench::registering().last(Method::Register).headers.get("Contact").expect("has one").to_owned();
    let granted = ours.replace("expires=600", "expires=300");
    let bare = ours.replace(";expires=600", "");
    let seen_from = format!("{}203.0.113.9:4711>;expires=300", &ours[..=ours.find('@').expect("an address")]);
    type Row<'a> = (u16, &'a [(&'a str, &'a str)], (bool, &'a str, bool));
    let rows: [Row<'_>; 22] = [
        (200, &[("Contact", &granted)], (true, "NORMAL", false)),
        (200, &[("Contact", &bare)], (true, "NORMAL", false)),
        // The user part is ours, whatever address the cloud sees beside it.
        (200, &[("Contact", &seen_from)], (true, "NORMAL", false)),
        (200, &[("Contact", "<sip:other@other.invalid>;expires=9"), ("Contact", &granted)], (true, "NORMAL", false)),
        (200, &[], (false, "FAILED", false)),
        (200, &[("Contact", "<sip:other@other.invalid>;expires=600")], (false, "FAILED", false)),
        (401, &[INVALID], (false, "INVALIDTOKEN", false)),
        (403, &[INVALID], (false, "INVALIDTOKEN", false)),
        (400, &[INVALID], (false, "INVALIDTOKEN", false)),
        (401, &[DIGEST], (false, "FAILED", false)),
        (407, &[("Proxy-Authenticate", DIGEST.1)], (false, "FAILED", false)),
        (401, &[], (false, "FAILED", false)),
        (403, &[], (false, "FAILED", false)),
        (401, &[("WWW-Authenticate", r#"Bearer error="insufficient_scope""#)], (false, "FAILED", false)),
        (408, &[], (false, "FAILED", true)),
        (404, &[], (false, "FAILED", false)),
        (423, &[], (false, "FAILED", false)),
        (302, &[("Contact", "<sip:elsewhere>")], (false, "FAILED", false)),
        (500, &[], (false, "FAILED", true)),
        (503, &[], (false, "DISCONNECTED", true)),
        (503, &[("Retry-After", "7")], (false, "DISCONNECTED", true)),
        (603, &[], (false, "FAILED", false)),
    ];
    for (code, headers, expected) in rows {
        let bench = answered(code, headers);
        assert_eq!(state(&bench), expected, "{code} {headers:?}");
        assert_eq!(bench.requests(&Method::Register).len(), 1, "no challenge is answered: {code} {headers:?}");
    }
}

#[test]
fn one_binding_without_a_time_is_refreshed_by_the_time_asked_for_and_not_all_the_time() {
    let mut bench = Bench::registering();
    let bare = bench.last(Method::Register).headers.get("Contact").expect("has one").replace(";expires=600", "");
    bench.answer(Method::Register, 200, &[("Contact", &bare)], "");
    bench.run_s(596);
    assert_eq!(bench.requests(&Method::Register).len(), 1);
    bench.run_s(2);
    assert_eq!(bench.requests(&Method::Register).len(), 2);
}

#[test]
fn a_longer_registration_is_asked_for_at_once_where_the_cloud_wants_it() {
    let mut bench = answered(423, &[("Min-Expires", "1200")]);
    let register = bench.last(Method::Register);
    assert!(register.headers.get("Contact").expect("has one").ends_with(";expires=1200"));
    let contact = register.headers.get("Contact").expect("has one").to_owned();
    bench.answer(Method::Register, 200, &[("Contact", &contact)], "");
    assert_eq!(state(&bench), (true, "NORMAL", false));
}

#[test]
fn nobody_who_does_not_answer_is_waited_for_longer_than_half_a_minute() {
    let mut bench = Bench::registering();
    bench.run_s(32);
    assert_eq!(state(&bench), (false, "FAILED", true));
}

#[test]
fn what_is_retried_is_so_by_itself_and_what_is_not_is_left_alone() {
    let mut bench = answered(503, &[("Retry-After", "7")]);
    bench.run_for(Duration::from_millis(6_900));
    assert_eq!(bench.requests(&Method::Register).len(), 1);
    bench.run_s(1);
    assert_eq!(bench.requests(&Method::Register).len(), 2);
    let mut bench = answered(403, &[]);
    bench.run_s(3_600);
    assert_eq!(bench.requests(&Method::Register).len(), 1);
}

#[test]
fn a_registration_is_refreshed_three_seconds_before_its_end_with_the_same_call_id_and_tag() {
    for (granted, after_ms) in [(600, 597_000), (20, 17_000), (10, 7_000), (8, 4_000), (6, 3_000)] {
        let mut bench = Bench::registered(granted);
        let first = bench.last(Method::Register);
        bench.run_for(Duration::from_millis(after_ms - 1));
        assert_eq!(bench.requests(&Method::Register).len(), 1, "{granted}");
        bench.run_for(Duration::from_millis(1));
        let second = bench.last(Method::Register);
        assert_eq!(bench.requests(&Method::Register).len(), 2, "{granted}");
        assert_eq!(first.headers.call_id(), second.headers.call_id());
        assert_eq!(first.headers.get("From"), second.headers.get("From"));
        let number = |request: &sip::Request| request.headers.cseq().expect("has one").number;
        assert_eq!(number(&second), number(&first) + 1);
        // One that is taken again is no news.
        let told = bench.states.len();
        bench.grant(granted);
        assert_eq!(bench.states.len(), told);
    }
}

#[test]
fn a_refresh_without_an_answer_is_told_when_the_registration_is_over_and_may_be_answered_yet() {
    let mut bench = Bench::registered(60);
    bench.run_for(Duration::from_millis(59_999));
    assert_eq!((state(&bench), bench.requests(&Method::Register).len()), ((true, "NORMAL", false), 2));
    bench.run_for(Duration::from_millis(1));
    assert_eq!(state(&bench), (false, "FAILED", true));
    bench.run_s(10);
    assert_eq!((bench.net.len(), bench.requests(&Method::Register).len()), (1, 2));
    bench.grant(60);
    assert_eq!(state(&bench), (true, "NORMAL", false));
}

#[test]
fn a_registrar_that_is_silent_costs_no_call() {
    let mut bench = Bench::registered(60);
    bench.answered_call("service:echo");
    bench.run_s(57 + 32);
    assert_eq!((state(&bench), bench.net.len()), ((false, "FAILED", true), 1), "over the connection of the call");
    assert!(!bench.events.iter().any(|event| matches!(event, calls::io::LineEvent::Ended { .. })));
    bench.run_s(2);
    assert_eq!(bench.requests(&Method::Register).len(), 3);
    bench.grant(60);
    assert_eq!(state(&bench), (true, "NORMAL", false));
}

#[test]
fn a_registration_of_a_minute_lasts_a_day() {
    let mut bench = Bench::registered(60);
    let told = bench.states.len();
    // Three seconds before its end, each time.
    let refreshes = 24 * 3_600 / 57;
    for _ in 0..refreshes {
        bench.run_s(57);
        bench.grant(60);
    }
    assert_eq!(bench.requests(&Method::Register).len(), 1 + refreshes);
    assert_eq!(bench.states.len(), told, "all the time it could be called");
}

#[test]
fn a_lost_connection_is_told_at_once_and_comes_back_by_itself_later_and_later() {
    let mut bench = Bench::registered(600);
    let before = bench.last(Method::Register);
    bench.lose();
    assert_eq!(state(&bench), (false, "DISCONNECTED", true));
    for wait in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] {
        let opened = bench.net.len();
        bench.run_for(Duration::from_millis(wait * 4 / 5 - 1));
        assert_eq!(bench.net.len(), opened, "sooner than {wait} ms");
        bench.run_for(Duration::from_millis(wait * 2 / 5 + 1));
        assert_eq!(bench.net.len(), opened + 1, "later than {wait} ms");
        if wait < 30_000 {
            bench.lose();
            assert_eq!(state(&bench), (false, "DISCONNECTED", true));
        }
    }
    bench.open();
    let again = bench.last(Method::Register);
    assert_eq!(before.headers.call_id(), again.headers.call_id());
    bench.grant(600);
    assert_eq!(state(&bench), (true, "NORMAL", false));
}

#[test]
fn the_first_connection_is_tried_again_like_any_other() {
    let mut bench = Bench::new(&account(CLIENT));
    bench.lose();
    assert_eq!(state(&bench), (false, "DISCONNECTED", true));
    bench.run_s(2);
    assert_eq!(bench.net.len(), 2);
    bench.lose();
    // Another network: now, and from the shortest wait again.
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.net.len(), 3);
}

#[test]
fn signing_off_takes_the_registration_back_without_the_token() {
    let mut bench = Bench::registered(600);
    bench.tell(Input::Stop);
    assert_eq!(state(&bench), (false, "NORMAL", false));
    let register = bench.last(Method::Register);
    assert!(register.headers.get("Contact").expect("has one").ends_with(";expires=0"));
    assert!(!register.headers.has("Authorization"));
    bench.answer(Method::Register, 200, &[], "");
    assert!(bench.stopped);
}

#[test]
fn who_accepts_no_calls_is_ready_without_a_connection_and_never_registers() {
    let client = CLIENT.replace('}', r#","accept_calls":false}"#);
    for interface in [CALLER, &client] {
        let mut bench = Bench::new(&account(interface));
        bench.run_s(3_600);
        assert_eq!(bench.states, [AccountState::Ready]);
        assert!(bench.net.is_empty() && bench.sent.is_empty());
    }
}
