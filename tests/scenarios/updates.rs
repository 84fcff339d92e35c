//! New versions: taken with the publisher's signature only, never in a call, and not where that is switched off.
//!
//! Keys and signatures were made by `tauri signer`.

use std::fs;

use model::{Refusal, Settings};
use phone::{NotUpdated, UpdateSource};
use store::DataFolder;
use tests::{Scenario, ms, seconds};

const LIST: &str = "https://updates.example.com/latest.json";
const PACKAGE: &str = "https://updates.example.com/Sidetone_9.9.9_amd64.deb";
const KEY: &str = include_str!("../fixtures/updates/key.pub");
const CONTENT: &str = include_str!("../fixtures/updates/Sidetone_9.9.9_amd64.deb");
const SIGNATURE: &str = include_str!("../fixtures/updates/Sidetone_9.9.9_amd64.deb.sig");
const BY_ANOTHER_KEY: &str = include_str!("../fixtures/updates/by-another-key.sig");

fn source() -> UpdateSource {
    let platform = "linux-x86_64-deb".into();
    UpdateSource { url: LIST.into(), key: KEY.trim().into(), version: "1.0.0".into(), platform }
}

/// A publisher with one package.
fn publishes(t: &Scenario, version: &str, signature: &str, content: &str) {
    let signature = signature.trim();
    let list = format!(
        r#"{{ "version": "{version}", "platforms": {{ "linux-x86_64-deb": {{ "url": "{PACKAGE}", "signature": "{signature}" }} }} }}"#
    );
    t.alice().cable.page(LIST, 200, &list);
    t.alice().cable.page(PACKAGE, 200, content);
}

fn update(t: &Scenario, folder: &DataFolder) -> Result<Option<String>, NotUpdated> {
    let updated = t.ask(t.alice().phone.update(&source(), folder));
    t.run_for(ms(20));
    updated
}

/// What was kept.
fn kept(folder: &DataFolder) -> Vec<String> {
    let files = fs::read_dir(folder.path().join("updates")).map(|files| files.filter_map(Result::ok).collect::<Vec<_>>());
    files.unwrap_or_default().iter().map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

fn folder() -> (tempfile::TempDir, DataFolder) {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = DataFolder::at(temporary.path());
    (temporary, folder)
}

#[test]
fn a_new_version_with_the_publishers_signature_is_kept_and_told() {
    let (t, (_temporary, folder)) = (Scenario::new().with_far(), folder());
    // An older one, and what a phone has left of one that was killed.
    fs::create_dir_all(folder.path().join("updates")).expect("there is room");
    for old in ["Sidetone_9.9.8_amd64.deb", "Sidetone_9.9.8_amd64.part"] {
        fs::write(folder.path().join("updates").join(old), "old").expect("there is room");
    }
    publishes(&t, "9.9.9", SIGNATURE, CONTENT);
    assert_eq!(update(&t, &folder).expect("it is taken"), Some("9.9.9".into()));
    assert_eq!(kept(&folder), ["Sidetone_9.9.9_amd64.deb"]);
    let told = t.alice().snapshot().update.clone().expect("it is told");
    assert_eq!(fs::read_to_string(told.file.expose()).expect("it is there"), CONTENT);
    assert_eq!(t.alice().phone.update_to_install().expect("now").to_string_lossy(), told.file.expose());
}

#[test]
fn a_package_is_refused_that_another_signed_that_was_changed_or_that_is_an_old_one() {
    for (version, signature, content, reason) in [
        ("9.9.9", BY_ANOTHER_KEY, CONTENT, "signature is not the publisher's"),
        ("9.9.9", SIGNATURE, "This is something else.\n", "signature is not the publisher's"),
        ("9.9.10", SIGNATURE, CONTENT, "another version"),
        ("9.9.9", "bm9uc2Vuc2U=", CONTENT, "damaged"),
        ("9.9.9", "", CONTENT, "damaged"),
    ] {
        let (t, (_temporary, folder)) = (Scenario::new().with_far(), folder());
        publishes(&t, version, signature, content);
        let refused = update(&t, &folder).expect_err("it is refused").to_string();
        assert!(refused.contains(reason), "{refused}");
        assert_eq!((kept(&folder), t.alice().snapshot().update.clone()), (Vec::new(), None), "{refused}");
        assert!(t.alice().phone.update_to_install().is_err());
    }
}

#[test]
fn what_is_not_newer_is_not_taken_and_only_https_is_asked() {
    let (t, (_temporary, folder)) = (Scenario::new().with_far(), folder());
    publishes(&t, "1.0.0", SIGNATURE, CONTENT);
    assert_eq!(update(&t, &folder).expect("there is nothing wrong"), None);
    assert_eq!(t.alice().cable.asked(), [LIST]);
    let plain = UpdateSource { url: "http://updates.example.com/latest.json".into(), ..source() };
    assert!(t.ask(t.alice().phone.update(&plain, &folder)).is_err());
    assert_eq!(t.alice().cable.asked(), [LIST]);
}

#[test]
fn in_a_call_nothing_is_looked_for_taken_or_installed() {
    let (t, (_temporary, folder)) = (Scenario::new().with_far(), folder());
    publishes(&t, "9.9.9", SIGNATURE, CONTENT);
    let talk = t.far_call();
    assert!(matches!(update(&t, &folder), Err(NotUpdated::InCall)));
    assert_eq!(t.alice().cable.asked(), [""; 0]);
    t.alice().hang_up(talk.call);
    t.cause("alice", talk.call);
    // A call that comes while it is taken ends that.
    let (phone, source) = (t.alice().phone.clone(), source());
    let (updated, _) = t.ask(async {
        let rings = async {
            tokio::time::sleep(seconds(1)).await;
            t.alice().dial("carol");
        };
        tokio::join!(phone.update(&source, &folder), rings)
    });
    assert!(matches!(updated, Err(NotUpdated::InCall)), "{updated:?}");
    assert_eq!(kept(&folder), [""; 0]);
    t.alice().hang_up(t.alice().newest_call().expect("it was dialled"));
    t.run_for(seconds(40));
    assert_eq!(update(&t, &folder).expect("it is taken"), Some("9.9.9".into()));
    t.far().forget();
    let _talk = t.far_call();
    assert_eq!(t.alice().phone.update_to_install(), Err(Refusal::InCall));
}

#[test]
fn who_switched_it_off_or_whose_administrator_did_is_left_alone() {
    let (temporary, folder) = folder();
    let off = |settings: &mut Settings| settings.updates.check = false;
    let policy = "[features]\nupdates = \"off\"\n";
    for t in [Scenario::new().with_settings(off).with_far(), Scenario::new().with_provisioning(policy).with_far()] {
        publishes(&t, "9.9.9", SIGNATURE, CONTENT);
        assert!(matches!(update(&t, &folder), Err(NotUpdated::Off)));
        assert_eq!(t.alice().cable.asked(), [""; 0]);
    }
    drop(temporary);
}

#[test]
fn it_looks_by_itself_when_the_phone_is_silent_and_daily() {
    let (t, (_temporary, folder)) = (Scenario::new().with_far(), folder());
    publishes(&t, "1.0.0", SIGNATURE, CONTENT);
    let looking = t.alice().phone.clone().look_for_updates(source(), folder);
    t.ask(async {
        tokio::select! {
            () = looking => panic!("the phone runs"),
            () = tokio::time::sleep(seconds(3 * 60)) => {}
        }
    });
    assert_eq!(t.alice().cable.asked(), [LIST]);
}
