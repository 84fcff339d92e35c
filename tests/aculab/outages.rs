//! The cloud fails in every way it can; this phone says so, never hangs, and comes back by itself.

use std::time::Duration;

use serde_json::Value;
use tests::{Closing, CloudRegistering, FakeCloud, IceAnswer, TokenUrl, Way};

use super::sidetone::{at, cloud};
use crate::interop::phone::Phone;

/// Who we are there.
const ID: &str = "bob";
/// Longer than any step takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A phone that serves, and gets its tokens from the user's own server.
fn registered(cloud: &FakeCloud) -> Phone {
    let (key, url) = (cloud.account().key.clone(), cloud.token_url());
    let seat = at(cloud, &["run"]).with(&["--access-key", &key, "--client-id", ID, "--token-url", &url]);
    seat.humming().start().once_registered()
}

/// What the person is told of an event.
fn words(event: &Value) -> &str {
    event["message"].as_str().unwrap_or_default()
}

/// Calls a service and waits for an event of the call; where to wait from.
fn dial(phone: &Phone, service: &str, until: &str) -> usize {
    let from = phone.now();
    phone.tell(&["dial", &format!("service:{service}")]);
    phone.wait_from(from, until);
    from
}

/// The cloud drops every socket; the phone says at once that it is offline, and is back by itself.
fn drops_and_comes_back(cloud: &FakeCloud, phone: &Phone) {
    let from = phone.now();
    cloud.close_connections(Closing::Abruptly);
    let unregistered = phone.wait_from(from, "unregistered");
    assert_eq!(unregistered["service_cause"], "DISCONNECTED", "{unregistered}");
    assert!(words(&unregistered).starts_with("the connection to the server was lost"), "{unregistered}");
    phone.wait_within(from, "registered again", LONG, |event| event["event"] == "registered");
    assert!(cloud.seen().is_registered(&cloud.account().key, ID));
}

#[test]
fn a_socket_lost_while_registered_while_it_rings_and_in_a_call_is_told_and_replaced() {
    let cloud = cloud();
    let phone = registered(&cloud);
    drops_and_comes_back(&cloud, &phone);
    for (service, state) in [("ring", "ringing"), ("echo", "media-connected")] {
        let from = dial(&phone, service, state);
        drops_and_comes_back(&cloud, &phone);
        let ended = phone.wait_from(from, "ended");
        assert_eq!(ended["service_cause"], "FAILED", "{service}: {ended}");
        assert!(words(&ended).contains("connection to the server was lost"), "{service}: {ended}");
    }
}

#[test]
fn upgrades_refused_for_fifteen_seconds_are_waited_out_with_growing_pauses() {
    let cloud = cloud();
    let phone = registered(&cloud);
    cloud.refuse_upgrades_for(Duration::from_secs(15));
    drops_and_comes_back(&cloud, &phone);
    let refused = cloud.seen().refused;
    // After 1, 2, 4 and 8 seconds, more or less.
    assert!((3..=6).contains(&refused), "{refused} tries");
}

#[test]
fn a_token_is_renewed_in_time_without_losing_the_call() {
    let cloud = cloud();
    // A new one is fetched a minute before its end: after ten seconds.
    cloud.knobs(|knobs| knobs.token_url = TokenUrl::Given { lifetime_s: 70 });
    let phone = registered(&cloud);
    let from = dial(&phone, "echo", "media-connected");
    cloud.wait_for("a second token", LONG, |seen| {
        let requests = seen.messages.iter().filter(|message| message.way == Way::In).filter_map(|message| message.request());
        let mut tokens: Vec<String> =
            requests.filter_map(|request| request.headers.get("Authorization").map(str::to_owned)).collect();
        tokens.dedup();
        (tokens.len() >= 2).then_some(())
    });
    phone.tell(&["hangup"]);
    assert_eq!(phone.wait_from(from, "ended")["cause"]["by"], "local", "the call went on");
}

