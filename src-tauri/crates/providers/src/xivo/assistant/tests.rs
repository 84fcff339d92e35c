use model::{AssistantForward, AssistantMeeting, AssistantNews, AssistantPerson, ForwardWhen, PhoneState};
use serde_json::{Value, json};

use super::*;

mod meetings;

/// The machine with a server that says what the test says, and what it told of itself.
#[derive(Default)]
struct Bench {
    assistant: Assistant,
    now_ms: u64,
    commands: Vec<CtiCommand>,
    troubles: Vec<String>,
    state: AssistantState,
    history: Vec<AssistantCall>,
    directory: Vec<AssistantPerson>,
    favourites: Vec<AssistantPerson>,
    rooms: Vec<AssistantRoom>,
    meetings: Vec<AssistantMeeting>,
    /// How often anything was told.
    news: usize,
}

impl Bench {
    fn up() -> Self {
        let mut bench = Self::default();
        bench.assistant.start();
        bench.tell(|assistant, now| assistant.up(now));
        bench
    }

    fn tell(&mut self, act: impl FnOnce(&mut Assistant, Instant)) {
        act(&mut self.assistant, Instant::START + Duration::from_millis(self.now_ms));
        while let Some(output) = self.assistant.poll_output() {
            match output {
                Output::Command(command) => self.commands.push(command),
                Output::Trouble(fault) => self.troubles.push(fault.to_string()),
                Output::News(news) => {
                    self.news += 1;
                    match news {
                        AssistantNews::State(state) => self.state = *state,
                        AssistantNews::History(calls) => self.history = calls,
                        AssistantNews::Directory(people) => self.directory = people,
                        AssistantNews::Favourites(people) => self.favourites = people,
                        AssistantNews::Rooms(rooms) => self.rooms = rooms,
                        AssistantNews::Meetings(meetings) => self.meetings = meetings,
                    }
                }
            }
        }
    }

    fn ask(&mut self, request: AssistantRequest) {
        self.tell(|assistant, now| assistant.ask(now, request));
    }

    fn show(&mut self, lists: &[AssistantList]) {
        self.ask(AssistantRequest::Show { lists: lists.to_vec() });
    }

    fn search(&mut self, term: &str) {
        self.ask(AssistantRequest::Search { term: term.into() });
    }

    fn hear(&mut self, kind: &str, body: &Value) {
        let frame = json!({"msgType": kind, "ctiMessage": body}).to_string();
        let message = CtiMessage::read(frame.as_bytes()).expect("is JSON");
        self.tell(|assistant, now| assistant.heard(now, &message));
    }

    fn run_for(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        while let Some(at) = self.assistant.poll_timeout().map(Instant::as_millis).filter(|at| *at <= end) {
            self.now_ms = at.max(self.now_ms);
            self.tell(Assistant::on_timeout);
        }
        self.now_ms = end;
    }

    /// The names of what was asked since this was called last.
    fn asked(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.commands).iter().map(CtiCommand::name).collect()
    }
}

fn row(name: &str, number: &str, id: &str, status: i64) -> Value {
    json!({"status": status, "entry": [name, number, "false"], "contact_id": id, "source": "internal", "favorite": false})
}

fn table(rows: &[Value]) -> Value {
    json!({"headers": ["Name", "Number", "Favorite"], "entries": rows})
}

fn names(people: &[AssistantPerson]) -> Vec<&str> {
    people.iter().map(|person| person.name.expose()).collect()
}

