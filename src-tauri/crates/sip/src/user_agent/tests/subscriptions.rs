use super::{
    super::{Command, Event, Input, Subscribe, SubscriptionEvent, SubscriptionKey},
    line::{Line, answer, from_callee, seconds, uri},
};
use crate::{Method, Request, Response};

const MESSAGES: SubscriptionKey = SubscriptionKey(3);
const TWO_NEW: &str = "Messages-Waiting: yes\r\nVoice-Message: 2/0\r\n";

fn subscribe(line: &mut Line) -> Request {
    line.command(Command::Subscribe(Box::new(Subscribe {
        key: MESSAGES,
        target: uri("sip:alice@example.com"),
        package: "message-summary".into(),
        accept: "application/simple-message-summary".into(),
        expires: 3600,
    })));
    line.request(Method::Subscribe)
}

/// The server takes a SUBSCRIBE; gives its answer.
fn take(line: &mut Line, request: &Request) -> Response {
    let ok = answer(request, 200, "pbx", &[("Contact", "<sip:192.0.2.9>"), ("Expires", "3600")], "");
    line.receive(ok.clone());
    ok
}

/// A NOTIFY of the server; gives how it was answered.
fn notify(line: &mut Line, asked: (&Request, &Response), number: u32, state: &str, body: &str) -> u16 {
    let mut notify = from_callee(asked.0, asked.1, Method::Notify, number, "");
    notify.headers.push("Event", "message-summary");
    notify.headers.push("Subscription-State", state);
    notify.headers.push("Contact", "<sip:192.0.2.9>");
    if !body.is_empty() {
        notify.set_body("application/simple-message-summary", body);
    }
    line.receive(notify);
    match line.sent.pop_front() {
        Some(crate::Message::Response(response)) => response.code,
        other => panic!("an answer expected, got {other:?}"),
    }
}

