//! Keys that work everywhere, on X11: whoever asks first has them.

use std::fs;

use model::CallState;

use super::{
    notifications::Notifications,
    screen::{Screen, eventually, private, sidetone},
};
use crate::interop::program::Program;

/// Another program that has one key: this one's like, with a folder of its own.
fn another_with(screen: &Screen, key: &str) -> Program {
    let folder = screen.home().join("another");
    private(&folder);
    let none = ["answer", "hang_up", "mute", "hold"].map(|name| format!("{name} = \"\"\n")).concat();
    let settings = format!("accounts = []\n[shortcuts]\nenabled = true\n{none}show = \"{key}\"\n");
    fs::write(folder.join("settings.toml"), settings).expect("the settings are written");
    let mut command = screen.command(sidetone());
    Program::start("another", command.arg("--data").arg(&folder).arg("--minimized"))
}

#[test]
fn a_key_that_another_program_has_is_named_and_the_others_work() {
    let Some(screen) = Screen::open() else { return };
    let notifications = Notifications::open(&screen);
    let other = another_with(&screen, "Ctrl+Alt+M");
    eventually("the other's window", || {
        screen.xdotool(&["key", "ctrl+alt+m"]);
        screen.windows("Sidetone").pop()
    });
    screen.settings("[shortcuts]\nenabled = true\n");
    let _program = screen.start(&["--minimized"]);
    let told = notifications.wait_for("a sentence", |shown| shown.body.contains("Ctrl+Alt+M"));
    assert!(!told.body.contains("Ctrl+Alt+A"), "only what is taken is named: {told:?}");
    drop(other);
    screen.dial("602");
    screen.wait_for("ringing call", |snapshot| snapshot.calls.iter().any(|call| call.state == CallState::Incoming));
    screen.xdotool(&["key", "ctrl+alt+a"]);
    screen.wait_for("conversation", |snapshot| {
        snapshot.calls.iter().any(|call| matches!(call.state, CallState::Established { .. }))
    });
}
