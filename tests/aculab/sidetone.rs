//! Sidetone at the fake cloud: its services, other clients, and what happens when the cloud fails.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Closing, CloudOptions, FakeCloud, IceAnswer, SERVICE_TONE_HZ, TokenTerms};

use super::official::{Client, Official, Version};
use crate::interop::phone::{Phone, Seat, practice};

/// The variable that hands a phone its token.
const TOKEN: &str = "SIDETONE_TEST_TOKEN";
/// Longer than any call here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

pub(super) fn cloud() -> FakeCloud {
    FakeCloud::start(CloudOptions::default()).expect("it starts")
}

/// A phone that is led to the cloud.
pub(super) fn at(cloud: &FakeCloud, verb: &[&str]) -> Seat {
    let ca = cloud.ca().to_str().expect("is text");
    let web = cloud.web_url();
    practice(verb).with(&["--cloud", "1-2-0", "--cloud-server", &cloud.socket_url(), "--web-services", &web, "--ca", ca])
}

/// A caller of the first interface.
fn caller(cloud: &FakeCloud, verb: &[&str]) -> Seat {
    at(cloud, verb).with(&["--caller-id", "bob"])
}

/// A client of the second one, with a token for an hour.
pub(super) fn client(cloud: &FakeCloud, key: &str, id: &str, verb: &[&str]) -> Seat {
    let token = cloud.token_of(&TokenTerms::new(key, id));
    let seat = at(cloud, verb).with(&["--access-key", key, "--client-id", id, "--token-env", TOKEN]);
    seat.with_variable(TOKEN, &token)
}

/// A registered client that answers every call and hums.
fn answering(cloud: &FakeCloud, id: &str) -> Phone {
    client(cloud, &cloud.account().key, id, &["run", "--auto-answer"]).humming().start().once_registered()
}

/// The cloud's name for why a call or a registration ended.
fn service_cause(event: &Value) -> &str {
    event["service_cause"].as_str().unwrap_or_default()
}

#[test]
fn a_caller_hears_itself_at_the_echo_and_the_service_sees_who_calls() {
    let cloud = cloud();
    let (over, phone) = caller(&cloud, &["call", "service:echo"]).speaking().run(LONG);
    over.was_a_good_call("local");
    phone.heard_the_voice();
    let seen = cloud.seen();
    assert_eq!((seen.calls[0].service.as_str(), seen.calls[0].client.as_str()), ("echo", "bob"));
    assert_eq!((seen.calls[0].key.as_str(), seen.registered.len()), ("acc2", 0));
}

#[test]
fn every_service_that_takes_no_call_has_its_cause_and_its_code() {
    let cloud = cloud();
    for (service, cause, code) in [
        ("busy", "BUSY", 486),
        ("busy600", "BUSY", 600),
        ("decline603", "BUSY", 603),
        ("gone", "UNOBTAINABLE", 410),
        ("unavailable", "UNOBTAINABLE", 480),
        ("nowhere604", "UNOBTAINABLE", 604),
        ("no-such-name", "UNOBTAINABLE", 404),
        ("redirect", "MOVED", 302),
        ("reject606", "REJECTED", 606),
        ("forbidden", "FAILED", 403),
        ("error500", "FAILED", 500),
        ("error503", "FAILED", 503),
        ("code-499", "FAILED", 499),
    ] {
        let (over, _phone) = caller(&cloud, &["call", &format!("service:{service}")]).humming().run(LONG);
        let ended = over.ended();
        assert_eq!((service_cause(ended), &ended["code"]), (cause, &json!(code)), "{service}: {ended}");
    }
}

#[test]
fn services_that_answer_and_hang_up_say_why() {
    let cloud = cloud();
    for (service, cause) in
        [("hangup-1", "NORMAL"), ("byebusy", "BUSY"), ("bye404", "UNOBTAINABLE"), ("nosdp", "FAILED"), ("dropws", "FAILED")]
    {
        let (over, _phone) = caller(&cloud, &["call", &format!("service:{service}")]).humming().run(LONG);
        let ended = over.ended();
        assert_eq!(service_cause(ended), cause, "{service}: {ended}");
    }
    // A 200 without a description is hung up on with the reason why.
    let end = cloud.wait_for("the BYE", LONG, |seen| seen.calls_of("bob", "nosdp").first().and_then(|call| call.ended.clone()));
    assert_eq!(end, sip::CallEnd::Bye { code: Some(400) });
}

