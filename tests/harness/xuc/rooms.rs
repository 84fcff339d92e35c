//! The conference rooms of an XUC that its user calls into. Who else is in them is made up; nobody hears them.

use serde_json::{Value, json};

/// All rooms that can be called.
#[derive(Debug, Default)]
pub(super) struct Rooms(Vec<Room>);

/// One of them.
#[derive(Debug)]
struct Room {
    number: String,
    name: String,
    /// Whether the user is one of its organizers.
    organizer: bool,
    people: Vec<Somebody>,
    /// The user's call with it, by the server's number of it.
    entered_by: Option<String>,
}

/// Somebody in a room.
#[derive(Clone, Debug)]
struct Somebody {
    index: u64,
    name: String,
    number: String,
    is_me: bool,
    organizer: bool,
    muted: bool,
    talking: bool,
    deaf: bool,
}

/// What comes of a command.
#[derive(Debug, Default)]
pub(super) struct Obeyed {
    /// What is told, `(kind, body)`.
    pub(super) told: Vec<(&'static str, Value)>,
    /// The call of the user that ends.
    pub(super) ends: Option<String>,
}

/// The user's number in each room: whoever comes is the next.
const ME: u64 = 3;

impl Rooms {
    /// A room with somebody who may do everything, and somebody who may not.
    pub(super) fn open(&mut self, number: &str, name: &str, organizer: bool) {
        let people = vec![somebody(1, "Bob Stone", "1002", true), somebody(2, "Carol Day", "1003", false)];
        self.0.push(Room { number: number.into(), name: name.into(), organizer, people, entered_by: None });
    }

    /// The rooms, as `ConferenceList` has them.
    pub(super) fn list(&self) -> Vec<Value> {
        let member = |one: &Somebody| json!({"name": one.name, "number": one.number, "muted": one.muted, "joinTime": 1_767_000_004_000_i64});
        let room = |room: &Room| {
            let members: Vec<Value> = room.people.iter().map(member).collect();
            json!({
                "number": room.number, "name": room.name, "pinRequired": false, "startTime": 1_767_000_000_000_i64, "members": members
            })
        };
        self.0.iter().map(room).collect()
    }

    /// A step of a call of the user, which may bring him into a room, or out of it: what is told of that.
    pub(super) fn follow(&mut self, step: &Value) -> Option<Value> {
        let text = |name: &str| step[name].as_str().unwrap_or_default();
        match text("eventType") {
            "EventEstablished" => {
                let room = self.0.iter_mut().find(|room| room.number == text("otherDN") && room.entered_by.is_none())?;
                room.entered_by = Some(text("uniqueId").to_owned());
                room.people.push(Somebody { is_me: true, ..somebody(ME, "Alice Reed", "1001", room.organizer) });
                Some(room.event("Join"))
            }
            "EventReleased" => {
                let room = self.0.iter_mut().find(|room| room.entered_by.as_deref() == Some(text("uniqueId")))?;
                Some(room.left())
            }
            _ => None,
        }
    }

    /// Does what a command says; nothing where it is none of a room.
    pub(super) fn obey(&mut self, command: &str, frame: &Value) -> Option<Obeyed> {
        let act = command.strip_prefix("conference").filter(|act| !act.is_empty())?;
        let refused = |why: &str| Obeyed { told: vec![("ConferenceCommandError", json!({"Error": why}))], ends: None };
        let number = frame["numConf"].as_str().unwrap_or_default();
        let Some(room) = self.0.iter_mut().find(|room| room.number == number && room.entered_by.is_some()) else {
            return Some(refused("NotInConference"));
        };
        if !matches!(act, "MuteMe" | "UnmuteMe") && !room.organizer {
            return Some(refused("NotOrganizer"));
        }
        let index = frame["index"].as_u64();
        let of_index = move |one: &Somebody| Some(one.index) == index;
        Some(match act {
            "MuteMe" => room.change(|one| one.is_me, |one| one.muted = true),
            "UnmuteMe" => room.change(|one| one.is_me, |one| one.muted = false),
            "MuteAll" => room.change(|one| !one.is_me, |one| one.muted = true),
            "UnmuteAll" => room.change(|one| !one.is_me, |one| one.muted = false),
            "Mute" => room.change(of_index, |one| one.muted = true),
            "Unmute" => room.change(of_index, |one| one.muted = false),
            "Deafen" => room.change(of_index, |one| one.deaf = true),
            "Undeafen" => room.change(of_index, |one| one.deaf = false),
            "Reset" => room.change(|_| true, |one| (one.muted, one.deaf) = (false, false)),
            "Kick" if index == Some(ME) => room.put_out(),
            "Kick" => room.take_out(of_index),
            "Close" => {
                room.people.retain(|one| one.is_me);
                room.put_out()
            }
            "Invite" => room.add(frame["exten"].as_str().unwrap_or_default(), frame["role"] == "Organizer"),
            _ => return None,
        })
    }

