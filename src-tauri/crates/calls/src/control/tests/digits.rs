//! Digits by INFO: one after the other, and another way where the far end does not take them.

use super::*;
use crate::io::InfoForm;

const LENGTH: Duration = Duration::from_millis(120);

/// A desk in a call of an account that sends its digits by INFO.
fn desk() -> (Desk, LineCall) {
    desk_that_sends("info")
}

fn desk_that_sends(dtmf: &str) -> (Desk, LineCall) {
    let mut settings = Settings::default();
    let sip = serde_json::json!({ "server": "wss://example.com", "user": "a", "dtmf": dtmf });
    settings.accounts[0].provider = model::Provider::Sip(serde_json::from_value(sip).expect("an account"));
    let mut desk = Desk::with(settings);
    let call = desk.talk();
    (desk, call)
}

fn send(desk: &mut Desk, digits: &str) {
    desk.command(Command::SendDtmf { call: CallId(1), digits: DtmfDigit::parse_all(digits).expect("digits") });
}

/// The digits that were sent by INFO since this was asked last, with the type of their body.
fn sent(desk: &mut Desk) -> Vec<(char, InfoForm)> {
    let sent = |asked| match asked {
        Output::Line(_, LineRequest::SendDtmf { digit, duration, form, .. }) => {
            assert_eq!(duration, LENGTH);
            Some((char::from(digit), form))
        }
        _ => None,
    };
    desk.asked.drain(..).filter_map(sent).collect()
}

#[test]
fn digits_by_info_are_spaced() {
    let (mut desk, call) = desk();
    send(&mut desk, "12");
    assert_eq!(sent(&mut desk), [('1', InfoForm::DtmfRelay)]);
    desk.line(LineEvent::DtmfAnswered { call, code: 200 });
    desk.wait(Duration::from_millis(189));
    assert_eq!(sent(&mut desk), []);
    desk.wait(Duration::from_millis(1));
    assert_eq!(sent(&mut desk), [('2', InfoForm::DtmfRelay)]);
}

#[test]
fn a_digit_by_info_waits_for_the_answer_to_the_one_before() {
    let (mut desk, call) = desk();
    send(&mut desk, "12");
    sent(&mut desk);
    desk.wait(Duration::from_secs(1));
    assert_eq!(sent(&mut desk), []);
    desk.line(LineEvent::DtmfAnswered { call, code: 200 });
    assert_eq!(sent(&mut desk), [('2', InfoForm::DtmfRelay)]);
}

#[test]
fn digits_stay_in_their_order_however_late_the_first_is_refused() {
    let (mut desk, call) = desk();
    send(&mut desk, "12");
    sent(&mut desk);
    desk.wait(Duration::from_millis(300));
    desk.line(LineEvent::DtmfAnswered { call, code: 415 });
    assert_eq!(sent(&mut desk), [('1', InfoForm::Dtmf)], "the type of the body was not known");
    desk.wait(Duration::from_millis(300));
    desk.line(LineEvent::DtmfAnswered { call, code: 488 });
    desk.wait(Duration::from_millis(300));
    assert_eq!(in_stream(&desk), "12");
}

#[test]
fn a_digit_that_is_refused_when_there_is_a_better_way_by_now_takes_that() {
    let (mut desk, call) = desk_that_sends("automatic");
    let far_end_offers = |desk: &mut Desk, telephone_event| {
        desk.line(LineEvent::Reoffered { call, fork: 0, offer: Some(text("offer")) });
        let both = MediaDirection::SendRecv;
        desk.media(1, MediaEvent::AnswerReady { answer: text("answer"), direction: both, remote: both, telephone_event });
    };
    far_end_offers(&mut desk, false);
    send(&mut desk, "12");
    assert_eq!(sent(&mut desk), [('1', InfoForm::DtmfRelay)]);
    far_end_offers(&mut desk, true);
    desk.line(LineEvent::DtmfAnswered { call, code: 500 });
    desk.wait(Duration::from_millis(500));
    assert_eq!(in_stream(&desk), "12");
}

/// The digits that were sent as telephone-event.
fn in_stream(desk: &Desk) -> String {
    let digits = desk.asked.iter().filter_map(|asked| match asked {
        Output::Media(_, MediaRequest::SendDtmf { digits, .. }) => Some(digits.iter().copied().map(char::from)),
        _ => None,
    });
    digits.flatten().collect()
}
