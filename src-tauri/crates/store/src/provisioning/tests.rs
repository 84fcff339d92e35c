//! What others set is in force, cannot be changed, and takes nothing away from the user.

use std::fs;

use model::{CallWaiting, FieldFault, FileDamage, RecordPolicy, Settings, Theme};

use super::{Provisioned, Provisioning};
use crate::{DataFolder, ReadError, SaveError, SettingsFile};

const WHOLE: &str = r#"
contact = "the help desk, 4711"
locked = ["network", "shortcuts"]

[features]
recording = "off"
call-waiting = "off"
auto-answer = "off"
popup = "allow"

[settings]
country = "de"

[settings.window]
language = "de"

[[settings.accounts]]
id = "desk"
provider = { kind = "sip", server = "wss://sip.example.com/", user = "desk" }
"#;

fn whole() -> Provisioned {
    Provisioned::of_text("/etc/sidetone/provisioning.toml", WHOLE).expect("it makes sense")
}

/// The line and the sentence of a complaint.
fn complaint(text: &str) -> (Option<usize>, String) {
    match Provisioning::of_text("here", text) {
        Err(ReadError::Damaged { line, damage }) => (line, damage.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_laid_over_the_users_settings_and_leaves_the_rest() {
    let mut own = Settings::default();
    own.window.theme = Theme::Dark;
    own.calls.record = RecordPolicy::Always;
    let settings = whole().impose(own.clone());
    assert_eq!((settings.calls.record, settings.calls.waiting), (RecordPolicy::Off, CallWaiting::Busy));
    assert_eq!((settings.country.as_str(), settings.window.language.as_str(), settings.window.theme), ("de", "de", Theme::Dark));
    let ids: Vec<&str> = settings.accounts.iter().map(|account| account.id.0.as_str()).collect();
    assert_eq!(ids, ["desk", "practice"], "the user's own accounts stay");
    assert_eq!(whole().impose(settings.clone()), settings);
    assert_eq!(Provisioned::default().impose(own.clone()), own);
}

#[test]
fn what_is_set_or_on_a_locked_page_cannot_be_changed_and_it_is_said_by_whom() {
    let (provisioned, now) = (whole(), whole().impose(Settings::default()));
    let refused = |change: &dyn Fn(&mut Settings)| {
        let mut after = now.clone();
        change(&mut after);
        provisioned.refuse(&now, &after).into_iter().map(|invalid| invalid.field).collect::<Vec<_>>()
    };
    assert_eq!(refused(&|_| {}), [""; 0]);
    assert_eq!(refused(&|settings| settings.window.theme = Theme::Light), [""; 0]);
    assert_eq!(refused(&|settings| settings.country = "fr".into()), ["country"]);
    assert_eq!(refused(&|settings| settings.calls.record = RecordPolicy::Always), ["calls.record"]);
    assert_eq!(refused(&|settings| settings.shortcuts.mute = "Ctrl+M".into()), ["shortcuts.mute"]);
    let without = refused(&|settings| settings.accounts.retain(|account| account.id.0 != "desk"));
    assert!(without.iter().all(|field| field.starts_with("accounts.desk.")) && !without.is_empty(), "{without:?}");
    assert_eq!(refused(&|settings| settings.accounts.retain(|account| account.id.0 == "desk")), [""; 0]);
    let mut after = now.clone();
    after.country = "fr".into();
    let why = provisioned.refuse(&now, &after)[0].to_string();
    assert!(why.contains("/etc/sidetone/provisioning.toml") && why.contains("the help desk, 4711"), "{why}");
    let view = provisioned.view();
    assert_eq!(view.locked, ["network", "shortcuts"]);
    assert!(view.fixed.contains(&"calls.record".to_owned()) && !view.fixed.contains(&"window.popup".to_owned()));
}

#[test]
fn what_the_user_had_stays_in_his_file_and_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("settings.toml");
    let own = "version = 1\ncountry = \"fr\"\nfuture = 1\n[calls]\nrecord = \"always\"\n[[accounts]]\nid = \"desk\"\n\
               provider = { kind = \"practice\" }\n";
    fs::write(&path, own).expect("it is written");
    let file = SettingsFile::at(&path).under(whole());
    let mut settings = file.load().settings;
    assert_eq!((settings.country.as_str(), settings.calls.record), ("de", RecordPolicy::Off));
    settings.window.theme = Theme::Dark;
    file.save(&settings).expect("that may be changed");
    settings.country = "gb".into();
    assert!(matches!(file.save(&settings), Err(SaveError::Invalid(problems)) if problems[0].field == "country"));
    let alone = SettingsFile::at(&path).load().settings;
    assert_eq!((alone.country.as_str(), alone.calls.record, alone.window.theme), ("fr", RecordPolicy::Always, Theme::Dark));
    assert_eq!(alone.accounts.iter().map(|account| account.id.0.as_str()).collect::<Vec<_>>(), ["desk"]);
    assert!(fs::read_to_string(&path).expect("it is there").contains("future = 1"));
}

#[test]
fn the_example_beside_the_installers_makes_sense() {
    let example = include_str!("../../../../../installers/provisioning.toml");
    let provisioned = Provisioned::of_text("here", example).expect("it makes sense");
    let settings = provisioned.impose(Settings::default());
    assert_eq!((settings.calls.limit, settings.calls.record, settings.updates.check), (4, RecordPolicy::Off, false));
}

#[test]
fn a_mistake_has_its_line() {
    assert_eq!(complaint("contact = 7\n").0, Some(1));
    assert_eq!(complaint("contact = \"x\"\nlocks = []\n").0, Some(2));
    assert_eq!(complaint("locked = [\n  \"kitchen\",\n]\n").0, Some(2));
    assert_eq!(complaint("[features]\nrecording = \"maybe\"\n").0, Some(2));
    assert_eq!(complaint("[features]\n\nauto-answer = \"on\"\n").0, Some(3));
    assert_eq!(complaint("[features]\nteleporting = \"off\"\n").0, Some(2));
    assert_eq!(complaint("[settings.calls]\n\nlimit = \"many\"\n").0, Some(3));
    let (line, detail) = complaint("[settings.calls]\nlimit = 3\nrecrod = \"off\"\n");
    assert_eq!(line, Some(3));
    assert!(detail.contains("calls.recrod"), "{detail}");
    let (line, detail) = complaint("[settings]\n\n\ncountry = \"Germany\"\n");
    assert_eq!(line, Some(4));
    assert!(detail.contains("ISO 3166"), "{detail}");
    assert_eq!(complaint("= nonsense").0, Some(1));
}

#[test]
fn a_mistake_is_told_by_what_it_is_and_by_its_name() {
    let damage = |text: &str| match Provisioning::of_text("here", text) {
        Err(ReadError::Damaged { damage, .. }) => damage,
        other => panic!("{other:?}"),
    };
    assert!(matches!(damage("contact = \"x\"\nnonsense\n"), FileDamage::Form { .. }));
    assert!(matches!(damage("locks = []\n"), FileDamage::Unknown { name } if name == "locks"));
    assert!(matches!(damage("[features]\nteleporting = \"off\"\n"), FileDamage::Unknown { name } if name == "teleporting"));
    assert!(matches!(damage("[settings.calls]\nlimit = \"many\"\n"), FileDamage::Value { name, .. } if name == "limit"));
    assert!(matches!(damage("[settings.calls]\nrecrod = 1\n"), FileDamage::Unknown { name } if name == "calls.recrod"));
    let feature = damage("[features]\nauto-answer = \"on\"\n");
    assert!(matches!(feature, FileDamage::NotForcedOn { feature } if feature == "auto-answer"));
    let field = damage("[settings]\ncountry = \"Germany\"\n");
    assert!(matches!(field, FileDamage::Field { problem } if problem.fault == FieldFault::NotACountry));
    let account = damage("[[settings.accounts]]\nid = \"desk\"\n");
    assert!(matches!(account, FileDamage::Content { .. }), "{account:?}");
}

#[test]
fn a_damaged_file_of_the_machine_lets_nothing_be_changed_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let machine = folder.path().join("machine.toml");
    fs::write(&machine, "contact = \"x\"\nnonsense\n").expect("it is written");
    let provisioned = Provisioned::load_from(&machine, &DataFolder::at(folder.path().join("user")));
    let troubles = provisioned.troubles();
    assert!(troubles.len() == 1 && troubles[0].to_string().contains("machine.toml: line 2"), "{troubles:?}");
    let (before, mut after) = (Settings::default(), Settings::default());
    after.window.theme = Theme::Dark;
    assert_eq!(provisioned.refuse(&before, &before), []);
    assert_eq!(provisioned.refuse(&before, &after).len(), 1);
    assert_eq!(provisioned.view().locked.len(), 7);
}

#[test]
fn what_a_server_sets_is_kept_until_it_is_forgotten_and_the_machine_goes_before_it() {
    let temporary = tempfile::tempdir().expect("a folder");
    let (machine, folder) = (temporary.path().join("machine.toml"), DataFolder::at(temporary.path().join("user")));
    fs::create_dir(folder.path()).expect("a folder");
    fs::write(&machine, "[settings]\ncountry = \"de\"\n").expect("it is written");
    let provisioned = Provisioned::load_from(&machine, &folder);
    let text = "[settings]\ncountry = \"fr\"\nlog = \"debug\"\n";
    assert!(provisioned.accept(&folder, "https://example.com/p.toml", "nonsense").is_err());
    provisioned.accept(&folder, "https://example.com/p.toml", text).expect("it is kept");
    let again = Provisioned::load_from(&machine, &folder);
    for provisioned in [&provisioned, &again] {
        let settings = provisioned.impose(Settings::default());
        assert_eq!((settings.country.as_str(), settings.log.as_str()), ("de", "debug"));
        assert_eq!(provisioned.view().url.as_deref(), Some("https://example.com/p.toml"));
        assert!(provisioned.is_from("https://example.com/p.toml", text));
        assert_eq!(provisioned.refuse(&settings, &settings), []);
    }
    again.forget(&folder).expect("it is forgotten");
    assert_eq!(Provisioned::load_from(&machine, &folder).impose(Settings::default()).log, "info");
}
