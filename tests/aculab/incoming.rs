//! Services call official clients.

use std::time::Duration;

use serde_json::json;
use sip::CallEnd;
use tests::{CloudCall, SERVICE_TONE_HZ, ServiceCall};

use super::official::{CHROMIUM, Client, Official, Version};

/// Where calls of services come from.
const ORIGIN: &str = "441908000000";

/// A service calls a client, which is told who calls; the number of the call, and where to begin to wait for what follows.
fn called(official: &Official, client: &Client, service: &str) -> (usize, usize) {
    let from = client.now();
    let call = official.cloud.place(CloudCall {
        key: client.key().to_owned(),
        client: client.id.clone(),
        from: ORIGIN.to_owned(),
        service: service.to_owned(),
        ring_for: Duration::from_secs(3),
        headers: vec![("X-Queue".to_owned(), "sales".to_owned())],
    });
    let incoming = client.told(from, "onIncoming");
    assert_eq!((&incoming["from"], &incoming["type"]), (&json!(ORIGIN), &json!("service")), "{incoming}");
    (call, from)
}

fn noted<T>(official: &Official, call: usize, what: &str, find: impl Fn(&ServiceCall) -> Option<T>) -> T {
    official.cloud.wait_for(what, CHROMIUM, |seen| find(&seen.calls[call]))
}

fn answers_and_refuses(version: Version, id: &str) {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(version, 5, id, 500.0);
    client.register();

    let (call, from) = called(official, &client, "tone");
    client.ask("answer", json!({}));
    client.told(from, "onConnected");
    client.hears(SERVICE_TONE_HZ);
    client.ask("sendDtmf", json!({"digits": "58"}));
    noted(official, call, "both digits", |call| (call.digits == "58").then_some(()));
    client.ask("disconnect", json!({}));
    assert_eq!(client.cause(from), "NORMAL");
    assert_eq!(noted(official, call, "the end", |call| call.ended.clone()), CallEnd::Bye { code: None });

    let (call, from) = called(official, &client, "dtmf");
    client.ask("answer", json!({}));
    client.told(from, "onConnected");
    client.listens(from);
    official.cloud.press(call, "9");
    client.hears_key('9');
    official.cloud.hang_up(call, "");
    assert_eq!(client.cause(from), "NORMAL");

    for (given, code) in [(json!({"code": 603}), 603), (json!({}), 486)] {
        let (call, from) = called(official, &client, "tone");
        client.ask("reject", given);
        assert_eq!(client.cause(from), "NORMAL");
        let end = noted(official, call, "the refusal", |call| call.ended.clone());
        assert!(matches!(end, CallEnd::Refused { code: told, .. } if told == code), "{end:?}");
    }

    // The service gives up.
    let (call, from) = called(official, &client, "tone");
    assert_eq!(client.cause(from), "NORMAL");
    assert_eq!(noted(official, call, "the end", |call| call.ended.clone()), CallEnd::Local);
}

#[test]
fn version_4_is_called_by_services_answers_and_refuses() {
    answers_and_refuses(Version::Four, "called4");
}

#[test]
fn version_3_is_called_by_services_answers_and_refuses() {
    answers_and_refuses(Version::Three, "called3");
}

#[test]
fn a_client_with_a_call_is_busy_and_headers_are_shown() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Four, 6, "busy-one", 500.0);
    client.register();
    let (first, from) = called(official, &client, "tone");
    assert_eq!(client.ask("sipHeaders", json!({"name": "X-Queue"})), json!(["sales"]));
    client.ask("answer", json!({}));
    client.told(from, "onConnected");
    let second = official.cloud.place(CloudCall {
        key: client.key().to_owned(),
        client: client.id.clone(),
        from: ORIGIN.to_owned(),
        service: "tone".to_owned(),
        ring_for: Duration::from_secs(10),
        headers: Vec::new(),
    });
    let end = noted(official, second, "the refusal", |call| call.ended.clone());
    assert!(matches!(end, CallEnd::Refused { code: 486, .. }), "{end:?}");
    official.cloud.hang_up(first, "SIP;cause=486;text=\"Busy Here\"");
    assert_eq!(client.cause(from), "BUSY", "the reason of a BYE decides");
}
