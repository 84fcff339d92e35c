//! What a XiVO does for its user beside calls, as the page sees it: row F32 of the acceptance table, in the running phone.

use std::sync::Arc;

use model::{
    AccountId, AssistantList, AssistantPerson, AssistantRequest, AssistantState, AssistantView, Command, Event, ForwardWhen,
    ListState, PersonId, PhoneState, Provider,
};
use phone::AssistantLists;
use serde_json::{Value, json};
use tests::{CtiFaults, Scenario, ms, seconds};

use super::{end, troubles};

fn account() -> AccountId {
    AccountId("desk".into())
}

fn view(t: &Scenario) -> AssistantView {
    t.alice().snapshot().assistants.iter().find(|view| view.account == account()).expect("it has an assistant").clone()
}

fn state(t: &Scenario) -> AssistantState {
    view(t).state
}

pub(super) fn lists(t: &Scenario) -> Arc<AssistantLists> {
    t.alice().phone.assistant(&account())
}

pub(super) fn ask(t: &Scenario, request: AssistantRequest) {
    t.alice().send(Command::Assist { account: account(), request });
    t.run_for(ms(500));
}

fn show(t: &Scenario, lists: &[AssistantList]) {
    ask(t, AssistantRequest::Show { lists: lists.to_vec() });
}

fn search(t: &Scenario, term: &str) {
    ask(t, AssistantRequest::Search { term: term.into() });
}

fn names(people: &[AssistantPerson]) -> Vec<&str> {
    people.iter().map(|person| person.name.expose()).collect()
}

/// What was told last of what does not work.
pub(super) fn trouble(t: &Scenario) -> String {
    let last = t.alice().events().into_iter().rev().find_map(|event| match event {
        Event::Failed { call: None, message, .. } => Some(message),
        _ => None,
    });
    last.expect("something was told")
}

fn forward(t: &Scenario, when: ForwardWhen) -> (bool, String) {
    let forward = state(t).forwards.into_iter().find(|forward| forward.when == when).expect("the server tells of it");
    (forward.on, forward.number.expose().to_owned())
}

/// The commands that came since so many.
fn commands_from(t: &Scenario, from: usize) -> Vec<String> {
    t.xuc().commands().split_off(from)
}

#[test]
fn f32_services_are_known_from_signing_in_and_follow_the_server() {
    let t = Scenario::new().with_xivo();
    let known = state(&t);
    assert!(known.online);
    assert_eq!((known.name.expose(), known.do_not_disturb, known.voicemail_box), ("Alice Reed", Some(false), Some(true)));
    assert_eq!(forward(&t, ForwardWhen::Always), (true, "1009".into()));
    assert_eq!(known.statuses.iter().map(|status| &*status.title).collect::<Vec<_>>(), ["Available", "Away", "Do not disturb"]);
    let from = t.xuc().commands().len();
    t.run_for(seconds(60));
    assert_eq!(commands_from(&t, from), [""; 0], "nothing is asked while nobody looks");

    ask(&t, AssistantRequest::DoNotDisturb { on: true });
    assert_eq!(state(&t).do_not_disturb, Some(true));
    assert!(!t.alice().snapshot().do_not_disturb, "the phone's own is another one");
    ask(&t, AssistantRequest::Forward { when: ForwardWhen::Busy, on: true, number: "1003".into() });
    assert_eq!((forward(&t, ForwardWhen::Busy), forward(&t, ForwardWhen::Always).0), ((true, "1003".into()), true));
    ask(&t, AssistantRequest::Forward { when: ForwardWhen::Always, on: false, number: "".into() });
    assert_eq!(forward(&t, ForwardWhen::Always), (false, "1009".into()));
    ask(&t, AssistantRequest::Status { name: "away".into() });
    assert_eq!(state(&t).status.as_deref(), Some("away"));
    // And what another program of the user sets.
    t.xuc().other_program(&json!({"command": "dnd", "state": false}));
    t.xuc().other_program(&json!({"command": "busyFwd", "state": false, "destination": ""}));
    t.xuc().other_program(&json!({"command": "userStatusUpdate", "status": "available"}));
    t.run_for(ms(50));
    assert_eq!((state(&t).do_not_disturb, state(&t).status.as_deref()), (Some(false), Some("available")));
    assert_eq!(forward(&t, ForwardWhen::Busy), (false, String::new()));
    t.run_for(seconds(30));
    assert_eq!(troubles(&t), 0);
}