#[test]
fn services_are_what_the_server_says_and_not_what_was_asked() {
    let mut bench = Bench::up();
    assert_eq!((bench.state.do_not_disturb, bench.state.forwards.len()), (None, 0), "nothing is assumed");
    bench.ask(AssistantRequest::DoNotDisturb { on: true });
    assert_eq!((bench.asked(), bench.state.do_not_disturb), (vec!["dnd"], None));
    bench.hear("UserConfigUpdate", &json!({"dndEnabled": true, "fullName": null, "busyFwdDestination": null}));
    assert_eq!((bench.state.do_not_disturb, &bench.state.forwards), (Some(true), &Vec::new()));
    // Another program of the user.
    bench.hear(
        "UserConfigUpdate",
        &json!({"dndEnabled": false, "fullName": "Alice Reed", "uncFwdEnabled": true, "uncFwdDestination": "1009", "voiceMailEnabled": true}),
    );
    let always = AssistantForward { when: ForwardWhen::Always, on: true, number: "1009".into() };
    assert_eq!((bench.state.do_not_disturb, &bench.state.forwards), (Some(false), &vec![always]));
    assert_eq!((bench.state.name.expose(), bench.state.voicemail_box), ("Alice Reed", Some(true)));
    bench.run_for(60_000);
    assert_eq!(bench.troubles, [""; 0]);
}

#[test]
fn a_switch_that_is_refused_or_not_confirmed_is_told_in_words_and_stays_as_it_is() {
    let mut bench = Bench::up();
    bench.hear("UserConfigUpdate", &json!({"dndEnabled": false}));
    bench.ask(AssistantRequest::DoNotDisturb { on: true });
    bench.tell(|assistant, now| assert!(assistant.refused(now, "NotForYou")));
    assert_eq!(bench.troubles, ["the XiVO refused to change do not disturb: NotForYou"]);
    bench.ask(AssistantRequest::DoNotDisturb { on: true });
    bench.run_for(9_000);
    assert_eq!(bench.troubles.len(), 1);
    bench.run_for(1_000);
    assert_eq!(bench.troubles[1], "the XiVO did not say that it changed do not disturb");
    assert_eq!(bench.state.do_not_disturb, Some(false));
    bench.tell(|assistant, now| assert!(!assistant.refused(now, "x"), "nothing is asked any more"));
}

#[test]
fn a_forward_needs_a_number_to_go_to_and_keeps_it_while_it_is_off() {
    let mut bench = Bench::up();
    let forward = |on, number: &str| AssistantRequest::Forward { when: ForwardWhen::Busy, on, number: number.into() };
    bench.ask(forward(true, " "));
    bench.ask(forward(true, "no number at all"));
    assert_eq!((bench.troubles.len(), bench.asked().len()), (2, 0), "{:?}", bench.troubles);
    bench.ask(forward(true, "+33 (1) 23"));
    let command =
        |state, destination: &str| CtiCommand::Forward { when: ForwardWhen::Busy, state, destination: destination.into() };
    assert_eq!(std::mem::take(&mut bench.commands), [command(true, "+33123")]);
    // In a number of the server's own it is the same forward.
    bench.hear("UserConfigUpdate", &json!({"busyFwdEnabled": true, "busyFwdDestination": "0033123"}));
    bench.run_for(20_000);
    assert_eq!(bench.troubles.len(), 2);
    bench.ask(forward(false, ""));
    assert_eq!(std::mem::take(&mut bench.commands), [command(false, "0033123")]);
}

#[test]
fn only_a_status_that_the_server_offers_can_be_taken() {
    let mut bench = Bench::up();
    bench.ask(AssistantRequest::Status { name: "away".into() });
    assert_eq!((bench.asked().len(), bench.troubles.len()), (0, 1));
    let hostile = "x".repeat(400);
    bench.hear(
        "UsersStatuses",
        &json!([
            {"name": "away", "longName": "Away", "color": "#FDE50A"}, {"name": "out", "color": "url(//evil)"}, {"name": hostile}
        ]),
    );
    let told: Vec<_> = bench.state.statuses.iter().map(|told| (&*told.name, &*told.title, &*told.colour)).collect();
    assert_eq!(told, [("away", "Away", "#FDE50A"), ("out", "out", "")]);
    bench.ask(AssistantRequest::Status { name: "away".into() });
    assert_eq!((bench.asked(), &bench.state.status), (vec!["userStatusUpdate"], &None));
    bench.hear("UserStatusUpdate", &json!({"status": "away"}));
    assert_eq!(bench.state.status.as_deref(), Some("away"));
}

