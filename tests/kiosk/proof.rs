//! What the real kiosk sounds like, what its page can do, and how it proves that it works.

use std::{fs, path::Path};

use audio::SAMPLE_RATE_HZ;
use model::LoopResult;
use tests::tone_dbfs;

use super::screen::{WINDOW, answered_itself, is_called, start, write};
use crate::{
    interop::program::{Program, sidetone_cli},
    window::{
        driver::Driver,
        screen::{Screen, eventually},
    },
};

/// The two notes of the beep.
const BEEP_HZ: [f64; 2] = [659.255, 987.767];

/// Takes down what the speaker plays, as 16 bit samples without a header.
fn record(screen: &Screen, file: &Path) -> Program {
    let mut command = screen.command("parec");
    command.args(["--device=spk.monitor", "--raw", "--format=s16le", "--channels=1", "--latency-msec=20"]);
    command.arg(format!("--rate={SAMPLE_RATE_HZ}")).arg(file);
    Program::start("parec", &mut command)
}

/// Where 50 ms of a recording hold this note alone, louder than -40 dBFS; in blocks of 50 ms from its start.
fn blocks_with(recording: &[f32], hz: f64) -> Vec<usize> {
    let blocks = recording.chunks_exact(SAMPLE_RATE_HZ as usize / 20);
    let is_note = |block: &[f32]| {
        let other = BEEP_HZ.iter().filter(|of| **of != hz).map(|of| tone_dbfs(block, *of)).fold(-200.0, f64::max);
        let level = tone_dbfs(block, hz);
        level > -40.0 && level > other + 6.0
    };
    blocks.enumerate().filter(|(_, block)| is_note(block)).map(|(at, _)| at).collect()
}

#[test]
fn it_beeps_aloud_when_it_takes_a_call() {
    let Some(mut screen) = Screen::open() else { return };
    let Some(_sound) = screen.sound_server() else { return };
    let _program = start(&screen, "\"*\"");
    screen.window(WINDOW);
    // The number that calls back beeps with the same notes: only what comes after it is taken down.
    is_called(&screen);
    let file = screen.data().join("speaker.raw");
    let _recorder = record(&screen, &file);
    screen.wait_for("answer", answered_itself);
    screen.wait_for("open microphone", |snapshot| snapshot.calls.iter().any(|call| call.auto_answered && !call.muted));
    // It rings before, and the call back is an echo that nobody speaks into.
    let heard = || {
        let bytes = fs::read(&file).ok()?;
        let samples = bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0);
        let recording: Vec<f32> = samples.collect();
        let [first, second] = BEEP_HZ.map(|hz| blocks_with(&recording, hz));
        let last = *first.last()?;
        (1..6).any(|later| second.contains(&(last + later))).then_some(first)
    };
    let first = eventually("beep on the speaker", heard);
    assert!(first.len() <= 6, "it beeps once, for a third of a second: {first:?}");
}

/// A kiosk that calls the echo now and then.
fn checking(screen: &Screen) -> Program {
    let check = "[loop_call]\ntarget = \"600\"\nevery_min = 60\n";
    let profile = write(screen, &format!("account = \"practice\"\ntitle = \"Reception\"\n{check}"));
    screen.start(&["--kiosk", &profile])
}

/// How the check went, as `sidetone-cli status --json` tells it.
fn told(screen: &Screen) -> String {
    let done = screen.wait_for("end of the check", |snapshot| {
        snapshot.loop_check.as_ref().is_some_and(|check| check.result != LoopResult::Running)
    });
    assert!(done.calls.iter().all(|call| call.muted || call.answered_ms.is_none()), "its microphone is off");
    let output = screen.command(sidetone_cli()).arg("--data").arg(screen.data()).args(["--json", "status"]).output();
    let output = output.expect("it runs");
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    status["loop_check"]["result"].as_str().expect("a result").to_owned()
}

#[test]
fn it_hears_itself_over_the_line_and_through_the_air() {
    let Some(mut screen) = Screen::open() else { return };
    let Some(_sound) = screen.sound_server_in_a_room() else { return };
    let _program = checking(&screen);
    assert_eq!(told(&screen), "passed");
}

#[test]
fn it_tells_of_a_microphone_that_does_not_hear_the_speaker() {
    let Some(mut screen) = Screen::open() else { return };
    let Some(_sound) = screen.sound_server() else { return };
    let _program = checking(&screen);
    assert_eq!(told(&screen), "not-heard");
}

#[test]
fn its_page_calls_whom_it_names_shows_the_call_and_ends_it() {
    let Some(screen) = Screen::open() else { return };
    let profile = write(&screen, "account = \"practice\"\n[[buttons]]\nlabel = \"Help\"\ntarget = \"600\"\n");
    let Some(page) = Driver::start(&screen, &["--kiosk", &profile]) else { return };
    page.wait_until("a button that can be touched", "document.querySelector('.kiosk-buttons button:enabled')");
    page.click("//button[contains(., 'Help')]");
    screen.wait_for("conversation", |snapshot| snapshot.calls.iter().any(|call| call.answered_ms.is_some()));
    page.wait_until("the red bar", "document.querySelector('.kiosk-live')");
    page.click("//button[contains(@class, 'end')]");
    page.wait_until("the idle screen", "document.querySelector('.kiosk-idle')");
    for command in ["send", "settings", "save_settings", "follow", "contacts"] {
        let script = format!(
            "window.outcome = null; window.__TAURI_INTERNALS__.invoke({command:?}, {{}}).then(() => window.outcome = 'done', (why) => window.outcome = String(why))"
        );
        page.run(&script);
        page.wait_until("answer", "window.outcome !== null");
        let outcome = page.run("return window.outcome");
        assert!(outcome.as_str().is_some_and(|why| why.contains("not allowed")), "{command}: {outcome}");
    }
}
