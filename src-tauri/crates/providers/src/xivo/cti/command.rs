//! What is asked of the server.

use model::{DtmfDigit, ForwardWhen, LineDevice, Personal, RoomAct};
use serde_json::{Map, Value, json};

/// The frame that asks for a sign of life.
pub const PING: &str = r#"{"claz":"ping"}"#;

/// One request. Where a call may be named, it is by the server's number of its channel (`uniqueId`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say what the variant's sentence says; unique_id is always which call")]
pub enum CtiCommand {
    /// The user's line.
    GetConfigLine,
    /// STUN and TURN servers.
    GetIceConfig,
    /// The calls as they are now.
    GetCurrentCallsPhoneEvents,
    /// Call somebody: the line is rung first and answers itself.
    Dial { destination: Personal, variables: Vec<(String, Personal)> },
    /// The same, by his login.
    DialByUsername { username: Personal, variables: Vec<(String, Personal)> },
    /// Call somebody from the user's mobile phone.
    DialFromMobile { destination: Personal, variables: Vec<(String, Personal)> },
    /// Call somebody, as XiVOs of before `dial` did.
    Originate { destination: Personal },
    /// Answer the ringing call.
    Answer { unique_id: Option<String> },
    /// End a call.
    Hangup { unique_id: Option<String> },
    /// Hold a call, or take it back.
    Hold { unique_id: Option<String> },
    /// Switch the microphone off, or on.
    ToggleMicrophone { unique_id: Option<String> },
    /// Press a key.
    SendDtmf { key: DtmfDigit },
    /// Write a line into the server's log.
    PushLogToServer { level: String, log: Personal },
    /// Attach words to the current call.
    SetData { variables: Vec<(String, Personal)> },
    /// Use the line on another device.
    ToggleUniqueAccountDevice { device: LineDevice },
    /// Transfer the current call without a word.
    DirectTransfer { destination: Personal },
    /// Consult somebody first.
    AttendedTransfer { destination: Personal },
    /// Connect the two.
    CompleteTransfer,
    /// Go back to the first call.
    CancelTransfer,
    /// Make a conference on the desk phone.
    Conference,
    /// Do something in a conference room of the server.
    Room { number: Personal, act: RoomAct },
    /// Invite a user, by the server's number of him, into the user's own room.
    InviteConferenceRoom { user: u32 },
    /// The conference rooms.
    GetRooms,
    /// Do not disturb.
    Dnd { state: bool },
    /// Forward calls.
    Forward { when: ForwardWhen, state: bool, destination: Personal },
    /// The last calls; those of the last ten days when `size` is missing.
    GetUserCallHistory { size: Option<u32> },
    /// The calls of the last days.
    GetUserCallHistoryByDays { days: u32 },
    /// Look somebody up.
    DirectoryLookUp { term: Personal },
    /// The same on newer servers.
    SearchContacts { term: Personal },
    /// The favourites.
    GetFavorites,
    /// The same on newer servers.
    GetFavoriteContacts,
    /// Make somebody a favourite.
    AddFavorite { contact_id: String, source: String },
    /// The reverse.
    RemoveFavorite { contact_id: String, source: String },
    /// What the user is doing.
    UserStatusUpdate { status: String },
    /// Tell how these telephones are doing.
    SubscribeToPhoneHints { numbers: Vec<Personal> },
    /// Tell it no longer.
    UnsubscribeFromAllPhoneHints,
    /// The name that a login is shown by.
    DisplayNameLookup { username: Personal },
    /// Keep a preference of the user's own.
    SetUserPreference { key: String, value: Personal, kind: String },
}

impl CtiCommand {
    /// The frame that asks for it.
    pub fn to_json(&self) -> String {
        let (command, arguments) = self.parts();
        let mut frame = Map::new();
        frame.insert("claz".into(), "web".into());
        frame.insert("command".into(), command.into());
        if let Value::Object(arguments) = arguments {
            // What is not given is left out, never null.
            frame.extend(arguments.into_iter().filter(|(_, value)| !value.is_null()));
        }
        Value::Object(frame).to_string()
    }

