//! `--self-test`: everything but the window, tried in a few seconds.
#![expect(clippy::print_stdout, reason = "whoever runs the test reads how it went")]

use std::{process::ExitCode, time::Duration};

use model::{AccountId, Cause, Command, DialOptions, Event};
use phone::Follower;
use store::DataFolder;
use tokio::time::{sleep, timeout};

use crate::{engine::Engine, failure::Failure};

/// The account that is tried.
const ACCOUNT: &str = "practice";

/// The number that is called, and for how long.
const NUMBER: &str = "600";
const TALK: Duration = Duration::from_secs(2);

/// The whole test takes about three seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs it in `folder`; the exit code tells the outcome.
pub(crate) async fn run(folder: DataFolder) -> Result<ExitCode, Failure> {
    let (engine, _window) = Engine::start(folder, None).await?;
    let outcome = timeout(PATIENCE, call(&engine)).await;
    engine.stop().await;
    let talked_ms = outcome.map_err(|_| Failure::new("the self-test took too long"))??;
    println!("registered with the practice exchange, called {NUMBER}, talked for {talked_ms} ms");
    Ok(ExitCode::SUCCESS)
}

/// How long the call was up.
async fn call(engine: &Engine) -> Result<u64, Failure> {
    let phone = &engine.phone;
    let mut events = phone.events();
    let account = AccountId(ACCOUNT.into());
    let mut snapshots = phone.snapshots();
    let ready = |snapshot: &std::sync::Arc<model::Snapshot>| {
        snapshot.accounts.iter().any(|view| view.id == account && view.state == model::AccountState::Registered)
    };
    snapshots.wait_for(ready).await.map_err(Failure::new)?;
    let target = NUMBER.parse().map_err(Failure::new)?;
    let dial = DialOptions { target, account: Some(account.clone()), headers: Vec::new() };
    phone.send(Command::Dial(dial)).map_err(Failure::new)?;
    loop {
        match next(&mut events).await? {
            Event::MediaConnected { call, .. } => {
                sleep(TALK).await;
                phone.send(Command::HangUp { call }).map_err(Failure::new)?;
            }
            Event::Ended { cause: Cause::HungUp { .. }, report, .. } => return Ok(report.talked_ms),
            Event::Ended { message, .. } | Event::Failed { call: Some(_), message, .. } => return Err(Failure::new(message)),
            _ => {}
        }
    }
}

async fn next(events: &mut Follower) -> Result<Event, Failure> {
    events.recv().await.map(|event| event.event).map_err(Failure::new)
}
