//! What changes in a call that goes on: offers both ways, hold, a path that is lost.

use super::*;

#[test]
fn hold_is_told_when_both_sides_have_agreed() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.command(Command::Hold { call: CallId(1) });
    assert!(desk.asked_of_media(1, MediaRequest::Reoffer { direction: MediaDirection::SendOnly, restart_ice: false }));
    desk.media(1, MediaEvent::OfferReady { offer: text("hold") });
    assert!(desk.asked_of_line(LineRequest::Reoffer { call, offer: text("hold") }));
    desk.line(LineEvent::ReofferAnswered { call, answer: text("held") });
    desk.media(
        1,
        MediaEvent::Applied { direction: MediaDirection::SendOnly, remote: MediaDirection::RecvOnly, telephone_event: true },
    );
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold { local: true, remote: false } }));
    assert!(desk.asked(&Output::Sound(SoundRequest::Route(Vec::new()))), "a held party neither hears nor is heard");
}

#[test]
fn who_is_taken_back_before_he_has_agreed_to_be_held_is_taken_back_after() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.command(Command::Hold { call: CallId(1) });
    desk.media(1, MediaEvent::OfferReady { offer: text("hold") });
    desk.command(Command::Resume { call: CallId(1) });
    desk.line(LineEvent::ReofferAnswered { call, answer: text("held") });
    desk.asked.clear();
    let (direction, remote) = (MediaDirection::SendOnly, MediaDirection::RecvOnly);
    desk.media(1, MediaEvent::Applied { direction, remote, telephone_event: true });
    assert!(desk.asked_of_media(1, MediaRequest::Reoffer { direction: MediaDirection::SendRecv, restart_ice: false }));
}

#[test]
fn a_refused_hold_leaves_the_call_as_it_was() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.command(Command::Hold { call: CallId(1) });
    desk.media(1, MediaEvent::OfferReady { offer: text("hold") });
    desk.line(LineEvent::ReofferRefused { call, code: 488, text: "No".into() });
    assert!(desk.asked_of_media(1, MediaRequest::Rollback));
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }));
    desk.command(Command::Hold { call: CallId(1) });
    assert!(
        desk.asked.iter().any(|asked| matches!(asked, Output::Media(_, MediaRequest::Reoffer { .. }))),
        "it may be tried again"
    );
}

#[test]
fn the_far_end_holding_us_is_shown_apart() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.line(LineEvent::Reoffered { call, fork: 0, offer: Some(text("sendonly")) });
    assert!(
        desk.asked_of_media(1, MediaRequest::Reaccept { offer: Some(text("sendonly")), direction: MediaDirection::SendRecv })
    );
    let (direction, remote) = (MediaDirection::RecvOnly, MediaDirection::SendOnly);
    desk.media(1, MediaEvent::AnswerReady { answer: text("recvonly"), direction, remote, telephone_event: true });
    assert!(desk.asked_of_line(LineRequest::AnswerReoffer { call, description: text("recvonly") }));
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold { local: false, remote: true } }));
}

#[test]
fn what_the_far_end_answers_to_a_refresh_counts() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.line(LineEvent::Refreshed { call, answer: text("sendonly") });
    assert!(desk.asked_of_media(1, MediaRequest::Refreshed { answer: text("sendonly") }));
    let (direction, remote) = (MediaDirection::RecvOnly, MediaDirection::SendOnly);
    desk.media(1, MediaEvent::Applied { direction, remote, telephone_event: true });
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold { local: false, remote: true } }));
}