#[test]
fn lists_are_asked_for_when_they_are_shown_one_after_another() {
    let mut bench = Bench::up();
    assert_eq!(bench.asked(), [""; 0], "nobody looks");
    bench.show(&[AssistantList::History, AssistantList::Favourites, AssistantList::Rooms, AssistantList::Directory]);
    assert_eq!(bench.asked(), ["getUserCallHistory"]);
    assert_eq!((&bench.state.history, &bench.state.directory), (&ListState::Asked, &ListState::Unasked));
    bench.hear("CallHistory", &json!([{"status": "missed", "srcNum": "1002"}]));
    assert_eq!((bench.asked(), bench.history.len(), &bench.state.history), (vec!["getFavorites"], 1, &ListState::Known));
    // What nobody asked for is nobody's answer.
    bench.hear("CallHistory", &json!([]));
    assert_eq!(bench.history.len(), 1);
    bench.hear("Favorites", &table(&[row("Bob", "1002", "17", 0)]));
    assert_eq!(bench.asked(), ["getList", "subscribeToPhoneHints"]);
    // A refusal is of what is being asked for.
    bench.tell(|assistant, now| assert!(assistant.refused(now, "no such list")));
    assert_eq!(bench.state.rooms, ListState::Refused { words: "no such list".into() });
    // Shown again, all are brought up to date; what was known stays so meanwhile.
    bench.show(&[AssistantList::History]);
    assert_eq!(
        (bench.asked(), &bench.state.history),
        (vec!["getUserCallHistory", "unsubscribeFromAllPhoneHints"], &ListState::Known)
    );
}

#[test]
fn a_list_that_is_known_in_newer_words_only_is_asked_for_in_those() {
    let mut bench = Bench::up();
    bench.show(&[AssistantList::Directory, AssistantList::Favourites]);
    bench.tell(|assistant, now| assert!(assistant.refused(now, "unknown command")));
    assert_eq!(bench.asked(), ["getFavorites", "getFavoriteContacts"]);
    let sheet =
        json!({"name": "Bob", "isFavorite": true, "status": {"phone": 8}, "actions": [{"action": "Call", "args": ["1002"]}]});
    bench.hear("FavoriteContactSheet", &json!({"sheets": [sheet]}));
    assert_eq!((names(&bench.favourites), bench.favourites[0].phone), (vec!["Bob"], Some(PhoneState::Ringing)));
    assert_eq!(bench.asked(), ["subscribeToPhoneHints"]);

    bench.search("bo");
    bench.run_for(10_000);
    assert_eq!(bench.asked(), ["directoryLookUp", "searchContacts"], "silence is no answer either");
    bench.hear("ContactSheet", &json!({"sheets": [sheet]}));
    assert_eq!((names(&bench.directory), bench.directory[0].id.is_none()), (vec!["Bob"], true));
    // The table that follows tells more.
    bench.hear("DirectoryResult", &table(&[row("Bob Stone", "1002", "17", 0)]));
    assert_eq!((names(&bench.directory), bench.directory[0].id.is_some()), (vec!["Bob Stone"], true));
    bench.search("ca");
    assert_eq!(bench.asked(), ["searchContacts"], "it is remembered");
    // Where neither is known, that is told.
    bench.run_for(10_000);
    assert_eq!(bench.state.directory, ListState::NoAnswer);
    bench.tell(|assistant, _| assistant.lost());
    bench.tell(|assistant, now| assistant.up(now));
    assert_eq!(bench.asked(), ["directoryLookUp", "subscribeToPhoneHints"], "another session may be at another server");
}

