//! What an XUC knows beside calls: the user's services, people, and the calls of before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The services of one user, as they are now.
#[derive(Debug)]
pub(super) struct Services {
    dnd: bool,
    /// No answer, unconditional, busy: whether, and where to.
    forwards: [(bool, String); 3],
    favourites: Vec<String>,
    status: String,
    /// The calls of before, newest first.
    pub(super) history: Vec<Value>,
    pub(super) rooms: Value,
    /// Commands that it refuses, and those that it does not know.
    pub(super) refused: BTreeSet<String>,
    pub(super) unknown: BTreeSet<String>,
    /// How telephones are doing that are not free, and whose the user's programs are told.
    phones: BTreeMap<String, i64>,
    pub(super) watched: BTreeSet<String>,
}

/// The names of the forwards, in the order of `Services::forwards`.
const FORWARDS: [&str; 3] = ["naFwd", "uncFwd", "busyFwd"];

impl Services {
    pub(super) fn new() -> Self {
        Self {
            dnd: false,
            forwards: [(false, String::new()), (true, "1009".into()), (false, String::new())],
            favourites: Vec::new(),
            status: "available".into(),
            history: history(),
            rooms: json!([{"number": "4010", "name": "team", "pinRequired": true, "startTime": 0, "members": []}]),
            refused: BTreeSet::new(),
            unknown: BTreeSet::new(),
            phones: BTreeMap::new(),
            watched: BTreeSet::new(),
        }
    }

    /// Everything about the user.
    pub(super) fn user(&self) -> Value {
        let mut user = json!({
            "userId": 9, "firstName": "Alice", "lastName": "Reed", "fullName": "Alice Reed", "mobileNumber": "0600000000",
            "dndEnabled": self.dnd, "agentId": 0, "voiceMailId": 58, "voiceMailEnabled": true
        });
        for (name, (state, destination)) in FORWARDS.iter().zip(&self.forwards) {
            user[format!("{name}Enabled")] = json!(state);
            user[format!("{name}Destination")] = json!(destination);
        }
        user
    }

    /// What the user may say he is doing.
    pub(super) fn statuses() -> Value {
        let status = |name: &str, long: &str, color: &str| json!({"name": name, "longName": long, "color": color, "actions": []});
        json!([
            status("available", "Available", "#08FD20"),
            status("away", "Away", "#FDE50A"),
            status("donotdisturb", "Do not disturb", "#FF032D")
        ])
    }

    /// What a command that is about none of the calls is answered, `(kind, body)`.
    pub(super) fn answer(&mut self, command: &str, frame: &Value) -> Option<(&'static str, Value)> {
        let text = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
        if self.unknown.contains(command) {
            return None;
        }
        if self.refused.contains(command) {
            return Some(("Error", json!({"Error": "NotForYou"})));
        }
        if let Some(which) = FORWARDS.iter().position(|name| *name == command) {
            self.forwards[which] = (frame["state"].as_bool().unwrap_or_default(), text("destination"));
            return Some(("UserConfigUpdate", self.partial(Some(which))));
        }
        Some(match command {
            "dnd" => {
                self.dnd = frame["state"].as_bool().unwrap_or_default();
                ("UserConfigUpdate", self.partial(None))
            }
            "userStatusUpdate" => {
                self.status = text("status");
                ("UserStatusUpdate", json!({"status": self.status}))
            }
            "getUserCallHistory" | "getUserCallHistoryByDays" => ("CallHistory", json!(self.history)),
            "directoryLookUp" | "searchContacts" => ("DirectoryResult", self.people(&text("term"))),
            "getFavorites" => ("Favorites", self.favourites()),
            "getFavoriteContacts" => ("FavoriteContactSheet", self.sheets("", true)),
            "addFavorite" | "removeFavorite" => {
                let id = text("contactId");
                self.favourites.retain(|known| *known != id);
                let is_added = command == "addFavorite";
                if is_added {
                    self.favourites.push(id.clone());
                }
                let action = if is_added { "Added" } else { "Removed" };
                ("FavoriteUpdated", json!({"action": action, "contact_id": id, "source": text("source")}))
            }
            "getList" => ("ConferenceList", self.rooms.clone()),
            _ => return None,
        })
    }