#[test]
fn an_offer_that_is_taken_back_is_refused_where_it_was_not_answered() {
    let (direction, remote) = (MediaDirection::RecvOnly, MediaDirection::SendOnly);
    let answer = |text| MediaEvent::AnswerReady { answer: text, direction, remote, telephone_event: true };
    for answered_before in [false, true] {
        let mut desk = Desk::new();
        let call = desk.talk();
        desk.line(LineEvent::Reoffered { call, fork: 0, offer: Some(text("first")) });
        if answered_before {
            desk.media(1, answer(text("to the first")));
        }
        desk.line(LineEvent::ReofferWithdrawn { call });
        desk.line(LineEvent::Reoffered { call, fork: 0, offer: Some(text("second")) });
        if !answered_before {
            desk.media(1, answer(text("to the first")));
        }
        desk.media(1, MediaEvent::Applied { direction, remote, telephone_event: true });
        desk.media(1, answer(text("to the second")));
        // One word to each offer, in their order, so that the line can tell them apart.
        let words = desk.asked.iter().filter_map(|asked| match asked {
            Output::Line(_, LineRequest::AnswerReoffer { description, .. }) => Some(description.expose().to_owned()),
            Output::Line(_, LineRequest::RefuseReoffer { code, .. }) => Some(code.to_string()),
            _ => None,
        });
        let first = if answered_before { "to the first" } else { "487" };
        assert_eq!(words.collect::<Vec<_>>(), [first, "to the second"]);
    }
}

#[test]
fn a_hold_that_the_far_end_takes_back_is_none() {
    let (direction, remote) = (MediaDirection::RecvOnly, MediaDirection::SendOnly);
    let answer = || MediaEvent::AnswerReady { answer: text("recvonly"), direction, remote, telephone_event: true };
    let both = MediaDirection::SendRecv;
    let restored = || MediaEvent::Applied { direction: both, remote: both, telephone_event: true };
    for answered_before in [false, true] {
        let mut desk = Desk::new();
        let call = desk.talk();
        desk.line(LineEvent::Reoffered { call, fork: 0, offer: Some(text("sendonly")) });
        if answered_before {
            desk.media(1, answer());
        }
        desk.line(LineEvent::ReofferWithdrawn { call });
        assert!(desk.asked_of_media(1, MediaRequest::Withdrawn));
        if !answered_before {
            desk.media(1, answer());
            assert!(!desk.asked_of_line(LineRequest::AnswerReoffer { call, description: text("recvonly") }));
        }
        desk.media(1, restored());
        assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }), "{answered_before}");
        desk.command(Command::Hold { call: CallId(1) });
        let hold = MediaRequest::Reoffer { direction: MediaDirection::SendOnly, restart_ice: false };
        assert!(desk.asked_of_media(1, hold), "what follows is not held up");
    }
}

#[test]
fn who_takes_back_that_he_asked_for_our_offer_holds_nothing_up() {
    let both = MediaDirection::SendRecv;
    for made_before in [false, true] {
        let mut desk = Desk::new();
        let call = desk.talk();
        desk.line(LineEvent::Reoffered { call, fork: 0, offer: None });
        if made_before {
            desk.media(1, MediaEvent::OfferReady { offer: text("ours") });
        }
        desk.line(LineEvent::ReofferWithdrawn { call });
        assert!(desk.asked_of_media(1, MediaRequest::Withdrawn));
        if !made_before {
            desk.media(1, MediaEvent::OfferReady { offer: text("ours") });
        }
        desk.media(1, MediaEvent::Applied { direction: both, remote: both, telephone_event: true });
        desk.command(Command::Hold { call: CallId(1) });
        let hold = MediaRequest::Reoffer { direction: MediaDirection::SendOnly, restart_ice: false };
        assert!(desk.asked_of_media(1, hold), "{made_before}");
    }
}

