//! Two official clients call each other.

use serde_json::json;
use tests::TokenTerms;

use super::official::{Client, Official, Version};

/// The frequencies that they hum.
const CALLER_HZ: f64 = 500.0;
const CALLED_HZ: f64 = 700.0;

/// Two clients, of which the second is registered.
fn pair(official: &'static Official, account: usize, versions: (Version, Version), names: (&str, &str)) -> (Client, Client) {
    let caller = official.client(versions.0, account, names.0, CALLER_HZ);
    let called = official.client(versions.1, account, names.1, CALLED_HZ);
    // The caller, too, so that its connection stays between two calls.
    caller.register();
    called.register();
    (caller, called)
}

/// The first calls the second; where to begin to wait for what follows.
fn rings(caller: &Client, called: &Client) -> usize {
    let from = caller.call_client(&called.id);
    let incoming = called.told(from, "onIncoming");
    assert_eq!((&incoming["from"], &incoming["type"]), (&json!(caller.id), &json!("client")), "{incoming}");
    caller.told(from, "onRinging");
    from
}

fn talks(caller: &Client, called: &Client) -> usize {
    let from = rings(caller, called);
    called.ask("answer", json!({}));
    caller.told(from, "onConnected");
    called.told(from, "onConnected");
    from
}

fn talk_and_hang_up(account: usize, versions: (Version, Version), names: (&str, &str)) {
    let Some(official) = Official::at_hand() else { return };
    let (caller, called) = pair(official, account, versions, names);
    let from = talks(&caller, &called);
    caller.hears(CALLED_HZ);
    called.hears(CALLER_HZ);
    called.ask("disconnect", json!({}));
    assert_eq!((caller.cause(from), called.cause(from)), ("NORMAL".into(), "NORMAL".into()));
    let from = talks(&caller, &called);
    caller.ask("disconnect", json!({}));
    assert_eq!((caller.cause(from), called.cause(from)), ("NORMAL".into(), "NORMAL".into()));
}

#[test]
fn version_4_and_version_3_hear_each_other_and_either_hangs_up() {
    talk_and_hang_up(6, (Version::Four, Version::Three), ("alice", "bob"));
}

#[test]
fn version_3_and_version_4_hear_each_other_and_either_hangs_up() {
    talk_and_hang_up(7, (Version::Three, Version::Four), ("carol", "dave"));
}

#[test]
fn refusals_reach_the_caller_and_so_does_who_is_not_there() {
    let Some(official) = Official::at_hand() else { return };
    let (caller, called) = pair(official, 7, (Version::Four, Version::Four), ("erin", "frank"));
    for (code, cause) in [
        (Some(486), "BUSY"),
        (Some(603), "BUSY"),
        (Some(480), "UNOBTAINABLE"),
        (Some(404), "UNOBTAINABLE"),
        (Some(500), "FAILED"),
    ] {
        let from = rings(&caller, &called);
        called.ask("reject", json!({"code": code}));
        assert_eq!((caller.cause(from), called.cause(from)), (cause.into(), "NORMAL".into()), "{code:?}");
    }
    // The caller gives up.
    let from = rings(&caller, &called);
    caller.ask("disconnect", json!({}));
    assert_eq!((caller.cause(from), called.cause(from)), ("NOANSWER".into(), "NORMAL".into()));
    let from = caller.call_client("nobody");
    assert_eq!(caller.cause(from), "UNOBTAINABLE");
    // A token that is good for others.
    let token = official.cloud.token_of(&TokenTerms { callable: vec!["agent*".into()], ..caller.terms() });
    let from = caller.now();
    caller.ask("callClient", json!({"id": called.id, "token": token, "options": {}}));
    assert_eq!(caller.cause(from), "FAILED");
}
