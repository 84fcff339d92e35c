use model::{AccountId, AculabAccount, Provider, SipAccount};

use super::*;

/// A key store that the user does not unlock.
struct Locked;

fn locked() -> KeyStoreError {
    KeyStoreError::Locked { detail: "the user closed the prompt".into() }
}

impl SecretStore for Locked {
    fn get(&self, _: &SecretKey) -> Result<Option<Secret>, KeyStoreError> {
        Err(locked())
    }

    fn set(&self, _: &SecretKey, _: &Secret) -> Result<(), KeyStoreError> {
        Err(locked())
    }

    fn delete(&self, _: &SecretKey) -> Result<(), KeyStoreError> {
        Err(locked())
    }
}

fn account(password: Password, credential: &str) -> Account {
    let server = |url: &str, username: &str, credential: &str| IceServer {
        url: url.parse().expect("a url"),
        username: username.into(),
        credential: Secret::new(credential),
    };
    let sip = SipAccount {
        password,
        ice_servers: vec![server("stun:stun.example.com", "", ""), server("turns:turn.example.com", "phone", credential)],
        ..toml::from_str("server = 'wss://pbx.example.com'\nuser = '1001'").expect("a whole account")
    };
    Account { id: AccountId("office".into()), enabled: true, provider: Provider::Sip(sip) }
}

fn bare() -> Account {
    account(Password::Unknown, "")
}

fn whole() -> Account {
    account(Password::Known(Secret::new("pw")), "turn-pw")
}

fn filled(secrets: &Secrets) -> Account {
    let mut account = bare();
    secrets.fill(&mut account).expect("the store answers");
    account
}

#[test]
fn what_an_account_carries_is_there_after_a_restart() {
    let store = Arc::new(InMemory::default());
    assert_eq!(Secrets::new(store.clone()).keep(&whole()), KeptIn::KeyStore);
    let after_restart = Secrets::new(store.clone());
    assert_eq!(filled(&after_restart), whole());

    assert_eq!(after_restart.keep(&bare()), KeptIn::KeyStore);
    assert_eq!(filled(&after_restart), whole(), "an account that carries none does not wipe them out");

    after_restart.forget(&whole()).expect("the store answers");
    assert_eq!(filled(&after_restart), bare());
    assert!(store.with(|secrets| secrets.is_empty()));
}

#[test]
fn what_a_server_needed_is_forgotten_with_it_and_the_rest_stays() {
    let secrets = Secrets::new(Arc::new(InMemory::default()));
    secrets.keep(&whole());
    let mut other = whole();
    other.provider.ice_servers_mut()[1].username = "somebody else".into();
    secrets.forget_left(&[whole()], &[other]).expect("the store answers");
    assert_eq!(filled(&secrets), account(Password::Known(Secret::new("pw")), ""));
    secrets.forget_left(&[whole()], &[whole()]).expect("the store answers");
    assert_eq!(filled(&secrets), account(Password::Known(Secret::new("pw")), ""), "nothing is gone");
    secrets.forget_left(&[whole()], &[]).expect("the store answers");
    assert_eq!(filled(&secrets), bare());
}

#[test]
fn without_a_key_store_secrets_last_for_this_run_and_it_is_said() {
    let secrets = Secrets::new(Arc::new(Locked));
    assert_eq!(secrets.keep(&whole()), KeptIn::ThisRun { because: Some(locked()) });
    assert_eq!(filled(&secrets), whole());
    let mut unknown = Account { id: AccountId("other".into()), ..bare() };
    assert_eq!(secrets.fill(&mut unknown), Err(locked()));
    assert_eq!(secrets.forget(&whole()), Err(locked()));
    let mut forgotten = bare();
    assert_eq!(secrets.fill(&mut forgotten), Err(locked()), "they are forgotten here all the same");
}

#[test]
fn secrets_of_accounts_for_this_run_win_and_reach_no_key_store() {
    let store = Arc::new(InMemory::default());
    let secrets = Secrets::new(store.clone());
    secrets.keep(&account(Password::Known(Secret::new("old")), ""));
    assert_eq!(secrets.keep_for_this_run(&whole()), KeptIn::ThisRun { because: None });
    assert_eq!(filled(&secrets), whole());
    let later = SecretKey::FetchedToken { account: bare().id };
    assert_eq!(secrets.set(later.clone(), Secret::new("later")), KeptIn::ThisRun { because: None });
    assert_eq!((secrets.whereabouts(&later), store.get(&later)), (KeptWhere::ThisRun, Ok(None)));
    assert_eq!(filled(&Secrets::new(store)), account(Password::Known(Secret::new("old")), ""));
}

#[test]
fn no_key_store_is_asked_about_an_account_for_this_run() {
    let secrets = Secrets::new(Arc::new(Locked));
    let mut passing = bare();
    assert_eq!(secrets.keep_for_this_run(&passing), KeptIn::ThisRun { because: None });
    assert_eq!(secrets.fill(&mut passing), Ok(()));
    assert_eq!(passing, bare());
}

#[test]
fn a_secret_that_the_account_already_has_is_not_looked_up() {
    let mut account = whole();
    assert_eq!(Secrets::new(Arc::new(Locked)).fill(&mut account), Ok(()));
    let mut practice = Account { id: AccountId("practice".into()), enabled: true, provider: Provider::Practice };
    assert_eq!(Secrets::new(Arc::new(Locked)).fill(&mut practice), Ok(()));
}

#[test]
fn no_two_keys_share_a_name_and_no_error_quotes_a_secret() {
    let url = "turn:h".parse().expect("a url");
    let account = AccountId("office".into());
    let names = [
        SecretKey::Password { account: account.clone() },
        SecretKey::turn(&account, &url, "password"),
        SecretKey::turn(&account, &url, ""),
    ];
    assert_eq!(names.map(|key| key.to_string()), ["office/password", "office/turn/turn:h/password", "office/turn/turn:h/"]);
    let error = explain(keyring::Error::BadEncoding(b"hunter2\xff".to_vec()));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn a_client_of_aculab_cloud_has_its_tokens_and_its_key_and_all_are_forgotten() {
    let toml = "cloud_id = '1-2-0'\n[interface]\nversion = 'v2'\naccess_key = 'abc123key'\nclient_id = 'bob'";
    let aculab: AculabAccount = toml::from_str(toml).expect("a whole account");
    let mut account = Account { id: AccountId("cloud".into()), enabled: true, provider: Provider::Aculab(aculab) };
    let secrets = Secrets::new(Arc::new(InMemory::default()));
    let keys = Secrets::keys_of(&account);
    assert_eq!(keys.iter().map(ToString::to_string).collect::<Vec<_>>(), ["cloud/token", "cloud/fetched-token", "cloud/api-key"]);
    for key in &keys {
        secrets.set(key.clone(), Secret::new(key.to_string()));
    }
    secrets.fill(&mut account).expect("the store answers");
    let Provider::Aculab(filled) = &account.provider else { panic!("it is at the cloud") };
    let client = filled.client().expect("it is a client");
    assert_eq!(client.token, Password::Known(Secret::new("cloud/token")));
    assert_eq!(client.fetched, Password::Known(Secret::new("cloud/fetched-token")));
    assert_eq!(client.api_key, Password::Known(Secret::new("cloud/api-key")));
    secrets.forget(&account).expect("the store answers");
    assert!(keys.iter().all(|key| secrets.whereabouts(key) == KeptWhere::Nowhere));
}
