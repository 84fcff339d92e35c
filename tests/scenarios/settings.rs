//! Changing the settings of a running phone, and trying them first.

use std::io::Cursor;

use audio::DeviceRole;
use hound::{SampleFormat, WavSpec};
use model::{
    Account, AccountId, AccountStep, AccountTrial, CallState, Codec, DevicesView, FieldFault, FieldProblem, KeptWhere,
    OfflineCause, Provider, Refusal, SecretKey, SettingsView, SipAccount, TrialFact, TrialOutcome,
};
use tests::{Registering, Scenario, seconds, tone};

const SPEC: WavSpec = WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: 16, sample_format: SampleFormat::Int };

fn settings(t: &Scenario) -> SettingsView {
    t.run(t.alice().phone.office().settings())
}

/// Alice's own account.
fn account(t: &Scenario) -> (Account, SipAccount) {
    let account = settings(t).settings.accounts[0].clone();
    let Provider::Sip(sip) = account.provider.clone() else { panic!("the account is at a SIP server") };
    (account, sip)
}

fn outcome(trial: &AccountTrial, step: AccountStep) -> (TrialOutcome, &TrialFact) {
    let step = trial.steps.iter().find(|other| other.step == step).expect("every step is told");
    (step.outcome, &step.fact)
}

#[test]
fn settings_are_put_in_force_in_a_call_and_the_call_goes_on() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let talk = t.call("alice", "bob");
    let phone = &t.alice().phone;
    let mut wanted = settings(&t).settings;
    wanted.calls.codecs = vec![Codec::Pcma];
    t.run(phone.office().save(phone, wanted)).expect("they are fine");
    t.run_until("the change is told", seconds(1), |t| t.alice().snapshot().changes.settings == 1);
    assert_eq!(settings(&t).settings.calls.codecs, [Codec::Pcma]);
    t.run_for(seconds(1));
    assert!(t.alice().is_established(talk.caller) && t.alice().is_registered());
}

#[test]
fn a_line_that_is_started_anew_names_no_call_as_the_one_before_it_did() {
    let t = Scenario::new().with_far();
    let old = t.far_calls().call;
    let phone = &t.alice().phone;
    let mut wanted = settings(&t).settings;
    let Provider::Sip(sip) = &mut wanted.accounts[0].provider else { panic!("the account is at a SIP server") };
    sip.display_name = "Alice A.".into();
    t.run(phone.office().save(phone, wanted)).expect("they are fine");
    t.run_until("the old call is over", seconds(3), |t| matches!(t.alice().state(old), None | Some(CallState::Ended { .. })));
    t.run_until("the new line is registered", seconds(3), |t| t.alice().is_registered());
    t.far().forget();
    t.far_rings();
    let journal = t.journal("alice");
    let named = journal.iter().filter(|line| line.contains("\"incoming\"")).filter_map(|line| line.split("\"received\":").nth(1));
    let mut names: Vec<&str> = named.filter_map(|rest| rest.split('}').next()).collect();
    names.dedup();
    assert_eq!(names.len(), 2, "{names:?}");
    // Nobody answers the BYE of the old line, which leaves all the same.
    t.run_for(seconds(3));
}

#[test]
fn a_field_that_cannot_work_is_named_and_nothing_changes() {
    let t = Scenario::new().with_far();
    let phone = &t.alice().phone;
    let mut wanted = settings(&t).settings;
    wanted.calls.codecs.clear();
    let refused = t.run(phone.office().save(phone, wanted)).expect_err("there would be no call");
    let problem = FieldProblem { field: "calls.codecs".into(), fault: FieldFault::None };
    assert_eq!(refused, Refusal::Fields { problems: vec![problem] });
    t.run_for(seconds(1));
    assert_eq!(t.alice().snapshot().changes.settings, 0);
    assert!(!settings(&t).settings.calls.codecs.is_empty());
}

#[test]
fn a_ringtone_of_the_users_own_is_copied_and_what_cannot_be_played_is_refused() {
    let t = Scenario::new().with_provisioning("").with_far();
    let office = t.alice().phone.office();
    let mut wav = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut wav, SPEC).expect("a file can be begun");
    tone(700.0, -12.0, seconds(1)).iter().for_each(|sample| writer.write_sample((sample * 32_000.0) as i16).expect("written"));
    writer.finalize().expect("finished");
    let path = t.run(office.keep_ringtone("ding.wav".into(), wav.get_ref().clone())).expect("it is kept");
    assert_eq!(std::fs::read(&path).expect("the copy"), wav.into_inner());
    for (what, sound) in [("nothing", Vec::new()), ("a text", b"ding".to_vec()), ("eleven megabytes", vec![0; 11 << 20])] {
        let refused = t.run(office.keep_ringtone("ding.wav".into(), sound)).expect_err(what);
        let is_told = matches!(refused, Refusal::SoundUnplayable { .. } | Refusal::SoundTooLarge { most_mb: 10 });
        assert!(is_told, "{what}: {refused}");
    }
    assert!(std::fs::metadata(&path).expect("the copy").len() > 1000, "the good one is still there");
}

