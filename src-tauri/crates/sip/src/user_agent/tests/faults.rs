use super::{
    super::{Command, Input},
    line::{CALL, INCOMING, Line, answer, seconds},
};
use crate::Method;

#[test]
fn a_call_whose_signalling_panics_is_ended_alone_and_the_far_end_is_told() {
    let mut line = Line::new();
    line.accepted_call();
    line.answered_call();
    line.sent.clear();
    line.ua.guarded(CALL, |_, _| panic!("a fault of the test"));
    line.handle(Input::Timeout);
    let told = line.told();
    assert!(told.len() == 1 && told[0].contains("Confused"), "{told:?}");
    let bye = line.request(Method::Bye);
    line.receive(answer(&bye, 200, "", &[], ""));
    line.wait(seconds(40));
    line.command(Command::HangUp { call: INCOMING, reason: String::new() });
    line.request(Method::Bye);
}
