//! Official clients register: what they make of the registrar's answers.

use serde_json::{Value, json};
use tests::{CloudRegistering, TokenTerms};

use super::official::{CHROMIUM, Client, Official, Version};

/// What a client tells of its registration once it has been given a token.
fn state(client: &Client, token: &str) -> (Value, Value) {
    let from = client.now();
    client.ask("enableIncoming", json!({"token": token}));
    let told = client.told(from, "onIncomingState");
    (told["ready"].clone(), told["cause"].clone())
}

fn refusals(version: Version, id: &str, account: usize) {
    let Some(official) = Official::at_hand() else { return };
    let cloud = &official.cloud;
    // A new one each time: version 4 closes its connection once it is refused, and can get lost for ever when it is given another
    // token while that goes on.
    let client = || official.client(version, account, id, 500.0);
    let terms = client().terms();
    for (terms, told) in [
        (TokenTerms { lifetime_s: -5, ..terms.clone() }, (json!(false), json!("INVALIDTOKEN"))),
        (TokenTerms { incoming: false, ..terms.clone() }, (json!(false), json!("INVALIDTOKEN"))),
        (terms, (json!(true), json!("NORMAL"))),
    ] {
        assert_eq!(state(&client(), &cloud.token_of(&terms)), told, "{terms:?}");
    }
    for (code, cause) in [(403, "FAILED"), (500, "FAILED"), (503, "DISCONNECTED")] {
        let client = client();
        cloud.knobs_of(client.key(), |knobs| knobs.registering = CloudRegistering::Refused { code, headers: Vec::new() });
        let told = state(&client, &client.token());
        cloud.knobs_of(client.key(), |knobs| knobs.registering = CloudRegistering::Judged);
        assert_eq!(told, (json!(false), json!(cause)), "{code}");
    }
    // 423 is asked again at once, for as long as it says.
    let client = client();
    cloud.knobs_of(client.key(), |knobs| (knobs.least_s, knobs.granted_s) = (900, 900));
    assert_eq!(state(&client, &client.token()), (json!(true), json!("NORMAL")));
    let asked = cloud.received().iter().rev().filter_map(|message| message.request()).any(|request| {
        request.uri.host.starts_with(client.key())
            && request.headers.get("Contact").is_some_and(|contact| contact.ends_with("=900"))
    });
    assert!(asked, "it asks for the 900 s that are the least");
}

#[test]
fn version_4_tells_what_the_registrar_says() {
    refusals(Version::Four, "register4", 8);
}

#[test]
fn version_3_tells_what_the_registrar_says() {
    refusals(Version::Three, "register3", 9);
}

#[test]
fn the_newest_of_two_with_one_name_is_called_and_goodbyes_are_taken() {
    let Some(official) = Official::at_hand() else { return };
    let (old, new) = (official.client(Version::Four, 1, "twice", 500.0), official.client(Version::Three, 1, "twice", 500.0));
    old.register();
    new.register();
    let from = new.now();
    let call = tests::CloudCall {
        key: new.key().to_owned(),
        client: "twice".to_owned(),
        from: "441908".to_owned(),
        service: "tone".to_owned(),
        ring_for: CHROMIUM,
        headers: Vec::new(),
    };
    official.cloud.place(call);
    new.told(from, "onIncoming");
    new.ask("reject", json!({}));
    new.cause(from);
    assert!(!old.events(from).contains(&"onIncoming".to_owned()), "the older one is not called");
    new.ask("disableIncoming", json!({}));
    official.cloud.wait_for("the goodbye", CHROMIUM, |seen| (!seen.is_registered(new.key(), "twice")).then_some(()));
}
