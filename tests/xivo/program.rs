//! The program `sidetone-cli` at a fake XUC with a port: TLS, both WebSockets, real media.

use std::{process::Command, time::Duration};

use serde_json::{Value, json};
use tests::{AT_DESK, CtiFaults, FakeXuc};

use crate::interop::{
    phone::{Over, Seat, practice},
    program::sidetone_cli,
};

/// The variable that hands the program its password.
const PASSWORD: &str = "SIDETONE_TEST_XIVO_PASSWORD";
/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

fn xuc() -> FakeXuc {
    FakeXuc::start(0, None).expect("it starts")
}

fn at(xuc: &FakeXuc, verb: &[&str]) -> Seat {
    signed_in(xuc, xuc.login(), verb)
}

fn signed_in(xuc: &FakeXuc, login: &str, verb: &[&str]) -> Seat {
    let ca = xuc.ca().to_str().expect("is text");
    let seat = practice(verb).with(&["--xivo", &xuc.url(), "--login", login, "--login-password-env", PASSWORD, "--ca", ca]);
    seat.with_variable(PASSWORD, xuc.password())
}

/// What `sidetone-cli xivo` prints.
fn asked(xuc: &FakeXuc, verb: &[&str]) -> Vec<Value> {
    let (over, _phone) = at(xuc, &["xivo"]).with(verb).run(LONG);
    assert_eq!(over.exit, Some(0), "{verb:?}: {:?}", over.events);
    over.events
}

/// What XiVO's own library would have told of calls, `group/type`.
fn told(events: &[Value]) -> Vec<(String, &Value)> {
    let of_library = |told: &&Value| !matches!(told["group"].as_str(), Some("cti" | "phone"));
    let told = events.iter().filter(|event| event["event"] == "service").map(|event| &event["told"]).filter(of_library);
    told.map(|told| (format!("{}/{}", told["group"], told["type"]).replace('"', ""), told)).collect()
}

fn failed(over: &Over) -> &Value {
    over.events.iter().find(|event| event["event"] == "error").expect("it says why")
}

