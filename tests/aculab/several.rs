//! Several accounts, several calls, and several phones of one name at the cloud.

use std::time::Duration;

use model::{Account, AccountId, AculabAccount, AculabCaller, AculabClient, AculabInterface, Provider, Settings, TokenSource};
use serde_json::Value;
use sip::{CallEnd, Method};
use store::SettingsFile;
use tests::{FakeCloud, IceAnswer, Seen, WireMessage};

use super::sidetone::{client, cloud};
use crate::interop::phone::practice;

/// Longer than any step takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

fn account(cloud: &FakeCloud, id: &str, interface: AculabInterface) -> Account {
    let mut account = AculabAccount::at_cloud("1-2-0".into(), interface);
    account.server = cloud.socket_url();
    account.ca_file = cloud.ca().to_string_lossy().into_owned();
    account.proxy = "direct".into();
    Account { id: AccountId(id.into()), enabled: true, provider: Provider::Aculab(account) }
}

/// Settings of a phone with two callers of the first interface and two clients of the second one.
fn four_accounts(cloud: &FakeCloud) -> Settings {
    let caller = |id: &str| account(cloud, id, AculabInterface::V1(AculabCaller::new(id)));
    let registered = |id: &str| {
        let mut client = AculabClient::new(cloud.account().key.clone(), id);
        client.token_source = TokenSource::Url { url: cloud.token_url() };
        account(cloud, id, AculabInterface::V2(client))
    };
    let accounts = vec![caller("ann"), caller("ben"), registered("alice"), registered("bob")];
    Settings { accounts, ..Settings::default() }
}

/// Whether the cloud was sent such a request.
fn was_sent(seen: &Seen, method: &Method) -> bool {
    seen.received().filter_map(WireMessage::request).any(|request| request.method == *method)
}

#[test]
fn accounts_of_both_interfaces_have_a_connection_each_and_call_at_the_same_time() {
    let cloud = cloud();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.toml");
    SettingsFile::at(&file).save(&four_accounts(&cloud)).expect("they can be kept");
    let mut phone = practice(&["run", "--config", file.to_str().expect("is text")]).humming().start();
    for id in ["alice", "bob"] {
        phone.wait_for(0, &format!("{id} at the cloud"), |event| event["event"] == "registered" && event["account"] == id);
    }
    assert_eq!(cloud.seen().open, 2, "callers are connected for their calls only");
    let ids = ["ann", "ben", "alice", "bob"];
    for id in ids {
        let from = phone.now();
        phone.tell(&["dial", "service:tone", "--account", id]);
        phone.wait_from(from, "media-connected");
    }
    let seen = cloud.seen();
    assert_eq!(seen.open, 4);
    let live: Vec<&str> = seen.calls.iter().filter(|call| call.ended.is_none()).map(|call| call.client.as_str()).collect();
    assert_eq!(live, ids);
    let over = phone.stop();
    let causes: Vec<&Value> =
        over.events.iter().filter(|event| event["event"] == "ended").map(|event| &event["service_cause"]).collect();
    assert_eq!(causes, ["NORMAL"; 4]);
}

#[test]
fn a_client_has_as_many_calls_at_once_as_it_was_given() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let seat = client(&cloud, &key, "alice", &["run"]).with(&["--max-concurrent", "2"]);
    let phone = seat.humming().start().once_registered();
    for from in ["441908000000", "441908000001"] {
        let then = phone.now();
        cloud.call("alice", from, "tone");
        assert_eq!(phone.wait_from(then, "incoming")["remote"]["number"], from);
        phone.tell(&["answer"]);
        phone.wait_from(then, "media-connected");
    }
    let third = cloud.call("alice", "441908000002", "tone");
    let end = cloud.wait_for("the refusal", LONG, |seen| seen.calls[third].ended.clone());
    assert!(matches!(end, CallEnd::Refused { code: 486, .. }), "{end:?}");
    assert!(cloud.seen().calls[..third].iter().all(|call| call.ended.is_none()), "the two go on");
}

#[test]
fn of_two_phones_of_one_name_the_newest_is_called() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    let seat = || client(&cloud, &key, "alice", &["run"]).humming().start().once_registered();
    let (mut old, new) = (seat(), seat());
    cloud.call("alice", "441908000000", "tone");
    new.wait("incoming");
    new.tell(&["decline"]);
    new.wait("ended");
    let over = old.stop();
    assert!(!over.names().contains(&"incoming"), "{:?}", over.names());
}

#[test]
fn a_call_can_be_given_up_before_its_service_has_heard_of_it_and_before_it_has_said_anything() {
    let cloud = cloud();
    let key = cloud.account().key.clone();
    cloud.knobs(|knobs| knobs.ice = IceAnswer::Ignored);
    let phone = client(&cloud, &key, "alice", &["run"]).humming().start().once_registered();
    let given_up = |service: &str, then: &dyn Fn()| {
        let from = phone.now();
        phone.tell(&["dial", &format!("service:{service}")]);
        phone.wait_from(from, "dialing");
        then();
        phone.tell(&["hangup"]);
        let ended = phone.wait_from(from, "ended");
        assert_eq!((&ended["cause"]["kind"], &ended["service_cause"]), (&"cancelled".into(), &"NOANSWER".into()), "{ended}");
    };
    // The list of ICE servers has not come: it waits for that, and there is nothing to take back.
    given_up("tone", &|| {});
    assert!(!was_sent(&cloud.seen(), &Method::Invite), "nobody was called");
    // The INVITE has left, and nothing has come back: a CANCEL would be too early (RFC 3261 section 9.1).
    given_up("silent", &|| cloud.wait_for("INVITE", LONG, |seen| was_sent(seen, &Method::Invite).then_some(())));
    assert!(!was_sent(&cloud.seen(), &Method::Cancel) && !was_sent(&cloud.seen(), &Method::Bye));
    // Digits want a call.
    let (exit, words) = phone.try_to_tell(&["dtmf", "5"]);
    assert_eq!((exit, words.trim()), (Some(9), "sidetone-cli: DTMF send error - no call"));
    let (exit, words) = phone.try_to_tell(&["dtmf", "5x"]);
    assert!(exit == Some(2) && words.contains("Invalid DTMF string"), "{words}");
    // Nothing is left to hang up, and nothing comes of it.
    let (exit, words) = phone.try_to_tell(&["hangup"]);
    assert_eq!((exit, words.trim()), (Some(9), "sidetone-cli: the running phone has no such call"));
}