#[test]
fn f32_a_service_that_is_refused_or_not_there_is_told_and_not_shown_as_done() {
    let t = Scenario::new().with_xivo();
    t.xuc().refuses_command("dnd");
    ask(&t, AssistantRequest::DoNotDisturb { on: true });
    assert_eq!(state(&t).do_not_disturb, Some(false));
    assert_eq!(trouble(&t), "the XiVO refused to change do not disturb: NotForYou");
    t.xuc().knows_command("busyFwd", false);
    ask(&t, AssistantRequest::Forward { when: ForwardWhen::Busy, on: true, number: "1003".into() });
    t.run_for(seconds(11));
    assert_eq!(forward(&t, ForwardWhen::Busy), (false, String::new()));
    assert_eq!(trouble(&t), "the XiVO did not say that it changed the forward");
    ask(&t, AssistantRequest::Forward { when: ForwardWhen::NoAnswer, on: true, number: "".into() });
    assert_eq!(trouble(&t), "a forward needs a number to go to");
    ask(&t, AssistantRequest::Status { name: "dancing".into() });
    assert_eq!(trouble(&t), "the XiVO knows no such status");
    // Rooms are deprecated, and a directory need not be there.
    t.xuc().refuses_command("getList");
    for command in ["directoryLookUp", "searchContacts"] {
        t.xuc().knows_command(command, false);
    }
    show(&t, &[AssistantList::Rooms, AssistantList::Directory]);
    search(&t, "bob");
    t.run_for(seconds(21));
    assert_eq!(state(&t).rooms, ListState::Refused { words: "NotForYou".into() });
    assert_eq!(state(&t).directory, ListState::NoAnswer);
    assert_eq!(troubles(&t), 4, "a list says so itself");
}

#[test]
fn f32_the_calls_that_the_server_remembers_are_shown_beside_the_phones_own_history() {
    let t = Scenario::new().with_xivo();
    show(&t, &[AssistantList::History]);
    assert_eq!((state(&t).history, view(&t).changes.history), (ListState::Known, 2), "once empty, once told");
    assert_eq!(lists(&t).history.iter().map(|call| call.name.expose()).collect::<Vec<_>>(), ["Bob Stone", "Carol Day"]);
    let talk = t.call("bob", "alice");
    t.xuc().remembers(json!({
        "start": "2026-01-06 08:00:00", "duration": "00:00:02", "status": "answered", "srcNum": "bob", "srcFirstName": "Bob"
    }));
    end(&t, &[talk.called]);
    t.run_for(seconds(4));
    assert_eq!((lists(&t).history.len(), lists(&t).history[0].talked_s), (3, Some(2)));
    assert!(t.alice().snapshot().changes.history > 0, "the phone's own has the call, too");
    show(&t, &[]);
    let from = t.xuc().commands().len();
    let talk = t.call("bob", "alice");
    end(&t, &[talk.called]);
    t.run_for(seconds(10));
    assert!(!commands_from(&t, from).contains(&"getUserCallHistory".to_owned()), "nobody looks");
}

