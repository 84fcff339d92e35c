//! Conference rooms that the user is in.

use model::RoomAct;

use super::*;

fn person(index: u32, name: &str, role: &str, is_me: bool) -> Value {
    json!({"index": index, "since": 5, "isMe": is_me, "role": role, "callerIdName": name, "callerIdNum": format!("100{index}")})
}

/// The user comes into a room, as its third.
fn join(number: &str, unique_id: &str, role: &str) -> Value {
    let participants =
        [person(3, "Alice Reed", role, true), person(1, "Bob Stone", "Organizer", false), person(2, "Carol", "User", false)];
    json!({
        "eventType": "Join", "uniqueId": unique_id, "conferenceName": "team", "conferenceNumber": number, "since": 12,
        "participants": participants
    })
}

fn changed(mut person: Value, what: &str, unique_id: &str, part: &Value) -> Value {
    (person["eventType"], person["uniqueId"]) = (what.into(), unique_id.into());
    for (name, value) in part.as_object().into_iter().flatten() {
        person[name] = value.clone();
    }
    person
}

/// Name, muted, talking, deaf of each in a room.
fn drawn(meeting: &AssistantMeeting) -> Vec<(&str, bool, bool, bool)> {
    meeting.participants.iter().map(|one| (one.name.expose(), one.muted, one.talking, one.deaf)).collect()
}

impl Bench {
    fn in_room(role: &str) -> Self {
        let mut bench = Self::up();
        bench.hear("ConferenceEvent", &join("4000", "u.1", role));
        bench
    }

    fn act(&mut self, number: &str, act: RoomAct) {
        self.ask(AssistantRequest::Room { number: number.into(), act });
    }

    fn participant(&mut self, person: Value, what: &str, part: &Value) {
        let body = changed(person, what, "u.1", part);
        self.hear("ConferenceParticipantEvent", &body);
    }
}

#[test]
fn a_room_is_known_from_coming_in_until_leaving_and_who_is_in_it_follows_the_server() {
    let mut bench = Bench::in_room("User");
    let [room] = &bench.meetings[..] else { panic!("{:?}", bench.meetings) };
    assert_eq!((room.number.expose(), room.name.expose(), room.organizer), ("4000", "team", false));
    let nobody = |name| (name, false, false, false);
    assert_eq!(drawn(room), [nobody("Bob Stone"), nobody("Carol"), nobody("Alice Reed")], "by their numbers in it");
    assert_eq!(room.participants.iter().filter(|one| one.me).map(|one| one.index).collect::<Vec<_>>(), [3]);

    bench.participant(json!({"index": 1, "role": "Organizer"}), "Update", &json!({"isTalking": true}));
    bench.participant(person(2, "Carol", "User", false), "Update", &json!({"isMuted": true, "isDeaf": true}));
    bench.participant(person(4, "Dave", "User", false), "Join", &Value::Null);
    let all = [("Bob Stone", false, true, false), ("Carol", true, false, true), nobody("Alice Reed"), nobody("Dave")];
    assert_eq!(drawn(&bench.meetings[0]), all, "who is told of without a name keeps his");
    bench.participant(person(1, "", "Organizer", false), "Leave", &Value::Null);
    // What comes after somebody has left does not bring him back, and other rooms are not this one.
    bench.participant(person(1, "Bob Stone", "Organizer", false), "Update", &json!({"isTalking": false}));
    bench.hear("ConferenceParticipantEvent", &changed(person(9, "Eve", "User", false), "Join", "u.7", &Value::Null));
    assert_eq!(drawn(&bench.meetings[0]), all[1..]);

    let before = bench.news;
    bench.participant(person(4, "Dave", "User", false), "Update", &Value::Null);
    assert_eq!(bench.news, before, "nothing has changed");
    bench.hear("ConferenceEvent", &json!({"eventType": "Leave", "uniqueId": "u.1", "conferenceNumber": "4000"}));
    assert_eq!(bench.meetings, []);
}

