use model::{DtmfDigit, Personal};

use super::*;

fn at(ms: u64) -> Instant {
    Instant::START + Duration::from_millis(ms)
}

fn step(kind: PhoneEventType, unique_id: &str, other: &str) -> PhoneEvent {
    PhoneEvent {
        kind,
        dn: "1001".into(),
        other_dn: other.into(),
        other_name: Personal::default(),
        linked_id: format!("l.{unique_id}"),
        unique_id: unique_id.into(),
        direction: None,
        queue_name: String::new(),
        sip_call_id: None,
        words: Vec::new(),
    }
}

/// What it has told and asked for since it was last looked at.
fn taken(desk: &mut DeskPhone) -> Vec<Output> {
    std::iter::from_fn(|| desk.poll_output()).collect()
}

fn commands(desk: &mut DeskPhone) -> Vec<CtiCommand> {
    let commands = taken(desk).into_iter().filter_map(|output| match output {
        Output::Command(command) => Some(command),
        Output::Line(_) => None,
    });
    commands.collect()
}

fn is(call: LineCall, direction: Direction, number: &str, step: Step) -> Output {
    let remote = Remote { number: number.into(), ..Remote::default() };
    Output::Line(LineEvent::Elsewhere { call, told: Elsewhere::Is { direction, remote, step } })
}

fn refused(call: LineCall, act: Act, fault: TelephoneFault) -> Output {
    Output::Line(LineEvent::Elsewhere { call, told: Elsewhere::Refused { act, fault } })
}

const DIALLED: LineCall = LineCall::Dialled(7);
const FIRST: LineCall = LineCall::Received(1);
const SECOND: LineCall = LineCall::Received(2);

/// Two calls: the first is held.
fn two() -> DeskPhone {
    let mut desk = DeskPhone::default();
    desk.heard(at(0), &step(PhoneEventType::OnHold, "u.1", "1002"));
    desk.heard(at(0), &step(PhoneEventType::Established, "u.2", "1003"));
    taken(&mut desk);
    desk
}

#[test]
fn a_call_that_is_dialled_is_the_one_that_the_server_tells_of_next() {
    let mut desk = DeskPhone::default();
    let target = "sip:1002@default".parse().expect("an address");
    desk.asked(at(0), DIALLED, Act::Dial { target }, true);
    assert_eq!(commands(&mut desk), [CtiCommand::Dial { destination: "1002".into(), variables: Vec::new() }]);
    // Somebody else calls meanwhile.
    let mut ringing = step(PhoneEventType::Ringing, "u.9", "1005");
    ringing.direction = Some(Direction::Incoming);
    desk.heard(at(10), &ringing);
    desk.heard(at(20), &step(PhoneEventType::Dialing, "u.1", "01002"));
    desk.heard(at(30), &step(PhoneEventType::Established, "u.1", ""));
    let told = taken(&mut desk);
    assert_eq!(told[0], is(FIRST, Direction::Incoming, "1005", Step::Ringing));
    assert_eq!(told[2], is(DIALLED, Direction::Outgoing, "01002", Step::Talking));
    // What comes late does not lead back, neither from a conversation nor from its end.
    desk.heard(at(40), &step(PhoneEventType::Dialing, "u.1", ""));
    desk.heard(at(50), &step(PhoneEventType::Released, "u.1", ""));
    desk.heard(at(60), &step(PhoneEventType::Established, "u.1", ""));
    let told = taken(&mut desk);
    assert_eq!(told[0], is(DIALLED, Direction::Outgoing, "01002", Step::Talking));
    assert_eq!(told[1..], [Output::Line(LineEvent::Ended { call: DIALLED, how: LineEnd::Bye { code: None } })]);
}

#[test]
fn calls_without_numbers_are_told_apart_and_no_other_one_is_acted_on() {
    let mut desk = DeskPhone::default();
    let unnumbered = |kind, linked: &str, other| PhoneEvent { linked_id: linked.into(), ..step(kind, "", other) };
    desk.heard(at(0), &unnumbered(PhoneEventType::OnHold, "l.1", "1002"));
    desk.heard(at(0), &unnumbered(PhoneEventType::Established, "l.2", "1003"));
    assert_eq!(taken(&mut desk).len(), 2);
    desk.asked(at(0), FIRST, Act::HangUp, true);
    assert_eq!(taken(&mut desk), [refused(FIRST, Act::HangUp, TelephoneFault::NotTold)]);
    desk.heard(at(1), &unnumbered(PhoneEventType::Released, "l.2", ""));
    taken(&mut desk);
    desk.asked(at(2), FIRST, Act::Resume, true);
    assert_eq!(commands(&mut desk), [CtiCommand::Hold { unique_id: None }], "the only one");
    // What names no call at all is none.
    desk.heard(at(3), &unnumbered(PhoneEventType::Ringing, "", "1004"));
    assert_eq!(taken(&mut desk), []);
}

