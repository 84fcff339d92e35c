//! The desktop program: how fast it starts and shows itself (13, 14, 18), what it takes of the memory (17, 18)
//! and of the CPU while it waits (19).
//!
//! `sidetone` as a process on a screen of its own (Xvfb), with its practice exchange; times are those of its log. The tray is
//! played here, so that the window can be closed without ending the program.

use model::{Command, DialOptions};
use phone::{RemoteRequest, Show, ask_remote};

use crate::{
    Outcome,
    kit::{
        desktop::{Desktop, Running},
        figures::{distribution, note, percentile, tell},
        phones::pause,
    },
};

/// Starts, and popups, of a series.
const TIMES: usize = 10;

/// Until everything that a start or a call sets going has settled.
const SETTLED_S: f64 = 8.0;

/// How long it is watched while nothing happens.
const IDLE_S: f64 = 30.0;

/// Measures all.
pub async fn run() -> Outcome {
    let binary = crate::kit::program::build_named("sidetone").await?;
    let desktop = Desktop::open().await?;
    starts(&desktop, &binary).await?;

    let mut program = desktop.start(&binary, &["--minimized"]).await?;
    program.wait("registered").await?;
    pause(SETTLED_S).await;
    tell("17.never", program.memory_mb()?);
    let before = program.counters()?;
    pause(IDLE_S).await;
    let idle = program.counters()?.since(&before);
    tell("19.tray.cpu", idle.cpu_s * 60.0 / IDLE_S);
    tell("19.tray.wakeups", idle.wake_ups as f64 / IDLE_S);
    popups(&desktop, &mut program).await?;
    program.end().await?;

    let mut program = desktop.start(&binary, &[]).await?;
    program.wait("the window is shown").await?;
    pause(SETTLED_S).await;
    tell("18.idle", program.memory_mb()?);
    dial(&desktop, "600").await?;
    pause(SETTLED_S).await;
    tell("18.call", program.memory_mb()?);
    desktop.close_window().await?;
    pause(10.0).await;
    note(&format!("hidden in a call: {:.1} MB", program.memory_mb()?));
    tell("17.web", program.web_processes()? as f64);
    for call in status(&desktop).await?.calls {
        ask(&desktop, RemoteRequest::Command(Box::new(Command::HangUp { call: call.id }))).await?;
    }
    pause(SETTLED_S).await;
    tell("17.hidden", program.memory_mb()?);
    let asked = program.now();
    ask(&desktop, RemoteRequest::Show(Show::default())).await?;
    let shown = program.wait("the window is shown").await?;
    tell("18.back", (shown - asked) * 1e3);
    Ok(())
}

/// From the start of the process until it is reachable, and until its page is there.
async fn starts(desktop: &Desktop, binary: &std::path::Path) -> Outcome {
    let (mut registered, mut shown) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let mut program = desktop.start(binary, &[]).await?;
        registered.push((program.wait("registered").await? - program.started()) * 1e3);
        shown.push((program.wait("the window is shown").await? - program.started()) * 1e3);
        program.end().await?;
    }
    distribution("process start to registered, with a window", "ms", &registered);
    distribution("process start to the page drawn", "ms", &shown);
    tell("14.window", percentile(&registered, 50).unwrap_or(f64::NAN));
    tell("14.usable", percentile(&shown, 50).unwrap_or(f64::NAN));
    Ok(())
}

/// From the ringing call until its window is there, made anew each time.
async fn popups(desktop: &Desktop, program: &mut Running) -> Outcome {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        dial(desktop, "602").await?;
        let rings = program.wait("a call rings here").await?;
        times.push((program.wait("the window of a ringing call is shown").await? - rings) * 1e3);
        for call in status(desktop).await?.calls {
            ask(desktop, RemoteRequest::Command(Box::new(Command::HangUp { call: call.id }))).await?;
        }
        program.wait("no call rings here").await?;
        pause(1.0).await;
    }
    distribution("ringing call to its window", "ms", &times);
    tell("13.popup", percentile(&times, 50).unwrap_or(f64::NAN));
    tell("18.popup", percentile(&times, 50).unwrap_or(f64::NAN));
    Ok(())
}

async fn dial(desktop: &Desktop, number: &str) -> Outcome {
    let options = DialOptions { target: number.parse()?, account: None, headers: Vec::new() };
    ask(desktop, RemoteRequest::Command(Box::new(Command::Dial(options)))).await?;
    Ok(())
}

async fn status(desktop: &Desktop) -> Outcome<model::Snapshot> {
    match ask(desktop, RemoteRequest::Status).await? {
        phone::RemoteAnswer::Status(snapshot) => Ok(*snapshot),
        other => Err(format!("no state but {other:?}").into()),
    }
}

async fn ask(desktop: &Desktop, request: RemoteRequest) -> Outcome<phone::RemoteAnswer> {
    Ok(ask_remote(&desktop.data(), &request).await?)
}
