//! Several calls: who has the floor, and who hears whom.

use model::{Account, InternalFault, Provider, TransferFault, TransferTo, Trouble};

use super::*;
use crate::io::{Route, Transfers};

const NO_HOLD: Capabilities =
    Capabilities { calls: 2, hold: false, transfer: Transfers::Never, dtmf_info: false, prepares: false, elsewhere: false };

fn office() -> AccountId {
    AccountId("office".into())
}

/// A desk with a second account, whose line knows no hold and carries two calls.
fn desk() -> Desk {
    let mut settings = Settings::default();
    settings.accounts.push(Account { id: office(), enabled: true, provider: Provider::Practice });
    let mut desk = Desk::with(settings);
    desk.give(Input::Line(office(), LineEvent::Capable(NO_HOLD)));
    desk.give(Input::Line(office(), LineEvent::State(AccountState::Registered)));
    desk.asked.clear();
    desk
}

/// Dials from an account and lets the far end answer; call and media session have the number `nth`.
fn talk(desk: &mut Desk, account: &AccountId, nth: u32) {
    dial(desk, account);
    desk.media(nth, MediaEvent::OfferReady { offer: text("offer") });
    let call = LineCall::Dialled(nth);
    let answered =
        LineEvent::Answered { call, fork: 0, answer: Some(text("answer")), remote: None, x_headers: XHeaders::default() };
    desk.give(Input::Line(account.clone(), answered));
    agree(desk, nth, MediaDirection::SendRecv);
    desk.media(nth, MediaEvent::Connected { pair: None });
}

fn dial(desk: &mut Desk, account: &AccountId) {
    let target: Target = "600".parse().expect("a number");
    desk.command(Command::Dial(DialOptions { target, account: Some(account.clone()), headers: Vec::new() }));
}

fn agree(desk: &mut Desk, nth: u32, direction: MediaDirection) {
    desk.media(nth, MediaEvent::Applied { direction, remote: direction.reversed(), telephone_event: true });
}

/// The far end accepts the changed offer of a call at the first account.
fn accept(desk: &mut Desk, nth: u32, direction: MediaDirection) {
    let call = LineCall::Dialled(nth);
    desk.media(nth, MediaEvent::OfferReady { offer: text("changed") });
    desk.line(LineEvent::ReofferAnswered { call, answer: text("agreed") });
    agree(desk, nth, direction);
}

fn refuse(desk: &mut Desk, nth: u32) {
    desk.media(nth, MediaEvent::OfferReady { offer: text("changed") });
    desk.line(LineEvent::ReofferRefused { call: LineCall::Dialled(nth), code: 488, text: "Not Acceptable Here".into() });
}

/// Who hears whom, as the hub was told last: session, microphone, and the sessions it hears.
fn routes(desk: &Desk) -> Vec<(u32, bool, Vec<u32>)> {
    let last = desk.asked.iter().rev().find_map(|asked| match asked {
        Output::Sound(SoundRequest::Route(routes)) => Some(routes.clone()),
        _ => None,
    });
    let told = |route: Route| (route.media.0, route.microphone, route.hears.into_iter().map(|media| media.0).collect());
    last.expect("the hub was told").into_iter().map(told).collect()
}

fn is_held(desk: &Desk, call: u32) -> bool {
    matches!(desk.state(call), Some(CallState::Established { hold }) if hold.local)
}

#[test]
fn a_conference_spans_accounts_and_silence_stands_for_a_hold_that_a_line_does_not_know() {
    let mut desk = desk();
    talk(&mut desk, &office(), 1);
    talk(&mut desk, &account(), 2);
    assert!(is_held(&desk, 1), "its line knows no hold");
    assert_eq!(routes(&desk), [(2, true, vec![])]);
    desk.command(Command::Merge { calls: vec![CallId(1), CallId(2)] });
    assert!(!is_held(&desk, 1) && !is_held(&desk, 2));
    assert_eq!(routes(&desk), [(1, true, vec![2]), (2, true, vec![1])]);
    desk.command(Command::HoldConference);
    accept(&mut desk, 2, MediaDirection::SendOnly);
    assert!(is_held(&desk, 1) && is_held(&desk, 2));
    assert_eq!(routes(&desk), []);
}

