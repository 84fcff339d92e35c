//! Calls of another telephone: each operation acts on the one it names, and waits for what the telephone tells.

use model::{CallView, DeclineCode, Direction, TelephoneFault, TransferTo, TransferView};

use super::*;
use crate::io::{Act, Elsewhere, Step};

const THERE: Capabilities =
    Capabilities { calls: 2, hold: true, transfer: Transfers::ByServer, dtmf_info: true, prepares: false, elsewhere: true };
const FIRST: LineCall = LineCall::Received(1);
const SECOND: LineCall = LineCall::Received(2);

/// A desk whose account controls another telephone.
fn desk() -> Desk {
    let mut desk = Desk::with(Settings::default());
    desk.line(LineEvent::Capable(THERE));
    desk.line(LineEvent::State(AccountState::Ready));
    desk.asked.clear();
    desk
}

fn is(desk: &mut Desk, call: LineCall, direction: Direction, step: Step) {
    let remote = Remote { number: "1002".into(), ..Remote::default() };
    desk.line(LineEvent::Elsewhere { call, told: Elsewhere::Is { direction, remote, step } });
}

/// Two calls that came: call 1 is held, call 2 in conversation.
fn two() -> Desk {
    let mut desk = desk();
    is(&mut desk, FIRST, Direction::Incoming, Step::Held);
    is(&mut desk, SECOND, Direction::Incoming, Step::Talking);
    desk.asked.clear();
    desk
}

/// What the telephone was asked for since it was last looked at.
fn acts(desk: &mut Desk) -> Vec<(LineCall, Act)> {
    let acts = std::mem::take(&mut desk.asked).into_iter().filter_map(|output| match output {
        Output::Line(_, LineRequest::Elsewhere { call, act }) => Some((call, act)),
        _ => None,
    });
    acts.collect()
}

fn view(desk: &Desk, call: u32) -> CallView {
    desk.control.snapshot(desk.now).calls.into_iter().find(|view| view.id == CallId(call)).expect("is shown")
}

fn number(text: &str) -> Target {
    text.parse().expect("a number")
}

fn over(call: LineCall) -> LineEvent {
    LineEvent::Ended { call, how: LineEnd::Bye { code: None } }
}

#[test]
fn nothing_of_it_asks_for_sound() {
    let mut desk = desk();
    desk.command(Command::Dial(DialOptions { target: number("600"), account: None, headers: Vec::new() }));
    let call = LineCall::Dialled(1);
    is(&mut desk, call, Direction::Outgoing, Step::Talking);
    is(&mut desk, FIRST, Direction::Incoming, Step::Ringing);
    desk.command(Command::Hold { call: CallId(1) });
    assert!(!desk.asked.iter().any(|output| matches!(output, Output::Media(..) | Output::Sound(_))), "{:?}", desk.asked);
    assert_eq!(acts(&mut desk), [(call, Act::Dial { target: number("600") }), (call, Act::Hold)]);
    assert_eq!(view(&desk, 2).state, CallState::Incoming);
}

#[test]
fn each_operation_acts_on_the_call_it_names_and_not_on_the_one_in_conversation() {
    let key = DtmfDigit::try_from('5').expect("a key");
    let mut desk = two();
    desk.command(Command::HangUp { call: CallId(1) });
    assert_eq!(acts(&mut desk), [(FIRST, Act::HangUp)]);
    desk.command(Command::Hold { call: CallId(1) });
    assert_eq!(acts(&mut desk), [], "it is held already");
    desk.command(Command::SendDtmf { call: CallId(1), digits: vec![key] });
    assert_eq!(acts(&mut desk), [], "it would be heard in the other one");
    desk.command(Command::SendDtmf { call: CallId(2), digits: vec![key, key] });
    assert_eq!(acts(&mut desk), [(SECOND, Act::Press(key)), (SECOND, Act::Press(key))]);
    desk.command(Command::Merge { calls: vec![CallId(1), CallId(2)] });
    assert_eq!(acts(&mut desk), [(FIRST, Act::Merge)]);
}

#[test]
fn of_two_that_ring_the_one_that_is_named_is_answered() {
    let mut desk = desk();
    is(&mut desk, FIRST, Direction::Incoming, Step::Ringing);
    is(&mut desk, SECOND, Direction::Incoming, Step::Ringing);
    desk.command(Command::Answer { call: CallId(2) });
    desk.command(Command::Decline { call: CallId(1), code: DeclineCode::default() });
    assert_eq!(acts(&mut desk), [(SECOND, Act::Answer), (FIRST, Act::HangUp)]);
    desk.line(over(FIRST));
    assert_eq!(view(&desk, 1).state, CallState::Ended { cause: Cause::Declined });
}

