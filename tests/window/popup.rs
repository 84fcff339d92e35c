//! What shows that the phone rings: its own small window, and the desktop's notification.

use model::{CallState, Direction};
use serde_json::json;

use super::{
    driver::Driver,
    notifications::Notifications,
    screen::{Screen, eventually},
    tray::Tray,
};
use crate::interop::program::Program;

pub(super) const POPUP: &str = "Incoming call";

/// The middle of its first button.
pub(super) const ANSWER: (&str, &str) = ("68", "166");

pub(super) fn rings(snapshot: &model::Snapshot) -> bool {
    snapshot.calls.iter().any(|call| call.state == CallState::Incoming)
}

pub(super) fn talks(snapshot: &model::Snapshot) -> bool {
    snapshot.calls.iter().any(|call| matches!(call.state, CallState::Established { .. }))
}

#[test]
fn a_ringing_call_shows_itself_and_leaves_the_keyboard_to_whoever_types() {
    let Some(screen) = Screen::open() else { return };
    let _program = screen.start(&["--minimized"]);
    let other =
        Program::start("xmessage", screen.command("xmessage").args(["-buttons", "no:0,yes:1", "-name", "editor", "typing here"]));
    let editor = eventually("another program", || screen.windows("editor").pop());
    screen.xdotool(&["windowactivate", "--sync", &editor]);
    let focus = || screen.xdotool(&["getwindowfocus"]);
    let before = focus();
    screen.dial("602");
    screen.wait_for("ringing call", rings);
    let popup = screen.window(POPUP);
    screen.xdotool(&["key", "Return", "space"]);
    assert_eq!(focus(), before, "the popup took the keyboard");
    assert!(rings(&screen.status().expect("the phone runs")), "keys typed elsewhere do nothing to a call");
    let place = screen.xdotool(&["getwindowgeometry", "--shell", &popup]);
    assert!(place.contains("WIDTH=360") && place.contains("HEIGHT=204"), "{place}");
    screen.ask(model::Command::Decline {
        call: screen.status().and_then(|snapshot| snapshot.calls.last().map(|call| call.id)).expect("a call"),
        code: model::DeclineCode::default(),
    });
    eventually("popup gone", || screen.windows(POPUP).is_empty().then_some(()));
    drop(other);
}

#[test]
fn the_page_of_the_popup_may_act_on_the_ringing_call_and_ask_for_nothing_else() {
    let Some(screen) = Screen::open() else { return };
    let Some(page) = Driver::start(&screen, &[]) else { return };
    let window = screen.window("Sidetone");
    screen.wait_for("registration", |snapshot| {
        snapshot.accounts.iter().any(|account| account.state == model::AccountState::Registered)
    });
    screen.xdotool(&["windowminimize", "--sync", &window]);
    screen.dial("602");
    screen.window(POPUP);
    page.turn_to("incoming.html");
    let call = screen.wait_for("ringing call", rings).calls.into_iter().find(|call| call.state == CallState::Incoming);
    let call = call.expect("it rings").id;
    // Each would be taken from the phone's own window just so.
    for (command, arguments) in [
        ("send", json!({ "command": { "command": "hang-up", "call": call } })),
        ("settings", json!({})),
        ("history", json!({ "query": { "text": "", "only": "all", "limit": 10, "before": null } })),
        ("set_secret", json!({ "key": { "secret": "password", "account": "practice" }, "value": "x" })),
        ("support_bundle", json!({})),
        ("kiosk_leave", json!({ "pin": "1234" })),
        ("plugin:event|listen", json!({ "event": "target", "target": { "kind": "Any" }, "handler": 1 })),
    ] {
        let why = page.invoke(command, &arguments);
        assert!(why.contains("not allowed"), "{command}: {why:?}");
    }
    assert!(rings(&screen.status().expect("the phone runs")), "nothing of that did anything");
    assert_eq!(page.invoke("incoming_action", &json!({ "call": call, "action": "silence" })), "");
    screen.wait_for("silence", |snapshot| snapshot.calls.iter().any(|other| other.id == call && other.silenced));
    page.ask("incoming_action", &json!({ "call": call, "action": "redirect" }));
    eventually("the phone's own window", || (screen.xdotool(&["getactivewindow"]) == window).then_some(()));
    assert!(rings(&screen.status().expect("the phone runs")), "nobody has said where to yet");
}

#[test]
fn no_popup_covers_a_window_that_shows_the_call_already() {
    let Some(screen) = Screen::open() else { return };
    let _program = screen.start(&[]);
    let window = screen.window("Sidetone");
    screen.xdotool(&["windowactivate", "--sync", &window]);
    screen.dial("602");
    screen.wait_for("ringing call", rings);
    assert!(screen.windows(POPUP).is_empty());
    screen.xdotool(&["windowminimize", "--sync", &window]);
    screen.window(POPUP);
}

#[test]
fn a_click_on_the_popup_answers_and_brings_the_window_up() {
    let Some(screen) = Screen::open() else { return };
    let _program = screen.start(&[]);
    let window = screen.window("Sidetone");
    screen.xdotool(&["windowminimize", "--sync", &window]);
    screen.dial("602");
    let popup = screen.window(POPUP);
    // A real click, through the window manager, as a hand does it; the page may still be drawing its buttons.
    eventually("answer", || {
        screen.xdotool(&["mousemove", "--window", &popup, ANSWER.0, ANSWER.1, "click", "1"]);
        screen.status().filter(talks)
    });
    screen.wait_for("conversation", talks);
    eventually("the phone's own window", || (screen.xdotool(&["getactivewindow"]) == window).then_some(()));
    eventually("popup gone", || screen.windows(POPUP).is_empty().then_some(()));
}

#[test]
fn the_notification_of_a_ringing_call_answers_it_and_goes_when_it_stops() {
    let Some(screen) = Screen::open() else { return };
    let _tray = Tray::open(&screen);
    let notifications = Notifications::open(&screen);
    let _program = screen.start(&["--minimized"]);
    screen.dial("602");
    let shown = notifications.wait_for("notification of the call", |shown| shown.category == "call.incoming");
    assert_eq!(shown.urgency, 2);
    assert!(shown.title.contains("exchange"), "{shown:?}");
    assert!(["answer", "decline"].iter().all(|action| shown.actions.iter().any(|offered| offered == action)), "{shown:?}");
    notifications.press(&shown, "answer");
    screen.wait_for("conversation", talks);
    notifications.wait_for("end of the notification", |shown| shown.category == "call.incoming" && shown.closed);
    screen.window("Sidetone");
}

#[test]
fn a_call_nobody_took_is_told_of_afterwards() {
    let Some(screen) = Screen::open() else { return };
    let notifications = Notifications::open(&screen);
    screen.settings("[calls]\nring_for_s = 2\n");
    let _program = screen.start(&["--minimized"]);
    screen.dial("602");
    screen.wait_for("ringing call", rings);
    let told = notifications.wait_for("word of the missed call", |shown| shown.title.starts_with("Missed call"));
    assert_eq!(told.urgency, 1);
    assert!(told.actions.iter().any(|action| action == "call-back"), "{told:?}");
    notifications.press(&told, "call-back");
    let missed =
        screen.status().and_then(|snapshot| snapshot.calls.into_iter().find(|call| call.direction == Direction::Incoming));
    let caller = missed.expect("it is still shown").remote;
    screen.wait_for("call back", |snapshot| {
        snapshot.calls.iter().any(|call| call.direction == Direction::Outgoing && call.remote.number == caller.number)
    });
}