#[test]
fn commands_name_the_call_they_are_about() {
    let mut desk = two();
    let named = |id: &str| Some(id.to_owned());
    for (call, act, command) in [
        (FIRST, Act::Resume, CtiCommand::Hold { unique_id: named("u.1") }),
        (SECOND, Act::Hold, CtiCommand::Hold { unique_id: named("u.2") }),
        (FIRST, Act::HangUp, CtiCommand::Hangup { unique_id: named("u.1") }),
        (SECOND, Act::Answer, CtiCommand::Answer { unique_id: named("u.2") }),
    ] {
        desk.asked(at(0), call, act, true);
        assert_eq!(commands(&mut desk), [command]);
    }
    // What is so already is not asked for: the command would undo it.
    desk.asked(at(0), FIRST, Act::Hold, true);
    desk.asked(at(0), SECOND, Act::Resume, true);
    assert_eq!(taken(&mut desk), []);
    desk.asked(at(0), SECOND, Act::Hold, false);
    assert_eq!(taken(&mut desk), [refused(SECOND, Act::Hold, TelephoneFault::NoCti)]);
}

#[test]
fn what_is_not_seen_to_be_done_is_asked_about_once_and_told() {
    let mut desk = two();
    desk.asked(at(0), SECOND, Act::Hold, true);
    desk.asked(at(0), FIRST, Act::HangUp, true);
    taken(&mut desk);
    assert_eq!(desk.poll_timeout(), Some(at(5_000)));
    desk.on_timeout(at(5_000));
    assert_eq!(taken(&mut desk), [Output::Command(CtiCommand::GetCurrentCallsPhoneEvents)]);
    // The list shows that the one was done and its step only missed, and that the other was not.
    let listed = [step(PhoneEventType::OnHold, "u.1", "1002"), step(PhoneEventType::OnHold, "u.2", "1003")];
    desk.heard_all(at(5_100), &listed);
    let told = taken(&mut desk);
    assert!(told.contains(&is(SECOND, Direction::Incoming, "1003", Step::Held)));
    assert_eq!(told.last(), Some(&refused(FIRST, Act::HangUp, TelephoneFault::NotEnded)));
    assert_eq!((told.len(), desk.poll_timeout()), (3, None));
}

#[test]
fn a_refusal_is_of_the_last_order_and_of_none_when_it_comes_late() {
    let mut desk = two();
    let key = DtmfDigit::try_from('5').expect("a key");
    desk.asked(at(0), SECOND, Act::Press(key), true);
    taken(&mut desk);
    assert!(desk.refused(at(100), "no"));
    assert_eq!(taken(&mut desk), [refused(SECOND, Act::Press(key), TelephoneFault::Refused { text: "no".into() })]);
    assert!(!desk.refused(at(200), "again"));
    desk.asked(at(300), FIRST, Act::Resume, true);
    assert!(!desk.refused(at(5_301), "late"));
    let target = "1009".parse().expect("a number");
    desk.asked(at(6_000), DIALLED, Act::Dial { target }, true);
    taken(&mut desk);
    assert!(desk.refused(at(6_100), "TooManyCalls"));
    let how = LineEnd::Failed { fault: LineFault::Telephone { fault: TelephoneFault::Refused { text: "TooManyCalls".into() } } };
    assert_eq!(taken(&mut desk), [Output::Line(LineEvent::Ended { call: DIALLED, how })]);
}

#[test]
fn a_consultation_ends_alone_though_it_shares_its_linked_id() {
    let mut desk = DeskPhone::default();
    let linked = |event: PhoneEvent| PhoneEvent { linked_id: "l.1".into(), ..event };
    desk.heard(at(0), &linked(step(PhoneEventType::OnHold, "u.1", "1002")));
    desk.heard(at(0), &linked(step(PhoneEventType::Dialing, "u.2", "1003")));
    taken(&mut desk);
    desk.heard(at(1), &linked(step(PhoneEventType::Released, "u.2", "")));
    assert_eq!(taken(&mut desk), [Output::Line(LineEvent::Ended { call: SECOND, how: LineEnd::Bye { code: None } })]);
    // One that is not known by its own number is by that of the whole call.
    desk.heard(at(2), &linked(step(PhoneEventType::Released, "u.7", "")));
    assert_eq!(taken(&mut desk), [Output::Line(LineEvent::Ended { call: FIRST, how: LineEnd::Bye { code: None } })]);
}

#[test]
fn a_server_that_tells_of_endless_calls_fills_no_memory() {
    let mut desk = DeskPhone::default();
    for number in 0..1_000 {
        desk.heard(at(0), &step(PhoneEventType::Ringing, &format!("u.{number}"), "1002"));
        desk.heard(at(0), &step(PhoneEventType::Released, &format!("x.{number}"), ""));
    }
    assert_eq!((desk.calls.len(), desk.gone.len()), (MOST, MOST_GONE));
}
