//! Servers that send away, say nothing or are gone, and what becomes of the call in hand.

use std::time::Duration;

use calls::io::{LineEnd, LineEvent, LineRequest};
use sip::{Message, Method};

use super::{Bench, account, lost};
use crate::Provider;

fn is_invite(message: &Message) -> bool {
    matches!(message, Message::Request(request) if request.method == Method::Invite)
}

#[test]
fn phones_that_are_told_the_same_wait_do_not_come_back_in_one_moment_and_none_comes_sooner() {
    let mut waits = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let mut bench = Bench::seeded(&account(), seed);
        bench.open();
        bench.answer(Method::Register, 503, &[("Retry-After", "300")]);
        let wait = bench.provider.poll_timeout().expect("it comes back").since(bench.now);
        assert!((300..=330).contains(&wait.as_secs()), "{wait:?}");
        waits.insert(wait);
    }
    assert_eq!(waits.len(), 20);
    let mut at_once = Bench::new(&account());
    at_once.open();
    at_once.answer(Method::Register, 503, &[("Retry-After", "0")]);
    at_once.run_for(Duration::from_millis(990));
    assert_eq!(at_once.sent.len(), 1, "no storm");
}

#[test]
fn a_connection_that_died_is_noticed_by_the_call_that_it_was_to_carry() {
    let mut bench = Bench::registered();
    bench.run_for(Duration::from_secs(60));
    let sent = bench.sent.len();
    bench.dial("600");
    bench.run_for(Duration::from_millis(1_990));
    assert_ne!(bench.net.last().map(String::as_str), Some("probe"));
    bench.run_for(Duration::from_millis(10));
    assert_eq!(bench.net.last().map(String::as_str), Some("probe"));
    assert_eq!(bench.sent.len(), sent + 1, "nobody else could take the call, so nothing is asked by SIP");
    // The network says so when no pong comes.
    bench.run_for(Duration::from_secs(3));
    bench.lose(lost());
    bench.run_for(Duration::from_millis(400));
    bench.open();
    bench.accept_registration();
    let invites = bench.sent.iter().filter_map(|message| match message {
        Message::Request(request) if request.method == Method::Invite => request.headers.get("Via").map(str::to_owned),
        _ => None,
    });
    let vias: Vec<String> = invites.collect();
    assert!(vias.len() == 2 && vias[0] == vias[1], "the same transaction: whoever has got the first one passes the second over");
}

#[test]
fn a_call_over_a_dead_connection_is_placed_by_the_next_server_at_once() {
    let mut bench = Bench::new(&account());
    bench.open_at(&["10.0.0.1", "10.0.0.2"]);
    bench.accept_registration();
    bench.run_for(Duration::from_secs(60));
    let call = bench.dial("600");
    bench.run_for(Duration::from_secs(2));
    assert_eq!(bench.last_request(Method::Options).uri.to_string(), "sip:pbx.example.com");
    bench.run_for(Duration::from_millis(2_900));
    bench.lose(lost());
    assert_eq!(bench.net.last().map(String::as_str), Some("open wss://pbx.example.com/ws at 10.0.0.2:443"));
    bench.open_at(&["10.0.0.2"]);
    let before = bench.sent.len();
    bench.accept_registration();
    assert!(bench.sent[before - 1..].iter().any(is_invite));
    assert!(bench.events.iter().all(|event| !matches!(event, LineEvent::Ended { call: ended, .. } if *ended == call)));
    // Nobody there, either: it ends as any call, and is not placed a third time.
    bench.run_for(Duration::from_secs(40));
    let invites = bench.sent.iter().filter(|message| is_invite(message));
    assert_eq!(invites.count(), 2);
    assert!(matches!(bench.events.last(), Some(LineEvent::Ended { call: ended, .. }) if *ended == call), "{:?}", bench.events);
}

#[test]
fn a_call_that_is_given_up_while_another_server_is_looked_for_is_never_placed() {
    let mut bench = Bench::new(&account());
    bench.open_at(&["10.0.0.1", "10.0.0.2"]);
    bench.accept_registration();
    let call = bench.dial("600");
    bench.run_for(Duration::from_secs(5));
    assert!(bench.net.last().is_some_and(|last| last.ends_with("at 10.0.0.2:443")), "{:?}", bench.net);
    bench.request(LineRequest::HangUp { call });
    assert_eq!(bench.events.last(), Some(&LineEvent::Ended { call, how: LineEnd::Local }));
    bench.sent.clear();
    bench.open_at(&["10.0.0.2"]);
    bench.accept_registration();
    bench.run_for(Duration::from_secs(60));
    assert!(bench.sent.iter().all(|message| !is_invite(message)));
}