    /// How the server calls it.
    pub fn name(&self) -> &'static str {
        self.parts().0
    }

    fn parts(&self) -> (&'static str, Value) {
        match self {
            Self::GetConfigLine => ("getConfig", json!({"objectType": "line"})),
            Self::GetIceConfig => ("getIceConfig", Value::Null),
            Self::GetCurrentCallsPhoneEvents => ("getCurrentCallsPhoneEvents", Value::Null),
            Self::Dial { destination, variables } => {
                ("dial", json!({"destination": destination.expose(), "variables": object(variables)}))
            }
            Self::DialByUsername { username, variables } => {
                ("dialByUsername", json!({"username": username.expose(), "variables": object(variables)}))
            }
            Self::DialFromMobile { destination, variables } => {
                ("dialFromMobile", json!({"destination": destination.expose(), "variables": object(variables)}))
            }
            Self::Originate { destination } => ("originate", json!({"destination": destination.expose()})),
            Self::PushLogToServer { level, log } => ("pushLogToServer", json!({"level": level, "log": log.expose()})),
            Self::Answer { unique_id } => ("answer", json!({"uniqueId": unique_id})),
            Self::Hangup { unique_id } => ("hangup", json!({"uniqueId": unique_id})),
            Self::Hold { unique_id } => ("hold", json!({"uniqueId": unique_id})),
            Self::ToggleMicrophone { unique_id } => ("toggleMicrophone", json!({"uniqueId": unique_id})),
            Self::SendDtmf { key } => ("sendDtmf", json!({"key": char::from(*key).to_string()})),
            Self::SetData { variables } => ("setData", json!({"variables": object(variables)})),
            Self::ToggleUniqueAccountDevice { device } => {
                let device = match device {
                    LineDevice::DeskPhone => "phone",
                    LineDevice::Here => "webrtc",
                };
                ("toggleUniqueAccountDevice", json!({"deviceType": device}))
            }
            Self::DirectTransfer { destination } => ("directTransfer", json!({"destination": destination.expose()})),
            Self::AttendedTransfer { destination } => ("attendedTransfer", json!({"destination": destination.expose()})),
            Self::CompleteTransfer => ("completeTransfer", Value::Null),
            Self::CancelTransfer => ("cancelTransfer", Value::Null),
            Self::Conference => ("conference", Value::Null),
            Self::Room { number, act } => room(number, act),
            Self::InviteConferenceRoom { user } => ("inviteConferenceRoom", json!({"userId": user})),
            Self::GetRooms => ("getList", json!({"objectType": "meetme"})),
            Self::Dnd { state } => ("dnd", json!({"state": state})),
            Self::Forward { when, state, destination } => {
                let command = match when {
                    ForwardWhen::NoAnswer => "naFwd",
                    ForwardWhen::Always => "uncFwd",
                    ForwardWhen::Busy => "busyFwd",
                };
                (command, json!({"state": state, "destination": destination.expose()}))
            }
            Self::GetUserCallHistory { size } => ("getUserCallHistory", json!({"size": size})),
            Self::GetUserCallHistoryByDays { days } => ("getUserCallHistoryByDays", json!({"days": days})),
            Self::DirectoryLookUp { term } => ("directoryLookUp", json!({"term": term.expose()})),
            Self::SearchContacts { term } => ("searchContacts", json!({"term": term.expose()})),
            Self::GetFavorites => ("getFavorites", Value::Null),
            Self::GetFavoriteContacts => ("getFavoriteContacts", Value::Null),
            Self::AddFavorite { contact_id, source } => ("addFavorite", json!({"contactId": contact_id, "source": source})),
            Self::RemoveFavorite { contact_id, source } => ("removeFavorite", json!({"contactId": contact_id, "source": source})),
            Self::UserStatusUpdate { status } => ("userStatusUpdate", json!({"status": status})),
            Self::SubscribeToPhoneHints { numbers } => {
                let numbers: Vec<&str> = numbers.iter().map(Personal::expose).collect();
                ("subscribeToPhoneHints", json!({"phoneNumbers": numbers}))
            }
            Self::UnsubscribeFromAllPhoneHints => ("unsubscribeFromAllPhoneHints", Value::Null),
            Self::DisplayNameLookup { username } => ("displayNameLookup", json!({"username": username.expose()})),
            Self::SetUserPreference { key, value, kind } => {
                ("setUserPreference", json!({"key": key, "value": value.expose(), "value_type": kind}))
            }
        }
    }
}

/// What somebody may in a room.
fn role(organizer: bool) -> &'static str {
    if organizer { "Organizer" } else { "User" }
}