#[test]
fn early_media_and_reliable_progress_become_calls() {
    let cloud = cloud();
    for service in ["tone", "early", "early180", "prack"] {
        let target = format!("service:{service}");
        let (over, _phone) = caller(&cloud, &["call", &target, "--for", "3s"]).humming().run(LONG);
        over.was_a_good_call("local");
    }
}

#[test]
fn a_service_that_rings_is_given_up_and_cancelled() {
    let cloud = cloud();
    let mut phone = caller(&cloud, &["call", "service:ring"]).humming().start();
    phone.wait("ringing");
    let over = phone.stop();
    assert_eq!(service_cause(over.ended()), "NOANSWER");
    let cancelled = |seen: &tests::Seen| {
        let requests = seen.messages.iter().filter_map(tests::WireMessage::request);
        requests.into_iter().any(|request| request.method == sip::Method::Cancel).then_some(())
    };
    cloud.wait_for("CANCEL", LONG, cancelled);
}

#[test]
fn digits_reach_a_service_each_once() {
    let cloud = cloud();
    let call = ["call", "service:dtmf", "--dtmf", "0123456789*#ABCD", "--for", "6s"];
    let (over, _phone) = caller(&cloud, &call).humming().run(LONG);
    over.was_a_good_call("local");
    assert_eq!(cloud.seen().calls[0].digits, "0123456789*#ABCD");
}

#[test]
fn a_list_that_fails_is_garbage_or_never_comes_keeps_no_call_from_its_service() {
    let cloud = cloud();
    for ice in [IceAnswer::Refused(503), IceAnswer::Garbage, IceAnswer::Ignored] {
        // The first interface has a key of its own.
        cloud.knobs_of("acc2", |knobs| knobs.ice = ice.clone());
        cloud.knobs(|knobs| knobs.ice = ice.clone());
        let (over, _phone) = caller(&cloud, &["call", "service:tone", "--for", "1s"]).humming().run(LONG);
        over.was_a_good_call("local");
    }
}

#[test]
fn clients_call_each_other_hear_each_other_and_either_hangs_up() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let alice = answering(&cloud, "alice");
    let (over, _bob) = client(&cloud, &key, "bob", &["call", "client:alice", "--for", "3s"]).humming().run(LONG);
    over.was_a_good_call("local");
    let ended = alice.wait("ended");
    assert_eq!(service_cause(&ended), "NORMAL");
    assert!(ended["report"]["media"]["packets_received"].as_u64().unwrap_or_default() > 20, "{ended}");
    let incoming = alice.wait("incoming");
    assert_eq!((&incoming["remote"]["number"], &incoming["caller"]), (&json!("client:bob"), &json!("client")));

    let from = alice.now();
    let mut bob = client(&cloud, &key, "bob", &["call", "client:alice"]).humming().start();
    bob.wait("media-connected");
    alice.wait_from(from, "media-connected");
    alice.tell(&["hangup"]);
    assert_eq!(bob.finish(LONG).ended()["cause"]["by"], "remote");

    let (over, _bob) = client(&cloud, &key, "bob", &["call", "client:nobody"]).humming().run(LONG);
    assert_eq!((service_cause(over.ended()), &over.ended()["code"]), ("UNOBTAINABLE", &json!(480)));
}

#[test]
fn a_service_calls_is_heard_and_its_keys_arrive() {
    let cloud = cloud();
    let alice = answering(&cloud, "alice");
    let call = cloud.call("alice", "441908000000", "dtmf");
    let incoming = alice.wait("incoming");
    assert_eq!((&incoming["remote"]["number"], &incoming["caller"]), (&json!("441908000000"), &json!("service")));
    alice.wait("media-connected");
    cloud.press(call, "58#");
    for digit in ["5", "8", "#"] {
        alice.wait_for(0, &format!("key {digit}"), |event| event["event"] == "dtmf" && event["digit"] == digit);
    }
    cloud.hang_up(call, "SIP;cause=486;text=\"Busy Here\"");
    assert_eq!(service_cause(&alice.wait("ended")), "BUSY");
}