#[test]
fn f32_people_are_looked_up_and_their_telephones_watched_while_they_are_shown() {
    let t = Scenario::new().with_xivo();
    show(&t, &[AssistantList::Directory, AssistantList::Favourites]);
    t.xuc().phone_is("bob", 8);
    search(&t, "o");
    let found = lists(&t).directory.to_vec();
    assert_eq!(names(&found), ["Bob Stone", "Carol Day"]);
    assert_eq!((found[0].phone, found[1].phone), (Some(PhoneState::Ringing), Some(PhoneState::Free)));
    assert_eq!(found[0].numbers.iter().map(|number| number.number.expose()).collect::<Vec<_>>(), ["bob", "0600000001"]);
    assert_eq!(t.xuc().watched(), ["0600000001", "0600000002", "608", "bob"]);
    t.xuc().phone_is("bob", 2);
    t.run_for(ms(50));
    assert_eq!(lists(&t).directory[0].phone, Some(PhoneState::Busy));
    // One of them becomes a favourite, and is watched as one when nobody is looked up any more.
    let bob = found[0].id.clone().expect("the server names him");
    ask(&t, AssistantRequest::Favourite { person: bob.clone(), on: true });
    assert_eq!((names(&lists(&t).favourites), lists(&t).directory[0].favourite), (vec!["Bob Stone"], true));
    search(&t, "");
    assert_eq!((lists(&t).directory.len(), state(&t).directory), (0, ListState::Unasked));
    assert_eq!(t.xuc().watched(), ["0600000001", "bob"]);
    t.xuc().phone_is("bob", 0);
    t.run_for(ms(50));
    assert_eq!(lists(&t).favourites[0].phone, Some(PhoneState::Free));
    show(&t, &[]);
    assert_eq!((t.xuc().watched(), lists(&t).favourites[0].phone), (Vec::new(), None));
    // Another program of the user takes him out.
    t.xuc().other_program(&json!({"command": "removeFavorite", "contactId": "17", "source": "internal"}));
    t.run_for(ms(50));
    assert_eq!(lists(&t).favourites.len(), 0);
    let nobody = PersonId { contact: "99".into(), source: "internal".into() };
    ask(&t, AssistantRequest::Favourite { person: nobody, on: true });
    assert_eq!(trouble(&t), "the XiVO has not told of this person");
}

#[test]
fn f32_a_newer_server_is_asked_in_its_own_words() {
    let t = Scenario::new().with_xivo();
    for command in ["directoryLookUp", "getFavorites"] {
        t.xuc().refuses_command(command);
    }
    t.xuc().other_program(&json!({"command": "addFavorite", "contactId": "18", "source": "internal"}));
    show(&t, &[AssistantList::Favourites, AssistantList::Directory]);
    search(&t, "bob");
    assert_eq!(names(&lists(&t).favourites), ["Carol Day"]);
    assert_eq!((names(&lists(&t).directory), lists(&t).directory[0].id.is_some()), (vec!["Bob Stone"], true));
    assert_eq!(troubles(&t), 0);
}

#[test]
fn f32_rooms_are_shown_with_who_is_in_them() {
    let t = Scenario::new().with_xivo();
    show(&t, &[AssistantList::Rooms]);
    let idle = lists(&t);
    let team = &idle.rooms[0];
    assert_eq!((team.number.expose(), team.pin, team.started_s, team.members.len()), ("4010", true, None, 0));
    let member = |name: &str, joined: i64| json!({"joinTime": joined, "name": name, "number": "1002", "muted": false});
    t.xuc().has_rooms(json!([{
        "number": "4010", "name": "team", "pinRequired": false, "startTime": 1_767_000_000_000_i64,
        "members": [member("Carol Day", 1_767_000_009_000), member("Bob Stone", 1_767_000_004_000)]
    }]));
    t.run_for(seconds(16));
    let busy = lists(&t);
    let team = &busy.rooms[0];
    assert_eq!((team.pin, team.started_s), (false, Some(1_767_000_000)));
    assert_eq!(team.members.iter().map(|member| member.name.expose()).collect::<Vec<_>>(), ["Bob Stone", "Carol Day"]);
}

#[test]
fn f32_without_the_cti_nothing_is_shown_as_if_it_were_so_and_with_it_all_is_asked_for_again() {
    let t = Scenario::new().with_xivo();
    t.xuc().other_program(&json!({"command": "addFavorite", "contactId": "17", "source": "internal"}));
    show(&t, &[AssistantList::Favourites, AssistantList::History, AssistantList::Rooms]);
    assert_eq!(lists(&t).favourites[0].phone, Some(PhoneState::Free));
    t.xuc().refuses(Some(503));
    t.xuc().close_cti();
    t.run_for(ms(50));
    let lost = state(&t);
    assert_eq!((lost.online, lost.do_not_disturb, lost.forwards.len(), lost.statuses.len()), (false, None, 0, 0));
    assert_eq!((names(&lists(&t).favourites), lists(&t).favourites[0].phone), (vec!["Bob Stone"], None));
    assert_eq!((lists(&t).history.len(), lists(&t).rooms.len()), (2, 0));
    ask(&t, AssistantRequest::DoNotDisturb { on: true });
    assert!(trouble(&t).contains("its CTI is not connected"), "{}", trouble(&t));
    // Meanwhile the world goes on.
    t.xuc().phone_is("bob", 16);
    t.xuc().other_program(&json!({"command": "dnd", "state": true}));
    t.xuc().remembers_only(Vec::new());
    t.xuc().refuses(None);
    t.run_until("the CTI is back", seconds(40), |t| state(t).online);
    t.run_for(ms(500));
    assert_eq!((state(&t).do_not_disturb, lists(&t).favourites[0].phone), (Some(true), Some(PhoneState::OnHold)));
    assert_eq!((lists(&t).history.len(), lists(&t).rooms.len()), (0, 1));
    assert_eq!(t.xuc().watched(), ["0600000001", "bob"], "a new session tells nothing of its own");
}

