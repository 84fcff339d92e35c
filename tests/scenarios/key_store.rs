//! A key store that is missing, locked or failing costs no call: secrets are kept for the run, and the user is told why.

use std::sync::{
    Arc, Mutex,
    mpsc::{Receiver, channel},
};

use model::{AccountId, AccountState, Command, KeptWhere, OfflineCause, Password, Secret, SecretKey};
use store::{KeyStoreError, SecretStore};
use tests::{Scenario, seconds};

/// A key store that does nothing but fail, always in this way.
struct Broken(KeyStoreError);

impl SecretStore for Broken {
    fn get(&self, _: &SecretKey) -> Result<Option<Secret>, KeyStoreError> {
        Err(self.0.clone())
    }

    fn set(&self, _: &SecretKey, _: &Secret) -> Result<(), KeyStoreError> {
        Err(self.0.clone())
    }

    fn delete(&self, _: &SecretKey) -> Result<(), KeyStoreError> {
        Err(self.0.clone())
    }
}

/// A key store that waits for its user: nothing comes of it until he is there.
struct Waiting(Mutex<Receiver<()>>);

impl SecretStore for Waiting {
    fn get(&self, key: &SecretKey) -> Result<Option<Secret>, KeyStoreError> {
        // An error says that the user is there.
        let _there = self.0.lock().expect("nobody panics in it").recv();
        Ok(matches!(key, SecretKey::Password { .. }).then(|| Secret::new("opensesame")))
    }

    fn set(&self, _: &SecretKey, _: &Secret) -> Result<(), KeyStoreError> {
        Ok(())
    }

    fn delete(&self, _: &SecretKey) -> Result<(), KeyStoreError> {
        Ok(())
    }
}

#[test]
fn a_key_store_that_does_not_answer_holds_up_nobody_but_who_needs_it() {
    let (user, waits) = channel::<()>();
    // In real time: virtual time stands still while somebody waits outside of it.
    let t = Scenario::over_sockets().with_key_store(Arc::new(Waiting(Mutex::new(waits)))).with_settings(|settings| {
        let mut locked = settings.accounts[0].clone();
        locked.id = AccountId("locked".into());
        *locked.passwords()[0].1 = Password::Unknown;
        settings.accounts.push(locked);
    });
    let t = t.with_unregistered_far();
    let state = |t: &Scenario, at: usize| t.alice().snapshot().accounts[at].state.clone();
    t.run_until("who has his password is registered", seconds(10), |t| state(t, 0) == AccountState::Registered);
    t.alice().send(Command::DoNotDisturb { on: true });
    t.run_until("the phone does what it is told", seconds(5), |t| t.alice().snapshot().do_not_disturb);
    assert_eq!(state(&t, 1), AccountState::Connecting);
    drop(user);
    t.run_until("the other one follows", seconds(10), |t| state(t, 1) == AccountState::Registered);
    assert_eq!(state(&t, 0), AccountState::Registered);
}

#[test]
fn whatever_is_wrong_with_it_is_told_in_words_and_calls_go_on() {
    let said = || "said by the system".to_owned();
    for (broken, words) in [
        (KeyStoreError::Missing { detail: said() }, "there is no key store on this machine"),
        (KeyStoreError::Locked { detail: said() }, "the key store is locked"),
        (KeyStoreError::Failing { detail: said() }, "the key store failed"),
    ] {
        let t = Scenario::new().with_key_store(Arc::new(Broken(broken))).with_far();
        let (phone, talk) = (&t.alice().phone, t.far_call());
        let account = t.run(phone.office().settings()).settings.accounts[0].id.clone();
        let key = SecretKey::Password { account };
        let kept = t.run(phone.office().set_secret(phone, key.clone(), Secret::new("opensesame"))).expect("it is kept");
        assert_eq!(kept.kept, KeptWhere::ThisRun);
        let because = kept.because.expect("it is said why").to_string();
        assert!(because.contains(words) && because.contains("said by the system"), "{because}");
        let shown = t.run(phone.office().settings()).secrets;
        assert!(shown.iter().any(|secret| secret.key == key && secret.kept == KeptWhere::ThisRun), "{shown:?}");
        let refused = t.run(phone.office().forget_secret(phone, key)).expect_err("it may still be there");
        assert!(refused.to_string().contains(words), "{refused}");
        t.run_for(seconds(2));
        assert!(t.alice().is_established(talk.call) && t.alice().is_registered());
    }
}

#[test]
fn a_secret_that_the_key_store_does_not_forget_is_used_no_more() {
    let broken = Broken(KeyStoreError::Locked { detail: "said by the system".into() });
    let t = Scenario::new()
        .with_key_store(Arc::new(broken))
        .with_settings(|settings| *settings.accounts[0].passwords()[0].1 = Password::Unknown)
        .with_unregistered_far();
    let phone = &t.alice().phone;
    let key = SecretKey::Password { account: t.run(phone.office().settings()).settings.accounts[0].id.clone() };
    t.run(phone.office().set_secret(phone, key.clone(), Secret::new("opensesame"))).expect("it is kept for this run");
    t.run_until("it is registered", seconds(1), |t| t.alice().is_registered());
    t.run(phone.office().forget_secret(phone, key)).expect_err("it may still be in the store");
    t.run_for(seconds(3));
    let AccountState::Offline { cause, .. } = t.alice().account() else { panic!("{:?}", t.alice().account()) };
    assert!(
        matches!(&cause, OfflineCause::Configuration { .. }) && cause.to_string().contains("password is not known"),
        "{cause}"
    );
}