#[test]
fn a_lost_connection_is_told_ends_the_call_and_comes_back_after_refusals() {
    let cloud = cloud();
    let alice = answering(&cloud, "alice");
    cloud.call("alice", "441908000000", "tone");
    alice.wait("media-connected");
    let from = alice.now();
    cloud.refuse_upgrades_for(Duration::from_secs(15));
    cloud.close_connections(Closing::Abruptly);
    assert_eq!(service_cause(&alice.wait_from(from, "unregistered")), "DISCONNECTED");
    assert_eq!(service_cause(&alice.wait_from(from, "ended")), "FAILED");
    let again = |event: &Value| event["event"] == "registered";
    alice.wait_within(from, "registered again", LONG, again);
    assert!(cloud.seen().refused > 0);
    let from = alice.now();
    cloud.call("alice", "441908000000", "tone");
    alice.wait_from(from, "media-connected");
}

#[test]
fn a_token_that_ends_is_told_and_one_that_can_be_fetched_is() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    cloud.knobs(|knobs| knobs.granted_s = 10);
    let token = cloud.token_of(&TokenTerms { lifetime_s: 5, ..TokenTerms::new(&key, "alice") });
    let seat = client(&cloud, &key, "alice", &["run"]).with_variable(TOKEN, &token);
    let alice = seat.humming().start().once_registered();
    assert_eq!(service_cause(&alice.wait("unregistered")), "INVALIDTOKEN");

    let url = cloud.token_url();
    let seat = at(&cloud, &["run"]).with(&["--access-key", &key, "--client-id", "bob", "--token-url", &url]);
    let _bob = seat.humming().start().once_registered();
    let seat = at(&cloud, &["run"]).with(&["--access-key", &key, "--client-id", "carol"]);
    let account = cloud.account().clone();
    let seat = seat.with(&["--cloud-user", &account.user, "--key-env", "SIDETONE_TEST_KEY", "--call-client", "agent*"]);
    let _carol = seat.with_variable("SIDETONE_TEST_KEY", account.api_key.expose()).humming().start().once_registered();
}

#[test]
fn the_official_client_and_this_phone_call_each_other() {
    let Some(official) = Official::at_hand() else { return };
    for version in [Version::Four, Version::Three] {
        let name = format!("theirs-{version:?}").to_lowercase();
        let theirs: Client = official.client(version, 10, &name, 500.0);
        theirs.register();
        let ours = format!("ours-{version:?}").to_lowercase();

        let from = theirs.now();
        let target = format!("client:{name}");
        let mut phone = client(&official.cloud, theirs.key(), &ours, &["call", &target]).humming().start();
        theirs.told(from, "onIncoming");
        theirs.ask("answer", json!({}));
        theirs.told(from, "onConnected");
        phone.wait("media-connected");
        theirs.ask("sendDtmf", json!({"digits": "58"}));
        for digit in ["5", "8"] {
            phone.wait_for(0, &format!("key {digit}"), |event| event["event"] == "dtmf" && event["digit"] == digit);
        }
        // Long enough for the tone to be measured.
        std::thread::sleep(Duration::from_secs(2));
        theirs.ask("disconnect", json!({}));
        phone.finish(LONG).was_a_good_call("remote");
        assert!(phone.heard().time_of_tone(500.0) > Duration::from_secs(1), "we heard the browser");

        let phone = client(&official.cloud, theirs.key(), &ours, &["run", "--auto-answer"]).humming().start();
        let phone = phone.once_registered();
        let from = theirs.call_client(&ours);
        theirs.told(from, "onConnected");
        phone.wait("media-connected");
        theirs.listens(from);
        phone.tell(&["dtmf", "7"]);
        theirs.hears_key('7');
        phone.tell(&["hangup"]);
        assert_eq!(theirs.cause(from), "NORMAL");

        let phone = client(&official.cloud, theirs.key(), &ours, &["run"]).humming().start().once_registered();
        let from = theirs.call_client(&ours);
        phone.wait("incoming");
        phone.tell(&["hangup"]);
        assert_eq!(theirs.cause(from), "BUSY");
    }
}

#[test]
fn a_service_with_a_tone_is_heard() {
    let cloud = cloud();
    let (over, phone) = caller(&cloud, &["call", "service:tone", "--for", "3s"]).humming().run(LONG);
    over.was_a_good_call("local");
    assert!(phone.heard().time_of_tone(SERVICE_TONE_HZ) > Duration::from_secs(2));
}
