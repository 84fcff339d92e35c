//! A line that its user may have here or on his desk phone (a unique account): sections 4.2 and 8.9.

use model::{AccountState, AssistantRequest, LineDevice};
use serde_json::json;
use tests::{Scenario, ms, seconds};

use super::{
    assistant::{ask, trouble},
    end, kinds, requests, troubles,
};

/// A line with that choice, registered here.
fn with_choice() -> Scenario {
    let t = Scenario::new().with_xivo();
    t.xuc().changes_line(|line| line["isUa"] = json!(true));
    t.run_until("it is registered again", seconds(5), |t| {
        t.alice().is_registered() && device(t) == Some(LineDevice::Here) && t.xuc().sip_urls().len() == 2
    });
    t
}

fn device(t: &Scenario) -> Option<LineDevice> {
    t.alice().snapshot().assistants[0].state.device
}

fn choose(t: &Scenario, device: LineDevice) {
    ask(t, AssistantRequest::Device { device });
}

#[test]
fn the_line_goes_to_the_desk_phone_once_this_one_has_signed_off_and_comes_back() {
    let t = with_choice();
    choose(&t, LineDevice::DeskPhone);
    t.run_until("the desk phone is controlled", seconds(5), |t| t.alice().account() == AccountState::Ready);
    assert_eq!(device(&t), Some(LineDevice::DeskPhone));
    assert!(requests(&t, "REGISTER").last().is_some_and(|register| register.contains("expires=0")), "signed off");
    assert_eq!(kinds(&t).last().map(String::as_str), Some("registration/Unregistered"));
    let frame = t.xuc().frames().into_iter().find(|frame| frame["command"] == "toggleUniqueAccountDevice");
    assert_eq!(frame.map(|frame| frame["deviceType"].clone()), Some(json!("phone")));
    choose(&t, LineDevice::Here);
    t.run_until("it is registered here", seconds(5), |t| t.alice().is_registered());
    assert_eq!((device(&t), troubles(&t)), (Some(LineDevice::Here), 0));
    let talk = t.call("bob", "alice");
    end(&t, &[talk.called]);
}

#[test]
fn a_line_that_the_server_does_not_move_stays_here_and_that_is_told() {
    let t = with_choice();
    t.xuc().refuses_command("toggleUniqueAccountDevice");
    choose(&t, LineDevice::DeskPhone);
    t.run_until("it is registered again", seconds(5), |t| t.alice().is_registered());
    assert_eq!(trouble(&t), "the XiVO refused to change the telephone of the line: NotForYou");
    t.xuc().knows_command("toggleUniqueAccountDevice", false);
    choose(&t, LineDevice::DeskPhone);
    t.run_for(seconds(5));
    assert!(!t.alice().is_registered(), "the server may be about to move it");
    t.run_until("it is registered again", seconds(10), |t| t.alice().is_registered());
    assert_eq!(trouble(&t), "the XiVO did not say that it changed the telephone of the line");
    assert_eq!((device(&t), troubles(&t)), (Some(LineDevice::Here), 2));
}

#[test]
fn a_line_stays_where_it_is_during_a_call_and_where_there_is_no_choice() {
    let t = Scenario::new().with_xivo();
    choose(&t, LineDevice::DeskPhone);
    assert_eq!((device(&t), trouble(&t).as_str()), (None, "the line has no other telephone to go to"));
    let t = with_choice();
    let talk = t.call("bob", "alice");
    choose(&t, LineDevice::DeskPhone);
    assert_eq!(trouble(&t), "the line goes to no other telephone while a call goes on");
    t.run_for(ms(500));
    assert!(t.alice().is_established(talk.called) && t.alice().is_registered());
    assert!(!t.xuc().commands().contains(&"toggleUniqueAccountDevice".to_owned()));
    end(&t, &[talk.called]);
}
