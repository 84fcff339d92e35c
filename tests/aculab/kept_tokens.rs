//! Tokens that this phone fetches at the fake cloud, over several of its runs.

use std::{sync::Arc, time::Duration};

use model::{AculabAccount, AculabClient, AculabInterface, Password, Provider, Secret, SecretKey, TokenOrder, TokenSource};
use sip::Method;
use store::{InMemory, KeyStoreError, SecretStore};
use tests::{FakeCloud, Seen, WireMessage};

use super::{
    inside::{Inside, id, of_web_services},
    sidetone::cloud,
};

/// Longer than any step takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// How many tokens the web services and the user's own server gave so far.
fn fetched(cloud: &FakeCloud) -> usize {
    cloud.seen().asked.iter().filter(|path| ["/webrtc_generate_token", "/token"].contains(&path.as_str())).count()
}

/// What is kept.
fn kept(store: &InMemory) -> Option<String> {
    let kept = store.get(&SecretKey::FetchedToken { account: id() }).expect("it answers");
    kept.map(|kept| kept.expose().to_owned())
}

/// A run that ends once it is registered.
async fn run(cloud: &FakeCloud, interface: AculabInterface, store: &Arc<InMemory>) {
    let mut phone = Inside::start_with(cloud, interface, Arc::<InMemory>::clone(store), |_| {});
    phone.is_registered().await;
    phone.phone.stop().await;
}

fn of_services(cloud: &FakeCloud) -> AculabInterface {
    of_web_services(cloud, cloud.account().api_key.expose())
}

/// The same with another wish.
fn changed(mut interface: AculabInterface, change: impl FnOnce(&mut AculabClient)) -> AculabInterface {
    match &mut interface {
        AculabInterface::V1(_) => panic!("it is a client"),
        AculabInterface::V2(client) => change(client),
    }
    interface
}

