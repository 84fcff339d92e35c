//! A phone that is called again and again for as long as one likes: what it keeps of each call (37).

use std::sync::Arc;

use tempfile::TempDir;
use tokio::time::Instant;

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{note, tell},
        phones::{Office, pause},
        program::{self, Program},
        scorer::speech_file,
        usage::{memory_mb, open_files},
    },
};

/// How long without a word; the promise is for 72 hours, of a call a minute.
const MINUTES: f64 = 5.0;

/// How long each call is up.
const TALK_S: f64 = 2.0;

/// From one call to the next in a short run, and in one of more than an hour.
const PACE_S: [f64; 2] = [4.0, 60.0];

/// Calls before the first look: what the first ones leave behind (pages of the program, pools) is left once.
const WARM: u32 = 5;

/// A length in minutes: `5`, `5m` or `72h`.
fn minutes_of(text: &str) -> Option<f64> {
    let (number, unit) = match (text.strip_suffix('h'), text.strip_suffix('m')) {
        (Some(hours), _) => (hours, 60.0),
        (None, Some(minutes)) => (minutes, 1.0),
        (None, None) => (text, 1.0),
    };
    number.parse::<f64>().ok().map(|number| number * unit).filter(|minutes| minutes.is_finite() && *minutes > 0.0)
}

/// Measures for so long, and tells what it was: nothing is concluded for a longer run.
pub async fn run(length: Option<String>) -> Outcome {
    let minutes = length.map_or(Some(MINUTES), |text| minutes_of(&text)).ok_or("the length is like 5m or 72h")?;
    let pace_s = PACE_S[usize::from(minutes > 60.0)];
    let binary = program::build().await?;
    let folder = TempDir::new()?;
    let speech = speech_file(folder.path(), 30).await?;
    let office = Office::open(&["alice", "bob"]).await?;
    let desk = Desk::new(Arc::clone(&office.clock));
    let mut alice = office.phone(office.settings("alice"), Arc::new(desk), Arc::clone(&office.rtc)).await?;
    let mut bob = Program::run(&binary, &office.account("bob"), &["--auto-answer", "--play", &speech.to_string_lossy()])?;
    bob.wait("registered").await?;
    let (mut called, mut taken, mut before) = (0u32, 0u32, None);
    let until = Instant::now() + std::time::Duration::from_secs_f64(minutes * 60.0);
    while Instant::now() < until {
        if called == WARM {
            before = Some((memory_mb(bob.id()?)?, open_files(bob.id()?)?));
        }
        let next = Instant::now() + std::time::Duration::from_secs_f64(pace_s);
        called += 1;
        alice.dial("bob")?;
        match bob.wait("media-connected").await {
            Ok(_) => {
                taken += 1;
                pause(TALK_S).await;
                alice.hang_up().await?;
                bob.wait("ended").await?;
            }
            Err(error) => {
                note(&format!("call {called}: {error}"));
                alice.hang_up().await?;
            }
        }
        // What belongs to a call is given back within a moment of its end.
        tokio::time::sleep_until(next).await;
    }
    let (memory, files) = before.ok_or("that was too short for the first calls")?;
    let (memory_after, files_after) = (memory_mb(bob.id()?)?, open_files(bob.id()?)?);
    note(&format!(
        "{called} calls in {minutes} min: {memory:.1} MB and {files} files after {WARM} calls, {memory_after:.1} MB and {files_after} files at the end"
    ));
    tell("37.memory", memory_after - memory);
    tell("37.files", files_after as f64 - files as f64);
    tell("37.missed", f64::from(called - taken));
    tell("37.gaps", f64::from(bob.told("unregistered") + bob.told("registered").saturating_sub(1)));
    Ok(())
}