#[test]
fn a_caller_that_holds_us_from_the_start_is_shown_once_we_answer() {
    let mut desk = Desk::new();
    desk.ring();
    desk.media(1, MediaEvent::Accepted);
    let (direction, remote) = (MediaDirection::RecvOnly, MediaDirection::SendOnly);
    desk.media(1, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    desk.events();
    desk.command(Command::Answer { call: CallId(1) });
    let hold = Hold { local: false, remote: true };
    let [.., Event::Answered { .. }, Event::Hold { hold: told, .. }] = desk.events()[..] else {
        panic!("hold follows the answer")
    };
    assert_eq!(told, hold);
    desk.media(1, MediaEvent::Connected { pair: None });
    assert_eq!(desk.state(1), Some(CallState::Established { hold }));
}

#[test]
fn a_lost_path_is_looked_for_once_and_then_the_call_ends() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.media(1, MediaEvent::Failed { fault: MediaFault::PathGone });
    assert!(desk.asked_of_media(1, MediaRequest::Reoffer { direction: MediaDirection::SendRecv, restart_ice: true }));
    desk.media(1, MediaEvent::Failed { fault: MediaFault::PathGone });
    assert!(desk.asked_of_line(LineRequest::HangUp { call }));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::MediaFailed { fault: MediaFault::PathGone } }));
}

#[test]
fn another_path_is_looked_for_as_soon_as_the_server_can_help() {
    let restart = || MediaRequest::Reoffer { direction: MediaDirection::SendRecv, restart_ice: true };
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.media(1, MediaEvent::Interrupted);
    desk.line(LineEvent::State(AccountState::Offline { cause: OfflineCause::NoAnswer, retry_in_s: Some(1) }));
    desk.wait(Duration::from_secs(3));
    assert!(!desk.asked_of_media(1, restart()), "nobody would hear of it");
    desk.line(LineEvent::State(AccountState::Registered));
    assert!(desk.asked_of_media(1, restart()));
    desk.media(1, MediaEvent::OfferReady { offer: text("restart") });
    assert!(desk.asked_of_line(LineRequest::Reoffer { call, offer: text("restart") }));
    desk.line(LineEvent::ReofferRefused { call, code: 500, text: "Busy".into() });
    desk.wait(Duration::from_secs(6));
    assert!(desk.asked_of_media(1, restart()), "it is tried again");
    desk.media(1, MediaEvent::OfferReady { offer: text("restart") });
    desk.line(LineEvent::ReofferAnswered { call, answer: text("answer") });
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::Applied { direction, remote, telephone_event: true });
    desk.media(1, MediaEvent::Connected { pair: None });
    desk.wait(Duration::from_secs(60));
    assert!(!desk.asked_of_media(1, restart()));
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }));
}

#[test]
fn a_path_that_comes_back_at_once_is_left_alone() {
    let restart = || MediaRequest::Reoffer { direction: MediaDirection::SendRecv, restart_ice: true };
    let mut desk = Desk::new();
    desk.talk();
    desk.media(1, MediaEvent::Interrupted);
    desk.wait(Duration::from_millis(100));
    desk.media(1, MediaEvent::Connected { pair: None });
    desk.wait(Duration::from_secs(10));
    assert!(!desk.asked_of_media(1, restart()));
}

#[test]
fn a_call_that_lost_the_server_and_the_far_end_is_given_up_after_a_while() {
    let offline = || LineEvent::State(AccountState::Offline { cause: OfflineCause::NoAnswer, retry_in_s: Some(1) });
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.line(offline());
    desk.wait(Duration::from_secs(60));
    desk.media(1, MediaEvent::Interrupted);
    desk.wait(Duration::from_secs(20));
    desk.media(1, MediaEvent::Connected { pair: None });
    desk.wait(Duration::from_secs(60));
    desk.media(1, MediaEvent::Interrupted);
    desk.line(LineEvent::State(AccountState::Connecting));
    desk.wait(Duration::from_secs(94));
    assert!(!matches!(desk.state(1), Some(CallState::Ended { .. })));
    desk.wait(Duration::from_secs(1));
    assert!(desk.asked_of_line(LineRequest::HangUp { call }));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::ConnectionLost }));
}

