use std::time::Duration;

use model::{Direction, DtmfDigit, ForwardWhen};
use serde_json::json;

use super::*;
use crate::xivo::cti::{FavoriteChange, ForwardState, HistoryStatus, JoinLeave, ParticipantChange, PhoneEventType, Role};

fn read(kind: &str, body: Value) -> CtiMessage {
    CtiMessage::read(json!({"msgType": kind, "ctiMessage": body}).to_string().as_bytes()).expect("is an object")
}

fn phone_event() -> Value {
    json!({
        "eventType": "EventRinging", "DN": "1001", "otherDN": "1002", "otherDName": "Bob Stone",
        "linkedId": "1767000000.11", "uniqueId": "1767000000.12", "callDirection": "Incoming", "queueName": "sales",
        "userData": {
            "SIPCALLID": "7f0c11d2@192.0.2.10:5060", "XIVO_USERID": "9", "XIVO_CONTEXT": "default", "USR_ticket": "77"
        }
    })
}

#[test]
fn the_session_opens_or_does_not() {
    assert_eq!(read("LoggedOn", Value::Null), CtiMessage::LoggedOn);
    let refused = read("LoggedOnError", json!({"Error": "loggedOnFailed"}));
    assert_eq!(refused, CtiMessage::LoggedOnError("loggedOnFailed".into()));
    let late = read("LoggedOnError", json!({"Error": "loggedOnTimeout"}));
    assert_eq!(late, CtiMessage::LoggedOnError("loggedOnTimeout".into()));
    assert_eq!(CtiMessage::read(br#"{"claz":"ping"}"#), Ok(CtiMessage::Alive));
    assert_eq!(CtiMessage::read(b"{}"), Ok(CtiMessage::Alive));
}

#[test]
fn a_step_of_a_call_is_read() {
    let CtiMessage::PhoneEvent(event) = read("PhoneEvent", phone_event()) else { panic!("it is a step of a call") };
    assert_eq!(event.kind, PhoneEventType::Ringing);
    assert_eq!((event.dn.expose(), event.other_dn.expose(), event.other_name.expose()), ("1001", "1002", "Bob Stone"));
    assert_eq!((event.linked_id.as_str(), event.unique_id.as_str()), ("1767000000.11", "1767000000.12"));
    assert_eq!(event.direction, Some(Direction::Incoming));
    assert_eq!(event.sip_call_id.as_ref().map(Personal::expose), Some("7f0c11d2@192.0.2.10:5060"));
    assert!(event.words.contains(&("USR_ticket".into(), "77".into())));
    assert!(!format!("{event:?}").contains("Bob") && !format!("{event:?}").contains("7f0c11d2"));

    let lower = read("PhoneEvent", json!({"eventType": "EventFailure", "callDirection": "OUTGOING"}));
    let CtiMessage::PhoneEvent(event) = lower else { panic!("it is a step of a call") };
    assert_eq!((event.kind, event.direction, event.sip_call_id), (PhoneEventType::Failure, Some(Direction::Outgoing), None));

    let CtiMessage::CurrentCalls(events) = read("CurrentCallsPhoneEvents", json!({"events": [phone_event(), 7]})) else {
        panic!("they are calls")
    };
    assert_eq!(events.len(), 2);
}

#[test]
fn statuses_are_names_or_numbers() {
    for (status, known) in [
        (json!("AVAILABLE"), Some(PhoneStatus::Available)),
        (json!(8), Some(PhoneStatus::Ringing)),
        (json!("9"), Some(PhoneStatus::BusyAndRinging)),
        (json!(-99), Some(PhoneStatus::Error)),
        (json!("busy"), Some(PhoneStatus::Busy)),
        (json!(77), None),
        (json!(null), None),
    ] {
        assert_eq!(read("PhoneStatusUpdate", json!({"status": status})), CtiMessage::PhoneStatus(known));
    }
    let hint = PhoneHint { number: "1002".into(), status: PhoneStatus::Ringing };
    assert_eq!(read("PhoneHintStatusEvent", json!({"number": "1002", "status": 8})), CtiMessage::PhoneHint(hint));
    assert_eq!(PhoneStatus::OnHold.name(), "ONHOLD");
}

/// The whole table of the specification, by name and by number.
#[test]
fn each_status_has_its_name_and_its_number() {
    for (name, code, status) in [
        ("AVAILABLE", 0, PhoneStatus::Available),
        ("CALLING", 1, PhoneStatus::Calling),
        ("BUSY", 2, PhoneStatus::Busy),
        ("INDISPONIBLE", 4, PhoneStatus::Unavailable),
        ("RINGING", 8, PhoneStatus::Ringing),
        ("BUSY_AND_RINGING", 9, PhoneStatus::BusyAndRinging),
        ("ONHOLD", 16, PhoneStatus::OnHold),
        ("DEACTIVATED", -1, PhoneStatus::Deactivated),
        ("UNEXISTING", -2, PhoneStatus::Unexisting),
        ("ERROR", -99, PhoneStatus::Error),
    ] {
        for told in [json!(name), json!(code), json!(code.to_string())] {
            assert_eq!(read("PhoneStatusUpdate", json!({"status": told})), CtiMessage::PhoneStatus(Some(status)));
        }
        assert_eq!(status.name(), name);
    }
}

#[test]
fn other_programs_ask_by_webrtc_commands() {
    let command = |body: Value| match read("WebRTCCmd", body) {
        CtiMessage::WebRtcCommand(command) => command,
        other => panic!("it is a command, not {other:?}"),
    };
    let call = || Some(Personal::from("abc@host"));
    assert_eq!(command(json!({"command": "Answer", "sipCallId": "abc@host"})), WebRtcCommand::Answer(call()));
    assert_eq!(command(json!({"command": "Hold", "sipCallId": "abc@host"})), WebRtcCommand::Hold(call()));
    let toggled = WebRtcCommand::ToggleMicrophone(call());
    assert_eq!(command(json!({"command": "ToggleMicrophone", "sipCallId": "abc@host"})), toggled);
    assert_eq!(command(json!({"command": "ToggleMicrophone"})), WebRtcCommand::ToggleMicrophone(None));
    let five = DtmfDigit::try_from('5').expect("a key");
    assert_eq!(command(json!({"command": "SendDtmf", "key": "5"})), WebRtcCommand::SendDtmf(five));
    assert_eq!(command(json!({"command": "SendDtmf", "key": 5})), WebRtcCommand::SendDtmf(five));
    for body in [json!({"command": "SendDtmf", "key": "55"}), json!({"command": "SendDtmf"})] {
        assert_eq!(command(body), WebRtcCommand::Other("SendDtmf".into()));
    }
    assert_eq!(command(json!({"command": "Dance"})), WebRtcCommand::Other("Dance".into()));
}

#[test]
fn the_user_and_his_services_are_read_and_updated_in_parts() {
    let whole = json!({
        "userId": 9, "firstName": "Alice", "lastName": "Reed", "fullName": "Alice Reed", "mobileNumber": "0600000000",
        "dndEnabled": false, "naFwdEnabled": false, "naFwdDestination": "", "uncFwdEnabled": true, "uncFwdDestination": "1009",
        "busyFwdEnabled": false, "busyFwdDestination": "", "agentId": 0, "voiceMailId": 58, "voiceMailEnabled": true
    });
    let CtiMessage::UserConfig(mut user) = read("UserConfigUpdate", whole) else { panic!("it is the user") };
    let unconditional = ForwardState { enabled: true, destination: "1009".into() };
    assert_eq!(user.full_name.as_ref().map(Personal::expose), Some("Alice Reed"));
    assert_eq!(user.forward(ForwardWhen::Always), Some(&unconditional));
    assert_eq!((user.voicemail_id, user.voicemail_enabled), (Some(58), Some(true)));

    let part = json!({
        "fullName": null, "dndEnabled": true, "naFwdEnabled": null, "naFwdDestination": null, "uncFwdEnabled": false,
        "uncFwdDestination": null, "busyFwdEnabled": true, "busyFwdDestination": "1010"
    });
    let CtiMessage::UserConfig(part) = read("UserConfigUpdate", part) else { panic!("it is the user") };
    user.update(*part);
    assert_eq!(user.full_name.as_ref().map(Personal::expose), Some("Alice Reed"));
    assert_eq!(user.dnd, Some(true));
    assert_eq!(user.forward(ForwardWhen::Always), Some(&unconditional));
    assert_eq!(user.forward(ForwardWhen::Busy), Some(&ForwardState { enabled: true, destination: "1010".into() }));
}

#[test]
fn voice_messages_light_the_lamp() {
    let body = json!({"voiceMailId": 58, "newMessages": 2, "waitingMessages": 1, "oldMessages": "4"});
    let CtiMessage::Voicemail(status) = read("VoiceMailStatusUpdate", body) else { panic!("it is voice mail") };
    assert_eq!(status, VoicemailStatus { new: 2, waiting: 1, old: 4 });
    assert!(status.voicemail().waiting && status.voicemail().new == 2);
    assert!(!VoicemailStatus::default().voicemail().waiting);
}

#[test]
fn the_history_names_the_other_one() {
    let item = |status: &str| {
        json!({
            "start": "2026-01-05 10:32:50", "duration": "00:00:25", "status": status,
            "srcUsername": "alice", "dstUsername": "bob", "srcNum": "1001", "dstNum": "1002",
            "srcFirstName": "Alice", "srcLastName": "Reed", "dstFirstName": "Bob", "dstLastName": "Stone",
            "srcPhoneStatus": 4, "srcVideoStatus": "Available", "dstPhoneStatus": 0, "dstVideoStatus": "Available"
        })
    };
    let calls = ["answered", "emitted", "missed", "divert_ca_ratio"].map(item);
    let CtiMessage::History(calls) = read("CallHistory", json!(calls)) else { panic!("it is a history") };
    let told: Vec<_> = calls.iter().map(|call| (call.status.clone(), call.name.expose(), call.number.expose())).collect();
    assert_eq!(
        told,
        [
            (HistoryStatus::Answered, "Alice Reed", "1001"),
            (HistoryStatus::Emitted, "Bob Stone", "1002"),
            (HistoryStatus::Missed, "Alice Reed", "1001"),
            (HistoryStatus::Other("divert_ca_ratio".into()), "Alice Reed", "1001"),
        ]
    );
    assert_eq!((calls[0].start.as_str(), calls[0].duration.as_str()), ("2026-01-05 10:32:50", "00:00:25"));
    assert_eq!(read("CallHistory", json!({"not": "a list"})), CtiMessage::History(Vec::new()));
}

#[test]
fn people_are_read_in_both_shapes() {
    let table = json!({
        "headers": ["Firstname", "Lastname", "Number", "Mobile", "Favorite"],
        "entries": [{
            "status": 0, "entry": ["Bob", "Stone", "1002", "0600000001", "false"],
            "contact_id": "17", "source": "internal", "favorite": false
        }]
    });
    let CtiMessage::Directory(found) = read("DirectoryResult", table.clone()) else { panic!("they are people") };
    assert_eq!(found.headers[2], "Number");
    let bob = &found.entries[0];
    assert_eq!((bob.columns[2].expose(), bob.contact_id.as_str(), bob.status), ("1002", "17", Some(PhoneStatus::Available)));
    assert!(matches!(read("Favorites", table), CtiMessage::Favorites(_)));

    let sheets = json!({"sheets": [{
        "name": "Bob Stone", "subtitle1": "", "subtitle2": "", "picture": "", "isPersonal": false, "isFavorite": false,
        "isMeetingroom": false, "canBeFavorite": true, "status": {"phone": 0, "video": "Available"},
        "actions": [
            {"action": "Call", "args": ["1002"], "default": true}, {"action": "Chat", "args": ["bob"], "default": false}
        ]
    }]});
    let CtiMessage::ContactSheets(sheets) = read("ContactSheet", sheets) else { panic!("they are people") };
    assert_eq!((sheets[0].name.expose(), sheets[0].status), ("Bob Stone", Some(PhoneStatus::Available)));
    assert_eq!((sheets[0].actions[0].action.as_str(), sheets[0].actions[0].args[0].expose()), ("Call", "1002"));

    let update = read("FavoriteUpdated", json!({"action": "Added", "contact_id": "17", "source": "internal"}));
    let added = FavoriteUpdate { change: FavoriteChange::Added, contact_id: "17".into(), source: "internal".into() };
    assert_eq!(update, CtiMessage::FavoriteUpdated(added));
}

#[test]
fn conference_rooms_are_read() {
    let somebody = json!({"index": 3, "since": 5, "isMe": false, "role": "User", "callerIdName": "Bob", "isMuted": true});
    let joined = json!({
        "eventType": "Join", "uniqueId": "1767000000.12", "conferenceName": "team", "conferenceNumber": "4000", "since": 12,
        "participants": [somebody, {"role": "Organizer", "index": "4", "isMe": true}, {"role": "User"}]
    });
    let CtiMessage::Conference(event) = read("ConferenceEvent", joined) else { panic!("it is a conference") };
    assert_eq!((event.what, event.since, event.number.expose()), (JoinLeave::Join, Duration::from_secs(12), "4000"));
    let told: Vec<_> = event.participants.iter().map(|p| (p.index, p.role, p.is_me, p.muted)).collect();
    assert_eq!(told, [(3, Role::User, false, true), (4, Role::Organizer, true, false)]);

    let update = json!({"eventType": "Update", "uniqueId": "x", "phoneNumber": "1002", "index": 3, "since": 5, "isMe": false});
    let CtiMessage::Participant(event) = read("ConferenceParticipantEvent", update) else { panic!("it is somebody") };
    assert_eq!((event.what, event.participant.phone.expose()), (ParticipantChange::Update, "1002"));

    let list = json!([{
        "number": "4010", "name": "team", "pinRequired": true, "startTime": 1_767_000_000_000_i64,
        "members": [{"joinOrder": 1, "joinTime": 1_767_000_004_000_i64, "muted": false, "name": "Bob Stone", "number": "1002"}]
    }]);
    let CtiMessage::Rooms(rooms) = read("ConferenceList", list) else { panic!("they are rooms") };
    assert_eq!((rooms[0].number.expose(), rooms[0].pin_required, rooms[0].members.len()), ("4010", true, 1));
    assert_eq!((rooms[0].started_ms, rooms[0].members[0].joined_ms), (Some(1_767_000_000_000), Some(1_767_000_004_000)));
    assert_eq!((rooms[0].members[0].name.expose(), rooms[0].members[0].number.expose()), ("Bob Stone", "1002"));
}

#[test]
fn statuses_and_rights_are_read() {
    let statuses = json!([{"name": "away", "color": "#f00", "longName": "Away", "actions": []}, {"color": "x"}, 7]);
    let away = UserStatus { name: "away".into(), long_name: "Away".into(), color: "#f00".into() };
    assert_eq!(read("UsersStatuses", statuses), CtiMessage::UsersStatuses(vec![away]));
    assert_eq!(read("UserStatusUpdate", json!({"status": "away"})), CtiMessage::UserStatus("away".into()));
    assert_eq!(read("RightProfile", json!({"profile": "NoRight"})), CtiMessage::RightProfile("NoRight".into()));
}

#[test]
fn errors_are_told_whatever_their_shape() {
    for (body, words) in [
        (json!({"Error": "no such conference"}), "no such conference"),
        (json!("plain"), "plain"),
        (json!({"message": "m"}), "m"),
        (json!([1]), "[1]"),
    ] {
        let told = CtiMessage::Error { kind: "ConferenceCommandError".into(), text: words.into() };
        assert_eq!(read("ConferenceCommandError", body), told);
    }
}

#[test]
fn what_is_unknown_is_named_and_what_is_odd_does_no_harm() {
    assert_eq!(read("Sheet", json!({"x": 1})), CtiMessage::Other { kind: "Sheet".into() });
    assert_eq!(read(&"x".repeat(500), json!({})), CtiMessage::Other { kind: "x".repeat(60) });
    for frame in ["", "7", "[]", "null", "\"x\"", "{", "\u{0}"] {
        assert_eq!(CtiMessage::read(frame.as_bytes()), Err(NotCti), "{frame:?}");
    }
    assert_eq!(CtiMessage::read(&[0xFF, 0xFE]), Err(NotCti));
    let kinds = [
        "LoggedOn",
        "LoggedOnError",
        "LineConfig",
        "IceConfig",
        "PhoneEvent",
        "CurrentCallsPhoneEvents",
        "PhoneStatusUpdate",
        "PhoneHintStatusEvent",
        "WebRTCCmd",
        "UserConfigUpdate",
        "VoiceMailStatusUpdate",
        "UsersStatuses",
        "UserStatusUpdate",
        "RightProfile",
        "CallHistory",
        "DirectoryResult",
        "Favorites",
        "ContactSheet",
        "FavoriteContactSheet",
        "FavoriteUpdated",
        "ConferenceEvent",
        "ConferenceParticipantEvent",
        "ConferenceList",
        "Error",
    ];
    let odd = json!({
        "eventType": "Join", "participants": {}, "entries": [[]], "sheets": [null], "events": [null], "userData": [1],
        "status": {}, "index": 1e99, "since": -5, "turnConfig": {"ttl": 1e300, "urls": {"a": 1}}, "stunConfig": [], "sipPort": 1e9
    });
    for kind in kinds {
        for body in [Value::Null, json!(7), json!("x"), json!([]), json!([null, 7, []]), json!({}), odd.clone()] {
            let _told = read(kind, body);
        }
        let without_body = CtiMessage::read(format!(r#"{{"msgType":"{kind}"}}"#).as_bytes());
        assert!(without_body.is_ok());
    }
}
