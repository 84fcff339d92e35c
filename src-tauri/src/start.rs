//! From the command line to a running program.
#![expect(clippy::print_stderr, reason = "whoever starts the program from a terminal reads why it does not start")]

use std::{env, process::ExitCode};

use model::Target;
use phone::{RemoteAnswer, RemoteError, RemoteRequest, Show, ask_remote, desktop::Kiosk};
use store::KioskProfile;
use tokio::runtime::Runtime;
use tracing::info_span;

use crate::{
    arguments::Arguments,
    engine::{self, Engine},
    failure::Failure,
    program, self_test, supervise, terminal, web_view,
};

/// What is logged until the settings are read.
const LOG: &str = "info";

/// Runs the program to its end.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    phone::settle_process();
    begin(arguments).unwrap_or_else(|failure| {
        eprintln!("sidetone: {failure}");
        failure.code()
    })
}

fn begin(arguments: Arguments) -> Result<ExitCode, Failure> {
    web_view::prepare();
    let log = phone::follow_log(arguments.log.as_deref().unwrap_or(LOG)).map_err(Failure::usage)?;
    // The self-test leaves the user's own folder, and a phone that may run with it, alone.
    let passing = arguments.self_test && arguments.data.is_none();
    let data =
        if passing { Some(env::temp_dir().join(format!("sidetone-self-test-{}", std::process::id()))) } else { arguments.data };
    let folder = engine::folder(data)?;
    // Two workers: one for signalling and timers while the other encodes (more would only cost memory).
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no threads can be had: {error}")))?;
    if arguments.self_test {
        let ended = runtime.block_on(self_test::run(folder.clone()));
        if passing && let Err(error) = std::fs::remove_dir_all(folder.path()) {
            tracing::warn!(%error, "the folder of the self-test is left behind");
        }
        runtime.shutdown_background();
        return ended;
    }
    if arguments.kiosk.is_some() && supervise::is_wanted() {
        terminal::give_back();
        // What an exit status can be.
        return supervise::run().map(|code| ExitCode::from(u8::try_from(code).unwrap_or(1)));
    }
    if !has_display() {
        return Err(Failure::no_display());
    }
    let target = arguments.link.as_deref().map(Target::from_link).transpose().map_err(Failure::usage)?;
    if show_running(&runtime, &folder, target.clone(), arguments.minimized)? {
        return Ok(ExitCode::SUCCESS);
    }
    let kiosk = arguments.kiosk.as_deref().map(|profile| Kiosk::new(KioskProfile::read(profile)));
    let (engine, shows) = runtime.block_on(Engine::start(folder, kiosk.as_ref()))?;
    {
        let (_inside, settings) = (runtime.enter(), engine.phone.settings());
        phone::spawn("rest", info_span!("rest"), phone::hand_back_at_rest(engine.phone.snapshots()));
        // Who names a filter means it for this run; accounts have their own levels all the same.
        match arguments.log {
            None => phone::spawn("log level", info_span!("log"), log.follow(settings)),
            Some(_) => phone::spawn("log level", info_span!("log"), log.follow_accounts(settings)),
        };
    }
    let first = (!arguments.minimized).then_some(Show { target });
    terminal::give_back();
    program::run(runtime, engine, shows, first, kiosk)
}

/// Where there is no screen, GTK would panic.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Asks a phone that already runs with this folder for its window; whether there is one.
fn show_running(runtime: &Runtime, folder: &store::DataFolder, target: Option<Target>, minimized: bool) -> Result<bool, Failure> {
    let request = if minimized { RemoteRequest::Status } else { RemoteRequest::Show(Show { target }) };
    match runtime.block_on(ask_remote(folder.path(), &request)) {
        Ok(RemoteAnswer::Refused(words)) => Err(Failure::new(words)),
        Ok(
            RemoteAnswer::Accepted
            | RemoteAnswer::Status(_)
            | RemoteAnswer::Journal(_)
            | RemoteAnswer::Trace(_)
            | RemoteAnswer::Bundle(_),
        ) => Ok(true),
        Err(RemoteError::NoPhone(_)) => Ok(false),
        Err(error) => Err(Failure::new(error)),
    }
}