    /// The user's call with the room that he is in.
    pub(super) fn entered(&self) -> Option<String> {
        self.0.iter().find_map(|room| room.entered_by.clone())
    }

    /// The other one of another call of the user comes into the room that he is in: by that call's number, and his own.
    pub(super) fn include(&mut self, other: Option<(String, String)>, organizer: bool) -> Obeyed {
        let refused = |why: &str| Obeyed { told: vec![("ConferenceCommandError", json!({"Error": why}))], ends: None };
        let Some(room) = self.0.iter_mut().find(|room| room.entered_by.is_some()) else { return refused("NotInConference") };
        let Some((call, number)) = other else { return refused("NoCall") };
        if !room.organizer {
            return refused("NotOrganizer");
        }
        let mut obeyed = room.add(&number, organizer);
        obeyed.ends = Some(call);
        obeyed
    }

    /// Somebody in a room that the user is in begins to speak, or stops; what is told of it.
    pub(super) fn talks(&mut self, number: &str, index: u64, talking: bool) -> Obeyed {
        let room = self.0.iter_mut().find(|room| room.number == number && room.entered_by.is_some());
        room.map(|room| room.change(|one| one.index == index, |one| one.talking = talking)).unwrap_or_default()
    }
}

impl Room {
    fn add(&mut self, number: &str, organizer: bool) -> Obeyed {
        let next = self.people.iter().map(|one| one.index).max().unwrap_or(ME) + 1;
        let added = somebody(next, &format!("Guest {number}"), number, organizer);
        self.people.push(added.clone());
        Obeyed { told: vec![("ConferenceParticipantEvent", self.participant("Join", &added))], ends: None }
    }

    fn change(&mut self, meant: impl Fn(&Somebody) -> bool, change: impl Fn(&mut Somebody)) -> Obeyed {
        self.people.iter_mut().filter(|one| meant(one)).for_each(change);
        let changed = self.people.iter().filter(|one| meant(one));
        Obeyed { told: changed.map(|one| ("ConferenceParticipantEvent", self.participant("Update", one))).collect(), ends: None }
    }

    fn take_out(&mut self, meant: impl Fn(&Somebody) -> bool) -> Obeyed {
        let gone: Vec<Somebody> = self.people.extract_if(.., |one| meant(one)).collect();
        let told = gone.iter().map(|one| ("ConferenceParticipantEvent", self.participant("Leave", one)));
        Obeyed { told: told.collect(), ends: None }
    }

    /// The user is put out.
    fn put_out(&mut self) -> Obeyed {
        let ends = self.entered_by.clone();
        Obeyed { told: vec![("ConferenceEvent", self.left())], ends }
    }

    fn left(&mut self) -> Value {
        self.people.retain(|one| !one.is_me);
        let event = self.event("Leave");
        self.entered_by = None;
        event
    }

    fn event(&self, what: &str) -> Value {
        let people: Vec<Value> = self.people.iter().map(Somebody::words).collect();
        json!({
            "eventType": what, "uniqueId": self.entered_by, "conferenceName": self.name, "conferenceNumber": self.number,
            "since": 12, "participants": people
        })
    }

    fn participant(&self, what: &str, who: &Somebody) -> Value {
        let mut event = who.words();
        (event["eventType"], event["uniqueId"], event["phoneNumber"]) = (json!(what), json!(self.entered_by), json!(who.number));
        event
    }
}

impl Somebody {
    fn words(&self) -> Value {
        json!({
            "index": self.index, "since": 5, "isMe": self.is_me, "role": if self.organizer { "Organizer" } else { "User" },
            "callerIdName": self.name, "callerIdNum": self.number, "isMuted": self.muted, "isTalking": self.talking,
            "isDeaf": self.deaf
        })
    }
}

fn somebody(index: u64, name: &str, number: &str, organizer: bool) -> Somebody {
    let (name, number) = (name.to_owned(), number.to_owned());
    Somebody { index, name, number, is_me: false, organizer, muted: false, talking: false, deaf: false }
}
