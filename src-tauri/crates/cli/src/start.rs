//! From the command line to a verb: log, runtime, and how it ended.

use std::process::ExitCode;

use crate::{
    accounts, aculab,
    args::{Arguments, Verb},
    book, call, checks, devices, diagnosis,
    exit::{Exit, Failure},
    print::Printer,
    provision, remote, serve,
    setting::Setting,
    xivo,
};

/// Runs the verb and turns its end into an exit status.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let printer = Printer::new(arguments.json);
    match run_verb(arguments, printer) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.exit.into()
        }
    }
}

fn run_verb(arguments: Arguments, printer: Printer) -> Result<Exit, Failure> {
    let log = phone::follow_log(&arguments.log).map_err(Failure::usage)?;
    let setting = Setting::new(arguments.data, log)?;
    // Two workers: one for signalling and timers while the other encodes. More would only cost memory; one alone is woken a quarter
    // less often, but has frames of twenty calls leave 37 ms late.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("no threads can be had: {error}")))?;
    let ended = runtime.block_on(async {
        match arguments.verb {
            Verb::Call(arguments) => call::run(&setting, arguments, printer).await,
            Verb::Run(arguments) => serve::run(&setting, arguments, printer).await,
            Verb::Accounts { verb } => accounts::run(&setting, verb, printer).await,
            Verb::Ice { verb } => checks::ice(&setting, verb, printer).await,
            Verb::Settings { verb } => checks::settings(&setting, verb, printer),
            Verb::Devices { verb } => devices::run(&setting, verb, printer).await,
            Verb::Aculab { verb } => aculab::run(verb, printer).await,
            Verb::Xivo(arguments) => xivo::run(&setting, arguments, printer).await,
            Verb::Provision { verb } => provision::run(&setting, verb, printer).await,
            Verb::KioskPin => accounts::kiosk_pin(printer),
            Verb::Diagnose { account } => checks::diagnose(&setting, account.as_deref(), printer).await,
            Verb::Diagnosis(verb) => diagnosis::run(&setting, verb, printer).await,
            Verb::Book(verb) => book::run(&setting, verb, printer).await,
            Verb::Status
            | Verb::Show
            | Verb::Lamps
            | Verb::PickUp { .. }
            | Verb::Dial { .. }
            | Verb::Answer { .. }
            | Verb::Decline { .. }
            | Verb::Hangup(_)
            | Verb::Hold(_)
            | Verb::Resume(_)
            | Verb::Mute { .. }
            | Verb::Dtmf { .. }
            | Verb::Several(_)
            | Verb::Transfer(_) => remote::run(&setting, arguments.verb, printer).await,
        }
    });
    // A thread that waits for a key store or a sound server shall not keep the process.
    runtime.shutdown_background();
    ended
}
