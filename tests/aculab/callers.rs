//! The first interface at the fake cloud: who calls, and what is said when that cannot be.

use std::{process::Command, time::Duration};

use serde_json::json;
use tests::FakeCloud;

use super::{
    inside::{Inside, caller},
    sidetone::{at, cloud},
};
use crate::interop::program::sidetone_cli;

/// Longer than any step takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// As whom each call so far came.
fn callers(cloud: &FakeCloud) -> Vec<String> {
    cloud.seen().calls.iter().map(|call| call.client.clone()).collect()
}

#[test]
fn who_calls_is_chosen_for_a_call_of_the_running_phone() {
    let cloud = cloud();
    let phone = at(&cloud, &["run"]).with(&["--caller-id", "bob"]).humming().start();
    phone.wait("ready");
    for arguments in [&["--caller-id", "sip:carol"][..], &[]] {
        let from = phone.now();
        phone.tell(&[&["dial", "service:hangup-1"], arguments].concat());
        assert_eq!(phone.wait_from(from, "ended")["service_cause"], "NORMAL");
    }
    assert_eq!(callers(&cloud), ["carol", "bob"], "and the next one is from the account's own again");
}

#[test]
fn who_calls_is_chosen_for_one_call_of_a_configured_account() {
    let cloud = cloud();
    let folder = tempfile::tempdir().expect("a folder");
    let cli = |arguments: &[&str]| {
        let mut command = Command::new(sidetone_cli());
        command.args(arguments).arg("--data").arg(folder.path()).output().expect("it starts")
    };
    let (server, ca) = (cloud.socket_url(), cloud.ca().to_string_lossy().into_owned());
    let added =
        cli(&["accounts", "add", "caller", "--cloud", "1-2-0", "--caller-id", "bob", "--cloud-server", &server, "--ca", &ca]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let heard = folder.path().join("heard.wav");
    let heard = heard.to_string_lossy();
    let call = |more: &[&str]| {
        let call = ["call", "service:hangup-1", "--melody", "--record", &*heard, "--account", "caller"];
        cli(&[&call[..], more].concat())
    };
    for more in [&["--caller-id", "carol"][..], &[]] {
        let output = call(more);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("caller: ready") && !said.contains("registered"), "nothing is registered there: {said}");
    }
    assert_eq!(callers(&cloud), ["carol", "bob"]);
    // What cannot be a name is refused before anything is sent, and the character is named.
    for (output, words) in [
        (call(&["--caller-id", "b b"]), "must not have the character ' '"),
        (cli(&["run", "--account", "caller", "--caller-id", "bob"]), "give it to 'call' or 'dial'"),
        (cli(&["call", "600", "--caller-id", "bob", "--melody", "--record", &heard]), "calls by its own name only"),
    ] {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words) && output.status.code() == Some(2), "{:?}: {said}", output.status);
    }
    assert_eq!(callers(&cloud).len(), 2);
}

#[test]
fn a_target_that_is_none_is_not_blamed_on_the_account_and_a_second_call_is_one_too_many() {
    let cloud = cloud();
    let (over, _phone) = at(&cloud, &["call", "+442079460123"]).with(&["--caller-id", "bob"]).humming().run(LONG);
    assert!(over.sentence().starts_with("it cannot be called: only services can be called"), "{}", over.sentence());
    assert_eq!((over.exit, &over.ended()["service_cause"]), (Some(2), &json!("FAILED")));
    assert_eq!(over.names()[1], "ready", "{:?}", over.names());

    let phone = at(&cloud, &["run"]).with(&["--caller-id", "bob"]).humming().start();
    phone.wait("ready");
    phone.tell(&["dial", "service:tone"]);
    phone.wait("media-connected");
    let from = phone.now();
    phone.tell(&["dial", "service:tone"]);
    let ended = phone.wait_from(from, "ended");
    assert_eq!(ended["cause"], json!({"kind": "too-many-calls", "most": 1}), "{ended}");
    assert!(ended["message"].as_str().is_some_and(|words| words.starts_with("Too many calls")), "{ended}");
    assert_eq!(callers(&cloud).len(), 1, "the first call goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_microphone_and_speaker_the_first_interface_is_not_supported() {
    let cloud = cloud();
    let mut phone = Inside::start(&cloud, caller(), |_| {});
    for device in ["memory:mic", "memory:spk"] {
        phone.sound.unplug(device);
    }
    phone.dial("service:echo");
    let (cause, message) = phone.ended().await;
    assert_eq!(cause, model::Cause::NotSupported, "{message}");
    assert!(message.starts_with("Not supported"), "{message}");
    assert!(callers(&cloud).is_empty(), "nobody heard of it");
    phone.phone.stop().await;
}
