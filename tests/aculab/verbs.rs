//! `sidetone-cli aculab` and what it prints, for people and for programs.

use std::process::{Command, Output};

use serde_json::Value;
use tests::FakeCloud;

use super::sidetone::{client, cloud};
use crate::interop::program::sidetone_cli;

/// The variable that hands the key over.
const KEY: &str = "SIDETONE_TEST_KEY";

/// Runs a verb of `aculab` with this key.
fn aculab(cloud: &FakeCloud, key: &str, verb: &[&str], json: bool) -> Output {
    let mut command = Command::new(sidetone_cli());
    command.arg("aculab").args(verb).args(["--cloud", "1-2-0", "--user", &cloud.account().user, "--key-env", KEY]);
    command.args(["--web-services", &cloud.web_url(), "--ca"]).arg(cloud.ca());
    if json {
        command.arg("--json");
    }
    command.env(KEY, key).output().expect("sidetone-cli starts")
}

fn key(cloud: &FakeCloud) -> String {
    cloud.account().api_key.expose().to_owned()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What it complained of, and its exit status.
fn complained(output: &Output) -> (String, Option<i32>) {
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (String::from_utf8_lossy(&output.stderr).trim().to_owned(), output.status.code())
}

#[test]
fn a_token_is_printed_and_is_good_for_calling_whom_it_names() {
    let cloud = cloud();
    let order = ["token", "--client-id", "bob", "--ttl", "600", "--call-client", "agent*, alice"];
    let token = said(&aculab(&cloud, &key(&cloud), &order, false));
    assert_eq!(token.split('.').count(), 3, "{token}");
    let value: Value = serde_json::from_str(&said(&aculab(&cloud, &key(&cloud), &order, true))).expect("an object");
    assert_eq!(value["lifetime_s"], 600, "{value}");

    let _alice = client(&cloud, &cloud.account().key, "alice", &["run", "--auto-answer"]).humming().start().once_registered();
    let call = |target: &str| {
        let seat = client(&cloud, &cloud.account().key, "bob", &["call", target, "--for", "1s"]);
        let (over, _phone) = seat.with_variable("SIDETONE_TEST_TOKEN", &token).humming().run(std::time::Duration::from_secs(60));
        over
    };
    call("client:alice").was_a_good_call("local");
    let over = call("client:carol");
    assert_eq!((over.ended()["service_cause"].as_str(), over.ended()["code"].as_u64()), (Some("FAILED"), Some(401)));
}

#[test]
fn who_is_registered_is_listed_and_nobody_is_said_to_be_nobody() {
    let cloud = cloud();
    assert_eq!(said(&aculab(&cloud, &key(&cloud), &["clients"], false)), "nobody is registered");
    assert_eq!(said(&aculab(&cloud, &key(&cloud), &["clients"], true)), "");
    let _alice = client(&cloud, &cloud.account().key, "alice", &["run"]).humming().start().once_registered();
    let listed = said(&aculab(&cloud, &key(&cloud), &["clients"], false));
    assert!(listed.starts_with("alice ") && listed.contains(" until 20"), "{listed}");
    let value: Value = serde_json::from_str(&said(&aculab(&cloud, &key(&cloud), &["clients"], true))).expect("an object");
    assert_eq!(value["client_id"], "alice", "{value}");
    assert!(value["expires"].as_str().is_some_and(|expires| expires.len() == "2020-03-10_12:33:27".len()), "{value}");
}

#[test]
fn what_is_wrong_is_said_in_a_sentence_and_with_a_status() {
    let cloud = cloud();
    let (words, status) = complained(&aculab(&cloud, "wrong", &["clients"], false));
    assert!(words.contains("the API access key (401)"), "{words}");
    assert_eq!(status, Some(4), "{words}");
    let (words, status) = complained(&aculab(&cloud, &key(&cloud), &["token", "--client-id", "bob", "--ttl", "5"], false));
    assert!(words.contains("600") && words.contains("86400"), "{words}");
    assert_eq!(status, Some(2), "{words}");
    let (words, status) = complained(&aculab(&cloud, &key(&cloud), &["token", "--client-id", "b!b"], false));
    assert!(words.contains("Invalid clientId"), "{words}");
    assert_eq!(status, Some(2), "{words}");
}
