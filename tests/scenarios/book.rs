//! The history of calls, and the names of those who call.

use std::fs;

use model::{
    CallId, CallState, Command, Contact, ContactNumber, HistoryEntry, HistoryQuery, NoticeCode, NumberKind, Outcome, Remote,
};
use sip::Method;
use store::{BookFile, BookRules, CallEnd, DataFolder, NewCall};
use tests::{FarCall, Scenario, ms, seconds};

/// The day of all scenarios.
const TODAY: i64 = 1_767_225_600;

fn history(t: &Scenario) -> Vec<HistoryEntry> {
    let query = HistoryQuery { limit: 100, ..HistoryQuery::default() };
    t.ask(t.alice().phone.book().history(query)).expect("the history can be read")
}

fn outcomes(t: &Scenario) -> Vec<Outcome> {
    history(t).into_iter().map(|entry| entry.outcome).collect()
}

fn folder() -> (tempfile::TempDir, DataFolder) {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = DataFolder::at(temporary.path().join("alice"));
    (temporary, folder)
}

fn rules() -> BookRules {
    BookRules { country: "gb".into(), keep_days: 365 }
}

fn contact(name: &str, number: &str) -> Contact {
    let number = ContactNumber { kind: NumberKind::Work, number: number.into() };
    Contact { name: name.into(), numbers: vec![number], ..Contact::default() }
}

/// Rings with this number, asserted by the server.
fn rings(t: &Scenario, number: &str) -> (CallId, FarCall) {
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let far = FarCall::to_phone(t.far(), &offer, &format!("P-Asserted-Identity: <sip:{number}@far.invalid>\r\n"));
    assert_eq!(t.response(&Method::Invite).code, 180);
    (t.alice().ringing().expect("it rings"), far)
}

#[test]
fn a_call_is_missed_only_when_nobody_took_it_or_turned_it_away() {
    let t = Scenario::new().with_settings(|settings| settings.calls.ring_for_s = 20).with_far();
    let give_up = |reason: &str| {
        let (call, mut far, _media) = t.far_rings();
        far.cancel(reason);
        t.response(&Method::Cancel);
        far.ack(&t.response(&Method::Invite), "");
        t.cause("alice", call);
    };
    give_up("");
    give_up("SIP;cause=200;text=\"Call completed elsewhere\"");
    let (call, mut far, _media) = t.far_rings();
    t.alice().decline(call);
    far.ack(&t.response(&Method::Invite), "");
    t.cause("alice", call);
    let (call, mut far, _media) = t.far_rings();
    t.cause("alice", call);
    far.ack(&t.response(&Method::Invite), "");
    t.alice().send(Command::DoNotDisturb { on: true });
    t.run_for(ms(10));
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut far = FarCall::to_phone(t.far(), &offer, "");
    far.ack(&t.response(&Method::Invite), "");
    t.run_for(seconds(1));
    assert_eq!(
        outcomes(&t),
        [Outcome::Declined, Outcome::Missed, Outcome::Declined, Outcome::AnsweredElsewhere, Outcome::Missed]
    );
    assert_eq!(history(&t)[0].words, "turned away: do not disturb");
    assert_eq!(t.alice().snapshot().missed, 2);
    let before = t.alice().snapshot().changes.history;
    t.ask(t.alice().phone.book().mark_seen()).expect("kept");
    t.run_for(ms(10));
    let shown = t.alice().snapshot();
    assert_eq!(shown.missed, 0);
    assert!(shown.changes.history > before, "whoever shows the history hears that it has changed");
}

#[test]
fn the_history_tells_how_calls_went_and_how_to_dial_again() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    t.run_for(seconds(7));
    talk.far.bye();
    t.cause("alice", talk.call);
    let call = t.dial("alice", "+44 20 7946 0123");
    let invite = t.request(&Method::Invite);
    FarCall::of(t.far(), &invite).reply(486, "Busy Here", "");
    t.cause("alice", call);
    let entries = history(&t);
    assert_eq!((entries[0].outcome, entries[0].code, entries[0].words.as_str()), (Outcome::Busy, Some(486), "busy (486)"));
    assert_eq!(entries[0].remote.number.expose(), "+442079460123");
    assert_eq!(entries[1].outcome, Outcome::Answered);
    assert!(entries[1].talked_ms.is_some_and(|ms| (7_000..7_500).contains(&ms)), "{:?}", entries[1].talked_ms);
    assert!((TODAY..TODAY + 60).contains(&entries[1].started_s), "{}", entries[1].started_s);
    let last = t.ask(t.alice().phone.book().last_dialled()).expect("the history").expect("something was dialled");
    assert_eq!(last.expose(), "+442079460123");
    let suggested = t.ask(t.alice().phone.book().suggest("020 79".into())).expect("an answer");
    assert_eq!(suggested.len(), 1, "what was dialled is offered in any form");
}

#[test]
fn a_caller_has_a_name_before_it_rings() {
    let t = Scenario::new().with_far();
    let book = t.alice().phone.book();
    t.ask(book.save_contact(contact("Ann", "020 7946 0123"))).expect("kept");
    t.run_for(ms(10));
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut far = FarCall::to_phone(t.far(), &offer, "P-Asserted-Identity: <sip:+442079460123@far.invalid>\r\n");
    let mut snapshots = t.alice().phone.snapshots();
    let shown = t.ask(async {
        let rings = snapshots.wait_for(|snapshot| snapshot.calls.iter().any(|call| call.state == CallState::Incoming));
        rings.await.expect("the phone runs").calls[0].clone()
    });
    assert_eq!(shown.contact.as_ref().map(|contact| contact.name.expose()), Some("Ann"), "in the first snapshot that rings");
    assert_eq!(t.response(&Method::Invite).code, 180);
    t.alice().decline(shown.id);
    far.ack(&t.response(&Method::Invite), "");
    t.cause("alice", shown.id);
    assert_eq!(history(&t)[0].contact, shown.contact);
    let id = shown.contact.expect("the contact").id;
    t.ask(book.delete_contact(id)).expect("deleted");
    t.run_for(ms(10));
    assert_eq!(t.alice().view(shown.id).expect("it is still shown").contact, None);
    assert_eq!(history(&t)[0].contact, None);
}

