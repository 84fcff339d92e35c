//! This phone inside the test, at the fake cloud: its sound devices come and go, and what a face would ask of it is asked here.

use std::{sync::Arc, time::Duration};

use audio::MemoryHost;
use model::{
    Account, AccountId, AculabAccount, AculabCaller, AculabClient, AculabInterface, Cause, Command, DialOptions, Event, Password,
    Provider, Refusal, Secret, SecretKey, Settings, TokenOrder, TokenSource,
};
use phone::{Follower, Phone, PhoneOptions, RealWorld};
use sip::{CallEnd, Method};
use store::{InMemory, SecretStore, Secrets, SettingsFile};
use tests::{FakeCloud, TokenTerms, WireMessage};
use tokio::time::timeout;

use super::sidetone::cloud;

/// Longer than any step takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// What it can be spoken into.
const MICROPHONE: &str = "memory:mic";

pub(super) struct Inside {
    pub(super) phone: Phone,
    told: Follower,
    pub(super) sound: MemoryHost,
    pub(super) kept: Arc<dyn SecretStore>,
    _world: RealWorld,
    _folder: tempfile::TempDir,
}

impl Inside {
    /// Starts it with this account.
    pub(super) fn start(cloud: &FakeCloud, interface: AculabInterface, change: impl FnOnce(&mut AculabAccount)) -> Self {
        Self::start_with(cloud, interface, Arc::new(InMemory::default()), change)
    }

    /// The same with what an earlier one has kept.
    pub(super) fn start_with(
        cloud: &FakeCloud,
        interface: AculabInterface,
        kept: Arc<dyn SecretStore>,
        change: impl FnOnce(&mut AculabAccount),
    ) -> Self {
        let mut account = AculabAccount::at_cloud("1-2-0".into(), interface);
        account.server = cloud.socket_url();
        account.web_services = cloud.web_url();
        account.ca_file = cloud.ca().to_string_lossy().into_owned();
        account.proxy = "direct".into();
        change(&mut account);
        let provider = Provider::Aculab(account);
        let settings = Settings { accounts: vec![Account { id: id(), enabled: true, provider }], ..Settings::default() };
        let sound = MemoryHost::desk();
        let secrets = Secrets::new(Arc::clone(&kept));
        let world = RealWorld::new(Arc::new(sound.clone()), Arc::new(secrets)).expect("a world");
        let folder = tempfile::tempdir().expect("a folder");
        let settings_file = Some(SettingsFile::at(folder.path().join("settings.toml")));
        let options = PhoneOptions { settings_file, ..PhoneOptions::passing(settings) };
        let (phone, told) = Phone::start(world.world().clone(), options);
        Self { phone, told, sound, kept, _world: world, _folder: folder }
    }

    /// Waits for something it tells.
    pub(super) async fn waits_for<T>(&mut self, what: &str, find: impl Fn(&Event) -> Option<T>) -> T {
        let told = &mut self.told;
        let waiting = async move {
            loop {
                let timed = told.recv().await.expect("it runs, and we keep up");
                if let Some(found) = find(&timed.event) {
                    return found;
                }
            }
        };
        timeout(LONG, waiting).await.unwrap_or_else(|_| panic!("{what} has not come"))
    }

    pub(super) async fn is_registered(&mut self) {
        self.waits_for("registration", |event| matches!(event, Event::Registered { .. }).then_some(())).await;
    }

    pub(super) fn dial(&self, target: &str) {
        let target = target.parse().expect("can be dialled");
        let dial = Command::Dial(DialOptions { target, account: Some(id()), headers: Vec::new() });
        self.phone.send(dial).expect("it runs");
    }

    /// Why the next call ends, and what is said about it.
    pub(super) async fn ended(&mut self) -> (Cause, String) {
        let ended = |event: &Event| match event {
            Event::Ended { cause, message, .. } => Some((cause.clone(), message.clone())),
            _ => None,
        };
        self.waits_for("the end of the call", ended).await
    }
}

