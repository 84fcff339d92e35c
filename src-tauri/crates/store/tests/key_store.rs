//! The real key store of a Linux desktop, and a machine without one. Each test runs a second time inside a session bus of
//! its own, since the library looks for the key store once per process.
#![cfg(target_os = "linux")]

use std::{
    env,
    io::{self, Write},
    path::Path,
    process::Command,
};

use model::{AccountId, Secret};
use store::{KeyStore, KeyStoreError, SecretKey, SecretStore};

/// Set for the second run, inside.
const INSIDE: &str = "SIDETONE_INSIDE_SESSION";

fn key() -> SecretKey {
    SecretKey::Password { account: AccountId("office".into()) }
}

fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Runs `command` with a home of its own; gives whether it could be started, and fails when it failed.
fn run_in(home: &Path, command: &mut Command) -> bool {
    let folders = [("HOME", home), ("XDG_RUNTIME_DIR", home), ("XDG_DATA_HOME", home), ("XDG_CONFIG_HOME", home)];
    match command.env(INSIDE, "1").envs(folders).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            true
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => panic!("{} could not be started: {error}", command.get_program().display()),
    }
}

fn this_program() -> std::path::PathBuf {
    env::current_exe().expect("the test knows itself")
}

fn skip(peer: &str) {
    // Past the capture of the test runner, so that it is seen.
    writeln!(io::stderr(), "skipped: {peer} is not installed").expect("standard error can be written");
}

#[test]
fn the_secret_service_keeps_gives_and_forgets() {
    if is_inside() {
        assert_eq!(KeyStore.get(&key()), Ok(None));
        for secret in ["p@ss:w%rd &<é> 1009", "changed"] {
            KeyStore.set(&key(), &Secret::new(secret)).expect("an unlocked store takes it");
            assert_eq!(KeyStore.get(&key()), Ok(Some(Secret::new(secret))));
        }
        assert_eq!((KeyStore.delete(&key()), KeyStore.delete(&key())), (Ok(()), Ok(())));
        assert_eq!(KeyStore.get(&key()), Ok(None));
        return;
    }
    if Command::new("gnome-keyring-daemon").arg("--version").output().is_err() {
        return skip("gnome-keyring");
    }
    let home = tempfile::tempdir().expect("a folder for the test");
    // The daemon ends with its bus. What it prints are variables that nobody here needs.
    let script = "printf test | gnome-keyring-daemon --daemonize --unlock --components=secrets >/dev/null 2>&1 && exec \"$@\"";
    let mut session = Command::new("dbus-run-session");
    session.args(["--", "sh", "-c", script, "sh"]).arg(this_program());
    session.args(["--exact", "the_secret_service_keeps_gives_and_forgets"]);
    if !run_in(home.path(), &mut session) {
        skip("dbus-run-session");
    }
}

#[test]
fn a_machine_without_a_desktop_has_no_key_store() {
    if is_inside() {
        for _ in 0..2 {
            let error = KeyStore.get(&key()).expect_err("there is no bus");
            assert!(matches!(error, KeyStoreError::Missing { .. }), "{error:?}");
        }
        return;
    }
    let home = tempfile::tempdir().expect("a folder for the test");
    let mut inside = Command::new(this_program());
    inside.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=nowhere").args(["--exact", "a_machine_without_a_desktop_has_no_key_store"]);
    assert!(run_in(home.path(), &mut inside));
}
