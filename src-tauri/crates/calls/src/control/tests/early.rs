//! Descriptions that come before the answer.

use super::*;

fn early(desk: &mut Desk, call: LineCall, fork: u32, answer: &str) {
    desk.line(LineEvent::Progress { call, code: 183, fork, answer: Some(text(answer)) });
}

fn answered(desk: &mut Desk, call: LineCall, fork: u32, answer: Option<&str>) {
    let (answer, x_headers) = (answer.map(text), XHeaders::default());
    desk.line(LineEvent::Answered { call, fork, answer, remote: None, x_headers });
}

fn refused(desk: &mut Desk) {
    desk.media(1, MediaEvent::Refused { code: 488, fault: DescriptionFault::NoFingerprint });
}

fn applied(desk: &mut Desk) {
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::Applied { direction, remote, telephone_event: true });
}

#[test]
fn an_early_description_that_cannot_be_used_is_none() {
    // Of the same branch, of another one, and where its verdict comes after the answer.
    for (fork, late) in [(0, false), (1, false), (0, true)] {
        let mut desk = Desk::new();
        let call = desk.dial();
        early(&mut desk, call, 0, "bad");
        if !late {
            refused(&mut desk);
            assert_eq!(desk.state(1), Some(CallState::Dialing));
        }
        answered(&mut desk, call, fork, Some("good"));
        if late {
            refused(&mut desk);
        }
        assert!(desk.asked_of_media(1, MediaRequest::Apply { answer: text("good") }));
        assert!(!desk.asked_of_line(LineRequest::HangUp { call }), "{fork} {late}");
        applied(&mut desk);
        desk.media(1, MediaEvent::Connected { pair: None });
        assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }));
    }
}

#[test]
fn a_description_that_cannot_be_used_ends_the_call_once_it_is_answered() {
    let cause = || Cause::NotAcceptable { code: 488, text: String::new(), fault: Some(DescriptionFault::NoFingerprint) };
    // Where the answer repeats it, and where it stands for that (RFC 3262 section 5); also when the verdict comes late.
    for (repeated, late) in [(Some("bad"), false), (Some("bad"), true), (None, false), (None, true)] {
        let mut desk = Desk::new();
        let call = desk.dial();
        early(&mut desk, call, 0, "bad");
        if !late {
            refused(&mut desk);
        }
        answered(&mut desk, call, 0, repeated);
        if late {
            refused(&mut desk);
        }
        if repeated.is_some() {
            refused(&mut desk);
        }
        assert!(desk.asked_of_line(LineRequest::HangUp { call }), "{repeated:?} {late}");
        assert_eq!(desk.state(1), Some(CallState::Ended { cause: cause() }));
    }
}

#[test]
fn early_media_that_is_heard_goes_on_when_a_change_of_it_cannot_be_used() {
    let mut desk = Desk::new();
    let call = desk.dial();
    early(&mut desk, call, 0, "good");
    applied(&mut desk);
    early(&mut desk, call, 0, "bad");
    refused(&mut desk);
    // Another branch answers: the session is used.
    answered(&mut desk, call, 1, Some("theirs"));
    assert!(desk.asked_of_media(1, MediaRequest::Close));
    assert!(desk.asked_of_media(2, MediaRequest::Offer { account: account() }));
}