#[test]
fn a_call_that_the_phone_takes_by_itself_is_told_so() {
    let t = Scenario::new().with_settings(|settings| settings.calls.auto_answer = true).with_far();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut far = FarCall::to_phone(t.far(), &offer, "");
    let mut response = t.response(&Method::Invite);
    while response.code < 200 {
        response = t.response(&Method::Invite);
    }
    far.ack(&response, "");
    t.run_for(seconds(1));
    far.bye();
    t.run_for(seconds(1));
    assert_eq!(outcomes(&t), [Outcome::AnsweredAutomatically]);
    assert_eq!(history(&t)[0].words, "answered automatically; the call was ended");
}

#[test]
fn a_crash_in_a_call_leaves_it_in_the_history() {
    let (temporary, _folder) = folder();
    let t = Scenario::new().with_folders_in(temporary.path()).with_far();
    let _talk = t.far_call();
    let _ringing = rings(&t, "1001");
    t.run_for(seconds(2));
    t.crash();
    let t = Scenario::new().with_folders_in(temporary.path()).with_far();
    let entries = history(&t);
    assert_eq!(entries.iter().map(|entry| entry.outcome).collect::<Vec<_>>(), [Outcome::Missed, Outcome::Answered]);
    assert!(entries.iter().all(|entry| entry.words == "the program ended unexpectedly during the call"));
    assert_eq!(t.alice().snapshot().missed, 1);
}

#[test]
fn a_phone_that_stops_in_a_call_keeps_it_whole() {
    let (temporary, _folder) = folder();
    let t = Scenario::new().with_folders_in(temporary.path()).with_far();
    let _talk = t.far_call();
    t.run_for(seconds(2));
    t.finish();
    drop(t);
    let t = Scenario::new().with_folders_in(temporary.path()).with_far();
    let [entry] = &history(&t)[..] else { panic!("one call") };
    assert_eq!((entry.outcome, entry.words.as_str()), (Outcome::Answered, "the call was ended"));
}

#[test]
fn what_is_older_than_the_settings_say_is_forgotten() {
    let (temporary, folder) = folder();
    let mut book = BookFile::open(&folder, &rules(), None).book;
    for days in [40, 20, 0] {
        let remote = Remote { name: "".into(), number: format!("10{days}").into(), uri: "".into() };
        let direction = model::Direction::Outgoing;
        let call = NewCall { account: model::AccountId("desk".into()), direction, remote, started_s: TODAY - days * 86_400 };
        let end = CallEnd { talked_ms: Some(1), outcome: Outcome::Answered, words: String::new(), code: None };
        book.add_call(&call, &end).expect("kept");
    }
    drop(book);
    let t =
        Scenario::new().with_settings(|settings| settings.history.keep_days = 30).with_folders_in(temporary.path()).with_far();
    assert_eq!(history(&t).len(), 2);
    let mut settings = tests::settings("alice", "wss://far.invalid/", "far.invalid", "opensesame");
    settings.history.keep_days = 10;
    t.alice().send(Command::SaveSettings { settings: Box::new(settings) });
    t.run_for(ms(100));
    assert_eq!(history(&t).len(), 1, "at once, when the settings change");
}

#[test]
fn a_book_that_cannot_be_used_is_told_and_calls_go_on() {
    let (temporary, folder) = folder();
    fs::create_dir_all(folder.path().join("book.sqlite3")).expect("a folder where the file should be");
    let t = Scenario::new().with_folders_in(temporary.path()).with_far();
    let notices = t.alice().snapshot().notices.clone();
    let [notice] = &notices[..] else { panic!("one notice: {notices:?}") };
    assert_eq!(notice.code, NoticeCode::Book);
    assert!(notice.trouble.to_string().contains("changes are lost when the program ends"), "{}", notice.trouble);
    let mut talk = t.far_calls();
    talk.far.bye();
    t.cause("alice", talk.call);
    assert_eq!(outcomes(&t), [Outcome::Answered], "in this run it is there");
}

#[test]
fn calls_that_could_not_be_written_are_written_when_they_can() {
    let (temporary, folder) = folder();
    let t = Scenario::new().with_folders_in(temporary.path()).with_far();
    let other = rusqlite::Connection::open(folder.path().join("book.sqlite3")).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("the other program has it");
    let (call, mut far) = rings(&t, "1001");
    t.alice().decline(call);
    far.ack(&t.response(&Method::Invite), "");
    assert_eq!(t.cause("alice", call), model::Cause::Declined, "the call is none the worse");
    t.run_until("the user hears it", seconds(60), |t| !t.alice().snapshot().notices.is_empty());
    let message = t.alice().snapshot().notices[0].trouble.to_string();
    assert_eq!(message, "the history of calls is not kept: the history and contacts are busy; try again in a moment");
    drop(other);
    let (call, mut far) = rings(&t, "1002");
    t.alice().decline(call);
    far.ack(&t.response(&Method::Invite), "");
    t.cause("alice", call);
    let numbers: Vec<_> = history(&t).iter().map(|entry| entry.remote.number.expose().to_owned()).collect();
    assert_eq!(numbers, ["1001", "1002"], "both are there, the late one written last");
}