#[test]
fn a_room_is_over_with_the_call_that_led_to_it_and_while_the_server_cannot_be_heard() {
    let mut bench = Bench::in_room("User");
    bench.hear("ConferenceEvent", &join("4001", "u.2", "User"));
    assert_eq!(bench.meetings.len(), 2);
    bench.hear("PhoneEvent", &json!({"eventType": "EventReleased", "uniqueId": "u.1"}));
    assert_eq!(bench.meetings.iter().map(|room| room.number.expose()).collect::<Vec<_>>(), ["4001"]);
    let goes_on = json!({"events": [{"eventType": "EventEstablished", "uniqueId": "u.2"}]});
    bench.hear("CurrentCallsPhoneEvents", &goes_on);
    assert_eq!(bench.meetings.len(), 1);
    bench.hear("CurrentCallsPhoneEvents", &json!({"events": []}));
    assert_eq!(bench.meetings, []);
    bench.hear("ConferenceEvent", &join("4000", "u.3", "User"));
    bench.tell(|assistant, _| assistant.lost());
    assert_eq!(bench.meetings, []);
}

#[test]
fn of_two_rooms_the_one_that_is_named_is_acted_on() {
    let mut bench = Bench::in_room("Organizer");
    bench.hear("ConferenceEvent", &join("4001", "u.2", "Organizer"));
    bench.commands.clear();
    let named = |act: RoomAct| CtiCommand::Room { number: "4000".into(), act };
    let invited = RoomAct::Invite { number: "1003".into(), organizer: false };
    for act in [
        RoomAct::MuteMe,
        RoomAct::UnmuteMe,
        RoomAct::MuteAll,
        RoomAct::UnmuteAll,
        RoomAct::Mute { index: 2 },
        RoomAct::Unmute { index: 2 },
        RoomAct::Deafen { index: 2 },
        RoomAct::Undeafen { index: 2 },
        RoomAct::Reset,
        invited,
        RoomAct::Kick { index: 2 },
        RoomAct::Close,
    ] {
        bench.act("4000", act.clone());
        assert_eq!(bench.commands.pop(), Some(named(act)));
    }
    assert_eq!(bench.troubles, [""; 0]);
}

#[test]
fn who_is_no_organizer_may_mute_himself_and_no_more() {
    let mut bench = Bench::in_room("User");
    bench.act("4000", RoomAct::MuteMe);
    assert_eq!(bench.asked(), ["conferenceMuteMe"]);
    assert!(!bench.meetings[0].participants[2].muted, "that is the server's to say");
    for act in [RoomAct::MuteAll, RoomAct::Kick { index: 2 }, RoomAct::Close, RoomAct::Reset] {
        bench.act("4000", act);
        assert_eq!(bench.troubles.pop().as_deref(), Some("only an organizer of the conference room may do that"));
    }
    // He is made one.
    bench.participant(person(3, "Alice Reed", "Organizer", true), "Update", &json!({"isMuted": true}));
    assert!(bench.meetings[0].organizer && bench.meetings[0].participants[2].muted);
    bench.act("4000", RoomAct::Kick { index: 2 });
    assert_eq!(bench.asked(), ["conferenceKick"]);
    bench.act("4000", RoomAct::Kick { index: 77 });
    assert_eq!(bench.troubles.pop().as_deref(), Some("this participant is not in the conference room"));
    bench.act("4005", RoomAct::MuteMe);
    assert_eq!(bench.troubles.pop().as_deref(), Some("you are not in this conference room"));
    bench.act("4000", RoomAct::Invite { number: "not a number at all!".into(), organizer: false });
    assert_eq!((bench.asked().len(), bench.troubles.len()), (0, 1));
}