#[test]
fn a_password_is_kept_used_at_once_and_never_shown() {
    let t = Scenario::new().with_far();
    let phone = &t.alice().phone;
    let key = SecretKey::Password { account: account(&t).0.id };
    let kept = t.run(phone.office().set_secret(phone, key.clone(), model::Secret::new("canary"))).expect("it is kept");
    assert_eq!((kept.kept, kept.because), (KeptWhere::KeyStore, None));
    let shown = settings(&t);
    assert!(shown.secrets.iter().any(|secret| secret.key == key && secret.kept == KeptWhere::KeyStore));
    assert!(!serde_json::to_string(&shown).expect("it is JSON").contains("canary"));
    t.run(phone.office().forget_secret(phone, key.clone())).expect("it is forgotten");
    assert!(settings(&t).secrets.iter().all(|secret| secret.kept == KeptWhere::Nowhere));
}

#[test]
fn an_account_that_works_passes_its_trial_and_leaves_nothing_behind() {
    let t = Scenario::new().with_far();
    t.far().registering(Registering::Challenged(600));
    let (mut tried, sip) = account(&t);
    tried.id = AccountId("another".into());
    let connections = t.alice().cable.open_connections();
    let trial = t.run(t.alice().phone.office().try_account(tried, Some(model::Secret::new("opensesame"))));
    assert!(trial.steps.iter().all(|step| step.outcome != TrialOutcome::Failed), "{trial:?} {}", sip.server);
    assert_eq!(outcome(&trial, AccountStep::Registration).0, TrialOutcome::Passed);
    t.run_for(seconds(3));
    assert_eq!(t.alice().cable.open_connections(), connections, "the trial's connection is closed");
    assert!(t.alice().is_registered(), "the phone's own registration is untouched");
}

#[test]
fn a_trial_names_the_step_that_fails() {
    let t = Scenario::new().with_far();
    t.far().registering(Registering::Mistrusted);
    let (mut tried, mut sip) = account(&t);
    tried.id = AccountId("another".into());
    let trial = t.run(t.alice().phone.office().try_account(tried.clone(), None));
    assert_eq!(outcome(&trial, AccountStep::WebSocket).0, TrialOutcome::Passed);
    let refused = TrialFact::Offline { cause: OfflineCause::WrongPassword { code: 401 } };
    assert_eq!(outcome(&trial, AccountStep::Registration), (TrialOutcome::Failed, &refused));

    sip.server = "https://nowhere".into();
    tried.provider = Provider::Sip(sip);
    let trial = t.run(t.alice().phone.office().try_account(tried, None));
    let fault = FieldFault::NotAnAddress { like: "wss://host:port/path".into() };
    let problem = FieldProblem { field: "accounts.another.server".into(), fault };
    assert_eq!(outcome(&trial, AccountStep::Settings), (TrialOutcome::Failed, &TrialFact::Field { problem }));
    assert_eq!(outcome(&trial, AccountStep::Name).0, TrialOutcome::Skipped);
}

#[test]
fn devices_come_and_go_before_the_eyes_of_who_looks() {
    let t = Scenario::new().with_far();
    let devices = t.run(async { t.alice().phone.devices() }).expect("the phone runs");
    let names = |view: &DevicesView| view.speakers.iter().map(|device| device.name.clone()).collect::<Vec<_>>();
    t.run_until("the devices are listed", seconds(1), |_| names(&devices.borrow()) == ["spk"]);
    assert_eq!(devices.borrow().microphone.using.as_deref(), Some("memory:mic"));
    t.alice().sound.plug("memory:headset", DeviceRole::Speaker);
    t.run_until("a headset is plugged in", seconds(3), |_| names(&devices.borrow()) == ["spk", "headset"]);
    t.alice().sound.unplug("memory:mic");
    t.run_until("the microphone is gone", seconds(3), |_| devices.borrow().microphone.trouble.is_some());
    assert_eq!(devices.borrow().microphone.trouble.as_ref().map(ToString::to_string).as_deref(), Some("there is no microphone"));
}