/// A call of theirs that had no offer, rung and answered with ours; nobody has acknowledged that yet.
fn answered_with_our_offer() -> (Desk, LineCall) {
    let mut desk = Desk::new();
    let call = LineCall::Received(7);
    desk.line(LineEvent::Incoming(Box::new(IncomingCall { offer: None, ..Desk::incoming(call) })));
    desk.media(1, MediaEvent::OfferReady { offer: text("ours") });
    desk.command(Command::Answer { call: CallId(1) });
    assert!(desk.asked_of_line(LineRequest::Answer { call, description: text("ours"), headers: Vec::new() }));
    (desk, call)
}

#[test]
fn who_acknowledges_our_offer_without_an_answer_has_no_call() {
    let (mut desk, call) = answered_with_our_offer();
    desk.line(LineEvent::Confirmed { call, answer: None });
    assert!(desk.asked_of_line(LineRequest::HangUp { call }));
    let cause = Cause::MediaFailed { fault: MediaFault::NoDescription };
    assert_eq!(desk.state(1), Some(CallState::Ended { cause }));
    let (mut desk, call) = answered_with_our_offer();
    desk.line(LineEvent::Confirmed { call, answer: Some(text("theirs")) });
    assert!(desk.asked_of_media(1, MediaRequest::Apply { answer: text("theirs") }));
    assert_eq!(desk.state(1), Some(CallState::Connecting));
}

#[test]
fn who_asks_for_our_offer_in_a_call_and_does_not_answer_it_blocks_no_later_change() {
    let mut desk = Desk::new();
    let call = desk.talk();
    desk.line(LineEvent::Reoffered { call, fork: 0, offer: None });
    desk.media(1, MediaEvent::OfferReady { offer: text("ours") });
    assert!(desk.asked_of_line(LineRequest::AnswerReoffer { call, description: text("ours") }));
    desk.command(Command::Hold { call: CallId(1) });
    let hold = || MediaRequest::Reoffer { direction: MediaDirection::SendOnly, restart_ice: false };
    assert!(!desk.asked_of_media(1, hold()), "theirs is under way");
    desk.line(LineEvent::Confirmed { call, answer: None });
    assert!(desk.asked_of_media(1, MediaRequest::Rollback));
    assert!(desk.asked_of_media(1, hold()));
}

#[test]
fn before_the_answer_the_branch_that_is_heard_may_change_the_session() {
    let mut desk = Desk::new();
    let call = desk.dial();
    desk.line(LineEvent::Progress { call, code: 183, fork: 0, answer: Some(text("early")) });
    let sendrecv = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::Applied { direction: sendrecv.0, remote: sendrecv.1, telephone_event: true });
    desk.line(LineEvent::Reoffered { call, fork: 1, offer: Some(text("other")) });
    assert!(desk.asked_of_line(LineRequest::RefuseReoffer { call, code: 488 }), "nobody hears that branch");
    let reaccept = |offer: &str| MediaRequest::Reaccept { offer: Some(text(offer)), direction: MediaDirection::SendRecv };
    desk.line(LineEvent::Reoffered { call, fork: 0, offer: Some(text("moved")) });
    assert!(desk.asked_of_media(1, reaccept("moved")));
    let (direction, remote) = sendrecv;
    desk.media(1, MediaEvent::AnswerReady { answer: text("there"), direction, remote, telephone_event: true });
    assert!(desk.asked_of_line(LineRequest::AnswerReoffer { call, description: text("there") }));
    desk.line(LineEvent::Reoffered { call, fork: 0, offer: Some(text("bad")) });
    assert!(desk.asked_of_media(1, reaccept("bad")));
    desk.media(1, MediaEvent::Refused { code: 488, fault: DescriptionFault::NoCodec });
    assert!(desk.asked_of_line(LineRequest::RefuseReoffer { call, code: 488 }));
    desk.line(LineEvent::Answered { call, fork: 0, answer: None, remote: None, x_headers: XHeaders::default() });
    desk.media(1, MediaEvent::Connected { pair: None });
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }));
}