#[test]
fn what_comes_of_somebody_who_was_looked_up_before_is_not_shown() {
    let mut bench = Bench::up();
    bench.show(&[AssistantList::Directory]);
    bench.search("bo");
    bench.search("ca");
    assert_eq!(bench.asked(), ["directoryLookUp"], "the one that is under way is waited for");
    bench.hear("DirectoryResult", &table(&[row("Bob", "1002", "17", 0)]));
    assert_eq!((bench.directory.len(), &bench.state.directory), (0, &ListState::Asked));
    assert_eq!(bench.commands, [CtiCommand::DirectoryLookUp { term: "ca".into() }]);
    bench.hear("DirectoryResult", &table(&[row("Carol", "1003", "18", 0)]));
    assert_eq!((names(&bench.directory), &bench.state.directory), (vec!["Carol"], &ListState::Known));
    // Nobody is looked up any more.
    bench.search("ev");
    bench.search("  ");
    bench.hear("DirectoryResult", &table(&[row("Eve", "1004", "19", 0)]));
    assert_eq!((bench.directory.len(), &bench.state.directory), (0, &ListState::Unasked));
    bench.run_for(60_000);
    assert_eq!(bench.state.directory, ListState::Unasked);

    // Sheets, whose table comes after the next search has begun.
    bench.asked();
    bench.search("bo");
    bench.run_for(10_000);
    bench.hear("ContactSheet", &json!({"sheets": []}));
    bench.search("ca");
    bench.hear("DirectoryResult", &table(&[row("Bob", "1002", "17", 0)]));
    assert_eq!((bench.directory.len(), &bench.state.directory), (0, &ListState::Asked));
    bench.hear("ContactSheet", &json!({"sheets": [{"name": "Carol"}]}));
    assert_eq!(names(&bench.directory), ["Carol"]);
    bench.search(&"x".repeat(200));
    assert_eq!((bench.troubles.len(), bench.state.term.expose()), (1, "ca"));
}

#[test]
fn telephones_are_watched_while_they_are_shown_and_no_longer() {
    let mut bench = Bench::up();
    bench.show(&[AssistantList::Favourites, AssistantList::Directory]);
    bench.hear("Favorites", &table(&[row("Bob", "1002", "17", 0), row("Hotel", "0123456", "20", -2)]));
    bench.search("c");
    bench.hear("DirectoryResult", &table(&[row("Carol", "1003", "18", 4), row("Bob", "1002", "17", 0)]));
    let subscribed: Vec<_> = std::mem::take(&mut bench.commands);
    let subscribe = |number: &str| CtiCommand::SubscribeToPhoneHints { numbers: vec![number.into()] };
    assert!(subscribed.contains(&subscribe("1002")) && subscribed.contains(&subscribe("1003")), "{subscribed:?}");
    let phones = |people: &[AssistantPerson]| people.iter().map(|person| person.phone).collect::<Vec<_>>();
    assert_eq!(phones(&bench.directory), [Some(PhoneState::Unreachable), Some(PhoneState::Free)]);
    bench.hear("PhoneHintStatusEvent", &json!({"number": "1002", "status": 9}));
    assert_eq!(phones(&bench.favourites), [Some(PhoneState::BusyAndRinging), None]);
    assert_eq!(phones(&bench.directory), [Some(PhoneState::Unreachable), Some(PhoneState::BusyAndRinging)]);
    // Nobody asked for that one.
    let news = bench.news;
    bench.hear("PhoneHintStatusEvent", &json!({"number": "0123456", "status": 8}));
    bench.hear("PhoneHintStatusEvent", &json!({"number": "1002", "status": 9}));
    assert_eq!(bench.news, news, "what is as before is not told again");
    // The search is over: the favourite stays watched.
    bench.search("");
    assert_eq!(bench.commands, [CtiCommand::UnsubscribeFromAllPhoneHints, subscribe("1002")]);
    bench.commands.clear();
    bench.show(&[]);
    assert_eq!(bench.asked(), ["unsubscribeFromAllPhoneHints"]);
    assert_eq!(phones(&bench.favourites), [None, None], "nobody tells of it any more");
}

