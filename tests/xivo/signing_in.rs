//! Signing in, and what keeps it so: tokens, the line, the servers of ICE.

use model::{AccountState, IceServer, OfflineCause, Provider, Settings, StackStatus, XivoAccount};
use serde_json::json;
use tests::{Greeting, Scenario, ms, seconds};

use super::{events, kinds, troubles};

pub(super) fn change_xivo(settings: &mut Settings, change: impl FnOnce(&mut XivoAccount)) {
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
    assert_eq!(crate::several_calls::kit::who_hears(&t, &["alice", "bob"]), [vec![1], vec![0]], "its credentials have run out");
    let second = t.dial("alice", "600");
    t.run_until("the echo answers", seconds(3), |t| t.alice().is_established(second));
    assert_eq!(ice_in_use(&t), ["turn:edge.invalid 2"]);
    super::end(&t, &[first.caller, second]);
}

fn invites(t: &Scenario) -> usize {
    super::requests(t, "INVITE (sdp)").len()
}

/// 4.5: nothing but the first call waits for the servers of ICE, and that for two seconds.
#[test]
fn f23_the_first_call_waits_for_the_servers_of_ice_and_no_longer_than_two_seconds() {
    let t = Scenario::new().with_unregistered_xivo();
    t.xuc().names_no_ice();
    t.run_until("it is registered", seconds(5), |t| t.alice().is_registered());
    assert!(t.xuc().commands().contains(&"getIceConfig".to_owned()));
    let call = t.dial("alice", "bob");
    t.run_for(ms(1_500));
    assert_eq!(invites(&t), 0);
    t.xuc().say("IceConfig", &json!({"stunConfig": {"urls": ["stun:edge.invalid"]}}));
    t.run_until("bob's phone rings", seconds(1), |t| t.bob().ringing().is_some());
    assert_eq!(ice_in_use(&t), ["stun:edge.invalid "]);
    super::end(&t, &[call]);

    let t = Scenario::new().with_unregistered_xivo();
    t.xuc().names_no_ice();
    t.run_until("it is registered", seconds(5), |t| t.alice().is_registered());
    // One that is given up while it waits is over, and nobody hears of it.
    let given_up = t.dial("alice", "bob");
    t.run_for(ms(500));
    super::end(&t, &[given_up]);
    let call = t.dial("alice", "bob");
    t.run_for(ms(400));
    assert_eq!(invites(&t), 0);
    t.run_until("it goes on without", seconds(2), |t| t.bob().ringing().is_some());
    assert_eq!(ice_in_use(&t), [""; 0]);
    super::end(&t, &[call]);
    let sent = invites(&t);
    let next = t.dial("alice", "bob");
    t.run_until("the next one waits no more", ms(500), |t| invites(t) > sent);
    super::end(&t, &[next]);
}

