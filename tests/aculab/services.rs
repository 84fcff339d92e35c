//! Official clients call services.

use std::time::Duration;

use serde_json::json;
use sip::CallEnd;
use tests::{SERVICE_TONE_HZ, Seen, ServiceCall};

use super::official::{CHROMIUM, Client, Official, Version, is_tone};

/// The cloud's note of the last call of a client.
fn noted<T>(official: &Official, client: &Client, what: &str, find: impl Fn(&ServiceCall) -> Option<T>) -> T {
    let last =
        |seen: &Seen| seen.calls.iter().rev().find(|call| call.client == client.id && call.key == client.key()).and_then(&find);
    official.cloud.wait_for(what, CHROMIUM, last)
}

fn echo(version: Version, id: &str, account: usize) {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(version, account, id, 500.0);
    client.register();
    let from = client.call_service("echo");
    client.told(from, "onConnected");
    client.hears(500.0);
    let figures = client.ask("figures", json!({}));
    assert_eq!(figures["codec"], "audio/opus");
    assert!(figures["received"].as_u64() > Some(20) && figures["sent"].as_u64() > Some(20), "{figures}");
    client.ask("sendDtmf", json!({"digits": "12#A"}));
    noted(official, &client, "all digits", |call| (call.digits == "12#A").then_some(()));
    client.ask("disconnect", json!({}));
    assert_eq!(client.cause(from), "NORMAL");
    let end = noted(official, &client, "the end of the call", |call| call.ended.clone());
    assert_eq!(end, CallEnd::Bye { code: None });
    let mut events = client.events(from);
    events.dedup();
    assert_eq!(events.first().map(String::as_str), Some("onConnecting"), "{events:?}");
    assert!(events.iter().any(|event| event == "onRinging") && events.iter().any(|event| event == "onMedia"), "{events:?}");
    // What the cloud has heard is what the client's microphone hummed.
    let file = noted(official, &client, "recording", |call| call.recording.clone());
    let samples: Vec<f32> = hound::WavReader::open(file)
        .expect("it is there")
        .samples::<i16>()
        .skip(1)
        .step_by(2)
        .map(|sample| f32::from(sample.expect("it is whole")) / 32_768.0)
        .collect();
    assert!(samples.chunks(24_000).any(|part| is_tone(part, 500.0)), "{} samples", samples.len());
}

#[test]
fn version_4_registers_calls_the_echo_is_heard_and_sends_digits() {
    echo(Version::Four, "echo4", 0);
}

#[test]
fn version_3_registers_calls_the_echo_is_heard_and_sends_digits() {
    echo(Version::Three, "echo3", 1);
}

#[test]
fn the_first_interface_calls_without_a_registration() {
    let Some(official) = Official::at_hand() else { return };
    let caller = official.caller("caller1", 500.0);
    assert_eq!(caller.ask("isSupported", json!({})), true);
    let from = caller.now();
    caller.ask("makeCall", json!({"cloud": "1-2-0", "service": "tone", "id": "caller1"}));
    caller.told(from, "onConnected");
    caller.hears(SERVICE_TONE_HZ);
    caller.ask("sendDtmf", json!({"digits": "7"}));
    official.cloud.wait_for("the digit", CHROMIUM, |seen| {
        seen.calls_of("caller1", "tone").last().filter(|call| call.digits == "7" && call.key == "acc2").map(|_| ())
    });
    caller.ask("disconnect", json!({}));
    assert_eq!(caller.cause(from), "NORMAL");
}

/// Calls services one after another and compares the causes.
fn causes(client: &Client, expected: &[(&str, &str)]) {
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(service, cause)| {
            println!("{service}");
            let from = client.call_service(service);
            let told = client.cause(from);
            (told != *cause).then(|| format!("{service}: {told} instead of {cause}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the official clients make of each final answer; ours differs for 3xx and 6xx (it follows the documentation).
const REFUSALS: [(&str, &str); 30] = [
    ("code-487", "NOANSWER"),
    ("busy", "BUSY"),
    ("busy600", "BUSY"),
    ("decline603", "BUSY"),
    ("nonesuch", "UNOBTAINABLE"),
    ("gone", "UNOBTAINABLE"),
    ("unavailable", "UNOBTAINABLE"),
    ("nowhere604", "UNOBTAINABLE"),
    ("redirect", "FAILED"),
    ("code-300", "FAILED"),
    ("code-380", "FAILED"),
    ("reject606", "FAILED"),
    ("code-607", "FAILED"),
    ("forbidden", "FAILED"),
    ("code-400", "FAILED"),
    ("code-401", "FAILED"),
    ("code-402", "FAILED"),
    ("code-405", "FAILED"),
    ("code-407", "FAILED"),
    ("code-408", "FAILED"),
    ("code-415", "FAILED"),
    ("code-420", "FAILED"),
    ("code-481", "FAILED"),
    ("code-488", "FAILED"),
    ("code-491", "FAILED"),
    ("error500", "FAILED"),
    ("error503", "FAILED"),
    ("code-504", "FAILED"),
    ("code-513", "FAILED"),
    ("code-580", "FAILED"),
];

/// Calls that a service ends or breaks.
const ENDINGS: [(&str, &str); 5] =
    [("hangup-1", "NORMAL"), ("byebusy", "BUSY"), ("bye404", "NORMAL"), ("nosdp", "NORMAL"), ("nomux", "NORMAL")];

#[test]
fn version_4_tells_the_causes_of_the_table() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Four, 2, "causes4", 500.0);
    // So that its connection stays: the official client can get lost when it has closed one and needs another at once.
    client.register();
    causes(&client, &REFUSALS);
    causes(&client, &ENDINGS);
}

#[test]
fn version_3_tells_the_causes_of_the_table() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Three, 2, "causes3", 500.0);
    client.register();
    causes(&client, &REFUSALS);
    causes(&client, &ENDINGS);
}

