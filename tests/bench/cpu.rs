//! What `sidetone-cli` takes of the CPU: idle (19), in a call (20), and with many calls at once (21).

mod crowd;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{note, tell},
        phones::{Office, pause},
        program::{self, Program},
        scorer::speech_file,
        usage::{Counters, Usage},
    },
};

/// Length of each measurement.
const WINDOW_S: f64 = 60.0;

/// Calls of the crowd are made more by so many.
const STEP: usize = 10;
const MOST: usize = 60;

/// Measures all.
pub async fn run() -> Outcome {
    let bench = Bench { binary: program::build().await?, folder: TempDir::new()? };
    let speech = speech_file(bench.folder.path(), 90).await?;
    // One after another: what else runs takes of the caches, and of a core that is two.
    let idle = bench.idle(&speech).await?;
    let raw = bench.call(&speech, "off").await?;
    let processed = bench.call(&speech, "on").await?;
    tell("19.cpu", idle.cpu_s);
    tell("19.wakeups", idle.wake_ups as f64 / WINDOW_S);
    tell("20.raw", raw.cpu_s);
    tell("20.processed", processed.cpu_s);
    note(&format!(
        "wake-ups in a call: {:.0} /s raw, {:.0} /s processed",
        raw.wake_ups as f64 / WINDOW_S,
        processed.wake_ups as f64 / WINDOW_S
    ));
    let mut reached = 0;
    for calls in (STEP..=MOST).step_by(STEP) {
        let lateness = crowd::lateness(&bench.binary, bench.folder.path(), &speech, calls).await?;
        note(&format!(
            "{calls} calls at once: {:.3} % of {} frames more than 20 ms late, the latest by {:.1} ms; {:.0} % of a CPU",
            lateness.late as f64 * 100.0 / lateness.frames.max(1) as f64,
            lateness.frames,
            lateness.worst_ms,
            lateness.cpu_share * 100.0
        ));
        if lateness.late > 0 {
            break;
        }
        reached = calls;
    }
    tell("21", reached as f64);
    Ok(())
}

struct Bench {
    binary: PathBuf,
    folder: TempDir,
}

impl Bench {
    /// A minute of a phone that is registered and waits.
    async fn idle(&self, speech: &Path) -> Outcome<Usage> {
        let office = Office::open(&["bob"]).await?;
        let recording = self.folder.path().join("nothing.wav");
        let mut bob = Program::run(
            &self.binary,
            &office.account("bob"),
            &["--play", &speech.to_string_lossy(), "--record", &recording.to_string_lossy()],
        )?;
        bob.wait("registered").await?;
        // What the start leaves to be done is done.
        pause(5.0).await;
        self.minute_of(&bob).await
    }

    /// A minute of a call in which both sides speak.
    async fn call(&self, speech: &Path, cleanup: &str) -> Outcome<Usage> {
        let office = Office::open(&["alice", "bob"]).await?;
        let desk = Desk::new(Arc::clone(&office.clock));
        let mut alice = office.phone(office.settings("alice"), Arc::new(desk.clone()), Arc::clone(&office.rtc)).await?;
        let recording = self.folder.path().join(format!("heard-{cleanup}.wav"));
        let (speech_path, recording) = (speech.to_string_lossy(), recording.to_string_lossy());
        let arguments = ["--auto-answer", "--cleanup", cleanup, "--play", &speech_path, "--record", &recording];
        let mut bob = Program::run(&self.binary, &office.account("bob"), &arguments)?;
        bob.wait("registered").await?;
        alice.dial("bob")?;
        bob.wait("media-connected").await?;
        let mut reader = hound::WavReader::open(speech)?;
        desk.speak(reader.samples::<i16>().filter_map(Result::ok).map(|sample| f32::from(sample) / 32_768.0).collect());
        pause(5.0).await;
        let usage = self.minute_of(&bob).await?;
        alice.hang_up().await?;
        Ok(usage)
    }

    async fn minute_of(&self, program: &Program) -> Outcome<Usage> {
        let before = Counters::of(program.id()?, &[])?;
        pause(WINDOW_S).await;
        Ok(Counters::of(program.id()?, &[])?.since(&before))
    }
}