#[test]
fn a_token_that_ends_while_no_other_can_be_had_is_told_until_there_is_one() {
    let cloud = cloud();
    cloud.knobs(|knobs| (knobs.token_url, knobs.granted_s) = (TokenUrl::Given { lifetime_s: 12 }, 10));
    let phone = registered(&cloud);
    let from = phone.now();
    cloud.knobs(|knobs| knobs.token_url = TokenUrl::Refused(500));
    let told = phone.wait_within(from, "that it is offline", LONG, |event| event["event"] == "unregistered");
    let (refused, none) = ("the server did not accept the token (401)", "the token server answered HTTP 500");
    assert!(words(&told) == refused || words(&told).contains(none), "{told}");
    let from = phone.now();
    cloud.knobs(|knobs| knobs.token_url = TokenUrl::Given { lifetime_s: 3600 });
    phone.wait_within(from, "that it is back", LONG, |event| event["event"] == "registered");
}

#[test]
fn a_registered_phone_calls_whatever_comes_of_the_question_for_servers() {
    let cloud = cloud();
    let phone = registered(&cloud);
    for ice in [IceAnswer::Refused(503), IceAnswer::Garbage, IceAnswer::Ignored] {
        cloud.knobs(|knobs| knobs.ice = ice.clone());
        // A connection of its own, so that nothing is known from before.
        drops_and_comes_back(&cloud, &phone);
        let from = dial(&phone, "tone", "media-connected");
        phone.tell(&["hangup"]);
        assert_eq!(phone.wait_from(from, "ended")["cause"]["by"], "local", "{ice:?}");
        // Nor does a call from the cloud wait for what does not come: it rings while its caller listens.
        drops_and_comes_back(&cloud, &phone);
        let from = phone.now();
        let placed = cloud.call(ID, "441908000000", "tone");
        phone.wait_within(from, "a call", Duration::from_secs(4), |event| event["event"] == "incoming");
        phone.tell(&["answer"]);
        phone.wait_from(from, "media-connected");
        cloud.hang_up(placed, "");
        assert_eq!(phone.wait_from(from, "ended")["cause"]["by"], "remote", "{ice:?}");
    }
}

#[test]
fn a_socket_lost_while_a_call_rings_here_ends_that_call_and_is_told() {
    let cloud = cloud();
    let phone = registered(&cloud);
    let from = phone.now();
    cloud.call(ID, "441908000000", "tone");
    phone.wait_from(from, "incoming");
    drops_and_comes_back(&cloud, &phone);
    let ended = phone.wait_from(from, "ended");
    assert_eq!(ended["service_cause"], "FAILED", "{ended}");
    assert!(words(&ended).contains("connection to the server was lost"), "{ended}");
    let from = phone.now();
    cloud.call(ID, "441908000000", "tone");
    phone.wait_from(from, "incoming");
}

#[test]
fn a_socket_lost_while_the_registration_has_no_answer_and_a_first_one_that_is_refused_are_told_and_come_right() {
    let cloud = cloud();
    cloud.knobs(|knobs| knobs.registering = CloudRegistering::Ignored);
    let (key, url) = (cloud.account().key.clone(), cloud.token_url());
    let seat = || at(&cloud, &["run"]).with(&["--access-key", &key, "--client-id", ID, "--token-url", &url]);
    let phone = seat().humming().start();
    cloud.wait_for("a REGISTER", LONG, |seen| {
        let mut requests = seen.received().filter_map(tests::WireMessage::request);
        requests.any(|request| request.method == sip::Method::Register).then_some(())
    });
    cloud.close_connections(Closing::Abruptly);
    let unregistered = phone.wait("unregistered");
    assert_eq!(unregistered["service_cause"], "DISCONNECTED", "{unregistered}");
    cloud.knobs(|knobs| knobs.registering = CloudRegistering::Judged);
    phone.wait_within(0, "registered", LONG, |event| event["event"] == "registered");
    drop(phone);

    cloud.refuse_upgrades_for(Duration::from_secs(15));
    let phone = seat().humming().start();
    let unregistered = phone.wait("unregistered");
    assert_eq!(unregistered["service_cause"], "DISCONNECTED", "{unregistered}");
    // A service cannot be called meanwhile, and nobody waits for it.
    let from = phone.now();
    phone.tell(&["dial", "service:echo"]);
    let ended = phone.wait_from(from, "ended");
    assert_eq!(ended["service_cause"], "FAILED", "{ended}");
    phone.wait_within(0, "registered", LONG, |event| event["event"] == "registered");
    dial(&phone, "tone", "media-connected");
}
