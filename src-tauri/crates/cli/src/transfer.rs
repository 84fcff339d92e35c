//! The verbs for transfers in a running phone.

use std::path::Path;

use clap::{Args, Subcommand};
use model::{CallId, Command, Target, TransferTo};

use crate::{
    args::{CallChoice, Switch},
    exit::Failure,
    remote::{chosen, is_talking, status},
};

#[derive(Debug, Subcommand)]
pub(crate) enum TransferVerb {
    /// Ask the other side of a call to call somebody else.
    Transfer {
        #[command(flatten)]
        whom: Whom,
        /// Talk to him first; `complete-transfer` or `cancel-transfer` follows.
        #[arg(long, requires = "target")]
        consult: bool,
        #[command(flatten)]
        call: CallChoice,
    },
    /// Transfer a call to where its account parks calls.
    Park(CallChoice),
    /// Transfer a call to the one that is being asked.
    CompleteTransfer(CallChoice),
    /// Give up asking and take the call back.
    CancelTransfer(CallChoice),
    /// Call whom the other side asks us to call, or do not.
    AllowTransfer {
        /// Done, or refused.
        switch: Switch,
        #[command(flatten)]
        call: CallChoice,
    },
}

/// Whom a call is transferred to.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whom {
    /// A number or SIP address.
    target: Option<Target>,
    /// The other side of this call, by its number in `status`.
    #[arg(long = "to", value_name = "CALL")]
    to_call: Option<u32>,
}

/// The command a verb stands for.
pub(crate) async fn command(folder: &Path, verb: TransferVerb) -> Result<Command, Failure> {
    Ok(match verb {
        TransferVerb::Transfer { whom, consult, call } => {
            let to = match (whom.target, whom.to_call) {
                (Some(target), _) if consult => TransferTo::Consult { target },
                (Some(target), _) => TransferTo::Blind { target },
                (None, Some(call)) => TransferTo::Call { call: CallId(call) },
                (None, None) => return Err(Failure::usage("to whom? give a number, an address or --to CALL")),
            };
            Command::Transfer { call: chosen(folder, &call, is_talking).await?, to }
        }
        TransferVerb::Park(choice) => park(folder, &choice).await?,
        TransferVerb::CompleteTransfer(choice) => Command::CompleteTransfer { call: chosen(folder, &choice, is_talking).await? },
        TransferVerb::CancelTransfer(choice) => Command::CancelTransfer { call: chosen(folder, &choice, is_talking).await? },
        TransferVerb::AllowTransfer { switch, call } => {
            Command::AllowTransfer { call: chosen(folder, &call, is_talking).await?, allow: switch.is_on() }
        }
    })
}

async fn park(folder: &Path, choice: &CallChoice) -> Result<Command, Failure> {
    let call = chosen(folder, choice, is_talking).await?;
    let snapshot = status(folder).await?;
    let account = snapshot.calls.iter().find(|view| view.id == call).map(|view| &view.account);
    let number = snapshot.accounts.into_iter().find(|view| Some(&view.id) == account).map(|view| view.park_number);
    match number.unwrap_or_default().try_into() {
        Ok(target) => Ok(Command::Transfer { call, to: TransferTo::Blind { target } }),
        Err(_) => Err(Failure::usage("the settings of the account have no park_number")),
    }
}
