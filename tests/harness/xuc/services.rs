//! What an XUC knows beside calls: the user's services, people, and the calls of before.

use serde_json::{Value, json};

/// The services of one user, as they are now.
#[derive(Debug)]
pub(super) struct Services {
    dnd: bool,
    /// No answer, unconditional, busy: whether, and where to.
    forwards: [(bool, String); 3],
    favourites: Vec<String>,
    status: String,
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
            "getUserCallHistory" | "getUserCallHistoryByDays" => ("CallHistory", history()),
            "directoryLookUp" | "searchContacts" => ("DirectoryResult", self.people(&text("term"))),
            "getFavorites" | "getFavoriteContacts" => ("Favorites", self.favourites()),
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
            "getList" => (
                "ConferenceList",
                json!([{"number": "4010", "name": "team", "pinRequired": true, "startTime": 0, "members": []}]),
            ),
            _ => return None,
        })
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
        let fits = |person: &&[&str; 5]| person.iter().take(3).any(|word| word.to_lowercase().contains(&term.to_lowercase()));
        table(PEOPLE.iter().filter(fits), &self.favourites)
    }

    fn favourites(&self) -> Value {
        table(PEOPLE.iter().filter(|person| self.favourites.iter().any(|id| id == person[4])), &self.favourites)
    }
}

/// First name, last name, number, mobile, id.
const PEOPLE: [[&str; 5]; 3] = [
    ["Bob", "Stone", "bob", "0600000001", "17"],
    ["Carol", "Day", "608", "0600000002", "18"],
    ["Dave", "Field", "1004", "", "19"],
];

fn table<'a>(people: impl Iterator<Item = &'a [&'a str; 5]>, favourites: &[String]) -> Value {
    let rows: Vec<Value> = people
        .map(|[first, last, number, mobile, id]| {
            let is_favourite = favourites.iter().any(|known| known == id);
            json!({
                "status": 0, "entry": [first, last, number, mobile, is_favourite.to_string()], "contact_id": id,
                "source": "internal", "favorite": is_favourite
            })
        })
        .collect();
    json!({"headers": ["Firstname", "Lastname", "Number", "Mobile", "Favorite"], "entries": rows})
}

fn history() -> Value {
    json!([
        {
            "start": "2026-01-05 10:32:50", "duration": "00:00:25", "status": "emitted", "srcUsername": "alice",
            "dstUsername": "bob", "srcNum": "1001", "dstNum": "bob", "srcFirstName": "Alice", "srcLastName": "Reed",
            "dstFirstName": "Bob", "dstLastName": "Stone"
        },
        {
            "start": "2026-01-04 09:12:00", "duration": "00:00:00", "status": "missed", "srcNum": "608", "dstNum": "1001",
            "srcFirstName": "Carol", "srcLastName": "Day", "dstFirstName": "Alice", "dstLastName": "Reed"
        }
    ])
}
