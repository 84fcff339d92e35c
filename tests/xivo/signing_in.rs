//! Signing in, and what keeps it so: tokens, the line, the servers of ICE.

use model::{AccountState, IceServer, OfflineCause, Provider, Settings, XivoAccount};
use serde_json::json;
use tests::{Scenario, ms, seconds};

use super::{events, kinds, troubles};

fn change_xivo(settings: &mut Settings, change: impl FnOnce(&mut XivoAccount)) {
    if let Provider::Xivo(xivo) = &mut settings.accounts[0].provider {
        change(xivo);
    }
}

#[test]
fn f06_f24_one_login_is_all_it_takes_to_call() {
    let t = Scenario::new().with_xivo();
    assert_eq!(t.xuc().asked(), ["auth/login"]);
    assert_eq!(t.xuc().commands()[..3], ["getConfig", "getIceConfig", "getCurrentCallsPhoneEvents"]);
    assert!(t.xuc().sip_urls()[0].starts_with("wss://xivo.invalid/wssip-"), "{:?}", t.xuc().sip_urls());
    assert!(t.xuc().sip_urls()[0].ends_with("?token=token1.b.c"));
    let talk = t.call("alice", "bob");
    t.alice().hold(talk.caller);
    t.run_for(seconds(1));
    t.alice().resume(talk.caller);
    t.run_for(seconds(1));
    t.bob().hang_up(talk.called);
    t.cause("alice", talk.caller);
    assert_eq!(
        kinds(&t),
        [
            "general/Started",
            "registration/Registered",
            "outgoing/Establishing",
            "outgoing/Ringing",
            "incoming/RemoteMediaAdded",
            "outgoing/Connected",
            "outgoing/Hold",
            "outgoing/Resume",
            "outgoing/Terminated",
        ]
    );
    assert!(events(&t)[2..].iter().all(|told| told.sip_call_id.is_some()), "every event of a call names it");
}

#[test]
fn f29_a_wrong_password_is_told_and_not_tried_again() {
    let wrong = |settings: &mut Settings| {
        if let model::Provider::Xivo(xivo) = &mut settings.accounts[0].provider {
            xivo.password = model::Password::Known(model::Secret::new("wrong"));
        }
    };
    let t = Scenario::new().with_settings(wrong).with_unregistered_xivo();
    t.run_for(seconds(600));
    let cause = OfflineCause::WrongPassword { code: 401 };
    assert_eq!(t.alice().account(), AccountState::Offline { cause, retry_in_s: None });
    assert_eq!(t.xuc().asked(), ["auth/login"]);
}

#[test]
fn a_xivo_with_another_key_hears_neither_login_nor_token_until_its_user_takes_that_key() {
    let t = Scenario::new().with_xivo();
    let phone = &t.alice().phone;
    let [known, found] = ["A1", "5C"].map(|pair| [pair; 32].join(":"));
    let mut settings = t.run(phone.office().settings()).settings;
    let id = settings.accounts[0].id.clone();
    change_xivo(&mut settings, |xivo| xivo.pin = known.clone());
    t.alice().cable.change_key(&found);
    t.run(phone.office().save(phone, settings)).expect("they are fine");
    // The line of before signs off.
    t.run_for(seconds(5));
    let asked = t.xuc().asked().len();
    t.run_for(seconds(600));
    let cause = OfflineCause::KeyChanged { expected: known, found: found.clone() };
    assert_eq!(t.alice().account(), AccountState::Offline { cause, retry_in_s: None });
    assert_eq!(t.xuc().asked().len(), asked, "nothing is said to it");
    t.run(phone.office().accept_key(phone, &id, &found)).expect("it was shown");
    t.run_until("it is its server again", seconds(5), |t| t.alice().is_registered());
}

#[test]
fn f23_the_servers_of_ice_are_those_that_the_xivo_names() {
    let t = Scenario::new().with_xivo();
    t.xuc().say(
        "IceConfig",
        &json!({"turnConfig": {"urls": ["turn:edge.invalid"], "username": "1767225600", "credential": "c", "ttl": 120}}),
    );
    t.run_for(ms(50));
    let asked = t.xuc().commands().len();
    t.run_for(seconds(61));
    assert_eq!(t.xuc().commands().len(), asked + 1, "they are asked for again at half their life");
}