#[test]
fn calls_that_are_given_up_end_without_an_answer() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Four, 3, "gives-up", 500.0);
    client.register();
    for service in ["ring", "trying"] {
        let from = client.call_service(service);
        official.cloud.wait_for("INVITE", CHROMIUM, |seen| seen.calls_of("gives-up", service).first().map(|_| ()));
        if service == "ring" {
            client.told(from, "onRinging");
        } else {
            // The 100 is not told to anybody.
            std::thread::sleep(Duration::from_millis(600));
        }
        client.ask("disconnect", json!({}));
        assert_eq!(client.cause(from), "NOANSWER", "{service}");
        let end = noted(official, &client, "the end", |call| call.ended.clone());
        assert_eq!(end, CallEnd::Cancelled { code: None }, "{service}");
    }
}

#[test]
fn a_service_that_says_nothing_at_all_is_given_up_after_half_a_minute() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Four, 3, "ignored", 500.0);
    client.register();
    let from = client.call_service("silent");
    assert_eq!(client.cause(from), "FAILED");
}

#[test]
fn early_media_is_heard_before_the_answer() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Four, 3, "early", 500.0);
    client.register();
    let from = client.call_service("early");
    client.told(from, "onMedia");
    assert!(!client.events(from).contains(&"onConnected".to_owned()), "it is not answered for two seconds");
    client.told(from, "onConnected");
    client.hears(500.0);
    client.ask("disconnect", json!({}));
    assert_eq!(client.cause(from), "NORMAL");
    for service in ["early180", "prack"] {
        let from = client.call_service(service);
        client.told(from, "onConnected");
        client.hears(SERVICE_TONE_HZ);
        client.ask("disconnect", json!({}));
        assert_eq!(client.cause(from), "NORMAL", "{service}");
    }
}

#[test]
fn services_hold_show_headers_and_call_back() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Four, 4, "held", 500.0);
    client.register();
    let from = client.call_service("hold");
    client.told(from, "onConnected");
    // Three changes, each answered.
    official.cloud.wait_for("three changes", CHROMIUM, |seen| {
        let answers = seen.messages.iter().filter_map(|message| message.response()).filter(|response| {
            response.code == 200 && response.session_description().is_some_and(|sdp| sdp.contains("a=recvonly"))
        });
        (answers.count() > 0).then_some(())
    });
    client.hears(SERVICE_TONE_HZ);
    client.ask("disconnect", json!({}));
    assert_eq!(client.cause(from), "NORMAL");

    let from = client.now();
    let options =
        json!({"constraints": {"audio": true, "video": false}, "extraSipHeaders": ["X-Colour: blue", "X-Colour: green"]});
    client.ask("callService", json!({"service": "headers", "options": options}));
    client.told(from, "onConnected");
    assert_eq!(client.ask("sipHeaders", json!({"name": "X-Colour"})), json!(["blue", "green"]));
    client.ask("disconnect", json!({}));
    client.cause(from);

    let from = client.call_service("callback");
    assert_eq!(client.cause(from), "NORMAL");
    let incoming = client.told(from, "onIncoming");
    assert_eq!((&incoming["from"], &incoming["type"]), (&json!("callback"), &json!("service")));
    let from = client.now();
    client.ask("answer", json!({}));
    client.told(from, "onConnected");
    client.hears(500.0);
    client.ask("disconnect", json!({}));
    assert_eq!(client.cause(from), "NORMAL");
}

#[test]
fn a_socket_that_is_dropped_in_a_call_ends_it_and_the_client_comes_back() {
    let Some(official) = Official::at_hand() else { return };
    let client = official.client(Version::Four, 5, "dropped", 500.0);
    client.register();
    let from = client.call_service("dropws");
    client.told(from, "onConnected");
    assert_eq!(client.cause(from), "FAILED");
    official.cloud.wait_for("the client again", CHROMIUM, |seen| seen.is_registered(client.key(), "dropped").then_some(()));
}
