//! From the command line to a verb: log, runtime, and how it ended.

use std::{process::ExitCode, sync::Arc};

use clap::{
    Parser,
    error::{ContextKind, ContextValue},
};
use model::Clock;
use phone::SystemClock;

use crate::{
    accounts, aculab,
    args::{Arguments, Verb},
    book, call, checks, devices, diagnosis,
    exit::{Exit, Failure},
    print::{Printer, for_terminal},
    printing::print_failure,
    provision, remote, serve,
    setting::Setting,
    xivo,
};

/// Options whose values are never repeated.
const HOLD_SECRETS: [&str; 2] = ["--ice", "--proxy"];
/// Letters of what was given that are repeated.
const LONGEST_SHOWN: usize = 80;

/// Reads the command line, runs its verb and turns its end into an exit status.
pub(crate) fn run() -> ExitCode {
    phone::settle_process();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return unread(&fit_to_print(error), &*clock),
    };
    let printer = Printer::new(arguments.json);
    match run_verb(arguments, printer, Arc::clone(&clock)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let exit = failure.exit;
            print_failure(printer, failure, clock.now());
            exit.into()
        }
    }
}

/// What is asked for is help or the version; or the command line cannot be used, which programs are told as they are told of
/// any other failure.
fn unread(error: &clap::Error, clock: &dyn Clock) -> ExitCode {
    // Who closed the output does not want to know.
    let _told = error.print();
    if !error.use_stderr() {
        return Exit::Done.into();
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        Printer::Json.failure_object(&Failure::usage(first_sentence(&error.render().to_string())), clock.now());
    }
    Exit::Usage.into()
}

/// The error without what nobody should find in the log of a script: what was given may hold a secret, orders to a terminal, or
/// megabytes.
fn fit_to_print(mut error: clap::Error) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let is_secret =
        text(&error, ContextKind::InvalidArg).is_some_and(|name| HOLD_SECRETS.iter().any(|one| name.starts_with(one)));
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        let Some(given) = text(&error, kind) else { continue };
        let shown = match kind {
            ContextKind::InvalidValue if is_secret => "…".to_owned(),
            _ => shortened(&given),
        };
        error.insert(kind, ContextValue::String(shown));
    }
    error
}

/// A line of it that shows what is meant.
fn shortened(given: &str) -> String {
    let plain = for_terminal(given);
    match plain.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

/// What is wrong with the command line, without how it is to be used.
fn first_sentence(words: &str) -> String {
    let lines = words.lines().map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    lines.strip_prefix("error: ").unwrap_or("there is nothing to do: name a verb").to_owned()
}

fn run_verb(arguments: Arguments, printer: Printer, clock: Arc<dyn Clock>) -> Result<Exit, Failure> {
    let log = phone::follow_log(&arguments.log).map_err(Failure::usage)?;
    let setting = Setting::new(arguments.data, log, clock)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_command_line_is_one_sentence() {
        for (line, sentence) in [
            (
                "sidetone-cli --json call 600 --for soon",
                "invalid value 'soon' for '--for <TIME>': \"soon\" is no length of time; write 500ms, 10s or 2m",
            ),
            ("sidetone-cli call 600 --server wss://x/", "the following required arguments were not provided: --user <USER>"),
            ("sidetone-cli", "there is nothing to do: name a verb"),
        ] {
            let error = Arguments::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(first_sentence(&error.render().to_string()), sentence);
        }
    }

    #[test]
    fn what_was_given_is_repeated_as_far_as_a_log_may_have_it() {
        let said = |arguments: &[&str]| {
            let error = Arguments::try_parse_from([&["sidetone-cli"], arguments].concat()).expect_err("it cannot be used");
            fit_to_print(error).render().to_string()
        };
        let secret = said(&["call", "600", "--server", "ws://x/", "--ice", "turn:u:opensesame@h?transport=sctp"]);
        assert!(secret.contains("'…' for '--ice <SERVER>'") && !secret.contains("opensesame"), "{secret}");
        let long = "sip:".to_owned() + &"x".repeat(100_000);
        for arguments in [&["dial", &long][..], &["status", &long], &[&long]] {
            let said = said(arguments);
            assert!(said.contains("sip:xxx") && said.contains('…') && said.len() < 1_000, "{said}");
        }
        let orders = said(&["status", "\u{202e}a\u{1b}[2Jb"]);
        assert!(orders.contains("'a[2Jb'"), "{orders}");
    }
}