/// The tokens of the registrations so far, each one once.
fn registered_by(seen: &Seen) -> Vec<String> {
    let requests = seen.received().filter_map(WireMessage::request);
    let registers = requests.filter(|request| request.method == Method::Register);
    let mut tokens: Vec<String> =
        registers.filter_map(|register| register.headers.get("Authorization").map(str::to_owned)).collect();
    tokens.dedup();
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn several_runs_need_one_token_and_other_settings_another_one() {
    let cloud = cloud();
    let store = Arc::new(InMemory::default());
    run(&cloud, of_services(&cloud), &store).await;
    let first = kept(&store).expect("it is kept");
    for _ in 0..2 {
        run(&cloud, of_services(&cloud), &store).await;
    }
    assert_eq!((fetched(&cloud), registered_by(&cloud.seen()).len()), (1, 1), "developers get few of them a month");
    assert_eq!(kept(&store).as_ref(), Some(&first));
    assert!(!first.contains(cloud.account().api_key.expose()));

    let source =
        |lifetime_s| TokenSource::WebServices { user: cloud.account().user.as_str().into(), lifetime_s, callable: "*".into() };
    run(&cloud, changed(of_services(&cloud), |client| client.token_source = source(1_800)), &store).await;
    let second = kept(&store).expect("it is kept");
    assert!(fetched(&cloud) == 2 && second != first);
    run(&cloud, changed(of_services(&cloud), |client| client.client_id = "carol".into()), &store).await;
    assert_eq!(fetched(&cloud), 3);
    let url = TokenSource::Url { url: cloud.token_url() };
    for _ in 0..2 {
        run(&cloud, changed(of_services(&cloud), |client| client.token_source = url.clone()), &store).await;
    }
    assert_eq!(fetched(&cloud), 4, "the user's own server is asked once, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_token_that_the_registrar_refuses_gives_way_to_a_new_one_at_once() {
    let cloud = cloud();
    let store = Arc::new(InMemory::default());
    run(&cloud, of_services(&cloud), &store).await;
    let first = kept(&store).expect("it is kept");
    // As one that was revoked: its signature fits no more.
    let token = registered_by(&cloud.seen()).remove(0).replace("Bearer ", "");
    let (claims, _) = token.rsplit_once('.').expect("has three parts");
    let revoked = first.replace(&token, &format!("{claims}.AAAA"));
    store.set(&SecretKey::FetchedToken { account: id() }, &Secret::new(revoked.as_str())).expect("it is kept");
    let mut phone = Inside::start_with(&cloud, of_services(&cloud), Arc::<InMemory>::clone(&store), |_| {});
    phone.is_registered().await;
    assert_eq!(fetched(&cloud), 2);
    assert_eq!(registered_by(&cloud.seen()).len(), 3, "the first, the revoked, and the new one");
    phone.phone.stop().await;
    // Two of one second are one and the same.
    assert!(kept(&store).is_some_and(|kept| kept != revoked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_ordered_is_used_by_the_next_run_and_is_lost_with_the_wishes_it_was_made_for() {
    let cloud = cloud();
    let store = Arc::new(InMemory::default());
    let mut phone = Inside::start_with(&cloud, of_services(&cloud), Arc::<InMemory>::clone(&store), |_| {});
    phone.is_registered().await;
    let office = phone.phone.office().clone();
    let order = TokenOrder { lifetime_s: 900, incoming: true, callable: "bob".into() };
    office.order_token(&phone.phone, id(), order).await.expect("made");
    cloud.wait_for("a registration by that token", LONG, |seen| (registered_by(seen).len() == 2).then_some(()));
    phone.phone.stop().await;
    let ordered = kept(&store).expect("it is kept");

    let mut phone = Inside::start_with(&cloud, of_services(&cloud), Arc::<InMemory>::clone(&store), |_| {});
    phone.is_registered().await;
    assert_eq!((fetched(&cloud), kept(&store)), (2, Some(ordered.clone())));
    let office = phone.phone.office().clone();
    let mut settings = office.settings().await.settings;
    let Provider::Aculab(account) = &mut settings.accounts[0].provider else { panic!("it is at the cloud") };
    wish_for_longer(account);
    office.save(&phone.phone, settings).await.expect("saved");
    phone.is_registered().await;
    phone.phone.stop().await;
    assert!(fetched(&cloud) == 3 && kept(&store).is_some_and(|kept| kept != ordered), "it was for other wishes");
}

fn wish_for_longer(account: &mut AculabAccount) {
    let client = account.client_mut().expect("it is a client");
    if let TokenSource::WebServices { lifetime_s, .. } = &mut client.token_source {
        *lifetime_s = 1_800;
    }
    assert!(client.api_key != Password::Unknown, "given for this run");
}

/// A key store that is there for reading only, as one that its user does not unlock for writing.
struct Shut;

impl SecretStore for Shut {
    fn get(&self, _: &SecretKey) -> Result<Option<Secret>, KeyStoreError> {
        Ok(None)
    }

    fn set(&self, _: &SecretKey, _: &Secret) -> Result<(), KeyStoreError> {
        Err(KeyStoreError::Locked { detail: "the user closed the prompt".into() })
    }

    fn delete(&self, _: &SecretKey) -> Result<(), KeyStoreError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_store_a_token_lasts_for_this_run_in_which_its_line_may_be_started_anew() {
    let cloud = cloud();
    let mut phone = Inside::start_with(&cloud, of_services(&cloud), Arc::new(Shut), |_| {});
    phone.is_registered().await;
    let office = phone.phone.office().clone();
    let mut settings = office.settings().await.settings;
    let Provider::Aculab(account) = &mut settings.accounts[0].provider else { panic!("it is at the cloud") };
    account.client_mut().expect("it is a client").max_concurrent = 3;
    office.save(&phone.phone, settings).await.expect("saved");
    phone.is_registered().await;
    phone.phone.stop().await;
    assert_eq!((fetched(&cloud), registered_by(&cloud.seen()).len()), (1, 1));
    // The next run has nothing to go by.
    let mut phone = Inside::start_with(&cloud, of_services(&cloud), Arc::new(Shut), |_| {});
    phone.is_registered().await;
    assert_eq!(fetched(&cloud), 2);
    phone.phone.stop().await;
}
