//! Connecting and registering: each step, what refuses it, and what is tried again when.

use std::time::Duration;

use calls::io::{LineEnd, LineEvent, LineRequest};
use model::{AccountState, LineCall, OfflineCause, Password, SipAccount, TlsFault};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sip::{Message, Method};

use super::{Bench, SDP, account, lost};
use crate::{Input, Provider};

#[test]
fn an_account_connects_registers_and_tells_each_step_once() {
    let mut bench = Bench::new(&account());
    assert_eq!(bench.net, ["open wss://pbx.example.com/ws"]);
    bench.open();
    let register = bench.last_request(Method::Register);
    assert_eq!(register.uri.to_string(), "sip:pbx.example.com");
    bench.accept_registration();
    assert_eq!(bench.states, [AccountState::Connecting, AccountState::Registering, AccountState::Registered]);
    for _ in 0..3 {
        let sent = bench.sent.len();
        let expires = bench.now + Duration::from_secs(600);
        while bench.sent.len() == sent {
            bench.run_for(Duration::from_secs(1));
            assert!(bench.now < expires, "refreshed before it expired");
        }
        bench.accept_registration();
    }
    assert_eq!(bench.states.len(), 3, "a refresh is no news");
}

#[test]
fn what_cannot_work_is_said_once_and_never_tried() {
    let unknown = Password::Unknown;
    for (bad, words) in [
        (SipAccount { server: "p bx".into(), ..account() }, "\"p bx\" is not an address of the form wss://host/path"),
        (
            SipAccount { server: "https://pbx".into(), ..account() },
            "the server's address must begin with wss://, not with https://",
        ),
        (SipAccount { password: unknown, ..account() }, "its password is not known"),
        (SipAccount { user: "".into(), ..account() }, "it has no user name"),
        (SipAccount { domain: "a b".into(), ..account() }, "\"a b\" is no domain"),
        (SipAccount { domain: "x;y=z".into(), ..account() }, "\"x;y=z\" is no domain"),
        (SipAccount { domain: "u@x".into(), ..account() }, "\"u@x\" is no domain"),
        (
            SipAccount { server: "ws://pbx/".into(), ..account() },
            "ws:// to pbx would let anyone on the way read along; use wss://, or allow plain ws:// for this account",
        ),
    ] {
        let mut bench = Bench::new(&bad);
        let (cause, retry) = bench.offline();
        assert_eq!((cause.to_string(), retry), (format!("the account cannot be used: {words}"), None));
        bench.tell(Input::NetworkChanged);
        bench.dial("600");
        assert!(matches!(&bench.events[..], [LineEvent::Ended { how: LineEnd::Failed { .. }, .. }]));
        bench.tell(Input::Stop);
        assert!(bench.stopped && bench.net.is_empty());
    }
}

#[test]
fn plain_websockets_can_be_allowed() {
    let bench = Bench::new(&SipAccount { server: "ws://pbx:8088/ws".into(), allow_plain_ws: true, ..account() });
    assert_eq!(bench.net, ["open ws://pbx:8088/ws"]);
}

#[test]
fn an_account_that_does_not_register_is_ready_when_connected() {
    let mut bench = Bench::new(&SipAccount { register: false, ..account() });
    bench.open();
    assert_eq!(bench.states.last(), Some(&AccountState::Ready));
    assert!(bench.sent.is_empty());
    bench.dial("*80#");
    assert_eq!(bench.last_request(Method::Invite).uri.to_string(), "sip:*80%23@pbx.example.com");
}

/// A line that was registered for a minute when its connection was lost.
fn lost_after_a_minute(seed: u8) -> Bench {
    let mut bench = Bench::seeded(&account(), seed);
    bench.open();
    bench.accept_registration();
    bench.run_for(Duration::from_secs(60));
    bench.lose(lost());
    bench
}

#[test]
fn a_lost_connection_is_opened_again_within_half_a_second() {
    for seed in 0..50 {
        let mut bench = lost_after_a_minute(seed);
        assert_eq!(bench.offline(), (&lost(), Some(1)));
        bench.run_for(Duration::from_millis(400));
        assert_eq!(bench.net.len(), 2, "opened again");
        bench.open();
        bench.accept_registration();
        assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    }
}

#[test]
fn an_outage_of_five_seconds_is_over_two_seconds_later() {
    for seed in 0..50 {
        let mut bench = lost_after_a_minute(seed);
        let back = bench.now + Duration::from_secs(5);
        while bench.now < back + Duration::from_secs(2) {
            let tries = bench.net.len();
            bench.run_for(Duration::from_millis(10));
            if bench.net.len() > tries {
                if bench.now >= back {
                    bench.open();
                    bench.accept_registration();
                    break;
                }
                bench.lose(OfflineCause::Unreachable { detail: "refused".into() });
            }
        }
        assert_eq!(bench.states.last(), Some(&AccountState::Registered), "seed {seed}");
    }
}

