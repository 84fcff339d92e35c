//! The CTI of a fake XUC: what a session hears when it opens, and what becomes of what it asks for.

use bytes::Bytes;
use exchange::Order;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::info_span;

use super::{AT_DESK, Greeting, Xuc, services::Services};

impl Xuc {
    /// The phone of a login has opened the CTI: its way to us, and ours to it.
    pub(crate) fn connected(&self, login: &str) -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
        let (to_xuc, mut from_phone) = mpsc::channel::<Bytes>(256);
        let (to_phone, from_xuc) = mpsc::channel(256);
        let xuc = self.clone();
        let program = Some(&to_phone);
        // In another order than the documentation has it: none is promised.
        xuc.say_to(
            program,
            "VoiceMailStatusUpdate",
            &json!({"voiceMailId": 58, "newMessages": 0, "waitingMessages": 0, "oldMessages": 4}),
        );
        let greeting = xuc.state().greeting;
        match greeting {
            Greeting::LoggedOn => xuc.say_to(program, "LoggedOn", &Value::Null),
            Greeting::Refused => xuc.say_to(program, "LoggedOnError", &json!({"Error": "loggedOnFailed"})),
            Greeting::Silence => {}
        }
        let (user, status) = {
            let mut state = xuc.state();
            // What another session has asked to be told is not told in this one.
            state.services.watched.clear();
            (state.services.user(), state.calls.status())
        };
        xuc.say_to(program, "UserConfigUpdate", &user);
        xuc.say_to(program, "RightProfile", &json!({"profile": "User"}));
        xuc.say_to(program, "PhoneStatusUpdate", &json!({"status": status}));
        xuc.say_to(program, "UsersStatuses", &Services::statuses());
        // Who closes the CTI lets go of the last one that is not weak.
        let (asker, login) = (to_phone.downgrade(), login.to_owned());
        self.state().programs.push(to_phone);
        phone::spawn("xuc", info_span!("xuc"), async move {
            while let Some(frame) = from_phone.recv().await {
                let frame = serde_json::from_slice(&frame).expect("a phone of ours speaks JSON");
                xuc.take_in(&frame, asker.upgrade().as_ref(), &login);
            }
        });
        (to_xuc, from_xuc)
    }

    fn take_in(&self, frame: &Value, asker: Option<&mpsc::Sender<Bytes>>, login: &str) {
        let (mut line, ice, silent) = {
            let state = self.state();
            (state.line.clone(), state.ice.config(), state.silent)
        };
        if login == AT_DESK {
            desk_phones(&mut line);
        }
        match (frame["claz"].as_str(), frame["command"].as_str()) {
            (Some("ping"), _) if silent => {}
            (Some("ping"), _) => self.raw(asker, r#"{"claz":"ping"}"#),
            (Some("web"), Some(command)) => {
                let mut state = self.state();
                state.note(|| json!({"asked": frame}));
                state.commands.push(frame.clone());
                drop(state);
                match command {
                    "getConfig" => self.say_to(asker, "LineConfig", &line),
                    "getIceConfig" => ice.iter().for_each(|ice| self.say_to(asker, "IceConfig", ice)),
                    _ => self.obey(frame, asker),
                }
            }
            _ => panic!("a phone of ours speaks as XUC's own clients do, not {frame}"),
        }
    }

    /// Does what a program of the user asks for. What has changed is told to all of them, an answer to the one who asked.
    pub(super) fn obey(&self, frame: &Value, asker: Option<&mpsc::Sender<Bytes>>) {
        let text = |name: &str| frame[name].as_str().unwrap_or_default();
        let command = text("command");
        let mut state = self.state();
        let is_of_room = command.starts_with("conference") && command != "conference";
        if is_of_room && state.services.refused.contains(command) {
            drop(state);
            return self.say_to(asker, "ConferenceCommandError", &json!({"Error": "NotForYou"}));
        }
        if is_of_room && state.services.unknown.contains(command) {
            return;
        }
        if command == "includeToConference" {
            let room = state.rooms.entered();
            let other = state.calls.besides(room.as_deref()).map(|leg| (leg.unique_id.clone(), leg.number.clone()));
            let obeyed = state.rooms.include(other, frame["role"] == "Organizer");
            drop(state);
            return self.tell_of_room(&obeyed);
        }
        if let Some(obeyed) = state.rooms.obey(command, frame) {
            drop(state);
            return self.tell_of_room(&obeyed);
        }
        let meant = state.calls.meant(frame["uniqueId"].as_str()).cloned();
        let to_phone = |what: &str| Some(("WebRTCCmd", json!({"command": what, "sipCallId": meant.as_ref()?.call_id})));
        let told = match command {
            "getCurrentCallsPhoneEvents" => {
                let events = if state.faults.silent_about_calls { Vec::new() } else { state.calls.current() };
                let events: Vec<Value> = events.into_iter().chain(state.elsewhere.iter().cloned()).collect();
                Some(("CurrentCallsPhoneEvents", json!({"events": events})))
            }
            "answer" => to_phone("Answer"),
            "hold" => to_phone("Hold"),
            "toggleMicrophone" => to_phone("ToggleMicrophone"),
            "sendDtmf" => Some(("WebRTCCmd", json!({"command": "SendDtmf", "key": text("key")}))),
            "hangup" | "dial" | "attendedTransfer" | "cancelTransfer" | "completeTransfer" | "directTransfer"
                if state.ignoring =>
            {
                None
            }
            "hangup" => {
                state.end(meant.as_ref());
                None
            }
            "dial" | "attendedTransfer" if state.calls.len() < 2 => {
                let (to, user) = (text("destination").to_owned(), state.user.clone());
                state.calls.order(&to);
                let headers = vec![("Alert-Info".to_owned(), "xivo-autoanswer".into())];
                state.switchboard.give(Order::Call { user, to, headers });
                None
            }
            "dial" | "attendedTransfer" => Some(("Error", json!({"Error": "TooManyCalls"}))),
            "cancelTransfer" => {
                let consultation = state.calls.current_one().cloned();
                state.end(consultation.as_ref());
                None
            }
            "completeTransfer" => match (state.calls.held_one().cloned(), state.calls.current_one().cloned()) {
                (Some(one), Some(other)) => {
                    state.switchboard.give(Order::Connect { one: one.call_id.into(), other: other.call_id.into() });
                    None
                }
                _ => Some(("Error", json!({"Error": "NoTransfer"}))),
            },
            "conference" => {
                let events = state.calls.merge();
                drop(state);
                events.iter().for_each(|event| self.say("PhoneEvent", event));
                return;
            }
            "toggleUniqueAccountDevice" if state.services.refused.contains(command) => {
                Some(("Error", json!({"Error": "NotForYou"})))
            }
            "toggleUniqueAccountDevice" if state.services.unknown.contains(command) => None,
            "toggleUniqueAccountDevice" => {
                state.line["hasDevice"] = json!(text("deviceType") == "phone");
                Some(("LineConfig", state.line.clone()))
            }
            "displayNameLookup" => Some(("UserDisplayName", json!({"userName": text("username"), "displayName": "Bob Stone"}))),
            "setUserPreference" => {
                let kept = json!({"key": text("key"), "value": text("value"), "valueType": text("value_type")});
                Some(("UserPreference", kept))
            }
            "dialFromMobile" => Some(("PhoneEvent", json!({"eventType": "EventFailure", "otherDN": text("destination")}))),
            "directTransfer" => {
                let current = state.calls.current_one().cloned();
                match current {
                    Some(call) => {
                        let to = text("destination").to_owned();
                        state.switchboard.give(Order::SendOn { call: call.call_id.into(), to });
                        None
                    }
                    None => Some(("Error", json!({"Error": "NoCall"}))),
                }
            }
            command => state.services.answer(command, frame),
        };
        let sheets = state.services.sheets_before(command, frame);
        let told = told.map(|(kind, mut body)| {
            if let ("ConferenceList", Some(rooms)) = (kind, body.as_array_mut()) {
                rooms.extend(state.rooms.list());
            }
            (kind, body)
        });
        drop(state);
        if let Some(sheets) = sheets {
            self.say_to(asker, "ContactSheet", &sheets);
        }
        if let Some((kind, body)) = told {
            let is_change =
                matches!(kind, "LineConfig" | "WebRTCCmd" | "UserConfigUpdate" | "UserStatusUpdate" | "FavoriteUpdated");
            self.say_to(asker.filter(|_| !is_change), kind, &body);
        }
        match command {
            "subscribeToPhoneHints" => {
                for number in frame["phoneNumbers"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    let status = {
                        let services = &mut self.state().services;
                        services.watched.insert(number.to_owned());
                        services.phone(number)
                    };
                    self.say_to(asker, "PhoneHintStatusEvent", &json!({"number": number, "status": status}));
                }
            }
            "unsubscribeFromAllPhoneHints" => self.state().services.watched.clear(),
            _ => {}
        }
    }
}

/// The line as its user hears of it who has a desk phone.
fn desk_phones(line: &mut Value) {
    (line["hasDevice"], line["webRtc"], line["vendor"]) = (json!(true), json!(false), json!("Snom"));
    line["password"] = Value::Null;
}
