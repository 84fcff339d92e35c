//! Calls of accounts at Aculab Cloud, where there is no call without a microphone and none waits long for audio.

use model::{Account, AculabAccount, AculabClient, AculabInterface, Provider};

use super::*;

/// The only account is a client of the cloud.
fn desk() -> Desk {
    let client = AculabInterface::V2(AculabClient::new("abc123key".into(), "alice"));
    let provider = Provider::Aculab(AculabAccount::at_cloud("1-2-0".into(), client));
    let accounts = vec![Account { id: account(), enabled: true, provider }];
    Desk::with(Settings { accounts, ..Settings::default() })
}

/// A call rings, its answer is made, and the user has answered.
fn answering(desk: &mut Desk) -> LineCall {
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    desk.command(Command::Answer { call: CallId(1) });
    assert!(desk.asked(&Output::Sound(SoundRequest::Capture)));
    assert_eq!(desk.state(1), Some(CallState::Connecting));
    call
}

fn is_answered(desk: &mut Desk, call: LineCall) -> bool {
    desk.asked_of_line(LineRequest::Answer { call, description: text("answer"), headers: Vec::new() })
}

#[test]
fn a_call_is_answered_when_the_microphone_is_open() {
    let mut desk = desk();
    let call = answering(&mut desk);
    assert!(!is_answered(&mut desk, call));
    desk.command(Command::Answer { call: CallId(1) });
    desk.give(Input::Microphone);
    assert!(is_answered(&mut desk, call));
    desk.give(Input::Microphone);
    assert!(!is_answered(&mut desk, call), "once");
}

#[test]
fn a_call_that_finds_no_microphone_is_refused_and_not_answered() {
    let mut desk = desk();
    let call = answering(&mut desk);
    desk.give(Input::NoMicrophone("there is none".into()));
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 480, text: "Temporarily Unavailable".into() }));
    assert!(!is_answered(&mut desk, call));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::NoDevice { detail: "there is none".into() } }));
}

#[test]
fn a_microphone_that_takes_its_time_costs_no_call() {
    let mut desk = desk();
    let call = answering(&mut desk);
    desk.wait(Duration::from_millis(4_900));
    assert!(!is_answered(&mut desk, call));
    desk.wait(Duration::from_millis(200));
    assert!(is_answered(&mut desk, call));
}

#[test]
fn a_call_that_rings_stays_when_another_finds_no_microphone() {
    let mut desk = desk();
    desk.ring();
    desk.media(1, MediaEvent::Accepted);
    desk.give(Input::NoMicrophone("there is none".into()));
    assert_eq!(desk.state(1), Some(CallState::Incoming));
}

#[test]
fn an_answered_call_without_audio_is_given_up_after_fifteen_seconds_and_one_with_audio_is_not() {
    let mut desk = desk();
    let call = desk.dial();
    desk.line(LineEvent::Answered { call, fork: 0, answer: Some(text("answer")), remote: None, x_headers: XHeaders::default() });
    desk.wait(Duration::from_millis(14_900));
    assert_eq!(desk.state(1), Some(CallState::Connecting));
    desk.wait(Duration::from_millis(200));
    assert!(desk.asked_of_line(LineRequest::HangUp { call }));
    assert!(matches!(desk.state(1), Some(CallState::Ended { cause: Cause::MediaFailed { .. } })));

    let mut desk = self::desk();
    desk.talk();
    desk.wait(Duration::from_secs(60));
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }));
}