#[test]
fn f32_an_account_that_is_switched_off_has_no_assistant_and_another_one_never_had() {
    let t = Scenario::new().with_xivo_and_sip();
    assert_eq!(t.alice().snapshot().assistants.len(), 1);
    show(&t, &[AssistantList::History]);
    t.alice().send(Command::Assist { account: AccountId("dave".into()), request: AssistantRequest::DoNotDisturb { on: true } });
    t.run_for(ms(50));
    assert!(t.alice().snapshot().notices.iter().any(|notice| notice.trouble.to_string().contains("dave")), "that is told");
    let mut settings = model::Settings::clone(&t.alice().phone.settings().borrow());
    settings.accounts[0].enabled = false;
    t.alice().send(Command::SaveSettings { settings: Box::new(settings) });
    t.run_for(seconds(3));
    assert_eq!((t.alice().snapshot().assistants.len(), lists(&t).history.len()), (0, 0));
}

#[test]
fn f32_a_line_that_is_started_anew_shows_what_is_drawn() {
    let t = Scenario::new().with_xivo();
    show(&t, &[AssistantList::History]);
    let before = view(&t).changes.history;
    let mut settings = model::Settings::clone(&t.alice().phone.settings().borrow());
    let Provider::Xivo(xivo) = &mut settings.accounts[0].provider else { panic!("it is at a XiVO") };
    xivo.display_name = "Alice".into();
    t.alice().send(Command::SaveSettings { settings: Box::new(settings) });
    t.run_until("its CTI is open again", seconds(20), |t| {
        state(t).history == ListState::Known && view(t).changes.history > before
    });
    t.run_for(seconds(1));
    assert_eq!((state(&t).online, lists(&t).history.len()), (true, 2));
}

#[test]
fn f32_pushes_in_odd_forms_and_far_too_many_do_no_harm() {
    let t = Scenario::new().with_xivo();
    show(&t, &[AssistantList::History, AssistantList::Favourites, AssistantList::Directory, AssistantList::Rooms]);
    t.xuc().goes_wrong(CtiFaults { odd: true, twice: true, ..CtiFaults::default() });
    let long = "x".repeat(5_000);
    let entries: Vec<Value> =
        (0..300).map(|at| json!({"entry": [long, at], "status": 0, "contact_id": at, "source": []})).collect();
    for _ in 0..3 {
        for kind in ["DirectoryResult", "Favorites"] {
            t.xuc().say(kind, &json!({"headers": [long, null], "entries": entries}));
        }
        t.xuc().say("UsersStatuses", &json!([{"name": long}, {"name": "ok", "color": "#12"}]));
        t.xuc().say("UserConfigUpdate", &json!({"dndEnabled": "TRUE", "fullName": long, "uncFwdDestination": {"a": 1}}));
        t.xuc().say("PhoneHintStatusEvent", &json!({"number": long, "status": 1_000_000}));
        t.xuc().say("ConferenceList", &json!([{"number": long, "members": entries}]));
        t.xuc().say("CallHistory", &json!(entries));
        t.run_for(ms(20));
    }
    assert!(t.alice().is_registered() && state(&t).online);
    assert_eq!((state(&t).do_not_disturb, state(&t).name.expose().len()), (Some(true), 120));
    assert_eq!(state(&t).statuses.iter().map(|status| (&*status.name, &*status.colour)).collect::<Vec<_>>(), [("ok", "")]);
    assert_eq!((lists(&t).directory.len(), lists(&t).favourites.len(), lists(&t).history.len()), (0, 0, 2), "nobody asked");
    let talk = t.call("bob", "alice");
    end(&t, &[talk.called]);
}