    /// Whom newer servers tell of before they answer.
    pub(super) fn sheets_before(&self, command: &str, frame: &Value) -> Option<Value> {
        let is_asked = command == "searchContacts" && !self.unknown.contains(command) && !self.refused.contains(command);
        is_asked.then(|| self.sheets(frame["term"].as_str().unwrap_or_default(), false))
    }

    /// A telephone is doing something; whether that is to be told.
    pub(super) fn phone_is(&mut self, number: &str, status: i64) -> bool {
        self.phones.insert(number.to_owned(), status);
        self.watched.contains(number)
    }

    /// How a telephone is doing.
    pub(super) fn phone(&self, number: &str) -> i64 {
        self.phones.get(number).copied().unwrap_or_default()
    }

    /// An update as XUC sends it: what did not change is null.
    fn partial(&self, forward: Option<usize>) -> Value {
        let mut user = self.user();
        for name in ["firstName", "lastName", "fullName", "mobileNumber"] {
            user[name] = Value::Null;
        }
        for (number, name) in FORWARDS.iter().enumerate().filter(|(number, _)| Some(*number) != forward) {
            let _unchanged = number;
            user[format!("{name}Enabled")] = Value::Null;
            user[format!("{name}Destination")] = Value::Null;
        }
        user
    }

    fn people(&self, term: &str) -> Value {
        self.table(PEOPLE.iter().filter(|person| fits(person, term)))
    }

    fn favourites(&self) -> Value {
        self.table(PEOPLE.iter().filter(|person| self.is_favourite(person)))
    }

    fn is_favourite(&self, person: &[&str; 5]) -> bool {
        self.favourites.iter().any(|id| id == person[4])
    }

    fn table<'a>(&self, people: impl Iterator<Item = &'a [&'a str; 5]>) -> Value {
        let rows: Vec<Value> = people
            .map(|person| {
                let ([first, last, number, mobile, id], is_favourite) = (person, self.is_favourite(person));
                json!({
                    "status": self.phone(number), "entry": [first, last, number, mobile, is_favourite.to_string()],
                    "contact_id": id, "source": "internal", "favorite": is_favourite
                })
            })
            .collect();
        json!({"headers": ["Firstname", "Lastname", "Number", "Mobile", "Favorite"], "entries": rows})
    }

    fn sheets(&self, term: &str, favourites_only: bool) -> Value {
        let people = PEOPLE.iter().filter(|person| fits(person, term) && (!favourites_only || self.is_favourite(person)));
        let sheet = |person: &[&str; 5]| {
            let [first, last, number, mobile, _] = person;
            let call = |number: &str, usual: bool| json!({"action": "Call", "args": [number], "default": usual});
            json!({
                "name": format!("{first} {last}"), "subtitle1": "", "isFavorite": self.is_favourite(person), "canBeFavorite": true,
                "status": {"phone": self.phone(number), "video": "Available"}, "actions": [call(number, true), call(mobile, false)]
            })
        };
        json!({"sheets": people.map(sheet).collect::<Vec<Value>>()})
    }
}

fn fits(person: &[&str; 5], term: &str) -> bool {
    person.iter().take(3).any(|word| word.to_lowercase().contains(&term.to_lowercase()))
}

/// First name, last name, number, mobile, id.
const PEOPLE: [[&str; 5]; 3] = [
    ["Bob", "Stone", "bob", "0600000001", "17"],
    ["Carol", "Day", "608", "0600000002", "18"],
    ["Dave", "Field", "1004", "", "19"],
];

fn history() -> Vec<Value> {
    vec![
        json!({
            "start": "2026-01-05 10:32:50", "duration": "00:00:25", "status": "emitted", "srcUsername": "alice",
            "dstUsername": "bob", "srcNum": "1001", "dstNum": "bob", "srcFirstName": "Alice", "srcLastName": "Reed",
            "dstFirstName": "Bob", "dstLastName": "Stone"
        }),
        json!({
            "start": "2026-01-04 09:12:00", "duration": "00:00:00", "status": "missed", "srcNum": "608", "dstNum": "1001",
            "srcFirstName": "Carol", "srcLastName": "Day", "dstFirstName": "Alice", "dstLastName": "Reed"
        }),
    ]
}
