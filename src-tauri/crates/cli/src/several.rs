//! The verbs of the running phone that are about more than one call, or about what may happen to any.

use std::path::Path;

use clap::{Subcommand, ValueEnum};
use model::{CallId, CallState, Command, Snapshot, Target};

use crate::{
    args::{CallChoice, Switch},
    exit::{Exit, Failure},
    remote::{chosen, is_ringing_here, is_talking, status},
};

#[derive(Debug, Subcommand)]
pub(crate) enum SeveralVerb {
    /// Make a conference of calls of the running phone, or take further ones into it.
    Merge {
        /// Their numbers in `status`; every answered call when missing.
        calls: Vec<u32>,
    },
    /// Make held calls of all members of the conference.
    Split,
    /// Let one member leave the conference; it is held.
    Leave(CallChoice),
    /// Hold the conference, take it back, or end it.
    Conference {
        /// What to do with it.
        verb: ConferenceVerb,
    },
    /// Take the held call back and hold the one in conversation.
    Swap,
    /// Answer a ringing call and end the one in conversation.
    EndAndAnswer(CallChoice),
    /// Send the caller of a ringing call elsewhere.
    Redirect {
        /// A number or SIP address.
        target: Target,
        #[command(flatten)]
        call: CallChoice,
    },
    /// Do not disturb: turn new calls away, or let them ring again.
    Dnd {
        /// Turned away, or not.
        switch: Switch,
    },
    /// Record a call of the running phone.
    Record {
        /// Begin or end.
        switch: Switch,
        #[command(flatten)]
        call: CallChoice,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ConferenceVerb {
    Hold,
    Resume,
    End,
}

/// The command a verb stands for.
pub(crate) async fn command(folder: &Path, verb: SeveralVerb) -> Result<Command, Failure> {
    Ok(match verb {
        SeveralVerb::Merge { calls } => {
            let snapshot = status(folder).await?;
            let answered = || snapshot.calls.iter().filter(|call| is_talking(&call.state)).map(|call| call.id).collect();
            let calls = if calls.is_empty() { answered() } else { calls.into_iter().map(CallId).collect() };
            Command::Merge { calls }
        }
        SeveralVerb::Split => in_conference(folder, Command::Split).await?,
        SeveralVerb::Leave(choice) => Command::Leave { call: chosen(folder, &choice, is_talking).await? },
        SeveralVerb::Conference { verb } => {
            let command = match verb {
                ConferenceVerb::Hold => Command::HoldConference,
                ConferenceVerb::Resume => Command::ResumeConference,
                ConferenceVerb::End => Command::EndConference,
            };
            in_conference(folder, command).await?
        }
        SeveralVerb::Swap => swap(&status(folder).await?)?,
        SeveralVerb::EndAndAnswer(choice) => Command::EndAndAnswer { call: chosen(folder, &choice, is_ringing_here).await? },
        SeveralVerb::Redirect { target, call } => {
            Command::Redirect { call: chosen(folder, &call, is_ringing_here).await?, target }
        }
        SeveralVerb::Dnd { switch } => Command::DoNotDisturb { on: switch.is_on() },
        SeveralVerb::Record { switch, call } => {
            Command::Record { call: chosen(folder, &call, is_talking).await?, on: switch.is_on() }
        }
    })
}

async fn in_conference(folder: &Path, command: Command) -> Result<Command, Failure> {
    match status(folder).await?.conference {
        Some(_) => Ok(command),
        None => Err(Failure::new(Exit::NoPhone, "the running phone has no conference")),
    }
}

/// The newest held call comes back; the conference, when it is what is held.
fn swap(snapshot: &Snapshot) -> Result<Command, Failure> {
    let members = snapshot.conference.as_ref().map_or(&[][..], |conference| &conference.members);
    let is_held = |state: &CallState| matches!(state, CallState::Established { hold } if hold.local);
    let held = snapshot.calls.iter().rev().find(|call| is_held(&call.state));
    match held.map(|call| call.id) {
        Some(call) if members.contains(&call) => Ok(Command::ResumeConference),
        Some(call) => Ok(Command::Resume { call }),
        None => Err(Failure::new(Exit::NoPhone, "the running phone holds no call")),
    }
}
