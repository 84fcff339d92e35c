//! A cloud that shows another key than the account knows it by: nothing is said to it before its user has taken that key.

use std::time::Duration;

use model::{AccountState, AculabInterface, Cause, Event, OfflineCause};
use tests::FakeCloud;
use tokio::time::{sleep, timeout};

use super::{
    inside::{Inside, caller, client, id},
    sidetone::cloud,
};

/// The key that the account knows the cloud by.
fn known() -> String {
    ["A1"; 32].join(":")
}

fn knows_another(cloud: &FakeCloud, interface: AculabInterface) -> Inside {
    Inside::start(cloud, interface, |account| account.pin = known())
}

/// The key that the account is offline for, once that is shown.
async fn shown_soon(phone: &Inside) -> String {
    let shows = async {
        loop {
            match shown(phone) {
                Some(found) => break found,
                None => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(Duration::from_secs(10), shows).await.expect("both keys are shown until somebody has compared them")
}

fn shown(phone: &Inside) -> Option<String> {
    let snapshot = phone.phone.snapshot();
    let view = snapshot.accounts.iter().find(|view| view.id == id())?;
    match &view.state {
        AccountState::Offline { cause: OfflineCause::KeyChanged { expected, found }, retry_in_s: None } => {
            assert_eq!(*expected, known(), "it is compared with the one that is known");
            Some(found.clone())
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_offline_and_shows_both_keys_until_its_user_takes_the_new_one() {
    let cloud = cloud();
    let mut phone = knows_another(&cloud, client(&cloud, |_| {}));
    let is_changed = |event: &Event| match event {
        Event::Unregistered { cause: OfflineCause::KeyChanged { found, .. }, message, .. } => {
            Some((found.clone(), message.clone()))
        }
        _ => None,
    };
    let (found, words) = phone.waits_for("the warning", is_changed).await;
    assert_eq!(shown_soon(&phone).await, found);
    assert!(words.contains(&known()) && words.contains(&found), "{words}");
    assert_eq!((cloud.seen().opened, cloud.received().len()), (0, 0), "not even a WebSocket was asked for");
    phone.phone.office().accept_key(&phone.phone, &id(), &known()).await.expect_err("the cloud has not shown that one");
    phone.phone.office().accept_key(&phone.phone, &id(), &found).await.expect("it was shown");
    phone.is_registered().await;
    let settings = phone.phone.office().settings().await.settings;
    let model::Provider::Aculab(account) = &settings.accounts[0].provider else { panic!("it is one at the cloud") };
    assert_eq!(account.pin, found, "it is known by that one from now on");
}

/// The first interface connects for a call only: the call tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_hears_of_another_key_by_the_call_that_it_ends_and_takes_it_likewise() {
    let cloud = cloud();
    let mut phone = knows_another(&cloud, caller());
    phone.dial("service:tone");
    let (_, message) = phone.ended().await;
    assert!(message.contains("another key"), "{message}");
    assert_eq!((cloud.seen().opened, cloud.received().len()), (0, 0), "not even a WebSocket was asked for");
    let found = shown_soon(&phone).await;
    phone.phone.office().accept_key(&phone.phone, &id(), &found).await.expect("it was shown");
    let ready = |snapshot: &model::Snapshot| snapshot.accounts.iter().all(|view| view.state == AccountState::Ready);
    while !ready(&phone.phone.snapshot()) {
        sleep(Duration::from_millis(20)).await;
    }
    phone.dial("service:busy");
    let (cause, message) = phone.ended().await;
    assert!(matches!(cause, Cause::Busy { code: 486 }), "{message}");
}
