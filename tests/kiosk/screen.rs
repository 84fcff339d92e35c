//! The real kiosk on a screen of its own: what it takes, what it refuses, and how it comes back.

#![expect(clippy::disallowed_methods, reason = "real windows take real time")]

use std::{
    env, fs,
    time::{Duration, Instant},
};

use model::{AccountState, CallState, Snapshot};

use crate::{
    interop::program::Program,
    window::screen::{Screen, eventually, processes},
};

pub(super) const WINDOW: &str = "Sidetone kiosk";

/// How long calls come in one after the other; an hour before a release, a minute in between.
const SOAK: (&str, u64) = ("SIDETONE_SOAK_S", 60);

/// Starts a kiosk that answers these callers after a second.
pub(super) fn start(screen: &Screen, callers: &str) -> Program {
    let policy = format!(
        "[[auto_answer]]\naccount = \"practice\"\nwhen = \"always\"\ndelay_s = 1\nmicrophone = \"after-beep\"\ncallers = [{callers}]\n"
    );
    let buttons = "[[buttons]]\nlabel = \"Help\"\ntarget = \"600\"\n";
    let profile = write(screen, &format!("account = \"practice\"\ntitle = \"Reception\"\n{buttons}{policy}"));
    screen.start(&["--kiosk", &profile])
}

pub(super) fn write(screen: &Screen, text: &str) -> String {
    let path = screen.data().join("kiosk.toml");
    fs::write(&path, text).expect("the profile is written");
    path.to_str().expect("a path of text").to_owned()
}

/// Lets the practice exchange call the kiosk.
pub(super) fn is_called(screen: &Screen) {
    screen.dial("602");
    screen.wait_for("end of the call out", |snapshot| !snapshot.calls.iter().any(is_live));
}

pub(super) fn is_live(call: &model::CallView) -> bool {
    !matches!(call.state, CallState::Ended { .. })
}

pub(super) fn answered_itself(snapshot: &Snapshot) -> bool {
    snapshot.calls.iter().any(|call| call.auto_answered && matches!(call.state, CallState::Established { .. }))
}

pub(super) fn is_registered(snapshot: &Snapshot) -> bool {
    snapshot.accounts.iter().any(|account| account.state == AccountState::Registered)
}

/// The process that the guard watches.
fn child_of(guard: u32) -> Option<u32> {
    processes().into_iter().find(|(_, parent, name)| *parent == guard && name.starts_with("sidetone")).map(|(id, ..)| id)
}

#[test]
fn it_covers_the_screen_and_takes_a_permitted_call_after_its_delay() {
    let Some(screen) = Screen::open() else { return };
    let _program = start(&screen, "\"*\"");
    let window = screen.window(WINDOW);
    let place = eventually("the whole screen", || {
        let place = screen.xdotool(&["getwindowgeometry", "--shell", &window]);
        (place.contains("WIDTH=1280") && place.contains("HEIGHT=800")).then_some(place)
    });
    assert!(place.contains("X=0") && place.contains("Y=0"), "{place}");
    screen.close(&window);
    is_called(&screen);
    let ringing = screen.wait_for("call that will answer itself", |snapshot| {
        snapshot.calls.iter().any(|call| call.state == CallState::Incoming && call.answers_itself_ms.is_some())
    });
    let due = ringing.calls.iter().find_map(|call| call.answers_itself_ms).expect("it is due");
    let talking = screen.wait_for("answer", answered_itself);
    let answered = talking.calls.iter().find(|call| call.auto_answered).and_then(|call| call.answered_ms).expect("a time");
    assert!(answered >= due && answered < due + 2000, "due at {due} ms, answered at {answered} ms");
    screen.wait_for("open microphone", |snapshot| snapshot.calls.iter().any(|call| call.auto_answered && !call.muted));
    assert_eq!(screen.windows(WINDOW), [window], "it cannot be closed, and nothing else shows the call");
}

#[test]
fn it_refuses_a_stranger() {
    let Some(screen) = Screen::open() else { return };
    let _program = start(&screen, "\"nobody\"");
    screen.window(WINDOW);
    screen.dial("602");
    let refused = |snapshot: &Snapshot| {
        snapshot.calls.iter().any(|call| call.direction == model::Direction::Incoming && !is_live(call) && !call.auto_answered)
    };
    screen.wait_for("refusal", refused);
}