#[test]
fn favourites_come_and_go_by_the_servers_word() {
    let mut bench = Bench::up();
    let bob = PersonId { contact: "17".into(), source: "internal".into() };
    bench.ask(AssistantRequest::Favourite { person: bob.clone(), on: true });
    assert_eq!((bench.asked().len(), bench.troubles.len()), (0, 1), "nobody told of him");
    bench.show(&[AssistantList::Favourites]);
    bench.hear("Favorites", &table(&[]));
    bench.search("b");
    bench.hear("DirectoryResult", &table(&[row("Bob", "1002", "17", 0)]));
    bench.asked();
    bench.ask(AssistantRequest::Favourite { person: bob.clone(), on: true });
    assert_eq!((bench.asked(), bench.directory[0].favourite), (vec!["addFavorite"], false));
    bench.hear("FavoriteUpdated", &json!({"action": "Added", "contact_id": "17", "source": "internal"}));
    assert_eq!((bench.asked(), bench.directory[0].favourite), (vec!["getFavorites"], true));
    bench.hear("Favorites", &table(&[row("Bob", "1002", "17", 0)]));
    bench.ask(AssistantRequest::Favourite { person: bob, on: false });
    bench.hear("FavoriteUpdated", &json!({"action": "Oops", "contact_id": "17", "source": "internal"}));
    assert_eq!((bench.troubles.len(), bench.favourites.len()), (2, 1));
    // Another program of the user takes him out.
    bench.hear("FavoriteUpdated", &json!({"action": "Removed", "contact_id": "17", "source": "internal"}));
    assert_eq!((bench.favourites.len(), bench.directory[0].favourite), (0, false));
    bench.hear("FavoriteUpdated", &json!({"action": "Oops", "contact_id": "99", "source": "internal"}));
    bench.run_for(60_000);
    assert_eq!(bench.troubles.len(), 2);
}

#[test]
fn the_history_is_asked_for_again_after_a_call_and_while_one_goes_on() {
    let mut bench = Bench::up();
    let released = json!({"eventType": "EventReleased", "uniqueId": "1.2"});
    bench.hear("PhoneEvent", &released);
    bench.run_for(10_000);
    assert_eq!(bench.asked(), [""; 0], "nobody looks");
    bench.show(&[AssistantList::History]);
    bench.hear("CallHistory", &json!([]));
    bench.asked();
    bench.hear("PhoneEvent", &released);
    bench.run_for(2_900);
    assert_eq!(bench.asked(), [""; 0]);
    bench.run_for(100);
    assert_eq!(bench.asked(), ["getUserCallHistory"]);
    bench.hear("CallHistory", &json!([{"status": "ongoing", "srcNum": "1002"}]));
    bench.run_for(2_000);
    assert_eq!(bench.asked(), ["getUserCallHistory"]);
    let news = bench.news;
    bench.hear("CallHistory", &json!([{"status": "ongoing", "srcNum": "1002"}]));
    assert_eq!(bench.news, news);
    bench.run_for(2_000);
    bench.hear("CallHistory", &json!([{"status": "answered", "srcNum": "1002", "duration": "00:00:09"}]));
    bench.asked();
    bench.run_for(60_000);
    assert_eq!((bench.asked(), bench.history[0].talked_s), (vec![], Some(9)));
}