/// What was notified since last asked.
fn notified(line: &mut Line) -> Vec<String> {
    let events = line.events.drain(..);
    events
        .filter_map(|event| match event {
            Event::Subscription(MESSAGES, SubscriptionEvent::Notified { body, .. }) => Some(body.expose().to_owned()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_subscription_is_challenged_notified_renewed_and_taken_back() {
    let mut line = Line::new();
    let request = subscribe(&mut line);
    assert_eq!(request.headers.get("Event"), Some("message-summary"));
    let challenge = r#"Digest realm="example.com", nonce="n", qop="auth", algorithm=MD5"#;
    line.receive(answer(&request, 401, "", &[("WWW-Authenticate", challenge)], ""));
    let request = line.request(Method::Subscribe);
    assert!(request.headers.has("Authorization"));
    let ok = take(&mut line, &request);
    assert_eq!(notify(&mut line, (&request, &ok), 1, "active;expires=3600", TWO_NEW), 200);
    assert_eq!(notified(&mut line), [TWO_NEW]);
    line.wait(seconds(1900));
    line.silent();
    // Some time before three quarters of it are over; answered then, for an unanswered one is given up.
    for _ in 0..900 {
        if line.sent.is_empty() {
            line.wait(seconds(1));
        }
    }
    let renewed = line.request(Method::Subscribe);
    assert_eq!(renewed.headers.to().expect("readable").tag(), Some("pbx"), "inside the dialog");
    take(&mut line, &renewed);
    assert_eq!(notify(&mut line, (&request, &ok), 2, "active", "Messages-Waiting: no\r\n"), 200);
    assert_eq!(notified(&mut line), ["Messages-Waiting: no\r\n"]);
    line.command(Command::Unsubscribe(MESSAGES));
    let last = line.request(Method::Subscribe);
    assert_eq!(last.headers.expires(), Some(0));
    take(&mut line, &last);
    assert_eq!(notify(&mut line, (&request, &ok), 3, "terminated;reason=timeout", TWO_NEW), 200);
    assert!(notified(&mut line).is_empty(), "who went hears no more");
    line.wait(seconds(9000));
    line.silent();
}

#[test]
fn a_notify_may_come_before_the_answer_and_one_out_of_order_is_refused() {
    let mut line = Line::new();
    let request = subscribe(&mut line);
    let ok = answer(&request, 200, "pbx", &[("Contact", "<sip:192.0.2.9>"), ("Expires", "60")], "");
    assert_eq!(notify(&mut line, (&request, &ok), 5, "active;expires=60", TWO_NEW), 200);
    assert_eq!(notified(&mut line), [TWO_NEW]);
    line.receive(ok.clone());
    assert_eq!(notify(&mut line, (&request, &ok), 4, "active", "Messages-Waiting: no\r\n"), 500);
    assert!(notified(&mut line).is_empty());
    line.wait(seconds(50));
    line.request(Method::Subscribe);
}

#[test]
fn what_a_server_refuses_is_told_once_and_not_asked_again() {
    for code in [403, 404, 405, 489, 501] {
        let mut line = Line::new();
        let request = subscribe(&mut line);
        line.receive(answer(&request, code, "pbx", &[], ""));
        assert_eq!(line.told(), [format!("SubscriptionKey(3) Refused {{ code: {code} }}")]);
        line.wait(seconds(20_000));
        line.silent();
    }
}

#[test]
fn a_server_that_is_in_trouble_is_asked_again_when_it_says() {
    let mut line = Line::new();
    let request = subscribe(&mut line);
    line.receive(answer(&request, 503, "pbx", &[("Retry-After", "120")], ""));
    line.wait(seconds(119));
    line.silent();
    line.wait(seconds(2));
    let again = line.request(Method::Subscribe);
    assert_ne!(again.headers.call_id().ok(), request.headers.call_id().ok(), "a new subscription");
}

#[test]
fn a_subscription_that_the_server_forgot_is_begun_anew_but_not_for_ever() {
    let mut line = Line::new();
    let mut request = subscribe(&mut line);
    for number in 0..4 {
        let ok = take(&mut line, &request);
        assert_eq!(notify(&mut line, (&request, &ok), 1, "terminated;reason=deactivated", ""), 200);
        if number < 3 {
            request = line.request(Method::Subscribe);
        }
    }
    line.silent();
    line.wait(seconds(4000));
    line.request(Method::Subscribe);
}

#[test]
fn a_server_that_grants_nothing_or_ends_what_it_granted_is_not_asked_without_end() {
    let mut line = Line::new();
    let mut request = subscribe(&mut line);
    for number in 0..4 {
        let ok = take(&mut line, &request);
        assert_eq!(notify(&mut line, (&request, &ok), 1, "active;expires=3600", TWO_NEW), 200);
        assert_eq!(notify(&mut line, (&request, &ok), 2, "terminated;reason=timeout", ""), 200);
        if number < 3 {
            request = line.request(Method::Subscribe);
        }
    }
    line.wait(seconds(200));
    line.silent();

    let mut line = Line::new();
    let request = subscribe(&mut line);
    let ok = take(&mut line, &request);
    assert_eq!(notify(&mut line, (&request, &ok), 1, "active;expires=0", TWO_NEW), 200);
    line.wait(seconds(4));
    line.silent();
    line.wait(seconds(2));
    line.request(Method::Subscribe);
}

#[test]
fn what_is_missing_is_asked_for_at_once_but_not_without_end() {
    let mut line = Line::new();
    let request = subscribe(&mut line);
    let ok = take(&mut line, &request);
    line.command(Command::CatchUp(MESSAGES));
    line.silent();
    assert_eq!(notify(&mut line, (&request, &ok), 1, "active;expires=3600", TWO_NEW), 200);
    line.command(Command::CatchUp(MESSAGES));
    let asked = line.request(Method::Subscribe);
    assert_eq!(asked.headers.to().expect("readable").tag(), Some("pbx"), "inside the dialog");
    line.command(Command::CatchUp(MESSAGES));
    line.silent();
    take(&mut line, &asked);
    let mut count = 0;
    for _ in 0..20 {
        line.command(Command::CatchUp(MESSAGES));
        if !line.sent.is_empty() {
            count += 1;
            let asked = line.request(Method::Subscribe);
            take(&mut line, &asked);
        }
    }
    assert_eq!(count, 7);
    line.wait(seconds(2800));
    assert!(!line.sent.is_empty(), "the usual refresh");
}

#[test]
fn with_the_connection_the_subscription_is_gone() {
    let mut line = Line::new();
    let request = subscribe(&mut line);
    let ok = take(&mut line, &request);
    notify(&mut line, (&request, &ok), 1, "active", TWO_NEW);
    line.handle(Input::Disconnected);
    line.handle(Input::Connected);
    line.wait(seconds(9000));
    line.silent();
    let again = subscribe(&mut line);
    assert_ne!(again.headers.call_id().ok(), request.headers.call_id().ok());
}
