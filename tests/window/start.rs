//! Starting, a second time, and without a screen.

use std::{process::Command, time::Duration};

use super::screen::{PATIENCE, Screen, eventually, sidetone, web_processes};
use crate::interop::program::Program;

#[test]
fn without_a_screen_it_says_so_and_names_the_other_program() {
    let output = Command::new(sidetone()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("it starts");
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no display") && said.contains("sidetone-cli"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn with_a_screen_that_cannot_be_reached_it_says_the_same_and_signs_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(sidetone());
    command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path()).env_remove("WAYLAND_DISPLAY");
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("PULSE_SERVER", "unix:none");
    let output = command.env("DISPLAY", ":9999").arg("--data").arg(folder.path().join("data")).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("there is no display") && !said.contains("panicked"), "{said}");
}

/// GTK and WebKit wait for them in the main thread.
#[test]
fn who_asks_it_to_end_is_heard_though_services_of_the_desktop_say_nothing() {
    let Some(screen) = Screen::open() else { return };
    let silent = screen.home().join("silent");
    let _listens = std::os::unix::net::UnixListener::bind(&silent).expect("a socket");
    for bus in ["DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"] {
        let mut command = screen.sidetone(&[]);
        let mut program = Program::start(bus, command.env(bus, format!("unix:path={}", silent.display())));
        screen.wait_for("registration", |snapshot| {
            snapshot.accounts.iter().any(|account| account.state == model::AccountState::Registered)
        });
        screen.dial("600");
        screen.wait_for("call", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
        program.signal("TERM");
        assert_eq!(program.finish(PATIENCE), Some(0), "{bus}: it ends when it is asked to");
        program.wait_for_line("signed off", Duration::ZERO);
    }
}

#[test]
fn the_self_test_needs_no_screen_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    // The sound server's library makes a folder of its own where the session names none.
    let session = tempfile::tempdir().expect("a folder for the session");
    let mut command = Command::new(sidetone());
    command.arg("--self-test").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.env("TMPDIR", folder.path()).env("XDG_RUNTIME_DIR", session.path());
    let mut test = Program::start("self-test", &mut command);
    assert_eq!(test.finish(PATIENCE), Some(0));
    let said = test.wait_for_line("called 600", Duration::ZERO);
    assert!(said.contains("registered with the practice exchange"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn it_starts_with_the_session_where_the_user_wants_that_and_not_for_ever() {
    let Some(screen) = Screen::open() else { return };
    screen.settings("[window]\nstart_with_session = true\n");
    let entry = screen.home().join(".config/autostart/sidetone.desktop");
    let program = screen.start(&["--minimized"]);
    let text = eventually("entry of the session", || std::fs::read_to_string(&entry).ok());
    let starts = text.lines().find_map(|line| line.strip_prefix("Exec=")).expect("a command");
    assert!(starts.contains("sidetone") && starts.ends_with("--minimized"), "{text}");
    drop(program);
    screen.settings("");
    let _program = screen.start(&["--minimized"]);
    eventually("end of the entry", || (!entry.exists()).then_some(()));
}

#[test]
fn a_second_start_brings_the_first_window_up() {
    let Some(screen) = Screen::open() else { return };
    let first = screen.start(&[]);
    let window = screen.window("Sidetone");
    screen.xdotool(&["windowminimize", "--sync", &window]);
    let mut second = Program::start("second sidetone", &mut screen.sidetone(&[]));
    assert_eq!(second.finish(PATIENCE), Some(0), "it hands over and ends");
    eventually("the first window again", || (screen.xdotool(&["getactivewindow"]) == window).then_some(()));
    drop(first);
}

#[test]
fn a_second_start_finds_the_phone_of_a_folder_that_takes_no_socket() {
    let Some(screen) = Screen::open() else { return };
    // As on a disk that may only be read, which nothing keeps from being written to by a test that runs as root.
    std::fs::create_dir(screen.data().join("control.sock")).expect("it is ours");
    let _first = Program::start("sidetone", &mut screen.sidetone(&[]));
    let window = screen.window("Sidetone");
    screen.xdotool(&["windowminimize", "--sync", &window]);
    let mut second = Program::start("second sidetone", &mut screen.sidetone(&[]));
    assert_eq!(second.finish(PATIENCE), Some(0), "it hands over and ends");
    eventually("the first window again", || (screen.xdotool(&["getactivewindow"]) == window).then_some(()));
}

#[test]
fn without_a_tray_closing_the_window_ends_the_program() {
    let Some(screen) = Screen::open() else { return };
    let mut program = screen.start(&[]);
    let window = screen.window("Sidetone");
    screen.close(&window);
    assert_eq!(program.finish(PATIENCE), Some(0));
}

#[test]
fn a_page_whose_process_dies_is_drawn_again_and_the_call_goes_on() {
    let Some(screen) = Screen::open() else { return };
    let program = screen.start(&[]);
    screen.window("Sidetone");
    screen.dial("600");
    screen.wait_for("call", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
    let page = eventually("web process", || web_processes(program.id()).pop());
    let killed = Command::new("kill").arg("-KILL").arg(page.to_string()).status();
    assert!(killed.is_ok_and(|status| status.success()));
    eventually("another web process", || web_processes(program.id()).into_iter().find(|id| *id != page));
    let snapshot = screen.status().expect("the phone has not noticed");
    assert!(snapshot.calls.iter().any(|call| matches!(call.state, model::CallState::Established { .. })));
}
