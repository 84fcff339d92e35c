//! What `sidetone-cli` takes of the memory: registered, and in a call (17).

use std::sync::Arc;

use tempfile::TempDir;

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{note, tell},
        phones::{Office, pause},
        program::{self, Program},
        scorer::speech_file,
        usage::memory_mb,
    },
};

/// Measures both.
pub async fn run() -> Outcome {
    let binary = program::build().await?;
    let folder = TempDir::new()?;
    let speech = speech_file(folder.path(), 30).await?;
    let office = Office::open(&["alice", "bob"]).await?;
    let desk = Desk::new(Arc::clone(&office.clock));
    let mut alice = office.phone(office.settings("alice"), Arc::new(desk), Arc::clone(&office.rtc)).await?;
    for cleanup in ["off", "on"] {
        let recording = folder.path().join("heard.wav");
        let arguments = [
            "--auto-answer",
            "--cleanup",
            cleanup,
            "--play",
            &speech.to_string_lossy(),
            "--record",
            &recording.to_string_lossy(),
        ];
        let mut bob = Program::run(&binary, &office.account("bob"), &arguments)?;
        bob.wait("registered").await?;
        pause(3.0).await;
        let idle = memory_mb(bob.id()?)?;
        alice.dial("bob")?;
        bob.wait("media-connected").await?;
        pause(10.0).await;
        let in_call = memory_mb(bob.id()?)?;
        alice.hang_up().await?;
        bob.wait("ended").await?;
        pause(5.0).await;
        let after = memory_mb(bob.id()?)?;
        note(&format!(
            "clean-up {cleanup}: {idle:.1} MB registered, {in_call:.1} in a call, {after:.1} after it (TLS, memory of the files included)"
        ));
        if cleanup == "off" {
            tell("17.idle", idle);
        } else {
            tell("17.call", in_call);
        }
    }
    Ok(())
}