#[test]
fn a_command_that_is_refused_or_comes_to_nothing_is_told_and_one_that_is_done_is_not() {
    let mut bench = Bench::in_room("Organizer");
    bench.act("4000", RoomAct::Mute { index: 2 });
    bench.participant(person(2, "Carol", "User", false), "Update", &json!({"isMuted": true}));
    // What cannot be seen is not missed.
    bench.act("4000", RoomAct::Invite { number: "1003".into(), organizer: false });
    bench.run_for(20_000);
    assert_eq!(bench.troubles, [""; 0]);
    bench.act("4000", RoomAct::Deafen { index: 2 });
    bench.run_for(9_999);
    assert_eq!(bench.troubles, [""; 0]);
    bench.run_for(1);
    assert_eq!(bench.troubles, ["the XiVO did not say that it did what was asked of the conference room"]);
    bench.act("4000", RoomAct::Kick { index: 1 });
    bench.tell(|assistant, _| assistant.refused_in_room("NotOrganizer"));
    assert_eq!(
        bench.troubles.last().map(String::as_str),
        Some("the XiVO refused what was asked of the conference room: NotOrganizer")
    );
    bench.run_for(20_000);
    assert_eq!(bench.troubles.len(), 2, "and that is all");
}

#[test]
fn a_room_as_full_as_no_room_is_has_an_end() {
    let mut bench = Bench::up();
    let many: Vec<Value> = (0..300).map(|index| person(index, &"n".repeat(999), "User", false)).collect();
    for number in 0..12 {
        let room = json!({
            "eventType": "Join", "uniqueId": format!("u.{number}"), "conferenceNumber": number.to_string(), "participants": many
        });
        bench.hear("ConferenceEvent", &room);
    }
    assert_eq!((bench.meetings.len(), bench.meetings[0].participants.len()), (8, 200));
    assert_eq!(bench.meetings[0].participants[0].name.expose().len(), LONGEST);
}

#[test]
fn a_room_of_before_the_cti_was_lost_is_shown_again_while_its_call_goes_on_and_held_against_the_list_of_rooms() {
    let mut bench = Bench::in_room("Organizer");
    bench.hear("ConferenceEvent", &join("4001", "u.2", "User"));
    bench.tell(|assistant, _| assistant.lost());
    bench.tell(|assistant, _| assistant.lost());
    assert_eq!(bench.meetings, [], "nobody tells of it now");
    bench.tell(|assistant, now| assistant.up(now));
    assert_eq!(bench.meetings, []);
    let call = |id: &str| json!({"eventType": "EventEstablished", "uniqueId": id, "linkedId": id});
    bench.asked();
    bench.hear("CurrentCallsPhoneEvents", &json!({"events": [call("u.1")]}));
    assert_eq!(bench.meetings.iter().map(|room| room.number.expose()).collect::<Vec<_>>(), ["4000"], "the other call is over");
    assert_eq!((bench.meetings[0].organizer, bench.asked()), (true, vec!["getList"]));
    // Carol has left meanwhile, Bob is muted, and somebody has come.
    let member = |name: &str, number: &str, muted: bool| json!({"name": name, "number": number, "muted": muted, "joinTime": 1});
    let members = [member("Bob Stone", "1001", true), member("Eve", "1005", false)];
    bench.hear("ConferenceList", &json!([{"number": "4000", "name": "team", "members": members}]));
    let left = [("Bob Stone", true, false, false), ("Alice Reed", false, false, false)];
    assert_eq!(drawn(&bench.meetings[0]), left);
    bench.participant(person(4, "Eve", "User", false), "Update", &json!({"isTalking": true}));
    assert_eq!(drawn(&bench.meetings[0])[2], ("Eve", false, true, false), "she is known once the server tells of her");
    bench.act("4000", RoomAct::Mute { index: 4 });
    assert_eq!(bench.asked(), ["conferenceMute"]);
    // A room that it tells of anew is as it says.
    bench.hear("ConferenceEvent", &join("4000", "u.1", "User"));
    assert_eq!((bench.meetings.len(), bench.meetings[0].participants.len(), bench.meetings[0].organizer), (1, 3, false));
    bench.hear("PhoneEvent", &json!({"eventType": "EventReleased", "uniqueId": "u.1"}));
    assert_eq!(bench.meetings, []);
    bench.tell(|assistant, _| assistant.lost());
    bench.tell(|assistant, now| assistant.up(now));
    bench.hear("CurrentCallsPhoneEvents", &json!({"events": [call("u.1")]}));
    assert_eq!(bench.meetings, [], "it was left");
}
