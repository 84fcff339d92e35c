//! Signing off, and what has to be said before.

use std::time::Duration;

use calls::io::{LineEnd, LineEvent, LineRequest};
use model::SipAccount;
use sip::{Message, Method};

use super::{Bench, account};
use crate::Input;

#[test]
fn signing_off_hangs_up_unregisters_and_closes() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    bench.tell(Input::Stop);
    bench.last_request(Method::Bye);
    assert_eq!(bench.last_request(Method::Register).headers.get("Expires"), Some("0"));
    assert!(bench.events.contains(&LineEvent::Ended { call, how: LineEnd::Local }));
    assert!(!bench.stopped);
    bench.answer(Method::Bye, 200, &[]);
    bench.answer(Method::Register, 200, &[]);
    assert!(bench.stopped);
    assert_eq!(bench.net.last().map(String::as_str), Some("close"));
}

#[test]
fn signing_off_from_a_silent_server_takes_less_than_two_seconds() {
    let mut bench = Bench::registered();
    bench.tell(Input::Stop);
    bench.run_for(Duration::from_millis(1_999));
    assert!(bench.stopped);
    let mut waiting = Bench::new(&account());
    waiting.tell(Input::Stop);
    assert!(waiting.stopped);
}

fn is_cancelled(bench: &Bench) -> bool {
    bench.sent.iter().any(|message| matches!(message, Message::Request(request) if request.method == Method::Cancel))
}

#[test]
fn a_call_that_the_server_has_not_answered_yet_is_called_off_before_the_end() {
    let mut bench = Bench::registered();
    let call = bench.dial("600");
    // Over for the user, and nothing may be said about it before the server has said something (RFC 3261 section 9.1).
    bench.tell(Input::Request(LineRequest::HangUp { call }));
    bench.tell(Input::Stop);
    bench.answer(Method::Register, 200, &[]);
    assert!(!bench.stopped && !is_cancelled(&bench));
    bench.answer(Method::Invite, 100, &[]);
    assert!(!bench.stopped && is_cancelled(&bench));
    bench.answer(Method::Cancel, 200, &[]);
    bench.answer(Method::Invite, 487, &[]);
    assert!(bench.stopped, "and then at once");
    let mut silent = Bench::registered();
    silent.dial("600");
    silent.tell(Input::Stop);
    silent.answer(Method::Register, 200, &[]);
    silent.run_for(Duration::from_millis(1_999));
    assert!(silent.stopped, "nor is anybody waited for without end");
}

#[test]
fn a_challenge_to_the_last_bye_is_answered_before_the_end() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    bench.tell(Input::Request(LineRequest::HangUp { call }));
    bench.tell(Input::Stop);
    bench.answer(Method::Register, 200, &[]);
    assert!(!bench.stopped, "a BYE may be challenged");
    bench.answer(Method::Bye, 407, &[("Proxy-Authenticate", "Digest realm=\"pbx.example.com\", nonce=\"2\"")]);
    assert!(!bench.stopped && bench.last_request(Method::Bye).headers.get("Proxy-Authorization").is_some());
    bench.answer(Method::Bye, 200, &[]);
    assert!(bench.stopped, "and then at once");
}

#[test]
fn who_is_not_registered_leaves_when_his_last_word_is_answered() {
    let mut bench = Bench::new(&SipAccount { register: false, ..account() });
    bench.open();
    let call = bench.answered();
    bench.tell(Input::Request(LineRequest::HangUp { call }));
    bench.tell(Input::Stop);
    assert!(!bench.stopped, "a BYE may be challenged");
    bench.answer(Method::Bye, 200, &[]);
    assert!(bench.stopped);
}