#[test]
fn f29_a_token_is_renewed_while_a_call_goes_on() {
    let t = Scenario::new().with_xivo();
    t.xuc().grants_tokens_for(60);
    let talk = t.call("alice", "bob");
    t.run_for(seconds(400));
    let checks = t.xuc().asked().iter().filter(|path| *path == "auth/check").count();
    assert!((2..=6).contains(&checks), "{checks} renewals");
    assert!(t.alice().is_established(talk.caller));
    assert_eq!((t.alice().account(), troubles(&t)), (AccountState::Registered, 0));
    t.alice().hang_up(talk.caller);
    t.cause("alice", talk.caller);
}

#[test]
fn f06_the_host_and_port_that_the_account_sets_go_before_those_of_the_server() {
    let elsewhere = |settings: &mut Settings| {
        change_xivo(settings, |xivo| (xivo.sip_host, xivo.sip_port) = ("sip.invalid".into(), 8443));
    };
    let t = Scenario::new().with_settings(elsewhere).with_xivo();
    assert!(t.xuc().sip_urls()[0].starts_with("wss://sip.invalid:8443/wssip-"), "{:?}", t.xuc().sip_urls());
}

/// What the last offer of alice's phone was made with.
fn ice_in_use(t: &Scenario) -> Vec<String> {
    t.air()
        .servers_of("alice")
        .into_iter()
        .map(|server: IceServer| format!("{} {}", server.url, server.username.expose()))
        .collect()
}

#[test]
fn f20_f22_servers_set_by_hand_survive_what_the_server_names_and_none_at_all_is_the_local_network() {
    let by_hand = |settings: &mut Settings| {
        change_xivo(settings, |xivo| {
            let url = "turn:mine.invalid".parse().expect("an ICE URL");
            xivo.ice_servers = Some(vec![IceServer { url, username: "me".into(), credential: model::Secret::new("p") }]);
        });
    };
    let none = |settings: &mut Settings| change_xivo(settings, |xivo| xivo.ice_servers = Some(Vec::new()));
    for (change, servers) in [(by_hand as fn(&mut Settings), vec!["turn:mine.invalid me"]), (none, vec![])] {
        let t = Scenario::new().with_settings(change).with_xivo();
        t.xuc().say("IceConfig", &json!({"stunConfig": {"urls": ["stun:edge.invalid"]}}));
        t.run_for(ms(50));
        let talk = t.call("alice", "bob");
        assert_eq!(ice_in_use(&t), servers);
        super::end(&t, &[talk.caller]);
    }
}

#[test]
fn f23_new_credentials_are_asked_for_at_half_their_life_and_go_to_the_next_call() {
    let t = Scenario::new().with_xivo();
    let turn =
        |user: &str| json!({"turnConfig": {"urls": ["turn:edge.invalid"], "username": user, "credential": "c", "ttl": 120}});
    t.xuc().names_ice(turn("2"));
    t.xuc().say("IceConfig", &turn("1"));
    t.run_for(ms(50));
    let first = t.call("alice", "bob");
    assert_eq!(ice_in_use(&t), ["turn:edge.invalid 1"]);
    t.run_for(seconds(130));
    assert!(t.alice().is_established(first.caller), "the call in progress is left alone");
    let second = t.dial("alice", "600");
    t.run_until("the echo answers", seconds(3), |t| t.alice().is_established(second));
    assert_eq!(ice_in_use(&t), ["turn:edge.invalid 2"]);
    super::end(&t, &[first.caller, second]);
}

#[test]
fn a_user_without_a_line_is_told_so() {
    let t = Scenario::new().with_xivo();
    t.xuc().changes_line(|line| line["id"] = json!("-"));
    t.run_until("it is told", seconds(5), |t| {
        matches!(t.alice().account(), AccountState::Offline { cause: OfflineCause::Configuration { .. }, .. })
    });
    t.xuc().changes_line(|line| line["id"] = json!("42"));
    t.run_until("the line is back", seconds(5), |t| t.alice().is_registered());
}