#[test]
fn a_bad_certificate_is_tried_again_but_slowly() {
    let mut bench = Bench::new(&account());
    let cause = OfflineCause::Tls { fault: TlsFault::Revoked };
    bench.lose(cause.clone());
    let (told, retry) = bench.offline();
    assert_eq!(told, &cause);
    assert!(retry.is_some_and(|seconds| (15..=30).contains(&seconds)));
    bench.run_for(Duration::from_secs(14));
    assert_eq!(bench.net.len(), 1);
    bench.run_for(Duration::from_secs(20));
    assert_eq!(bench.net.len(), 2);
}

#[test]
fn a_wrong_password_ends_all_tries() {
    let mut bench = Bench::new(&account());
    bench.open();
    let challenge = ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"n\", algorithm=MD5, qop=\"auth\"");
    bench.answer(Method::Register, 401, &[challenge]);
    assert!(bench.last_request(Method::Register).headers.has("Authorization"));
    bench.answer(Method::Register, 401, &[challenge]);
    assert!(matches!(bench.offline(), (OfflineCause::WrongPassword { code: 401 }, None)));
    assert_eq!(bench.net.last().map(String::as_str), Some("close"));
    bench.run_for(Duration::from_secs(3600));
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.net.len(), 2);
}

#[test]
fn a_server_that_is_busy_is_asked_again_when_it_says_over_the_same_connection() {
    let mut bench = Bench::new(&account());
    bench.open();
    bench.answer(Method::Register, 503, &[("Retry-After", "20")]);
    let (cause, retry_in_s) = bench.offline();
    assert_eq!(cause, &OfflineCause::Refused { code: 503, text: "Words".into() });
    assert!(retry_in_s.is_some_and(|seconds| (20..=22).contains(&seconds)), "{retry_in_s:?}");
    bench.run_for(Duration::from_millis(19_990));
    assert_eq!(bench.sent.len(), 1);
    bench.run_for(Duration::from_millis(2_010));
    assert_eq!(bench.sent.len(), 2);
    bench.accept_registration();
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    assert_eq!(bench.net.len(), 1, "one connection");
}

#[test]
fn a_server_that_does_not_answer_is_left_and_tried_anew() {
    let mut bench = Bench::new(&account());
    bench.open();
    bench.run_for(Duration::from_millis(32_500));
    assert!(bench.states.iter().any(|state| matches!(state, AccountState::Offline { cause: OfflineCause::NoAnswer, .. })));
    assert_eq!(bench.net.get(1).map(String::as_str), Some("close"));
}

#[test]
fn another_network_is_used_at_once() {
    let mut bench = Bench::registered();
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.net.last().map(String::as_str), Some("probe"));
    bench.lose(lost());
    bench.tell(Input::NetworkChanged);
    assert!(bench.net.last().is_some_and(|last| last.starts_with("open")), "does not wait");
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.net.iter().rev().nth(1).map(String::as_str), Some("close"), "that was on the old network");
}

/// Hours of bad luck: whatever happens in whatever order, it neither panics nor gets stuck, and always signs off.
#[test]
fn no_order_of_events_gets_an_account_stuck() {
    for seed in 0..40_u8 {
        let mut rng = StdRng::seed_from_u64(u64::from(seed));
        let mut bench = Bench::seeded(&account(), seed);
        for step in 0..300 {
            match rng.random_range(0..12) {
                0 | 1 => bench.open(),
                2 => bench.lose(lost()),
                3 => bench.lose(OfflineCause::Tls { fault: TlsFault::Unreadable }),
                4 => bench.tell(Input::NetworkChanged),
                5 if matches!(bench.sent.last(), Some(Message::Request(_))) => {
                    let Some(Message::Request(request)) = bench.sent.last().cloned() else { continue };
                    let code = [100, 180, 200, 302, 408, 423, 486, 491, 500, 503, 603][rng.random_range(0..11)];
                    bench.answer(request.method, code, &[("Contact", "<sip:x@far.invalid>"), ("Expires", "60")]);
                }
                6 => {
                    let target = "600".parse().expect("a number");
                    let call = LineCall::Dialled(step);
                    bench.request(LineRequest::Invite {
                        call,
                        target,
                        offer: SDP.into(),
                        headers: Vec::new(),
                        referred: None,
                        pick_up: false,
                    });
                }
                7 => bench.request(LineRequest::HangUp { call: LineCall::Dialled(rng.random_range(0..300)) }),
                8 => bench.receive((0..rng.random_range(0..200)).map(|_| rng.random_range(0..=255)).collect()),
                _ => bench.run_for(Duration::from_millis(rng.random_range(0..20_000))),
            }
            let alive = matches!(bench.states.last(), Some(AccountState::Offline { retry_in_s: None, .. }))
                || bench.provider.poll_timeout().is_some()
                || matches!(bench.states.last(), Some(AccountState::Connecting));
            assert!(alive, "seed {seed} step {step}: nothing will ever happen again in {:?}", bench.states.last());
        }
        bench.tell(Input::Stop);
        bench.run_for(Duration::from_secs(2));
        assert!(bench.stopped, "seed {seed}");
        let ended = bench.events.iter().filter(|event| matches!(event, LineEvent::Ended { .. })).count();
        let dialled = bench.events.iter().filter(|event| matches!(event, LineEvent::Sent { .. })).count();
        assert!(ended >= dialled, "seed {seed}: every call has ended");
    }
}
