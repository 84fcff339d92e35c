//! What is logged of an account at the fake cloud, at each of its levels: never a secret, never who called.

use std::process::Command;

use tests::{FakeCloud, WireMessage};

use super::sidetone::cloud;
use crate::interop::program::sidetone_cli;

/// The variable that holds the API access key.
const KEY: &str = "SIDETONE_TEST_KEY";
/// Who we are, and whom we call: nothing else looks like it.
const ID: &str = "canary-client";

/// Calls from a client whose token is from the web services, at this level; what was logged.
fn logged(cloud: &FakeCloud, level: Option<u8>) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let account = cloud.account();
    let mut command = Command::new(sidetone_cli());
    command.args(["call", "service:hangup-1", "--melody", "--record"]).arg(folder.path().join("heard.wav"));
    command.args(["--cloud", "1-2-0", "--cloud-server", &cloud.socket_url(), "--web-services", &cloud.web_url()]);
    command.args(["--access-key", &account.key, "--client-id", ID, "--cloud-user", &account.user, "--key-env", KEY]);
    command.arg("--ca").arg(cloud.ca()).arg("--data").arg(folder.path());
    if let Some(level) = level {
        command.args(["--log-level", &level.to_string()]);
    }
    command.env(KEY, account.api_key.expose()).env_remove("DBUS_SESSION_BUS_ADDRESS");
    let output = command.output().expect("it starts");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    log
}

/// What no log may hold.
fn secrets(cloud: &FakeCloud) -> Vec<String> {
    let requests = cloud.received().into_iter().filter_map(|message| WireMessage::request(&message));
    let tokens = requests.filter_map(|request| request.headers.get("Authorization").map(|bearer| bearer.replace("Bearer ", "")));
    let signatures = tokens.flat_map(|token| token.split('.').map(str::to_owned).collect::<Vec<_>>());
    let own = [cloud.account().api_key.expose(), &cloud.account().user, ID].map(str::to_owned);
    signatures.filter(|part| part.len() > 20).chain(own).collect()
}

#[test]
fn an_account_is_logged_by_its_level_and_no_level_tells_a_secret_or_a_name() {
    let cloud = cloud();
    let mut lengths = Vec::new();
    for level in [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), Some(6)] {
        let log = logged(&cloud, level);
        let secrets = secrets(&cloud);
        assert!(secrets.len() >= 5, "the canaries are alive");
        for secret in &secrets {
            let around = log.find(secret.as_str()).map(|at| log[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            assert!(around.is_none(), "at {level:?}: {}", around.unwrap_or_default());
        }
        let has_messages = log.contains("CSeq: ");
        assert_eq!(has_messages, level == Some(6), "at {level:?}: {log}");
        let of_account = log.lines().filter(|line| line.contains("account{id=command-line}")).count();
        assert!(level != Some(0) || of_account == 0, "nothing is nothing: {log}");
        lengths.push(of_account);
    }
    let [_, _, errors, _, steps, decisions, _, messages] = lengths[..] else { panic!("{lengths:?}") };
    assert!(errors < steps && steps < decisions && decisions < messages, "{lengths:?}");
}
