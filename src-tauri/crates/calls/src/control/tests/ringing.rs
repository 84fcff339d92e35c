//! Calls that ring, or were just answered, and whose account becomes unreachable.

use super::*;

fn offline() -> LineEvent {
    LineEvent::State(AccountState::Offline { cause: OfflineCause::NoAnswer, retry_in_s: Some(2) })
}

fn registered() -> LineEvent {
    LineEvent::State(AccountState::Registered)
}

fn rung() -> (Desk, LineCall) {
    let mut desk = Desk::new();
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    assert_eq!(desk.state(1), Some(CallState::Incoming));
    (desk, call)
}

#[test]
fn it_rings_on_while_the_account_comes_back() {
    let (mut desk, call) = rung();
    for _ in 0..3 {
        desk.line(offline());
        desk.wait(Duration::from_secs(20));
        desk.line(LineEvent::State(AccountState::Connecting));
        desk.wait(Duration::from_secs(5));
        desk.line(registered());
        assert_eq!(desk.state(1), Some(CallState::Incoming));
    }
    desk.command(Command::Answer { call: CallId(1) });
    assert!(desk.asked_of_line(LineRequest::Answer { call, description: text("answer"), headers: Vec::new() }));
}

#[test]
fn it_does_not_ring_for_a_caller_whom_nobody_can_have_kept_waiting() {
    let (mut desk, call) = rung();
    desk.line(offline());
    desk.wait(Duration::from_secs(20));
    // A try that came to nothing.
    desk.line(LineEvent::State(AccountState::Connecting));
    desk.line(offline());
    desk.wait(Duration::from_secs(14));
    assert_eq!(desk.state(1), Some(CallState::Incoming));
    desk.wait(Duration::from_secs(2));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::ConnectionLost }));
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 480, text: "Temporarily Unavailable".into() }));
}

#[test]
fn an_answer_that_nobody_can_have_heard_is_no_fault_of_the_audio() {
    let failed = || MediaEvent::Failed { fault: MediaFault::Lost };
    let unheard = LineFault::AnswerNotConfirmed;
    for (lost, cause) in [(true, Cause::ConnectionLost), (false, Cause::LineFailed { fault: unheard.clone() })] {
        for by_media in [true, false] {
            let (mut desk, call) = rung();
            if lost {
                desk.line(offline());
            }
            desk.command(Command::Answer { call: CallId(1) });
            desk.wait(Duration::from_secs(20));
            if by_media {
                desk.media(1, failed());
                assert!(desk.asked_of_line(LineRequest::HangUp { call }));
            } else {
                desk.line(LineEvent::Ended { call, how: LineEnd::Failed { fault: unheard.clone() } });
            }
            assert_eq!(desk.state(1), Some(CallState::Ended { cause: cause.clone() }), "{lost} {by_media}");
        }
    }
    // Once it was heard, it is.
    let (mut desk, call) = rung();
    desk.command(Command::Answer { call: CallId(1) });
    desk.line(LineEvent::Confirmed { call, answer: None });
    desk.media(1, failed());
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::MediaFailed { fault: MediaFault::Lost } }));
}