#[test]
fn a_call_is_taken_back_once_the_other_one_is_held() {
    let mut desk = two();
    desk.command(Command::Resume { call: CallId(1) });
    assert_eq!(acts(&mut desk), [(SECOND, Act::Hold)]);
    is(&mut desk, SECOND, Direction::Incoming, Step::Held);
    assert_eq!(acts(&mut desk), [(FIRST, Act::Resume)]);
    is(&mut desk, FIRST, Direction::Incoming, Step::Talking);
    assert_eq!(acts(&mut desk), []);
    // One that is never held keeps the other where it is, and that is told.
    desk.command(Command::Resume { call: CallId(2) });
    desk.wait(Duration::from_secs(20));
    assert_eq!(acts(&mut desk), [(FIRST, Act::Hold)]);
    assert!(desk.control.snapshot(desk.now).notices.iter().any(|notice| notice.code == NoticeCode::HoldFailed));
}

#[test]
fn a_held_call_is_moved_by_becoming_the_one_in_conversation_first() {
    let mut desk = two();
    desk.command(Command::Transfer { call: CallId(1), to: TransferTo::Blind { target: number("607") } });
    assert!(matches!(view(&desk, 1).transfer, Some(TransferView::Moving { .. })));
    is(&mut desk, SECOND, Direction::Incoming, Step::Held);
    is(&mut desk, FIRST, Direction::Incoming, Step::Talking);
    let moved = Act::Transfer { target: number("607") };
    assert_eq!(acts(&mut desk), [(SECOND, Act::Hold), (FIRST, Act::Resume), (FIRST, moved)]);
    desk.line(over(FIRST));
    assert_eq!(view(&desk, 1).state, CallState::Ended { cause: Cause::Transferred });
    assert_eq!(view(&desk, 2).transfer, None);
}

#[test]
fn a_consultation_is_completed_or_given_up_for_the_call_it_is_about() {
    let consulting = || {
        let mut desk = desk();
        is(&mut desk, FIRST, Direction::Incoming, Step::Talking);
        desk.command(Command::Transfer { call: CallId(1), to: TransferTo::Consult { target: number("608") } });
        is(&mut desk, FIRST, Direction::Incoming, Step::Held);
        is(&mut desk, SECOND, Direction::Outgoing, Step::Talking);
        assert_eq!(view(&desk, 1).transfer, Some(TransferView::Consulting { with: CallId(2) }));
        assert_eq!(acts(&mut desk), [(FIRST, Act::Consult { target: number("608") })]);
        desk
    };
    let mut desk = consulting();
    desk.command(Command::CompleteTransfer { call: CallId(2) });
    assert_eq!(acts(&mut desk), [], "nobody is consulted about that one");
    desk.command(Command::CompleteTransfer { call: CallId(1) });
    assert_eq!(acts(&mut desk), [(FIRST, Act::CompleteTransfer)]);
    desk.line(over(FIRST));
    desk.line(over(SECOND));
    let transferred = CallState::Ended { cause: Cause::Transferred };
    assert_eq!((view(&desk, 1).state, view(&desk, 2).state), (transferred.clone(), transferred));

    let mut desk = consulting();
    desk.command(Command::CancelTransfer { call: CallId(1) });
    assert_eq!(acts(&mut desk), [(FIRST, Act::CancelTransfer)]);
    // The server does nothing: then it is ended as any call is, and the first one taken back.
    desk.wait(Duration::from_secs(4));
    assert_eq!(acts(&mut desk), [(SECOND, Act::HangUp)]);
    desk.line(over(SECOND));
    assert_eq!(acts(&mut desk), [(FIRST, Act::Resume)]);

    let mut desk = consulting();
    desk.command(Command::CompleteTransfer { call: CallId(1) });
    let told = Elsewhere::Refused { act: Act::CompleteTransfer, fault: TelephoneFault::NotTransferred };
    desk.line(LineEvent::Elsewhere { call: FIRST, told });
    assert!(matches!(view(&desk, 1).transfer, Some(TransferView::Failed { .. })));
    desk.line(over(SECOND));
    assert_eq!(view(&desk, 2).state, CallState::Ended { cause: Cause::HungUp { by: EndedBy::Remote } });
}