#[test]
fn it_comes_back_when_it_is_killed_and_goes_with_its_guard() {
    let Some(screen) = Screen::open() else { return };
    let guard = start(&screen, "\"*\"");
    screen.window(WINDOW);
    let first = eventually("kiosk", || child_of(guard.id()));
    let killed = screen.command("kill").args(["-9", &first.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()), "it could not be killed");
    eventually("another kiosk", || child_of(guard.id()).filter(|id| *id != first));
    screen.wait_for("registration", is_registered);
    screen.window(WINDOW);
    is_called(&screen);
    screen.wait_for("answer", answered_itself);
    drop(guard);
    eventually("end of the kiosk", || screen.status().is_none().then_some(()));
}

#[test]
fn a_damaged_profile_is_shown_and_nothing_goes_online() {
    let Some(screen) = Screen::open() else { return };
    let profile = write(&screen, "account = \"practice\"\nnonsense = 1\n");
    let _program = Program::start("sidetone", &mut screen.sidetone(&["--kiosk", &profile]));
    screen.window(WINDOW);
    assert_eq!(screen.status().expect("the phone runs").accounts, []);
}

#[test]
fn it_goes_on_without_its_sound_devices_and_takes_the_next_call() {
    let Some(mut screen) = Screen::open() else { return };
    let Some(sound) = screen.sound_server() else { return };
    let _program = start(&screen, "\"*\"");
    screen.window(WINDOW);
    is_called(&screen);
    screen.wait_for("answer", answered_itself);
    drop(sound);
    let Some(_sound) = screen.sound_server() else { return };
    assert!(screen.status().is_some_and(|snapshot| answered_itself(&snapshot)), "the call went with the devices");
    screen.ask(model::Command::HangUp {
        call: screen
            .status()
            .and_then(|snapshot| snapshot.calls.iter().find(|call| is_live(call)).map(|call| call.id))
            .expect("a call"),
    });
    screen.wait_for("idle", |snapshot| !snapshot.calls.iter().any(is_live));
    is_called(&screen);
    screen.wait_for("answer", answered_itself);
}

#[test]
fn calls_are_taken_one_after_the_other_for_as_long_as_they_come() {
    let Some(screen) = Screen::open() else { return };
    let guard = start(&screen, "\"*\"");
    screen.window(WINDOW);
    let first = eventually("kiosk", || child_of(guard.id()));
    let span = env::var(SOAK.0).ok().and_then(|text| text.parse().ok()).unwrap_or(SOAK.1);
    let until = Instant::now() + Duration::from_secs(span);
    let (mut taken, mut warm) = (0, None);
    while Instant::now() < until || taken <= WARM {
        is_called(&screen);
        let talking = screen.wait_for("answer", |snapshot| {
            assert!(is_registered(snapshot), "it cannot be called after {taken} calls");
            answered_itself(snapshot)
        });
        let call = talking.calls.iter().find(|call| is_live(call)).expect("a call").id;
        screen.ask(model::Command::HangUp { call });
        let idle = screen.wait_for("idle", |snapshot| !snapshot.calls.iter().any(is_live));
        assert_eq!(idle.missed, 0, "a call was missed after {taken} calls");
        taken += 1;
        if taken == WARM {
            warm = Some(usage(first));
        }
    }
    let before = warm.expect("it took calls");
    let after =
        eventually("end of the last call's sockets", || Some(usage(first)).filter(|after| after.0 <= before.0 + SPARE_FILES));
    println!("{taken} calls in {span} s; open files and kB of memory: {before:?} after {WARM} calls, {after:?} at the end");
    assert_eq!(child_of(guard.id()), Some(first), "it was started again after {taken} calls");
    assert!(after.1 <= before.1 + SPARE_KB, "{before:?} {after:?}");
}

/// Calls before the first look: what the first ones leave is left once.
const WARM: u32 = 3;

/// Sockets of a call that has just ended close a moment later.
const SPARE_FILES: usize = 8;

/// An unoptimised program with a page; what a call should leave behind is nothing, and `cargo xtask bench soak` measures that.
const SPARE_KB: usize = 40_000;

/// Open files, and kB of memory, of a process.
fn usage(process: u32) -> (usize, usize) {
    let files = fs::read_dir(format!("/proc/{process}/fd")).expect("it runs").count();
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(|line| line.split_whitespace().next());
    (files, memory.and_then(|kb| kb.parse().ok()).expect("its memory"))
}