#[test]
fn rooms_are_looked_at_again_as_long_as_they_are_shown() {
    let mut bench = Bench::up();
    bench.show(&[AssistantList::Rooms]);
    let room = |members: Value| json!([{"number": "4010", "name": "team", "pinRequired": "true", "startTime": 5_000, "members": members}]);
    bench.hear("ConferenceList", &room(json!([])));
    assert_eq!((bench.rooms[0].pin, bench.rooms[0].started_s), (true, None));
    bench.asked();
    bench.run_for(15_000);
    assert_eq!(bench.asked(), ["getList"]);
    bench.hear("ConferenceList", &room(json!([{"name": "Bob", "number": "1002", "joinTime": 6_000}])));
    assert_eq!((bench.rooms[0].started_s, bench.rooms[0].members[0].joined_s), (Some(5), Some(6)));
    bench.show(&[]);
    bench.run_for(60_000);
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn without_the_cti_nothing_is_shown_as_if_it_were_so_and_with_it_all_is_asked_for_again() {
    let mut bench = Bench::up();
    bench.show(&[AssistantList::History, AssistantList::Favourites, AssistantList::Rooms]);
    bench.hear("UserConfigUpdate", &json!({"dndEnabled": true, "fullName": "Alice"}));
    bench.hear("CallHistory", &json!([{"status": "missed", "srcNum": "1002"}]));
    bench.hear("Favorites", &table(&[row("Bob", "1002", "17", 0)]));
    bench.hear("ConferenceList", &json!([{"number": "4010", "members": []}]));
    bench.ask(AssistantRequest::DoNotDisturb { on: false });
    bench.asked();
    bench.tell(|assistant, _| assistant.lost());
    assert_eq!((bench.state.online, bench.state.do_not_disturb, bench.state.name.expose()), (false, None, ""));
    assert_eq!((bench.history.len(), names(&bench.favourites), bench.favourites[0].phone), (1, vec!["Bob"], None));
    assert_eq!((bench.rooms.len(), &bench.state.rooms, &bench.state.history), (0, &ListState::Unasked, &ListState::Known));
    bench.run_for(600_000);
    assert_eq!((bench.asked(), bench.troubles.len()), (vec![], 0), "a question that nobody can answer is none");
    // What is asked meanwhile is told to be in vain, or done later.
    bench.ask(AssistantRequest::DoNotDisturb { on: true });
    bench.search("bo");
    bench.show(&[AssistantList::Favourites, AssistantList::Directory]);
    assert_eq!((bench.asked(), bench.troubles.len(), &bench.state.directory), (vec![], 1, &ListState::Unasked));
    bench.tell(|assistant, now| assistant.up(now));
    bench.hear("DirectoryResult", &table(&[]));
    bench.hear("Favorites", &table(&[row("Bob", "1002", "17", 8)]));
    assert_eq!(bench.asked(), ["directoryLookUp", "subscribeToPhoneHints", "getFavorites"]);
    assert_eq!(bench.favourites[0].phone, Some(PhoneState::Ringing));
    // Another account by the same name begins with nothing.
    bench.tell(|assistant, _| assistant.start());
    assert_eq!((bench.favourites.len(), bench.history.len(), &bench.state), (0, 0, &AssistantState::default()));
}

#[test]
fn a_server_that_says_too_much_is_cut_short() {
    let mut bench = Bench::up();
    bench.show(&[AssistantList::Favourites]);
    let crowd: Vec<Value> = (0..900).map(|at| row(&"n".repeat(999), &format!("1{at:04}"), &format!("{at}"), 0)).collect();
    bench.hear("Favorites", &table(&crowd));
    assert!(bench.favourites.len() <= 200 && bench.favourites[0].name.expose().len() <= 120);
    let subscribed = bench.commands.iter().find_map(|command| match command {
        CtiCommand::SubscribeToPhoneHints { numbers } => Some(numbers.len()),
        _ => None,
    });
    assert!(subscribed.is_some_and(|numbers| numbers <= 500), "{subscribed:?}");
    let statuses: Vec<Value> = (0..900).map(|at| json!({"name": format!("s{at}")})).collect();
    bench.hear("UsersStatuses", &json!(statuses));
    assert_eq!(bench.state.statuses.len(), services::MOST_STATUSES);
    // Favourites of somebody else, a thousand times: nothing is asked more than once at a time.
    bench.asked();
    for at in 0..1_000 {
        bench.hear("FavoriteUpdated", &json!({"action": "Added", "contact_id": format!("{at}"), "source": "x"}));
        bench.hear("PhoneHintStatusEvent", &json!({"number": format!("{at}"), "status": "BUSY"}));
        bench.hear("PhoneHintStatusEvent", &json!([at]));
    }
    assert_eq!(bench.asked(), ["getFavorites"]);
    for at in 0..100 {
        bench.ask(AssistantRequest::Favourite { person: bench.favourites[at].id.clone().expect("has one"), on: true });
    }
    assert_eq!((bench.asked().len(), bench.troubles.len()), (32, 68));
}
