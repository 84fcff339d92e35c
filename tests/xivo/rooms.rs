//! Inside a conference room of the server: the part of row F32 that is about those who are in one.

use model::{AssistantMeeting, AssistantRequest, CallId, Event, RoomAct};
use tests::{Scenario, ms, seconds};

use super::{
    all_events,
    assistant::{ask, lists, trouble},
    end, troubles,
};

/// Alice's phone in the room 607; she is one of its organizers, or not.
fn in_room(organizer: bool) -> (Scenario, CallId) {
    let t = Scenario::new().with_xivo();
    t.xuc().opens_room("607", "team", organizer);
    let call = enter(&t, "607");
    (t, call)
}

fn enter(t: &Scenario, number: &str) -> CallId {
    let call = t.dial("alice", number);
    t.run_until("the room answers", seconds(3), |t| t.alice().is_established(call));
    t.run_for(ms(100));
    call
}

fn act(t: &Scenario, number: &str, act: RoomAct) {
    ask(t, AssistantRequest::Room { number: number.into(), act });
}

fn meetings(t: &Scenario) -> Vec<AssistantMeeting> {
    lists(t).meetings.to_vec()
}

fn room(t: &Scenario, number: &str) -> AssistantMeeting {
    meetings(t).into_iter().find(|meeting| meeting.number.expose() == number).expect("alice is in the room")
}

/// Name, whether muted, whether deaf, of each.
fn people(meeting: &AssistantMeeting) -> Vec<(&str, bool, bool)> {
    meeting.participants.iter().map(|one| (one.name.expose(), one.muted, one.deaf)).collect()
}

#[test]
fn f32_who_is_in_a_room_and_who_speaks_is_known_as_long_as_the_user_is_there() {
    let (t, call) = in_room(false);
    let team = room(&t, "607");
    assert_eq!((team.name.expose(), team.organizer), ("team", false));
    assert_eq!(people(&team), [("Bob Stone", false, false), ("Carol Day", false, false), ("Alice Reed", false, false)]);
    assert_eq!(
        team.participants.iter().map(|one| (one.me, one.organizer)).collect::<Vec<_>>(),
        [(false, true), (false, false), (true, false)]
    );
    let before = t.alice().snapshot().assistants[0].changes.meetings;
    t.xuc().talks("607", 1, true);
    t.run_for(ms(50));
    assert!(room(&t, "607").participants[0].talking);
    assert_eq!(t.alice().snapshot().assistants[0].changes.meetings, before + 1);
    let told = |kind: &str| all_events(&t).iter().filter(|told| told.group == "cti" && told.kind == kind).count();
    assert_eq!((told("ConferenceEvent"), told("ConferenceParticipantEvent")), (1, 1), "under their XiVO names");
    end(&t, &[call]);
    t.run_for(ms(100));
    assert_eq!(meetings(&t), []);
    assert_eq!(troubles(&t), 0);
}

#[test]
fn f32_a_guest_mutes_himself_and_what_only_organizers_may_is_refused_in_words() {
    let (t, call) = in_room(false);
    act(&t, "607", RoomAct::MuteMe);
    assert!(room(&t, "607").participants[2].muted);
    let is_muted = t.alice().snapshot().calls.iter().any(|view| view.id == call && view.muted);
    assert!(!is_muted, "the phone's own microphone is another switch");
    act(&t, "607", RoomAct::UnmuteMe);
    assert!(!room(&t, "607").participants[2].muted);
    let asked = t.xuc().commands().len();
    act(&t, "607", RoomAct::Kick { index: 2 });
    assert_eq!(trouble(&t), "only an organizer of the conference room may do that");
    assert_eq!(t.xuc().commands().len(), asked, "the server is not even asked");
    t.xuc().refuses_command("conferenceMuteMe");
    act(&t, "607", RoomAct::MuteMe);
    assert_eq!(trouble(&t), "the XiVO refused what was asked of the conference room: NotForYou");
    t.xuc().knows_command("conferenceMuteMe", false);
    act(&t, "607", RoomAct::MuteMe);
    t.run_for(seconds(10));
    assert_eq!(trouble(&t), "the XiVO did not say that it did what was asked of the conference room");
    assert!(!room(&t, "607").participants[2].muted);
    act(&t, "608", RoomAct::MuteMe);
    assert_eq!(trouble(&t), "you are not in this conference room");
    assert_eq!(troubles(&t), 4);
}

