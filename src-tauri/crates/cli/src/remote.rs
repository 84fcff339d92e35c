//! The verbs that control a running phone.

use std::{path::Path, time::Duration};

use model::{AccountId, CallId, CallState, Command, DialOptions, DtmfDigit, Snapshot, Trouble};
use phone::{Phone, RemoteAnswer, RemoteControl, RemoteError, RemoteRequest, Show, ask_remote, serve_remote};
use tokio::time::sleep;

use crate::{
    args::{CallChoice, Verb},
    exit::{Exit, Failure},
    print::Printer,
    setting::Setting,
    several, transfer,
};

/// Lets other processes of the user control `phone`.
pub(crate) async fn serve(setting: &Setting, phone: &Phone) -> Result<RemoteControl, Failure> {
    serve_remote(setting.folder.path(), phone.clone(), None).await.map_err(|error| match error {
        RemoteError::AlreadyRunning => {
            Failure::new(Exit::Usage, "a phone already runs with this folder; give another one with --data")
        }
        other => Failure::new(Exit::Failed, other),
    })
}

/// Runs one of the verbs.
pub(crate) async fn run(setting: &Setting, verb: Verb, printer: Printer) -> Result<Exit, Failure> {
    let folder = setting.folder.path();
    let command = match verb {
        Verb::Status => {
            printer.snapshot(&status(folder).await?);
            return Ok(Exit::Done);
        }
        Verb::Lamps => {
            printer.lamps(&status(folder).await?.lamps);
            return Ok(Exit::Done);
        }
        Verb::PickUp { number } => Command::PickUp { number: number.into() },
        Verb::Show => return order(folder, RemoteRequest::Show(Show::default())).await,
        Verb::Dial { target, account, caller_id } => {
            let dial = DialOptions { target, account: account.map(AccountId), headers: Vec::new() };
            match caller_id {
                Some(id) => Command::DialAs { caller_id: id.as_str().into(), dial },
                None => Command::Dial(dial),
            }
        }
        Verb::Answer { call, headers } => {
            let call = chosen(folder, &call, is_ringing_here).await?;
            let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name, value.into())).collect();
            if headers.is_empty() { Command::Answer { call } } else { Command::AnswerWith { call, headers } }
        }
        Verb::Decline { call, code } => {
            // Nobody who declines what rings means the conversation beside it.
            let fits = if call.call.is_some() { is_live } else { is_ringing_here };
            Command::Decline { call: chosen(folder, &call, fits).await?, code }
        }
        Verb::Hangup(choice) => Command::HangUp { call: chosen(folder, &choice, is_live).await? },
        Verb::Hold(choice) => Command::Hold { call: chosen(folder, &choice, is_talking).await? },
        Verb::Resume(choice) => Command::Resume { call: chosen(folder, &choice, is_talking).await? },
        Verb::Mute { call, off } => Command::Mute { call: chosen(folder, &call, is_live).await?, muted: !off },
        Verb::Dtmf { digits, hold: Some(span), call } => return hold_key(folder, &digits.0, &call, span).await,
        Verb::Dtmf { digits, hold: None, call } => {
            Command::SendDtmf { call: to_press_in(folder, &call).await?, digits: digits.0 }
        }
        Verb::Several(verb) => several::command(folder, verb).await?,
        Verb::Transfer(verb) => transfer::command(folder, verb).await?,
        Verb::Call(_)
        | Verb::Run(_)
        | Verb::Accounts { .. }
        | Verb::Aculab { .. }
        | Verb::Xivo(_)
        | Verb::KioskPin
        | Verb::Devices { .. }
        | Verb::Ice { .. }
        | Verb::Settings { .. }
        | Verb::Provision { .. }
        | Verb::Diagnose { .. }
        | Verb::Diagnosis(_)
        | Verb::Book(_) => {
            return Err(Failure::usage("that verb needs no running phone"));
        }
    };
    tell(folder, command).await
}

pub(crate) async fn tell(folder: &Path, command: Command) -> Result<Exit, Failure> {
    order(folder, RemoteRequest::Command(Box::new(command))).await
}

async fn order(folder: &Path, request: RemoteRequest) -> Result<Exit, Failure> {
    match ask(folder, request).await? {
        RemoteAnswer::Refused(words) => Err(Failure::new(Exit::NoPhone, words)),
        RemoteAnswer::Accepted
        | RemoteAnswer::Status(_)
        | RemoteAnswer::Journal(_)
        | RemoteAnswer::Trace(_)
        | RemoteAnswer::Bundle(_) => Ok(Exit::Done),
    }
}

/// Presses one key, waits, and lets it go.
async fn hold_key(folder: &Path, digits: &[DtmfDigit], choice: &CallChoice, span: Duration) -> Result<Exit, Failure> {
    let [digit] = *digits else {
        return Err(Failure::usage("one key at a time can be held down"));
    };
    let call = to_press_in(folder, choice).await?;
    tell(folder, Command::PressKey { call, digit }).await?;
    sleep(span).await;
    tell(folder, Command::ReleaseKey { call }).await
}

async fn ask(folder: &Path, request: RemoteRequest) -> Result<RemoteAnswer, Failure> {
    ask_remote(folder, &request).await.map_err(|error| Failure::new(Exit::NoPhone, error))
}

pub(crate) async fn status(folder: &Path) -> Result<Snapshot, Failure> {
    match ask(folder, RemoteRequest::Status).await? {
        RemoteAnswer::Status(snapshot) => Ok(*snapshot),
        RemoteAnswer::Refused(words) => Err(Failure::new(Exit::NoPhone, words)),
        RemoteAnswer::Accepted | RemoteAnswer::Journal(_) | RemoteAnswer::Trace(_) | RemoteAnswer::Bundle(_) => {
            Err(Failure::new(Exit::NoPhone, "the running phone is of another version"))
        }
    }
}

/// The call that was named, or the newest that fits.
pub(crate) async fn chosen(folder: &Path, choice: &CallChoice, fits: fn(&CallState) -> bool) -> Result<CallId, Failure> {
    let found = found(&status(folder).await?, choice, fits);
    found.ok_or_else(|| Failure::new(Exit::NoPhone, "the running phone has no such call"))
}

/// The same for digits, in the words of the phone itself when there is none.
async fn to_press_in(folder: &Path, choice: &CallChoice) -> Result<CallId, Failure> {
    let found = found(&status(folder).await?, choice, is_talking);
    found.ok_or_else(|| Failure::new(Exit::NoPhone, Trouble::DigitsWithoutCall))
}

fn found(snapshot: &Snapshot, choice: &CallChoice, fits: fn(&CallState) -> bool) -> Option<CallId> {
    let mut calls = snapshot.calls.iter().filter(|call| fits(&call.state));
    let found = match choice.call {
        Some(number) => calls.find(|call| call.id == CallId(number)),
        None => calls.next_back(),
    };
    found.map(|call| call.id)
}

pub(crate) fn is_ringing_here(state: &CallState) -> bool {
    *state == CallState::Incoming
}

fn is_live(state: &CallState) -> bool {
    !matches!(state, CallState::Ended { .. })
}

pub(crate) fn is_talking(state: &CallState) -> bool {
    matches!(state, CallState::Established { .. } | CallState::EarlyMedia | CallState::Connecting)
}
