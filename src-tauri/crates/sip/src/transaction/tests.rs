use std::time::Duration;

use super::*;
use crate::{Message, Method, Request, Response, Tokens, Via, compose};

/// A layer, the time, and what it has said.
struct Bench {
    layer: Transactions<&'static str>,
    now: Instant,
    tokens: Tokens,
}

fn request(method: Method, branch: &str) -> Request {
    let mut request = Request::new(method.clone(), "sip:a@example.com".parse().expect("valid"));
    request.headers.push("Via", format!("SIP/2.0/UDP 192.0.2.9;branch={branch}"));
    request.headers.push("From", "<sip:b@x>;tag=b");
    request.headers.push("To", "<sip:a@x>");
    request.headers.push("Call-ID", "c");
    request.headers.push("CSeq", format!("1 {method}"));
    request
}

impl Bench {
    fn new(timers: Timers) -> Self {
        let via = Via::new("UDP", "192.0.2.1", "");
        Self { layer: Transactions::new(timers, via), now: Instant::START, tokens: Tokens::new([3; 32]) }
    }

    fn ask(&mut self, method: Method) -> Request {
        self.layer.request(self.now, "me", request(method, "x"), &mut self.tokens).expect("room");
        match self.sent().pop() {
            Some(Message::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn answer(&mut self, request: &Request, code: u16) {
        self.layer.receive_response(self.now, compose::response(request, code, "", Some("t")));
    }

    fn take(&mut self, method: Method) -> ServerId {
        self.layer.receive_request(self.now, request(method, "z9hG4bKx")).expect("taken");
        match self.layer.poll_happened() {
            Some(Happened::Request { id, .. }) => id,
            other => panic!("{other:?}"),
        }
    }

    fn respond(&mut self, id: ServerId, method: Method, code: u16) {
        let response = compose::response(&request(method, "z9hG4bKx"), code, "", Some("t"));
        self.layer.respond(self.now, id, &response);
        self.sent();
    }

    fn sent(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.layer.poll_outgoing()).map(|bytes| Message::parse(&bytes).expect("ours")).collect()
    }

    /// When messages leave from now on, in milliseconds, until nothing is left to do or `most` have left.
    fn departures(&mut self, most: usize) -> Vec<u64> {
        let start = self.now;
        let mut at = Vec::new();
        while let Some(next) = self.layer.deadline() {
            self.now = next;
            self.layer.tick(next);
            self.layer.sweep(next);
            at.extend(self.sent().iter().map(|_| next.since(start).as_millis() as u64));
            if at.len() >= most {
                break;
            }
        }
        at
    }

    fn gave_up(&mut self) -> bool {
        matches!(self.layer.poll_happened(), Some(Happened::Unanswered { .. }))
    }
}

#[test]
fn timers_a_and_b_repeat_an_invite_for_32_seconds() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    bench.ask(Method::Invite);
    assert_eq!(bench.departures(99), [500, 1500, 3500, 7500, 15_500, 31_500]);
    assert_eq!(bench.now.as_millis(), 32_000);
    assert!(bench.gave_up());
}

#[test]
fn timers_e_and_f_repeat_a_request_with_pauses_up_to_four_seconds() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    bench.ask(Method::Options);
    assert_eq!(bench.departures(99), [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert!(bench.gave_up());
}

#[test]
fn a_provisional_response_slows_a_request_down_and_does_not_stop_it() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    let asked = bench.ask(Method::Options);
    bench.answer(&asked, 100);
    assert_eq!(bench.departures(3), [500, 4500, 8500]);
}

#[test]
fn nothing_is_repeated_over_a_reliable_transport() {
    for method in [Method::Invite, Method::Options] {
        let mut bench = Bench::new(Timers::RELIABLE);
        bench.ask(method);
        assert!(bench.departures(1).is_empty());
        assert_eq!(bench.now.as_millis(), 32_000);
        assert!(bench.gave_up());
    }
}

#[test]
fn timer_d_acknowledges_repeated_refusals() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    let invite = bench.ask(Method::Invite);
    for _ in 0..3 {
        bench.answer(&invite, 486);
        assert_eq!(bench.sent().len(), 1);
    }
    assert!(matches!(bench.layer.poll_happened(), Some(Happened::Response { .. })));
    assert!(bench.layer.poll_happened().is_none());
    assert_eq!(bench.layer.deadline(), Some(bench.now + Duration::from_secs(32)));
    bench.departures(1);
    bench.answer(&invite, 486);
    assert!(bench.sent().is_empty());

    let mut bench = Bench::new(Timers::RELIABLE);
    let invite = bench.ask(Method::Invite);
    bench.answer(&invite, 486);
    bench.layer.sweep(bench.now);
    assert_eq!(bench.layer.deadline(), None);
}