#[test]
fn a_transfer_across_accounts_is_refused_with_what_to_do_instead() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    talk(&mut desk, &office(), 2);
    desk.asked.clear();
    desk.command(Command::Transfer { call: CallId(1), to: TransferTo::Call { call: CallId(2) } });
    assert!(!desk.asked.iter().any(|asked| matches!(asked, Output::Line(_, LineRequest::Refer { .. }))));
    let told = |notice: &model::Notice| notice.trouble == Trouble::TransferRefused { fault: TransferFault::OtherAccount };
    assert!(desk.control.snapshot(desk.now).notices.iter().any(told));
}

#[test]
fn the_microphone_goes_to_the_second_call_when_the_first_has_agreed_to_be_held() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    talk(&mut desk, &account(), 2);
    assert_eq!(routes(&desk), [(2, false, vec![])], "heard, and not yet spoken to");
    accept(&mut desk, 1, MediaDirection::SendOnly);
    assert_eq!(routes(&desk), [(2, true, vec![])]);
}

#[test]
fn a_hold_nobody_answers_is_given_up_after_three_seconds_and_may_still_be_agreed_to() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    talk(&mut desk, &account(), 2);
    desk.wait(Duration::from_millis(2_900));
    assert_eq!(routes(&desk), [(2, false, vec![])]);
    desk.wait(Duration::from_millis(200));
    assert_eq!(routes(&desk), [(2, true, vec![])]);
    assert!(is_held(&desk, 1));
    accept(&mut desk, 1, MediaDirection::SendOnly);
    desk.command(Command::Resume { call: CallId(1) });
    accept(&mut desk, 2, MediaDirection::SendOnly);
    accept(&mut desk, 1, MediaDirection::SendRecv);
    assert_eq!(routes(&desk), [(1, true, vec![])]);
}

#[test]
fn a_member_that_cannot_be_taken_back_is_not_in_the_conference() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    talk(&mut desk, &account(), 2);
    accept(&mut desk, 1, MediaDirection::SendOnly);
    talk(&mut desk, &account(), 3);
    accept(&mut desk, 2, MediaDirection::SendOnly);
    desk.command(Command::Merge { calls: [1, 2, 3].map(CallId).to_vec() });
    accept(&mut desk, 1, MediaDirection::SendRecv);
    refuse(&mut desk, 2);
    let members = desk.control.snapshot(desk.now).conference.map(|conference| conference.members);
    assert_eq!(members, Some(vec![CallId(1), CallId(3)]));
    assert!(is_held(&desk, 2));
    assert_eq!(routes(&desk), [(1, true, vec![3]), (3, true, vec![1])]);
}

