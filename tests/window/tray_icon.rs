//! The tray, and life without a window.

use model::CallState;

use super::{
    notifications::Notifications,
    screen::{Screen, eventually, processes_of_webkit, web_processes},
    tray::Tray,
};

#[test]
fn the_icon_tells_the_state_and_its_menu_rules_the_call() {
    let Some(screen) = Screen::open() else { return };
    let tray = Tray::open(&screen);
    let _program = screen.start(&[]);
    tray.wait_for_icon();
    eventually("words of a quiet phone", || tray.tooltip().contains("ready").then_some(()));
    let idle = tray.picture();
    screen.dial("602");
    // It hangs up and calls back.
    tray.wait_for_entry("Answer");
    assert_ne!(tray.picture(), idle, "a ringing phone looks different");
    let ringing = tray.picture();
    tray.click("Answer");
    screen.wait_for("conversation", |snapshot| {
        snapshot.calls.iter().any(|call| matches!(call.state, CallState::Established { .. }))
    });
    tray.wait_for_entry("Microphone off");
    assert!(![&idle, &ringing].contains(&&tray.picture()), "so does one in a call");
    tray.click("Microphone off");
    screen.wait_for("closed microphone", |snapshot| snapshot.calls.iter().any(|call| call.muted));
    eventually("mark beside it", || tray.wait_for_entry("Microphone off").checked.then_some(()));
    tray.click("Hang up");
    screen
        .wait_for("end of the call", |snapshot| snapshot.calls.iter().all(|call| matches!(call.state, CallState::Ended { .. })));
}

#[test]
fn do_not_disturb_is_a_switch_in_the_menu() {
    let Some(screen) = Screen::open() else { return };
    let tray = Tray::open(&screen);
    let _program = screen.start(&["--minimized"]);
    tray.wait_for_icon();
    tray.click("Do not disturb");
    screen.wait_for("do not disturb", |snapshot| snapshot.do_not_disturb);
    eventually("mark beside it", || tray.wait_for_entry("Do not disturb").checked.then_some(()));
    eventually("words for it", || tray.tooltip().contains("Do not disturb").then_some(()));
}

#[test]
fn a_tray_that_comes_late_gets_the_icon() {
    let Some(screen) = Screen::open() else { return };
    let _program = screen.start(&[]);
    screen.window("Sidetone");
    let tray = Tray::open(&screen);
    tray.wait_for_icon();
}

#[test]
fn a_window_closed_in_mid_call_gives_its_memory_back_and_the_call_goes_on() {
    let Some(screen) = Screen::open() else { return };
    let tray = Tray::open(&screen);
    let notifications = Notifications::open(&screen);
    let program = screen.start(&[]);
    tray.wait_for_icon();
    let window = screen.window("Sidetone");
    screen.dial("601");
    let sent = |snapshot: &model::Snapshot| {
        snapshot.calls.first().and_then(|call| call.media.as_ref()).map_or(0, |media| media.packets_received)
    };
    let before = sent(&screen.wait_for("music", |snapshot| sent(snapshot) > 0));
    screen.close(&window);
    eventually("end of the web process", || web_processes(program.id()).is_empty().then_some(()));
    let told = notifications.wait_for("word of the tray", |shown| shown.body.contains("tray"));
    assert_eq!(told.urgency, 1);
    screen.wait_for("more music", |snapshot| sent(snapshot) > before);
    tray.activate();
    let window = screen.window("Sidetone");
    screen.close(&window);
    eventually("end of the web process", || web_processes(program.id()).is_empty().then_some(()));
    assert_eq!(notifications.count(|shown| shown.body.contains("tray")), 1, "it is said once");
    eventually("end of all that draws", || processes_of_webkit(program.id()).is_empty().then_some(()));
    tray.click("Show Sidetone");
    screen.window("Sidetone");
    assert!(screen.status().is_some_and(|snapshot| sent(&snapshot) > before));
}

#[test]
fn the_window_comes_back_to_its_place() {
    let Some(screen) = Screen::open() else { return };
    let tray = Tray::open(&screen);
    let _program = screen.start(&[]);
    tray.wait_for_icon();
    let window = screen.window("Sidetone");
    screen.xdotool(&["windowsize", "--sync", &window, "420", "560"]);
    screen.xdotool(&["windowmove", "--sync", &window, "700", "60"]);
    let place = |window: &str| screen.xdotool(&["getwindowgeometry", "--shell", window]);
    let geometry = |text: &str| text.lines().filter(|line| !line.starts_with("WINDOW")).map(str::to_owned).collect::<Vec<_>>();
    let before = geometry(&place(&window));
    screen.close(&window);
    eventually("closed window", || screen.windows("Sidetone").is_empty().then_some(()));
    tray.click("Show Sidetone");
    let again = screen.window("Sidetone");
    eventually(&format!("window at {before:?}"), || (geometry(&place(&again)) == before).then_some(()));
}