#[test]
fn f24_a_call_to_the_echo_is_heard_both_ways_and_told_in_the_names_of_xivos_library() {
    let xuc = xuc();
    let (over, phone) = at(&xuc, &["call", "600"]).speaking().run(LONG);
    over.was_a_good_call("local");
    phone.heard_the_voice();
    let told = told(&over.events);
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    let first = ["general/Started", "registration/Registered", "outgoing/Establishing"];
    assert_eq!(names[..3], first);
    assert_eq!(names.iter().filter(|name| name.ends_with("/Terminated")).count(), 1);
    let connected = told.iter().find(|(name, _)| name == "outgoing/Connected").expect("it was answered").1;
    assert_eq!(connected["data"]["callee"], "600");
    let of_call = told.iter().filter(|(name, _)| name.starts_with("outgoing/") || name.starts_with("incoming/"));
    let ids: Vec<&Value> = of_call.map(|(_, told)| &told["sipCallId"]).collect();
    assert!(ids[0].is_string() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn a_xivo_of_the_first_generation_lets_a_call_in_without_a_token() {
    let xuc = xuc();
    xuc.xuc().is_of_first_generation();
    let port = xuc.url().rsplit(':').next().expect("a port").to_owned();
    let first = ["--generation", "a", "--sip-host", "localhost", "--sip-port", &port];
    let (over, phone) = at(&xuc, &["call", "600"]).with(&first).speaking().run(LONG);
    over.was_a_good_call("local");
    phone.heard_the_voice();
    assert_eq!(xuc.xuc().sip_urls(), ["https://localhost/ws?"]);
}

#[test]
fn a_cti_that_is_late_is_waited_for() {
    let xuc = xuc();
    let late = CtiFaults { delay: Duration::from_millis(1_500), ..CtiFaults::default() };
    xuc.xuc().goes_wrong(late);
    let began = std::time::Instant::now();
    assert_eq!(asked(&xuc, &["search", "stone"]).len(), 1);
    // The session opens late, and the answer comes late.
    assert!(began.elapsed() >= 2 * late.delay, "{:?}", began.elapsed());
    let (over, phone) = at(&xuc, &["call", "600"]).speaking().run(LONG);
    over.was_a_good_call("local");
    phone.heard_the_voice();
}

#[test]
fn f05_a_server_that_nobody_vouches_for_hears_nothing_until_it_is_trusted() {
    let xuc = xuc();
    let account = ["--xivo", &xuc.url(), "--login", xuc.login(), "--login-password-env", PASSWORD];
    let (over, _phone) = practice(&["xivo"]).with(&account).with(&["line"]).with_variable(PASSWORD, xuc.password()).run(LONG);
    assert_eq!(over.exit, Some(3));
    assert!(failed(&over)["message"].as_str().is_some_and(|words| words.contains("certificate")), "{:?}", over.events);
    assert_eq!(xuc.xuc().asked(), [] as [String; 0]);
    let line = &asked(&xuc, &["line"])[0];
    assert_eq!((&line["id"], &line["number"], &line["webRtc"]), (&json!("42"), &json!("1001"), &json!(true)));
}

#[test]
fn a_wrong_password_is_refused_in_words() {
    let xuc = xuc();
    let (over, _phone) = at(&xuc, &["xivo"]).with(&["line"]).with_variable(PASSWORD, "wrong").run(LONG);
    assert_eq!(over.exit, Some(4));
    assert!(failed(&over)["message"].as_str().is_some_and(|words| words.contains("password")), "{:?}", over.events);
}

#[test]
fn f21_the_servers_that_the_xivo_names_are_shown_without_their_secret() {
    let xuc = xuc();
    xuc.xuc().names_ice(json!({
        "stunConfig": {"urls": ["stun:edge.example.org:3478"]},
        "turnConfig": {"urls": ["turn:edge.example.org:3478"], "username": "1767225600", "credential": "q2Zs", "ttl": 7200}
    }));
    let expected = [
        json!({"urls": ["stun:edge.example.org:3478"]}),
        json!({"urls": ["turn:edge.example.org:3478"], "username": "1767225600", "credential": "***"}),
    ];
    assert_eq!(asked(&xuc, &["ice-urls"]), expected);
}

#[test]
fn f32_people_are_found_made_favourites_and_forgotten() {
    let xuc = xuc();
    let found = asked(&xuc, &["search", "stone"]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["id"], &found[0]["columns"]["Firstname"], &found[0]["phone"]),
        (&json!("17"), &json!("Bob"), &json!("available"))
    );
    assert_eq!(asked(&xuc, &["favorites"]), [] as [Value; 0]);
    assert_eq!(asked(&xuc, &["add-favorite", "17"]), [json!({"action": "added", "contact": "17"})]);
    let favourites = asked(&xuc, &["favorites"]);
    assert_eq!((favourites.len(), &favourites[0]["id"], &favourites[0]["favorite"]), (1, &json!("17"), &json!(true)));
    assert_eq!(asked(&xuc, &["remove-favorite", "17"]), [json!({"action": "removed", "contact": "17"})]);
    assert_eq!(asked(&xuc, &["favorites"]), [] as [Value; 0]);
}

#[test]
fn f32_do_not_disturb_forwards_and_status_are_set_at_the_server() {
    let xuc = xuc();
    assert_eq!(asked(&xuc, &["dnd", "on"])[0]["dnd"], true);
    assert_eq!(asked(&xuc, &["forward", "busy", "1003"])[0]["busy"], json!({"on": true, "to": "1003"}));
    let user = &asked(&xuc, &["user"])[0];
    assert_eq!((&user["name"], &user["dnd"], &user["busy"]["to"]), (&json!("Alice Reed"), &json!(true), &json!("1003")));
    assert_eq!(asked(&xuc, &["forward", "busy"])[0]["busy"]["on"], false);
    assert_eq!(asked(&xuc, &["dnd", "off"])[0]["dnd"], false);
    assert_eq!(asked(&xuc, &["status"]).len(), 3);
    assert_eq!(asked(&xuc, &["status", "away"]), [json!({"status": "away"})]);
}

#[test]
fn f32_history_and_rooms_are_listed() {
    let xuc = xuc();
    let history = asked(&xuc, &["history"]);
    assert_eq!((&history[0]["status"], &history[0]["name"]), (&json!("emitted"), &json!("Bob Stone")));
    assert_eq!((&history[1]["status"], &history[1]["number"]), (&json!("missed"), &json!("608")));
    assert_eq!(asked(&xuc, &["rooms"])[0]["number"], "4010");
}

#[test]
fn f32_a_program_acts_in_the_room_that_a_running_phone_is_in_and_is_refused_in_others() {
    let xuc = xuc();
    let phone = at(&xuc, &["run"]).humming().start().once_registered();
    let call = phone.dial("607");
    for verb in [&["invite", "--call", "1004", "--organizer"][..], &["mute", "--who", "2"], &["reset"]] {
        asked(&xuc, &[&["room", "607"], verb].concat());
    }
    let asked_for: Vec<Value> = xuc.xuc().frames().into_iter().filter(|frame| frame["numConf"] == "607").collect();
    let command = |name: &str| json!({"claz": "web", "command": name, "numConf": "607"});
    let (mut invited, mut muted) = (command("conferenceInvite"), command("conferenceMute"));
    (invited["exten"], invited["role"], invited["earlyJoin"]) = (json!("1004"), json!("Organizer"), json!(false));
    muted["index"] = json!(2);
    assert_eq!(asked_for, [invited, muted, command("conferenceReset")]);
    phone.wait_for(0, "what became of it", |event| event["told"]["type"] == "ConferenceParticipantEvent");
    let (over, _phone) = at(&xuc, &["xivo"]).with(&["room", "608", "mute-me"]).run(LONG);
    assert_eq!(over.exit, Some(1));
    assert!(failed(&over)["message"].as_str().is_some_and(|words| words.contains("NotInConference")), "{:?}", over.events);
    let (over, _phone) = at(&xuc, &["xivo"]).with(&["room", "607", "invite"]).run(LONG);
    assert_eq!(over.exit, Some(2), "whom?");
    asked(&xuc, &["room", "607", "close"]);
    phone.ended(0, call);
}

#[test]
fn verbs_without_a_place_in_the_window_ask_in_the_words_of_the_specification() {
    let xuc = xuc();
    for (verb, frame) in [
        (
            &["dial", "1002", "--attach", "ticket=77"][..],
            json!({"command": "dial", "destination": "1002", "variables": {"ticket": "77"}}),
        ),
        (&["dial-user", "bob"], json!({"command": "dialByUsername", "username": "bob"})),
        (&["set-data", "USR_a=1", "b=x=y"], json!({"command": "setData", "variables": {"USR_a": "1", "b": "x=y"}})),
        (&["originate", "1002"], json!({"command": "originate", "destination": "1002"})),
        (&["push-log", "no sound", "--level", "warn"], json!({"command": "pushLogToServer", "level": "warn", "log": "no sound"})),
        (&["invite-to-my-room", "9"], json!({"command": "inviteConferenceRoom", "userId": 9})),
        (&["history", "--days", "7"], json!({"command": "getUserCallHistoryByDays", "days": 7})),
        (
            &["preference", "KEY", "true", "--type", "Boolean"],
            json!({"command": "setUserPreference", "key": "KEY", "value": "true", "value_type": "Boolean"}),
        ),
        (&["display-name", "bob"], json!({"command": "displayNameLookup", "username": "bob"})),
    ] {
        asked(&xuc, verb);
        let mut expected = frame;
        expected["claz"] = json!("web");
        assert_eq!(xuc.xuc().frames().last(), Some(&expected));
    }
    let (over, _phone) = at(&xuc, &["xivo"]).with(&["dial-from-mobile", "1002"]).run(LONG);
    assert_eq!(over.exit, Some(1), "it came to nothing, which is told as a step of a call");
    assert!(failed(&over)["message"].as_str().is_some_and(|words| words.contains("EventFailure")), "{:?}", over.events);
    // A newer server that knows the words of before no more.
    for command in ["directoryLookUp", "getFavorites"] {
        xuc.xuc().refuses_command(command);
    }
    assert_eq!(asked(&xuc, &["search", "stone"])[0]["name"], "Bob Stone");
    asked(&xuc, &["add-favorite", "17"]);
    assert_eq!(asked(&xuc, &["favorites"])[0]["numbers"][0], "bob");
}

#[test]
fn f25_what_the_server_answers_an_invite_is_told_and_a_hold_that_crosses_is_tried_again() {
    let xuc = xuc();
    for code in [486_u16, 403, 503] {
        xuc.xuc().answers_next_invite_with(code);
        let (over, _phone) = at(&xuc, &["call", "600"]).silent().run(LONG);
        assert_eq!((over.ended()["code"].as_u64(), over.exit.is_some_and(|exit| exit != 0)), (Some(code.into()), true), "{code}");
    }
    let phone = at(&xuc, &["run"]).humming().start().once_registered();
    let from = phone.now();
    let call = phone.dial("600");
    phone.connected(from);
    xuc.xuc().answers_next_invite_with(491);
    let from = phone.now();
    phone.tell(&["hold", "--call", &call.to_string()]);
    phone.is_held(from, call, true);
    // A BYE that is lost ends the call here all the same.
    xuc.xuc().loses_next("BYE sip:");
    phone.tell(&["hangup"]);
    phone.ended(from, call);
}

#[test]
fn a_server_that_does_not_say_that_rtp_and_rtcp_share_a_port_is_heard_all_the_same() {
    let xuc = xuc();
    xuc.xuc().leaves_mux_out(true);
    let (over, phone) = at(&xuc, &["call", "600"]).speaking().run(LONG);
    over.was_a_good_call("local");
    phone.heard_the_voice();
}

#[test]
fn f30_another_program_dials_holds_and_hangs_up_on_the_line_of_a_running_phone() {
    let xuc = xuc();
    let phone = at(&xuc, &["run"]).humming().start().once_registered();
    let from = phone.now();
    asked(&xuc, &["dial", "600"]);
    let call = phone.connected(from);
    let calls = asked(&xuc, &["calls"]);
    assert_eq!((calls.len(), &calls[0]["number"], &calls[0]["state"]), (1, &json!("600"), &json!("established")));
    let unique_id = calls[0]["uniqueId"].as_str().expect("it has one");
    let from = phone.now();
    asked(&xuc, &["hold", "--call", unique_id]);
    phone.is_held(from, call, true);
    let from = phone.now();
    asked(&xuc, &["hold", "--call", unique_id]);
    phone.is_held(from, call, false);
    asked(&xuc, &["hang-up", "--call", unique_id]);
    phone.ended(from, call);
}

#[test]
fn f27_a_program_dials_and_hangs_up_on_a_desk_phone_and_has_no_sound_of_it() {
    let xuc = xuc();
    let desk = at(&xuc, &["run"]).humming().start().once_registered();
    let from = desk.now();
    let (over, phone) = signed_in(&xuc, AT_DESK, &["call", "600", "--for", "3s", "--dtmf", "5"]).silent().run(LONG);
    assert_eq!(over.exit, Some(0), "{:?}", over.events);
    over.came_in_order(&["ready", "dialing", "answered", "ended"]);
    assert!(!over.names().contains(&"media-connected"));
    assert_eq!(phone.heard().0.iter().filter(|sample| **sample != 0.0).count(), 0);
    let call = desk.connected(from);
    desk.ended(from, call);
    let asked = xuc.xuc().commands();
    for command in ["dial", "sendDtmf", "hangup"] {
        assert!(asked.iter().any(|known| known == command), "{command} in {asked:?}");
    }
}

#[test]
fn f07_a_line_that_is_given_in_a_file_is_not_asked_for() {
    let xuc = xuc();
    let line = &asked(&xuc, &["line"])[0];
    let secret = xuc.xuc().password_of_line();
    let whole = json!({
        "id": line["id"], "name": line["name"], "password": secret, "xivoIp": "127.0.0.1", "webRtc": true,
        "sipProxyName": line["sipProxyName"]
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("line.json");
    std::fs::write(&file, whole.to_string()).expect("it is written");
    let before = xuc.xuc().commands().len();
    let file = file.to_str().expect("is text");
    let (over, _phone) = at(&xuc, &["call", "600", "--line-config", file]).speaking().run(LONG);
    over.was_a_good_call("local");
    let commands = xuc.xuc().commands()[before..].to_vec();
    assert!(commands.contains(&"getIceConfig".to_owned()) && !commands.contains(&"getConfig".to_owned()), "{commands:?}");
}

#[test]
fn the_microphone_of_a_running_phone_is_switched_by_another_program() {
    let xuc = xuc();
    let phone = at(&xuc, &["run"]).humming().start().once_registered();
    let from = phone.now();
    asked(&xuc, &["dial", "600"]);
    phone.connected(from);
    let unique_id = asked(&xuc, &["calls"])[0]["uniqueId"].as_str().expect("it has one").to_owned();
    let status = || {
        let output = Command::new(sidetone_cli()).args(["status", "--data"]).arg(phone.folder()).output();
        String::from_utf8_lossy(&output.expect("sidetone-cli starts").stdout).into_owned()
    };
    assert!(!status().contains("microphone off"));
    for (toggles, is_off) in [(vec!["--call", &unique_id], true), (vec![], false)] {
        asked(&xuc, &[&["toggle-microphone"], toggles.as_slice()].concat());
        let said = status();
        assert_eq!(said.contains("talking, microphone off"), is_off, "{said}");
    }
}

#[test]
fn a_list_of_ice_servers_is_read_in_both_forms_without_any_server() {
    let xuc = xuc();
    let list = r#"[{"url":"turn:t.example.org","username":"u","credential":"p"},{"urls":["stun:s.example.org"]}]"#;
    let read = asked(&xuc, &["read-ice-urls", list]);
    assert_eq!(
        read,
        [json!({"urls": ["turn:t.example.org"], "username": "u", "credential": "p"}), json!({"urls": ["stun:s.example.org"]}),]
    );
    let (over, _phone) = at(&xuc, &["xivo"]).with(&["read-ice-urls", r#"[{"urls":"http:x"}]"#]).run(LONG);
    assert_eq!(over.exit, Some(2));
    assert!(failed(&over)["message"].as_str().is_some_and(|words| words.contains("entry 1 (http:x)")), "{:?}", over.events);
    assert_eq!(xuc.xuc().asked(), [] as [String; 0]);
}