#[test]
fn timer_m_hands_up_every_2xx_for_32_seconds() {
    let mut bench = Bench::new(Timers::RELIABLE);
    let invite = bench.ask(Method::Invite);
    for _ in 0..3 {
        bench.answer(&invite, 200);
        assert!(matches!(bench.layer.poll_happened(), Some(Happened::Response { .. })));
    }
    bench.answer(&invite, 486);
    assert!(bench.layer.poll_happened().is_none());
    bench.departures(1);
    assert_eq!(bench.now.as_millis(), 32_000);
    bench.answer(&invite, 200);
    assert!(bench.layer.poll_happened().is_none());
}

#[test]
fn timer_k_swallows_repeated_answers() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    let asked = bench.ask(Method::Options);
    bench.answer(&asked, 200);
    bench.answer(&asked, 200);
    assert!(matches!(bench.layer.poll_happened(), Some(Happened::Response { .. })));
    assert!(bench.layer.poll_happened().is_none());
    assert_eq!(bench.layer.deadline(), Some(bench.now + Duration::from_secs(5)));
}

#[test]
fn timers_g_and_h_repeat_a_refusal_until_its_ack() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    let id = bench.take(Method::Invite);
    bench.respond(id, Method::Invite, 486);
    assert_eq!(bench.departures(4), [500, 1500, 3500, 7500]);
    bench.layer.receive_request(bench.now, request(Method::Ack, "z9hG4bKx")).expect("taken");
    assert!(bench.layer.poll_happened().is_none());
    // Timer I.
    assert_eq!(bench.layer.deadline(), Some(bench.now + Duration::from_secs(5)));

    let mut bench = Bench::new(Timers::UNRELIABLE);
    let id = bench.take(Method::Invite);
    bench.respond(id, Method::Invite, 486);
    assert_eq!(bench.departures(99).len(), 10);
    assert_eq!(bench.now.as_millis(), 32_000);
}

#[test]
fn timer_l_swallows_repeated_invites_after_the_answer() {
    let mut bench = Bench::new(Timers::RELIABLE);
    let id = bench.take(Method::Invite);
    bench.respond(id, Method::Invite, 200);
    bench.layer.receive_request(bench.now, request(Method::Invite, "z9hG4bKx")).expect("taken");
    assert!(bench.sent().is_empty());
    bench.layer.receive_request(bench.now, request(Method::Ack, "z9hG4bKother")).expect("taken");
    assert!(matches!(bench.layer.poll_happened(), Some(Happened::Ack { .. })));
    assert_eq!(bench.layer.deadline(), Some(bench.now + Duration::from_secs(32)));
}

#[test]
fn timer_j_answers_repeated_requests() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    let id = bench.take(Method::Options);
    bench.layer.receive_request(bench.now, request(Method::Options, "z9hG4bKx")).expect("taken");
    assert!(bench.sent().is_empty());
    bench.respond(id, Method::Options, 200);
    bench.layer.receive_request(bench.now, request(Method::Options, "z9hG4bKx")).expect("taken");
    assert_eq!(bench.sent().len(), 1);
    assert_eq!(bench.layer.deadline(), Some(bench.now + Duration::from_secs(32)));
}

#[test]
fn requests_of_old_peers_are_told_apart_without_the_cookie() {
    let mut bench = Bench::new(Timers::UNRELIABLE);
    bench.layer.receive_request(bench.now, request(Method::Options, "1")).expect("taken");
    bench.layer.receive_request(bench.now, request(Method::Options, "1")).expect("taken");
    let mut other = request(Method::Options, "1");
    other.headers.set("CSeq", "2 OPTIONS");
    bench.layer.receive_request(bench.now, other).expect("taken");
    assert_eq!(std::iter::from_fn(|| bench.layer.poll_happened()).count(), 2);
}

#[test]
fn strays_are_dropped_and_a_flood_is_refused() {
    let mut bench = Bench::new(Timers::RELIABLE);
    bench.layer.receive_response(bench.now, Response::new(200, ""));
    bench.layer.receive_response(bench.now, compose::response(&request(Method::Invite, "z9hG4bKstray"), 200, "", None));
    let mut cancel = request(Method::Cancel, "z9hG4bKstray");
    cancel.headers.set("CSeq", "1 CANCEL");
    bench.layer.receive_request(bench.now, cancel).expect("answered");
    assert!(matches!(bench.sent().as_slice(), [Message::Response(response)] if response.code == 481));
    let refused = (0..1000).filter(|number| {
        let mut request = request(Method::Options, &format!("z9hG4bK{number}"));
        request.headers.set("Call-ID", number);
        bench.layer.receive_request(bench.now, request) == Err(Refusal { code: 503 })
    });
    assert!(refused.count() >= 700);
    bench.now += Duration::from_secs(33);
    bench.layer.tick(bench.now);
    bench.layer.sweep(bench.now);
    assert_eq!(bench.layer.deadline(), None);
}