/// What is done in a conference room.
fn room(number: &Personal, act: &RoomAct) -> (&'static str, Value) {
    let (command, index) = match act {
        RoomAct::MuteMe => ("conferenceMuteMe", None),
        RoomAct::UnmuteMe => ("conferenceUnmuteMe", None),
        RoomAct::MuteAll => ("conferenceMuteAll", None),
        RoomAct::UnmuteAll => ("conferenceUnmuteAll", None),
        RoomAct::Mute { index } => ("conferenceMute", Some(index)),
        RoomAct::Unmute { index } => ("conferenceUnmute", Some(index)),
        RoomAct::Kick { index } => ("conferenceKick", Some(index)),
        RoomAct::Deafen { index } => ("conferenceDeafen", Some(index)),
        RoomAct::Undeafen { index } => ("conferenceUndeafen", Some(index)),
        RoomAct::Reset => ("conferenceReset", None),
        RoomAct::Close => ("conferenceClose", None),
        RoomAct::Invite { number: who, organizer } => {
            // Who is called comes in when he answers, and leaves when he hangs up: as anybody who dials the room.
            let invited =
                json!({"numConf": number.expose(), "exten": who.expose(), "role": role(*organizer), "earlyJoin": false});
            return ("conferenceInvite", invited);
        }
        // The server takes the room that the user is in, and his other call.
        RoomAct::Include { organizer } => return ("includeToConference", json!({"role": role(*organizer)})),
    };
    (command, json!({"numConf": number.expose(), "index": index}))
}