#[test]
fn f32_an_organizer_mutes_deafens_invites_and_puts_out_whom_he_names() {
    let (t, call) = in_room(true);
    act(&t, "607", RoomAct::Mute { index: 2 });
    act(&t, "607", RoomAct::Deafen { index: 1 });
    let nobody = |name| (name, false, false);
    assert_eq!(people(&room(&t, "607")), [("Bob Stone", false, true), ("Carol Day", true, false), nobody("Alice Reed")]);
    act(&t, "607", RoomAct::Unmute { index: 2 });
    act(&t, "607", RoomAct::Undeafen { index: 1 });
    act(&t, "607", RoomAct::MuteAll);
    assert_eq!(people(&room(&t, "607")), [("Bob Stone", true, false), ("Carol Day", true, false), nobody("Alice Reed")]);
    act(&t, "607", RoomAct::UnmuteAll);
    act(&t, "607", RoomAct::Invite { number: "1004".into(), organizer: false });
    act(&t, "607", RoomAct::Kick { index: 2 });
    let left = ["Bob Stone", "Alice Reed", "Guest 1004"].map(nobody);
    assert_eq!(people(&room(&t, "607")), left);
    act(&t, "607", RoomAct::Mute { index: 4 });
    act(&t, "607", RoomAct::Reset);
    assert_eq!(people(&room(&t, "607")), left);
    t.run_for(seconds(20));
    assert_eq!(troubles(&t), 0, "all of it was done");
    act(&t, "607", RoomAct::Close);
    t.cause("alice", call);
    assert_eq!(meetings(&t), []);
}

#[test]
fn f32_an_organizer_brings_the_other_one_of_another_call_into_the_room() {
    let (t, call) = in_room(true);
    act(&t, "607", RoomAct::Include { organizer: false });
    assert!(trouble(&t).contains("NoCall"), "{}", trouble(&t));
    let other = t.dial("alice", "600");
    t.run_until("the echo answers", seconds(3), |t| t.alice().is_established(other));
    t.run_for(ms(500));
    act(&t, "607", RoomAct::Include { organizer: true });
    t.cause("alice", other);
    assert_eq!(people(&room(&t, "607")).last(), Some(&("Guest 600", false, false)));
    assert!(room(&t, "607").participants[3].organizer && t.alice().is_established(call));
    // Of two rooms the server would choose.
    t.xuc().opens_room("608", "board", true);
    let second = enter(&t, "608");
    let asked = t.xuc().commands().len();
    act(&t, "607", RoomAct::Include { organizer: false });
    assert_eq!(trouble(&t), "nobody can be brought in while you are in several conference rooms");
    assert_eq!(t.xuc().commands().len(), asked);
    end(&t, &[call, second]);
}

#[test]
fn f32_of_two_rooms_the_one_that_is_named_is_acted_on_and_not_that_of_the_call_in_conversation() {
    let (t, first) = in_room(true);
    t.xuc().opens_room("608", "board", true);
    let second = enter(&t, "608");
    assert!(t.alice().is_established(first) && t.alice().is_established(second));
    for what in [RoomAct::MuteMe, RoomAct::Mute { index: 2 }, RoomAct::Deafen { index: 2 }] {
        act(&t, "607", what);
    }
    assert_eq!(people(&room(&t, "607")), [("Bob Stone", false, false), ("Carol Day", true, true), ("Alice Reed", true, false)]);
    assert_eq!(people(&room(&t, "608")).iter().filter(|one| one.1 || one.2).count(), 0);
    act(&t, "607", RoomAct::Close);
    t.cause("alice", first);
    assert_eq!(meetings(&t).iter().map(|meeting| meeting.number.expose()).collect::<Vec<_>>(), ["608"]);
    assert!(t.alice().is_established(second), "the other one goes on");
    // Who is put out himself is out.
    t.xuc().other_program(&serde_json::json!({"command": "conferenceKick", "numConf": "608", "index": 3}));
    t.cause("alice", second);
    assert_eq!(meetings(&t), []);
}

#[test]
fn f32_a_room_is_not_shown_while_the_cti_is_away_and_is_there_again_with_it_as_long_as_its_call_goes_on() {
    let (t, call) = in_room(true);
    t.xuc().refuses(Some(503));
    t.xuc().close_cti();
    t.run_for(ms(100));
    assert_eq!(meetings(&t), []);
    act(&t, "607", RoomAct::MuteMe);
    assert!(t.alice().told(|event| matches!(event, Event::Failed { call: None, .. })) > 0);
    t.run_for(seconds(10));
    assert!(t.alice().is_established(call));
    // Somebody is put out meanwhile.
    t.xuc().other_program(&serde_json::json!({"command": "conferenceKick", "numConf": "607", "index": 2}));
    t.xuc().refuses(None);
    t.run_until("the room is shown again", seconds(40), |t| meetings(t).len() == 1);
    t.run_for(ms(500));
    let team = room(&t, "607");
    assert_eq!((team.organizer, people(&team)), (true, vec![("Bob Stone", false, false), ("Alice Reed", false, false)]));
    act(&t, "607", RoomAct::Mute { index: 1 });
    assert!(room(&t, "607").participants[0].muted, "and it is acted in");
    end(&t, &[call]);
    t.run_for(ms(100));
    assert_eq!(meetings(&t), []);
}