#[test]
fn f21_the_servers_in_force_and_how_far_sip_has_come_are_shown() {
    let t = Scenario::new().with_unregistered_xivo();
    t.run_until("it is registered", seconds(5), |t| t.alice().is_registered());
    let state = |t: &Scenario| t.alice().snapshot().assistants[0].state.clone();
    assert_eq!((state(&t).stack, state(&t).ice_servers.map(|servers| servers.len())), (StackStatus::Started, Some(0)));
    t.xuc().say(
        "IceConfig",
        &json!({"turnConfig": {"urls": ["turn:edge.invalid"], "username": "1767225600", "credential": "secret", "ttl": 120}}),
    );
    t.run_for(ms(50));
    let shown = state(&t).ice_servers.expect("they are known");
    assert_eq!(
        (shown[0].urls.as_slice(), shown[0].username.expose()),
        (["turn:edge.invalid".to_owned()].as_slice(), "1767225600")
    );
    t.alice().cable.weather(|weather| weather.refusing = Some(OfflineCause::NoAnswer));
    t.alice().cable.cut_sip();
    t.run_for(ms(500));
    assert_eq!(state(&t).stack, StackStatus::WaitingForSip);
    t.alice().cable.mend();
    t.run_until("it is back", seconds(35), |t| t.alice().is_registered());
    assert_eq!(state(&t).stack, StackStatus::Started);
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

#[test]
fn f29_a_session_that_the_server_does_not_open_is_given_up_after_fifteen_seconds_and_tried_again() {
    let t = Scenario::new().with_unregistered_xivo();
    t.xuc().greets(Greeting::Silence);
    t.run_for(seconds(14));
    assert_eq!(t.alice().account(), AccountState::Connecting);
    t.run_until("it is told", seconds(3), |t| matches!(t.alice().account(), AccountState::Offline { retry_in_s: Some(_), .. }));
    assert!(t.xuc().commands().is_empty(), "nothing is asked before the session is open");
    t.xuc().greets(Greeting::LoggedOn);
    t.run_until("it is registered", seconds(10), |t| t.alice().is_registered());
}

#[test]
fn f29_a_session_that_is_refused_is_signed_in_for_anew() {
    let t = Scenario::new().with_unregistered_xivo();
    t.xuc().greets(Greeting::Refused);
    t.run_until("it is told", seconds(3), |t| matches!(t.alice().account(), AccountState::Offline { .. }));
    let AccountState::Offline { cause, .. } = t.alice().account() else { panic!("it was") };
    assert!(cause.to_string().contains("loggedOnFailed"), "{cause}");
    t.xuc().greets(Greeting::LoggedOn);
    t.run_until("it is registered", seconds(10), |t| t.alice().is_registered());
    assert_eq!(t.xuc().asked().iter().filter(|path| *path == "auth/login").count(), 2);
}

#[test]
fn f29_a_connection_that_is_refused_is_tried_with_a_new_token() {
    let t = Scenario::new().with_unregistered_xivo();
    t.xuc().refuses_connections(Some(403));
    t.run_for(seconds(4));
    assert!(!t.alice().is_registered());
    t.xuc().refuses_connections(None);
    t.run_until("it is registered", seconds(10), |t| t.alice().is_registered());
    assert_eq!(t.xuc().asked()[..2], ["auth/login", "auth/check"]);
}

/// 2.4: an Edge counts twenty in a minute, and is not to be met.
#[test]
fn f29_a_server_that_is_away_for_long_is_not_asked_more_often_than_an_edge_allows() {
    for (web, connections) in [(Some(503), None), (None, Some(429))] {
        let t = Scenario::new().with_xivo();
        t.xuc().refuses(web);
        t.xuc().refuses_connections(connections);
        t.alice().cable.cut();
        for minute in 0..10 {
            let before = t.xuc().knocks();
            t.run_for(seconds(60));
            let knocks = t.xuc().knocks() - before;
            assert!((1..20).contains(&knocks), "{knocks} in minute {minute}");
        }
        t.xuc().refuses(None);
        t.xuc().refuses_connections(None);
        t.run_until("all is back", seconds(70), |t| t.alice().is_registered() && t.xuc().is_open());
    }
}

#[test]
fn f29_a_token_that_ran_out_while_the_server_was_away_is_got_anew_by_login() {
    let t = Scenario::new().with_xivo();
    t.xuc().forget_token();
    t.xuc().close_cti();
    t.run_until("the CTI is back", seconds(10), |t| t.xuc().is_open());
    assert_eq!(t.xuc().asked(), ["auth/login", "auth/check", "auth/login"]);
    assert!(t.alice().is_registered(), "SIP was not touched");
    assert_eq!(t.xuc().sip_urls().len(), 1);
}

/// The line as the XUC tells it, given by whoever starts the phone.
fn with_given_line(settings: &mut Settings) {
    change_xivo(settings, |xivo| {
        let line = json!({
            "id": "42", "name": "alice", "password": "not the right one", "xivoIp": "192.0.2.10", "hasDevice": false,
            "webRtc": true, "number": "1001", "sipProxyName": "practice.invalid", "sipPort": null
        });
        xivo.line = model::Secret::new(line.to_string());
    });
}

#[test]
fn f07_a_line_that_is_given_is_not_asked_for_but_the_servers_of_ice_are() {
    let t = Scenario::new().with_settings(with_given_line).with_unregistered_xivo();
    t.run_until("SIP is opened", seconds(3), |t| !t.xuc().sip_urls().is_empty());
    t.run_for(ms(100));
    assert_eq!(t.xuc().commands(), ["getIceConfig", "getCurrentCallsPhoneEvents"]);
    assert!(t.xuc().sip_urls()[0].starts_with("wss://xivo.invalid/wssip-practice.invalid?token="), "{:?}", t.xuc().sip_urls());
    // It still hears when the server tells another one, here with the right secret.
    t.xuc().changes_line(|line| line["number"] = json!("1011"));
    t.run_until("it is registered", seconds(10), |t| t.alice().is_registered());
    t.xuc().close_cti();
    t.run_until("the CTI is back", seconds(10), |t| t.xuc().is_open());
    t.run_for(ms(100));
    assert!(!t.xuc().commands().contains(&"getConfig".to_owned()));
}