#[test]
fn who_takes_the_place_of_a_member_is_one_from_the_moment_it_is_answered() {
    let mut desk = desk();
    talk(&mut desk, &office(), 1);
    talk(&mut desk, &account(), 2);
    desk.command(Command::Merge { calls: vec![CallId(1), CallId(2)] });
    desk.arrives(None, Some(LineCall::Dialled(2)));
    desk.media(3, MediaEvent::Accepted);
    let members = |desk: &Desk| desk.control.snapshot(desk.now).conference.map(|conference| conference.members);
    assert_eq!(members(&desk), Some(vec![CallId(1), CallId(2)]));
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(3, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    desk.line(LineEvent::Ended { call: LineCall::Dialled(2), how: LineEnd::Bye { code: None } });
    assert_eq!(members(&desk), Some(vec![CallId(1), CallId(3)]));
    assert_eq!(routes(&desk), [(1, true, vec![3]), (3, true, vec![1])]);
}

#[test]
fn who_takes_the_place_of_a_held_call_is_held_too() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    desk.command(Command::Hold { call: CallId(1) });
    accept(&mut desk, 1, MediaDirection::SendOnly);
    desk.arrives(None, Some(LineCall::Dialled(1)));
    desk.media(2, MediaEvent::Accepted);
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(2, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    desk.media(2, MediaEvent::Connected { pair: None });
    assert_eq!(routes(&desk), [], "nobody is there to speak");
    assert!(desk.asked_of_media(2, MediaRequest::Reoffer { direction: MediaDirection::SendOnly, restart_ice: false }));
    desk.command(Command::Resume { call: CallId(2) });
    assert_eq!(routes(&desk), [(2, true, vec![])]);
}

#[test]
fn a_refused_hold_gives_the_floor_back_unless_somebody_else_has_it() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    desk.command(Command::Hold { call: CallId(1) });
    assert_eq!(routes(&desk), [], "not a word more once the user has held it");
    refuse(&mut desk, 1);
    assert_eq!(routes(&desk), [(1, true, vec![])]);
    desk.command(Command::Hold { call: CallId(1) });
    talk(&mut desk, &account(), 2);
    refuse(&mut desk, 1);
    assert!(is_held(&desk, 1));
    assert_eq!(routes(&desk), [(2, true, vec![])]);
}

#[test]
fn a_call_is_taken_back_also_when_its_far_end_agrees_to_be_held_only_then() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    let target = "630".parse().expect("a number");
    desk.command(Command::Transfer { call: CallId(1), to: TransferTo::Consult { target } });
    desk.media(1, MediaEvent::OfferReady { offer: text("hold") });
    desk.media(2, MediaEvent::OfferReady { offer: text("offer") });
    let busy = LineEnd::Refused { code: 486, text: "Busy Here".into() };
    desk.line(LineEvent::Ended { call: LineCall::Dialled(2), how: busy });
    desk.line(LineEvent::ReofferAnswered { call: LineCall::Dialled(1), answer: text("held") });
    agree(&mut desk, 1, MediaDirection::SendOnly);
    assert!(is_held(&desk, 1), "so it was agreed");
    assert!(desk.asked_of_media(1, MediaRequest::Reoffer { direction: MediaDirection::SendRecv, restart_ice: false }));
    accept(&mut desk, 1, MediaDirection::SendRecv);
    assert!(!is_held(&desk, 1));
    assert_eq!(routes(&desk), [(1, true, vec![])]);
}

#[test]
fn a_line_carries_as_many_calls_as_it_says_and_nobody_is_held_for_one_more() {
    let mut desk = desk();
    talk(&mut desk, &office(), 1);
    talk(&mut desk, &office(), 2);
    dial(&mut desk, &office());
    let Some(CallState::Ended { cause }) = desk.state(3) else { panic!("{:?}", desk.state(3)) };
    assert_eq!(cause, Cause::TooManyCalls { most: 2 });
    assert!(cause.to_string().starts_with("Too many calls"), "{cause}");
    assert_eq!(routes(&desk), [(2, true, vec![])]);
}

#[test]
fn a_session_that_dies_ends_its_call_and_is_reported_at_once() {
    let mut desk = desk();
    talk(&mut desk, &account(), 1);
    talk(&mut desk, &account(), 2);
    desk.asked.clear();
    desk.media(2, MediaEvent::Died { fault: InternalFault::Carrying });
    assert!(desk.asked_of_line(LineRequest::HangUp { call: LineCall::Dialled(2) }));
    let events = desk.events();
    assert!(events.iter().any(|event| matches!(event, Event::Ended { call: CallId(2), .. })), "{events:?}");
    desk.command(Command::Resume { call: CallId(1) });
    assert!(!matches!(desk.state(1), Some(CallState::Ended { .. })));
}