pub(super) fn id() -> AccountId {
    AccountId("cloud".into())
}

pub(super) fn caller() -> AculabInterface {
    AculabInterface::V1(AculabCaller::new("bob"))
}

pub(super) fn client(cloud: &FakeCloud, change: impl FnOnce(&mut AculabClient)) -> AculabInterface {
    let key = cloud.account().key.clone();
    let mut client = AculabClient::new(key.clone(), "alice");
    client.token = Password::Known(Secret::new(cloud.token_of(&TokenTerms::new(&key, "alice"))));
    change(&mut client);
    AculabInterface::V2(client)
}

/// Its tokens come from the web services, by this API access key.
pub(super) fn of_web_services(cloud: &FakeCloud, key: &str) -> AculabInterface {
    let user = cloud.account().user.as_str().into();
    client(cloud, |client| {
        client.token = Password::Unknown;
        client.api_key = Password::Known(Secret::new(key));
        client.token_source = TokenSource::WebServices { user, lifetime_s: 3600, callable: "*".into() };
    })
}

/// The User-Agent of the first request of this kind, once that has come.
fn user_agent(cloud: &FakeCloud, method: &Method) -> Option<String> {
    cloud.wait_for("the request", LONG, |seen| {
        let mut meant = seen.received().filter_map(WireMessage::request).filter(|request| request.method == *method);
        meant.next().map(|request| request.headers.get("User-Agent").map(str::to_owned))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_from_the_cloud_s_own_page_as_sidetone_unless_the_user_says_otherwise() {
    let cloud = cloud();
    let mut phone = Inside::start(&cloud, client(&cloud, |_| {}), |_| {});
    phone.is_registered().await;
    assert_eq!(cloud.seen().origins, [Some("https://webrtc-1-2-0.aculabcloud.net".to_owned())]);
    let ours = user_agent(&cloud, &Method::Register).expect("it says what it is");
    assert!(ours.starts_with("Sidetone/"), "{ours}");
    phone.phone.stop().await;

    let other = super::sidetone::cloud();
    let mut phone = Inside::start(&other, client(&other, |_| {}), |account| {
        (account.origin, account.user_agent) = ("https://phone.example.com".into(), "AculabCloudClient".into());
    });
    phone.is_registered().await;
    assert_eq!(other.seen().origins, [Some("https://phone.example.com".to_owned())]);
    for method in [Method::Register, Method::Options] {
        assert_eq!(user_agent(&other, &method).as_deref(), Some("AculabCloudClient"), "{method}");
    }
    phone.phone.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_microphone_a_call_ends_by_the_name_that_the_interface_has_for_it() {
    let cloud = cloud();
    for (interface, name) in [(caller(), "MIC_ERROR"), (client(&cloud, |_| {}), "DEVICE_ERROR")] {
        let mut phone = Inside::start(&cloud, interface, |_| {});
        phone.sound.unplug(MICROPHONE);
        phone.dial("service:echo");
        let (cause, message) = phone.ended().await;
        assert_eq!(cause.service_name(), name, "{cause:?}");
        assert!(message.contains("microphone"), "{message}");
        // It is not that the account does not work.
        phone.sound.plug(MICROPHONE, audio::DeviceRole::Microphone);
        phone.dial("service:hangup-1");
        let (cause, _) = phone.ended().await;
        assert_eq!(cause.service_name(), "NORMAL", "{cause:?}");
        phone.phone.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_finds_no_microphone_is_refused_by_480_and_one_that_does_is_answered() {
    let cloud = cloud();
    let mut phone = Inside::start(&cloud, client(&cloud, |_| {}), |_| {});
    phone.is_registered().await;
    phone.sound.unplug(MICROPHONE);
    let arrived = |event: &Event| if let Event::Incoming { call, .. } = event { Some(*call) } else { None };
    let placed = cloud.call("alice", "441908000000", "tone");
    let call = phone.waits_for("a call", arrived).await;
    phone.phone.send(Command::Answer { call }).expect("it runs");
    let (cause, message) = phone.ended().await;
    assert_eq!(cause.service_name(), "DEVICE_ERROR", "{cause:?}");
    assert!(message.contains("microphone"), "{message}");
    let end = cloud.wait_for("the refusal", LONG, |seen| seen.calls[placed].ended.clone());
    assert!(matches!(end, CallEnd::Refused { code: 480, .. }), "{end:?}");

    phone.sound.plug(MICROPHONE, audio::DeviceRole::Microphone);
    cloud.call("alice", "441908000000", "tone");
    let call = phone.waits_for("a second call", arrived).await;
    phone.phone.send(Command::Answer { call }).expect("it runs");
    phone.waits_for("audio", |event| matches!(event, Event::MediaConnected { .. }).then_some(())).await;
    phone.phone.send(Command::HangUp { call }).expect("it runs");
    assert_eq!(phone.ended().await.0.service_name(), "NORMAL");
    phone.phone.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_lists_who_is_registered_and_orders_tokens_that_are_used_at_once_and_kept() {
    let cloud = cloud();
    let key = cloud.account().api_key.expose().to_owned();
    let mut phone = Inside::start(&cloud, of_web_services(&cloud, &key), |_| {});
    phone.is_registered().await;
    let office = phone.phone.office().clone();
    let listed = office.registered_clients(id()).await.expect("listed");
    assert_eq!(listed.iter().map(|client| client.client.expose()).collect::<Vec<_>>(), ["alice"]);

    let order = |callable: &str, lifetime_s| TokenOrder { lifetime_s, incoming: true, callable: callable.into() };
    office.order_token(&phone.phone, id(), order("bob,agent*", 900)).await.expect("made");
    let kept = phone.kept.get(&SecretKey::FetchedToken { account: id() }).expect("asked").expect("kept");
    cloud.wait_for("a registration by that token", LONG, |seen| {
        let requests = seen.messages.iter().filter_map(WireMessage::request);
        let is_kept = |token: &str| token.strip_prefix("Bearer ").is_some_and(|token| kept.expose().contains(token));
        let by_it = |request: &sip::Request| {
            request.method == Method::Register && request.headers.get("Authorization").is_some_and(is_kept)
        };
        requests.into_iter().any(|request| by_it(&request)).then_some(())
    });
    assert_eq!(
        cloud.seen().asked.iter().filter(|path| path.as_str() == "/webrtc_generate_token").count(),
        2,
        "no more than asked"
    );

    for (order, words) in [(order("bob", 5), "600"), (order("b!b", 900), "Invalid clientId")] {
        let refused = office.order_token(&phone.phone, id(), order).await.expect_err("refused");
        assert!(refused.to_string().contains(words), "{refused}");
        assert!(matches!(refused, Refusal::Fields { .. }), "{refused}");
    }
    phone.phone.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_the_office_from_the_web_services_is_said_in_words() {
    let cloud = cloud();
    let failure = async |interface, change: fn(&mut AculabAccount)| {
        let phone = Inside::start(&cloud, interface, change);
        let failure = phone.phone.office().registered_clients(id()).await.expect_err("refused");
        phone.phone.stop().await;
        failure
    };
    let key = cloud.account().api_key.expose().to_owned();
    let wrong = failure(of_web_services(&cloud, "wrong"), |_| {}).await;
    assert_eq!(wrong, Refusal::CloudWrongKey);
    assert_eq!(wrong.to_string(), "the cloud refused the user name or the API access key (401)");

    let nobody = failure(of_web_services(&cloud, &key), |account| account.web_services = "https://localhost:9".into()).await;
    assert!(matches!(nobody, Refusal::Offline { .. }), "{nobody}");
    assert!(nobody.to_string().contains("could not be reached"), "{nobody}");

    for interface in [caller(), client(&cloud, |_| {})] {
        let no_way = failure(interface, |_| {}).await;
        assert_eq!(no_way, Refusal::NoCloud);
    }
}