/// An object of the variables; nothing when there are none.
fn object(variables: &[(String, Personal)]) -> Value {
    if variables.is_empty() {
        return Value::Null;
    }
    variables.iter().map(|(name, value)| (name.clone(), json!(value.expose()))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands as the specification writes them.
    #[test]
    fn frames_are_those_of_the_specification() {
        let key = DtmfDigit::try_from('#').expect("a key");
        let id = || Some("1767000000.12".to_owned());
        for (command, frame) in [
            (CtiCommand::GetConfigLine, r#"{"claz":"web","command":"getConfig","objectType":"line"}"#),
            (CtiCommand::GetIceConfig, r#"{"claz":"web","command":"getIceConfig"}"#),
            (
                CtiCommand::Dial { destination: "0123456789".into(), variables: vec![("ticket".into(), "77".into())] },
                r#"{"claz":"web","command":"dial","destination":"0123456789","variables":{"ticket":"77"}}"#,
            ),
            (
                CtiCommand::Dial { destination: "1002".into(), variables: vec![("ref".into(), "A12".into())] },
                r#"{"claz":"web","command":"dial","destination":"1002","variables":{"ref":"A12"}}"#,
            ),
            (
                CtiCommand::Dial { destination: "1002".into(), variables: Vec::new() },
                r#"{"claz":"web","command":"dial","destination":"1002"}"#,
            ),
            (CtiCommand::Answer { unique_id: None }, r#"{"claz":"web","command":"answer"}"#),
            (CtiCommand::Hangup { unique_id: id() }, r#"{"claz":"web","command":"hangup","uniqueId":"1767000000.12"}"#),
            (CtiCommand::Hold { unique_id: id() }, r#"{"claz":"web","command":"hold","uniqueId":"1767000000.12"}"#),
            (
                CtiCommand::ToggleMicrophone { unique_id: id() },
                r#"{"claz":"web","command":"toggleMicrophone","uniqueId":"1767000000.12"}"#,
            ),
            (CtiCommand::SendDtmf { key }, r##"{"claz":"web","command":"sendDtmf","key":"#"}"##),
            (
                CtiCommand::AttendedTransfer { destination: "1003".into() },
                r#"{"claz":"web","command":"attendedTransfer","destination":"1003"}"#,
            ),
            (
                CtiCommand::DirectTransfer { destination: "1003".into() },
                r#"{"claz":"web","command":"directTransfer","destination":"1003"}"#,
            ),
            (CtiCommand::CompleteTransfer, r#"{"claz":"web","command":"completeTransfer"}"#),
            (CtiCommand::CancelTransfer, r#"{"claz":"web","command":"cancelTransfer"}"#),
            (CtiCommand::Conference, r#"{"claz":"web","command":"conference"}"#),
            (CtiCommand::GetCurrentCallsPhoneEvents, r#"{"claz":"web","command":"getCurrentCallsPhoneEvents"}"#),
            (CtiCommand::Dnd { state: true }, r#"{"claz":"web","command":"dnd","state":true}"#),
            (
                CtiCommand::Forward { when: ForwardWhen::Always, state: true, destination: "1009".into() },
                r#"{"claz":"web","command":"uncFwd","state":true,"destination":"1009"}"#,
            ),
            (CtiCommand::GetUserCallHistory { size: Some(20) }, r#"{"claz":"web","command":"getUserCallHistory","size":20}"#),
            (
                CtiCommand::SubscribeToPhoneHints { numbers: vec!["1002".into(), "1003".into()] },
                r#"{"claz":"web","command":"subscribeToPhoneHints","phoneNumbers":["1002","1003"]}"#,
            ),
            (
                CtiCommand::Room { number: "4000".into(), act: RoomAct::Kick { index: 3 } },
                r#"{"claz":"web","command":"conferenceKick","numConf":"4000","index":3}"#,
            ),
            (
                CtiCommand::Room { number: "4000".into(), act: RoomAct::MuteMe },
                r#"{"claz":"web","command":"conferenceMuteMe","numConf":"4000"}"#,
            ),
            (
                CtiCommand::Room { number: "4000".into(), act: RoomAct::Reset },
                r#"{"claz":"web","command":"conferenceReset","numConf":"4000"}"#,
            ),
            (
                CtiCommand::Room { number: "4000".into(), act: RoomAct::Invite { number: "1003".into(), organizer: true } },
                r#"{"claz":"web","command":"conferenceInvite","numConf":"4000","exten":"1003","role":"Organizer","earlyJoin":false}"#,
            ),
            (
                CtiCommand::Room { number: "4000".into(), act: RoomAct::Include { organizer: false } },
                r#"{"claz":"web","command":"includeToConference","role":"User"}"#,
            ),
            (CtiCommand::InviteConferenceRoom { user: 9 }, r#"{"claz":"web","command":"inviteConferenceRoom","userId":9}"#),
            (
                CtiCommand::SetData { variables: vec![("USR_ticket".into(), "77".into())] },
                r#"{"claz":"web","command":"setData","variables":{"USR_ticket":"77"}}"#,
            ),
            (
                CtiCommand::DialByUsername { username: "bob".into(), variables: Vec::new() },
                r#"{"claz":"web","command":"dialByUsername","username":"bob"}"#,
            ),
            (
                CtiCommand::DialFromMobile { destination: "1002".into(), variables: Vec::new() },
                r#"{"claz":"web","command":"dialFromMobile","destination":"1002"}"#,
            ),
            (
                CtiCommand::Originate { destination: "1002".into() },
                r#"{"claz":"web","command":"originate","destination":"1002"}"#,
            ),
            (
                CtiCommand::PushLogToServer { level: "info".into(), log: "one-way audio".into() },
                r#"{"claz":"web","command":"pushLogToServer","level":"info","log":"one-way audio"}"#,
            ),
            (CtiCommand::GetUserCallHistoryByDays { days: 7 }, r#"{"claz":"web","command":"getUserCallHistoryByDays","days":7}"#),
            (CtiCommand::GetUserCallHistory { size: None }, r#"{"claz":"web","command":"getUserCallHistory"}"#),
            (CtiCommand::GetRooms, r#"{"claz":"web","command":"getList","objectType":"meetme"}"#),
            (
                CtiCommand::AddFavorite { contact_id: "17".into(), source: "internal".into() },
                r#"{"claz":"web","command":"addFavorite","contactId":"17","source":"internal"}"#,
            ),
            (
                CtiCommand::UserStatusUpdate { status: "away".into() },
                r#"{"claz":"web","command":"userStatusUpdate","status":"away"}"#,
            ),
            (
                CtiCommand::DisplayNameLookup { username: "bob".into() },
                r#"{"claz":"web","command":"displayNameLookup","username":"bob"}"#,
            ),
            (
                CtiCommand::SetUserPreference { key: "PREFERRED_DEVICE".into(), value: "x".into(), kind: "String".into() },
                r#"{"claz":"web","command":"setUserPreference","key":"PREFERRED_DEVICE","value":"x","value_type":"String"}"#,
            ),
            (
                CtiCommand::ToggleUniqueAccountDevice { device: LineDevice::Here },
                r#"{"claz":"web","command":"toggleUniqueAccountDevice","deviceType":"webrtc"}"#,
            ),
        ] {
            let read = |text: &str| serde_json::from_str::<Value>(text).expect("is JSON");
            assert_eq!(read(&command.to_json()), read(frame));
        }
        assert_eq!(serde_json::from_str::<Value>(PING).expect("is JSON"), json!({"claz": "ping"}));
    }
}
