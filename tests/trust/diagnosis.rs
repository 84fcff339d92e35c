//! What a fault looks like to whoever has to find it: messages, ladder, and the story of a call with what went wrong.

use model::{CallId, CallStory, DialOptions, StoryFact, StoryRoom};
use phone::Ladder;
use sip::Method;
use tests::{FarCall, Registering, Scenario, ms, seconds, tone};

fn stories(t: &Scenario) -> Vec<CallStory> {
    let journal = t.journal("alice");
    phone::stories(journal.iter().map(String::as_str)).expect("the journal can be read")
}

fn ladder(t: &Scenario, call: Option<CallId>) -> Ladder {
    let journal = t.journal("alice");
    Ladder::of(journal.iter().map(String::as_str), call).expect("the journal can be read")
}

fn wrong(story: &CallStory) -> String {
    story.findings.iter().map(|finding| format!("{}\n{}\n", finding.words(), finding.advice())).collect()
}

#[test]
fn the_ladder_of_a_call_has_its_messages_and_no_others() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Challenged(600));
    t.run_until("the phone is registered", seconds(2), |t| t.alice().is_registered());
    let talk = t.far_call();
    t.run_for(ms(500));
    t.alice().hang_up(talk.call);
    let bye = t.request(&Method::Bye);
    talk.far.respond(&bye, 200, "OK", "");
    t.run_for(ms(100));
    let text = ladder(&t, Some(talk.call)).text();
    let mut at = 0;
    for what in ["INVITE (sdp)", "200 INVITE (sdp)", "ACK", "audio is connected", "BYE", "200 BYE"] {
        let found = text[at..].find(what).unwrap_or_else(|| panic!("{what} after {at} in\n{text}"));
        at += found;
    }
    assert!(!text.contains("REGISTER"), "{text}");
    let all = ladder(&t, None);
    assert!(all.text().contains("401 REGISTER") && all.text().contains("200 REGISTER"), "{}", all.text());
    assert!(all.svg().starts_with("<svg") && all.svg().ends_with("</svg>"));
}

#[test]
fn the_rows_of_a_ladder_say_what_its_text_says_and_when() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.run_for(ms(500));
    t.alice().hang_up(talk.call);
    t.far().forget();
    t.run_for(seconds(1));
    let drawn = ladder(&t, Some(talk.call));
    let rows = drawn.rows();
    let text = drawn.text();
    assert_eq!(rows.len(), text.lines().count());
    assert!(rows.is_sorted_by_key(|row| row.at_ms) && rows[0].at_ms == 0, "{text}");
    for (row, line) in rows.iter().zip(text.lines()) {
        let words = match &row.fact {
            StoryFact::Message { title, .. } => title.clone(),
            fact => fact.to_string(),
        };
        assert!(line.contains(&words) && line.contains(&row.account), "{row:?} {line}");
    }
}

#[test]
fn a_trace_can_be_searched_and_has_the_time_of_each_message() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    let mut trace = t.ask(t.alice().phone.trace()).expect("a phone that runs");
    assert!(trace.messages.iter().any(|message| message.title == "REGISTER"));
    trace.keep("OPUS/48000");
    let rows = trace.rows();
    assert!(rows.iter().any(|row| row.sent && row.title == "INVITE (sdp)"), "{:?}", trace.messages);
    assert!(rows.iter().any(|row| !row.sent && row.title == "200 INVITE (sdp)"));
    assert!(rows.iter().all(|row| row.title != "REGISTER") && rows.is_sorted_by(|one, next| one.at_ms <= next.at_ms));
    t.alice().hang_up(talk.call);
    t.far().forget();
}

#[test]
fn the_story_of_a_good_call_finds_nothing_wrong() {
    let t = Scenario::new().with_far();
    let mut talk = t.far_call();
    talk.media.say(&tone(700.0, -12.0, seconds(5)));
    t.alice().speak(&tone(500.0, -12.0, seconds(5)));
    t.run_for(seconds(4));
    talk.far.bye();
    t.run_for(seconds(1));
    let story = &stories(&t)[0];
    assert_eq!(story.call, talk.call);
    assert_eq!(wrong(story), "", "{story}");
    for room in [StoryRoom::Call, StoryRoom::Signalling, StoryRoom::Audio] {
        assert!(story.steps.iter().any(|step| step.room == room), "{room:?} in {story}");
    }
}

#[test]
fn one_way_audio_is_named_within_three_seconds_another_path_is_tried_and_it_is_told_in_the_story() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    talk.media.say(&tone(700.0, -12.0, seconds(5)));
    t.run_for(seconds(2));
    t.air().deafen("alice", true);
    let named = |t: &Scenario| t.alice().told(|event| matches!(event, model::Event::MediaTrouble { trouble: Some(_), .. })) > 0;
    t.run_until("it is named", seconds(3), named);
    let restart = t.request(&Method::Invite);
    assert!(restart.session_description().is_some(), "another path is looked for");
    t.alice().hang_up(talk.call);
    t.far().forget();
    t.run_for(seconds(1));
    let story = &stories(&t)[0];
    assert!(wrong(story).contains("one-way audio") && wrong(story).contains("TURN"), "{story}");
}

#[test]
fn a_lost_path_and_a_changed_network_are_told_together() {
    let t = Scenario::new().with_far();
    let talk = t.far_call();
    t.run_for(seconds(1));
    t.alice().phone.network_changed().expect("a phone that runs");
    t.air().cut("alice");
    t.run_for(seconds(6));
    t.air().restore("alice");
    t.run_for(seconds(3));
    t.alice().hang_up(talk.call);
    t.far().forget();
    t.run_for(seconds(1));
    let story = &stories(&t)[0];
    assert!(wrong(story).contains("changed its network"), "{story}");
    assert!(story.steps.iter().any(|step| step.room == StoryRoom::Network), "{story}");
}

#[test]
fn a_refused_call_is_told_in_words_with_what_to_do() {
    let t = Scenario::new().with_far();
    let target = "carol".parse().expect("a target");
    t.alice().send(model::Command::Dial(DialOptions { target, account: None, headers: Vec::new() }));
    let invite = t.request(&Method::Invite);
    FarCall::of(t.far(), &invite).reply(404, "Not Found", "");
    t.run_for(seconds(1));
    let story = &stories(&t)[0];
    assert!(wrong(story).contains("there is no such number (404)") && wrong(story).contains("prefix"), "{story}");
}
